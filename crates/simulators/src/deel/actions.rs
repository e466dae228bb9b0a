//! What an HR administrator does in Deel: hire, change, terminate, take back, rehire, remove.

use std::time::Duration;

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone, offset},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Shared,
    events::Event,
    render::{self, Doc, object},
    world::{World, running},
};
use crate::{
    clock,
    gate::lock,
    invented::{Department, contract_id},
};

/// Why an order cannot be carried out: a status and a sentence.
pub(super) type Problem = (u16, String);

/// Who it was about and which events follow.
pub(super) type Done = (Doc, Vec<Event>);

/// How somebody leaves; with nothing given, now.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Terminate {
    /// The last day of work. A day to come leaves the person `offboarding` until it ends in their time zone.
    pub(super) last_day: Option<Date>,
    /// Inactive now, whatever the last day.
    pub(super) at_once: bool,
    /// The person's time zone from now on.
    pub(super) timezone: Option<String>,
    /// Only the contract ends: the profile stays active.
    pub(super) contract_only: bool,
}

/// The zone a person's days end in: theirs, else UTC.
fn zone(doc: &Doc) -> TimeZone {
    let name = doc.get("timezone").and_then(Value::as_str);
    name.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::fixed(Offset::UTC))
}

/// The latest day that has begun wherever on earth a person is taken to be: so that "now" is now at any hour of UTC's day.
pub(super) fn begun_everywhere(now: Timestamp) -> Date {
    now.to_zoned_datetime(TimeZone::fixed(offset(-12))).date()
}

fn end_of(day: Date, zone: TimeZone) -> Option<Timestamp> {
    Some(day.tomorrow().ok()?.to_zoned_datetime(zone).ok()?.timestamp())
}

fn find(world: &World, id: &str) -> Result<(usize, Doc), Problem> {
    let missing = || (404, format!("no person {id}"));
    let index = world.position(id).ok_or_else(missing)?;
    Ok((index, world.doc(index, Duration::ZERO).ok_or_else(missing)?))
}

fn set(doc: &mut Doc, key: &str, value: Value) {
    doc.insert(key.to_owned(), value);
}

fn each_employment(doc: &mut Doc, mut change: impl FnMut(&mut Value)) {
    doc.get_mut("employments").and_then(Value::as_array_mut).into_iter().flatten().for_each(&mut change);
}

fn each_running(doc: &mut Doc, mut change: impl FnMut(&mut Value)) {
    each_employment(doc, |employment| {
        if employment["is_ended"] == json!(false) {
            change(employment);
        }
    });
}

fn updated(doc: &Doc) -> Vec<Event> {
    let id = doc.get("id").cloned().unwrap_or_default();
    vec![Event::worker("updated", &id)]
}

/// Somebody new: the next invented person, as an active employee who starts today with an address at work, changed by
/// `patch` as in [`change`].
pub(super) fn hire(shared: &Shared, patch: Doc) -> Result<Done, Problem> {
    let mut world = lock(&shared.world);
    let now = clock::now();
    let today = begun_everywhere(now);
    let mut person = world.newcomer(today);
    (person.status, person.start_date, person.last_day) = ("active", today, None);
    if person.department == Department::Null || person.department == Department::Empty {
        person.department = Department::Named(0);
    }
    person.employments.truncate(1);
    for employment in &mut person.employments {
        (employment.status, employment.ended, employment.start_date) = ("active", None, today);
        (employment.hiring_type, employment.title) = (person.hiring_type, person.title);
    }
    let number = person.worker_id;
    if person.work_email.is_none() {
        person.work_email = Some(format!("{}{number}@example.com", person.spelled));
    }
    person.timezone_known = true;
    let mut doc = render::single(&person, None);
    set(&mut doc, "created_at", json!(clock::stamp(now)));
    let renamed = (patch.contains_key("first_name") || patch.contains_key("last_name"))
        && !patch.contains_key("work_email")
        && !patch.contains_key("emails");
    merge(&mut doc, patch);
    if renamed {
        let word = |key: &str| {
            let text = doc.get(key).and_then(Value::as_str).unwrap_or_default();
            text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
        };
        let address = format!("{}.{}{number}@example.com", word("first_name"), word("last_name"));
        merge(&mut doc, object(json!({ "work_email": address.trim_start_matches('.') })));
    }
    let id = doc.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
    if id.is_empty() || find(&world, &id).is_ok() {
        return Err((409, "the id is missing or taken".to_owned()));
    }
    world.add(doc.clone());
    let contract = running(&doc).next().cloned().unwrap_or_default();
    let events = vec![
        Event::worker("created", &json!(id)),
        Event::contract_created(&doc, &contract, &clock::stamp(now)),
        Event::employee_created(&doc, &contract),
        Event::onboarding("INVITED", "ONBOARDING", doc.get("hiring_type").unwrap_or(&Value::Null)),
    ];
    Ok((doc, events))
}

