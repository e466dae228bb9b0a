//! Who, never what: names, addresses and secrets are in the holds and on the trail, and nowhere else.

#![allow(clippy::expect_used, clippy::panic)] // a failure in a helper is the test's failure

use e2e::{World, deliver, event, id_of};
use harness::{KEY, SIGNING_KEY, TOKEN};
use redis::aio::MultiplexedConnection;
use serde_json::{Value, json};

/// Words that nothing but this story contains, in lower case; the values of every field a person has.
const PRIVATE: &[&str] = &[
    "zyxwina",
    "qvortrup",
    "zq-work@",
    "zq-other@",
    "zq-private",
    "sextant maker",
    "astrolabe maker",
    "gnomonics",
    "umbra hall",
    "meridian crew",
    "1979-03-07",
    "123456 kr",
    "not-a-day-7",
];

/// A hire, a change, a held change, a dead job and a termination of somebody made up, with every kind of process.
async fn story(world: &World) -> (String, Vec<String>) {
    let mut running = world.run().await;
    let person = id_of(
        &world
            .deel
            .hire(json!({
                "first_name": "Zyxwina", "last_name": "Qvortrup", "work_email": "zq-work@example.com",
                "job_title": "Sextant Maker", "department": {"id": "d1", "name": "Gnomonics"},
                "work_location": "Umbra Hall", "team": "Meridian Crew", "birth_date": "1979-03-07",
                "addresses": [{"street": "zq-private street 1"}], "salary": "123456 kr",
            }))
            .await,
    );
    let account = world.account(&person, "the account", |_| true).await;
    world.jumpcloud.edit(&id_of(&account), json!({"state": "ACTIVATED"})).await;
    world
        .deel
        .change(&person, json!({"job_title": "Astrolabe Maker", "work_email": "zq-other@example.com"}))
        .await;
    world.account(&person, "the change", |account| account["jobTitle"] == "Astrolabe Maker").await;
    world.settled().await;
    assert_eq!(world.hold().await["kind"], "email_change");

    // A webhook that says everything, and one that is refused.
    let told =
        json!({"id": person, "first_name": "Zyxwina", "email": "zq-work@example.com", "salary": "123456 kr"});
    let mut body = event("worker.v2.updated", &told, "Zyxwina Qvortrup");
    assert_eq!(deliver(&world.settings.webhook_url(), &body).await.0, 200);
    body["data"]["meta"]["event_type"] = json!("zyxwina.qvortrup.Astrolabe Maker");
    assert_eq!(deliver(&world.settings.webhook_url(), &body).await.0, 200);
    assert_eq!(deliver(&world.settings.webhook_url(), "Zyxwina Qvortrup zq-work@example.com").await.0, 400);
    let unsigned = reqwest::Client::new().post(world.settings.webhook_url()).body("Zyxwina").send().await;
    assert_eq!(unsigned.expect("an answer").status(), 401);

    // JumpCloud refuses once, with the value in its words; Deel sends a day nobody can read.
    world.jumpcloud.faults(json!({"status_5xx": {"count": 1}})).await;
    world.changed_silently(&person, json!({"termination_last_day": "not-a-day-7"})).await;
    let _ = world.cli(&["sync", "--person", &person]).await.expect_code(1);
    let _ = world.cli(&["sync", "--person", "zq-work@example.com"]).await.expect_code(1);
    assert_eq!(world.job_keys("dead").await, [format!("person:{person}")]);
    let metrics = running.metrics().await;
    world.changed_silently(&person, json!({"termination_last_day": null})).await;
    let _ = world.cli(&["queue", "retry", &person]).await.expect_code(0);
    world.deel.terminate(&person, json!({"at_once": true})).await;
    world.account(&person, "the suspension", |account| account["state"] == "SUSPENDED").await;
    world.settled().await;
    let last = running.metrics().await;
    assert_eq!(running.stop().await, Some(0));
    (person, vec![metrics, last, running.process.log()])
}

fn assert_private(what: &str, text: &str) {
    let lower = text.to_lowercase();
    for word in PRIVATE {
        let found = lower.find(word).map(|at| lower.get(at.saturating_sub(300)..).unwrap_or(&lower));
        assert!(
            found.is_none(),
            "{word:?} is in {what}: …{}",
            found.unwrap_or_default().chars().take(700).collect::<String>()
        );
    }
}

