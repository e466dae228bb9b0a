//! People in Deel: one, pages of them, and the proof that the pages are all.

use std::collections::HashSet;

use deel::{Listing, Page, PersonRecord};
use serde_json::Value;

/// Any lines, each the answer to a request for a page (or for one person). Rows are those of the plain reading; the pages
/// are complete only if every row came, once, with an id, under one total.
pub fn people(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut listing: Listing = Listing::default();
    let (mut rows, mut totals) = (Vec::new(), HashSet::new());
    let mut whole = true;
    for line in text.lines() {
        one(line);
        let page = Page::from_json(line);
        let plain: Option<Value> = serde_json::from_str(line).ok();
        if let Some(plain) = &plain {
            let data = plain.get("data").and_then(Value::as_array);
            assert_eq!(page.is_some(), plain.is_object() && data.is_some());
            if let (Some(page), Some(data)) = (&page, data) {
                agrees(page, data);
                let total = plain.get("page").and_then(|page| page.get("total_rows"));
                assert!(total.and_then(Value::as_u64).is_none_or(|total| page.total_rows == Some(total)));
            }
        }
        let Some(page) = page else { continue };
        if whole && !listing.is_done() {
            rows.extend(page.rows.iter().map(|row| row.id.clone()));
            totals.insert(page.total_rows);
            whole = listing.push(page).is_ok();
        }
    }
    // Who ignores that a page was refused is not given a proof of what came before either, unless that was all.
    if let Ok(complete) = listing.finish() {
        let ids: HashSet<_> = complete.iter().map(|person| person.id.clone()).collect();
        assert_eq!(ids.len(), complete.len(), "an id came twice");
        assert!(!ids.contains(&None), "a row without an id");
        if whole {
            assert_eq!(complete.len(), rows.len(), "a row was lost");
            assert_eq!(totals, HashSet::from([Some(complete.len() as u64)]));
        }
    }
}

fn one(text: &str) {
    let Ok(person) = PersonRecord::from_json(text) else {
        assert!(
            !serde_json::from_str::<Value>(text).is_ok_and(|plain| plain.is_object()),
            "an object was refused"
        );
        return;
    };
    let debug = format!("{person:?}");
    for hidden in [&person.first_name, &person.last_name, &person.full_name].into_iter().flatten() {
        // Too short to be told from what else is printed.
        assert!(hidden.len() < 24 || !debug.contains(hidden.as_str()), "a name prints");
    }
    if let Ok(plain) = serde_json::from_str::<Value>(text) {
        let key = |key: &str| plain.get(key).is_some();
        let withheld = !["first_name", "last_name", "emails"].into_iter().any(key);
        assert_eq!(person.sensitive_withheld, withheld);
        if let Some(Value::String(id)) = plain.get("id") {
            assert!(person.id.as_deref().is_none_or(|read| read.eq_ignore_ascii_case(id.trim())));
        }
        // Nobody's address but one that says of itself that it is for work.
        if let Some(email) = person.work_email() {
            let entries = plain.get("emails").and_then(Value::as_array);
            let is_it = |entry: &Value| {
                let text = |key: &str| entry.get(key).and_then(Value::as_str).map(str::trim);
                text("type").is_some_and(|kind| kind.eq_ignore_ascii_case("work"))
                    && text("value") == Some(email)
            };
            assert!(entries.is_some_and(|entries| entries.iter().any(is_it)), "an invented work email");
        }
    }
}

fn agrees(page: &Page<PersonRecord>, data: &[Value]) {
    assert_eq!(page.rows.len() + page.bad_rows, data.len());
    let objects = data.iter().filter(|row| row.is_object());
    for (row, plain) in page.rows.iter().zip(objects) {
        let plain = plain.get("id").and_then(Value::as_str).unwrap_or_default();
        assert!(row.id.as_deref().is_none_or(|id| plain.is_empty() || id.eq_ignore_ascii_case(plain.trim())));
    }
}
