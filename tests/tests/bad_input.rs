//! What no vendor should send, and what is not there: each gets a clear message with the id and the remedy, and loses
//! nothing.

#![allow(clippy::expect_used, clippy::panic)] // a failure in a helper is the test's failure

use std::time::Duration;

use e2e::{SOON, Stub, World, deliver, event, id_of, somebody};
use harness::{eventually, holds_for};
use serde_json::{Value, json};
use test_redis::{Persistence, TestRedis};

/// Syncs somebody who is to be skipped, and gives the words about it. Whatever the account was, it stays.
async fn skipped(world: &World, person: &str) -> String {
    let before = world.jumpcloud.journal().await.len();
    let synced = world.cli(&["sync", "--person", person]).await.expect_code(0).stdout;
    assert!(synced.contains(&format!("Person {person} is skipped")), "{synced}");
    assert_eq!(world.jumpcloud.journal().await.len(), before, "nothing is written: {synced}");
    let why = world.cli(&["why", person]).await.expect_code(0).stdout;
    let words = synced.lines().find_map(|line| line.trim().strip_prefix("skipped: ")).expect("the reason");
    assert!(why.contains(words), "{why}");
    words.to_owned()
}

fn named(first: &str, last: &str) -> Value {
    json!({"first_name": first, "last_name": last, "work_email": "named@example.com"})
}

#[tokio::test]
async fn without_a_work_email_nobody_is_created_and_it_is_said_who_mends_it() {
    let world = World::empty().await;
    let mut fields = somebody("No", "Address");
    fields["work_email"] = Value::Null;
    let person = world.hired_silently(fields).await;
    assert_eq!(
        skipped(&world, &person).await,
        "Deel has no work email for this person; give them one in Deel"
    );
    // Not any other address: they have a personal one.
    let personal = world.deel.call("GET", &format!("/_sim/people/{person}"), None).await;
    assert!(personal["emails"].to_string().contains('@'), "{personal}");

    // Whoever has an account keeps it and its address.
    let (linked, _) = world.active(somebody("Once", "Addressed")).await;
    world.changed_silently(&linked, json!({"work_email": null, "job_title": "Hermit"})).await;
    world.synced(&linked).await;
    let account = world.account_now(&linked).await;
    assert_eq!(
        (&account["email"], &account["jobTitle"]),
        (&json!("once.addressed@example.com"), &json!("Hermit"))
    );
    assert_eq!(account["state"], "ACTIVATED");
}

#[tokio::test]
async fn an_address_that_is_none_is_skipped_with_what_is_wrong() {
    let world = World::empty().await;
    let long = format!("{}@example.com", "x".repeat(1013));
    assert_eq!(long.chars().count(), 1025);
    for address in
        [long.as_str(), "no-at-sign", "two@at@signs", "with space@example.com", "@", "a\u{0}b@example.com"]
    {
        let mut fields = somebody("Odd", "Address");
        fields["work_email"] = json!(address);
        let person = world.hired_silently(fields).await;
        let words = skipped(&world, &person).await;
        assert!(
            words.starts_with("the work email in Deel ") && words.ends_with("correct it in Deel"),
            "{words}"
        );
        assert!(address == "@" || !words.contains(address), "no values: {words}");
    }
    let (linked, _) = world.active(somebody("Fine", "Address")).await;
    world.changed_silently(&linked, json!({"work_email": long})).await;
    assert_eq!(world.synced(&linked).await["outcome"], "in-sync");
    assert_eq!(world.account_now(&linked).await["email"], "fine.address@example.com");
}

#[tokio::test]
async fn the_longest_address_is_one() {
    let world = World::empty().await;
    let long = format!("{}@example.com", "x".repeat(1012));
    assert_eq!(long.len(), 1024);
    let (_, account) =
        world.created(json!({"first_name": "Long", "last_name": "Address", "work_email": long})).await;
    assert_eq!(account["email"], long);
}

