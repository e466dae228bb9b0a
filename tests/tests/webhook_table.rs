//! Each row of the table of answers, against the real process and a real Redis. Only `serve` runs: no worker takes the
//! jobs away, so that what was stored can be looked at.

#![allow(clippy::expect_used, clippy::panic)] // a failure in a helper is the test's failure

use std::time::{Duration, Instant};

use e2e::{SOON, World, deliver, event, post, raw};
use harness::{Deelsync, SIGNING_KEY, eventually, free_port, sign};
use serde_json::{Value, json};
use test_redis::{Persistence, TestRedis};

const PERSON: &str = "0b9f6a0e-5f43-4a52-8a64-2f1f6a6f7d01";
const SECOND: &str = "0b9f6a0e-5f43-4a52-8a64-2f1f6a6f7d02";

/// A world in which `serve` runs.
struct Door {
    world: World,
    serving: Deelsync,
}

impl Door {
    async fn open() -> Self {
        let world = World::empty().await;
        let serving = world.settings.start("serve").await;
        Self { world, serving }
    }

    fn url(&self) -> String {
        self.world.settings.webhook_url()
    }

    async fn deliver(&self, body: impl ToString) -> (u16, Value) {
        deliver(&self.url(), body).await
    }

    async fn waiting(&self) -> Vec<String> {
        self.world.job_keys("waiting").await
    }

    async fn counted(&self, outcome: &str) -> f64 {
        let sample = format!("deelsync_webhooks_total{{outcome=\"{outcome}\"}}");
        self.serving.metric(&sample).await.unwrap_or(0.0)
    }
}

fn updated(person: &str, tracking: &str) -> Value {
    event("worker.v2.updated", &json!({"id": person}), tracking)
}

fn person(id: &str) -> String {
    format!("person:{id}")
}

#[tokio::test]
async fn a_known_event_is_a_job_when_it_is_answered() {
    let door = Door::open().await;
    assert_eq!(door.deliver(updated(PERSON, "1")).await, (200, json!({"outcome": "stored"})));
    assert_eq!(door.deliver(event("worker.v2.deleted", &json!({"id": SECOND}), "2")).await.0, 200);

    let jobs = door.world.jobs("waiting").await;
    let told = |job: &Value| [job["key"].clone(), job["line"].clone(), job["trigger"].clone()];
    assert_eq!(jobs.len(), 2, "{jobs:#?}");
    assert_eq!(told(&jobs[0]), [person(PERSON), "events".into(), "webhook:worker.v2.updated".into()]);
    assert_eq!(told(&jobs[1]), [person(SECOND), "urgent".into(), "webhook:worker.v2.deleted".into()]);
}

#[tokio::test]
async fn a_delivery_seen_before_is_a_duplicate_in_whatever_process() {
    let mut door = Door::open().await;
    assert_eq!(door.deliver(updated(PERSON, "1")).await.1["outcome"], "stored");
    let _ = door.world.cli(&["queue", "discard", PERSON]).await.expect_code(0);
    assert_eq!(door.deliver(updated(PERSON, "1")).await, (200, json!({"outcome": "duplicate"})));
    assert_eq!(door.counted("duplicate").await, 1.0);

    assert_eq!(door.serving.stop().await, Some(0));
    door.serving = door.world.settings.start("serve").await;
    assert_eq!(door.deliver(updated(PERSON, "1")).await.1["outcome"], "duplicate");
    assert_eq!(door.waiting().await, Vec::<String>::new(), "a duplicate is no job");
    // Two spaces more are another body: Deel sent something new.
    assert_eq!(door.deliver(format!("  {}", updated(PERSON, "1"))).await.1["outcome"], "stored");
    assert_eq!(door.waiting().await, [person(PERSON)]);
}

#[tokio::test]
async fn many_events_about_one_person_are_one_job() {
    let door = Door::open().await;
    for tracking in 0..20 {
        let answer = door.deliver(updated(PERSON, &tracking.to_string())).await;
        assert_eq!(answer, (200, json!({"outcome": "stored"})));
    }
    assert_eq!(door.waiting().await, [person(PERSON)]);
    assert_eq!(door.counted("stored").await + door.counted("coalesced").await, 20.0);
}

