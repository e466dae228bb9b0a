//! Runs that may do certain steps and no others: those of a plan that somebody has read and asked to be applied.

use super::{Ruled, Run};
use crate::holds::HoldId;
use crate::trail::ChangeResult;
use provisioning::{Change, ChangeKind, Guarded, Plan, ProfileId, Step};

impl Run<'_> {
    /// The steps that are still to be done, if this run may do certain ones only.
    pub(super) fn exactly(&self) -> Option<Vec<Step>> {
        let done = |step: &&Step| {
            let kind = step.change.kind();
            self.record.changes.iter().any(|row| row.kind == kind && row.result == ChangeResult::Done)
        };
        Some(self.part.exactly.as_ref()?.iter().filter(|step| !done(step)).cloned().collect())
    }

    /// What a plan that somebody has read stands for: its suspensions count as approved.
    pub(super) fn approving(&self, exactly: &[Step]) -> Vec<HoldId> {
        let suspensions = exactly.iter().filter(|step| step.change.kind() == ChangeKind::Suspension);
        suspensions.map(|step| HoldId::of(self.subject, step)).collect()
    }
}

/// Why the plan made now is another one than the one that was read: what of it is missing, or has other values.
pub(super) fn otherwise(plan: &Plan, exactly: &[Step]) -> Option<String> {
    let subject = &plan.subject;
    let missing = exactly.iter().filter(|step| !plan.steps.iter().any(|fresh| is_of(subject, fresh, step)));
    let planned = |step: &&Step| plan.steps.iter().any(|fresh| fresh.change.kind() == step.change.kind());
    let (other, gone): (Vec<&Step>, Vec<&Step>) = missing.partition(planned);
    let kinds =
        |steps: &[&Step]| steps.iter().map(|step| step.change.kind().words()).collect::<Vec<_>>().join(", ");
    match (other.is_empty(), gone.is_empty()) {
        (true, true) => None,
        (true, false) => {
            Some(format!("nothing of this is left to do, perhaps it was done before: {}", kinds(&gone)))
        }
        (false, true) => Some(format!("planned with other values by now: {}; plan again", kinds(&other))),
        (false, false) => Some(format!(
            "planned with other values by now: {}; not planned any more: {}; plan again",
            kinds(&other),
            kinds(&gone)
        )),
    }
}

/// Leaves of what the guard lets through only the given steps. The others wait, as if they needed something.
pub(super) fn only(ruled: &mut Ruled, subject: &ProfileId, exactly: &[Step]) {
    let Guarded { apply, hold, waiting, .. } = &mut ruled.guarded;
    for fresh in std::mem::take(apply) {
        match exactly.iter().find(|step| is_of(subject, &fresh, step)) {
            Some(step) => apply.push(reduced(&fresh, step)),
            None => waiting.push(fresh),
        }
    }
    for (fresh, kind) in std::mem::take(hold) {
        if exactly.iter().any(|step| is_of(subject, &fresh, step)) {
            hold.push((fresh, kind));
        } else {
            waiting.push(fresh);
        }
    }
}

/// Whether a step planned now is, or contains, the given one.
fn is_of(subject: &ProfileId, fresh: &Step, step: &Step) -> bool {
    match (&fresh.change, &step.change) {
        (Change::Update(now), Change::Update(then)) => {
            fresh.account == step.account
                && then.iter().all(|(attribute, change)| now.get(attribute) == Some(change))
        }
        // Who it is for is not enough here: somebody has read the name and everything else.
        (Change::Create(now), Change::Create(then)) => now == then,
        _ => fresh.fingerprint(subject) == step.fingerprint(subject),
    }
}

/// Of an update, what the given one changes.
fn reduced(fresh: &Step, step: &Step) -> Step {
    let mut reduced = fresh.clone();
    if let (Change::Update(now), Change::Update(then)) = (&mut reduced.change, &step.change) {
        now.retain(|attribute, _| then.contains_key(attribute));
    }
    reduced
}
