//! The run's entry on the trail, from beginning to end.

use super::{Ending, Ruled, settle};
use crate::fields::fields;
use crate::metrics;
use crate::observe::Observed;
use crate::reconciler::Parts;
use crate::session::{Session, millis};
use crate::stop::{Stop, chain};
use crate::trail::{
    ChangeRecord, ChangeResult, EmploymentEvidence, Evidence, HeldRecord, Outcome, RunRecord,
};
use jiff::Timestamp;
use provisioning::{Change, Policy, ProfileId, Redacted, Stamp, Status};
use queue::Lease;
use std::time::Instant;

pub(super) fn begin(parts: &Parts, subject: &ProfileId, lease: &Lease, stamp: &Stamp) -> RunRecord {
    let accepted =
        i64::try_from(lease.accepted_at_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    RunRecord {
        run: stamp.run.clone(),
        of: None,
        started_at: stamp.now,
        duration_ms: 0,
        person: subject.clone(),
        name: None,
        account: None,
        username: None,
        trigger: lease.trigger.to_string(),
        by: None,
        undoes: None,
        line: lease.line.as_str().to_owned(),
        mode: parts.apply.mode(),
        attempt: lease.attempt,
        accepted_at: accepted,
        accepted_to_write_ms: None,
        outcome: Outcome::Failed,
        evidence: None,
        plan: None,
        changes: Vec::new(),
        held: Vec::new(),
        calls: Vec::new(),
        notes: Vec::new(),
        problem: None,
    }
}

/// What was observed and planned; a later round replaces an earlier one's.
pub(super) fn observed(record: &mut RunRecord, observed: &Observed) {
    record.account = observed.plan.account.clone().or_else(|| record.account.take());
    record.plan = Some(observed.plan.clone());
    let name = observed.desired.person.as_ref().and_then(settle::name);
    record.name = name.map(Redacted).or_else(|| record.name.take());
    let account = record.account.as_ref().and_then(|id| observed.account(id));
    let known = account.map(|account| account.username.clone());
    let new = || {
        observed.plan.steps.iter().find_map(|step| match &step.change {
            Change::Create(new) => Some(new.username.as_str().to_owned()),
            _ => None,
        })
    };
    record.username = known.or_else(new).map(Redacted).or_else(|| record.username.take());
    record.evidence = Some(evidence(record.started_at, observed));
}

fn evidence(read_at: Timestamp, observed: &Observed) -> Evidence {
    let person = observed.desired.person.as_ref();
    let employments = person.map(|person| person.employments.as_slice()).unwrap_or_default();
    Evidence {
        read_at,
        found: person.is_some(),
        status: person
            .filter(|person| person.status != Status::Missing)
            .map(|person| person.status.to_string()),
        last_day: person.and_then(|person| person.last_day).map(|day| day.to_string()),
        zone: observed.plan.standing.as_ref().map(|life| life.zone.to_string()),
        employments: employments
            .iter()
            .map(|employment| EmploymentEvidence {
                id: employment.id.clone(),
                ended: employment.ended,
                last_day: employment.last_day.map(|day| day.to_string()),
            })
            .collect(),
        order: observed.desired.order.is_some(),
    }
}

/// Observe mode: what would be written, and what would be held.
pub(super) fn would(record: &mut RunRecord, observed: &Observed, ruled: &Ruled, policy: &Policy) {
    for step in &ruled.guarded.apply {
        let account = step.account.as_ref().and_then(|id| observed.account(id));
        metrics::change(step.change.kind(), ChangeResult::WouldBeDone);
        record.changes.push(ChangeRecord {
            kind: step.change.kind(),
            result: ChangeResult::WouldBeDone,
            fields: fields(step, account, &policy.link),
            why: step.why.to_string(),
            approved_by: ruled.approval(step),
            duration_ms: 0,
            problem: None,
        });
    }
    for (step, kind) in &ruled.guarded.hold {
        let account = step.account.as_ref().and_then(|id| observed.account(id));
        record.held.push(HeldRecord {
            id: None,
            kind: *kind,
            change: step.change.kind(),
            why: step.why.to_string(),
            fields: fields(step, account, &policy.link),
        });
    }
}

/// Closes the entry.
pub(super) fn finish(
    record: &mut RunRecord,
    end: &Result<Ending, Stop>,
    first_write: Option<Timestamp>,
    started: Instant,
    session: &mut Session,
) {
    record.calls = std::mem::take(&mut session.calls);
    record.notes = std::mem::take(&mut session.notes);
    record.duration_ms = millis(started.elapsed());
    record.outcome = outcome(record, end);
    record.problem = match end {
        Ok(Ending::Unsafe(words)) => Some(format!("the plan was refused: {words}")),
        Ok(Ending::Otherwise(words)) => Some(words.clone()),
        Ok(_) => None,
        Err(stop) => Some(chain(stop)),
    };
    if let (Some(write), Some(accepted)) = (first_write, record.accepted_at) {
        let between = write.duration_since(accepted);
        let between_ms = u64::try_from(between.as_millis()).unwrap_or_default();
        record.accepted_to_write_ms = Some(between_ms);
        // Retries and rechecks measure something else: how long a vendor was away, or how long we chose to wait.
        if record.attempt == 1 && record.trigger.starts_with("webhook:") {
            metrics::webhook_to_write(between.as_secs_f64().max(0.0));
        }
    }
}

fn outcome(record: &RunRecord, end: &Result<Ending, Stop>) -> Outcome {
    let any = |result| record.changes.iter().any(|change| change.result == result);
    match end {
        Err(Stop::Paused | Stop::LeaseLost) => Outcome::Interrupted,
        Err(_) | Ok(Ending::Unsafe(_)) => Outcome::Failed,
        Ok(Ending::Otherwise(_)) if any(ChangeResult::Done) => Outcome::Applied,
        Ok(Ending::Otherwise(_)) => Outcome::Skipped,
        Ok(Ending::Planned { observed }) => match (observed.plan.is_empty(), &observed.plan.skipped) {
            (false, _) => Outcome::Observed,
            (true, Some(_)) => Outcome::Skipped,
            (true, None) => Outcome::InSync,
        },
        Ok(Ending::Finished { .. }) if any(ChangeResult::Failed) => Outcome::Failed,
        Ok(Ending::Finished { .. }) if any(ChangeResult::Done) => Outcome::Applied,
        // Held now, or rejected before: the plan still differs from what is there.
        Ok(Ending::Finished { observed, .. }) if !observed.plan.is_empty() => Outcome::Held,
        Ok(Ending::Finished { observed, .. }) => match &observed.plan.skipped {
            Some(_) => Outcome::Skipped,
            None => Outcome::InSync,
        },
    }
}

/// Whether the run goes on the trail: looks that found nothing and that nobody asked about do not.
pub(crate) fn worth_keeping(record: &RunRecord) -> bool {
    let quiet = record.line == "bulk" || matches!(record.trigger.as_str(), "timer" | "recheck" | "nightly");
    match record.outcome {
        Outcome::InSync => !quiet,
        // Nothing was learned or done; the job comes again.
        Outcome::Interrupted => !record.changes.is_empty(),
        _ => true,
    }
}

/// One line per run for the log.
pub(super) fn report(record: &RunRecord, end: &Result<Ending, Stop>) {
    let account = record.account.as_ref().map(ToString::to_string).unwrap_or_default();
    let problem = record.problem.as_deref().unwrap_or_default();
    match end {
        Ok(Ending::Unsafe(_)) => tracing::error!(
            person.id = %record.person, account.id = account, run.id = %record.run, problem,
            "the planner made a plan that breaks its own rules; nothing was applied. Please report this"
        ),
        Err(Stop::Denied { .. }) => tracing::error!(
            person.id = %record.person, run.id = %record.run, problem, "access refused; tried again every minute"
        ),
        Err(Stop::Unreadable(_)) => tracing::error!(
            person.id = %record.person, run.id = %record.run, problem, "a record cannot be read"
        ),
        Err(_) => tracing::warn!(
            person.id = %record.person, run.id = %record.run, outcome = %record.outcome, problem, "run not finished"
        ),
        Ok(_) => tracing::info!(
            person.id = %record.person, account.id = account, run.id = %record.run, trigger = record.trigger,
            outcome = %record.outcome, changes = record.changes.len(), held = record.held.len(),
            duration_ms = record.duration_ms, "run finished"
        ),
    }
}
