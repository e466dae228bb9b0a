//! Asked for at any time: one at a time, joined, followed, and interrupted.

use e2e::{SOON, World, api};
use harness::{Process, eventually};
use serde_json::json;

const ADMIN: &str = "admin-token-0123456789abcdef";

/// A company with so many hires to come.
async fn busy(hires: usize) -> (World, Vec<String>) {
    let mut world = World::empty().await;
    world
        .settings
        .file("[limits.creation]\ncount = 1000\npercent = 100\n")
        .set("DEELSYNC_ADMIN_TOKEN", ADMIN);
    world.staff(10).await;
    let hires = world.hired_many(hires, json!({})).await;
    (world, hires)
}

/// Asks for a sync of everyone.
async fn ask(url: &str) {
    let (status, answer) = api(url, "POST", "/sync", Some(ADMIN), "").await;
    assert_eq!((status, &answer["job"]), (202, &json!("reconcile")), "{answer:#}");
}

async fn everyone_has_one(world: &World, hires: &[String]) {
    let linked = world.linked().await;
    assert!(hires.iter().all(|hire| linked.contains_key(hire)));
    assert_eq!(world.jumpcloud.accounts().await.len(), 10 + hires.len(), "and only one each");
}

#[tokio::test]
async fn a_second_request_joins_the_first() {
    let (world, hires) = busy(40).await;
    world.jumpcloud.faults(json!({"latency_ms": 40})).await;
    let first = async { world.json(&["sync"], 0).await };
    let second = async {
        eventually("the first has begun", SOON, async || {
            (!world.jumpcloud.journal().await.is_empty()).then_some(())
        })
        .await;
        world.json(&["sync"], 0).await
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first["run"], second["run"], "{first:#}\n{second:#}");
    assert_eq!(second["counts"], first["counts"]);
    everyone_has_one(&world, &hires).await;
}

#[tokio::test]
async fn the_operator_api_starts_follows_and_joins() {
    let (world, hires) = busy(30).await;
    let running = world.run().await;
    world.jumpcloud.faults(json!({"latency_ms": 40})).await;
    for token in [None, Some("wrong")] {
        assert_eq!(api(running.admin(), "POST", "/sync", token, "").await.0, 401);
    }
    assert_eq!(api(running.admin(), "GET", "/sync", Some(ADMIN), "").await.0, 404, "none is known yet");
    ask(running.admin()).await;
    let (_, again) = api(running.admin(), "POST", "/sync", Some(ADMIN), "{}").await;
    assert_eq!(again["joined"], true, "{again:#}");
    let phases = eventually("it can be followed to its end", SOON, async || {
        let (status, progress) = api(running.admin(), "GET", "/sync", Some(ADMIN), "").await;
        (status == 200 && progress["phase"] == "done").then_some(progress)
    })
    .await;
    assert_eq!((&phases["people"], &phases["applied"]), (&json!(40), &json!(30)), "{phases:#}");
    everyone_has_one(&world, &hires).await;
    // One person.
    let one = json!({"person": hires[0]}).to_string();
    let (status, answer) = api(running.admin(), "POST", "/sync", Some(ADMIN), &one).await;
    assert_eq!((status, answer["job"].as_str()), (202, Some(format!("person:{}", hires[0]).as_str())));
    assert_eq!(api(running.admin(), "POST", "/sync", Some(ADMIN), "[1]").await.0, 400);
    let (_, runs) = api(running.admin(), "GET", "/runs", Some(ADMIN), "").await;
    assert_eq!(runs.as_array().or_else(|| runs["runs"].as_array()).map(Vec::len), Some(1), "{runs:#}");
}

#[tokio::test]
async fn elsewhere_than_on_a_terminal_progress_comes_in_lines() {
    let (world, _) = busy(10).await;
    let synced = world.cli(&["sync"]).await.expect_code(0);
    assert!(
        synced.stderr.contains("people"),
        "progress is not the answer, so it is on stderr:\n{}",
        synced.stderr
    );
    assert!(
        !synced.stderr.contains('\r') && !synced.stderr.contains('\u{1b}'),
        "no bar where nobody sees it"
    );
    assert!(!synced.stdout.is_empty());
}