/// Merges `patch` into the person (RFC 7396, on the form that `GET /people/{id}` has), with shorthands: `work_email`;
/// `team` (a name), which goes to the running contracts, as do `job_title`, `start_date` and `hiring_type`; a new first or last name makes a new full name.
pub(super) fn change(shared: &Shared, id: &str, patch: Doc) -> Result<Done, Problem> {
    let mut world = lock(&shared.world);
    let (index, mut doc) = find(&world, id)?;
    merge(&mut doc, patch);
    set(&mut doc, "updated_at", json!(clock::now_stamp()));
    world.put(index, Some(doc.clone()));
    let mut events = updated(&doc);
    if doc.get("hiring_type") == Some(&json!("direct_employee")) {
        let id = doc.get("id");
        let resource = json!({ "id": id });
        events.push(Event { kind: "employee.updated.direct".to_owned(), resource, simulation: false });
    }
    Ok((doc, events))
}

fn merge(doc: &mut Doc, mut patch: Doc) {
    if let Some(address) = patch.remove("work_email") {
        let personal = doc.get("emails").and_then(Value::as_array).and_then(|emails| {
            emails.iter().find(|email| email["type"] == "personal")?["value"].as_str().map(str::to_owned)
        });
        set(doc, "emails", render::emails(address.as_str(), personal.as_deref().unwrap_or_default()));
        each_employment(doc, |employment| employment["work_email"] = address.clone());
    }
    if let Some(team) = patch.remove("team") {
        each_running(doc, |employment| {
            employment["team"] =
                if team.is_string() { json!({ "id": 1, "name": team }) } else { team.clone() };
        });
    }
    for key in ["job_title", "start_date", "hiring_type"] {
        if let Some(value) = patch.get(key).cloned() {
            each_running(doc, |employment| employment[key] = value.clone());
        }
    }
    if let Some(status) = patch.get("hiring_status").cloned() {
        if !patch.contains_key("new_hiring_status") {
            set(doc, "new_hiring_status", status.clone());
        }
        if !patch.contains_key("employments") {
            each_running(doc, |employment| employment["hiring_status"] = status.clone());
        }
    }
    let renamed = patch.contains_key("first_name") || patch.contains_key("last_name");
    let spelled_out = patch.contains_key("full_name");
    merge_patch(doc, patch);
    if renamed && !spelled_out {
        let names =
            ["first_name", "last_name"].map(|key| doc.get(key).and_then(Value::as_str).unwrap_or_default());
        let full = names.join(" ");
        set(doc, "full_name", json!(full.trim()));
    }
}

/// RFC 7396, except that `null` sets null: Deel shows its empty fields.
fn merge_patch(target: &mut Doc, patch: Doc) {
    for (key, value) in patch {
        match (target.get_mut(&key), value) {
            (Some(Value::Object(inner)), Value::Object(patch)) => merge_patch(inner, patch),
            (_, value) => {
                target.insert(key, value);
            }
        }
    }
}