#[tokio::test]
async fn what_concerns_nobody_is_counted_by_reason_and_leaves_no_job() {
    let door = Door::open().await;
    let mut simulated = updated(PERSON, "1");
    simulated["data"]["meta"]["is_simulation"] = json!(true);
    let mut nameless = updated(PERSON, "2");
    nameless["data"]["meta"] = Value::Null;
    let cases = [
        (simulated, "simulation"),
        (nameless, "missing_meta"),
        (json!({}), "missing_meta"),
        (json!({"data": [], "timestamp": 7}), "missing_meta"),
        (event("brand.new.event", &json!({"id": PERSON}), "3"), "unknown_event"),
        (event("time-off.created", &json!({"id": PERSON}), "4"), "irrelevant_event"),
        (event("eor.payslips.available", &json!({"id": PERSON}), "5"), "irrelevant_event"),
    ];
    for (body, reason) in cases {
        let before = door.counted(reason).await;
        assert_eq!(
            door.deliver(&body).await,
            (200, json!({"outcome": "ignored", "reason": reason})),
            "{body}"
        );
        assert_eq!(door.counted(reason).await, before + 1.0, "{body}");
    }
    assert_eq!(door.waiting().await, Vec::<String>::new());
}

#[tokio::test]
async fn another_organization_is_none_of_ours_once_ours_is_known() {
    let ours = "3e214829-0000-4000-8000-00000000000a";
    let world = World::with(&["--organization", ours], &[]).await;
    // The worker learns which organization is ours.
    let running = world.run().await;
    let told = |organization: &str, number: u32| {
        let mut body = updated(&format!("someone-{number}"), &number.to_string());
        body["data"]["meta"]["organization_id"] = organization.into();
        body
    };
    let mut number = 0;
    eventually("our organization is known", SOON, async || {
        number += 1;
        let body = told("3e214829-0000-4000-8000-00000000000b", number);
        let answer = deliver(&world.settings.webhook_url(), body).await;
        assert_eq!(answer.0, 200);
        (answer.1["reason"] == "other_organization").then_some(())
    })
    .await;
    let sample = "deelsync_webhooks_total{outcome=\"other_organization\"}";
    assert_eq!(running.metric(sample).await, Some(1.0));
    let _ = world.cli(&["queue", "show", &format!("someone-{number}")]).await.expect_code(1);
    // Ours is stored all the same; and a number, as version 1 writes it, says nothing about a UUID.
    assert_eq!(deliver(&world.settings.webhook_url(), told(ours, 9001)).await.1["outcome"], "stored");
    assert_eq!(deliver(&world.settings.webhook_url(), told("12", 9002)).await.1["outcome"], "stored");
}

#[tokio::test]
async fn an_event_about_somebody_unsaid_asks_for_one_reconcile() {
    let door = Door::open().await;
    let asked = (200, json!({"outcome": "reconcile_requested"}));
    for (event_type, resource) in [
        ("worker.v2.updated", json!({"reason": "unsaid"})),
        ("worker.v2.updated", Value::Null),
        ("worker.v2.updated", json!({"id": "../../accounts"})),
        ("worker.v2.updated", json!({"id": "x".repeat(4000)})),
        ("contract.terminated", json!({"id": "zz9unknown"})),
        ("onboarding.status.updated", json!({"status": "ONBOARDING"})),
    ] {
        let body = event(event_type, &resource, "1");
        assert_eq!(door.deliver(&body).await, asked, "{event_type}");
    }
    let jobs = [door.waiting().await, door.world.job_keys("delayed").await].concat();
    assert_eq!(jobs, ["reconcile"], "one, whoever asks");
}

#[tokio::test]
async fn an_array_of_people_is_a_job_for_each() {
    let door = Door::open().await;
    let body = event("worker.v2.updated", &json!([{"id": PERSON}, {"id": SECOND}, {"id": PERSON}]), "1");
    assert_eq!(door.deliver(body).await.1["outcome"], "stored");
    assert_eq!(door.waiting().await, [person(PERSON), person(SECOND)]);
}

#[tokio::test]
async fn numbers_of_version_1_are_never_taken_for_a_person() {
    let door = Door::open().await;
    let mut body = event("worker.created", &json!({"id": 4711}), "1");
    body["data"]["meta"]["organization_id"] = json!(12);
    body["data"]["meta"]["tracking_id"] = json!(99);
    assert_eq!(door.deliver(body).await, (200, json!({"outcome": "reconcile_requested"})));
    // An event type that is a number is a type nobody knows.
    let body = json!({"data": {"meta": {"event_type": 7}, "resource": {"id": PERSON}}});
    assert_eq!(door.deliver(body).await.1["reason"], "unknown_event");
    assert!(!door.waiting().await.iter().any(|key| key.starts_with("person:")));
}

