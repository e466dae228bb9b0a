//! What a job is called, which line it waits in, and what asked for it.

use std::{fmt, str::FromStr};

/// The longest id in a job key, in characters.
const MAX_ID: usize = 128;
/// The longest trigger, in characters.
const MAX_TRIGGER: usize = 120;

/// What is to be done: look at one person, or at everyone. In Redis: `person:<id>` or `reconcile`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JobKey {
    /// Look at one person, by Deel's profile id.
    Person(String),
    /// Compare everyone.
    Reconcile,
}

/// A string that is no job key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a job key (person:<id> with 1 to 128 of A-Z a-z 0-9 _ -, or reconcile)")]
pub struct InvalidKey;

impl JobKey {
    /// A person's key.
    ///
    /// # Errors
    /// If the id is not 1 to 128 of `A-Z a-z 0-9 _ -`.
    pub fn person(id: impl Into<String>) -> Result<Self, InvalidKey> {
        let id = id.into();
        if is_id(&id) { Ok(Self::Person(id)) } else { Err(InvalidKey) }
    }

    /// The person's id, if it is a person's key.
    #[must_use]
    pub fn person_id(&self) -> Option<&str> {
        match self {
            Self::Person(id) => Some(id),
            Self::Reconcile => None,
        }
    }
}

/// Ids become part of Redis keys and of log lines, so only harmless characters are let through.
pub(crate) fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= MAX_ID
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

impl fmt::Display for JobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(id) => write!(f, "person:{id}"),
            Self::Reconcile => f.write_str("reconcile"),
        }
    }
}

impl FromStr for JobKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        match text.strip_prefix("person:") {
            Some(id) => Self::person(id),
            None if text == "reconcile" => Ok(Self::Reconcile),
            None => Err(InvalidKey),
        }
    }
}

impl serde::Serialize for JobKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Which line a key waits in, and which class of a vendor's rate budget its calls use. Ordered by urgency: the
/// smaller, the more urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Line {
    /// Leavers, and what an operator waits for.
    Urgent,
    /// Webhooks.
    Events,
    /// Everything that nobody waits for: reconcile, repairs.
    Bulk,
}

impl Line {
    /// All lines, the most urgent first.
    pub const ALL: [Self; 3] = [Self::Urgent, Self::Events, Self::Bulk];

    /// The name in Redis, logs and metrics: `urgent`, `events`, `bulk`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "urgent",
            Self::Events => "events",
            Self::Bulk => "bulk",
        }
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// What is unreadable counts as ordinary: it is neither lost nor let past the urgent.
    pub(crate) fn read(text: Option<&str>) -> Self {
        match text {
            Some("urgent") => Self::Urgent,
            Some("bulk") => Self::Bulk,
            _ => Self::Events,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What asked for a run, for people and the audit trail: `webhook:<event type>`, `operator:sync`, `timer`,
/// `nightly`, `recheck`. At most 120 characters; ids only, never a name or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Trigger(String);

impl Trigger {
    /// Takes any text: control characters become `?`, and what is longer than 120 characters is cut.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if text.len() <= MAX_TRIGGER && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Self(text.to_owned());
        }
        Self(text.chars().take(MAX_TRIGGER).map(|c| if c.is_control() { '?' } else { c }).collect())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Trigger {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
