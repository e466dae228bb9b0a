//! What else a reader of a plan should know.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::attributes::Attribute;
use crate::hold::HoldKind;
use crate::ids::{InvalidEmail, ProfileId};
use crate::quoted::Quoted;
use crate::template::TemplateProblem;

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
