//! A user as JumpCloud returns it, read tolerantly.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::attribute::CustomAttribute;
use crate::lenient;
use crate::profile::ProfileField;

/// A user's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Created, without access.
    Staged,
    /// With access.
    Activated,
    /// Suspended: no access, everything kept.
    Suspended,
    /// Anything else, as spelled; empty if missing and not derivable.
    Unknown(String),
}

impl State {
    /// Reads JumpCloud's word, whatever its case.
    pub fn parse(word: &str) -> Self {
        match word.trim().to_ascii_uppercase().as_str() {
            "STAGED" => Self::Staged,
            "ACTIVATED" => Self::Activated,
            "SUSPENDED" => Self::Suspended,
            _ => Self::Unknown(word.trim().chars().filter(char::is_ascii_alphanumeric).take(32).collect()),
        }
    }

    /// JumpCloud's word.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Staged => "STAGED",
            Self::Activated => "ACTIVATED",
            Self::Suspended => "SUSPENDED",
            Self::Unknown(word) => word,
        }
    }
}

/// A field that another authority owns (JumpCloud API 1.0, `restrictedFields`). Not to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestrictedField {
    /// JumpCloud's name of the field.
    pub field: String,
    /// Who owns it: `active_directory`, `federated_identity_provider`, `scim`.
    pub kind: Option<String>,
    /// The owner's id.
    pub id: Option<String>,
}

/// A user as read. Unknown keys are ignored; a field of a wrong type is left out and named in `unreadable`.
#[derive(Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// `_id`, else `id`.
    pub id: String,
    /// The login name; empty if missing.
    pub username: String,
    /// The primary address; empty if missing.
    pub email: String,
    /// `state`, or what `suspended` and `activated` say if it is missing.
    pub state: State,
    /// The organization's id.
    pub organization: Option<String>,
    /// The non-empty profile fields, trimmed; `Email` among them.
    pub profile: BTreeMap<ProfileField, String>,
    /// The custom attributes, in order.
    pub attributes: Vec<CustomAttribute>,
    /// Whether the user is an administrator (`admin` not null).
    pub admin: bool,
    /// Whether another directory manages the user.
    pub externally_managed: bool,
    /// The fields another authority owns.
    pub restricted_fields: Vec<RestrictedField>,
    /// Fields that were present but could not be read, wholly or in part. If `attributes` is among them, do not write
    /// attributes (foreign ones would be lost); if `restrictedFields` is, treat every field as restricted.
    pub unreadable: Vec<&'static str>,
}

impl UserRecord {
    /// The value of a profile field; `None` if empty or missing.
    pub fn get(&self, field: ProfileField) -> Option<&str> {
        self.profile.get(&field).map(String::as_str)
    }

    /// The value of a custom attribute, its name compared exactly; the first one if doubled.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|entry| entry.name() == name).map(CustomAttribute::value)
    }

    /// Whether all custom attributes were read, so that writing the merged array loses none.
    pub fn attributes_readable(&self) -> bool {
        !self.unreadable.contains(&"attributes")
    }

    /// Reads a record. `None` if it is not an object with a usable id: nothing can be done with such a record, and a
    /// listing that holds one is not complete.
    pub fn from_json(value: &Value) -> Option<Self> {
        let id = lenient::id(value)?;
        let mut unreadable = Vec::new();
        let mut read = |key: &'static str| {
            let found = value.get(key);
            if matches!(found, Some(Value::Array(_) | Value::Object(_))) {
                unreadable.push(key);
            }
            lenient::text(found)
        };
        let username = read("username").unwrap_or_default();
        let organization = read("organization");
        let word = read("state");
        let mut profile = BTreeMap::new();
        for field in ProfileField::ALL {
            if let Some(text) = read(field.as_str()) {
                profile.insert(field, text);
            }
        }
        let attributes =
            entries(value.get("attributes"), "attributes", &mut unreadable, CustomAttribute::from_wire);
        let restricted_fields = entries(
            value.get("restrictedFields"),
            "restrictedFields",
            &mut unreadable,
            RestrictedField::from_wire,
        );
        Some(Self {
            id,
            username,
            email: profile.get(&ProfileField::Email).cloned().unwrap_or_default(),
            state: state(word.as_deref(), value),
            organization,
            profile,
            attributes,
            admin: lenient::guard(value.get("admin")),
            externally_managed: lenient::guard(value.get("externally_managed")),
            restricted_fields,
            unreadable,
        })
    }
}

impl RestrictedField {
    fn from_wire(entry: &Value) -> Option<Self> {
        if let Value::String(field) = entry {
            return Some(Self { field: field.trim().to_owned(), kind: None, id: None });
        }
        Some(Self {
            field: lenient::text(entry.get("field"))?,
            kind: lenient::text(entry.get("type")),
            id: lenient::text(entry.get("id")),
        })
    }
}

/// Ids and the state only: everything else is personal data.
impl fmt::Debug for UserRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserRecord")
            .field("id", &self.id)
            .field("state", &self.state)
            .field("unreadable", &self.unreadable)
            .finish_non_exhaustive()
    }
}

/// Older answers carry `suspended` and `activated` without `state`.
fn state(word: Option<&str>, record: &Value) -> State {
    if let Some(word) = word {
        return State::parse(word);
    }
    match (lenient::flag(record.get("suspended")), lenient::flag(record.get("activated"))) {
        (Some(true), _) => State::Suspended,
        (_, Some(true)) => State::Activated,
        (Some(false), Some(false)) => State::Staged,
        _ => State::Unknown(String::new()),
    }
}

/// The readable entries of an array, and a note if one was not.
fn entries<T>(
    value: Option<&Value>,
    key: &'static str,
    unreadable: &mut Vec<&'static str>,
    read: impl Fn(&Value) -> Option<T>,
) -> Vec<T> {
    let array = match value {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(array)) => array,
        Some(_) => {
            unreadable.push(key);
            return Vec::new();
        }
    };
    let read: Vec<T> = array.iter().filter_map(read).collect();
    if read.len() < array.len() {
        unreadable.push(key);
    }
    read
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
