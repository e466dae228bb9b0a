//! Lives that are not hire, change, termination, rehire.

#![allow(clippy::expect_used, clippy::panic)] // a failure in a helper is the test's failure

use e2e::{SOON, World, deliver, event, id_of, mark, somebody};
use harness::eventually;
use jiff::civil::Date;
use serde_json::{Value, json};

/// The date in that zone at this moment, and the day before.
fn today_in(zone: &str) -> Date {
    // The test is the outermost layer.
    #[allow(clippy::disallowed_methods)]
    let now = jiff::Timestamp::now();
    now.in_tz(zone).expect("a zone of tzdb").date()
}

fn ended(person: &Value) -> bool {
    person["employments"].as_array().is_some_and(|all| all.iter().all(|one| one["is_ended"] == true))
}

#[tokio::test]
async fn a_contractor_who_becomes_an_employee_keeps_the_account() {
    let world = World::empty().await;
    let mut fields = somebody("Con", "Tractor");
    fields["hiring_type"] = json!("contractor");
    let (person, account) = world.active(fields).await;
    assert_eq!(account["employeeType"], "contractor");

    // The contract ends, with the dates of a contract that ended; the person stays.
    world.terminated_silently(&person, json!({"contract_only": true})).await;
    world.synced(&person).await;
    assert_eq!(world.state(&person).await, "ACTIVATED");
    world.changed_silently(&person, json!({"completion_date": "2020-01-01T00:00:00.000Z"})).await;
    world.synced(&person).await;
    assert_eq!(world.state(&person).await, "ACTIVATED", "a completion date is about pay");

    let rehired = json!({"hiring_type": "direct_employee", "job_title": "Employee", "silent": true});
    world.deel.call("POST", &format!("/_sim/people/{person}/rehire"), Some(rehired)).await;
    world.synced(&person).await;
    let after = world.account_now(&person).await;
    assert_eq!(after["_id"], account["_id"]);
    assert_eq!((&after["employeeType"], &after["jobTitle"]), (&json!("direct_employee"), &json!("Employee")));
    assert_eq!((&after["state"], mark(&after)), (&json!("ACTIVATED"), None));
    assert_eq!(world.jumpcloud.accounts().await.len(), 1);
    let writes = world.jumpcloud.journal().await;
    assert!(!writes.iter().any(|write| write["body"].to_string().contains("SUSPENDED")), "{writes:#?}");
}

/// One day, two people: in Kiritimati (UTC+14) it is over, in Pago Pago (UTC-11) it is not, at whatever hour this runs.
#[tokio::test]
async fn a_last_day_ends_in_the_persons_own_zone() {
    let world = World::empty().await;
    let day = today_in("Pacific/Kiritimati").yesterday().expect("a day before");
    let (east, _) = world.active(somebody("Far", "East")).await;
    let (west, _) = world.active(somebody("Far", "West")).await;
    for (person, zone) in [(&east, "Pacific/Kiritimati"), (&west, "Pacific/Pago_Pago")] {
        let leaving = json!({
            "hiring_status": "offboarding", "termination_last_day": day.to_string(), "timezone": zone,
            "employments": [{"id": "c1", "is_ended": false, "hiring_status": "offboarding"}],
        });
        world.changed_silently(person, leaving).await;
        let planned = world.cli(&["plan", "--person", person]).await.stdout;
        assert!(planned.contains(zone), "the plan says which zone: {planned}");
        world.synced(person).await;
    }
    assert_eq!(world.state(&east).await, "SUSPENDED");
    assert_eq!(world.state(&west).await, "ACTIVATED");
    // … and will not forget: midnight in Pago Pago is 11:00 UTC.
    let job = world.json(&["queue", "show", &west], 0).await;
    let ends = format!("{}T11:00:00Z", day.tomorrow().expect("a day after"));
    assert_eq!(
        (&job["state"], &job["at"], &job["line"]),
        (&json!("delayed"), &json!(ends), &json!("urgent")),
        "{job:#}"
    );
}

#[tokio::test]
async fn whose_zone_nobody_knows_has_left_when_the_day_is_over_everywhere() {
    let mut world = World::empty().await;
    let day = today_in("Pacific/Kiritimati").yesterday().expect("a day before");
    let (person, _) = world.active(somebody("Zone", "Less")).await;
    let leaving = json!({
        "hiring_status": "offboarding", "termination_last_day": day.to_string(), "timezone": null, "country": null,
        "employments": [{"id": "c1", "is_ended": false, "timezone": null, "country": null}],
    });
    world.changed_silently(&person, leaving).await;
    world.synced(&person).await;
    assert_eq!(world.state(&person).await, "ACTIVATED");
    // An organization's zone, where one is configured, goes before that.
    world.settings.file("[sync]\norganization_zone = \"Pacific/Kiritimati\"\n");
    world.synced(&person).await;
    assert_eq!(world.state(&person).await, "SUSPENDED");
}

