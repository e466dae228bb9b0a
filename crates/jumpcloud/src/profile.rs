//! The profile fields that may be written, and nothing else.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::CustomAttribute;

/// A profile field of a JumpCloud user that this client can write. There is no variant for `username`, `password`,
/// `state`, `sudo`, `mfa` or `unix_*`: they cannot be put into a [`Patch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProfileField {
    /// `email`, the primary address.
    Email,
    /// `firstname`.
    Firstname,
    /// `lastname`.
    Lastname,
    /// `displayname`; lower case, unlike `jobTitle` (JumpCloud API 1.0, systemuserput).
    Displayname,
    /// `jobTitle`.
    JobTitle,
    /// `department`.
    Department,
    /// `location`.
    Location,
    /// `costCenter`.
    CostCenter,
    /// `employeeType`.
    EmployeeType,
    /// `company`.
    Company,
    /// `employeeIdentifier`, unique per user.
    EmployeeIdentifier,
    /// `manager`: the id of another user.
    Manager,
}

impl ProfileField {
    /// Every field, in the order of the declaration.
    pub const ALL: [Self; 12] = [
        Self::Email,
        Self::Firstname,
        Self::Lastname,
        Self::Displayname,
        Self::JobTitle,
        Self::Department,
        Self::Location,
        Self::CostCenter,
        Self::EmployeeType,
        Self::Company,
        Self::EmployeeIdentifier,
        Self::Manager,
    ];

    /// The key in JumpCloud's JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Firstname => "firstname",
            Self::Lastname => "lastname",
            Self::Displayname => "displayname",
            Self::JobTitle => "jobTitle",
            Self::Department => "department",
            Self::Location => "location",
            Self::CostCenter => "costCenter",
            Self::EmployeeType => "employeeType",
            Self::Company => "company",
            Self::EmployeeIdentifier => "employeeIdentifier",
            Self::Manager => "manager",
        }
    }
}

/// What an update changes: the keys given and no other. JumpCloud's PUT merges, so keys left out keep their value.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Patch {
    fields: BTreeMap<ProfileField, String>,
    attributes: Option<Vec<CustomAttribute>>,
}

impl Patch {
    /// A patch that changes nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one field; `""` empties it.
    #[must_use]
    pub fn set(mut self, field: ProfileField, value: impl Into<String>) -> Self {
        self.fields.insert(field, value.into());
        self
    }

    /// Replaces the custom attributes. JumpCloud replaces the whole array, so pass what [`merge_attribute`] returns
    /// for a record just read; foreign entries left out here are lost.
    ///
    /// [`merge_attribute`]: crate::merge_attribute
    #[must_use]
    pub fn attributes(mut self, merged: Vec<CustomAttribute>) -> Self {
        self.attributes = Some(merged);
        self
    }

    /// Whether the patch changes nothing.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.attributes.is_none()
    }

    /// The JSON keys that the patch writes.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.fields.keys().map(|field| field.as_str()).chain(self.attributes.iter().map(|_| "attributes"))
    }
}

impl Serialize for Patch {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (field, value) in &self.fields {
            match field {
                // An id or nothing: an empty text is "Cast to ObjectId failed", as JumpCloud's own module knows.
                ProfileField::Manager if value.is_empty() => map.serialize_entry(field.as_str(), &())?,
                _ => map.serialize_entry(field.as_str(), value)?,
            }
        }
        if let Some(attributes) = &self.attributes {
            map.serialize_entry("attributes", attributes)?;
        }
        map.end()
    }
}

/// Keys only: values are personal data.
impl fmt::Debug for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys()).finish()
    }
}
