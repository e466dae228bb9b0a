//! Why a step is planned.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::Evidence;
use crate::ids::{AccountId, ProfileId};
use crate::mark::Mark;

/// Why a step is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// No account is linked to the person or has their email.
    NoAccount,
    /// The person is active and the account that was theirs is no longer in JumpCloud.
    Recreated {
        /// The account that was theirs.
        account: AccountId,
    },
    /// Exactly one account has the person's email, and it is not linked.
    SameEmail,
    /// The account that has the person's email is linked to someone or something else.
    LinkedElsewhere,
    /// Values differ from Deel's.
    ValuesDiffer,
    /// The email differs from Deel's work email.
    EmailDiffers,
    /// The email that Deel gives is another account's; JumpCloud allows an address once.
    EmailTaken {
        /// The accounts that have it.
        accounts: Vec<AccountId>,
    },
    /// The person left.
    Left(Evidence),
    /// There is a case for a suspension, but active people have the account's email as their work email.
    SharedEmail {
        /// What speaks for the suspension.
        evidence: Evidence,
        /// The active people.
        claimants: Vec<ProfileId>,
    },
    /// Deel contradicts itself about whether the person left.
    Contradiction(Evidence),
    /// Deel does not know the person any more.
    Gone,
    /// An operator ordered it.
    Ordered(Evidence),
    /// The person is active and we suspended the account.
    ActiveAgain(Mark),
    /// The person is active and the account is suspended, not by us.
    SuspendedByOthers {
        /// Our attribute is there, but unreadable.
        unreadable_mark: bool,
    },
    /// The person is active, the account is staged, and accounts are activated on the start date.
    Started,
    /// The person starts later, and JumpCloud activates accounts on the start date.
    StartsAt {
        /// The start of the first day.
        starts: Timestamp,
    },
    /// The first day moved, and the scheduled activation moves with it.
    StartMoved {
        /// The start of the first day when it was scheduled.
        from: Timestamp,
        /// The start of the first day now.
        to: Timestamp,
    },
    /// The first day moved to where JumpCloud cannot schedule any more: it activates as soon as it can.
    StartNear {
        /// The start of the first day when it was scheduled.
        from: Timestamp,
        /// The start of the first day now.
        to: Timestamp,
    },
    /// An activation was to be scheduled, and JumpCloud has not said that it is.
    ScheduleUnconfirmed,
    /// An activation is scheduled that should not happen any more, or not by JumpCloud.
    ScheduleVoid,
    /// An activation is scheduled within the time for which somebody asked that the account be left alone.
    ScheduleHeld {
        /// When that ends; `None` for a hold without end.
        until: Option<Timestamp>,
    },
    /// Our mark is on an account that is not suspended.
    StaleMark,
    /// More than one account could be the person's.
    SeveralAccounts {
        /// The accounts.
        accounts: Vec<AccountId>,
    },
    /// The account is an administrator's; nothing is written to it.
    Administrator,
    /// Another directory manages the account; nothing is written to it.
    ExternallyManaged,
    /// The person left, but somebody asked that the account be left alone.
    ManualHold {
        /// When that ends; `None` for a hold without end.
        until: Option<Timestamp>,
    },
    /// Another authority owns a field that would have to be written.
    RestrictedField {
        /// JumpCloud's name of the field.
        field: String,
    },
    /// A configured rule says that the person belongs to these groups.
    GroupRules,
    /// No configured rule says any longer that the person belongs to these groups.
    NoGroupRule,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAccount => f.write_str("no account has this link or email"),
            Self::Recreated { account } => {
                write!(
                    f,
                    "created again: account {account} was deleted in JumpCloud, and the person is active"
                )
            }
            Self::SameEmail => f.write_str("exactly one account has this email, and it is not linked"),
            Self::LinkedElsewhere => {
                f.write_str("the account with this email has another value in its link field")
            }
            Self::ValuesDiffer => f.write_str("Deel has other values"),
            Self::EmailDiffers => f.write_str("Deel has another work email"),
            Self::EmailTaken { accounts } => write!(f, "Deel's work email belongs to {}", list(accounts)),
            Self::Left(evidence) => write!(f, "left: {evidence}"),
            Self::SharedEmail { evidence, claimants } => {
                let claimants: Vec<_> = claimants.iter().map(ProfileId::as_str).collect();
                write!(f, "{evidence}; but active {} has this account's email", claimants.join(" "))
            }
            Self::Contradiction(evidence) => write!(f, "Deel contradicts itself: {evidence}"),
            Self::Gone => write!(f, "{}", Evidence::Gone),
            Self::Ordered(evidence) => write!(f, "{evidence}"),
            Self::ActiveAgain(mark) => {
                write!(f, "active again; suspended by run {} at {}", mark.run, mark.at)
            }
            Self::SuspendedByOthers { unreadable_mark: false } => {
                f.write_str("active, but the account is suspended, and not by us")
            }
            Self::SuspendedByOthers { unreadable_mark: true } => {
                f.write_str("active, but the account is suspended, and our mark on it cannot be read")
            }
            Self::Started => f.write_str("started; accounts are activated on the start date"),
            Self::StartsAt { starts } => {
                write!(f, "starts at {starts}; JumpCloud activates the account then")
            }
            Self::StartMoved { from, to } => write!(f, "the start moved from {from} to {to}"),
            Self::StartNear { from, to } => write!(
                f,
                "the start moved from {from} to {to}, too near for JumpCloud to follow: as soon as it schedules"
            ),
            Self::ScheduleUnconfirmed => {
                f.write_str("JumpCloud has not confirmed that the activation is scheduled")
            }
            Self::ScheduleVoid => f.write_str("the scheduled activation no longer holds"),
            Self::ScheduleHeld { until: None } => {
                f.write_str("the account is held by hand (deelsyncHold), without end")
            }
            Self::ScheduleHeld { until: Some(until) } => {
                write!(f, "the account is held by hand (deelsyncHold) until {until:.0}")
            }
            Self::StaleMark => f.write_str("the account is not suspended but carries our mark"),
            Self::SeveralAccounts { accounts } => write!(f, "more than one account: {}", list(accounts)),
            Self::Administrator => f.write_str("an administrator's account; nothing is written to it"),
            Self::ExternallyManaged => f.write_str("managed by another directory; nothing is written to it"),
            Self::ManualHold { until: None } => {
                f.write_str("left, but the account is held by hand (deelsyncHold), without end")
            }
            Self::ManualHold { until: Some(until) } => {
                write!(f, "left, but the account is held by hand (deelsyncHold) until {until:.0}")
            }
            Self::RestrictedField { field } => write!(f, "another authority owns the field {field}"),
            Self::GroupRules => f.write_str("a rule of the configuration puts the person there"),
            Self::NoGroupRule => f.write_str("no rule of the configuration puts the person there"),
        }
    }
}

fn list(accounts: &[AccountId]) -> String {
    accounts.iter().map(|id| format!("account {id}")).collect::<Vec<_>>().join(", ")
}
