//! Why a step is planned, why a person is skipped, and what else a reader of a plan should know: facts and ids, never
//! names or addresses.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::attributes::Attribute;
use crate::evidence::Evidence;
use crate::hold::HoldKind;
use crate::ids::{AccountId, InvalidEmail, ProfileId};
use crate::mark::Mark;
use crate::person::Status;
use crate::quoted::Quoted;
use crate::template::TemplateProblem;

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

/// Something else a reader of a plan should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// The person-level values are missing; these come from an employment.
    FromEmployment {
        /// Deel's contract id.
        employment: String,
        /// What comes from it.
        attributes: Vec<Attribute>,
    },
    /// Deel has no work email; the account keeps its own.
    NoWorkEmail,
    /// What Deel has as the work email is no address; the account keeps its own.
    InvalidWorkEmail(InvalidEmail),
    /// A difference that is not written, since another authority owns the field.
    Restricted {
        /// JumpCloud's name of the field.
        field: String,
    },
    /// The account was staged when we suspended it. JumpCloud documents no way back there (the PUT schema knows `ACTIVATED`
    /// and `SUSPENDED` only), so it is activated.
    WasStaged {
        /// When we suspended it.
        at: Timestamp,
    },
    /// An operator's suspension is in force; nothing else changes the state.
    OrderInForce,
    /// The account is staged and existed before it was linked: people activate it, whatever the policy says of new ones.
    Adopted,
    /// The account is an administrator's or managed elsewhere; nothing is compared or written.
    LeftAlone {
        /// Which of both.
        hold: HoldKind,
    },
    /// The attribute is left alone, since its template gives no value for this person.
    Template {
        /// The attribute.
        attribute: Attribute,
        /// Why.
        problem: TemplateProblem,
    },
    /// The manager is left alone, since no account of theirs is known.
    ManagerWithoutAccount {
        /// The manager's profile.
        manager: ProfileId,
    },
    /// The person is left alone, and JumpCloud activates the account at this time all the same: it was scheduled before.
    ActivationAhead {
        /// When.
        at: Timestamp,
    },
    /// Deel names the person as their own manager, which is left alone.
    OwnManager,
    /// Deel did not send custom fields; attributes that come from them are left alone.
    NoCustomFields,
    /// Whether the person belongs to the group cannot be told, since Deel has no value for a condition; left as it is.
    GroupUntold {
        /// The group's name.
        name: String,
    },
    /// JumpCloud has no group of this name, more than one, or a dynamic one; left alone.
    GroupUnknown {
        /// The name in the configuration.
        name: String,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromEmployment { employment, attributes } => {
                let names: Vec<_> = attributes.iter().map(|a| a.as_str()).collect();
                write!(f, "{} from employment {employment}", names.join(", "))
            }
            Self::NoWorkEmail => f.write_str("Deel has no work email; the account keeps its own"),
            Self::InvalidWorkEmail(why) => {
                write!(f, "the work email in Deel {why}; the account keeps its own")
            }
            Self::Restricted { field } => write!(f, "{field} differs, but another authority owns it"),
            Self::WasStaged { at } => {
                write!(
                    f,
                    "the account was staged when it was suspended at {at}; JumpCloud can only activate it"
                )
            }
            Self::Adopted => f.write_str("the account existed before it was linked; people activate it"),
            Self::OrderInForce => f.write_str("an operator's suspension is in force"),
            Self::LeftAlone { hold: HoldKind::Administrator } => {
                f.write_str("an administrator's account is left alone")
            }
            Self::LeftAlone { .. } => f.write_str("an account that another directory manages is left alone"),
            Self::Template { attribute, problem } => write!(f, "{attribute} is left alone: {problem}"),
            Self::ManagerWithoutAccount { manager } => {
                write!(f, "manager is left alone: no account of {manager} is known yet")
            }
            Self::ActivationAhead { at } => write!(
                f,
                "JumpCloud activates the account at {at} all the same, as was scheduled before; `deelsync activate PERSON \
                 --cancel` deletes that"
            ),
            Self::OwnManager => {
                f.write_str("manager is left alone: Deel names the person as their own manager")
            }
            Self::NoCustomFields => {
                f.write_str("custom attributes are left alone: Deel did not send custom fields")
            }
            Self::GroupUntold { name } => {
                write!(
                    f,
                    "group {} is left as it is: Deel has no value for a condition of its rule",
                    Quoted(name)
                )
            }
            Self::GroupUnknown { name } => {
                write!(
                    f,
                    "group {} is left alone: JumpCloud has none, several, or a dynamic one of that name",
                    Quoted(name)
                )
            }
        }
    }
}
