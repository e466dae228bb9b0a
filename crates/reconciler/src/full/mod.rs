//! The full run: list both sides, plan everyone, and bring each account in step.

mod applying;
mod groups;
mod holding;
mod join;
mod listing;
mod prepare;
mod progress;
mod report;
mod ruling;
mod sync;
mod watch;
mod work;

pub use progress::{Phase, Progress, Tell, silent};
pub use report::{
    ApplyReport, EveryonePlanned, FullCounts, FullEnd, FullReport, Organizations, PersonApplied,
    PersonPlanned, PersonResult, Requested, Synced,
};

use crate::reconciler::{Reconciler, RequestError};
use crate::settings::Mode;
use crate::trail::ReconcileRecord;
use prepare::{Prepared, prepare};
use provisioning::Stamp;
use queue::{JobKey, Lease, Line, Trigger, Verdict};
use watch::Watch;

/// Who has the leases of people, where a worker runs everyone's.
const WORKER: &str = "everyone";

impl Reconciler {
    /// The full run as a job of the queue.
    pub(crate) async fn reconcile(&self, lease: &Lease) -> Verdict {
        self.full_run(lease, WORKER, &silent).await.1
    }

    /// Says what a sync of everyone would do now, and why. Writes and records nothing, and needs no writer.
    ///
    /// # Errors
    /// [`RequestError::Stopped`] if a vendor did not answer, or a list could not be proved complete;
    /// [`RequestError::Queue`].
    pub async fn plan_everyone(&self, tell: Tell<'_>) -> Result<EveryonePlanned, RequestError> {
        let now = self.parts().clock.now();
        let stamp = Stamp { now, run: crate::clock::run_id(now) };
        let watch = Watch::new(Progress::begin(stamp.run.clone(), "operator:plan", self.mode(), now), tell);
        watch.set(|_| {});
        let prepared = Box::pin(prepare(self, &watch, &stamp, false)).await?;
        watch.enter(Phase::Done);
        Ok(planned(prepared, stamp, self.mode()))
    }

    /// Syncs everyone now, in this process; or, if a full run is on its way, waits for that one and answers its result.
    /// In observe mode everything is planned and put on the trail. What a vendor kept from being done stays in the queue.
    ///
    /// # Errors
    /// [`RequestError::Paused`]; [`RequestError::Queue`]. A run that was refused or failed is not an error: see the report.
    pub async fn sync_everyone(
        &self,
        worker: &str,
        trigger: &Trigger,
        tell: Tell<'_>,
    ) -> Result<Synced, RequestError> {
        let queue = &self.parts().queue;
        if self.mode() == Mode::Enforce && queue.paused().await?.is_some() {
            return Err(RequestError::Paused);
        }
        loop {
            if let Some(claim) = queue.claim_one_in(&JobKey::Reconcile, worker, trigger, Line::Bulk).await? {
                let (report, verdict) = Box::pin(self.full_run(&claim, worker, tell)).await;
                claim.finish(verdict).await?;
                return Ok(Synced::Ran(report));
            }
            if let Some(report) = self.follow(tell).await? {
                return Ok(Synced::Joined(report));
            }
        }
    }

    /// Asks the workers for a sync of everyone, unless one is on its way: that one then serves the request.
    ///
    /// # Errors
    /// [`RequestError::Queue`].
    pub async fn request_sync(&self, trigger: &Trigger) -> Result<Requested, RequestError> {
        Ok(self.full_runs().request(trigger).await?)
    }

    /// The latest `limit` full runs on the trail, oldest first.
    ///
    /// # Errors
    /// [`RequestError::Queue`].
    pub async fn runs(&self, limit: usize) -> Result<Vec<ReconcileRecord>, RequestError> {
        Ok(self.trail().full_runs(limit).await?)
    }
}

fn planned(prepared: Prepared, stamp: Stamp, mode: Mode) -> EveryonePlanned {
    let Prepared { organizations, everyone, ruled, known, unreadable, mut counts, refused, notes, .. } =
        prepared;
    counts.failed = unreadable.len() as u64;
    let people = ruled.into_iter().map(|one| {
        let held = one.held(&known);
        let (person, guarded) = (one.person, one.guarded);
        PersonPlanned {
            person: person.plan.subject.clone(),
            name: person.name,
            username: person.username,
            email: person.email,
            last_day: person.last_day,
            plan: person.plan,
            apply: guarded.apply,
            held,
            rejected: guarded.rejected,
        }
    });
    EveryonePlanned {
        run: stamp.run,
        made_at: stamp.now,
        mode,
        organizations,
        people: people.collect(),
        gone: everyone.gone,
        unowned: everyone.unowned,
        leavers_active: everyone.leavers_active,
        unreadable,
        counts,
        notes,
        refused,
    }
}

/// One line for the log.
fn say(report: &FullReport) {
    let counts = &report.counts;
    match &report.ended {
        FullEnd::Done | FullEnd::Planned => tracing::info!(
            run.id = %report.run, trigger = report.trigger, people = counts.people, accounts = counts.accounts,
            to_do = counts.to_do, applied = counts.applied, held = counts.held, failed = counts.failed,
            duration_ms = report.duration_ms, "everyone was compared"
        ),
        FullEnd::Interrupted => tracing::warn!(
            run.id = %report.run, trigger = report.trigger, duration_ms = report.duration_ms,
            "the comparison of everyone was interrupted; the next run plans what is left"
        ),
        FullEnd::Refused(problem) => tracing::error!(
            run.id = %report.run, trigger = report.trigger, problem, "the comparison of everyone was refused; nothing was changed"
        ),
        FullEnd::Failed(problem) => tracing::error!(
            run.id = %report.run, trigger = report.trigger, problem, duration_ms = report.duration_ms,
            "the comparison of everyone did not come to its end"
        ),
    }
}
