//! The state in which everything comes to rest.

use serde_json::Value;

use super::Broken;
use crate::evidence::Evidence;

/// JumpCloud is what Deel's final state demands, for everybody.
pub(super) fn as_deel_demands(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "JumpCloud is what Deel's final state demands";
    let mut broken = Vec::new();
    for person in &evidence.people {
        let id = person["id"].as_str().unwrap_or_default();
        let account = evidence.accounts_of(id).next();
        let how = match (at_work(person), account) {
            (true, None) => Some("is at work and has no account".to_owned()),
            // Who left before anybody looked needs none.
            (false, None) => None,
            (true, Some(account)) => differs(evidence, person, account),
            (false, Some(account)) if account["state"] == "SUSPENDED" => None,
            (false, Some(account)) => Some(format!("has left, and the account is {}", account["state"])),
        };
        broken.extend(how.map(|how| Broken { law: LAW, how: format!("{id} {how}") }));
    }
    broken
}

/// Somebody at work has a running contract and no end.
fn at_work(person: &Value) -> bool {
    person["hiring_status"] == "active" && employment(person).is_some()
}

/// The running contract that began last.
fn employment(person: &Value) -> Option<&Value> {
    let all = person["employments"].as_array()?;
    all.iter()
        .filter(|employment| employment["is_ended"] == false)
        .max_by_key(|employment| employment["start_date"].as_str().unwrap_or_default().to_owned())
}

/// Which fields are not what they should be; their names only.
fn differs(evidence: &Evidence, person: &Value, account: &Value) -> Option<String> {
    let null = Value::Null;
    let employment = employment(person).unwrap_or(&null);
    let emails = person["emails"].as_array();
    let work = emails.and_then(|all| all.iter().find(|email| email["type"] == "work"));
    let wanted = [
        ("firstname", &person["first_name"]),
        ("lastname", &person["last_name"]),
        ("displayname", &person["full_name"]),
        ("email", work.map_or(&null, |email| &email["value"])),
        ("jobTitle", &person["job_title"]),
        ("department", &person["department"]["name"]),
        ("costCenter", &employment["team"]["name"]),
    ];
    let mut fields: Vec<&str> =
        wanted.iter().filter(|(name, value)| &account[*name] != *value).map(|(name, _)| *name).collect();
    let id = account["_id"].as_str().unwrap_or_default();
    let foreign = evidence.done.foreign.iter().any(|(account, _)| account == id);
    if (account["state"] == "SUSPENDED") != foreign {
        fields.push("state");
    }
    (!fields.is_empty()).then(|| format!("is at work, and these are not as in Deel: {}", fields.join(", ")))
}