/// Ends somebody's work.
pub(super) fn terminate(shared: &Shared, id: &str, how: Terminate) -> Result<Done, Problem> {
    let mut world = lock(&shared.world);
    let (index, mut doc) = find(&world, id)?;
    if let Some(timezone) = how.timezone {
        set(&mut doc, "timezone", json!(timezone));
        each_employment(&mut doc, |employment| employment["timezone"] = json!(timezone));
    }
    let now = clock::now();
    let zone = zone(&doc);
    let last_day = how.last_day.unwrap_or_else(|| begun_everywhere(now));
    let ends = end_of(last_day, zone);
    if how.contract_only {
        let events = end_contracts(&mut doc, last_day, now);
        world.put(index, Some(doc.clone()));
        return Ok((doc, events));
    }
    set(&mut doc, "termination_last_day", json!(last_day));
    each_running(&mut doc, |employment| {
        employment["termination_last_day"] = json!(render::midnight(last_day));
    });
    world.leaving.retain(|(_, leaver)| *leaver != index);
    let later = how.last_day.is_some() && !how.at_once && ends.is_some_and(|ends| ends > now);
    let events = if later {
        for key in ["hiring_status", "new_hiring_status"] {
            set(&mut doc, key, json!("offboarding"));
            each_running(&mut doc, |employment| employment[key] = json!("offboarding"));
        }
        if let Some(ends) = ends {
            world.leaving.insert((ends, index));
        }
        updated(&doc)
    } else {
        leave(&mut doc, last_day, now)
    };
    set(&mut doc, "updated_at", json!(clock::stamp(now)));
    world.put(index, Some(doc.clone()));
    Ok((doc, events))
}

fn leave(doc: &mut Doc, last_day: Date, now: Timestamp) -> Vec<Event> {
    let mut events = updated(doc);
    events.extend(end_contracts(doc, last_day, now));
    set(doc, "hiring_status", json!("inactive"));
    set(doc, "new_hiring_status", json!("inactive"));
    set(doc, "completion_date", json!(clock::stamp(now)));
    events
}

fn end_contracts(doc: &mut Doc, last_day: Date, now: Timestamp) -> Vec<Event> {
    let mut events = Vec::new();
    each_running(doc, |employment| {
        employment["is_ended"] = json!(true);
        employment["hiring_status"] = json!("inactive");
        employment["new_hiring_status"] = json!("inactive");
        employment["contract_status"] = json!("completed");
        employment["completion_date"] = json!(clock::stamp(now));
        employment["termination_last_day"] = json!(render::midnight(last_day));
        events.push(Event::terminated(&employment["id"], &clock::stamp(now)));
    });
    events
}

/// HR takes a termination back before it took effect: the person is active again.
pub(super) fn withdraw(shared: &Shared, id: &str) -> Result<Done, Problem> {
    let mut world = lock(&shared.world);
    let (index, mut doc) = find(&world, id)?;
    if running(&doc).next().is_none() {
        return Err((409, "all contracts have ended; rehire instead".to_owned()));
    }
    world.leaving.retain(|(_, leaver)| *leaver != index);
    for key in ["hiring_status", "new_hiring_status"] {
        set(&mut doc, key, json!("active"));
        each_running(&mut doc, |employment| employment[key] = json!("active"));
    }
    set(&mut doc, "termination_last_day", Value::Null);
    each_running(&mut doc, |employment| employment["termination_last_day"] = Value::Null);
    world.put(index, Some(doc.clone()));
    let events = updated(&doc);
    Ok((doc, events))
}