#[tokio::test]
async fn a_whole_life_leaves_only_ids_behind() {
    let mut world = World::empty().await;
    // As loud as an operator who looks for a fault would make it.
    world.settings.set("DEELSYNC_LOG", "debug");
    let (person, told) = story(&world).await;

    assert!(
        told[2].contains(&person) && told[2].contains("change written"),
        "the log tells something: {}",
        told[2]
    );
    assert!(
        told[0].contains("deelsync_webhooks_total") && told[1].contains("deelsync_jobs_total"),
        "{}",
        told[1]
    );
    for (what, text) in ["the metrics", "the metrics at the end", "the log"].into_iter().zip(&told) {
        assert_private(what, text);
    }

    let mut redis = world.redis.connection().await;
    let (mut secret, mut open) = (0, 0);
    for key in world.redis.keys().await {
        assert_private("the name of a key", &key);
        let value = contents(&mut redis, &key).await;
        if key.contains(":holds") || key.contains(":audit") {
            secret += 1;
            open += usize::from(value.to_lowercase().contains("qvortrup") || value.contains("zq-other@"));
        } else {
            assert_private(&key, &value);
        }
    }
    assert!(secret > 0 && open > 0, "the trail and the holds are where values are");
    let why = world.cli(&["why", &person]).await.expect_code(0).stdout;
    assert!(
        why.contains("Qvortrup") && why.contains("zq-other@example.com") && why.contains("Astrolabe Maker"),
        "{why}"
    );
}

#[tokio::test]
async fn a_waiting_a_delayed_and_a_dead_job_are_ids_only() {
    let world = World::empty().await;
    let (person, _) = world.created(json!({"first_name": "Zyxwina", "last_name": "Qvortrup"})).await;
    world.changed_silently(&person, json!({"termination_last_day": "not-a-day-7"})).await;
    let _ = world.cli(&["sync", "--person", &person]).await.expect_code(1);
    let serving = world.settings.start("serve").await;
    for (number, id) in ["zq-one", "zq-two"].into_iter().enumerate() {
        let resource = json!({"id": id, "name": "Zyxwina Qvortrup", "email": "zq-work@example.com", "salary": "123456 kr"});
        let body = event("worker.v2.updated", &resource, &number.to_string());
        assert_eq!(deliver(&world.settings.webhook_url(), body).await.0, 200);
    }
    drop(serving);
    let mut redis = world.redis.connection().await;
    // The two that wait have no hash of their own.
    let keys = world.redis.keys().await;
    let of_jobs = |key: &&String| key.contains(":job:") || key.ends_with(":fresh");
    let jobs: Vec<&String> = keys.iter().filter(of_jobs).collect();
    assert_eq!(jobs.len(), 2, "{jobs:?}");
    for key in jobs {
        let value = contents(&mut redis, key).await;
        let says_why = if key.ends_with(":fresh") { "person:zq-two" } else { "trigger" };
        assert!(value.contains(says_why), "{key}: {value}");
        assert_private(key, &value);
    }
}

#[tokio::test]
async fn secrets_appear_nowhere() {
    let mut world = World::empty().await;
    world.settings.set("DEELSYNC_LOG", "trace");
    let (_, mut told) = story(&world).await;
    for command in [
        &["config", "show"][..],
        &["config", "check"],
        &["check"],
        &["queue", "status"],
        &["holds", "list", "--all"],
    ] {
        let output = world.cli(command).await;
        told.push(output.stdout + &output.stderr);
    }
    let mut redis = world.redis.connection().await;
    for key in world.redis.keys().await {
        told.push(contents(&mut redis, &key).await);
    }
    assert!(told.iter().any(|text| text.contains("change written")));
    for text in told {
        for secret in [TOKEN, KEY, SIGNING_KEY] {
            let at = text.find(secret);
            assert!(
                at.is_none(),
                "{secret}: …{}",
                &text[at.unwrap_or_default().saturating_sub(200)..].chars().take(400).collect::<String>()
            );
        }
    }
}

