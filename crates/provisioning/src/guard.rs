//! guard
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::change::ChangeKind;
use crate::hold::HoldKind;
use crate::plan::{Plan, Step};

/// How many changes of one kind may happen in a window: the larger of both.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// This many, however few accounts there are.
    pub count: u32,
    /// This share of the linked accounts, in percent.
    pub percent: f64,
}

impl Limit {
    /// How many may happen with this many linked accounts; the share is rounded down.
    #[must_use]
    pub fn allowed(&self, linked: u64) -> u64 {
        let _ = linked;
        todo!()
    }
}

/// The limits by kind of change. A kind that is not listed is not limited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Limits(pub BTreeMap<ChangeKind, Limit>);

/// What people ruled about a step, found by its fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ruling {
    /// Nobody ruled yet.
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
    /// Rejected by a person; not to be done, not to be asked again.
    pub rejected: Vec<Step>,
    /// Not to be done now, since the step they need is not done; they are planned again after it.
    pub waiting: Vec<Step>,
}

/// Decides which steps may be done.
pub fn guard(
    plan: Plan,
    rulings: impl Fn(&Step) -> Option<Ruling>,
    room: impl FnMut(ChangeKind) -> bool,
) -> Guarded {
    let _ = (plan, rulings, room);
    todo!()
}
