//! A person, as Deel describes them. Every field may be missing; nothing here decides anything.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{InvalidEmail, ProfileId, WorkEmail};
use crate::shared::{Pool, Text};

/// Deel's `hiring_status`. The list of values is open (developer.deel.com, People), hence [`Status::Unknown`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Status {
    /// `active`.
    Active,
    /// `offboarding`: still working, an end is known or being arranged.
    Offboarding,
    /// `onboarding`, `onboarding_overdue` or `onboarded`: not started yet.
    Onboarding,
    /// `inactive`.
    Inactive,
    /// A value this program does not know, at most 64 characters of it. Never suspends anyone.
    Unknown(String),
    /// No value. Never suspends anyone.
    #[default]
    Missing,
}

impl Status {
    /// Reads Deel's value; case and surrounding white space do not matter.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Self {
        let text = text.unwrap_or_default().trim().to_lowercase();
        match text.as_str() {
            "" => Self::Missing,
            "active" => Self::Active,
            "offboarding" => Self::Offboarding,
            "onboarding" | "onboarding_overdue" | "onboarded" => Self::Onboarding,
            "inactive" => Self::Inactive,
            other => Self::Unknown(other.chars().filter(|c| !c.is_control()).take(64).collect()),
        }
    }

    /// Deel's word for it; empty when missing.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Active => "active",
            Self::Offboarding => "offboarding",
            Self::Onboarding => "onboarding",
            Self::Inactive => "inactive",
            Self::Unknown(other) => other,
            Self::Missing => "",
        }
    }
}

impl From<String> for Status {
    fn from(text: String) -> Self {
        Self::parse(Some(&text))
    }
}
impl From<Status> for String {
    fn from(status: Status) -> Self {
        status.as_str().to_owned()
    }
}
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("(none)"),
            other => f.write_str(other.as_str()),
        }
    }
}

/// What Deel says about the work email (`emails[]` of type `work`, nothing else).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailState {
    /// None, or an empty one.
    #[default]
    Absent,
    /// A valid one.
    Present(WorkEmail),
    /// Something that is no address; the text is not kept.
    Invalid(InvalidEmail),
}

impl EmailState {
    /// Reads Deel's value; empty or missing is [`EmailState::Absent`].
    #[must_use]
    pub fn parse(text: Option<&str>) -> Self {
        match WorkEmail::parse(text.unwrap_or_default()) {
            Ok(email) => Self::Present(email),
            Err(InvalidEmail::Empty) => Self::Absent,
            Err(reason) => Self::Invalid(reason),
        }
    }

    /// The address, if there is a valid one.
    #[must_use]
    pub fn present(&self) -> Option<&WorkEmail> {
        match self {
            Self::Present(email) => Some(email),
            Self::Absent | Self::Invalid(_) => None,
        }
    }
}

/// One employment (contract) of a person. Ending one is not leaving the company.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Employment {
    /// Deel's contract id, e.g. `3072cm7`.
    pub id: String,
    /// First day.
    pub start_date: Option<Date>,
    /// `is_ended`: `Some(false)` runs; `None` is unclear and never evidence of anything.
    pub ended: Option<bool>,
    /// Deel's status of this employment.
    pub status: Status,
    /// Last day of work. Counts only while this employment runs.
    pub last_day: Option<Date>,
    /// Job title.
    pub job_title: Option<Text>,
    /// Team name.
    pub team: Option<Text>,
    /// Legal entity name.
    pub entity: Option<Text>,
    /// Worker type, as Deel spells it.
    pub worker_type: Option<Text>,
    /// Department name.
    pub department: Option<Text>,
    /// Work location name.
    pub location: Option<Text>,
    /// ISO 3166 alpha-2 country code.
    pub country: Option<Text>,
    /// IANA time zone name or an abbreviation.
    pub timezone: Option<Text>,
}

impl Employment {
    /// Whether this employment runs, which Deel must say in so many words.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.ended == Some(false)
    }
}

/// A person in Deel, freshly read.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// HRIS profile id: the key of everything.
    pub id: ProfileId,
    /// Legal first name.
    pub first_name: Option<String>,
    /// Legal last name.
    pub last_name: Option<String>,
    /// Preferred first name.
    pub preferred_first_name: Option<String>,
    /// Preferred last name.
    pub preferred_last_name: Option<String>,
    /// Full name, as Deel composes it.
    pub full_name: Option<String>,
    /// Work email.
    pub work_email: EmailState,
    /// `hiring_status`.
    pub status: Status,
    /// First day.
    pub start_date: Option<Date>,
    /// Last day of work, never `completion_date`.
    pub last_day: Option<Date>,
    /// Job title.
    pub job_title: Option<Text>,
    /// Department name.
    pub department: Option<Text>,
    /// Work location name.
    pub location: Option<Text>,
    /// Team name.
    pub team: Option<Text>,
    /// Worker type, as Deel spells it.
    pub worker_type: Option<Text>,
    /// Legal entity name.
    pub entity: Option<Text>,
    /// ISO 3166 alpha-2 country code.
    pub country: Option<Text>,
    /// IANA time zone name or an abbreviation.
    pub timezone: Option<Text>,
    /// The direct manager's profile.
    pub manager: Option<ProfileId>,
    /// Custom fields by name; `None` when Deel did not send them, which says nothing about any of them.
    pub custom: Option<BTreeMap<String, String>>,
    /// Employments, in any order.
    pub employments: Vec<Employment>,
}