#[tokio::test]
async fn without_a_name_nobody_is_created() {
    let world = World::empty().await;
    for nothing in [Value::Null, json!(""), json!("  \t ")] {
        let mut fields = named("", "");
        for key in ["first_name", "last_name", "full_name", "preferred_first_name", "preferred_last_name"] {
            fields[key] = nothing.clone();
        }
        let person = world.hired_silently(fields).await;
        assert_eq!(skipped(&world, &person).await, "Deel has no name for this person; give them one in Deel");
    }
    let mut fields = named("☃☃☃", "…·–");
    fields["full_name"] = json!("☃☃☃ …·–");
    let person = world.hired_silently(fields).await;
    let words = skipped(&world, &person).await;
    assert!(words.contains("no letter of this person's name") && words.contains("by hand"), "{words}");
}

#[tokio::test]
async fn every_name_with_a_letter_in_it_gives_a_username() {
    let world = World::empty().await;
    let zalgo = "Z\u{0300}\u{0301}\u{0302}\u{0303}a\u{0330}l\u{0334}go";
    let names = [
        ("محمد", "الفاتح"),
        ("\u{202e}Evil\u{202c}", "Override"),
        ("שרה", "כהן"),
        (zalgo, "Combining"),
        ("Nguyễn Thị", "Ánh"),
        ("李", "小龙"),
        ("Ægir", "Þórsson"),
        ("O'Neill-Smith", "d’Arc"),
        ("Root", ""),
        ("a\nb\tc", "d\u{0}e"),
    ];
    for (number, (first, last)) in names.into_iter().enumerate() {
        let address = format!("name{number}@example.com");
        let (_, account) =
            world.created(json!({"first_name": first, "last_name": last, "work_email": address})).await;
        let username = account["username"].as_str().expect("a username");
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        assert!(
            username.chars().all(plain) && username.starts_with(|c: char| c.is_ascii_lowercase()),
            "{username}"
        );
        assert!(username.len() <= 30 && username != "root", "{username}");
        let shown = account["firstname"].as_str().expect("a first name");
        assert!(!shown.contains(char::is_control), "{shown:?}");
    }
    // What a person is called stays as it is written.
    let accounts = world.jumpcloud.accounts().await;
    for written in ["محمد", "Nguyễn Thị", "李", "Ægir", zalgo] {
        assert!(accounts.iter().any(|account| account["firstname"] == written), "{written}");
    }
}

#[tokio::test]
async fn ten_thousand_letters_are_cut_to_what_jumpcloud_takes() {
    let world = World::empty().await;
    let fields = named(&"Á".repeat(10_000), &"b".repeat(10_000));
    let (person, account) = world.created(fields).await;
    assert_eq!(account["username"].as_str().map(str::len), Some(30));
    for field in ["firstname", "lastname", "displayname"] {
        assert_eq!(account[field].as_str().map(|text| text.chars().count()), Some(1024), "{field}");
    }
    // What was cut is not written again and again.
    assert_eq!(world.synced(&person).await["outcome"], "in-sync");
    // A namesake gets another one of the same length.
    let mut fields = named(&"Á".repeat(10_000), &"b".repeat(10_000));
    fields["work_email"] = json!("namesake@example.com");
    let (_, other) = world.created(fields).await;
    assert_eq!(other["username"].as_str().map(str::len), Some(30));
    assert_ne!(other["username"], account["username"]);
}

#[tokio::test]
async fn numbers_where_texts_belong_are_texts() {
    let world = World::empty().await;
    let fields = json!({
        "first_name": 42, "last_name": "Numbers", "full_name": 7.5, "work_email": "numbers@example.com",
        "job_title": 99, "country": 1, "department": 12, "work_location": {"name": 3}, "timezone": 0,
        "client_legal_entity": {"id": 5, "name": 6}, "team": {"id": 1, "name": 8}, "hiring_type": true,
    });
    let (person, account) = world.created(fields).await;
    for (field, text) in [
        ("firstname", "42"),
        ("displayname", "7.5"),
        ("jobTitle", "99"),
        ("department", "12"),
        ("location", "3"),
        ("company", "6"),
        ("costCenter", "8"),
        ("employeeType", "true"),
    ] {
        assert_eq!(account[field], text, "{field}");
    }
    assert_eq!(world.synced(&person).await["outcome"], "in-sync");
    // Nothing to be read is nothing, not an error.
    let odd =
        json!({"job_title": [1], "department": [], "work_location": false, "country": {}, "emails": "none"});
    world.changed_silently(&person, odd).await;
    world.synced(&person).await;
    assert_eq!(world.account_now(&person).await["jobTitle"], "99", "an empty value leaves what is there");
}

