//! Signing keys: lost, wrong, rotated, two at once, made by Deel.

use std::os::unix::fs::PermissionsExt as _;

use e2e::{SOON, World, somebody};
use harness::{SIGNING_KEY, eventually};
use serde_json::{Value, json};

use crate::{deliveries, recorded, status, subscription, watched};

const NEW: &str = "new-signing-key-0123456789abcdefgh";

#[tokio::test]
async fn a_lost_key_is_noticed_and_a_rotation_mends_it_and_nothing_is_lost() {
    let mut world = watched().await;
    world.settings.set("DEEL_SIGNING_KEYS", NEW);
    let mut running = world.run().await;
    let (person, _) = world.created(somebody("Lou", "Keyless")).await;
    world.deel.change(&person, json!({"job_title": "Refused at first"})).await;
    // As Deel repeats it, for longer than two looks.
    let refused = eventually("it is noticed", SOON, async || {
        world.deel.call("POST", "/_sim/retry", Some(json!({}))).await;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let said = status(&world).await;
        said["watchdog"]["refused_since"].is_string().then_some(said)
    })
    .await;
    assert!(refused["refused"]["count"].as_u64() >= Some(3), "{refused:#}");
    assert_eq!(refused["last_webhook_at"], Value::Null);
    let words = "DEEL_SIGNING_KEYS lacks the key";
    assert!(world.cli(&["check"]).await.expect_code(0).stdout.contains(words));
    assert!(running.process.log().contains(words));

    let rotated = world.json(&["webhook", "rotate"], 0).await;
    assert_eq!((&rotated["rotated"], &rotated["probe"]), (&json!(true), &json!("accepted")), "{rotated:#}");
    assert!(!rotated.to_string().contains(NEW));
    if subscription(&world).await["status"] == "disabled" {
        // Ten were refused meanwhile; the watchdog enables it, and everyone is compared.
        recorded(&world, "it is mended", |record| record["mended"]["by_us"] == true).await;
    } else {
        world.deel.call("POST", "/_sim/retry", Some(json!({}))).await;
    }
    world.account(&person, "the change", |account| account["jobTitle"] == "Refused at first").await;
    world.deel.change(&person, json!({"job_title": "Taken"})).await;
    world.account(&person, "the next", |account| account["jobTitle"] == "Taken").await;
    recorded(&world, "that is told too", |record| record["refused_since_ms"].is_null()).await;
    assert_eq!(running.stop().await, Some(0));
}

#[tokio::test]
async fn a_rotation_with_both_keys_refuses_nothing() {
    let mut world = watched().await;
    let mut running = world.run().await;
    let (person, _) = world.hired(somebody("Ro", "Tate")).await;
    world.settings.set("DEEL_SIGNING_KEYS", &format!("{NEW},{SIGNING_KEY}"));
    let early = world.cli(&["webhook", "rotate"]).await.expect_code(1);
    assert!(early.stderr.contains("refuses the new key"), "{}", early.stderr);
    assert_eq!(running.stop().await, Some(0));

    let mut both = world.run().await;
    let title = async |title: &str| {
        world.deel.change(&person, json!({"job_title": title})).await;
        world.account(&person, title, |account| account["jobTitle"] == title).await;
    };
    title("Signed with the old one").await;
    world.json(&["webhook", "rotate"], 0).await;
    title("Signed with the new one").await;
    assert_eq!(both.stop().await, Some(0));

    let refused = r#"deelsync_webhooks_total{outcome="signature_wrong"}"#;
    world.settings.set("DEEL_SIGNING_KEYS", NEW);
    let alone = world.run().await;
    world.deel.change(&person, json!({"job_title": "The old one is gone"})).await;
    world.account(&person, "the end", |account| account["jobTitle"] == "The old one is gone").await;
    assert_eq!(alone.metric(refused).await, Some(0.0));
    eventually("nothing is refused", SOON, async || {
        (deliveries(&world, "pending").await == 0 && deliveries(&world, "failed").await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn two_subscriptions_with_two_keys_are_both_taken() {
    let mut world = watched().await;
    world.settings.set("DEEL_SIGNING_KEYS", &format!("{NEW},{SIGNING_KEY}"));
    let running = world.run().await;
    let second = json!({
        "name": "second", "description": "second", "status": "enabled", "url": world.settings.webhook_url(),
        "signing_key": NEW, "api_version": "v2", "events": ["worker.v2.created"],
    });
    assert_eq!(world.deel.api("POST", "/webhooks", Some(second)).await.0, 201);
    world.hired(somebody("Twice", "Told")).await;
    eventually("both are delivered", SOON, async || (deliveries(&world, "pending").await == 0).then_some(()))
        .await;
    assert_eq!(running.metric(r#"deelsync_webhooks_total{outcome="signature_wrong"}"#).await, Some(0.0));
    assert_eq!(deliveries(&world, "failed").await, 0);
}

#[tokio::test]
async fn a_key_that_deel_makes_goes_into_a_file_for_its_owner_and_nowhere_else() {
    let mut world = watched().await;
    let id = subscription(&world).await["id"].as_str().expect("an id").to_owned();
    world.deel.api("DELETE", &format!("/webhooks/{id}"), None).await;
    world.settings.unset("DEEL_SIGNING_KEYS");
    let refused = world.cli(&["webhook", "register"]).await.expect_code(1);
    assert!(refused.stderr.contains("--key-file"), "{}", refused.stderr);
    assert!(world.deel.subscriptions().await.is_empty(), "nothing is made whose key would be lost");

    let path = world.settings.folder().join("signing-key");
    let file = path.display().to_string();
    let made = world.cli(&["webhook", "register", "--key-file", &file]).await.expect_code(0);
    let key = std::fs::read_to_string(&path).expect("the key is there").trim().to_owned();
    assert!(key.len() >= 32);
    assert!(!made.stdout.contains(&key) && !made.stderr.contains(&key));
    let mode = std::fs::metadata(&path).expect("it is a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = world.cli(&["webhook", "register", "--key-file", &file]).await.expect_code(0);
    assert!(again.stdout.contains("nothing is changed"), "{}", again.stdout);
    assert_eq!(std::fs::read_to_string(&path).expect("still").trim(), key);

    world.settings.set("DEEL_SIGNING_KEYS_FILE", &file);
    let _running = world.run().await;
    world.hired(somebody("Made", "By-Deel")).await;
}

#[tokio::test]
async fn a_key_that_deel_would_not_take_is_refused_before() {
    let mut world: World = watched().await;
    world.settings.set("DEEL_SIGNING_KEYS", "short");
    for command in [&["webhook", "rotate"][..], &["webhook", "register"]] {
        let refused = world.cli(command).await.expect_code(1);
        assert!(refused.stderr.contains("32"), "{}", refused.stderr);
    }
}
