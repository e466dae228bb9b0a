//! The watchdog, over the real programs.

use std::time::Duration;

use e2e::{SOON, somebody};
use harness::eventually;
use serde_json::json;

use crate::inbox::Inbox;
use crate::{gaps_served, recorded, shows, status, subscription, ten_failures, two_looks, watched};

/// A turn at telling lasts 20 s, and the next one begins up to 5 s after it.
const TOLD: Duration = Duration::from_secs(45);

#[tokio::test]
async fn what_deel_gave_up_is_enabled_again_and_what_was_dropped_is_made_up_once() {
    let mut world = watched().await;
    let inbox = Inbox::open().await;
    world.settings.set("NOTIFY_WEBHOOK_URL", inbox.url());
    let mut running = world.run().await;
    let (person, _) = world.hired(somebody("Grace", "Gap")).await;
    recorded(&world, "a first look", |record| record["state"] == "enabled").await;
    shows(&running, "deelsync_webhook_subscription_ok", 1.0).await;
    assert_eq!(running.stop().await, Some(0));

    // Nobody is there for the one change, and of the other Deel tells nobody any more.
    world.deel.change(&person, json!({"job_title": "Told in vain"})).await;
    ten_failures(&world).await;
    world.deel.change(&person, json!({"job_title": "Never told"})).await;

    let _running = world.run().await;
    world.settings.other_ports();
    let _beside = world.settings.start("work").await;
    world.account(&person, "what was dropped", |account| account["jobTitle"] == "Never told").await;
    assert_eq!(subscription(&world).await["status"], "enabled");
    let record = recorded(&world, "the end of the gap", |record| record["gap_since_ms"].is_null()).await;
    assert_eq!((&record["mended"]["by_us"], &record["mended"]["was"]), (&json!(true), &json!("disabled")));
    eventually("people are told", TOLD, async || {
        (inbox.count("deelsync enabled it again") > 0).then_some(())
    })
    .await;
    world.deel.change(&person, json!({"job_title": "Told again"})).await;
    world.account(&person, "the next webhook", |account| account["jobTitle"] == "Told again").await;
    two_looks(&world).await;
    world.settled().await;
    assert_eq!(gaps_served(&world).await, 1, "one gap, one comparison, however many look");
    assert_eq!(inbox.count("deelsync enabled it again"), 1);
}

#[tokio::test]
async fn without_leave_it_stays_disabled_and_is_told_and_register_mends_it() {
    let mut world = watched().await;
    let inbox = Inbox::open().await;
    world.settings.set("NOTIFY_WEBHOOK_URL", inbox.url()).set("DEELSYNC_WEBHOOK_REENABLE", "false");
    let running = world.run().await;
    recorded(&world, "a first look", |record| record["state"] == "enabled").await;
    let id = subscription(&world).await["id"].as_str().expect("an id").to_owned();
    let patch = json!({"status": "disabled"});
    assert_eq!(world.deel.api("PATCH", &format!("/webhooks/{id}"), Some(patch)).await.0, 200);
    recorded(&world, "it is seen", |record| record["state"] == "disabled").await;
    shows(&running, "deelsync_webhook_subscription_ok", 0.0).await;
    eventually("people are told", TOLD, async || (inbox.count("is disabled in Deel") > 0).then_some(()))
        .await;
    let said = world.json(&["webhook", "status"], 1).await;
    assert_eq!((&said["state"], &said["watchdog"]["mended"]), (&json!("disabled"), &json!(null)), "{said:#}");
    two_looks(&world).await;
    assert_eq!(subscription(&world).await["status"], "disabled");

    let (person, changed) = (world.hired_silently(somebody("Ann", "Unheard")).await, "changed");
    assert_eq!(world.json(&["webhook", "register"], 0).await["did"], changed);
    assert_eq!(subscription(&world).await["status"], "enabled");
    world.account(&person, "the gap is compared", |_| true).await;
    let record = recorded(&world, "all is well", |record| record["state"] == "enabled").await;
    assert_eq!((&record["mended"]["was"], &record["mended"]["by_us"]), (&json!("disabled"), &json!(false)));
    assert_eq!(inbox.count("is disabled in Deel"), 1, "once, not at every look");
    let log = running.process.log();
    assert_eq!(log.matches("is disabled in Deel").count(), 1, "{log}");
}

