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
    /// The account that was theirs when they were last looked at.
    pub remembered: Option<AccountId>,
    /// Other people in Deel who have the same work email and could be meant by an account that has it, active those who would
    /// get one; only a full listing knows them.
    pub same_email: Vec<Claimant>,
}

impl Desired {
    /// A person as read from Deel, with nothing else known.
    #[must_use]
    pub fn of(person: Person) -> Self {
        let id = person.id.clone();
        Self { person: Some(person), ..Self::gone(id) }
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
            remembered: None,
            same_email: Vec::new(),
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
    /// JumpCloud has not said that it has it: the answer was lost, or the program died before it asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unconfirmed: bool,
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

impl Actual {
    /// The accounts of both lists; one may occur twice.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.linked.iter().chain(&self.by_email)
    }
}

/// [`Desired`], borrowed from wherever it is.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) subject: &'a ProfileId,
    pub(crate) person: Option<&'a Person>,
    pub(crate) email_claimants: Option<&'a [Claimant]>,
    pub(crate) order: Option<&'a OperatorOrder>,
    pub(crate) operator_released: bool,
    pub(crate) excluded: bool,
    pub(crate) remembered: Option<&'a AccountId>,
    pub(crate) manager: Option<&'a AccountId>,
    pub(crate) same_email: &'a [Claimant],
}

impl<'a> From<&'a Desired> for Wanted<'a> {
    fn from(desired: &'a Desired) -> Self {
        Self {
            subject: &desired.subject,
            person: desired.person.as_ref(),
            email_claimants: desired.email_claimants.as_deref(),
            order: desired.order.as_ref(),
            operator_released: desired.operator_released,
            excluded: desired.excluded,
            remembered: desired.remembered.as_ref(),
            manager: desired.manager.as_ref(),
            same_email: &desired.same_email,
        }
    }
}

/// [`Actual`], borrowed from wherever it is.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// Those linked to the person and those with their email; one may occur twice.
    pub(crate) accounts: &'a [&'a Account],
    /// Whether a username, in lower case, is taken.
    pub(crate) taken: &'a dyn Fn(&str) -> bool,
    pub(crate) scheduled: Option<&'a ScheduledActivation>,
    pub(crate) membership: Option<&'a Membership>,
}

/// When a plan is made and by which run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Now.
    pub now: Timestamp,
    /// The run.
    pub run: RunId,
}
