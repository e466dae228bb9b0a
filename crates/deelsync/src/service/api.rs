//! What the operator API does: it asks the workers through Redis, so a process that only receives can do it as well.

use crate::backend;
use crate::config::Config;
use crate::telemetry::Chain;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use ingress::api::{FullRun, Requested, SyncProgress};
use ingress::{Api, Operator, OperatorError};
use queue::{Add, Added, JobKey, Line, Queue, QueueError, Trigger};
use reconciler::trail::{ReconcileRecord, Trail};
use reconciler::{FullRuns, Progress, Waiting};
use std::sync::Arc;

/// The API, if there is a token for it.
pub(super) fn api(config: &Config, queue: &Queue) -> Option<Api> {
    let token = config.server.admin_token.as_ref()?;
    let operator = Operations {
        queue: queue.clone(),
        runs: FullRuns::new(queue.clone()),
        trail: backend::trail(config, queue),
    };
    Some(Api::new(token, Arc::new(operator)))
}

struct Operations {
    queue: Queue,
    runs: FullRuns,
    trail: Trail,
}

impl Operator for Operations {
    fn request_sync(&self, person: Option<String>) -> BoxFuture<'_, Result<Requested, OperatorError>> {
        async move {
            if self.queue.paused().await.map_err(|error| unavailable(&error))?.is_some() {
                return Err(OperatorError::Paused);
            }
            match person {
                Some(id) => self.one(&id).await,
                None => self.everyone().await,
            }
        }
        .boxed()
    }

    fn progress(&self) -> BoxFuture<'_, Result<Option<SyncProgress>, OperatorError>> {
        async move {
            // Whoever asked wants to hear of that run, not of the one before it.
            if let Some(next) = self.runs.waiting().await.map_err(|error| unavailable(&error))? {
                return Ok(Some(waits(next)));
            }
            Ok(self.runs.progress().await.map_err(|error| unavailable(&error))?.map(shown))
        }
        .boxed()
    }

    fn runs(&self, limit: usize) -> BoxFuture<'_, Result<Vec<FullRun>, OperatorError>> {
        async move {
            let runs = self.trail.full_runs(limit).await.map_err(|error| unavailable(&error))?;
            Ok(runs.into_iter().rev().map(of).collect())
        }
        .boxed()
    }
}

impl Operations {
    async fn one(&self, id: &str) -> Result<Requested, OperatorError> {
        let key = JobKey::person(id).map_err(|_| OperatorError::InvalidPerson)?;
        let job = key.to_string();
        let add = Add { key, line: Line::Urgent, trigger: Trigger::new("operator:api"), look: None };
        let added = self.queue.add(&add).await.map_err(|error| unavailable(&error))?;
        // A run that is under way may have read before the request came; the one after it has not.
        let joined = added == Added::Coalesced;
        Ok(Requested { job, run: None, joined, progress: None })
    }

    async fn everyone(&self) -> Result<Requested, OperatorError> {
        let asked =
            self.runs.request(&Trigger::new("operator:api")).await.map_err(|error| unavailable(&error))?;
        Ok(Requested {
            job: JobKey::Reconcile.to_string(),
            run: asked.run.map(|run| run.to_string()),
            joined: asked.joined,
            progress: Some(format!("{}/sync", ingress::api::ROOT)),
        })
    }
}

fn unavailable(error: &QueueError) -> OperatorError {
    tracing::warn!(error = %Chain(error), "the operator API could not ask Redis");
    OperatorError::Unavailable
}

fn waits(next: Waiting) -> SyncProgress {
    SyncProgress {
        phase: "waiting".to_owned(),
        trigger: next.trigger,
        requested_at: next.asked_at.map(|at| at.to_string()),
        ..SyncProgress::default()
    }
}

fn shown(progress: Progress) -> SyncProgress {
    SyncProgress {
        run: Some(progress.run.to_string()),
        phase: progress.phase.to_string(),
        trigger: progress.trigger,
        requested_at: None,
        mode: Some(progress.mode.to_string()),
        started_at: Some(progress.started_at.to_string()),
        people: progress.people,
        people_total: progress.people_total,
        accounts: progress.accounts,
        accounts_total: progress.accounts_total,
        planned: progress.planned,
        to_do: progress.to_do,
        finished: progress.finished,
        applied: progress.applied,
        held: progress.held,
        left_alone: progress.left_alone,
        failed: progress.failed,
        skipped: progress.skipped,
        estimate_s: progress.estimate_s,
        problem: progress.problem,
    }
}

fn of(record: ReconcileRecord) -> FullRun {
    FullRun {
        run: record.run.map(|run| run.to_string()),
        started_at: record.started_at.to_string(),
        duration_ms: record.duration_ms,
        trigger: record.trigger,
        mode: record.mode.map(|mode| mode.to_string()),
        ended: record.ended,
        people: record.people,
        accounts: record.counts.accounts,
        applied: record.counts.applied,
        held: record.counts.held,
        failed: record.counts.failed,
        skipped: record.counts.skipped,
        problem: record.problem,
    }
}
