//! Values that somebody put back within a day of our writing them. Two writers who each restore their own value would go on
//! for ever, so the second time a person decides.

use crate::stop::Stop;
use crate::trail::FieldRecord;
use jiff::{SignedDuration, Timestamp};
use provisioning::{Account, AccountState, Change, Desired, Policy, ProfileId, wanted_values};
use queue::Queue;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// For how long a value that comes back is somebody's doing, not drift.
const DAY: SignedDuration = SignedDuration::from_hours(24);
const STATE: &str = "state";
const EMAIL: &str = "email";

/// What we wrote over what, and when. Digests, not values: values are in the holds and on the trail, and nowhere else.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Wrote {
    before: Option<String>,
    after: Option<String>,
    at: Timestamp,
}

impl Wrote {
    fn new(field: &str, before: Option<&str>, after: Option<&str>, at: Timestamp) -> Self {
        let seal = |value: Option<&str>| value.map(|value| seal(field, value, at));
        Self { before: seal(before), after: seal(after), at }
    }

    /// Whether this is what stood there before.
    fn replaced(&self, field: &str, value: Option<&str>) -> bool {
        self.before == value.map(|value| seal(field, value, self.at))
    }

    /// Whether this is what was written.
    fn put(&self, field: &str, value: Option<&str>) -> bool {
        self.after == value.map(|value| seal(field, value, self.at))
    }
}

/// The time makes one value look different each time it is written.
fn seal(field: &str, value: &str, at: Timestamp) -> String {
    hex::encode(&Sha256::digest(format!("{at}\n{field}\n{value}"))[..12])
}

/// What we wrote to one person's account in the last 24 hours.
#[derive(Default)]
pub(crate) struct Written(BTreeMap<String, Wrote>);

impl Written {
    /// Reads what is remembered. An entry that cannot be read counts as none: the value is then drift like any other.
    pub(crate) async fn of(queue: &Queue, person: &ProfileId, now: Timestamp) -> Result<Self, Stop> {
        let stored = queue.written(person.as_str()).await?;
        let read = |(field, json): (String, String)| Some((field, serde_json::from_str(&json).ok()?));
        let recent = |(_, wrote): &(String, Wrote)| now.duration_since(wrote.at) < DAY;
        Ok(Self(stored.into_iter().filter_map(read).filter(recent).collect()))
    }

    /// Whether writing `after` over `before` repeats what we did.
    pub(crate) fn repeats(&self, field: &str, before: Option<&str>, after: &str) -> bool {
        let (before, after) =
            (before.filter(|text| !text.is_empty()), Some(after).filter(|text| !text.is_empty()));
        self.0.get(field).is_some_and(|wrote| wrote.replaced(field, before) && wrote.put(field, after))
    }

    /// Whether this change as a whole repeats what we did. Updates are asked about field by field.
    pub(crate) fn repeats_change(&self, change: &Change, account: Option<&Account>) -> bool {
        match change {
            Change::ChangeEmail { before, after } => self.repeats(EMAIL, Some(&before.0), after.to_send()),
            // Whatever it was before: it was suspended by us, and now it is not.
            Change::Suspend { .. } => self.0.get(STATE).is_some_and(|wrote| {
                wrote.put(STATE, Some(AccountState::Suspended.as_str()))
                    && account.is_some_and(|account| !account.is_suspended())
            }),
            Change::Reactivate { to, .. } => {
                self.repeats(STATE, Some(AccountState::Suspended.as_str()), to.as_str())
            }
            _ => false,
        }
    }

    /// The fields that Deel itself changed since: what is written to them next is news, whatever stands there.
    pub(crate) fn outdated(&self, desired: &Desired, left: bool, policy: &Policy) -> Vec<String> {
        let values = wanted_values(desired, policy).values;
        let wanted: BTreeMap<&str, &str> =
            values.iter().map(|(attribute, value)| (attribute.as_str(), value.as_str())).collect();
        let email = desired.person.as_ref().and_then(|person| person.work_email.present());
        let email = email.map(|email| email.to_send().to_owned());
        let outdated = |(field, wrote): &(&String, &Wrote)| match field.as_str() {
            STATE => wrote.put(STATE, Some(AccountState::Suspended.as_str())) != left,
            EMAIL => !wrote.put(EMAIL, email.as_deref()),
            field => !wrote.put(field, wanted.get(field).copied()),
        };
        self.0.iter().filter(outdated).map(|(field, _)| field.clone()).collect()
    }

    pub(crate) fn forget(&mut self, fields: &[String]) {
        fields.iter().for_each(|field| drop(self.0.remove(field)));
    }
}

/// Remembers what was written to these fields. A failure only means that a value put back counts as drift.
pub(crate) async fn remember(queue: &Queue, person: &ProfileId, fields: &[FieldRecord], at: Timestamp) {
    let entries: Vec<(String, String)> = fields
        .iter()
        .filter(|field| field.field != provisioning::MARK_ATTRIBUTE)
        .filter_map(|field| {
            let wrote = Wrote::new(&field.field, field.before.as_deref(), field.after.as_deref(), at);
            Some((field.field.clone(), serde_json::to_string(&wrote).ok()?))
        })
        .collect();
    if let Err(error) = queue.written_set(person.as_str(), &entries).await {
        tracing::warn!(person.id = %person, error = %error, "what was written is not remembered");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provisioning::{Person, Status};

    fn written(field: &str, before: &str, after: &str) -> Written {
        fn filled(text: &str) -> Option<&str> {
            Some(text).filter(|text| !text.is_empty())
        }
        let at = "2026-11-23T09:00:00Z".parse().unwrap();
        let wrote = Wrote::new(field, filled(before), filled(after), at);
        assert!(!serde_json::to_string(&wrote).unwrap().contains(before) || before.is_empty());
        Written(BTreeMap::from([(field.to_owned(), wrote)]))
    }

    #[test]
    fn the_same_value_over_the_same_value_repeats_and_any_other_does_not() {
        let wrote = written("department", "Sales", "Research");
        assert!(wrote.repeats("department", Some("Sales"), "Research"));
        assert!(!wrote.repeats("department", Some("Marketing"), "Research"));
        assert!(!wrote.repeats("department", Some("Sales"), "Development"));
        assert!(!wrote.repeats("company", Some("Sales"), "Research"));
        assert!(written("department", "", "Research").repeats("department", Some(""), "Research"));
    }

    #[test]
    fn what_deel_changed_since_is_news() {
        let mut person = Person::new(ProfileId::parse("p").unwrap());
        person.status = Status::Active;
        person.department = Some("Research".into());
        let desired = Desired::of(person);
        let policy = Policy::default();
        assert!(written("department", "Sales", "Research").outdated(&desired, false, &policy).is_empty());
        assert_eq!(written("department", "x", "Sales").outdated(&desired, false, &policy), ["department"]);
        assert_eq!(written("state", "ACTIVATED", "SUSPENDED").outdated(&desired, false, &policy), ["state"]);
        assert!(written("state", "ACTIVATED", "SUSPENDED").outdated(&desired, true, &policy).is_empty());
    }
}