#[tokio::test]
async fn one_that_is_gone_elsewhere_or_incomplete_is_told_and_left_alone() {
    let world = watched().await;
    let running = world.run().await;
    recorded(&world, "a first look", |record| record["state"] == "enabled").await;
    let id = subscription(&world).await["id"].as_str().expect("an id").to_owned();
    let path = format!("/webhooks/{id}");
    world.deel.api("PATCH", &path, Some(json!({"events": ["worker.v2.created"]}))).await;
    let record = recorded(&world, "incomplete", |record| record["state"] == "incomplete").await;
    assert_eq!(record["lacking"], json!(["worker.v2.updated", "contract.terminated"]));
    world.deel.api("DELETE", &path, None).await;
    recorded(&world, "missing", |record| record["state"] == "missing").await;
    world.deel.subscribe("http://127.0.0.1:9/webhooks/deel").await;
    recorded(&world, "elsewhere", |record| record["state"] == "elsewhere").await;
    two_looks(&world).await;
    assert_eq!(subscription(&world).await["url"], "http://127.0.0.1:9/webhooks/deel", "left alone");
    world.settled().await;
    assert_eq!(gaps_served(&world).await, 0, "nothing is delivered yet");
    let log = running.process.log();
    for words in ["lacks the events", "has no subscription of ours", "delivers to another address"] {
        assert_eq!(log.matches(words).count(), 1, "{words}: {log}");
    }

    let other = subscription(&world).await["id"].as_str().expect("an id").to_owned();
    // It goes by our name, and may be another installation's.
    let refused = world.cli(&["webhook", "rotate"]).await.expect_code(1);
    assert!(refused.stderr.contains("no subscription of ours"), "{}", refused.stderr);
    let made = world.json(&["webhook", "register", "--replace", &other], 0).await;
    assert_eq!((&made["did"], &made["other"]["deleted"]), (&json!("created"), &json!(true)), "{made:#}");
    assert_eq!(subscription(&world).await["url"], world.settings.webhook_url());
    recorded(&world, "all is well", |record| record["state"] == "enabled").await;
    eventually("the gap is compared", SOON, async || (gaps_served(&world).await == 1).then_some(())).await;
}

#[tokio::test]
async fn while_deel_refuses_to_mend_it_is_told_and_tried_on() {
    let world = watched().await;
    let mut running = world.run().await;
    recorded(&world, "a first look", |record| record["state"] == "enabled").await;
    assert_eq!(running.stop().await, Some(0));
    let id = subscription(&world).await["id"].as_str().expect("an id").to_owned();
    let patch = json!({"status": "disabled"});
    assert_eq!(world.deel.api("PATCH", &format!("/webhooks/{id}"), Some(patch)).await.0, 200);
    world.deel.faults(json!({"status_5xx": {"ratio": 1.0, "status": 503}, "methods": ["PATCH"]})).await;
    let _running = world.run().await;
    let failed = recorded(&world, "it is seen", |record| record["problem"].is_string()).await;
    assert!(failed["problem"].as_str().is_some_and(|words| words.contains("cannot be enabled")), "{failed}");
    assert_eq!(failed["state"], "disabled");
    world.deel.no_faults().await;
    let record = recorded(&world, "it is mended", |record| record["mended"]["by_us"] == true).await;
    assert!(record["gap_since_ms"].is_null() && record["problem"].is_null(), "{record}");
    eventually("the gap is compared", SOON, async || (gaps_served(&world).await == 1).then_some(())).await;
}

#[tokio::test]
async fn unusual_silence_is_told_and_ends_with_a_webhook() {
    let mut world = watched().await;
    world.settings.set("DEELSYNC_WEBHOOK_SILENCE_HOURS", "0.001");
    let running = world.run().await;
    let (person, _) = world.hired(somebody("Sam", "Silent")).await;
    let record = recorded(&world, "silence", |record| record["silent_since_ms"].is_u64()).await;
    let said = status(&world).await;
    assert_eq!(said["watchdog"]["silent_since"], said["last_webhook_at"], "{said:#} {record}");
    let found = world.cli(&["check"]).await.expect_code(0);
    assert!(found.stdout.contains("unusually long ago"), "{}", found.stdout);
    world.deel.change(&person, json!({"job_title": "Loud"})).await;
    recorded(&world, "it ends", |record| record["silent_since_ms"].is_null()).await;
    let log = running.process.log();
    assert!(log.contains("no webhook has come for an unusually long time"), "{log}");
}
