//! Whom a resource is about.

use super::classify::Reading;
use super::{MAX_SUBJECTS, Subject};
use crate::json::{Object, Value};

const MAX_ID_LENGTH: usize = 128;

/// A resource, cut up once.
pub(super) enum Resource<'a> {
    One(Object<'a>),
    /// Empty also for what is missing, or neither an object nor a list.
    Several(Vec<Value<'a>>),
}

impl<'a> Resource<'a> {
    pub(super) fn read(resource: Option<Value<'a>>) -> Self {
        match resource.and_then(Value::object) {
            Some(object) => Self::One(object),
            None => Self::Several(resource.and_then(Value::list).unwrap_or_default()),
        }
    }
}

/// The subjects of a resource, each once, in the order they come: at least one, at most [`MAX_SUBJECTS`].
pub(super) fn subjects(resource: &Resource<'_>, reading: Reading) -> Vec<Subject> {
    let items = match resource {
        Resource::One(object) => return vec![subject(object, reading)],
        Resource::Several(items) => items,
    };
    let mut subjects = Vec::new();
    for item in items {
        let subject = item.object().map_or(Subject::Unresolved, |object| subject(&object, reading));
        if !subjects.contains(&subject) {
            subjects.push(subject);
        }
        if subjects.len() > MAX_SUBJECTS {
            return vec![Subject::Unresolved];
        }
    }
    if subjects.is_empty() { vec![Subject::Unresolved] } else { subjects }
}

/// Whether a body says of itself that somebody leaves. It only decides who is looked at first: `worker.v2.updated` is sent
/// for a new address and for each step of an offboarding alike.
pub(super) fn hints_at_leaving(resource: &Object<'_>) -> bool {
    let says = |key: &str| resource.get(key).and_then(Value::string);
    let status = ["hiring_status", "new_hiring_status", "status"].into_iter().filter_map(says);
    let day = ["termination_last_day", "direct_employee_termination_last_day", "termination_date"];
    status
        .into_iter()
        .any(|word| matches!(word.to_ascii_lowercase().as_str(), "inactive" | "offboarding" | "terminated"))
        || day.into_iter().any(|key| says(key).is_some())
}

fn subject(resource: &Object<'_>, reading: Reading) -> Subject {
    let own = || resource.get("id").and_then(plausible_id);
    let profile = || spelled_out(resource, &["hrisprofile", "profile", "workerprofile", "employeeprofile"]);
    let person = match reading {
        Reading::Profile => own().or_else(profile),
        Reading::Employee => profile().or_else(|| own().filter(|id| is_uuid(id))),
        Reading::Contract | Reading::Named | Reading::Irrelevant | Reading::Unknown => profile(),
    };
    if let Some(person) = person {
        return Subject::Person(person);
    }
    let contract = || spelled_out(resource, &["contract"]);
    let contract = match reading {
        Reading::Profile => None,
        Reading::Contract => contract().or_else(own),
        Reading::Employee | Reading::Named | Reading::Irrelevant | Reading::Unknown => contract(),
    };
    contract.map_or(Subject::Unresolved, Subject::Contract)
}

/// The id of one of `things` in any spelling: `hris_profile_id`, `hrisProfileId`, `contract_oid`, or `contract: {"id"}`. Of
/// several the first of `things` wins.
fn spelled_out(resource: &Object<'_>, things: &[&str]) -> Option<String> {
    let find = |thing: &str| {
        resource.entries().find_map(|(key, value)| {
            let mut key =
                key.bytes().filter(|byte| !matches!(byte, b'_' | b'-')).map(|byte| byte.to_ascii_lowercase());
            if !thing.bytes().all(|byte| key.next() == Some(byte)) {
                return None;
            }
            match key.collect::<Vec<u8>>().as_slice() {
                b"" => plausible_id(value.object()?.get("id")?),
                b"id" | b"oid" => plausible_id(value),
                _ => None,
            }
        })
    };
    things.iter().find_map(|thing| find(thing))
}

/// An id as Deel makes them. A JSON number is none: version 1 numbered other things.
fn plausible_id(value: Value<'_>) -> Option<String> {
    let id = value.string()?;
    is_plausible_id(&id).then(|| canonical_id(id))
}

/// Whether `id` can be a profile's or a contract's.
pub(crate) fn is_plausible_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=MAX_ID_LENGTH).contains(&id.len()) && id.bytes().all(allowed)
}

/// A UUID in lower case; any other id as it is.
pub(crate) fn canonical_id(id: String) -> String {
    if is_uuid(&id) { id.to_ascii_lowercase() } else { id }
}

fn is_uuid(id: &str) -> bool {
    let dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    let fits = |(at, byte): (usize, u8)| if dash(at) { byte == b'-' } else { byte.is_ascii_hexdigit() };
    id.len() == 36 && id.bytes().enumerate().all(fits)
}
