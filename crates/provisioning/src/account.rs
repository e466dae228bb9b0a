//! An account, as JumpCloud describes it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::held_values::Values;
use crate::ids::{AccountId, ProfileId};
use crate::manual::ManualHold;
use crate::mark::Mark;
use crate::shared::Pool;

/// JumpCloud's `state` of a user (JumpCloud API 1.0, systemusers).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum AccountState {
    /// Exists, has no access yet.
    Staged,
    /// In use.
    Activated,
    /// No access; everything is kept.
    Suspended,
    /// A value this program does not know, at most 64 characters of it.
    Unknown(String),
}

impl AccountState {
    /// Reads JumpCloud's value; case does not matter.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.trim().to_ascii_uppercase().as_str() {
            "STAGED" => Self::Staged,
            "ACTIVATED" => Self::Activated,
            "SUSPENDED" => Self::Suspended,
            other => Self::Unknown(other.chars().filter(|c| !c.is_control()).take(64).collect()),
        }
    }

    /// JumpCloud's word for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Staged => "STAGED",
            Self::Activated => "ACTIVATED",
            Self::Suspended => "SUSPENDED",
            Self::Unknown(other) => other,
        }
    }
}

impl From<String> for AccountState {
    fn from(text: String) -> Self {
        Self::parse(&text)
    }
}
impl From<AccountState> for String {
    fn from(state: AccountState) -> Self {
        state.as_str().to_owned()
    }
}
impl fmt::Display for AccountState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A user in JumpCloud, freshly read.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// JumpCloud's `_id`.
    pub id: AccountId,
    /// As it is; set once, never changed.
    pub username: String,
    /// As JumpCloud spells it.
    pub email: String,
    /// Whether it is in use.
    pub state: AccountState,
    /// What the configured link field holds, raw; empty is `None`.
    pub link: Option<String>,
    /// The other attributes, raw; missing and empty mean the same. An entry for [`crate::Attribute::Email`] is ignored:
    /// [`Account::email`] is the email.
    pub values: Values,
    /// Our mark, if it is there and readable.
    pub mark: Option<Mark>,
    /// Our attribute is there but unreadable: who suspended this account cannot be told, so it is treated as
    /// suspended by someone else.
    pub raw_mark: bool,
    /// JumpCloud's `admin` is not null. Nothing is ever written to such an account.
    pub admin: bool,
    /// Owned by another directory. Nothing is ever written to such an account.
    pub externally_managed: bool,
    /// JumpCloud's names of the fields that another authority owns (`restrictedFields[].field`).
    pub restricted: BTreeSet<String>,
    /// A person asked that this account be left alone; may be past its end.
    #[serde(default)]
    pub hold: Option<ManualHold>,
    /// The account existed before it was linked, which [`crate::ADOPTED_ATTRIBUTE`] says.
    #[serde(default)]
    pub adopted: bool,
}

impl Account {
    /// An account of which nothing else is known.
    #[must_use]
    pub fn named(id: AccountId, username: String, email: String, state: AccountState) -> Self {
        Self {
            id,
            username,
            email,
            state,
            link: None,
            values: Values::default(),
            mark: None,
            raw_mark: false,
            admin: false,
            externally_managed: false,
            restricted: BTreeSet::new(),
            hold: None,
            adopted: false,
        }
    }

    /// Lets what accounts tend to have in common share its memory with others of the same pool.
    pub fn share(&mut self, pool: &mut Pool) {
        self.values.share(pool);
    }

    /// Whether the link field names this person.
    #[must_use]
    pub fn is_linked_to(&self, subject: &ProfileId) -> bool {
        self.link.as_deref().is_some_and(|link| subject.is_named_by(link))
    }

    /// The link field's value, if it is anything.
    #[must_use]
    pub fn link_value(&self) -> Option<&str> {
        self.link.as_deref().map(crate::text::trim).filter(|link| !link.is_empty())
    }

    /// Whether the account is suspended.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.state == AccountState::Suspended
    }

    /// Whether our mark's attribute is there, readable or not.
    #[must_use]
    pub fn carries_mark(&self) -> bool {
        self.mark.is_some() || self.raw_mark
    }

    /// The first of these JumpCloud fields that another authority owns.
    #[must_use]
    pub fn restricts<'f>(&self, fields: &[&'f str]) -> Option<&'f str> {
        fields.iter().copied().find(|field| self.restricted.contains(*field))
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({}, {})", self.id, self.state)
    }
}
