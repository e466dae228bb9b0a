//! Person records: the documented shape, each documented oddity, and anything else.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use deel::PersonRecord;
use jiff::civil::date;
use proptest::prelude::*;

fn read(text: &str) -> PersonRecord {
    PersonRecord::from_json(text).unwrap()
}

fn single() -> PersonRecord {
    let text = include_str!("fixtures/people/single.json");
    read(text.trim().strip_prefix("{\n  \"data\":").unwrap().strip_suffix('}').unwrap())
}

#[test]
fn the_documented_shape() {
    let person = single();
    assert_eq!(person.id.as_deref(), Some("7b1f0a52-4d0e-4f0a-9c63-2f5b8a9d1e40"));
    assert_eq!(person.worker_id.as_deref(), Some("4711"));
    assert_eq!((person.external_id.as_deref(), person.preferred_last_name.as_deref()), (None, None));
    assert_eq!(person.work_email(), Some("Ines.Madeup@kestrel.example"));
    assert_eq!(person.status.as_deref(), Some("offboarding"));
    assert_eq!((person.start_date, person.last_day), (Some(date(2024, 2, 1)), Some(date(2026, 5, 29))));
    assert_eq!(person.department.as_deref(), Some("Machining"));
    assert_eq!(person.work_location.as_deref(), Some("Porto"));
    assert_eq!(person.team.as_deref(), Some("Night shift"));
    let entity = person.entity.as_ref().unwrap();
    assert_eq!((entity.id.as_deref(), entity.name.as_deref()), (Some("8123"), Some("Kestrel Works Lda")));
    assert_eq!(person.contract_ids().collect::<Vec<_>>(), ["k4m9x2p", "p0p0p0p"]);
    let ended: Vec<_> = person.employments.iter().map(|e| (e.is_ended, e.last_day)).collect();
    assert_eq!(ended, [(Some(false), Some(date(2026, 5, 29))), (Some(true), None)]);
    assert_eq!((person.unreadable.len(), person.sensitive_withheld), (0, false));
}

#[test]
fn oddities_cost_their_field_and_no_more() {
    let person = read(include_str!("fixtures/people/odd.json"));
    assert_eq!(person.id.as_deref(), Some("7b1f0a52-4d0e-4f0a-9c63-2f5b8a9d1e40"), "a UUID in lower case");
    assert_eq!((person.worker_id.as_deref(), person.external_id.as_deref()), (Some("4711"), Some("99")));
    assert_eq!((person.first_name.as_deref(), person.last_name.as_deref()), (Some("12"), Some("true")));
    assert_eq!(person.work_email(), Some("ines@kestrel.example"));
    assert_eq!(person.status.as_deref(), Some("onboarding_overdue"));
    assert_eq!(person.last_day, Some(date(2026, 5, 29)));
    assert_eq!(
        (person.department.as_deref(), person.work_location.as_deref()),
        (Some("Machining"), Some("Remote"))
    );
    assert_eq!((person.team.as_deref(), person.country.as_deref()), (None, None));
    assert_eq!(person.entity.as_ref().unwrap().name.as_deref(), Some("Kestrel"));
    let unreadable = [
        "full_name",
        "emails",
        "job_title",
        "start_date",
        "direct_employee_termination_last_day",
        "employments",
    ];
    assert_eq!(person.unreadable, unreadable);
    let ended: Vec<_> = person.employments.iter().map(|e| (e.id.as_deref(), e.is_ended)).collect();
    let expected = [
        (Some("5"), Some(false)),
        (Some("e2"), Some(true)),
        (Some("e3"), None),
        (Some("e4"), None),
        (None, None),
    ];
    assert_eq!(ended, expected);
    assert_eq!(person.employments[2].unreadable, ["is_ended"]);
}

