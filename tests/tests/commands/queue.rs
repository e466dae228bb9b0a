//! `queue status|list|show|retry|discard`.

use e2e::{World, event, somebody};
use serde_json::json;

/// A world with one dead job: a last day of work that cannot be read is nothing that trying again would mend.
async fn with_a_dead_job() -> (World, String) {
    let world = World::empty().await;
    let (person, _) = world.active(somebody("Un", "Readable")).await;
    world.changed_silently(&person, json!({"termination_last_day": "next Friday"})).await;
    let run = world.json(&["sync", "--person", &person], 1).await;
    assert_eq!(run["outcome"], "failed", "{run:#}");
    (world, person)
}

#[tokio::test]
async fn a_dead_job_is_listed_with_its_reason_and_retried_once_it_is_mended() {
    let (world, person) = with_a_dead_job().await;
    let key = format!("person:{person}");
    let status = world.json(&["queue", "status"], 0).await;
    assert_eq!(status["dead"], 1, "{status:#}");
    let dead = world.cli(&["queue", "list", "dead"]).await.expect_code(0).stdout;
    assert!(dead.contains(&key) && dead.contains("termination_last_day"), "{dead}");
    for name in [&key, &person] {
        let job = world.json(&["queue", "show", name], 0).await;
        assert_eq!((&job["key"], &job["state"]), (&json!(key), &json!("dead")), "{job:#}");
        let error = job["error"].as_str().unwrap_or_default();
        assert!(error.contains(&person) && error.contains("correct it in Deel"), "id and remedy: {error}");
        assert!(!error.contains("next Friday"), "no values: {error}");
    }
    assert_eq!(world.state(&person).await, "ACTIVATED", "nobody is suspended on a guess");

    world.changed_silently(&person, json!({"termination_last_day": null, "job_title": "Readable"})).await;
    let retried = world.cli(&["queue", "retry", &person]).await.expect_code(0).stdout;
    assert!(retried.contains(&key), "{retried}");
    assert_eq!(world.job_keys("waiting").await, [key.as_str()]);
    let _running = world.run().await;
    world.account(&person, "the mended job", |account| account["jobTitle"] == "Readable").await;
    world.settled().await;
    assert_eq!(world.job_keys("dead").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_dead_job_comes_back_by_an_event_or_is_discarded() {
    let (world, person) = with_a_dead_job().await;
    let discarded = world.cli(&["queue", "discard", &person]).await.expect_code(0).stdout;
    assert!(discarded.contains("is discarded"), "{discarded}");
    let gone = world.cli(&["queue", "show", &person]).await.expect_code(1);
    assert!(gone.stderr.contains("There is no job"), "{}", gone.stderr);
    for verb in ["retry", "discard"] {
        let refused = world.cli(&["queue", verb, &person]).await.expect_code(1);
        assert!(refused.stderr.contains("is neither dead"), "{}", refused.stderr);
    }
    assert_eq!(world.json(&["queue", "status"], 0).await["dead"], 0);

    let (world, person) = with_a_dead_job().await;
    let serving = world.settings.start("serve").await;
    let body = event("worker.v2.updated", &json!({"id": person}), "mended");
    assert_eq!(e2e::deliver(&world.settings.webhook_url(), body).await.0, 200);
    assert_eq!(world.job_keys("waiting").await, [format!("person:{person}")]);
    assert_eq!(world.job_keys("dead").await, Vec::<String>::new());
    drop(serving);
}

#[tokio::test]
async fn the_status_counts_by_line_and_knows_the_workers() {
    let world = World::empty().await;
    let serving = world.settings.start("serve").await;
    for (event_type, id) in
        [("worker.v2.updated", "one"), ("worker.v2.updated", "two"), ("worker.v2.deleted", "three")]
    {
        let body = event(event_type, &json!({"id": id}), id);
        assert_eq!(e2e::deliver(&world.settings.webhook_url(), body).await.0, 200);
    }
    let status = world.json(&["queue", "status"], 0).await;
    assert_eq!(status["waiting"], json!({"urgent": 1, "events": 2, "bulk": 0}), "{status:#}");
    assert_eq!(status["workers"], json!([]), "{status:#}");
    assert!(status["oldest_waiting_ms"].is_u64(), "{status:#}");
    let every = world.cli(&["queue", "list"]).await.expect_code(0).stdout;
    assert!(
        every.starts_with("waiting (3)\n") && !every.contains("dead ("),
        "only what is not empty: {every}"
    );
    assert_eq!(world.json(&["queue", "list"], 0).await["total"], 3);
    let _ = world.cli(&["queue", "list", "--offset", "1"]).await.expect_code(64);
    let page = world.json(&["queue", "list", "waiting", "--limit", "2", "--offset", "1"], 0).await;
    assert_eq!((&page["total"], page["items"].as_array().map(Vec::len)), (&json!(3), Some(2)), "{page:#}");
    let text = world.cli(&["queue", "status"]).await.expect_code(0).stdout;
    assert!(text.contains("urgent") && text.contains("dead"), "{text}");
    drop(serving);
    let _running = world.run().await;
    world.settled().await;
    let status = world.json(&["queue", "status"], 0).await;
    assert_eq!(status["workers"].as_array().map(Vec::len), Some(1), "{status:#}");
}

#[tokio::test]
async fn what_waits_can_be_discarded_and_what_is_delayed_run_now() {
    let world = World::empty().await;
    let (person, _) = world.active(somebody("Later", "Leaver")).await;
    world.terminated_silently(&person, json!({"last_day": "2999-12-31", "timezone": "UTC"})).await;
    world.synced(&person).await;
    let job = world.json(&["queue", "show", &person], 0).await;
    assert_eq!((&job["state"], &job["at"]), (&json!("delayed"), &json!("3000-01-01T00:00:00Z")), "{job:#}");
    let every = world.cli(&["queue", "list"]).await.expect_code(0).stdout;
    assert!(every.starts_with("delayed (1)\n") && every.contains(&person), "{every}");
    // By hand now; it finds that it is too early, and goes back to its time.
    let _ = world.cli(&["queue", "retry", &person]).await.expect_code(0);
    let _running = world.run().await;
    world.settled().await;
    let job = world.json(&["queue", "show", &person], 0).await;
    assert_eq!((&job["state"], &job["at"]), (&json!("delayed"), &json!("3000-01-01T00:00:00Z")), "{job:#}");
    assert_eq!(world.state(&person).await, "ACTIVATED");
    assert_eq!(world.job_keys("waiting").await, Vec::<String>::new());
    let _ = world.cli(&["queue", "discard", &person]).await.expect_code(0);
    assert_eq!(world.job_keys("delayed").await, Vec::<String>::new());
}
