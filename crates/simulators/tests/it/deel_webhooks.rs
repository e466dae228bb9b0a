//! Subscriptions, signatures, retries.

use std::sync::atomic::Ordering;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use simulators::deel::Options;

use crate::{
    client::{Sim, deel, quick_deel, until},
    receiver::Receiver,
};

fn told(receiver: &Receiver, speed: f64) -> Sim {
    deel(Options {
        rate: None,
        deliver_to: Some(receiver.url.clone()),
        clock_speed: speed,
        ..Options::default()
    })
}

fn signature(key: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(b"POST");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn a_hire_is_told_with_a_signature_over_the_raw_body() {
    let receiver = Receiver::start();
    let sim = told(&receiver, 1.0);
    let hired = sim.done("/_sim/hire", json!({ "hiring_type": "direct_employee" })).await;
    until("four events", async || (receiver.arrivals().len() == 4).then_some(())).await;
    let mut kinds = receiver.kinds();
    kinds.sort();
    let expected =
        ["contract.created", "employee.created.direct", "onboarding.status.updated", "worker.v2.created"];
    assert_eq!(kinds, expected);
    let organization = sim.ok("/rest/v2/organizations").await["data"][0]["id"].clone();
    for arrival in receiver.arrivals() {
        assert_eq!(arrival.signature.as_deref(), Some(signature("sim-key", &arrival.body).as_str()));
        assert_eq!(arrival.version.as_deref(), Some("1.0.0"));
        assert!(arrival.label.is_some());
        let body = arrival.json();
        let meta = &body["data"]["meta"];
        assert_eq!(meta["organization_id"], organization);
        assert!(meta["tracking_id"].is_string() && body["timestamp"].is_string());
        assert!(meta.get("is_simulation").is_none());
        match meta["event_type"].as_str().unwrap() {
            "worker.v2.created" => assert_eq!(body["data"]["resource"], json!({ "id": hired["id"] })),
            "contract.created" => {
                assert_eq!(body["data"]["resource"]["id"], hired["employments"][0]["id"]);
                assert_eq!(body["data"]["resource"]["termination_date"], "");
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn events_can_be_silenced_chosen_duplicated_and_made_up() {
    let receiver = Receiver::start();
    let sim = told(&receiver, 1.0);
    let id = sim.done("/_sim/hire", json!({ "silent": true })).await["id"].as_str().unwrap().to_owned();
    sim.done("/_sim/events", json!({ "on": false })).await;
    sim.done(&format!("/_sim/people/{id}/change"), json!({ "job_title": "A" })).await;
    sim.done("/_sim/events", json!({ "on": true })).await;
    sim.done(
        &format!("/_sim/people/{id}/change"),
        json!({ "job_title": "B", "only": ["worker.v2.updated"] }),
    )
    .await;
    until("one event", async || (receiver.arrivals().len() == 1).then_some(())).await;
    let order = json!({ "event": "worker.v2.updated", "person": id, "simulation": true, "copies": 3 });
    sim.done("/_sim/deliver", order).await;
    until("three more", async || (receiver.arrivals().len() == 4).then_some(())).await;
    let arrivals = receiver.arrivals();
    assert_eq!(arrivals[1].json()["data"]["meta"]["is_simulation"], true);
    assert_eq!(arrivals[1].body, arrivals[3].body);
    let sent = sim.ok("/_sim/deliveries?bodies=true").await["deliveries"].clone();
    sim.done("/_sim/deliver", json!({ "replay": sent[0]["id"] })).await;
    sim.done("/_sim/deliver", json!({ "body": "not json", "signed": "wrongly" })).await;
    sim.done("/_sim/deliver", json!({ "body": { "x": 1 }, "signed": "not" })).await;
    until("seven in all", async || (receiver.arrivals().len() == 7).then_some(())).await;
    let arrivals = receiver.arrivals();
    let find = |body: &[u8]| arrivals.iter().find(|arrival| arrival.body == body).unwrap().clone();
    assert_eq!(arrivals.iter().filter(|arrival| arrival.body == arrivals[0].body).count(), 2);
    assert_ne!(find(b"not json").signature.unwrap(), signature("sim-key", b"not json"));
    assert_eq!(find(b"{\"x\":1}").signature, None);
}

#[tokio::test]
async fn a_refused_delivery_is_tried_again_with_the_same_bytes() {
    let receiver = Receiver::start();
    receiver.answer.store(503, Ordering::SeqCst);
    let sim = told(&receiver, 3000.0);
    sim.done("/_sim/hire", json!({ "only": ["worker.v2.created"] })).await;
    until("two attempts", async || (receiver.arrivals().len() >= 2).then_some(())).await;
    receiver.answer.store(204, Ordering::SeqCst);
    let delivery = until("the delivery", async || {
        let log = sim.ok("/_sim/deliveries").await["deliveries"].clone();
        (log[0]["status"] == "delivered").then(|| log[0].clone())
    })
    .await;
    let attempts = delivery["attempts"].as_array().unwrap();
    assert_eq!(attempts[0]["status"], 503);
    assert_eq!(attempts.last().unwrap()["status"], 204);
    let arrivals = receiver.arrivals();
    assert_eq!(arrivals.len(), attempts.len());
    assert!(arrivals.iter().all(|arrival| arrival.body == arrivals[0].body));
}

#[tokio::test]
async fn after_the_tenth_failed_attempt_the_subscription_is_disabled_until_it_is_enabled() {
    let receiver = Receiver::start();
    receiver.answer.store(500, Ordering::SeqCst);
    // 1,891 minutes of waiting in about a quarter of a second.
    let sim = told(&receiver, 400_000.0);
    sim.done("/_sim/hire", json!({ "only": ["worker.v2.created"] })).await;
    let subscription = until("the subscription to be disabled", async || {
        let list = sim.ok("/rest/v2/webhooks").await["data"].clone();
        (list[0]["status"] == "disabled").then(|| list[0].clone())
    })
    .await;
    assert_eq!(receiver.arrivals().len(), 10);
    let log = sim.ok("/_sim/deliveries").await["deliveries"].clone();
    assert_eq!(log[0]["status"], "failed");
    assert_eq!(log[0]["attempts"].as_array().unwrap().len(), 10);
    receiver.answer.store(200, Ordering::SeqCst);
    let unheard = sim.done("/_sim/hire", json!({})).await;
    assert_eq!(unheard["_sim"]["deliveries"], json!([]));
    let path = format!("/rest/v2/webhooks/{}", subscription["id"].as_str().unwrap());
    assert_eq!(sim.patch(&path, json!({ "status": "enabled" })).await.0, 200);
    sim.done("/_sim/hire", json!({ "only": ["worker.v2.created"] })).await;
    until("the next event", async || (receiver.arrivals().len() == 11).then_some(())).await;
}

#[tokio::test]
async fn a_manual_clock_retries_when_told() {
    let receiver = Receiver::start();
    receiver.answer.store(500, Ordering::SeqCst);
    let sim = told(&receiver, 0.0);
    sim.done("/_sim/hire", json!({ "only": ["worker.v2.created"] })).await;
    let attempts =
        async || sim.ok("/_sim/deliveries").await["deliveries"][0]["attempts"].as_array().unwrap().len();
    until("the first attempt", async || (attempts().await == 1).then_some(())).await;
    receiver.answer.store(200, Ordering::SeqCst);
    assert_eq!(sim.done("/_sim/retry", json!({})).await["retried"], 1);
    until("the second attempt", async || (attempts().await == 2).then_some(())).await;
    assert_eq!(sim.done("/_sim/retry", json!({})).await["retried"], 0);
}

#[tokio::test]
async fn subscriptions_are_made_read_changed_and_deleted() {
    let sim = quick_deel(0);
    let key = "0123456789abcdef0123456789abcdef";
    let good = json!({ "name": "One", "description": null, "status": "enabled", "url": "https://hr.example.com/x",
        "signing_key": key, "api_version": "v2", "events": ["worker.v2.updated"] });
    let (status, made) = sim.post("/rest/v2/webhooks", good.clone()).await;
    assert_eq!((status, &made["data"]["signing_key"]), (201, &json!(key)));
    let (status, wrapped) = sim.post("/rest/v2/webhooks", json!({ "data": good })).await;
    assert_eq!(status, 201);
    assert_ne!(wrapped["data"]["id"], made["data"]["id"]);
    let path = format!("/rest/v2/webhooks/{}", made["data"]["id"].as_str().unwrap());
    assert_eq!(sim.ok(&path).await["data"]["signing_key"], Value::Null);
    let change = json!({ "events": ["worker.v2.created"], "status": "disabled" });
    let (status, changed) = sim.patch(&path, change).await;
    assert_eq!(status, 200);
    assert_eq!(changed["data"]["events"], json!(["worker.v2.created"]));
    assert_eq!(changed["data"]["name"], "One");
    assert_eq!(sim.patch(&path, json!({ "url": "https://elsewhere.example.com" })).await.0, 400);
    assert_eq!(sim.delete(&path).await.1, json!({ "data": { "deleted": true } }));
    assert_eq!(sim.get(&path).await.0, 404);
    for (field, value) in [
        ("url", json!("ftp://x")),
        ("events", json!([])),
        ("events", json!(["no.such.event"])),
        ("signing_key", json!("short")),
        ("status", json!("on")),
        ("api_version", json!("v9")),
    ] {
        let mut wrong = good.clone();
        wrong[field] = value;
        let (status, body) = sim.post("/rest/v2/webhooks", wrong).await;
        assert_eq!((status, &body["errors"][0]["path"]), (400, &json!(field)));
    }
    let types = sim.ok("/rest/v2/webhooks/events/types").await;
    assert!(types["data"].as_array().unwrap().iter().any(|kind| kind["name"] == "worker.v2.updated"));
}

#[tokio::test]
async fn deliveries_can_be_doubled_and_lost() {
    let receiver = Receiver::start();
    let sim = told(&receiver, 1.0);
    sim.done("/_sim/faults", json!({ "deliveries": { "duplicate": 1.0, "reorder_ms": 20 } })).await;
    sim.done("/_sim/hire", json!({ "only": ["worker.v2.created"] })).await;
    until("two copies", async || (receiver.arrivals().len() == 2).then_some(())).await;
    sim.done("/_sim/faults", json!({ "deliveries": { "lose": 1.0 } })).await;
    let lost = sim.done("/_sim/hire", json!({})).await;
    assert_eq!(lost["_sim"]["deliveries"], json!([]));
}