/// All that a key holds, as text.
async fn contents(redis: &mut MultiplexedConnection, key: &str) -> String {
    let kind: String = redis::cmd("TYPE").arg(key).query_async(redis).await.expect("TYPE answers");
    let mut command = match kind.as_str() {
        "string" => redis::cmd("GET"),
        "hash" => redis::cmd("HGETALL"),
        "zset" => redis::cmd("ZRANGE"),
        "list" => redis::cmd("LRANGE"),
        "set" => redis::cmd("SMEMBERS"),
        "stream" => redis::cmd("XRANGE"),
        "none" => return String::new(),
        other => panic!("{key} is a {other}"),
    };
    command.arg(key);
    match kind.as_str() {
        "zset" | "list" => drop(command.arg(0).arg(-1)),
        "stream" => drop(command.arg("-").arg("+")),
        _ => {}
    }
    let value: redis::Value = command.query_async(redis).await.expect("the key can be read");
    let mut text = String::new();
    flatten(&value, &mut text);
    text
}

fn flatten(value: &redis::Value, text: &mut String) {
    match value {
        redis::Value::BulkString(bytes) => text.push_str(&String::from_utf8_lossy(bytes)),
        redis::Value::SimpleString(simple) => text.push_str(simple),
        redis::Value::Int(number) => text.push_str(&number.to_string()),
        redis::Value::Array(items) | redis::Value::Set(items) => {
            items.iter().for_each(|item| flatten(item, text));
        }
        redis::Value::Map(pairs) => pairs.iter().for_each(|(name, item)| {
            flatten(name, text);
            flatten(item, text);
        }),
        _ => {}
    }
    text.push(' ');
}

#[tokio::test]
async fn with_the_trail_off_only_holds_have_values() {
    let mut world = World::empty().await;
    world.settings.file("[audit]\nenabled = false\n");
    let (person, _) = world
        .created(
            json!({"first_name": "Zyxwina", "last_name": "Qvortrup", "work_email": "zq-work@example.com"}),
        )
        .await;
    world
        .changed_silently(
            &person,
            json!({"work_email": "zq-other@example.com", "job_title": "Astrolabe Maker"}),
        )
        .await;
    world.synced(&person).await;
    let mut redis = world.redis.connection().await;
    let mut with_values = Vec::new();
    for key in world.redis.keys().await {
        let value: String = contents(&mut redis, &key).await.to_lowercase();
        if PRIVATE.iter().any(|word| value.contains(word)) {
            with_values.push(key);
        }
    }
    assert!(
        !with_values.is_empty() && with_values.iter().all(|key| key.contains(":holds")),
        "{with_values:?}"
    );
    assert_eq!(world.json(&["why", &person], 0).await["entries"], Value::Array(vec![]));
}

/// Changes, a leaver, a hire, a change that is held for many, and a plan on disk: all of a sync of everyone.
#[tokio::test]
async fn a_sync_of_everyone_leaves_only_ids_behind() {
    let mut world = World::empty().await;
    world.settings.set("DEELSYNC_LOG", "debug");
    let private =
        json!({"first_name": "Zyxwina", "last_name": "Qvortrup{n}", "work_email": "zq-work{n}@example.com"});
    let people = world.staff_with(20, private).await;
    let gnomonics = json!({"department": {"name": "Gnomonics"}, "job_title": "Sextant Maker"});
    world.bulk(json!({"action": "change", "who": {"ids": &people[..14]}, "with": gnomonics})).await;
    world
        .changed_silently(&people[15], json!({"team": "Meridian Crew", "work_email": "zq-other@example.com"}))
        .await;
    world.end(&people[16..20], "2026-05-01").await;
    world
        .hired_many(
            1,
            json!({"first_name": "Zyxwina", "last_name": "Qvortrup", "work_location": "Umbra Hall"}),
        )
        .await;
    let mut told = Vec::new();
    for command in [&["plan"][..], &["sync"], &["sync"]] {
        told.push(world.cli(command).await.stderr);
    }
    assert!(world.holds().await.len() >= 3, "{:#?}", world.holds().await);
    for text in told {
        assert_private("what is said beside the answer", &text);
    }
    let mut redis = world.redis.connection().await;
    for key in world.redis.keys().await {
        assert_private("the name of a key", &key);
        if !key.contains(":holds") && !key.contains(":audit") {
            assert_private(&key, &contents(&mut redis, &key).await);
        }
    }
}