#[tokio::test]
async fn what_is_signed_and_no_object_is_refused_with_what_is_wrong() {
    let door = Door::open().await;
    for (body, wrong) in [
        ("", "not JSON"),
        ("hello", "not JSON"),
        ("{\"data\": ", "line 1"),
        ("{} {}", "not JSON"),
        ("[]", "not an object"),
        ("null", "not an object"),
        ("\"text\"", "not an object"),
        ("17", "not an object"),
    ] {
        let (status, answer) = door.deliver(body).await;
        assert_eq!(status, 400, "{body:?}");
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(wrong)), "{body:?}: {answer}");
    }
    assert_eq!(door.counted("not_an_object").await, 8.0);
    // Bytes that are no UTF-8 stand for no text, but the object around them is one.
    let mut bytes = updated(PERSON, "?").to_string().into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'?').expect("the tracking id");
    bytes[at] = 0xff;
    assert_eq!(post(&door.url(), SIGNING_KEY, bytes).await.0, 200);
}

#[tokio::test]
async fn without_a_good_signature_nothing_is_read() {
    let door = Door::open().await;
    let body = updated(PERSON, "1").to_string();
    let good = sign(SIGNING_KEY, body.as_bytes());
    let for_a_get = {
        // What a client signs that takes another method for Deel's.
        let with_post = sign(SIGNING_KEY, format!("GET{body}").as_bytes());
        assert_ne!(with_post, good);
        with_post
    };
    let half = &good[..32];
    let cases = [
        (None, "signature_missing"),
        (Some(""), "signature_missing"),
        (Some(half), "signature_malformed"),
        (Some("sha256=abcdef"), "signature_malformed"),
        (Some(for_a_get.as_str()), "signature_wrong"),
    ];
    let http = reqwest::Client::new();
    for (header, counted) in cases {
        // A body that is no JSON shows that nobody looked at it: it would be a 400.
        for body in [body.as_str(), "no JSON at all"] {
            let before = door.counted(counted).await;
            let mut request = http.post(door.url()).body(body.to_owned());
            if let Some(header) = header {
                request = request.header("x-deel-signature", header);
            }
            assert_eq!(request.send().await.expect("an answer").status(), 401, "{header:?}");
            assert_eq!(door.counted(counted).await, before + 1.0, "{header:?} {body}");
        }
    }
    // The bytes count, not what they mean.
    let request = http.post(door.url()).header("x-deel-signature", &good).body(format!("{body} "));
    assert_eq!(request.send().await.expect("an answer").status(), 401);
    assert_eq!(post(&door.url(), "another-key-0123456789abcdef01234567", body.into_bytes()).await.0, 401);
    assert_eq!(door.waiting().await, Vec::<String>::new());
}

#[tokio::test]
async fn every_key_of_the_list_is_tried_and_a_file_can_hold_it() {
    let mut world = World::empty().await;
    let [old, new] = ["old-signing-key-0123456789abcdef", "new-signing-key-0123456789abcdef"];
    let file = world.settings.folder().join("signing-keys");
    std::fs::write(&file, format!("{old}, {new}\n")).expect("the file can be written");
    world.settings.unset("DEEL_SIGNING_KEYS").set("DEEL_SIGNING_KEYS_FILE", &file.display().to_string());
    let serving = world.settings.start("serve").await;
    let url = world.settings.webhook_url();
    for (key, status) in [(old, 200), (new, 200), (SIGNING_KEY, 401)] {
        let body = updated(PERSON, key).to_string().into_bytes();
        assert_eq!(post(&url, key, body).await.0, status, "{key}");
    }
    assert!(!serving.process.log().contains("signing-key-0123456789abcdef"), "{}", serving.process.log());
}

#[tokio::test]
async fn a_mebibyte_is_the_most() {
    const MOST: usize = 1 << 20;
    let door = Door::open().await;
    let mut body = updated(PERSON, "large").to_string();
    body.push_str(&" ".repeat(MOST - body.len()));
    assert_eq!(door.deliver(&body).await.0, 200, "exactly 1 MiB");
    // Who declares more is refused before a byte of it is sent.
    let head = format!(
        "POST /webhooks/deel HTTP/1.1\r\nhost: x\r\nx-deel-signature: {}\r\ncontent-length: {}\r\n\r\n",
        "0".repeat(64),
        MOST + 1
    );
    assert_eq!(raw(&door.url(), head.as_bytes()).await.0, 413);
    // Who declares nothing is refused as soon as it is too much.
    let mut chunked =
        b"POST /webhooks/deel HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for _ in 0..17 {
        chunked.extend_from_slice(b"10000\r\n");
        chunked.extend(std::iter::repeat_n(b' ', 0x10000));
        chunked.extend_from_slice(b"\r\n");
    }
    assert_eq!(raw(&door.url(), &chunked).await.0, 413);
    assert_eq!(door.counted("too_large").await, 2.0);
}

