//! Accounts in JumpCloud: one, pages of them, and the proof that the pages are all.

use std::collections::HashSet;

use jumpcloud::{Page, Pages, State, UserRecord, merge_attribute};
use serde_json::Value;

/// Any lines, each a page as JumpCloud lists users (`{"totalCount":…,"results":[…]}`), or one user.
pub fn accounts(data: &[u8]) {
    let mut pages: Pages = Pages::new(None);
    let (mut ids, mut open) = (Vec::new(), true);
    for line in data.split(|&byte| byte == b'\n') {
        let Ok(plain) = serde_json::from_slice::<Value>(line) else { continue };
        let Some(results) = plain.get("results").and_then(Value::as_array) else {
            if let Some(user) = UserRecord::from_json(&plain) {
                agrees(&user, &plain);
            }
            continue;
        };
        let users: Vec<UserRecord> = results
            .iter()
            .filter_map(|row| UserRecord::from_json(row).inspect(|user| agrees(user, row)))
            .collect();
        if users.len() < results.len() || !open {
            continue;
        }
        let page_ids: Vec<String> = users.iter().map(|user| user.id.clone()).collect();
        let page = Page { users, total: plain.get("totalCount").and_then(Value::as_u64) };
        match pages.add_with(page, Some) {
            Ok(done) => {
                ids.extend(page_ids);
                open = !done;
            }
            Err(_) => return,
        }
    }
    let total = pages.total();
    if let Ok(complete) = pages.complete() {
        let distinct: HashSet<_> = complete.iter().map(|user| &user.id).collect();
        assert_eq!(distinct.len(), complete.len(), "a user came twice");
        assert_eq!(complete.iter().map(|user| user.id.clone()).collect::<Vec<_>>(), ids, "a user was lost");
        assert_eq!(total, Some(complete.len() as u64));
        let organizations: HashSet<_> =
            complete.iter().filter_map(|user| user.organization.as_ref()).collect();
        assert!(organizations.len() <= 1, "two organizations");
    }
}

/// Every doubt keeps us off an account, and what belongs to others survives our writing.
fn agrees(user: &UserRecord, plain: &Value) {
    assert!(user.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
    assert!((1..=128).contains(&user.id.len()));
    for (key, guarded) in [("admin", user.admin), ("externally_managed", user.externally_managed)] {
        match plain.get(key) {
            None | Some(Value::Null | Value::Bool(false)) => assert!(!guarded, "{key}"),
            Some(Value::Bool(true) | Value::Object(_) | Value::Array(_)) => assert!(guarded, "{key}"),
            Some(Value::String(_) | Value::Number(_)) => {}
        }
    }
    let word = plain.get("state").and_then(Value::as_str).map(|word| word.trim().to_ascii_uppercase());
    match word.as_deref() {
        Some("SUSPENDED") => assert_eq!(user.state, State::Suspended),
        Some("ACTIVATED") => assert_eq!(user.state, State::Activated),
        Some("STAGED") => assert_eq!(user.state, State::Staged),
        Some("") | None => {}
        Some(_) => assert!(matches!(user.state, State::Unknown(_)), "an unknown state is none of ours"),
    }
    let debug = format!("{user:?}");
    assert!(user.email.len() < 24 || !debug.contains(&user.email), "an address prints");

    let entries = plain.get("attributes").and_then(Value::as_array);
    let named = |entry: &&Value| entry.get("name").is_some_and(Value::is_string);
    let readable = entries.map_or(0, |entries| entries.iter().filter(named).count());
    let all = entries.map_or(usize::from(plain.get("attributes").is_some_and(|it| !it.is_null())), Vec::len);
    assert_eq!(user.attributes.len(), readable);
    assert_eq!(user.attributes_readable(), readable == all, "what is not read would be lost by writing");
    let merged = merge_attribute(&user.attributes, "deelsync", Some("suspended"));
    let foreign = |entries: &[jumpcloud::CustomAttribute]| -> Vec<Value> {
        let foreign = entries.iter().filter(|entry| entry.name() != "deelsync");
        foreign.map(|entry| serde_json::to_value(entry).expect("an attribute is JSON")).collect()
    };
    assert_eq!(foreign(&merged), foreign(&user.attributes));
    assert_eq!(merged.iter().filter(|entry| entry.name() == "deelsync").count(), 1);
    let wire = entries.into_iter().flatten().filter(named).filter(|entry| entry["name"] != "deelsync");
    let values: Vec<&Value> = wire.map(|entry| entry.get("value").unwrap_or(&Value::Null)).collect();
    assert_eq!(foreign(&merged).iter().map(|entry| &entry["value"]).collect::<Vec<_>>(), values);
}