/// The same person again, under a new contract that is like the last one, changed by `patch`.
pub(super) fn rehire(shared: &Shared, id: &str, patch: Doc) -> Result<Done, Problem> {
    let mut world = lock(&shared.world);
    let (index, mut doc) = find(&world, id)?;
    if running(&doc).next().is_some() {
        return Err((409, "a contract is still running".to_owned()));
    }
    let now = clock::now();
    let today = now.to_zoned_datetime(zone(&doc)).date();
    let starts = patch.get("start_date").cloned().unwrap_or_else(|| json!(begun_everywhere(now)));
    let status = if starts.as_str() > Some(today.to_string().as_str()) { "onboarding" } else { "active" };
    // Above all numbers that invention uses.
    let number = 40_000_000 + index + doc["employments"].as_array().map_or(0, Vec::len) * 1_000_003;
    let contract = contract_id(&mut world.random, number);
    if let Some(Value::Array(employments)) = doc.get_mut("employments") {
        let mut next =
            employments.last().cloned().unwrap_or_else(|| json!({ "hiring_type": "direct_employee" }));
        next["id"] = json!(contract);
        next["is_ended"] = json!(false);
        next["start_date"] = starts.clone();
        next["hiring_status"] = json!(status);
        next["new_hiring_status"] = json!(status);
        next["contract_status"] = json!("in_progress");
        next["completion_date"] = Value::Null;
        next["termination_last_day"] = Value::Null;
        employments.push(next);
    }
    set(&mut doc, "hiring_status", json!(status));
    set(&mut doc, "new_hiring_status", json!(status));
    set(&mut doc, "start_date", starts);
    set(&mut doc, "termination_last_day", Value::Null);
    set(&mut doc, "completion_date", Value::Null);
    set(&mut doc, "updated_at", json!(clock::stamp(now)));
    merge(&mut doc, patch);
    world.put(index, Some(doc.clone()));
    let employment = running(&doc).next().cloned().unwrap_or_default();
    let mut events = vec![Event::contract_created(&doc, &employment, &clock::stamp(now))];
    events.extend(updated(&doc));
    events.push(Event::onboarding("INVITED", "ONBOARDING", doc.get("hiring_type").unwrap_or(&Value::Null)));
    Ok((doc, events))
}

/// Deletes the profile: it answers 404 from now on.
pub(super) fn remove(shared: &Shared, id: &str) -> Result<Done, Problem> {
    let mut world = lock(&shared.world);
    let (index, doc) = find(&world, id)?;
    world.put(index, None);
    let events = vec![Event::worker("deleted", &doc["id"])];
    Ok((doc, events))
}

/// Those whose last day has ended become inactive.
pub(super) fn let_go(shared: &Shared, now: Timestamp) {
    loop {
        let mut world = lock(&shared.world);
        let Some(&(ends, index)) = world.leaving.first() else { return };
        if ends > now {
            return;
        }
        world.leaving.pop_first();
        let Some(mut doc) = world.doc(index, Duration::ZERO) else { continue };
        let last_day =
            doc.get("termination_last_day").and_then(Value::as_str).and_then(|day| day.parse().ok());
        let events =
            leave(&mut doc, last_day.unwrap_or_else(|| ends.to_zoned_datetime(TimeZone::UTC).date()), now);
        world.put(index, Some(doc));
        drop(world);
        shared.emit(&events);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deel::Options;

    /// Kiritimati's days end 26 hours before those of Baker Island.
    #[test]
    fn a_last_day_ends_in_the_persons_own_zone() {
        let shared =
            Shared::new(Options { deliver_to: Some("http://127.0.0.1:1".to_owned()), ..Options::default() });
        let (doc, _) = hire(&shared, Doc::new()).unwrap();
        let id = doc["id"].as_str().unwrap();
        let how = Terminate {
            last_day: Some(jiff::civil::date(2999, 6, 30)),
            timezone: Some("Pacific/Kiritimati".to_owned()),
            ..Terminate::default()
        };
        terminate(&shared, id, how).unwrap();
        let status = || find(&lock(&shared.world), id).unwrap().1["hiring_status"].clone();
        let_go(&shared, "2999-06-30T09:59:59Z".parse().unwrap());
        assert_eq!(status(), "offboarding");
        let_go(&shared, "2999-06-30T10:00:00Z".parse().unwrap());
        assert_eq!(status(), "inactive");
        let sent: Vec<String> =
            lock(&shared.outbox).log().map(|delivery| delivery.event_type.clone()).collect();
        assert_eq!(sent, ["worker.v2.updated", "contract.terminated"]);
    }
}
