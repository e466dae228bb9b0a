//! A person as Deel sends it (`GET /people`, `GET /people/{id}`).

mod custom;
mod dates;
mod read;

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use crate::json::{self, Object, Value};

/// One person. Everything is optional. Texts are trimmed and never empty; a number or a boolean where a text belongs is
/// taken as text; anything else counts as missing.
///
/// `Debug` prints ids and statuses only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PersonRecord {
    /// The HRIS profile id, lower case if it is a UUID: the only stable key.
    pub id: Option<String>,
    /// The number shown in Deel's interface.
    pub worker_id: Option<String>,
    /// Set by the customer.
    pub external_id: Option<String>,
    /// Legal first name.
    pub first_name: Option<String>,
    /// Legal last name.
    pub last_name: Option<String>,
    /// Full name.
    pub full_name: Option<String>,
    /// Preferred first name.
    pub preferred_first_name: Option<String>,
    /// Preferred last name.
    pub preferred_last_name: Option<String>,
    /// Addresses of all types; see [`work_email`](PersonRecord::work_email).
    pub emails: Vec<EmailEntry>,
    /// `hiring_status`, else `new_hiring_status`. An open set: active, inactive, onboarding, offboarding, onboarded, …
    pub status: Option<String>,
    /// `hiring_type`. An open set: contractor, eor, employee, direct_employee, …
    pub hiring_type: Option<String>,
    /// Job title.
    pub job_title: Option<String>,
    /// First day.
    pub start_date: Option<Date>,
    /// Last day of work, of the first readable field of `termination_last_day`, `direct_employee_termination_last_day`,
    /// `worker_termination_last_date_of_work`, `last_day_of_work_local_date`. Never `completion_date`, which is when pay ends.
    pub last_day: Option<Date>,
    /// The department's name.
    pub department: Option<String>,
    /// The work location's name.
    pub work_location: Option<String>,
    /// The team's name.
    pub team: Option<String>,
    /// The legal entity that employs.
    pub entity: Option<Entity>,
    /// Country, mostly ISO 3166 alpha-2.
    pub country: Option<String>,
    /// Time zone: an IANA name or an abbreviation.
    pub timezone: Option<String>,
    /// The profile id of the direct manager (`direct_manager.id`), lower case if it is a UUID.
    pub manager: Option<String>,
    /// Custom fields by name, those without a value left out; `None` if the answer has none of them, not even an empty list.
    /// Sent only where it was asked for ([`Config::custom_fields`](crate::Config::custom_fields)).
    pub custom_fields: Option<BTreeMap<String, String>>,
    /// Contracts, present and past. An entry that cannot be read is there, and empty: it is not known to have ended.
    pub employments: Vec<EmploymentRecord>,
    /// Names of fields that were there and could not be read; they count as missing.
    pub unreadable: Vec<&'static str>,
    /// Set if `first_name`, `last_name` and `emails` are absent as keys. It is what a token without
    /// access to sensitive data gets (stack.deel.com, topic 519): such a record says nothing about the person's names or work
    /// email.
    pub sensitive_withheld: bool,
}

/// One entry of `emails`. `Debug` does not print the address.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct EmailEntry {
    /// `primary`, `work` or `personal`.
    pub kind: Option<String>,
    /// The address.
    pub value: Option<String>,
}

/// `client_legal_entity`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entity {
    /// A number in digits, or a UUID.
    pub id: Option<String>,
    /// The entity's name.
    pub name: Option<String>,
}

/// One entry of `employments`: a contract. Texts as in [`PersonRecord`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EmploymentRecord {
    /// The contract id, as contract events name it.
    pub id: Option<String>,
    /// Whether it has ended; `None` is unclear, and evidence of nothing.
    pub is_ended: Option<bool>,
    /// `hiring_status`, else `new_hiring_status`.
    pub status: Option<String>,
    /// `hiring_type`.
    pub hiring_type: Option<String>,
    /// First day.
    pub start_date: Option<Date>,
    /// Last day of work; the same fields as a person's.
    pub last_day: Option<Date>,
    /// Job title.
    pub job_title: Option<String>,
    /// The department's name.
    pub department: Option<String>,
    /// The work location's name.
    pub work_location: Option<String>,
    /// The team's name.
    pub team: Option<String>,
    /// The legal entity.
    pub entity: Option<Entity>,
    /// Country.
    pub country: Option<String>,
    /// Time zone.
    pub timezone: Option<String>,
    /// Names of fields that were there and could not be read; they count as missing.
    pub unreadable: Vec<&'static str>,
}

/// The text is not a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a person is not a JSON object")]
pub struct NotAPerson;

impl PersonRecord {
    /// Reads one person. Only a text that is not a JSON object is refused.
    pub fn from_json(text: &str) -> Result<Self, NotAPerson> {
        json::parse(text).ok().and_then(Self::read).ok_or(NotAPerson)
    }

    pub(crate) fn read(value: Value<'_>) -> Option<Self> {
        value.object().map(|object: Object<'_>| read::person(&object))
    }

    /// The first address of type `work` and nothing else.
    pub fn work_email(&self) -> Option<&str> {
        let is_work =
            |entry: &&EmailEntry| entry.kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("work"));
        self.emails.iter().filter(is_work).find_map(|entry| entry.value.as_deref())
    }

    /// The ids of the person's contracts.
    pub fn contract_ids(&self) -> impl Iterator<Item = &str> {
        self.employments.iter().filter_map(|employment| employment.id.as_deref())
    }
}

impl fmt::Debug for PersonRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PersonRecord")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EmailEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailEntry").field("kind", &self.kind).finish_non_exhaustive()
    }
}