#[tokio::test]
async fn a_future_hire_is_staged_whatever_accounts_start_as() {
    let mut world = World::empty().await;
    world.settings.file("[sync]\ncreate_state = \"activated\"\nactivation = \"on-start-date\"\n");
    let mut future = somebody("Next", "Year");
    for (key, value) in [("start_date", "2999-01-02"), ("hiring_status", "onboarding"), ("timezone", "UTC")] {
        future[key] = json!(value);
    }
    let (person, account) = world.created(future).await;
    assert_eq!(account["state"], "STAGED");
    let job = world.json(&["queue", "show", &person], 0).await;
    assert_eq!((&job["state"], &job["at"]), (&json!("delayed"), &json!("2999-01-02T00:00:00Z")), "{job:#}");
    let (_, present) = world.created(somebody("This", "Year")).await;
    assert_eq!(present["state"], "ACTIVATED");

    // The start date is moved to the past: the same account is activated, and nobody is mailed.
    let started = json!({"start_date": "2020-01-02", "hiring_status": "active"});
    world.changed_silently(&person, started).await;
    world.synced(&person).await;
    let after = world.account_now(&person).await;
    assert_eq!((&after["_id"], &after["state"]), (&account["_id"], &json!("ACTIVATED")));
    let writes = world.jumpcloud.journal().await;
    let activation =
        writes.iter().find(|write| write["path"].as_str().is_some_and(|path| path.ends_with("/activate")));
    assert_eq!(activation.expect("the activation")["mail"], json!([]), "{activation:#?}");
}

#[tokio::test]
async fn a_future_hire_is_activated_by_hand_unless_configured() {
    let world = World::empty().await;
    let (person, account) = world.created(somebody("Staged", "First")).await;
    assert_eq!(account["state"], "STAGED");
    assert_eq!(world.synced(&person).await["outcome"], "in-sync");
    assert_eq!(world.state(&person).await, "STAGED");
}

#[tokio::test]
async fn a_termination_that_is_taken_back_leaves_nothing_behind() {
    let world = World::empty().await;
    let (person, _) = world.active(somebody("Change", "Ofmind")).await;
    let how = json!({"last_day": "2999-12-31", "timezone": "UTC"});
    world.terminated_silently(&person, how).await;
    world.synced(&person).await;
    assert_eq!(world.job_keys("delayed").await, [format!("person:{person}")]);

    world.deel.call("POST", &format!("/_sim/people/{person}/withdraw"), Some(json!({"silent": true}))).await;
    // The job of the last day comes, and finds nothing to do.
    let _ = world.cli(&["queue", "retry", &person]).await.expect_code(0);
    let _running = world.run().await;
    world.settled().await;
    assert_eq!(world.job_keys("delayed").await, Vec::<String>::new());
    assert_eq!(world.state(&person).await, "ACTIVATED");
    assert!(world.cli(&["plan", "--person", &person]).await.expect_code(0).stdout.contains("In sync"));
}

#[tokio::test]
async fn a_contract_is_followed_to_exactly_its_person() {
    let world = World::empty().await;
    let (one, _) = world.created(somebody("First", "Contract")).await;
    let (two, _) = world.created(somebody("Second", "Contract")).await;
    let person = world.deel.call("GET", &format!("/_sim/people/{two}"), None).await;
    let contract = id_of(&person["employments"][0]);
    let serving = world.settings.start("serve").await;
    let body = event("contract.terminated", &json!({"id": contract}), "known");
    let answer = deliver(&world.settings.webhook_url(), body).await;
    assert_eq!(answer, (200, json!({"outcome": "stored"})));
    assert_eq!(world.job_keys("waiting").await, [format!("person:{two}")], "and not {one}, nor everyone");
    drop(serving);
}

#[tokio::test]
async fn a_contract_event_alone_suspends_whom_it_ends() {
    let world = World::empty().await;
    let _running = world.run().await;
    let (person, account) = world.hired(somebody("By", "Contract")).await;
    world.jumpcloud.edit(&id_of(&account), json!({"state": "ACTIVATED"})).await;
    let gone = world.deel.terminate(&person, json!({"at_once": true, "only": ["contract.terminated"]})).await;
    assert!(ended(&gone), "{gone}");
    world.account(&person, "the suspension", |account| account["state"] == "SUSPENDED").await;
}

#[tokio::test]
async fn one_name_is_enough() {
    let world = World::empty().await;
    for (first, last, username) in [("Suharto", "", "suharto"), ("", "Björk", "bjork")] {
        let address = format!("{username}@example.com");
        let (person, account) =
            world.created(json!({"first_name": first, "last_name": last, "work_email": address})).await;
        assert_eq!(account["username"], username);
        assert_eq!(account["displayname"], format!("{first}{last}"));
        assert_eq!(world.synced(&person).await["outcome"], "in-sync");
    }
}

