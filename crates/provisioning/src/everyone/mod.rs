//! Everyone at once: the plan of a full reconcile, made from both complete lists.
//!
//! [`plan_all`] gives each person the plan that [`crate::plan`] would give them alone, and adds what only the whole can tell:
//! who has the same work email as somebody else, which usernames are given to others in the same run, who is linked but
//! missing from Deel's list, and which accounts nobody in Deel owns.

mod index;
mod one;
mod plan_all;
mod refuse;
mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::account::{Account, AccountState};
use crate::hold::HoldKind;
use crate::ids::{AccountId, GroupId, ProfileId};
use crate::observed::{OperatorOrder, ScheduledActivation};
use crate::person::Person;
use crate::plan::Plan;
use crate::reason::SkipReason;

pub use plan_all::plan_all;
pub use refuse::{Refusal, refuse, refuse_accounts};

/// Both sides, whole, and what is remembered about people. The lists must be complete; their order does not matter.
#[derive(Clone, Default)]
pub struct Census {
    /// Everybody in Deel.
    pub people: Vec<Person>,
    /// Every account in JumpCloud, suspended ones too.
    pub accounts: Vec<Account>,
    /// Operators' suspensions in force.
    pub orders: BTreeMap<ProfileId, OperatorOrder>,
    /// Whom an operator released.
    pub released: BTreeSet<ProfileId>,
    /// Whom the configuration excludes.
    pub excluded: BTreeSet<ProfileId>,
    /// Whose account was which when they were last looked at.
    pub remembered: BTreeMap<ProfileId, AccountId>,
    /// The activations that we scheduled.
    pub scheduled: BTreeMap<ProfileId, ScheduledActivation>,
    /// The groups that the configuration names, with their members; `None` when nobody looked, and then nothing about groups
    /// is planned.
    pub groups: Option<CensusGroups>,
}

/// Groups and who is in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CensusGroups {
    /// By name, as in [`crate::Membership::groups`].
    pub ids: BTreeMap<String, GroupId>,
    /// The groups of each account; an account without an entry is in none of them.
    pub members: BTreeMap<AccountId, BTreeSet<GroupId>>,
}

impl fmt::Debug for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Census({} people, {} accounts)", self.people.len(), self.accounts.len())
    }
}

/// The plan of a full reconcile. A value: printed, counted, stored, applied. Holds values; `Debug` hides them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Everyone {
    /// Everybody who is not simply in sync (who has steps, a skip, an alarm, a drift or a next look), in order of id.
    pub plans: Vec<PersonPlan>,
    /// How many people have none of that.
    pub in_sync: u64,
    /// How many people Deel lists.
    pub people: u64,
    /// How many accounts JumpCloud lists.
    pub accounts: u64,
    /// How many accounts are linked, to people in Deel or to people who are gone.
    pub linked: u64,
    /// How many linked accounts of people in Deel are not suspended.
    pub linked_active: u64,
    /// How many linked people, leavers aside, have no work email in Deel although their account has an email.
    pub emails_vanished: u64,
    /// Who is linked and missing from Deel's list. Never suspended from here.
    pub gone: Vec<Gone>,
    /// Accounts that nobody in Deel owns.
    pub unowned: Vec<Unowned>,
    /// Who left and keeps access after this plan, for whatever reason.
    pub leavers_active: Vec<LeaverActive>,
    /// Whose manager has no account yet: the person, then the manager. They are looked at again once it is there.
    pub managers_awaited: Vec<(ProfileId, ProfileId)>,
}

/// One person's part of [`Everyone`], with what a reader needs to know them by. `Debug` hides that.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonPlan {
    /// The plan.
    pub plan: Plan,
    /// Their full name.
    pub name: Option<String>,
    /// Their account's username, or the one it would get.
    pub username: Option<String>,
    /// Their work email, else their account's.
    pub email: Option<String>,
    /// The last day of work that counts.
    pub last_day: Option<Date>,
}

impl fmt::Debug for PersonPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonPlan({})", self.plan.subject)
    }
}

/// Somebody who is linked to an account and missing from Deel's list. `Debug` hides the username.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// Whom the link names.
    pub person: ProfileId,
    /// The account.
    pub account: AccountId,
    /// Its username.
    pub username: String,
    /// Whether it is suspended already.
    pub suspended: bool,
}

impl fmt::Debug for Gone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gone({}, {})", self.person, self.account)
    }
}

/// An account that nobody in Deel owns. `Debug` hides the username.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unowned {
    /// The account.
    pub account: AccountId,
    /// Its username.
    pub username: String,
    /// The name on it: first and last name, else the display name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its state.
    pub state: AccountState,
    /// Whether it is an administrator's.
    pub admin: bool,
}

impl fmt::Debug for Unowned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unowned({}, {})", self.account, self.state)
    }
}

/// Somebody who left and keeps access. `Debug` hides the username.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaverActive {
    /// The person.
    pub person: ProfileId,
    /// The account that stays in use.
    pub account: AccountId,
    /// Its username.
    pub username: String,
    /// The last day of work that counts.
    pub last_day: Option<Date>,
    /// Why: the hold that keeps the suspension back, or why the person is left alone.
    pub because: KeptBy,
}

impl fmt::Debug for LeaverActive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LeaverActive({}, {})", self.person, self.account)
    }
}

/// What keeps a leaver's account in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptBy {
    /// A hold.
    Hold(HoldKind),
    /// They are left alone.
    Skip(SkipReason),
    /// Somebody said no to the suspension.
    Rejected,
}

impl fmt::Display for KeptBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hold(hold) => write!(f, "held as {hold}"),
            Self::Skip(reason) => write!(f, "left alone: {reason}"),
            Self::Rejected => f.write_str("the suspension was rejected"),
        }
    }
}
