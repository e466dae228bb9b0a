//! A plan: what would have to happen for one person, and why. A value, to be printed, stored, approved and applied.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::attributes::Attribute;
use crate::change::{Change, ChangeKind, FieldChange};
use crate::hold::HoldKind;
use crate::ids::{AccountId, ProfileId};
use crate::lifecycle::Lifecycle;
use crate::reason::{Note, SkipReason, Why};

/// One change to one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The account; `None` for one that the same plan creates.
    pub account: Option<AccountId>,
    /// What to do.
    pub change: Change,
    /// Why it waits for a person; `None` when it may be done, if the guard lets it.
    pub hold: Option<HoldKind>,
    /// A change of this kind, in the same plan, without which this one must not be made.
    pub needs: Option<ChangeKind>,
    /// An operator's order: no limit and no earlier ruling stops it.
    pub past_guard: bool,
    /// Why; facts and ids only.
    pub why: Why,
}

impl Step {
    /// Whether an approval can let this step happen.
    #[must_use]
    pub fn approvable(&self) -> bool {
        self.change != Change::Nothing && self.hold.is_none_or(HoldKind::approvable)
    }
}

/// A difference that is shown and not written ([`crate::AttributePolicy::Report`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// The attribute.
    pub attribute: Attribute,
    /// As JumpCloud has it, and as Deel would have it.
    pub change: FieldChange,
}

/// What linking an account to a person comes down to beyond the link: for whoever is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithLink {
    /// Would be overwritten.
    pub written: Vec<Drift>,
    /// Differs, and would only be reported.
    pub reported: Vec<Drift>,
}

/// A leaver whose account stays in use. Not a skip: somebody must act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaverAlarm {
    /// Why it could not be suspended.
    pub reason: HoldKind,
}

/// What would have to happen for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The person.
    pub subject: ProfileId,
    /// The account it is about, if there is exactly one.
    pub account: Option<AccountId>,
    /// Whether the person should have access; `None` when Deel does not know them or they are excluded.
    pub standing: Option<Lifecycle>,
    /// The steps, in the order in which they are made. A suspension comes first, but for the link it may need.
    pub steps: Vec<Step>,
    /// Why nothing is done, where that is not "in sync".
    pub skipped: Option<SkipReason>,
    /// Differences that are only shown.
    pub drift: Vec<Drift>,
    /// What the link would bring with it, where somebody is asked before an account is linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_link: Option<Box<WithLink>>,
    /// What else a reader should know.
    pub notes: Vec<Note>,
    /// Set when the person left and the account stays in use.
    pub alarm: Option<LeaverAlarm>,
    /// When to look again, because time alone will change the plan.
    pub next_look: Option<Timestamp>,
    /// Whether the plan was made without [`crate::Desired::email_claimants`] and must not be applied before looking.
    pub needs_claimants: bool,
}

/// How many steps of which kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Steps that may be done, by kind.
    pub planned: BTreeMap<ChangeKind, u64>,
    /// Steps that wait, by reason.
    pub held: BTreeMap<HoldKind, u64>,
}

impl Plan {
    /// Nothing to do and nothing held. Drift that is only reported does not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Whether [`crate::Desired::email_claimants`] must be looked up, and the plan made again, before it is applied: it
    /// proposes a suspension that an active person with the same email would forbid.
    #[must_use]
    pub fn needs_claimants(&self) -> bool {
        self.needs_claimants
    }

    /// The steps that may be done, subject to the guard.
    pub fn unheld(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.hold.is_none())
    }

    /// How many steps of which kind.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for step in &self.steps {
            match step.hold {
                Some(hold) => *counts.held.entry(hold).or_default() += 1,
                None => *counts.planned.entry(step.change.kind()).or_default() += 1,
            }
        }
        counts
    }
}