#[tokio::test]
async fn an_unknown_status_suspends_nobody() {
    let world = World::empty().await;
    let (linked, _) = world.active(somebody("Known", "Before")).await;
    for status in [json!("astral_travel"), json!(7), json!(null), json!(["inactive"]), json!("")] {
        let change = json!({"hiring_status": status, "new_hiring_status": status, "employments": []});
        world.changed_silently(&linked, change).await;
        let words = skipped(&world, &linked).await;
        assert!(words.contains("status"), "{words}");
        if status == "astral_travel" {
            assert!(
                words.contains("astral_travel") && words.contains("not known to this program"),
                "{words}"
            );
        }
        assert_eq!(world.state(&linked).await, "ACTIVATED");
    }
    let mut fields = somebody("Never", "Seen");
    fields["hiring_status"] = json!("astral_travel");
    fields["new_hiring_status"] = json!("astral_travel");
    let person = world.hired_silently(fields).await;
    assert!(skipped(&world, &person).await.contains("astral_travel"));
}

#[tokio::test]
async fn an_unknown_type_of_work_is_passed_on_as_it_is_spelled() {
    let world = World::empty().await;
    let mut fields = somebody("Star", "Sailor");
    fields["hiring_type"] = json!("astronaut");
    let (_, account) = world.created(fields).await;
    assert_eq!(account["employeeType"], "astronaut");
}

#[tokio::test]
async fn inactive_without_anything_that_ended_suspends_nobody() {
    let world = World::empty().await;
    let (linked, _) = world.active(somebody("Without", "Evidence")).await;
    for employments in [json!([]), json!(null), json!("gone"), json!([{"id": "c1"}]), json!([7])] {
        let change =
            json!({"hiring_status": "inactive", "termination_last_day": null, "employments": employments});
        world.changed_silently(&linked, change).await;
        assert!(skipped(&world, &linked).await.contains("no employment is known to have ended"));
        assert_eq!(world.state(&linked).await, "ACTIVATED");
    }
}

#[tokio::test]
async fn a_record_without_an_id_or_with_anothers_is_nobodys() {
    let world = World::empty().await;
    let (linked, _) = world.active(somebody("Lost", "Identity")).await;
    for id in [Value::Null, json!(""), json!("0b9f6a0e-5f43-4a52-8a64-2f1f6a6f7d99"), json!({"id": 1})] {
        let answer = json!({"data": {
            "id": id, "first_name": "Lost", "last_name": "Identity", "emails": [], "hiring_status": "inactive",
            "termination_last_day": "2020-01-01", "employments": [{"id": "c1", "is_ended": true}],
        }});
        let failed = against(&world, &answer.to_string()).await;
        assert!(failed.contains(&linked) && failed.contains("a person with another id, or none"), "{failed}");
    }
    assert_eq!(world.state(&linked).await, "ACTIVATED");

    /// Syncs against a Deel that says this, which has to fail.
    async fn against(world: &World, answer: &str) -> String {
        let person =
            world.jumpcloud.accounts().await[0]["employeeIdentifier"].as_str().expect("a link").to_owned();
        let deel = Stub::saying(answer).await;
        let base = format!("deel.base_url={}/rest/v2", deel.url());
        // The environment goes before the file, a flag before both.
        let failed = world.cli(&["sync", "--person", &person, "--set", &base]).await.expect_code(1);
        assert_eq!(world.job_keys("delayed").await, [format!("person:{person}")], "it is tried again");
        failed.stdout
    }
}

