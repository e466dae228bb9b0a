//! An invented person in Deel's words: the answer to `GET /people/{id}`. Lists differ in one field, see [`listed`].

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::invented::{DEPARTMENTS, Department, ENTITIES, Employment, Invented, PLACES, TEAMS};

/// Names and addresses: what a token without the sensitive-data box does not get.
const SENSITIVE: &[&str] = &[
    "first_name",
    "last_name",
    "full_name",
    "preferred_first_name",
    "preferred_last_name",
    "emails",
    "birth_date",
    "addresses",
    "nationalities",
];

/// A JSON object.
pub(super) type Doc = Map<String, Value>;

/// The person as `GET /people/{id}` shows them.
pub(super) fn single(person: &Invented, manager: Option<&Value>) -> Doc {
    let place = &PLACES[person.place];
    let entity = entity(person.entity);
    let mut doc = object(json!({
        "id": person.id,
        // A number or a string, as it happens.
        "worker_id": if person.worker_id.is_multiple_of(7) { json!(person.worker_id.to_string()) } else { json!(person.worker_id) },
        "external_id": null,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "full_name": person.full_name,
        "preferred_first_name": person.preferred_first_name,
        "preferred_last_name": null,
        "emails": emails(person.work_email.as_deref(), &person.personal_email),
        "birth_date": null,
        "nationalities": [],
        "addresses": [],
        "hiring_type": person.hiring_type,
        "hiring_status": person.status,
        "new_hiring_status": person.status,
        "job_title": person.title,
        "seniority": null,
        "start_date": person.start_date,
        "completion_date": null,
        "termination_last_day": person.last_day,
        "department": department(person.department),
        "work_location": place.office,
        "client_legal_entity": entity,
        "direct_manager": manager,
        "direct_reports": null,
        "direct_reports_count": 0,
        "country": place.country,
        "state": place.state,
        "timezone": person.timezone_known.then_some(place.timezone),
        "is_pwac": false,
        "created_at": midnight(person.start_date),
        "updated_at": null,
        "employments": person.employments.iter().map(|e| employment(person, e)).collect::<Vec<_>>(),
    }));
    // A contractor's completion date says nothing about access, and is often in the past.
    if person.hiring_type == "contractor" || person.status == "inactive" {
        let date = person.last_day.unwrap_or(person.start_date);
        doc.insert("completion_date".to_owned(), json!(midnight(date)));
    }
    doc
}

fn employment(person: &Invented, employment: &Employment) -> Value {
    let place = &PLACES[person.place];
    let last_day =
        employment.ended.or(if employment.status == "offboarding" { person.last_day } else { None });
    json!({
        "id": employment.id,
        "name": format!("{} - {}", employment.title, employment.start_date),
        "team": team(employment.team),
        "email": person.personal_email,
        "work_email": person.work_email,
        "job_title": employment.title,
        "seniority": null,
        "start_date": employment.start_date,
        "is_ended": employment.ended.is_some(),
        "hiring_type": employment.hiring_type,
        "hiring_status": employment.status,
        "new_hiring_status": employment.status,
        "contract_status": if employment.ended.is_some() { "completed" } else { "in_progress" },
        "completion_date": employment.ended.map(midnight),
        "termination_last_day": last_day.map(midnight),
        "has_eor_termination": if employment.hiring_type == "eor" { json!("No") } else { Value::Null },
        "contract_is_archived": false,
        "contract_has_contractor": false,
        "is_user_contract_deleted": false,
        "voluntarily_left": null,
        "country": place.country,
        "state": place.state,
        "timezone": if person.timezone_known { json!(place.timezone) } else { Value::Null },
        "payment": null,
        "client_legal_entity": entity(person.entity),
    })
}

/// The three entries of `emails`.
pub(super) fn emails(work: Option<&str>, personal: &str) -> Value {
    json!([
        { "type": "primary", "value": work.unwrap_or(personal) },
        { "type": "work", "value": work },
        { "type": "personal", "value": personal },
    ])
}

/// A team, as employments name it.
pub(super) fn team(index: usize) -> Value {
    json!({ "id": 384_149 + index, "name": TEAMS[index] })
}

/// A legal entity, as people name it: the id is a number for some and a UUID for others.
pub(super) fn entity(index: usize) -> Value {
    json!({ "id": entity_id(index), "name": ENTITIES[index] })
}

pub(super) fn entity_id(index: usize) -> Value {
    if index.is_multiple_of(2) {
        json!(242_423 + index)
    } else {
        json!(format!("e0000000-0000-4000-8000-{index:012}"))
    }
}

fn department(department: Department) -> Value {
    match department {
        Department::Null => Value::Null,
        Department::Empty => json!({}),
        Department::Named(index) => {
            json!({ "id": format!("d0000000-0000-4000-8000-{index:012}"), "name": DEPARTMENTS[index], "parent": null })
        }
    }
}

/// A date as Deel's date-time fields show it.
pub(super) fn midnight(date: Date) -> String {
    format!("{date}T00:00:00.000Z")
}

/// The same person in a list: the last day goes by another name there.
pub(super) fn listed(mut doc: Doc) -> Doc {
    if let Some(day) = doc.remove("termination_last_day") {
        let day = day
            .as_str()
            .map_or(Value::Null, |day| json!(day.parse::<Date>().map_or_else(|_| day.to_owned(), midnight)));
        doc.insert("direct_employee_termination_last_day".to_owned(), day);
    }
    doc
}

/// Takes names and addresses away, keys and all.
pub(super) fn withhold(doc: &mut Doc) {
    for key in SENSITIVE {
        doc.remove(*key);
    }
    let employments = doc.get_mut("employments").and_then(Value::as_array_mut);
    for employment in employments.into_iter().flatten().filter_map(Value::as_object_mut) {
        employment.remove("email");
        employment.remove("work_email");
    }
}

/// The object in a value that is one.
pub(super) fn object(value: Value) -> Doc {
    match value {
        Value::Object(map) => map,
        _ => Doc::new(),
    }
}
