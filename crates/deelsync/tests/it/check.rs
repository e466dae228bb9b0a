//! `check` against the simulators: what a newcomer reads.

use crate::support::Place;
use simulators::{Running, deel, jumpcloud};

fn against(deel: deel::Options, jumpcloud: jumpcloud::Options) -> (Place, Running, Running) {
    let deel = deel::start(deel).unwrap();
    let jumpcloud = jumpcloud::start(jumpcloud).unwrap();
    let mut place = Place::complete();
    place
        .set("DEEL_BASE_URL", &format!("{}/rest/v2", deel.base_url))
        .set("JUMPCLOUD_BASE_URL", &format!("{}/api", jumpcloud.base_url));
    (place, deel, jumpcloud)
}

fn people() -> deel::Options {
    deel::Options {
        people: 12,
        organization: Some("3e214829-0000-4000-8000-00000000000a".to_owned()),
        ..Default::default()
    }
}

fn accounts() -> jumpcloud::Options {
    jumpcloud::Options { accounts: 5, ..Default::default() }
}

#[test]
fn what_works_reads_as_a_success() {
    let (mut place, deel, jumpcloud) = against(people(), accounts());
    let output = place.run(&["check"]).expect(0);
    for line in [
        "! Settings   observe mode",
        "! Settings   no time zone of the organization",
        "✓ Redis      answers",
        "✓ Deel       the token works, for ",
        "✓ Deel       people can be read: 12 in all",
        "✓ Webhook    a signing key is set",
        "! Webhook    no subscription delivers",
        "✓ JumpCloud  the API key works in region us",
        "✓ JumpCloud  users can be read: ",
        "Everything needed works",
    ] {
        assert!(output.stdout.contains(line), "{line}:\n{}", output.stdout);
    }
    assert!(!output.stdout.contains('✗'), "{}", output.stdout);
    place.set("DEELSYNC_MODE", "enforce").set("DEELSYNC_SYNC_ORGANIZATION_ZONE", "Europe/Berlin");
    let json = place.run(&["check", "--format", "json"]).expect(0).json();
    assert_eq!((json["ok"].as_bool(), json["missing"].as_u64()), (Some(true), Some(0)), "{json}");
    assert!(place.servers().is_empty());
    drop((deel, jumpcloud));
}

#[test]
fn a_subscription_is_looked_at() {
    let url = "https://deelsync.example/webhooks/deel".to_owned();
    let (place, _deel, _jumpcloud) = against(deel::Options { deliver_to: Some(url), ..people() }, accounts());
    let output = place.run(&["check"]).expect(0);
    let words = "to https://deelsync.example/webhooks/deel is enabled, with";
    assert!(output.stdout.contains(words), "{}", output.stdout);
}

#[test]
fn withheld_sensitive_data_are_an_error_with_its_remedy() {
    let (place, _deel, _jumpcloud) =
        against(deel::Options { withhold_sensitive: true, ..people() }, accounts());
    let output = place.run(&["check"]).expect(1);
    assert!(
        output.stdout.contains("✗ Deel       people can be read, but names and emails are withheld"),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("tick the box for sensitive data"), "{}", output.stdout);
}

#[test]
fn a_missing_scope_is_named() {
    let scopes = vec!["people:read".to_owned()];
    let (place, _deel, _jumpcloud) =
        against(deel::Options { missing_scopes: scopes, ..people() }, accounts());
    let output = place.run(&["check"]).expect(1);
    assert!(
        output.stdout.contains("→ make a new token that has the scope people:read as well"),
        "{}",
        output.stdout
    );
}

#[test]
fn wrong_credentials_are_told_apart() {
    let (mut place, _deel, _jumpcloud) = against(people(), accounts());
    place.set("DEEL_API_TOKEN", "wrong").set("JUMPCLOUD_API_KEY", "wrong").set("JUMPCLOUD_REGION", "eu");
    let output = place.run(&["check"]).expect(1);
    assert!(output.stdout.contains("✗ Deel       Deel refused the token (401)"), "{}", output.stdout);
    assert!(
        output.stdout.contains("✗ JumpCloud  JumpCloud does not accept the credentials"),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("The region is eu now"), "{}", output.stdout);
    assert!(!output.stdout.contains("wrong"), "{}", output.stdout);
}

