//! The guard: which steps of a plan may be done, given what people ruled and what the limits leave.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::change::ChangeKind;
use crate::hold::HoldKind;
use crate::plan::{LeaverAlarm, Plan, Step};

/// How many changes of one kind may happen in a window: the larger of both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// This many, however few accounts there are.
    pub count: u32,
    /// This share of the linked accounts, in percent. Negative or not a number counts as 0.
    pub percent: f64,
}

impl Limit {
    /// How many may happen with this many linked accounts; the share is rounded down.
    #[must_use]
    pub fn allowed(&self, linked: u64) -> u64 {
        // A float becomes an integer by saturating: not a number and negatives are 0.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let share = (linked as f64 * self.percent / 100.0) as u64;
        share.max(u64::from(self.count))
    }
}

/// The limits in any 24 hours, over all paths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// By kind of change. A kind that is not listed is not limited.
    pub kinds: BTreeMap<ChangeKind, Limit>,
    /// On how many accounts any one attribute may change.
    pub attribute: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        let limit = |count, percent| Limit { count, percent };
        let kinds = BTreeMap::from([
            (ChangeKind::Suspension, limit(3, 5.0)),
            (ChangeKind::EmailChange, limit(5, 5.0)),
            (ChangeKind::Link, limit(5, 5.0)),
            (ChangeKind::Reactivation, limit(5, 5.0)),
            (ChangeKind::GroupRemove, limit(5, 5.0)),
            (ChangeKind::Creation, limit(100, 20.0)),
        ]);
        Self { kinds, attribute: limit(10, 10.0) }
    }
}

impl Limits {
    /// How many changes of this kind may happen; `None` when it is not limited.
    #[must_use]
    pub fn allowed(&self, kind: ChangeKind, linked: u64) -> Option<u64> {
        self.kinds.get(&kind).map(|limit| limit.allowed(linked))
    }
}

/// What people ruled about a step, found by its [fingerprint](Step::fingerprint).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// It is held, and nobody ruled yet.
    Open,
    /// Somebody approved it.
    Approved,
    /// Somebody rejected it.
    Rejected,
}

/// A plan's steps after the guard.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guarded {
    /// To be done, in this order.
    pub apply: Vec<Step>,
    /// To be held, and why.
    pub hold: Vec<(Step, HoldKind)>,
    /// Rejected by a person: not to be done, not to be asked again.
    pub rejected: Vec<Step>,
    /// Not to be done now, since a step they need is not; they are planned anew once it is.
    pub waiting: Vec<Step>,
    /// Set when a leaver keeps access: the plan's own alarm, or a suspension that the limit or a person kept back.
    pub alarm: Option<LeaverAlarm>,
}

/// Decides which steps may be done.
///
/// `rulings` says what is on record for a step; `room` takes one place of a kind's window and says whether there was one. It
/// is asked only for a step that would be done but for the limit, so a held step takes no place; an approved one needs none.
/// A step that was held once stays held, whatever room there is now, until somebody rules.
pub fn guard(
    plan: Plan,
    rulings: impl Fn(&Step) -> Option<Ruling>,
    mut room: impl FnMut(ChangeKind) -> bool,
) -> Guarded {
    let mut guarded = Guarded { alarm: plan.alarm, ..Guarded::default() };
    let mut done = BTreeSet::new();
    let mut held = BTreeMap::new();
    for step in plan.steps {
        let kind = step.change.kind();
        if step.past_guard && step.approvable() {
            done.insert(kind);
            guarded.apply.push(step);
            continue;
        }
        if !step.approvable() {
            // A step that no approval can let happen is held, whatever is on record.
            let hold = step.hold.unwrap_or(HoldKind::Limit);
            held.insert(kind, hold);
            guarded.hold.push((step, hold));
            continue;
        }
        let ruling = rulings(&step);
        if ruling == Some(Ruling::Rejected) {
            guarded.rejected.push(step);
            continue;
        }
        let needs_more = step.needs.is_some_and(|needed| !done.contains(&needed));
        let needed = step.needs.and_then(|needed| held.get(&needed).copied());
        let hold = match (step.hold, ruling) {
            (_, Some(Ruling::Approved)) => None,
            (Some(hold), _) => Some(hold),
            (None, Some(_)) => Some(HoldKind::Limit),
            // A leaver's suspension is not left out of sight while its link waits.
            (None, None) if needs_more && kind == ChangeKind::Suspension => needed,
            (None, None) if needs_more => None,
            (None, None) => (!room(kind)).then_some(HoldKind::Limit),
        };
        match hold {
            Some(hold) => {
                held.insert(kind, hold);
                guarded.hold.push((step, hold));
            }
            None if needs_more => guarded.waiting.push(step),
            None => {
                done.insert(kind);
                guarded.apply.push(step);
            }
        }
    }
    if done.contains(&ChangeKind::Suspension) {
        guarded.alarm = None;
    } else if let Some(reason) = kept_back(&guarded) {
        guarded.alarm = Some(LeaverAlarm { reason });
    }
    guarded
}

/// Why a suspension that the plan itself did not hold is not done.
fn kept_back(guarded: &Guarded) -> Option<HoldKind> {
    let due = |step: &Step| step.change.kind() == ChangeKind::Suspension && step.hold.is_none();
    let held = guarded.hold.iter().find(|(step, _)| due(step)).map(|(_, hold)| *hold);
    held.or_else(|| guarded.rejected.iter().chain(&guarded.waiting).any(due).then_some(HoldKind::Limit))
}