#[tokio::test]
async fn a_body_in_chunks_is_as_good_as_any() {
    let door = Door::open().await;
    let body = updated(PERSON, "in pieces").to_string();
    let mut request = format!(
        "POST /webhooks/deel HTTP/1.1\r\nhost: x\r\nx-deel-signature: {}\r\ntransfer-encoding: chunked\r\n\r\n",
        sign(SIGNING_KEY, body.as_bytes())
    );
    for piece in body.as_bytes().chunks(7) {
        request.push_str(&format!("{:x}\r\n{}\r\n", piece.len(), String::from_utf8_lossy(piece)));
    }
    request.push_str("0\r\n\r\n");
    let (status, text) = raw(&door.url(), request.as_bytes()).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(door.waiting().await, [person(PERSON)]);
}

#[tokio::test]
async fn only_post_is_for_webhooks() {
    let door = Door::open().await;
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let request = format!("{method} /webhooks/deel HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
        let (status, text) = raw(&door.url(), request.as_bytes()).await;
        assert_eq!(status, 405, "{method}");
        assert!(text.to_lowercase().contains("allow: post"), "{text}");
    }
    assert_eq!(door.counted("method_not_allowed").await, 5.0);
    // What is for operators is not on this listener.
    for path in ["/metrics", "/console", "/api/v1/holds", "/webhooks/other"] {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(raw(&door.url(), request.as_bytes()).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn ten_thousand_levels_harm_nobody() {
    const DEEP: usize = 10_000;
    let mut door = Door::open().await;
    let nested = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
    let objects = format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
    let with = |resource: &str, tracking: &str| {
        updated(PERSON, tracking).to_string().replace(&format!("{{\"id\":\"{PERSON}\"}}"), resource)
    };
    // Beside what is read it changes nothing.
    let beside = with(&format!("{{\"id\":\"{PERSON}\",\"x\":{nested},\"y\":{objects}}}"), "1");
    assert_eq!(door.deliver(beside).await, (200, json!({"outcome": "stored"})));
    // In place of what is read it names nobody.
    assert_eq!(door.deliver(with(&objects, "2")).await.1["outcome"], "reconcile_requested");
    assert_eq!(door.deliver(&nested).await.0, 400);
    assert_eq!(door.deliver("[".repeat(DEEP)).await.0, 400);
    assert_eq!(door.deliver(&objects).await.1["reason"], "missing_meta");
    door.serving.process.assert_running();
    assert!(door.waiting().await.contains(&person(PERSON)));
}

#[tokio::test]
async fn whoever_is_slower_than_ten_seconds_is_told_so() {
    let door = Door::open().await;
    let began = Instant::now();
    let request = b"POST /webhooks/deel HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{";
    assert_eq!(raw(&door.url(), request).await.0, 408);
    let took = began.elapsed();
    assert!((Duration::from_secs(9)..Duration::from_secs(13)).contains(&took), "{took:?}");
    assert_eq!(door.counted("too_slow").await, 1.0);
}

#[tokio::test]
async fn a_redis_that_hangs_is_a_503_within_moments() {
    let redis = TestRedis::private(Persistence::EverySecond).await;
    let mut world = World::on(redis, &[], &[]).await;
    let _serving = world.settings.start("serve").await;
    let url = world.settings.webhook_url();
    world.redis.server().freeze();
    let began = Instant::now();
    let body = updated(PERSON, "hanging").to_string();
    let request = format!(
        "POST /webhooks/deel HTTP/1.1\r\nhost: x\r\nx-deel-signature: {}\r\ncontent-length: {}\r\n\r\n{body}",
        sign(SIGNING_KEY, body.as_bytes()),
        body.len()
    );
    let (status, text) = raw(&url, request.as_bytes()).await;
    let took = began.elapsed();
    world.redis.server().thaw();
    assert_eq!(status, 503, "{text}");
    assert!(text.to_lowercase().contains("retry-after: "), "{text}");
    assert!(took < Duration::from_secs(5), "Deel would have given up: {took:?}");
    // The same delivery comes again, and is stored.
    eventually("it is stored", SOON, async || (deliver(&url, &body).await.0 == 200).then_some(())).await;
    assert_eq!(world.job_keys("waiting").await, [person(PERSON)]);
}

#[tokio::test]
async fn without_a_signing_key_nobody_listens() {
    let mut world = World::empty().await;
    world.settings.unset("DEEL_SIGNING_KEYS").set("DEELSYNC_LISTEN", &format!("127.0.0.1:{}", free_port()));
    for role in ["serve", "run"] {
        let ended = world.cli(&[role]).await.expect_code(1);
        assert!(ended.stderr.contains("DEEL_SIGNING_KEYS is not set"), "{}", ended.stderr);
    }
}
