//! The accounts that are there at the start: those of the people the fake Deel of the same seed invents.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::{
    Options, Population, State,
    groups::Group,
    store::{Account, Store},
};
use crate::invented::{DEPARTMENTS, Department, ENTITIES, Invented, PLACES, TEAMS, invent};

/// Fills the directory.
pub(super) fn populate(state: &mut State, options: &Options, today: Date) {
    for index in 0..options.accounts {
        let person = invent(options.seed, index, today);
        let id = state.store.mint();
        let mut account = Account { id, ..Account::default() };
        account.set("organization", Some(json!(super::ORGANIZATION)));
        account.set("created", Some(json!("2024-01-01T00:00:00.000Z")));
        account.set("username", Some(json!(username(&state.store, &person, index))));
        match options.population {
            Population::Existing => existing(&mut account, &person, index),
            Population::Linked => linked(&mut account, &person, index, options.drift_percent),
        }
        state.store.put(account);
    }
    state.store.forget_past();
    state.groups = [
        ("All staff", "STATIC", Value::Null),
        ("Engineering", "STATIC", Value::Null),
        ("VPN", "STATIC", Value::Null),
        (
            "Sales (automatic)",
            "DYNAMIC_AUTOMATED",
            json!({
                "queryType": "FilterQuery",
                "filters": [{ "field": "department", "operator": "eq", "value": "Sales" }],
            }),
        ),
    ]
    .into_iter()
    .map(|(name, method, query)| Group {
        id: state.store.mint(),
        name: name.to_owned(),
        method: method.to_owned(),
        query,
        members: Vec::new(),
    })
    .collect();
}

fn username(store: &Store, person: &Invented, index: usize) -> String {
    let spelled: String =
        person.spelled.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-')).collect();
    match store.lookup("username", &spelled) {
        Some(Some(_)) => format!("{spelled}{index}"),
        _ => spelled,
    }
}

fn text(account: &mut Account, name: &'static str, value: &str) {
    account.set(name, (!value.is_empty()).then(|| json!(value)));
}

fn names(account: &mut Account, person: &Invented) {
    text(account, "firstname", person.first_name.as_deref().unwrap_or_default());
    text(account, "lastname", person.last_name.as_deref().unwrap_or_default());
}

/// The values that Deel's and JumpCloud's documents map to each other.
fn linked(account: &mut Account, person: &Invented, index: usize, drift_percent: f64) {
    names(account, person);
    text(account, "displayname", &person.full_name);
    let address = person.work_email.as_deref().unwrap_or(&person.personal_email);
    text(account, "email", &address.to_lowercase());
    text(account, "employeeIdentifier", &person.id);
    text(account, "employeeType", person.hiring_type);
    text(account, "company", ENTITIES[person.entity]);
    text(account, "location", PLACES[person.place].office.unwrap_or_default());
    if let Department::Named(department) = person.department {
        text(account, "department", DEPARTMENTS[department]);
    }
    let running = person.employments.iter().filter(|employment| employment.ended.is_none());
    let latest = running.max_by(|a, b| a.start_date.cmp(&b.start_date).then_with(|| b.id.cmp(&a.id)));
    text(account, "costCenter", latest.map_or("", |employment| TEAMS[employment.team]));
    // Spread evenly: with 1 %, every hundredth account.
    let drifted = drift_percent > 0.0
        && ((index + 1) as f64 * drift_percent / 100.0).floor()
            > (index as f64 * drift_percent / 100.0).floor();
    text(account, "jobTitle", if drifted { "Something Else" } else { person.title });
    account.set_state(match person.status {
        "inactive" => "SUSPENDED",
        "onboarding" | "onboarded" => "STAGED",
        _ => "ACTIVATED",
    });
}

/// What stands in a directory that people have kept by hand.
fn existing(account: &mut Account, person: &Invented, index: usize) {
    names(account, person);
    let address = match &person.work_email {
        // Somebody nobody in Deel is: a printer, a contractor of a contractor.
        _ if index % 33 == 32 => format!("service{index}@example.com"),
        // As typed by hand.
        Some(address) if index % 9 == 4 => address.to_uppercase(),
        Some(address) => address.to_lowercase(),
        None => person.personal_email.clone(),
    };
    text(account, "email", &address);
    text(account, "displayname", if index.is_multiple_of(5) { "" } else { &person.full_name });
    text(account, "jobTitle", if index % 5 == 1 { "Employee" } else { person.title });
    if let (Department::Named(department), true) = (person.department, !index.is_multiple_of(3)) {
        text(account, "department", DEPARTMENTS[department]);
    }
    account.bound = index % 5 != 2;
    account.has_password = index % 4 != 3;
    if index % 25 == 5 {
        account.set("attributes", Some(json!([{ "name": "badge", "value": format!("B-{index}") }])));
    }
    if index % 10 == 6 {
        account.set(
            "phoneNumbers",
            Some(json!([{ "type": "work", "number": format!("+1 555 01{:02}", index % 100) }])),
        );
        account
            .set("addresses", Some(json!([{ "type": "work", "locality": "Springfield", "country": "US" }])));
    }
    if index % 50 == 7 {
        account.set("admin", Some(json!({ "id": account.id, "roleName": "Administrator" })));
    }
    if index % 50 == 13 {
        account.set("externally_managed", Some(json!(true)));
    }
    if index % 40 == 21 {
        account.set(
            "restrictedFields",
            Some(json!([{ "field": "department", "type": "active_directory", "id": account.id }])),
        );
    }
    account.set_state(match person.status {
        "inactive" if !index.is_multiple_of(3) => "SUSPENDED",
        "onboarding" | "onboarded" => "STAGED",
        _ if index % 12 == 11 => "STAGED",
        _ => "ACTIVATED",
    });
}
