//! Applying a plan file: exactly what it holds, person by person, along the same path as everything else.

use super::WORKER;
use super::listing::Lister;
use super::progress::{Phase, Progress, Tell};
use super::report::{
    ApplyReport, FullCounts, FullEnd, FullReport, Organizations, PersonApplied, PersonResult,
};
use super::watch::Watch;
use super::work::{Halt, Todo, Work, Worked};
use crate::planfile::{FilePerson, PlanFile};
use crate::reconciler::{Reconciler, Report, RequestError};
use crate::run::Part;
use crate::session::millis;
use crate::settings::Mode;
use crate::stop::{Stop, chain};
use crate::trail::{ChangeResult, Outcome};
use crate::vendor::jumpcloud_stop;
use provisioning::{ChangeKind, ProfileId, RunId, Stamp};
use queue::{Add, Claim, JobKey, JobState, Lease, Line, Trigger, Vendor, Verdict};
use std::collections::HashMap;
use std::time::Instant;

/// What asks for it, on the trail.
const TRIGGER: &str = "operator:apply";

impl Reconciler {
    /// Applies exactly what a plan file holds, its suspensions counting as approved. Whoever would be planned otherwise now
    /// is refused and left alone.
    ///
    /// # Errors
    /// [`RequestError::PlanFile`]: the file as a whole is refused, nothing was changed; [`RequestError::ObserveMode`];
    /// [`RequestError::Paused`]; [`RequestError::Running`]; [`RequestError::Stopped`]; [`RequestError::Queue`].
    pub async fn apply_plan(
        &self,
        file: &PlanFile,
        worker: &str,
        tell: Tell<'_>,
    ) -> Result<ApplyReport, RequestError> {
        let (parts, started) = (self.parts(), Instant::now());
        if self.mode() == Mode::Observe {
            return Err(RequestError::ObserveMode);
        }
        file.check_policy(&parts.settings.policy, &parts.settings.limits)?;
        if parts.queue.paused().await?.is_some() {
            return Err(RequestError::Paused);
        }
        let (claim, displaced) = self.claim_everyone(worker).await?;
        let now = parts.clock.now();
        let stamp = Stamp { now, run: crate::clock::run_id(now) };
        let progress = Progress::begin(stamp.run.clone(), TRIGGER, self.mode(), now);
        let watch = Watch::new(progress, tell).under(&claim);
        let applied = tokio::select! {
            applied = Box::pin(self.apply_under(&claim, file, worker, &watch, &stamp.run)) => applied,
            () = watch.publish(&parts.queue) => Err(RequestError::Running),
        };
        if let Ok((ended, people)) = &applied {
            let report = report(self, &stamp, started, ended, people);
            self.close(&watch, &report).await;
        } else {
            // Nothing was begun, so nothing is reported; but nobody is to wait for it either.
            parts.queue.progress_forget().await?;
        }
        // Before the lease ends, so that no crash comes between.
        if let Some(add) = displaced {
            parts.queue.add(&add).await?;
        }
        claim.finish(Verdict::done()).await?;
        let (ended, people) = applied?;
        Ok(ApplyReport { run: stamp.run, ended, people })
    }

    /// Nobody compares everyone while a plan is applied; a comparison that waits is answered afterwards.
    async fn claim_everyone(&self, worker: &str) -> Result<(Claim, Option<Add>), RequestError> {
        let queue = &self.parts().queue;
        let shown = queue.show("reconcile").await?;
        let trigger = Trigger::new(TRIGGER);
        let claim = queue.claim_one_in(&JobKey::Reconcile, worker, &trigger, Line::Bulk).await?;
        let claim = claim.ok_or(RequestError::Running)?;
        let add = |line, trigger| Add { key: JobKey::Reconcile, line, trigger, look: None };
        let displaced = match shown {
            Some(job) if job.state == JobState::Dead => None,
            Some(job) => Some(add(job.line, Trigger::new(&job.trigger))),
            // It came between the look and the claim.
            None => claim.took_over.then(|| add(Line::Bulk, trigger)),
        };
        Ok((claim, displaced))
    }