#[test]
fn nothing_set_and_nobody_there_is_a_list_of_what_to_do() {
    let output = Place::new().run(&["check"]).expect(1);
    for line in [
        "✗ Deel       DEEL_API_TOKEN",
        "✗ Webhook    DEEL_SIGNING_KEYS",
        "✗ JumpCloud  JUMPCLOUD_API_KEY",
        "Not ready: 3",
    ] {
        assert!(output.stdout.contains(line), "{line}:\n{}", output.stdout);
    }
    let output = Place::complete().run(&["check"]).expect(1);
    assert!(output.stdout.contains("✗ Deel       Deel is unavailable"), "{}", output.stdout);
    assert!(output.stdout.contains("✗ JumpCloud  JumpCloud is unavailable"), "{}", output.stdout);
    assert!(!output.stdout.contains("None"), "{}", output.stdout);
}

#[test]
fn a_plan_and_a_sync_of_one_person_in_observe_mode() {
    let (place, deel, _jumpcloud) =
        against(people(), jumpcloud::Options { accounts: 0, ..Default::default() });
    let person = first_active(&deel);
    let planned = place.run(&["plan", "--person", &person]).expect(2);
    assert!(planned.stdout.contains("Changes pending"), "{}", planned.stdout);
    let json = place.run(&["plan", "--person", &person, "--format", "json"]).expect(2).json();
    assert_eq!(json["pending"], true);
    let synced = place.run(&["sync", "--person", &person]).expect(0);
    assert!(synced.stdout.contains("observe mode, nothing written"), "{}", synced.stdout);
    let why = place.run(&["why", &person]).expect(0);
    assert!(why.stdout.contains("operator:sync") && why.stdout.contains("would be done:"), "{}", why.stdout);
    let lately = place.run(&["why"]).expect(0);
    assert!(lately.stdout.contains("creation would be done"), "{}", lately.stdout);
    assert_eq!(
        place.run(&["why", "--limit", "1", "--format", "json"]).expect(0).json().as_array().unwrap().len(),
        1
    );
}

#[test]
fn a_person_nobody_knows_is_no_success() {
    let (place, _deel, _jumpcloud) = against(people(), accounts());
    let nobody = "0a1b2c3d-0000-4000-8000-00000000000a";
    let planned = place.run(&["plan", "--person", nobody]).expect(1);
    assert!(planned.stdout.is_empty() && planned.stderr.contains("Deel does not know"), "{}", planned.stderr);
    assert_eq!(place.run(&["plan", "--person", nobody, "--format", "json"]).expect(1).json()["found"], false);
}

#[test]
fn an_order_under_a_pause_is_on_record_and_its_job_is_kept() {
    let (mut place, deel, _jumpcloud) =
        against(people(), jumpcloud::Options { accounts: 0, ..Default::default() });
    place.set("DEELSYNC_MODE", "enforce");
    let person = first_active(&deel);
    place.run(&["sync", "--person", &person]).expect(0);
    place.run(&["pause", "--reason", "x"]).expect(0);
    let told = place.run(&["suspend", &person, "--reason", "lost laptop"]).expect(1);
    assert!(
        told.stderr.contains("on record as hold") && told.stderr.contains("deelsync resume"),
        "{}",
        told.stderr
    );
    let json =
        place.run(&["suspend", &person, "--reason", "lost laptop", "--format", "json"]).expect(1).json();
    let hold = json["hold"].as_str().unwrap().to_owned();
    let kept = place.run(&["queue", "discard", &person]).expect(1);
    assert!(kept.stderr.contains(&format!("holds release {hold}")), "{}", kept.stderr);
    let planned = place.run(&["plan", "--person", &person]).expect(2);
    assert!(planned.stdout.starts_with("Under an operator's order"), "{}", planned.stdout);
    let listed = place.run(&["holds", "list"]).expect(0);
    assert!(listed.stderr.contains("holds release"), "{}", listed.stderr);
    place.run(&["holds", "release", &hold, "--format", "json"]).expect(0).json();
    place.run(&["queue", "discard", &person]).expect(0);
}

