//! The attributes that are kept in step, and what may be done with each.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A JumpCloud attribute that a Deel value is written to. The username and the link are not among them: the one is set
/// once, the other is how a person and an account know each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Attribute {
    /// `email`, from the work email.
    #[serde(rename = "email")]
    Email,
    /// `firstname`, from the first name.
    #[serde(rename = "firstname")]
    Firstname,
    /// `lastname`, from the last name.
    #[serde(rename = "lastname")]
    Lastname,
    /// `displayname` (lower case at JumpCloud), from the full name.
    #[serde(rename = "displayname")]
    Displayname,
    /// `jobTitle`, from the job title.
    #[serde(rename = "jobTitle")]
    JobTitle,
    /// `department`, from the department.
    #[serde(rename = "department")]
    Department,
    /// `location`, from the work location.
    #[serde(rename = "location")]
    Location,
    /// `costCenter`, from the team.
    #[serde(rename = "costCenter")]
    CostCenter,
    /// `employeeType`, from the worker type.
    #[serde(rename = "employeeType")]
    EmployeeType,
    /// `company`, from the legal entity.
    #[serde(rename = "company")]
    Company,
}

/// A name that is none of the attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown attribute: expected one of email, firstname, lastname, displayname, jobTitle, department, location, costCenter, employeeType, company"
)]
pub struct UnknownAttribute;

impl Attribute {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 10] = [
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
    ];

    /// JumpCloud's name of the field (JumpCloud API 1.0, systemusers).
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
        }
    }
}

impl FromStr for Attribute {
    type Err = UnknownAttribute;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|a| a.as_str() == text).ok_or(UnknownAttribute)
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
    }
}
