//! The planner's two sides, as the shell observed them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::groups::Membership;
use crate::ids::{AccountId, ProfileId, RunId};
use crate::person::Person;

/// Somebody else in Deel whose work email is the email of the subject's account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Claimant {
    /// The other person.
    pub id: ProfileId,
    /// Whether their standing is active.
    pub active: bool,
}

/// An operator's suspension in force.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OperatorOrder {
    /// When it was given.
    pub at: Timestamp,
    /// How the shell names it; an id, shown in plans.
    pub hold: String,
}

/// What Deel and the operators want for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    /// The person the plan is about.
    pub subject: ProfileId,
    /// What Deel answered to a fresh read; `None` when it was 404, and never for any other failure.
    pub person: Option<Person>,
    /// Other people in Deel whose work email is the email of the subject's account; `None` when nobody looked. Only
    /// suspensions ask for it ([`crate::Plan::needs_claimants`]).
    pub email_claimants: Option<Vec<Claimant>>,
    /// An operator's suspension in force.
    pub order: Option<OperatorOrder>,
    /// An operator released the person: an account that carries an operator's mark may be reactivated.
    pub operator_released: bool,
    /// The configuration excludes the person.
    pub excluded: bool,
    /// The account of the person's manager ([`Person::manager`]), where it is known and the manager is kept in step.
    pub manager: Option<AccountId>,
}

impl Desired {
    /// A person as read from Deel, with nothing else known.
    #[must_use]
    pub fn of(person: Person) -> Self {
        Self {
            subject: person.id.clone(),
            person: Some(person),
            email_claimants: None,
            order: None,
            operator_released: false,
            excluded: false,
            manager: None,
        }
    }

    /// A person Deel answers 404 for, with nothing else known.
    #[must_use]
    pub fn gone(subject: ProfileId) -> Self {
        Self {
            subject,
            person: None,
            email_claimants: None,
            order: None,
            operator_released: false,
            excluded: false,
            manager: None,
        }
    }
}

/// Who asked for a scheduled activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduledBy {
    /// [`crate::Activation::Scheduled`].
    Policy,
    /// Somebody with `deelsync activate --at`.
    Operator,
}

/// An activation that we scheduled at JumpCloud, as we remember it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ScheduledActivation {
    /// The account.
    pub account: AccountId,
    /// When JumpCloud activates it.
    pub at: Timestamp,
    /// The start of the person's first day when it was scheduled; if that moves, `at` moves with it.
    pub starts: Option<Timestamp>,
    /// Who asked for it.
    pub by: ScheduledBy,
}

/// What JumpCloud has that could concern one person. Order does not matter, and an account may be in both lists.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Actual {
    /// Accounts whose link field names the person.
    pub linked: Vec<Account>,
    /// Accounts whose email equals the person's work email, case-insensitively.
    pub by_email: Vec<Account>,
    /// Usernames that are taken, in lower case. Only a creation asks for it; it must then hold every candidate that exists,
    /// suspended accounts' too.
    pub taken_usernames: BTreeSet<String>,
    /// The activation that we scheduled for the person's account, ahead or not.
    pub scheduled: Option<ScheduledActivation>,
    /// The groups of the person's account, among those that the configuration names; `None` when nobody looked, and then
    /// nothing about groups is planned.
    pub membership: Option<Membership>,
}

/// When a plan is made and by which run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Now.
    pub now: Timestamp,
    /// The run.
    pub run: RunId,
}