#[test]
fn each_name_of_the_last_day_counts() {
    for field in [
        "termination_last_day",
        "direct_employee_termination_last_day",
        "worker_termination_last_date_of_work",
        "last_day_of_work_local_date",
    ] {
        let person = read(&format!(
            r#"{{"{field}":"2026-05-29T22:00:00.000Z","employments":[{{"{field}":"2026-05-28"}}]}}"#
        ));
        assert_eq!(person.last_day, Some(date(2026, 5, 29)), "{field}");
        assert_eq!(person.employments[0].last_day, Some(date(2026, 5, 28)), "{field}");
        let unreadable = read(&format!(r#"{{"{field}":1780005600}}"#));
        assert_eq!((unreadable.last_day, unreadable.unreadable.as_slice()), (None, [field].as_slice()));
    }
    assert_eq!(
        read(r#"{"completion_date":"2020-01-01"}"#).last_day,
        None,
        "the end of pay is not the last day of work"
    );
}

#[test]
fn employments_that_cannot_be_read_are_not_taken_for_ended() {
    let unclear = |text: &str| read(text).employments.iter().filter(|e| e.is_ended.is_none()).count();
    assert_eq!(unclear(r#"{"employments":"many"}"#), 1);
    assert_eq!(unclear(r#"{"employments":[{"is_ended":true},null]}"#), 1);
    assert_eq!(read(r#"{"employments":null}"#).employments.len(), 0);
    assert_eq!(read("{}").employments.len(), 0);
}

#[test]
fn withheld_is_when_the_keys_are_absent() {
    let withheld = |text: &str| read(text).sensitive_withheld;
    assert!(withheld(r#"{"id":"p1","hiring_status":"active"}"#));
    assert!(!withheld(r#"{"id":"p1","first_name":null,"last_name":null,"emails":null}"#));
    assert!(!withheld(r#"{"id":"p1","emails":[]}"#));
    assert!(!withheld(r#"{"id":"p1","first_name":"Mononym"}"#));
}

#[test]
fn only_the_work_address_is_the_work_email() {
    let email = |emails: &str| read(&format!(r#"{{"emails":{emails}}}"#)).work_email().map(str::to_owned);
    assert_eq!(
        email(r#"[{"type":"primary","value":"a@b.example"},{"type":"personal","value":"c@d.example"}]"#),
        None
    );
    assert_eq!(email(r#"[{"type":"work","value":null}]"#), None);
    assert_eq!(
        email(r#"[{"type":"work","value":"  "},{"type":"WORK","value":" x@y.example "}]"#).as_deref(),
        Some("x@y.example")
    );
    assert_eq!(email(r#"[{"value":"x@y.example"}]"#), None);
    assert_eq!(email(r#"{"work":"x@y.example"}"#), None);
}

#[test]
fn a_long_name_in_any_script_is_kept_whole() {
    let name = "لـ\u{301}𝒜".repeat(2_500);
    assert_eq!(read(&format!(r#"{{"first_name":"{name}"}}"#)).first_name.unwrap(), name);
}

#[test]
fn nothing_personal_prints() {
    let debug = format!("{:?} {:?}", single(), single().emails);
    for secret in ["Ines", "Made", "kestrel", "home.example", "Lathe"] {
        assert!(!debug.contains(secret), "{secret} in {debug}");
    }
    assert!(debug.contains("7b1f0a52"));
}

fn value() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "null",
        "true",
        "-1",
        "1e999",
        "\"\"",
        "\" x \"",
        "\"\\ud800\"",
        "\"2026-05-29\"",
        "\"2026-05-29T25\"",
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        "{\"name\":1}",
        "{\"name\":{}}",
        "[null,{\"id\":1,\"is_ended\":\"x\"}]",
        "[{\"type\":1,\"value\":[]}]",
    ])
    .prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn any_bytes_are_a_person_or_refused(text: String) {
        let _ = PersonRecord::from_json(&text);
    }

    #[test]
    fn any_object_is_a_person(fields in prop::collection::vec((
        prop::sample::select(vec![
            "id", "worker_id", "first_name", "emails", "hiring_status", "start_date", "termination_last_day", "department",
            "work_location", "team", "client_legal_entity", "employments", "timezone", "is_ended",
        ]), value()), 0..20))
    {
        let fields: Vec<String> = fields.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        let person = PersonRecord::from_json(&format!("{{{}}}", fields.join(",")));
        prop_assert!(person.is_ok());
    }
}