#[test]
fn a_plan_that_only_waits_says_so() {
    let (mut place, deel, jumpcloud) =
        against(people(), jumpcloud::Options { accounts: 0, ..Default::default() });
    place.set("DEELSYNC_MODE", "enforce");
    place.file("[limits.creation]\ncount = 0\npercent = 0.1\n");
    let person = first_active(&deel);
    let planned = place.run(&["plan", "--person", &person]).expect(2);
    assert!(planned.stdout.contains("would be held as limit"), "{}", planned.stdout);
    assert!(planned.stdout.contains("waits for a decision") && !planned.stdout.contains("makes them now"));
    place.run(&["sync", "--person", &person]).expect(0);
    let planned = place.run(&["plan", "--person", &person]).expect(2);
    assert!(planned.stdout.contains("deelsync holds show"), "{}", planned.stdout);
    drop(jumpcloud);
}

#[test]
fn a_sync_in_enforce_mode_creates_and_a_suspension_holds() {
    let (mut place, deel, _jumpcloud) =
        against(people(), jumpcloud::Options { accounts: 0, ..Default::default() });
    place.set("DEELSYNC_MODE", "enforce");
    let person = first_active(&deel);
    let synced = place.run(&["sync", "--person", &person, "--format", "json"]).expect(0).json();
    assert_eq!(synced["outcome"], "applied", "{synced}");
    place.run(&["plan", "--person", &person]).expect(0);
    let suspended =
        place.run(&["suspend", &person, "--reason", "lost laptop", "--format", "json"]).expect(0).json();
    let hold = suspended["hold"].as_str().unwrap().to_owned();
    let shown = place.run(&["holds", "show", &hold]).expect(0);
    assert!(shown.stdout.contains(&format!("deelsync holds release {hold}")), "{}", shown.stdout);
    // The account was never in use: that it will be now is for somebody to say.
    let asked = place.run(&["holds", "release", &hold]).expect(1);
    assert!(asked.stderr.contains("STAGED") && asked.stderr.contains("--yes"), "{}", asked.stderr);
    place.run(&["holds", "release", &hold, "--yes"]).expect(0);
    let back = place.run(&["sync", "--person", &person, "--format", "json"]).expect(0).json();
    assert_eq!(back["outcome"], "applied", "{back}");
}

/// The id of somebody active with a work email, as the fake Deel tells it.
fn first_active(deel: &Running) -> String {
    use std::io::{Read, Write};
    let address = deel.base_url.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /rest/v2/people?limit=100&offset=0 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sim-token\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let body = &answer[answer.find('{').unwrap()..=answer.rfind('}').unwrap()];
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    let people = json["data"].as_array().unwrap();
    let active = people.iter().find(|person| {
        let work = |email: &serde_json::Value| email["type"] == "work" && email["value"].is_string();
        person["hiring_status"] == "active"
            && person["emails"].as_array().is_some_and(|emails| emails.iter().any(work))
    });
    active.expect("somebody active")["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_vendor_that_limits_is_waited_for() {
    let (mut place, deel, _jumpcloud) = against(
        deel::Options { rate: Some(1), ..people() },
        jumpcloud::Options { accounts: 0, ..Default::default() },
    );
    place.set("DEEL_RATE_LIMIT", "5");
    let person = first_active(&deel);
    // This request and the one above are closer together than the fake Deel allows.
    let synced = place.run(&["sync", "--person", &person]).expect(0);
    assert!(synced.stdout.contains("nothing written"), "{}\n{}", synced.stdout, synced.stderr);
}
