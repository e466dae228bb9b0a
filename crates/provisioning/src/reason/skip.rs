//! Why nothing is done about a person.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, InvalidEmail, ProfileId};
use crate::person::Status;

/// Why nothing is done about a person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The configuration excludes the person.
    Excluded,
    /// No account yet, and no work email to create or adopt one with.
    NoWorkEmail,
    /// No account yet, and what Deel has as the work email is no address.
    InvalidWorkEmail(InvalidEmail),
    /// Deel gives no first, last or full name.
    NoName,
    /// Of the name nothing is left that a username can hold.
    UnusableName,
    /// Every username this name gives is taken.
    NoUsernameLeft,
    /// A `hiring_status` this program does not know.
    UnknownStatus(Status),
    /// Deel gives no `hiring_status`.
    MissingStatus,
    /// `inactive`, but nothing says that an employment ended or a last day passed.
    InactiveWithoutEvidence,
    /// Deel contradicts itself about whether the person left, and there is no account.
    Contradiction,
    /// Deel does not know the person, and no account in use is linked to them.
    Gone,
    /// An operator's suspension is in force, and there is no account.
    Order,
    /// A person asked that the account be left alone.
    ManualHold {
        /// When that ends; `None` for a hold without end.
        until: Option<Timestamp>,
    },
    /// Outside the scope that the configuration sets.
    OutOfScope,
    /// Others in Deel have the same work email, so that nobody can tell whose account it would be.
    DuplicateEmail {
        /// The others, in order of id.
        others: Vec<ProfileId>,
    },
    /// The configuration excludes the person's account.
    ExcludedAccount,
    /// Their account was deleted in JumpCloud, and they have not started: it is created again only for somebody active.
    AccountDeleted {
        /// The account that was theirs.
        account: AccountId,
    },
}

impl SkipReason {
    /// The name in metrics and JSON, without what the variant carries.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::NoWorkEmail => "no_work_email",
            Self::InvalidWorkEmail(_) => "invalid_work_email",
            Self::NoName => "no_name",
            Self::UnusableName => "unusable_name",
            Self::NoUsernameLeft => "no_username_left",
            Self::UnknownStatus(_) => "unknown_status",
            Self::MissingStatus => "missing_status",
            Self::InactiveWithoutEvidence => "inactive_without_evidence",
            Self::Contradiction => "contradiction",
            Self::Gone => "gone",
            Self::Order => "order",
            Self::ManualHold { .. } => "manual_hold",
            Self::OutOfScope => "out_of_scope",
            Self::DuplicateEmail { .. } => "duplicate_email",
            Self::ExcludedAccount => "excluded_account",
            Self::AccountDeleted { .. } => "account_deleted",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Excluded => f.write_str("excluded by the configuration"),
            Self::NoWorkEmail => f.write_str("Deel has no work email for this person; give them one in Deel"),
            Self::InvalidWorkEmail(why) => write!(f, "the work email in Deel {why}; correct it in Deel"),
            Self::NoName => f.write_str("Deel has no name for this person; give them one in Deel"),
            Self::UnusableName => f.write_str(
                "no letter of this person's name can be written in a username; create the account by hand",
            ),
            Self::NoUsernameLeft => f.write_str(
                "every username this name gives is taken; raise the maximum length or create it by hand",
            ),
            Self::UnknownStatus(status) => {
                write!(f, "Deel's hiring status '{status}' is not known to this program")
            }
            Self::MissingStatus => f.write_str("Deel gives no hiring status for this person"),
            Self::InactiveWithoutEvidence => f.write_str(
                "inactive in Deel, but no employment is known to have ended and no last day has passed",
            ),
            Self::Contradiction => f.write_str("Deel contradicts itself about whether this person left"),
            Self::Gone => f.write_str("Deel does not know this person (404)"),
            Self::Order => f.write_str("an operator's suspension is in force; no account is created"),
            Self::ManualHold { until: None } => {
                f.write_str("held by hand in JumpCloud (deelsyncHold), without end")
            }
            Self::ManualHold { until: Some(until) } => {
                write!(f, "held by hand in JumpCloud (deelsyncHold) until {until:.0}")
            }
            Self::OutOfScope => f.write_str("outside the configured scope; left alone"),
            Self::DuplicateEmail { others } => {
                let others: Vec<_> = others.iter().map(ProfileId::as_str).collect();
                write!(f, "{} has the same work email in Deel; correct one of them", others.join(" "))
            }
            Self::ExcludedAccount => f.write_str("the account is excluded by the configuration"),
            Self::AccountDeleted { account } => {
                write!(
                    f,
                    "account {account} was deleted in JumpCloud; created again only once they are active"
                )
            }
        }
    }
}