    async fn apply_under(
        &self,
        lease: &Lease,
        file: &PlanFile,
        worker: &str,
        watch: &Watch<'_>,
        run: &RunId,
    ) -> Result<(FullEnd, Vec<PersonApplied>), RequestError> {
        file.check_organizations(&self.organizations(watch).await?)?;
        let people: Vec<&FilePerson> =
            file.people().iter().filter(|person| !person.apply.is_empty()).collect();
        watch.enter(Phase::Applying);
        watch.set(|progress| progress.to_do = people.len() as u64);
        let trigger = Trigger::new(TRIGGER);
        let worker = if worker.is_empty() { WORKER } else { worker };
        let work = Work::new(self, watch, lease, worker, &trigger);
        let todo = |person: &&FilePerson| Todo {
            person: person.person.clone(),
            part: Part {
                of: Some(run.clone()),
                exactly: Some(person.apply.clone().into()),
                claimants: Vec::new(),
            },
            reserved: None,
        };
        let creates = |person: &&&FilePerson| {
            person.apply.iter().any(|step| step.change.kind() == ChangeKind::Creation)
        };
        let mut results: HashMap<ProfileId, PersonResult> = HashMap::new();
        let mut tell = |person: ProfileId, worked: &Worked| {
            results.insert(person, result(worked));
        };
        let others = people.iter().filter(|person| !creates(person)).map(todo).collect();
        work.all(others, &mut tell).await;
        // One after the other: which of two namesakes gets which username is part of the plan.
        let hires = people.iter().filter(creates).map(todo).collect();
        work.in_order(hires, &mut tell).await;
        let ended = match work.halted() {
            None => FullEnd::Done,
            Some(Halt::Vendor(words)) => FullEnd::Failed(words),
            Some(Halt::Stop(Stop::Paused | Stop::LeaseLost)) => FullEnd::Interrupted,
            Some(Halt::Stop(stop)) => FullEnd::Failed(chain(&stop)),
        };
        let applied = people.into_iter().map(|person| PersonApplied {
            person: person.person.clone(),
            result: results.remove(&person.person).unwrap_or(PersonResult::NotBegun),
        });
        Ok((ended, applied.collect()))
    }

    /// The organizations of both sides, without listing anybody.
    async fn organizations(&self, watch: &Watch<'_>) -> Result<Organizations, RequestError> {
        let parts = self.parts();
        let lister = Lister { parts, watch, remember: false };
        let deel = lister.deel_organization(&mut Vec::new()).await?;
        let mut session = parts.session(Line::Events);
        let page = session.call(Vendor::JumpCloud, "users", parts.jumpcloud.users_page(0, 1)).await?;
        let users = page.map_err(jumpcloud_stop)?.users;
        let jumpcloud = parts.jumpcloud.configured_organization().map(str::to_owned);
        let jumpcloud = jumpcloud.or_else(|| users.into_iter().next()?.organization);
        Ok(Organizations { deel, jumpcloud })
    }
}

fn result(worked: &Worked) -> PersonResult {
    match worked {
        Worked::NotBegun => PersonResult::NotBegun,
        Worked::Elsewhere => {
            PersonResult::Refused("another process is working on this person; plan again".to_owned())
        }
        Worked::Ran(report) => of_report(report),
    }
}

fn of_report(report: &Report) -> PersonResult {
    let record = &report.record;
    let problem = || {
        let failed = record.changes.iter().find_map(|change| change.problem.clone());
        record.problem.clone().or(failed).unwrap_or_else(|| "it did not work".to_owned())
    };
    match report.outcome {
        Outcome::Failed => PersonResult::Failed(problem()),
        Outcome::Interrupted => PersonResult::NotBegun,
        Outcome::Skipped => PersonResult::Refused(problem()),
        // The rest of it was not planned any more once the first part was done.
        Outcome::Applied if record.problem.is_some() => PersonResult::Refused(problem()),
        _ if record.changes.iter().any(|change| change.result == ChangeResult::Done) => {
            if record.held.is_empty() { PersonResult::Applied } else { PersonResult::Held }
        }
        Outcome::InSync => PersonResult::Applied,
        _ => PersonResult::Held,
    }
}

fn report(
    reconciler: &Reconciler,
    stamp: &Stamp,
    started: Instant,
    ended: &FullEnd,
    people: &[PersonApplied],
) -> FullReport {
    let count = |wanted: fn(&PersonResult) -> bool| {
        people.iter().filter(|person| wanted(&person.result)).count() as u64
    };
    FullReport {
        run: stamp.run.clone(),
        started_at: stamp.now,
        duration_ms: millis(started.elapsed()),
        trigger: TRIGGER.to_owned(),
        mode: reconciler.mode(),
        ended: ended.clone(),
        notes: vec!["a plan file was applied".to_owned()],
        counts: FullCounts {
            to_do: people.len() as u64,
            applied: count(|result| matches!(result, PersonResult::Applied)),
            held: count(|result| matches!(result, PersonResult::Held)),
            failed: count(|result| matches!(result, PersonResult::Failed(_))),
            skipped: count(|result| matches!(result, PersonResult::Refused(_))),
            ..FullCounts::default()
        },
    }
}
