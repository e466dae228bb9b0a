//! The guard's questions, answered from Redis: what people ruled, and whether the windows have room.

use crate::holds::{Hold, HoldId, HoldStatus};
use crate::observe::Observed;
use crate::reconciler::Parts;
use crate::stop::Stop;
use provisioning::{ChangeKind, Guarded, HoldKind, Limit, ProfileId, Ruling, Step, guard};
use queue::Line;
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

/// Whether the window of a kind has room for this person, which is taken if it may be.
async fn place(
    parts: &Parts,
    subject: &ProfileId,
    kind: ChangeKind,
    limit: &Limit,
    reservations: Reservations,
) -> Result<bool, Stop> {
    let max = limit.allowed(parts.queue.link_count().await?);
    Ok(match reservations {
        Reservations::Take => parts.queue.window_reserve(kind.as_str(), subject.as_str(), max).await?,
        Reservations::LookOnly => parts.queue.window_used(kind.as_str()).await? < max,
    })
}

/// Asks the guard. Approved changes and operators' orders take no place in a window: a person answers for them.
pub(crate) async fn rule(
    parts: &Parts,
    subject: &ProfileId,
    observed: &Observed,
    known: &[(Hold, String)],
    reservations: Reservations,
    class: Line,
) -> Result<Ruled, Stop> {
    let rulings: HashMap<HoldId, Ruling> = known
        .iter()
        .filter_map(|(hold, _)| {
            let ruling = match hold.status {
                // Room in a later window does not release what exceeded a limit. Any other reason to hold is found again by
                // the plan, or has gone.
                HoldStatus::Open if hold.kind == HoldKind::Limit => Ruling::Open,
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
        let mut free = place(parts, subject, kind, limit, reservations).await?;
        if !free && limit.percent > 0.0 && parts.linked.learn(parts, class).await? {
            free = place(parts, subject, kind, limit, reservations).await?;
        }
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