#[tokio::test]
async fn whoever_gets_a_work_email_later_gets_an_account_then() {
    let world = World::empty().await;
    let _running = world.run().await;
    let mut fields = somebody("Late", "Address");
    fields["work_email"] = Value::Null;
    let person = id_of(&world.deel.hire(fields).await);
    eventually("it is on record that they have none", SOON, async || {
        world.cli(&["why", &person]).await.stdout.contains("no work email").then_some(())
    })
    .await;
    assert_eq!(world.jumpcloud.accounts().await, Vec::<Value>::new());
    world.deel.change(&person, json!({"work_email": "late.address@example.com"})).await;
    let account = world.account(&person, "the account", |_| true).await;
    assert_eq!(
        (&account["username"], &account["email"]),
        (&json!("late.address"), &json!("late.address@example.com"))
    );
}

#[tokio::test]
async fn a_read_from_before_the_event_is_looked_at_again() {
    let world = World::empty().await;
    let running = world.run().await;
    let (person, account) = world.hired(somebody("Stale", "Read")).await;
    world.jumpcloud.edit(&id_of(&account), json!({"state": "ACTIVATED"})).await;
    world.settled().await;
    // What Deel shows from now on is a minute old.
    world.deel.faults(json!({"stale_reads_ms": 600_000})).await;
    let reads =
        async || world.deel.call("GET", "/_sim/reads", None).await["reads"].as_array().map_or(0, Vec::len);
    let before = reads().await;
    world.deel.terminate(&person, json!({"at_once": true})).await;
    eventually("the event was worked on", SOON, async || (reads().await > before).then_some(())).await;
    world.settled().await;
    assert_eq!(world.state(&person).await, "ACTIVATED", "as the read said");
    let job = world.json(&["queue", "show", &person], 0).await;
    assert_eq!((&job["state"], &job["trigger"]), (&json!("delayed"), &json!("recheck")), "{job:#}");
    let due =
        |job: &Value| job["at"].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok()).expect("a time");
    let now = world.json(&["queue", "status"], 0).await["now"]
        .as_str()
        .and_then(|at| at.parse().ok())
        .expect("a time");
    let wait = due(&job).duration_since(now).as_secs();
    assert!((30..=60).contains(&wait), "after a minute: {wait} s");

    // The minute is not waited for; Deel shows the present again.
    world.deel.no_faults().await;
    let _ = world.cli(&["queue", "retry", &person]).await.expect_code(0);
    world.account(&person, "the suspension", |account| account["state"] == "SUSPENDED").await;
    drop(running);
}

#[tokio::test]
async fn a_second_look_is_followed_by_a_third_and_then_no_more() {
    let world = World::empty().await;
    let (person, _) = world.created(somebody("Nothing", "Changed")).await;
    let _running = world.run().await;
    let body = event("worker.v2.updated", &json!({"id": person}), "nothing");
    assert_eq!(deliver(&world.settings.webhook_url(), body).await.0, 200);
    for minutes in [1, 9] {
        world.settled().await;
        let job = world.json(&["queue", "show", &person], 0).await;
        assert_eq!((&job["state"], &job["trigger"]), (&json!("delayed"), &json!("recheck")), "{job:#}");
        assert_eq!((wait_of(&world, &job).await + 59) / 60, minutes, "{job:#}");
        // Whoever asks in between does not take its place.
        let _ = world.cli(&["queue", "retry", &person]).await.expect_code(0);
        world.settled().await;
        let after = world.json(&["queue", "show", &person], 0).await;
        assert_eq!((&after["state"], &after["at"]), (&job["state"], &job["at"]), "{after:#}");
        bring_forward(&world, &person).await;
    }
    world.settled().await;
    let _ = world.cli(&["queue", "show", &person]).await.expect_code(1);
}

/// Seconds until a delayed job is due, by Redis's clock.
async fn wait_of(world: &World, job: &Value) -> i64 {
    let time =
        |value: &Value| value.as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok()).expect("a time");
    let now = time(&world.json(&["queue", "status"], 0).await["now"]);
    time(&job["at"]).duration_since(now).as_secs()
}

/// Makes a delayed job due now, and waits until it is done.
async fn bring_forward(world: &World, person: &str) {
    world.due_in(person, 0).await;
    eventually("the due job is done", SOON, async || {
        let shown = world.cli(&["queue", "show", person, "--format", "json"]).await;
        let done = shown.code == Some(1) || {
            let job = shown.json();
            job["state"] == "delayed" && wait_of(world, &job).await > 60
        };
        done.then_some(())
    })
    .await;
}
