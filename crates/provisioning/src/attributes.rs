//! The attributes that are kept in step, and what may be done with each.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::custom::CustomName;

/// A JumpCloud attribute that a Deel value is written to. The username and the link are not among them: the one is set
/// once, the other is how a person and an account know each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Attribute {
    /// `email`, from the work email.
    Email,
    /// `firstname`, from the first name.
    Firstname,
    /// `lastname`, from the last name.
    Lastname,
    /// `displayname` (lower case at JumpCloud), from the full name.
    Displayname,
    /// `jobTitle`, from the job title.
    JobTitle,
    /// `department`, from the department.
    Department,
    /// `location`, from the work location.
    Location,
    /// `costCenter`, from the team.
    CostCenter,
    /// `employeeType`, from the worker type.
    EmployeeType,
    /// `company`, from the legal entity.
    Company,
    /// `manager`, from the manager's profile: the id of the manager's account. Off unless configured.
    Manager,
    /// A custom attribute, from a custom field or a template.
    Custom(CustomName),
}

/// A name that is none of the attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown attribute: expected one of email, firstname, lastname, displayname, jobTitle, department, location, costCenter, employeeType, company, manager, custom.NAME"
)]
pub struct UnknownAttribute;

impl Attribute {
    /// All that JumpCloud itself knows, in the order in which they are shown. Custom ones come from the configuration:
    /// [`crate::Policy::written`].
    pub const ALL: [Self; 11] = [
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
        Self::Manager,
    ];

    /// JumpCloud's name of the field (JumpCloud API 1.0, systemusers); `custom.NAME` for a custom attribute.
    #[must_use]
    pub fn as_str(self) -> &'static str {
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
            Self::Manager => "manager",
            Self::Custom(name) => name.dotted(),
        }
    }

    /// The JumpCloud field that a write touches: custom attributes are all in one.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Custom(_) => "attributes",
            other => other.as_str(),
        }
    }
}

impl Attribute {
    /// Whether many accounts tend to have the same value.
    pub(crate) fn is_shared(self) -> bool {
        !matches!(
            self,
            Self::Email
                | Self::Firstname
                | Self::Lastname
                | Self::Displayname
                | Self::Manager
                | Self::Custom(_)
        )
    }
}

impl FromStr for Attribute {
    type Err = UnknownAttribute;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(name) = text.strip_prefix(CustomName::PREFIX) {
            return CustomName::parse(name).map(Self::Custom).map_err(|_| UnknownAttribute);
        }
        Self::ALL.into_iter().find(|a| a.as_str() == text).ok_or(UnknownAttribute)
    }
}
impl TryFrom<String> for Attribute {
    type Error = UnknownAttribute;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
impl From<Attribute> for &'static str {
    fn from(attribute: Attribute) -> Self {
        attribute.as_str()
    }
}
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What may be done with an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttributePolicy {
    /// Deel wins; an empty Deel value leaves JumpCloud's.
    #[default]
    Enforce,
    /// Deel wins, also when its value is empty. A work email is never cleared.
    EnforceAndClear,
    /// Written when the account is created, never afterwards.
    Initial,
    /// A difference is shown and never written, not at creation either.
    Report,
    /// Neither written nor shown. The work email of a new account is written all the same: there is no account without.
    Off,
}

impl AttributePolicy {
    /// Whether a new account gets the value.
    #[must_use]
    pub fn at_creation(self) -> bool {
        matches!(self, Self::Enforce | Self::EnforceAndClear | Self::Initial)
    }

    /// Whether a linked account is corrected.
    #[must_use]
    pub fn enforced(self) -> bool {
        matches!(self, Self::Enforce | Self::EnforceAndClear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_jumpclouds_in_text_and_in_json() {
        for attribute in Attribute::ALL {
            assert_eq!(attribute.as_str().parse(), Ok(attribute));
            assert_eq!(serde_json::to_string(&attribute).unwrap(), format!("\"{attribute}\""));
        }
        assert_eq!("displayName".parse::<Attribute>(), Err(UnknownAttribute));
        let custom = Attribute::Custom(CustomName::parse("badge").unwrap());
        assert_eq!(custom.as_str(), "custom.badge");
        assert_eq!("custom.badge".parse(), Ok(custom));
        assert_eq!("custom.deelsync".parse::<Attribute>(), Err(UnknownAttribute));
        let map = std::collections::BTreeMap::from([(custom, 1), (Attribute::Manager, 2)]);
        let stored = serde_json::to_string(&map).unwrap();
        assert_eq!(stored, r#"{"manager":2,"custom.badge":1}"#);
        assert_eq!(serde_json::from_str::<std::collections::BTreeMap<Attribute, i32>>(&stored).unwrap(), map);
    }
}
