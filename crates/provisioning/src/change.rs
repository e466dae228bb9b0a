//! What can be done to an account. There is no variant for deleting one or for changing a username, password or
//! privilege, so no plan can hold such a change.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::account::AccountState;
use crate::attributes::Attribute;
use crate::evidence::Evidence;
use crate::ids::{GroupId, ProfileId, Username, WorkEmail};
use crate::mark::Mark;

/// One field, before and after. `Debug` hides both.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// As JumpCloud has it now; `None` when it has nothing.
    pub before: Option<String>,
    /// As it shall be; empty to clear the field.
    pub after: String,
}

impl fmt::Debug for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FieldChange([redacted])")
    }
}

/// An account to create. `Debug` hides everything but the link.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccount {
    /// Free when it was planned; set once.
    pub username: Username,
    /// Sent in lower case ([`WorkEmail::to_send`]).
    pub email: WorkEmail,
    /// `STAGED` or `ACTIVATED`; always sent, since the default for an omitted state is an organization's setting.
    pub state: AccountState,
    /// What the link field gets.
    pub link: ProfileId,
    /// The other attributes; never an empty value, never [`Attribute::Email`].
    pub values: BTreeMap<Attribute, String>,
}

impl fmt::Debug for NewAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewAccount({}, {})", self.link, self.state)
    }
}

/// A change to one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Create the account, link included.
    Create(NewAccount),
    /// Write the person's id into the link field of an existing account.
    Link {
        /// What the link field holds now, which may be anything the organization keeps there.
        before: Option<Redacted>,
        /// The person.
        after: ProfileId,
    },
    /// Write these attributes and no others; never empty, never [`Attribute::Email`].
    Update(BTreeMap<Attribute, FieldChange>),
    /// Write the email.
    ChangeEmail {
        /// As JumpCloud has it now.
        before: Redacted,
        /// Deel's work email; sent in lower case.
        after: WorkEmail,
    },
    /// Suspend: state and mark in one PUT. Scheduled activations of the account are cancelled first.
    Suspend {
        /// The mark to write.
        mark: Mark,
        /// What speaks for it.
        evidence: Evidence,
    },
    /// Let a suspended account be used again, and remove our mark in the same PUT.
    Reactivate {
        /// The state to set.
        to: AccountState,
        /// The mark that the suspension carries; `None` when somebody else suspended the account.
        mark: Option<Mark>,
    },
    /// `STAGED` to `ACTIVATED` through the activate endpoint, with mail switched off.
    Activate,
    /// Have JumpCloud activate a staged account at a time, without mail; it happens even if this program is down then.
    ScheduleActivation {
        /// When.
        at: Timestamp,
        /// When it was scheduled for before; that schedule is deleted first.
        replaces: Option<Timestamp>,
    },
    /// Delete the activation that we scheduled.
    CancelActivation {
        /// When it was to be.
        at: Timestamp,
    },
    /// Remove our mark from an account that is not suspended.
    ClearMark,
    /// Make the account a member of these user groups, by id with their names; never empty, never a dynamic group.
    GroupAdd(BTreeMap<GroupId, String>),
    /// Take the account out of these user groups, by id with their names; never empty, never a dynamic group.
    GroupRemove(BTreeMap<GroupId, String>),
    /// Nothing can be done from here: the hold is there to be seen.
    Nothing,
}

/// A value as JumpCloud has it, which need not be a valid one. `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Redacted(pub String);

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redacted([redacted])")
    }
}

/// The kind of a change: what limits count and metrics are labelled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// [`Change::Create`].
    Creation,
    /// [`Change::Link`].
    Link,
    /// [`Change::Update`].
    Update,
    /// [`Change::ChangeEmail`].
    EmailChange,
    /// [`Change::Suspend`].
    Suspension,
    /// [`Change::Reactivate`].
    Reactivation,
    /// [`Change::Activate`].
    Activation,
    /// [`Change::ScheduleActivation`].
    ScheduleActivation,
    /// [`Change::CancelActivation`].
    CancelActivation,
    /// An operator put somebody on hold, or took the hold back; no plan has it.
    ManualHold,
    /// [`Change::ClearMark`].
    ClearMark,
    /// [`Change::GroupAdd`].
    GroupAdd,
    /// [`Change::GroupRemove`].
    GroupRemove,
    /// [`Change::Nothing`].
    None,
}

impl ChangeKind {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Creation,
        Self::Link,
        Self::Update,
        Self::EmailChange,
        Self::Suspension,
        Self::Reactivation,
        Self::Activation,
        Self::ScheduleActivation,
        Self::CancelActivation,
        Self::ManualHold,
        Self::ClearMark,
        Self::GroupAdd,
        Self::GroupRemove,
        Self::None,
    ];

    /// The name in stored plans, metrics and configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creation => "creation",
            Self::Link => "link",
            Self::Update => "update",
            Self::EmailChange => "email_change",
            Self::Suspension => "suspension",
            Self::Reactivation => "reactivation",
            Self::Activation => "activation",
            Self::ScheduleActivation => "schedule_activation",
            Self::CancelActivation => "cancel_activation",
            Self::ManualHold => "manual_hold",
            Self::ClearMark => "clear_mark",
            Self::GroupAdd => "group_add",
            Self::GroupRemove => "group_remove",
            Self::None => "none",
        }
    }

    /// The name as people say it: `email change`.
    #[must_use]
    pub fn words(self) -> String {
        self.as_str().replace('_', " ")
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Change {
    /// The groups that the change is about, if it is about any.
    pub fn groups(&self) -> impl Iterator<Item = &GroupId> {
        let groups = match self {
            Self::GroupAdd(groups) | Self::GroupRemove(groups) => Some(groups),
            _ => None,
        };
        groups.into_iter().flat_map(BTreeMap::keys)
    }

    /// The kind of this change.
    #[must_use]
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::Create(_) => ChangeKind::Creation,
            Self::Link { .. } => ChangeKind::Link,
            Self::Update(_) => ChangeKind::Update,
            Self::ChangeEmail { .. } => ChangeKind::EmailChange,
            Self::Suspend { .. } => ChangeKind::Suspension,
            Self::Reactivate { .. } => ChangeKind::Reactivation,
            Self::Activate => ChangeKind::Activation,
            Self::ScheduleActivation { .. } => ChangeKind::ScheduleActivation,
            Self::CancelActivation { .. } => ChangeKind::CancelActivation,
            Self::ClearMark => ChangeKind::ClearMark,
            Self::GroupAdd(_) => ChangeKind::GroupAdd,
            Self::GroupRemove(_) => ChangeKind::GroupRemove,
            Self::Nothing => ChangeKind::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_are_the_shown_ones() {
        for kind in ChangeKind::ALL {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
    }
}
