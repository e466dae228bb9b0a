//! The state in which everything comes to rest.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Broken;
use crate::evidence::{Evidence, Keys, Write};

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

/// Everybody has one account at most, and every account is somebody's.
pub(super) fn one_account_each(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "one account per person";
    let mut owners: BTreeMap<&str, usize> = BTreeMap::new();
    for account in &evidence.accounts {
        *owners.entry(account["employeeIdentifier"].as_str().unwrap_or_default()).or_default() += 1;
    }
    let wrong = owners.into_iter().filter(|(owner, count)| owner.is_empty() || *count > 1);
    wrong
        .map(|(owner, count)| Broken {
            law: LAW,
            how: match owner {
                "" => format!("{count} accounts are nobody's"),
                owner => format!("{owner} has {count}"),
            },
        })
        .collect()
}

/// Nothing is leased, nothing waits, nothing was given up.
#[must_use]
pub fn at_rest(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "nothing is leased, nothing waits, nothing is dead";
    let Keys { waiting, leased, dead, .. } = &evidence.redis;
    let mut broken = Vec::new();
    if *waiting + *leased > 0 {
        broken.push(Broken { law: LAW, how: format!("{waiting} jobs wait, {leased} are leased") });
    }
    broken.extend(dead.iter().map(|job| Broken { law: LAW, how: format!("{job} is dead") }));
    broken
}

/// Keys that are there once, whatever happened: docs/redis.md names them.
const FIXED: usize = 100;
/// Keys per person: a job's details, the trail's index, holds, and what we wrote in the last day.
const PER_PERSON: usize = 4;

/// Redis holds no more keys than the retention allows: so many at all, so many per person, and none per webhook.
pub(super) fn bounded_keys(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "Redis holds no more keys than the retention allows";
    let count: u64 = evidence.redis.names.values().sum();
    let most = FIXED + PER_PERSON * evidence.people.len();
    if count <= most as u64 {
        return Vec::new();
    }
    let mut largest: Vec<(&String, &u64)> = evidence.redis.names.iter().collect();
    largest.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    largest.truncate(10);
    vec![Broken { law: LAW, how: format!("{count} keys, {most} are allowed; the most are {largest:?}") }]
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
    if account["state"] != state_of_somebody_at_work(evidence, id) {
        fields.push("state");
    }
    (!fields.is_empty()).then(|| format!("is at work, and these are not as in Deel: {}", fields.join(", ")))
}

/// As another hand left it, else as accounts are created; JumpCloud has no way back to `STAGED` from a suspension.
fn state_of_somebody_at_work(evidence: &Evidence, account: &str) -> &'static str {
    let theirs = |write: &&Write| write.account.as_deref() == Some(account);
    let was_suspended = || evidence.journal.iter().filter(theirs).any(Write::suspends);
    if evidence.done.foreign.iter().any(|(foreign, _)| foreign == account) {
        "SUSPENDED"
    } else if evidence.done.activated || was_suspended() {
        "ACTIVATED"
    } else {
        "STAGED"
    }
}