#[tokio::test]
async fn killed_in_the_middle_the_next_run_does_what_is_left() {
    let (world, hires) = busy(40).await;
    world.jumpcloud.faults(json!({"latency_ms": 40})).await;
    let mut running: Process = world.settings.start_only("sync").process;
    eventually("some are done", SOON, async || (world.jumpcloud.journal().await.len() > 8).then_some(()))
        .await;
    running.kill();
    world.jumpcloud.no_faults().await;
    let done = world.jumpcloud.accounts().await.len();
    assert!(done < 50, "it was in the middle: {done}");
    let synced = world.json(&["sync"], 0).await;
    assert_eq!(synced["end"], "done", "{synced:#}");
    everyone_has_one(&world, &hires).await;
}

#[tokio::test]
async fn a_worker_that_dies_in_the_middle_is_started_again_by_the_next() {
    let (world, hires) = busy(40).await;
    let mut first = world.run().await;
    world.jumpcloud.faults(json!({"latency_ms": 40})).await;
    ask(first.admin()).await;
    eventually("some are done", SOON, async || (world.jumpcloud.journal().await.len() > 8).then_some(()))
        .await;
    first.process.kill();
    world.jumpcloud.no_faults().await;
    assert!(world.jumpcloud.accounts().await.len() < 50);
    // Nobody asks again.
    let _second = world.run().await;
    eventually("all are done", SOON, async || {
        (world.jumpcloud.accounts().await.len() == 10 + hires.len()).then_some(())
    })
    .await;
    everyone_has_one(&world, &hires).await;
}

#[tokio::test]
async fn what_fails_becomes_an_ordinary_job() {
    let (world, hires) = busy(12).await;
    // Three creations are refused; nobody waits for them.
    let fault =
        json!({"status_5xx": {"count": 3, "status": 500}, "methods": ["POST"], "path": "/api/systemusers"});
    world.jumpcloud.faults(fault).await;
    let synced = world.cli(&["sync", "--format", "json"]).await;
    let report = synced.json();
    let failed = report["counts"]["failed"].as_u64().unwrap_or_default();
    assert!((synced.code == Some(1)) == (failed > 0), "{report:#}");
    let _running = world.run().await;
    eventually("the ordinary jobs do the rest", SOON, async || {
        (world.jumpcloud.accounts().await.len() == 10 + hires.len()).then_some(())
    })
    .await;
    everyone_has_one(&world, &hires).await;
}

#[tokio::test]
async fn a_person_is_read_again_right_before_a_suspension() {
    let world = World::empty().await;
    let people = world.staff(20).await;
    world.json(&["sync"], 0).await;
    world.end(&people[..1], "2026-05-01").await;
    let before = world.deel.call("GET", "/_sim/reads", None).await["reads"].as_array().map_or(0, Vec::len);
    world.json(&["sync"], 0).await;
    let reads = world.deel.call("GET", &format!("/_sim/reads?since={before}"), None).await;
    let read = reads["reads"]
        .as_array()
        .is_some_and(|reads| reads.iter().any(|read| read["id"] == people[0].as_str()));
    assert!(read, "{reads:#}");
    assert_eq!(world.suspended(&people).await, &people[..1]);
}

#[tokio::test]
async fn a_pause_interrupts_a_run_and_loses_nothing() {
    let (world, hires) = busy(40).await;
    world.jumpcloud.faults(json!({"latency_ms": 40})).await;
    let syncing = async { world.cli(&["sync"]).await };
    let pausing = async {
        eventually("some are done", SOON, async || (world.jumpcloud.journal().await.len() > 4).then_some(()))
            .await;
        let _ = world.cli(&["pause", "--reason", "stop"]).await.expect_code(0);
    };
    let (synced, ()) = tokio::join!(syncing, pausing);
    assert_eq!(synced.code, Some(1), "{}{}", synced.stdout, synced.stderr);
    world.jumpcloud.no_faults().await;
    let _ = world.cli(&["resume"]).await.expect_code(0);
    world.json(&["sync"], 0).await;
    everyone_has_one(&world, &hires).await;
}
