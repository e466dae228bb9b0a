//! What becomes of the job.

use super::Ending;
use crate::observe::Observed;
use crate::stop::{Stop, chain};
use crate::trail::{ChangeResult, RunRecord};
use jiff::Timestamp;
use provisioning::{Note, Plan, Standing};
use queue::{Again, Lease, Line, Trigger, Verdict, When};
use std::time::Duration;

/// How long to wait before a vendor that refuses access is asked again: somebody has to mend something first.
const DENIED: Duration = Duration::from_secs(60);
/// How long after a lifecycle event its person is looked at again, and how much later once more: what was read may have
/// been stale, also where something was changed on it.
const LOOKS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(540)];

pub(super) fn of(end: &Result<Ending, Stop>, record: &RunRecord, lease: &Lease, now: Timestamp) -> Verdict {
    match end {
        Err(stop) => of_stop(stop),
        Ok(Ending::Unsafe(words)) => Verdict::Dead { error: format!("the plan was refused: {words}") },
        // What is due beyond the given steps is for an ordinary run: `exactly` asks for it.
        Ok(Ending::Otherwise(_)) => Verdict::done(),
        Ok(Ending::Planned { observed }) => done(observed, lease, now),
        Ok(Ending::Finished { observed }) => {
            let failed: Vec<String> = record
                .changes
                .iter()
                .filter(|change| change.result == ChangeResult::Failed)
                .map(|change| format!("{}: {}", change.kind, change.problem.as_deref().unwrap_or("failed")))
                .collect();
            if !failed.is_empty() {
                return Verdict::Retry { after: None, counts: true, away: None, error: failed.join("; ") };
            }
            if let Some(stop) = &observed.without_deel {
                let changed = record.changes.iter().any(|change| change.result == ChangeResult::Done);
                return after_order(stop, changed, lease);
            }
            done(observed, lease, now)
        }
    }
}

/// The verdict of a run that was to do certain steps only: the job that waited when it began, an event or the end of a last
/// day, is not answered by it.
pub(super) fn exactly(verdict: Verdict, lease: &Lease) -> Verdict {
    match verdict {
        Verdict::Done { .. } if lease.took_over => Verdict::Release,
        other => other,
    }
}

/// The verdict of a run that did not come to its end.
pub(crate) fn of_stop(stop: &Stop) -> Verdict {
    let error = chain(stop);
    let retry = |after, counts| Verdict::Retry { after, counts, away: None, error: error.clone() };
    let away =
        |vendor, after| Verdict::Retry { after, counts: false, away: Some(vendor), error: error.clone() };
    match stop {
        Stop::Limited { after, .. } => retry(*after, false),
        Stop::Unavailable { vendor, after, .. } => away(*vendor, *after),
        Stop::Denied { vendor, .. } => away(*vendor, Some(DENIED)),
        Stop::Queue(_) | Stop::Moved => retry(None, false),
        Stop::Unexpected { .. } | Stop::Incomplete { .. } => retry(None, true),
        Stop::Unreadable(_) => Verdict::Dead { error },
        Stop::LeaseLost | Stop::Paused => Verdict::Release,
    }
}

/// The order is carried out (or was before) without Deel; everything else still waits for it.
fn after_order(stop: &Stop, changed: bool, lease: &Lease) -> Verdict {
    if !changed {
        // Not back in line to wait for Deel, since an order does not: it would be run again at once.
        return match of_stop(stop) {
            Verdict::Retry { after, counts, error, .. } => {
                Verdict::Retry { after, counts, away: None, error }
            }
            other => other,
        };
    }
    let again = Again {
        when: When::After(DENIED),
        line: Line::Events,
        trigger: Trigger::new("recheck"),
        look: lease.look,
    };
    Verdict::Done { again: Some(again) }
}

fn done(observed: &Observed, lease: &Lease, now: Timestamp) -> Verdict {
    let timer = observed.plan.next_look.zip(timer_of(&observed.plan));
    let recheck = look(observed, lease).and_then(|look| {
        let wait = *LOOKS.get(usize::from(look))?;
        let at = now.checked_add(wait).ok()?;
        let again = Again {
            when: When::After(wait),
            line: lease.line,
            trigger: Trigger::new("recheck"),
            look: Some(look + 1),
        };
        Some((at, again))
    });
    // Whichever comes first: that run finds the other one's reason again. A timer that comes first keeps the look.
    let again = match (timer, recheck) {
        (Some((timer, mut again)), Some((recheck, _))) if timer <= recheck => {
            again.look = lease.look;
            Some(again)
        }
        (_, Some((_, again))) | (Some((_, again)), None) => Some(again),
        (None, None) => None,
    };
    Verdict::Done { again }
}

/// The run that time alone will make necessary.
pub(crate) fn timer_of(plan: &Plan) -> Option<Again> {
    let line = match plan.standing.as_ref().map(|life| &life.standing) {
        Some(Standing::NotStarted { .. }) => Line::Events,
        _ => Line::Urgent,
    };
    let at = plan.next_look?;
    Some(Again { when: at_ms(at), line, trigger: Trigger::new("timer"), look: None })
}

/// Which look this was: the queue says so for lifecycle events; a 404 after any webhook is looked at again as well.
fn look(observed: &Observed, lease: &Lease) -> Option<u8> {
    let webhook = lease.trigger.as_str().starts_with("webhook:");
    let gone = webhook && observed.desired.person.is_none();
    lease.look.or_else(|| (gone || waits_for_manager(observed)).then_some(0))
}

/// Whether the manager's account is not known yet: it may be created in a moment, by the next job in line.
fn waits_for_manager(observed: &Observed) -> bool {
    observed.plan.notes.iter().any(|note| matches!(note, Note::ManagerWithoutAccount { .. }))
}

fn at_ms(at: Timestamp) -> When {
    When::At(u64::try_from(at.as_millisecond()).unwrap_or_default())
}
