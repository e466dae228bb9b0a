//! The operator API of the real binary.

use e2e::{World, api, somebody};
use serde_json::{Value, json};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// One request with the token: status and document.
async fn ask(world: &World, method: &str, path: &str, body: &str) -> (u16, Value) {
    let admin = world.settings.variables().find(|(name, _)| *name == "DEELSYNC_ADMIN_LISTEN");
    let url = format!("http://{}", admin.expect("an address").1);
    let (status, document) = api(&url, method, path, Some(TOKEN), body).await;
    assert!(!document.is_null(), "{status} without a document");
    (status, document)
}

#[tokio::test]
async fn a_process_that_only_receives_takes_requests_for_the_workers() {
    let mut world = World::empty().await;
    world.settings.set("DEELSYNC_ADMIN_TOKEN", TOKEN).unset("DEEL_API_TOKEN").unset("JUMPCLOUD_API_KEY");
    let _serving = world.settings.start("serve").await;
    assert_eq!(ask(&world, "GET", "/sync", "").await.0, 404, "none is known");
    let (status, asked) = ask(&world, "POST", "/sync", "{}").await;
    assert_eq!(
        (status, &asked["job"], &asked["joined"]),
        (202, &json!("reconcile"), &json!(false)),
        "{asked}"
    );
    let (status, asked) = ask(&world, "POST", "/sync", "").await;
    assert_eq!((status, &asked["joined"]), (202, &json!(true)), "{asked}");
    let (status, asked) = ask(&world, "POST", "/sync", r#"{"person":"p1"}"#).await;
    assert_eq!((status, &asked["job"]), (202, &json!("person:p1")), "{asked}");
    assert_eq!(world.job_keys("waiting").await, ["person:p1", "reconcile"]);
    assert_eq!(ask(&world, "POST", "/sync", r#"{"person":"p 1"}"#).await.0, 400);
    let (status, next) = ask(&world, "GET", "/sync", "").await;
    assert_eq!((status, &next["phase"], &next["run"]), (200, &json!("waiting"), &json!(null)), "{next}");
    assert_eq!(next["trigger"], "operator:api", "{next}");
    assert!(next["requested_at"].is_string(), "{next}");
    assert_eq!(ask(&world, "GET", "/runs", "").await, (200, json!([])));

    let _ = world.cli(&["pause", "--reason", "looking into it"]).await.expect_code(0);
    let (status, refused) = ask(&world, "POST", "/sync", "{}").await;
    assert_eq!(status, 409, "{refused}");
    assert!(refused["error"].as_str().is_some_and(|error| error.contains("deelsync resume")), "{refused}");
}

#[tokio::test]
async fn a_sync_asked_for_is_followed_to_its_end_and_names_nobody() {
    let mut world = World::empty().await;
    world.settings.set("DEELSYNC_ADMIN_TOKEN", TOKEN);
    let person = world.hired_silently(somebody("Asked", "Remotely")).await;
    let _running = world.run().await;
    let (status, asked) = ask(&world, "POST", "/sync", "{}").await;
    assert_eq!(status, 202, "{asked}");
    world.account(&person, "the account", |_| true).await;
    let over = harness::eventually("the run is over", e2e::SOON, async || {
        let (status, progress) = ask(&world, "GET", "/sync", "").await;
        (status == 200 && progress["phase"] == "done").then_some(progress)
    })
    .await;
    assert_eq!((&over["people"], &over["trigger"]), (&json!(1), &json!("operator:api")), "{over:#}");
    assert_eq!((over["run"].is_string(), &over["requested_at"]), (true, &json!(null)), "{over:#}");
    let (_, runs) = ask(&world, "GET", "/runs?limit=1", "").await;
    assert_eq!((&runs[0]["ended"], &runs[0]["run"]), (&json!("done"), &over["run"]), "{runs:#}");
    let all = format!("{over}{runs}").to_lowercase();
    assert!(!all.contains("remotely") && !all.contains("example.com"), "{all}");
}

#[tokio::test]
async fn what_was_asked_for_is_told_before_the_run_that_ended() {
    let mut world = World::empty().await;
    world.settings.set("DEELSYNC_ADMIN_TOKEN", TOKEN);
    let _ = world.hired_silently(somebody("Ran", "Before")).await;
    let before = world.json(&["sync"], 0).await;
    let _serving = world.settings.start("serve").await;
    let (_, last) = ask(&world, "GET", "/sync", "").await;
    assert_eq!((&last["run"], &last["phase"]), (&before["run"], &json!("done")), "{last}");
    assert_eq!(ask(&world, "POST", "/sync", "{}").await.0, 202);
    let (_, next) = ask(&world, "GET", "/sync", "").await;
    assert_eq!((&next["run"], &next["phase"]), (&json!(null), &json!("waiting")), "{next}");
}