#[tokio::test]
async fn answers_that_are_no_answers_change_nobody() {
    let world = World::empty().await;
    let (linked, _) = world.active(somebody("Nested", "Deeply")).await;
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let person = |extra: &str| {
        format!(
            "{{\"data\":{{\"id\":\"{linked}\",\"first_name\":\"Nested\",\"last_name\":\"Deeply\",\"emails\":[{{\"type\":\"work\",\"value\":\"nested.deeply@example.com\"}}],\"hiring_status\":\"active\",\"job_title\":\"Deep\"{extra}}}}}"
        )
    };
    for (answer, code, words) in [
        (nested.clone(), 1, "shape"),
        (format!("{{\"data\":{nested}}}"), 1, "shape"),
        ("{\"data\":".to_owned(), 1, "not JSON"),
        ("{}".to_owned(), 1, "shape"),
        ("null".to_owned(), 1, "shape"),
        // Where nobody looks it may be as deep as it likes.
        (
            person(&format!(",\"custom_fields\":{nested},\"employments\":[],\"nationalities\":{nested}")),
            0,
            "Deep",
        ),
    ] {
        let deel = Stub::saying(&answer).await;
        let base = format!("deel.base_url={}/rest/v2", deel.url());
        let synced = world.cli(&["sync", "--person", &linked, "--set", &base]).await.expect_code(code);
        assert!(synced.stdout.contains(words) && synced.stdout.contains(&linked), "{}", synced.stdout);
        assert_eq!(world.state(&linked).await, "ACTIVATED");
    }
    assert_eq!(world.account_now(&linked).await["jobTitle"], "Deep");
}

#[tokio::test]
async fn without_redis_at_the_start_it_says_so_waits_and_recovers() {
    let redis = TestRedis::private(Persistence::Always).await;
    let mut world = World::on(redis, &[], &[]).await;
    world.redis.server().kill();
    let mut running = world.settings.start_only("run");
    let url = world.settings.webhook_url();
    let person = world.hired_silently(somebody("Early", "Bird")).await;
    let body = event("worker.v2.created", &json!({"id": person}), "early");
    eventually("whoever delivers is told to come again", SOON, async || {
        running.process.assert_running();
        let http = reqwest::Client::new();
        let answer = http.post(&url).body("{}").send().await.ok()?;
        (answer.status() == 503 && answer.headers().contains_key("retry-after")).then_some(())
    })
    .await;
    assert_eq!(deliver(&url, &body).await.0, 503);
    let log = running.process.log();
    for words in ["Redis cannot be used yet; waiting for it", "Check REDIS_URL", "127.0.0.1"] {
        assert!(log.contains(words), "{words}:\n{log}");
    }
    let told = world.cli(&["queue", "status"]).await.expect_code(1);
    assert!(told.stderr.contains("check REDIS_URL and that the server runs"), "{}", told.stderr);

    world.redis.server().restart().await;
    running.ready().await;
    // Deel delivers it again.
    assert_eq!(deliver(&url, &body).await.0, 200);
    world.account(&person, "the account", |_| true).await;
}

#[tokio::test]
async fn refused_by_jumpcloud_everything_waits_for_the_right_key() {
    let world = World::empty().await;
    let mut running = world.run().await;
    world.jumpcloud.faults(json!({"revoked": true})).await;
    let person = id_of(&world.deel.hire(somebody("Wrong", "Key")).await);
    let key = format!("person:{person}");
    let job = eventually("the job waits", SOON, async || {
        world.jobs("delayed").await.into_iter().find(|job| job["key"] == key.as_str())
    })
    .await;
    let error = job["error"].as_str().unwrap_or_default();
    for words in ["JumpCloud refuses access; nobody is changed", "Check the API key", "region"] {
        assert!(error.contains(words), "{words}: {job:#}");
    }
    assert!(running.process.log().contains("access refused"), "{}", running.process.log());
    running.process.assert_running();
    // Mended, and not waited for.
    world.jumpcloud.no_faults().await;
    let _ = world.cli(&["queue", "retry", &person]).await.expect_code(0);
    world.account(&person, "the account", |_| true).await;
}

#[tokio::test]
async fn somebody_deel_does_not_know_is_no_error() {
    let world = World::empty().await;
    let running = world.run().await;
    let stranger = "0b9f6a0e-5f43-4a52-8a64-2f1f6a6f7d01";
    let body = event("worker.v2.created", &json!({"id": stranger}), "stranger");
    assert_eq!(deliver(&world.settings.webhook_url(), body).await.0, 200);
    world.settled().await;
    // It may be a read from before the creation: it is looked at again.
    let job = world.json(&["queue", "show", stranger], 0).await;
    assert_eq!((&job["state"], &job["trigger"]), (&json!("delayed"), &json!("recheck")), "{job:#}");
    assert!(world.cli(&["why", stranger]).await.stdout.contains("does not know this person"));
    holds_for("nothing is written", Duration::from_millis(200), async || {
        world.jumpcloud.journal().await.is_empty()
    })
    .await;
    drop(running);
}
