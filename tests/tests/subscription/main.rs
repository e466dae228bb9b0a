//! The subscription in Deel: given up by Deel and mended by the watchdog; made, rotated and ended by commands; keys that are
//! lost or wrong.

#![allow(clippy::expect_used, clippy::panic)] // a failure in a helper is the test's failure

mod commands;
mod inbox;
mod keys;
mod watchdog;

use e2e::{SOON, World};
use harness::{Deelsync, eventually};
use serde_json::{Value, json};

/// A world whose subscription is looked at every second, and in which Deel repeats a delivery when it is told to.
async fn watched() -> World {
    let mut world = World::with(&["--clock-speed", "0"], &[]).await;
    let url = world.settings.webhook_url();
    world.settings.set("DEELSYNC_WEBHOOK_CHECK_EVERY", "1s").set("DEELSYNC_WEBHOOK_URL", &url);
    world
}

/// `webhook status`, however it ends.
async fn status(world: &World) -> Value {
    world.cli(&["webhook", "status", "--format", "json"]).await.json()
}

/// Waits until the watchdog's record is as wanted.
async fn recorded(world: &World, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let record = async || {
        let mut redis = world.redis.connection().await;
        let key = format!("{{{}}}:subscription", world.redis.prefix());
        let text: Option<String> =
            redis::cmd("GET").arg(key).query_async(&mut redis).await.unwrap_or_default();
        serde_json::from_str::<Value>(&text?).ok()
    };
    eventually(what, SOON, async || record().await.filter(&wanted)).await
}

/// Waits until it has looked twice from now on.
async fn two_looks(world: &World) {
    for _ in 0..2 {
        let now = recorded(world, "a record", |_| true).await["checked_ms"].as_u64();
        recorded(world, "a further look", |record| record["checked_ms"].as_u64() > now).await;
    }
}

/// How many full runs the subscription has asked for.
async fn gaps_served(world: &World) -> usize {
    let runs = world.json(&["runs"], 0).await;
    let rows = runs.as_array().or_else(|| runs["runs"].as_array()).cloned().unwrap_or_default();
    rows.iter().filter(|run| run["trigger"] == "subscription").count()
}

/// The one subscription.
async fn subscription(world: &World) -> Value {
    let mut all = world.deel.subscriptions().await;
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

/// Nobody takes what Deel delivers, ten times. Somebody has to have changed before.
async fn ten_failures(world: &World) {
    eventually("Deel gives the subscription up", SOON, async || {
        if subscription(world).await["status"] == "disabled" {
            return Some(());
        }
        world.deel.call("POST", "/_sim/retry", Some(json!({}))).await;
        None
    })
    .await;
}

/// The number of deliveries in this state.
async fn deliveries(world: &World, state: &str) -> usize {
    let log = world.deel.call("GET", "/_sim/deliveries", None).await;
    let rows = log["deliveries"].as_array().cloned().unwrap_or_default();
    rows.iter().filter(|delivery| delivery["status"] == state).count()
}

/// A metric that has this value before long.
async fn shows(process: &Deelsync, sample: &str, value: f64) {
    eventually(sample, SOON, async || {
        process.metric(sample).await.filter(|now| (now - value).abs() < 0.5).map(drop)
    })
    .await;
}
