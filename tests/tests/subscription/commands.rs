//! `webhook register` and `disconnect`, as they are typed.

use e2e::{SOON, World, somebody};
use harness::{SIGNING_KEY, eventually, holds_for};
use serde_json::{Value, json};
use std::time::Duration;

use crate::{gaps_served, recorded, subscription, watched};

/// No subscription yet.
async fn bare() -> World {
    let world = watched().await;
    let id = subscription(&world).await["id"].as_str().expect("an id").to_owned();
    world.deel.api("DELETE", &format!("/webhooks/{id}"), None).await;
    world
}

#[tokio::test]
async fn registering_twice_makes_one_subscription_that_works() {
    let world = bare().await;
    assert_eq!(world.json(&["webhook", "status"], 1).await["state"], "missing");
    let made = world.json(&["webhook", "register"], 0).await;
    assert_eq!((&made["did"], &made["key"]), (&json!("created"), &json!("configured")), "{made:#}");
    let one = subscription(&world).await;
    assert_eq!((&one["name"], &one["api_version"]), (&json!("deelsync"), &json!("v2")));
    assert_eq!(one["url"], world.settings.webhook_url());
    assert!(one["events"].as_array().is_some_and(|events| events.len() >= 15), "{one:#}");
    let again = world.json(&["webhook", "register"], 0).await;
    assert_eq!(again["did"], "unchanged", "{again:#}");
    assert_eq!(subscription(&world).await, one);
    assert!(!made.to_string().contains(SIGNING_KEY));
    assert_eq!(world.json(&["webhook", "status"], 0).await["state"], "enabled");

    let _running = world.run().await;
    world.hired(somebody("Reg", "Istered")).await;
    let words = world.cli(&["webhook", "register"]).await.expect_code(0).stdout;
    assert!(words.contains("nothing is changed") && words.contains("takes what our key signs"), "{words}");
}

#[tokio::test]
async fn an_address_is_needed_and_has_to_be_one() {
    let mut world = bare().await;
    world.settings.unset("DEELSYNC_WEBHOOK_URL");
    let refused = world.cli(&["webhook", "register"]).await.expect_code(1);
    assert!(refused.stderr.contains("webhook.url"), "{}", refused.stderr);
    let refused =
        world.cli(&["webhook", "register", "--url", "http://example.com/webhooks/deel"]).await.expect_code(1);
    assert!(refused.stderr.contains("in the clear"), "{}", refused.stderr);
    assert!(world.deel.subscriptions().await.is_empty());
}

#[tokio::test]
async fn disconnected_nothing_comes_nothing_starts_and_what_is_left_is_listed() {
    let world = watched().await;
    let mut running = world.run().await;
    let (person, account) = world.hired(somebody("Left", "Behind")).await;
    world.json(&["suspend", &person, "--reason", "a mark to find"], 0).await;
    world.account(&person, "the mark", |account| e2e::mark(account).is_some()).await;
    let mut redis = world.redis.connection().await;
    let ticks = format!("{{{}}}:ticks", world.redis.prefix());
    let known = redis::cmd("HLEN").arg(&ticks).query_async::<u64>(&mut redis).await.expect("a number");
    assert_eq!(known, 1);

    let asked = world.cli(&["disconnect"]).await.expect_code(1);
    assert!(asked.stderr.contains("--yes"), "{}", asked.stderr);
    assert_eq!(world.deel.subscriptions().await.len(), 1);

    let gone = world.json(&["disconnect", "--yes"], 0).await;
    assert!(world.deel.subscriptions().await.is_empty());
    assert_eq!(gone["schedules"], json!(["nightly"]), "{gone:#}");
    assert_eq!(gone["left"]["linked"], 1);
    let marked = gone["left"]["marked"].as_array().expect("a list");
    assert_eq!(marked.len(), 1, "{gone:#}");
    assert_eq!(marked[0]["account"], e2e::id_of(&account));
    assert_eq!(marked[0]["attributes"], json!(["deelsync"]));
    // The one that runs has nothing to complain of, and changes nothing.
    let noticed =
        recorded(&world, "it stays so", |record| record["checked_ms"].as_u64() > record["since_ms"].as_u64())
            .await;
    assert!(noticed["disconnected_ms"].is_u64(), "{noticed}");
    assert!(!running.process.log().contains("has no subscription of ours"));
    assert_eq!(running.stop().await, Some(0));

    // Nor does one that is started by mistake, even if a night was missed.
    redis::cmd("HSET").arg(&ticks).arg("nightly").arg(1).query_async::<u64>(&mut redis).await.expect("set");
    let hire = world.hired_silently(somebody("Not", "Yet")).await;
    let written = world.written().await;
    let _mistake = world.run().await;
    holds_for("nothing is written", Duration::from_secs(2), async || world.written().await == written).await;
    let status = world.json(&["queue", "status"], 0).await;
    assert_eq!(status["paused"]["reason"], "disconnected");
    let twice = world.json(&["disconnect", "--yes"], 0).await;
    assert_eq!(twice["subscription"], Value::Null);

    // And back.
    let back = world.json(&["webhook", "register"], 0).await;
    assert_eq!((&back["did"], &back["paused"]), (&json!("created"), &json!(true)), "{back:#}");
    world.json(&["resume"], 0).await;
    world.account(&hire, "everyone is compared", |_| true).await;
    eventually("for that reason", SOON, async || {
        let runs = world.json(&["runs"], 0).await;
        (runs.to_string().contains("nightly") || gaps_served(&world).await > 0).then_some(())
    })
    .await;
}