impl Person {
    /// A person of whom only the id is known; everything else is missing.
    #[must_use]
    pub fn new(id: ProfileId) -> Self {
        Self {
            id,
            first_name: None,
            last_name: None,
            preferred_first_name: None,
            preferred_last_name: None,
            full_name: None,
            work_email: EmailState::Absent,
            status: Status::Missing,
            start_date: None,
            last_day: None,
            job_title: None,
            department: None,
            location: None,
            team: None,
            worker_type: None,
            entity: None,
            country: None,
            timezone: None,
            manager: None,
            custom: None,
            employments: Vec::new(),
        }
    }

    /// Lets what people tend to have in common share its memory with others of the same pool.
    pub fn share(&mut self, pool: &mut Pool) {
        self.texts_mut().into_iter().for_each(|text| pool.share_some(text));
        for employment in &mut self.employments {
            employment.texts_mut().into_iter().for_each(|text| pool.share_some(text));
        }
    }

    /// Drops from the employments what the person's own values stand before anyway: of a hundred thousand people at once
    /// that is memory worth having.
    pub fn drop_repeats(&mut self) {
        let own = self.texts_mut().map(|text| text.is_some());
        for employment in &mut self.employments {
            let repeated = employment.texts_mut().into_iter().zip(own).filter(|(_, own)| *own);
            repeated.for_each(|(text, _)| *text = None);
        }
        self.employments.shrink_to_fit();
    }

    /// The texts that an employment can have in the person's place, in the same order as [`Employment::texts_mut`].
    fn texts_mut(&mut self) -> [&mut Option<Text>; 8] {
        [
            &mut self.job_title,
            &mut self.department,
            &mut self.location,
            &mut self.team,
            &mut self.worker_type,
            &mut self.entity,
            &mut self.country,
            &mut self.timezone,
        ]
    }

    /// The running employment that values come from: the one with the latest start, then the lowest id.
    #[must_use]
    pub fn running_employment(&self) -> Option<&Employment> {
        self.employments
            .iter()
            .filter(|e| e.is_running())
            .max_by(|a, b| a.start_date.cmp(&b.start_date).then_with(|| b.id.cmp(&a.id)))
    }
}

impl Employment {
    fn texts_mut(&mut self) -> [&mut Option<Text>; 8] {
        [
            &mut self.job_title,
            &mut self.department,
            &mut self.location,
            &mut self.team,
            &mut self.worker_type,
            &mut self.entity,
            &mut self.country,
            &mut self.timezone,
        ]
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Person({})", self.id)
    }
}
impl fmt::Debug for Employment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Employment({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_without_case_and_an_unknown_one_is_kept() {
        assert_eq!(Status::parse(Some(" Active ")), Status::Active);
        assert_eq!(Status::parse(Some("ONBOARDING_OVERDUE")), Status::Onboarding);
        assert_eq!(Status::parse(Some("on leave")), Status::Unknown("on leave".to_owned()));
        assert_eq!(Status::parse(Some("  ")), Status::Missing);
        assert_eq!(Status::parse(None), Status::Missing);
    }

    #[test]
    fn debug_output_carries_ids_only() {
        let mut person = Person::new(ProfileId::parse("p-1").unwrap());
        person.full_name = Some("Alpha Zed".to_owned());
        assert_eq!(format!("{person:?}"), "Person(p-1)");
    }

    #[test]
    fn an_employment_keeps_what_the_person_does_not_say() {
        let text = |text: &str| Some(Text::from(text.to_owned()));
        let of = |department| Employment { department, team: text("Core"), ..Employment::default() };
        let mut person = Person::new(ProfileId::parse("p-1").unwrap());
        person.department = text("Sales");
        person.employments = vec![of(text("Sales")), of(text("Legal"))];
        person.drop_repeats();
        assert!(person.employments == [of(None), of(None)]);
        person.department = None;
        person.employments = vec![of(text("Legal"))];
        person.drop_repeats();
        assert!(person.employments == [of(text("Legal"))]);
    }
}
