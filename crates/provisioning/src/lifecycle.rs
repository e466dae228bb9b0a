//! Whether a person should have access now, and from when or until when.
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::{Evidence, LastDay};
use crate::person::Person;
use crate::reason::SkipReason;
use crate::zone::{TimeZoneName, ZoneChoice};

/// Whether a person should have access.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Should have access.
    Active {
        /// The end of the last day of work, if one is known; always later than the `now` it was decided at.
        until: Option<Timestamp>,
    },
    /// Hired, not started. Never a reason to suspend.
    NotStarted {
        /// The start of the first day, if one is known.
        starts: Option<Timestamp>,
    },
    /// Left. The only standing that suspends without asking.
    Left {
        /// What speaks for it.
        evidence: Evidence,
    },
    /// Deel contradicts itself; a person must decide.
    Contradiction {
        /// What speaks for a suspension.
        evidence: Evidence,
    },
    /// Nothing can be told; nothing is done.
    Undecided(SkipReason),
}

/// Whether a person should have access, and by whose clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// Whether they should.
    pub standing: Standing,
    /// The zone that decides when days begin and end.
    pub zone: ZoneChoice,
    /// The running employment that values come from: the one with the latest start, then the lowest id.
    pub employment: Option<String>,
    /// The last day of work that counts.
    pub last_day: Option<LastDay>,
    /// When it ends.
    pub ends: Option<Timestamp>,
}

/// Decides whether a person should have access at `now`. Total: every person has a standing.
#[must_use]
pub fn lifecycle(person: &Person, organization_zone: Option<&TimeZoneName>, now: Timestamp) -> Lifecycle {
    todo!()
}
