//! A read may be older than the event that asked for it: further looks.

use e2e::{SOON, World, deliver, event, id_of, somebody};
use harness::eventually;
use serde_json::{Value, json};

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
