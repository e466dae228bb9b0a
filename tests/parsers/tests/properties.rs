//! The laws over documents that are nearly right, which random bytes hardly ever are.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use deel::{Listing, Page};
use jumpcloud::{Pages, UserRecord};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

/// JSON as it could come: the keys that count, and others, with values of any type.
fn document() -> impl Strategy<Value = Value> {
    let keys = [
        "data",
        "meta",
        "resource",
        "event_type",
        "organization_id",
        "tracking_id",
        "is_simulation",
        "id",
        "_id",
        "profile_id",
        "contract",
        "contract_id",
        "hris_profile",
        "page",
        "total_rows",
        "totalCount",
        "results",
        "emails",
        "type",
        "value",
        "first_name",
        "full_name",
        "employments",
        "attributes",
        "name",
        "admin",
        "state",
        "suspended",
        "restrictedFields",
        "externally_managed",
        "organization",
        "hiring_status",
        "email",
    ];
    let words = [
        "worker.v2.updated",
        "worker.v2.deleted",
        "contract.terminated",
        "employee.created.direct",
        "work",
        "p1",
        "dfd65727-e0f2-4e2e-94e3-91a19962d446",
        "DFD65727-E0F2-4E2E-94E3-91A19962D446",
        "SUSPENDED",
        "ACTIVATED",
        "",
        " ",
        "true",
        "deelsync",
        "alpha@example.com",
        "2026-11-23",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(words.to_vec()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let keys = keys.map(str::to_owned).to_vec();
    leaf.prop_recursive(6, 60, 8, move |inner| {
        let key = prop_oneof![9 => select(keys.clone()), 1 => any::<String>()];
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            3 => prop::collection::btree_map(key, inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A webhook that has what it needs, and something odd beside it.
fn webhook() -> impl Strategy<Value = Value> {
    (
        document(),
        document(),
        "[A-Za-z0-9_-]{1,40}|[ -~]{0,40}",
        "worker\\.v2\\.(updated|created|deleted)|[a-z.]{0,30}",
    )
        .prop_map(|(odd, resource, id, kind)| {
            let mut resource = if resource.is_object() { resource } else { json!({ "odd": resource }) };
            resource["id"] = id.into();
            json!({ "data": { "meta": { "event_type": kind, "odd": odd }, "resource": resource } })
        })
}

/// What may happen to a listing on its way.
#[derive(Clone, Debug)]
enum Harm {
    None,
    Drop(Index),
    Double(Index),
    Swap(Index, Index),
    Total(i64),
    Nameless(Index),
    Scalar(Index),
}

fn harm() -> impl Strategy<Value = Harm> {
    prop_oneof![
        Just(Harm::None),
        any::<Index>().prop_map(Harm::Drop),
        any::<Index>().prop_map(Harm::Double),
        any::<(Index, Index)>().prop_map(|(one, other)| Harm::Swap(one, other)),
        (1..3_i64).prop_map(Harm::Total),
        (-3..0_i64).prop_map(Harm::Total),
        any::<Index>().prop_map(Harm::Nameless),
        any::<Index>().prop_map(Harm::Scalar),
    ]
}

/// Rows and the total that is told for them; whether they are still everybody, once.
fn harmed(count: usize, key: &str, harm: &Harm) -> (Vec<Value>, i64, bool) {
    let row = |number: usize| json!({ key: format!("p{number}"), "first_name": "Alpha", "emails": [] });
    let mut rows: Vec<Value> = (0..count).map(row).collect();
    let mut total = i64::try_from(count).unwrap();
    let mut whole = true;
    match harm {
        Harm::None => {}
        Harm::Drop(at) => {
            rows.remove(at.index(count));
            whole = false;
        }
        Harm::Double(at) => {
            // In another's place, as when rows move between two pages.
            let (from, to) = (at.index(count), (at.index(count) + 1) % count);
            whole = from == to;
            rows[to] = rows[from].clone();
        }
        Harm::Swap(one, other) => rows.swap(one.index(count), other.index(count)),
        Harm::Total(more) => {
            total = (total + more).max(0);
            whole = total == i64::try_from(count).unwrap();
        }
        Harm::Nameless(at) => {
            rows[at.index(count)] = json!({ "first_name": "Alpha", "emails": [] });
            whole = false;
        }
        Harm::Scalar(at) => {
            rows[at.index(count)] = json!("p1");
            whole = false;
        }
    }
    (rows, total, whole)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn signatures(key in "\\PC{0,40}", other in "\\PC{0,40}", header: Vec<u8>, body: Vec<u8>, right: bool) {
        let mut header = header;
        header.truncate(200);
        if right {
            header = deel::signature::sign(&key, &body).into_bytes();
        }
        let mut data = Vec::new();
        for part in [key.as_bytes(), other.as_bytes(), &header] {
            data.push(u8::try_from(part.len()).unwrap_or(255));
            data.extend_from_slice(&part[..part.len().min(255)]);
        }
        data.extend_from_slice(&body);
        parsers::signature(&data);
    }

    #[test]
    fn envelopes(document in prop_oneof![document(), webhook()], cut: Option<Index>) {
        let text = document.to_string();
        let end = cut.map_or(text.len(), |cut| cut.index(text.len() + 1));
        parsers::envelope(&text.as_bytes()[..end]);
    }

    #[test]
    fn people_and_pages(lines in prop::collection::vec(document(), 0..4)) {
        let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
        parsers::people(text.join("\n").as_bytes());
        parsers::accounts(text.join("\n").as_bytes());
        let page = json!({ "data": lines, "page": { "total_rows": lines.len() } });
        parsers::people(page.to_string().as_bytes());
        let page = json!({ "results": lines, "totalCount": lines.len() });
        parsers::accounts(page.to_string().as_bytes());
    }

    #[test]
    fn a_list_of_people_is_complete_only_with_everybody_once(count in 1..40_usize, size in 1..12_usize, harm in harm()) {
        let (rows, total, whole) = harmed(count, "id", &harm);
        let texts: Vec<String> = rows
            .chunks(size)
            .map(|rows| json!({ "data": rows, "page": { "total_rows": total } }).to_string())
            .collect();
        parsers::people(texts.join("\n").as_bytes());
        let mut listing: Listing = Listing::default();
        let pushed = texts.iter().try_for_each(|text| listing.push(Page::from_json(text).unwrap()));
        let complete = pushed.is_ok() && listing.finish().is_ok();
        prop_assert_eq!(complete, whole, "{:?}", harm);
    }

    #[test]
    fn a_list_of_accounts_is_complete_only_with_everybody_once(count in 1..40_usize, size in 1..12_usize, harm in harm()) {
        let (rows, total, whole) = harmed(count, "_id", &harm);
        let mut pages: Pages = Pages::new(None);
        let mut added = true;
        for rows in rows.chunks(size) {
            let users: Option<Vec<_>> = rows.iter().map(UserRecord::from_json).collect();
            // A row that is no user makes the page unreadable.
            let page = users.map(|users| jumpcloud::Page { users, total: u64::try_from(total).ok() });
            added = added && page.is_some_and(|page| pages.add_with(page, Some).is_ok());
        }
        prop_assert_eq!(added && pages.complete().is_ok(), whole, "{:?}", harm);
    }

    #[test]
    fn plans(people in prop::collection::btree_map("[a-z0-9]{1,12}", ("\\PC{1,12}", select(&["active", "inactive", "odd"][..])), 0..4)) {
        let people: Vec<_> = people.iter().map(|(id, (name, status))| (id.as_str(), name.as_str(), *status)).collect();
        // Reads it back, too.
        let text = parsers::made(&people);
        parsers::planfile(text.as_bytes());
    }

    #[test]
    fn plans_that_were_edited(place: Index, gone in 0..3_usize, new in prop::collection::vec(any::<u8>(), 0..3)) {
        let sample = parsers::sample();
        parsers::edited(sample, place.index(sample.len() + 1), gone, &new);
        // What a person or an editor would do.
        parsers::edited(sample, place.index(sample.len() + 1), 0, b" ");
        parsers::edited(sample, place.index(sample.len() + 1), 1, b"\n");
    }

    #[test]
    fn configurations(lines in prop::collection::vec(line(), 0..12), env in prop::collection::btree_map(variable(), "\\PC{0,20}|7|off|true", 0..4)) {
        let file = lines.join("\n");
        parsers::configuration(file.as_bytes());
        parsers::configured(&file, env.clone());
        let secrets: BTreeMap<_, _> = env.into_keys().map(|name| (name, "https://u:sEcReT-7f3a9c0e5b1d-sEcReT@x".to_owned())).collect();
        let secret = |name: &str| ["TOKEN", "KEY", "SECRET", "PASSWORD", "WEBHOOK_URL", "REDIS_URL"].iter().any(|end| name.ends_with(end));
        parsers::configured(&file, secrets.into_iter().filter(|(name, _)| secret(name)).collect());
    }
}

/// A line of a configuration: one that is right, or nearly.
fn line() -> impl Strategy<Value = String> {
    let sections = [
        "deel",
        "jumpcloud",
        "redis",
        "server",
        "sync",
        "attributes",
        "limits.suspension",
        "groups",
        "templates",
    ];
    let keys = [
        "base_url",
        "rate",
        "mode",
        "listen",
        "url",
        "prefix",
        "api_token",
        "nightly",
        "email",
        "count",
        "name",
        "displayname",
    ];
    let values = [
        "\"enforce\"",
        "7",
        "-1",
        "1e999",
        "true",
        "\"https://u:p@example.com\"",
        "\"off\"",
        "[\"a\", 1]",
        "{ a = 1 }",
        "\"{{ first_name\"",
        "99999999999999999999",
        "nan",
        "1979-05-27T07:32:00Z",
        "'''",
        "\"\\u0000\"",
    ];
    prop_oneof![
        3 => select(sections.to_vec()).prop_map(|section| format!("[{section}]")),
        1 => select(sections.to_vec()).prop_map(|section| format!("[[{section}]]")),
        9 => (select(keys.to_vec()), select(values.to_vec())).prop_map(|(key, value)| format!("{key} = {value}")),
        1 => "\\PC{0,40}",
    ]
}

fn variable() -> impl Strategy<Value = String> {
    let names = [
        "DEEL_API_TOKEN",
        "DEEL_SIGNING_KEYS",
        "DEEL_BASE_URL",
        "JUMPCLOUD_API_KEY",
        "JUMPCLOUD_CLIENT_ID",
        "JUMPCLOUD_CLIENT_SECRET",
        "JUMPCLOUD_REGION",
        "REDIS_URL",
        "DEELSYNC_MODE",
        "DEELSYNC_LISTEN",
        "DEELSYNC_ADMIN_TOKEN",
        "DEELSYNC_DATA_DIR",
        "NOTIFY_WEBHOOK_URL",
        "NOTIFY_SMTP_PASSWORD",
        "DEELSYNC_ODD",
    ];
    select(names.to_vec()).prop_map(str::to_owned)
}

#[test]
fn every_single_byte_of_a_plan_counts() {
    let sample = parsers::sample();
    // Every place takes a while; every seventh, and all of the first lines and the digest, do not.
    let places = (0..sample.len())
        .filter(|place| place.is_multiple_of(7) || *place < 400 || *place + 120 > sample.len());
    for place in places {
        let byte = sample.as_bytes()[place];
        parsers::edited(sample, place, 1, &[byte ^ 1]);
        parsers::edited(sample, place, 1, &[]);
    }
}

#[test]
fn depth_and_size_break_nothing() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let nested = |depth: usize| format!("{}1{}", r#"{"data":"#.repeat(depth), "}".repeat(depth));
    for text in [
        deep(100_000),
        nested(100_000),
        "[".repeat(1_000_000),
        format!(
            r#"{{"data":{{"meta":{{"event_type":"worker.v2.updated"}},"resource":{{"id":"p1","x":{}}}}}}}"#,
            deep(10_000)
        ),
        format!(r#"{{"data":[{}],"page":{{"total_rows":1e999}}}}"#, deep(10_000)),
        format!(r#"{{"_id":"{}","attributes":{}}}"#, "x".repeat(100_000), deep(10_000)),
        format!("{{\"total_rows\":{}}}", "9".repeat(1_000_000)),
        format!("\"{}\"", "\\ud800".repeat(100_000)),
    ] {
        for target in [parsers::envelope, parsers::people, parsers::accounts, parsers::planfile] {
            target(text.as_bytes());
        }
    }
    for file in [
        format!("x = {}", deep(10_000)),
        format!("[{}]", vec!["a"; 20_000].join(".")),
        format!("{}1", "a.".repeat(20_000)),
        format!("[deel]\nbase_url = \"{}\"", "x".repeat(200_000)),
        "[[groups]]\n".repeat(300),
    ] {
        parsers::configuration(file.as_bytes());
    }
}
