//! What the envelope makes of webhooks: documented ones, odd ones, and hostile ones.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use deel::envelope::{EnvelopeError, Event, EventKind, MAX_SUBJECTS, Subject, Urgency, parse};
use proptest::prelude::*;

const PROFILE: &str = "7b1f0a52-4d0e-4f0a-9c63-2f5b8a9d1e40";

fn event(event_type: &str, resource: &str) -> Event {
    let meta = format!(r#"{{"event_type":"{event_type}","organization_id":"o-1"}}"#);
    parse(format!(r#"{{"data":{{"meta":{meta},"resource":{resource}}}}}"#).as_bytes()).unwrap()
}

fn subjects(event_type: &str, resource: &str) -> Vec<Subject> {
    event(event_type, resource).subjects
}

fn person(id: &str) -> Vec<Subject> {
    vec![Subject::Person(id.to_owned())]
}

fn contract(id: &str) -> Vec<Subject> {
    vec![Subject::Contract(id.to_owned())]
}

#[test]
fn documented_webhooks() {
    let read = |body: &[u8]| {
        let event = parse(body).unwrap();
        let simulation = if event.is_simulation { " simulation" } else { "" };
        let organization = event.organization_id.as_deref().unwrap();
        format!(
            "{} [{}] {:?} {:?} {:?} of {organization}{simulation}",
            event.label(),
            event.family(),
            event.kind,
            event.urgency,
            event.subjects
        )
    };
    let all = [
        read(include_bytes!("fixtures/webhooks/worker.v2.updated.json")),
        read(include_bytes!("fixtures/webhooks/worker.v2.deleted.json")),
        read(include_bytes!("fixtures/webhooks/contract.created.json")),
        read(include_bytes!("fixtures/webhooks/contract.terminated.json")),
        read(include_bytes!("fixtures/webhooks/onboarding.status.updated.json")),
        read(include_bytes!("fixtures/webhooks/eor.amendment.status.updated.json")),
        read(include_bytes!("fixtures/webhooks/tax.document.available.json")),
        read(include_bytes!("fixtures/webhooks/time-off.reviewed.json")),
        read(include_bytes!("fixtures/webhooks/v1.contract.created.json")),
    ];
    insta::assert_snapshot!(all.join("\n"), @r#"
    worker.v2.updated [worker] Person Ordinary [Person("7b1f0a52-4d0e-4f0a-9c63-2f5b8a9d1e40")] of 5f0c7f0e-7d0b-4b53-9a51-0f6c2f6b1a01
    worker.v2.deleted [worker] Person Urgent [Person("7b1f0a52-4d0e-4f0a-9c63-2f5b8a9d1e40")] of 5f0c7f0e-7d0b-4b53-9a51-0f6c2f6b1a01
    contract.created [contract] Person Ordinary [Contract("k4m9x2p")] of 5f0c7f0e-7d0b-4b53-9a51-0f6c2f6b1a01 simulation
    contract.terminated [contract] Person Urgent [Contract("k4m9x2p")] of 5f0c7f0e-7d0b-4b53-9a51-0f6c2f6b1a01
    onboarding.status.updated [onboarding] Person Ordinary [Unresolved] of 5f0c7f0e-7d0b-4b53-9a51-0f6c2f6b1a01
    eor.amendment.status.updated [eor] Person Ordinary [Unresolved] of 5f0c7f0e-7d0b-4b53-9a51-0f6c2f6b1a01
    tax.document.available [tax] Irrelevant Ordinary [] of 5f0c7f0e-7d0b-4b53-9a51-0f6c2f6b1a01
    time-off.reviewed [time-off] Irrelevant Ordinary [] of 5f0c7f0e-7d0b-4b53-9a51-0f6c2f6b1a01
    contract.created [contract] Person Ordinary [Contract("k4m9x2p")] of 90210
    "#);
}

#[test]
fn worker_events_name_the_profile() {
    assert_eq!(subjects("worker.v2.updated", r#"{"id":"p_1-A"}"#), person("p_1-A"));
    assert_eq!(subjects("worker.created", r#"{"schemas":["urn:x"],"id":"p1"}"#), person("p1"));
    let upper = format!(r#"{{"id":"{}"}}"#, PROFILE.to_uppercase());
    assert_eq!(subjects("Worker.V2.Updated", &upper), person(PROFILE));
    let too_long = format!(r#"{{"id":"{}"}}"#, "x".repeat(129));
    for resource in [
        r#"{"id":""}"#,
        r#"{"id":"../admin"}"#,
        r#"{"id":77}"#,
        r#"{"id":null}"#,
        r#"{"id":["p1"]}"#,
        "{}",
        &too_long,
    ] {
        assert_eq!(subjects("worker.v2.updated", resource), [Subject::Unresolved], "{resource}");
    }
}

#[test]
fn employee_events_name_a_profile_or_a_contract() {
    let read = |resource: &str| subjects("employee.updated.direct", resource);
    for key in ["hris_profile_id", "profile_id", "hrisProfileId", "hris-profile-oid", "profileId"] {
        assert_eq!(
            read(&format!(r#"{{"id":"k4m9x2p","{key}":"p1","contract_id":"c1"}}"#)),
            person("p1"),
            "{key}"
        );
    }
    assert_eq!(read(r#"{"hris_profile":{"id":"p1"}}"#), person("p1"));
    assert_eq!(read(&format!(r#"{{"id":"{PROFILE}"}}"#)), person(PROFILE));
    assert_eq!(read(r#"{"id":"k4m9x2p"}"#), [Subject::Unresolved]);
    assert_eq!(read(r#"{"id":4,"contract_id":"k4m9x2p"}"#), contract("k4m9x2p"));
    assert_eq!(read(r#"{"profile_id":12,"contractId":"k4m9x2p"}"#), contract("k4m9x2p"));
}

#[test]
fn contract_events_name_the_contract() {
    let read = |resource: &str| subjects("contract.status.updated", resource);
    assert_eq!(read(r#"{"id":"k4m9x2p"}"#), contract("k4m9x2p"));
    assert_eq!(read(r#"{"id":"amendment-1","contract_id":"k4m9x2p"}"#), contract("k4m9x2p"));
    assert_eq!(read(r#"{"id":"k4m9x2p","hris_profile_id":"p1"}"#), person("p1"));
    assert_eq!(read(r#"{"contract":{"id":"k4m9x2p"}}"#), contract("k4m9x2p"));
    assert_eq!(read("{}"), [Subject::Unresolved]);
}

#[test]
fn other_events_about_people_name_only_what_is_spelled_out() {
    for name in [
        "onboarding.status.updated",
        "offboarding.started",
        "gp.termination.confirmed",
        "eor.amendment.status.updated",
    ] {
        assert_eq!(subjects(name, r#"{"id":"flow-1","hris_profile_id":"p1"}"#), person("p1"), "{name}");
        assert_eq!(subjects(name, r#"{"id":"flow-1","contract":{"id":"c1"}}"#), contract("c1"), "{name}");
        assert_eq!(subjects(name, r#"{"id":"flow-1"}"#), [Subject::Unresolved], "{name}");
    }
}

#[test]
fn a_person_like_event_without_a_resource_is_unresolved() {
    for resource in ["null", "7", "\"x\"", "[]", "[null,3]", "true"] {
        assert_eq!(subjects("worker.v2.updated", resource), [Subject::Unresolved], "{resource}");
    }
    let missing = br#"{"data":{"meta":{"event_type":"worker.v2.updated"}}}"#;
    assert_eq!(parse(missing).unwrap().subjects, [Subject::Unresolved]);
}

#[test]
fn several_resources_are_several_subjects_each_once() {
    let list = r#"[{"id":"p1"},{"id":"p2"},{"id":"p1"},{},{"id":9}]"#;
    let expected = [person("p1"), person("p2"), vec![Subject::Unresolved]].concat();
    assert_eq!(subjects("worker.v2.updated", list), expected);

    let many = |count: usize| {
        let rows: Vec<String> = (0..count).map(|n| format!(r#"{{"id":"p{n}"}}"#)).collect();
        subjects("worker.v2.updated", &format!("[{}]", rows.join(",")))
    };
    assert_eq!(many(MAX_SUBJECTS).len(), MAX_SUBJECTS);
    assert_eq!(many(MAX_SUBJECTS + 1), [Subject::Unresolved]);
}

#[test]
fn leaving_is_urgent() {
    for name in [
        "worker.v2.deleted",
        "contract.terminated",
        "gp.termination.confirmed",
        "offboarding.x",
        "new.termination.kind",
    ] {
        let event = event(name, "{}");
        assert_eq!((event.kind, event.urgency), (EventKind::Person, Urgency::Urgent), "{name}");
    }
    for name in
        ["worker.v2.updated", "worker.v2.created", "contract.created", "time-off.deleted", "unheard.of"]
    {
        assert_eq!(event(name, "{}").urgency, Urgency::Ordinary, "{name}");
    }
    for body in [
        r#"{"id":"p1","hiring_status":"Offboarding"}"#,
        r#"{"id":"p1","hiring_status":"inactive"}"#,
        r#"{"id":"p1","termination_last_day":"2026-05-04"}"#,
    ] {
        assert_eq!(event("worker.v2.updated", body).urgency, Urgency::Urgent, "{body}");
    }
    let ordinary =
        r#"{"id":"p1","hiring_status":"active","termination_last_day":"","termination_date":null}"#;
    assert_eq!(event("worker.v2.updated", ordinary).urgency, Urgency::Ordinary);
}

#[test]
fn what_concerns_nobody_has_no_subjects() {
    let revoked = event("oauth2.token.revoked", r#"{"id":"x"}"#);
    assert!(revoked.is_token_revoked());
    assert_eq!((revoked.kind, revoked.subjects.len()), (EventKind::Irrelevant, 0));
    assert_eq!(event("time-off.created", r#"{"contract_id":"c1"}"#).kind, EventKind::Irrelevant);
    assert_eq!(event("gp.payslips.available", r#"[{"contract_id":"c1"}]"#).kind, EventKind::Irrelevant);
    let unknown = event("brand.new", r#"{"id":"p1","hris_profile_id":"p1"}"#);
    assert_eq!((unknown.kind, unknown.subjects.len(), unknown.family()), (EventKind::Unknown, 0, "other"));
}

#[test]
fn any_object_is_an_event() {
    for body in [
        "{}",
        r#"{"data":null}"#,
        r#"{"data":[]}"#,
        r#"{"data":{"meta":"x"}}"#,
        r#"{"data":{"meta":{"event_type":null}}}"#,
        r#"{"data":{"meta":{"event_type":"  "},"resource":{"id":"p1"}}}"#,
        r#"{"data":{"meta":{"event_type":{"a":1}}}}"#,
        "\u{feff} {\n}\t",
    ] {
        let event = parse(body.as_bytes()).unwrap();
        assert_eq!(
            (event.kind, event.label(), event.family()),
            (EventKind::NoMeta, "none", "none"),
            "{body}"
        );
        assert!(event.subjects.is_empty());
    }
    let bare = parse(br#"{"meta":{"event_type":"worker.v2.updated"},"resource":{"id":"p1"}}"#).unwrap();
    assert_eq!(bare.subjects, person("p1"));
}

#[test]
fn only_a_plain_yes_is_a_simulation() {
    let simulation = |value: &str| {
        let body =
            format!(r#"{{"data":{{"meta":{{"event_type":"worker.v2.updated","is_simulation":{value}}}}}}}"#);
        parse(body.as_bytes()).unwrap().is_simulation
    };
    assert!(simulation("true") && simulation("\"true\"") && simulation("1"));
    assert!(
        !simulation("false")
            && !simulation("null")
            && !simulation("\"\"")
            && !simulation("0")
            && !simulation("{}")
    );
}

#[test]
fn what_is_no_object_is_refused_with_its_place() {
    let error = |body: &[u8]| parse(body).unwrap_err();
    for body in ["[]", "null", "7", "\"x\"", " [{}] "] {
        assert_eq!(error(body.as_bytes()), EnvelopeError::NotAnObject, "{body}");
    }
    insta::assert_snapshot!(error(b""), @"body is not JSON: syntax error at line 1, column 0");
    insta::assert_snapshot!(error(b"{\n  \"secret name\" 1}"), @"body is not JSON: syntax error at line 2, column 17");
    insta::assert_snapshot!(error(b"{} {}"), @"body is not JSON: syntax error at line 1, column 4");
    insta::assert_snapshot!(error(b"\xff\xfe"), @"body is not JSON: syntax error at line 1, column 1");
    assert!(matches!(error(b"{\"a\":"), EnvelopeError::NotJson { line: 1, .. }));
}

#[test]
fn depth_hides_nothing_and_breaks_nothing() {
    let nest = |open: &str, close: &str| format!("{}0{}", open.repeat(10_000), close.repeat(10_000));
    for deep in [nest("[", "]"), nest("{\"a\":", "}")] {
        let known = event("worker.v2.deleted", &format!(r#"{{"before":{deep},"id":"p1","after":{deep}}}"#));
        assert_eq!((known.subjects, known.urgency), (person("p1"), Urgency::Urgent));
        assert_eq!(subjects("worker.v2.updated", &deep), [Subject::Unresolved]);
        let unknown = parse(format!(r#"{{"x":{deep}}}"#).as_bytes()).unwrap();
        assert_eq!(unknown.kind, EventKind::NoMeta);
    }
    assert_eq!(parse(nest("[", "]").as_bytes()), Err(EnvelopeError::NotAnObject));
    assert!(matches!(parse("[".repeat(10_000).as_bytes()), Err(EnvelopeError::NotJson { .. })));
    assert!(matches!(parse("{\"a\":".repeat(10_000).as_bytes()), Err(EnvelopeError::NotJson { .. })));
}

#[test]
fn odd_values_elsewhere_hide_nothing() {
    let resource = br#"{"n":1e99999,"s":"\ud83d","u":"caf"#;
    let mut body = br#"{"data":{"meta":{"event_type":"nope","event_type":"worker.v2.updated","organization_id":90210},"resource":"#.to_vec();
    body.extend_from_slice(resource);
    body.extend_from_slice(b"\xe9\",\"id\":\"p0\",\"id\":\"p1\"}}}");
    let event = parse(&body).unwrap();
    assert_eq!((event.subjects, event.organization_id.as_deref()), (person("p1"), Some("90210")));
}

#[test]
fn labels_are_bounded_and_plain() {
    let label = |name: &str| event(name, "{}").label().to_owned();
    assert_eq!(label("time-off.created_2"), "time-off.created_2");
    for odd in ["Ann Example", "worker.v2.Updated", "x y", "é", &"x".repeat(65)] {
        assert_eq!(label(odd), "other", "{odd}");
    }
    let long = event(&"é".repeat(10_000), "{}");
    assert_eq!(long.event_type.unwrap().chars().count(), 128);
}

/// JSON of any shape, with the keys that matter sprinkled in.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("1e999".to_owned()),
        Just(r#""\udc00""#.to_owned()),
        Just(r#""worker.v2.deleted""#.to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        "[a-z0-9 .-]{0,12}".prop_map(|s| format!("\"{s}\"")),
    ];
    let key = prop::sample::select(vec![
        "data",
        "meta",
        "resource",
        "event_type",
        "id",
        "contract",
        "hris_profile_id",
        "x",
    ]);
    leaf.prop_recursive(6, 64, 6, move |inner| {
        let entry = (key.clone(), inner.clone()).prop_map(|(key, value)| format!("\"{key}\":{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(entry, 0..6).prop_map(|entries| format!("{{{}}}", entries.join(","))),
        ]
    })
}

fn assert_sound(event: &Event) {
    assert_eq!(event.kind == EventKind::Person, !event.subjects.is_empty());
    assert!(event.subjects.len() <= MAX_SUBJECTS);
    assert!(event.label().len() <= 64);
}

proptest! {
    #[test]
    fn any_bytes_are_an_event_or_an_error(body: Vec<u8>) {
        if let Ok(event) = parse(&body) {
            assert_sound(&event);
        }
    }

    #[test]
    fn any_object_is_accepted(value in json()) {
        match parse(value.as_bytes()) {
            Ok(event) => assert_sound(&event),
            Err(error) => {
                prop_assert_eq!(error, EnvelopeError::NotAnObject);
                prop_assert_ne!(value.chars().next(), Some('{'));
            }
        }
        let event = parse(format!(r#"{{"data":{{"meta":{{"event_type":"contract.x"}},"resource":{value}}}}}"#).as_bytes());
        assert_sound(&event.unwrap());
    }
}
