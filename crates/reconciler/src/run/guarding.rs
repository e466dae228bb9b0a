//! The guard's questions, answered from Redis: what people ruled, and whether the windows have room.

use crate::holds::{Hold, HoldId, HoldStatus};
use crate::observe::Observed;
use crate::reconciler::Parts;
use crate::stop::Stop;
use provisioning::{ChangeKind, Guarded, ProfileId, Ruling, Step, guard};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Whether places in the windows are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reservations {
    /// The run may write: take what it needs.
    Take,
    /// Nothing will be written: only look.
    LookOnly,
}

/// A plan after the guard.
pub(crate) struct Ruled {
    pub(crate) guarded: Guarded,
    /// Kinds for which this run took a place.
    pub(crate) reserved: BTreeSet<ChangeKind>,
    subject: ProfileId,
    approved: BTreeSet<HoldId>,
}

impl Ruled {
    /// The hold whose approval let this step through.
    pub(crate) fn approval(&self, step: &Step) -> Option<HoldId> {
        let id = HoldId::of(&self.subject, step);
        self.approved.contains(&id).then_some(id)
    }
}

/// Asks the guard. Approved changes and operators' orders take no place in a window: a person answers for them.
pub(crate) async fn rule(
    parts: &Parts,
    subject: &ProfileId,
    observed: &Observed,
    known: &[(Hold, String)],
    reservations: Reservations,
) -> Result<Ruled, Stop> {
    let rulings: HashMap<HoldId, Ruling> = known
        .iter()
        .filter_map(|(hold, _)| {
            let ruling = match hold.status {
                HoldStatus::Open => Ruling::Open,
                HoldStatus::Approved => Ruling::Approved,
                HoldStatus::Rejected => Ruling::Rejected,
                _ => return None,
            };
            Some((hold.id.clone(), ruling))
        })
        .collect();
    let ruling = |step: &Step| rulings.get(&HoldId::of(subject, step)).copied();
    let mut room: BTreeMap<ChangeKind, bool> = BTreeMap::new();
    let mut reserved = BTreeSet::new();
    for step in observed.plan.unheld().filter(|step| !step.past_guard && ruling(step).is_none()) {
        let kind = step.change.kind();
        if room.contains_key(&kind) {
            continue;
        }
        let Some(limit) = parts.settings.limits.0.get(&kind) else {
            room.insert(kind, true);
            continue;
        };
        let max = limit.allowed(parts.queue.link_count().await?);
        let free = match reservations {
            Reservations::Take => parts.queue.window_reserve(kind.as_str(), subject.as_str(), max).await?,
            Reservations::LookOnly => parts.queue.window_used(kind.as_str()).await? < max,
        };
        if free && reservations == Reservations::Take {
            reserved.insert(kind);
        }
        room.insert(kind, free);
    }
    let guarded = guard(observed.plan.clone(), ruling, |kind| room.get(&kind).copied().unwrap_or(false));
    let approved =
        rulings.into_iter().filter(|(_, ruling)| *ruling == Ruling::Approved).map(|(id, _)| id).collect();
    Ok(Ruled { guarded, reserved, subject: subject.clone(), approved })
}
