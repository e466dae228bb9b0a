//! Redis that hangs, dies and comes back: nothing is promised meanwhile, nothing is lost after.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::rig::{PERSON, Rig, event, until, updated};

#[tokio::test]
async fn what_redis_does_not_store_in_two_seconds_is_delivered_again() {
    let mut rig = Rig::private().await;
    assert_eq!(rig.deliver(updated("before", 1)).await.status, 200);
    rig.redis.server().freeze();
    let start = Instant::now();
    let answer = rig.deliver(updated(PERSON, 1)).await;
    let took = start.elapsed();
    assert_eq!((answer.status, answer.outcome().as_str()), (503, "unavailable: not_stored"));
    assert_eq!(answer.headers["retry-after"], "5");
    assert!(Duration::from_millis(1900) < took && took < Duration::from_millis(2900), "{took:?}");

    let start = Instant::now();
    let ignored = rig.deliver(event("time-off.reviewed", &json!({}), 1).to_string()).await;
    assert_eq!(ignored.status, 200, "what needs no job needs no Redis");
    assert_eq!(rig.send(rig.post("{}")).await.status, 401);
    assert!(start.elapsed() < Duration::from_secs(1));

    rig.redis.server().thaw();
    let mut last = None;
    until("the redelivery is taken", async || {
        let answer = rig.deliver(updated(PERSON, 1)).await;
        let taken = answer.status == 200;
        last = Some(answer);
        taken
    })
    .await;
    assert!(["stored", "duplicate"].contains(&last.unwrap().outcome().as_str()));
    assert!(rig.waiting_keys().await.contains(&format!("person:{PERSON}")));
}

#[tokio::test]
async fn many_that_wait_for_a_redis_that_hangs_all_get_their_answer_in_time() {
    let mut rig = Rig::private().await;
    rig.redis.server().freeze();
    let start = Instant::now();
    let answers =
        futures::future::join_all((0..50).map(|nonce| rig.deliver(updated(&format!("p{nonce}"), nonce))))
            .await;
    assert!(answers.iter().all(|answer| answer.status == 503));
    assert!(start.elapsed() < Duration::from_millis(3500), "{:?}", start.elapsed());
    rig.redis.server().thaw();
}

#[tokio::test]
async fn readiness_follows_redis_and_life_does_not() {
    let mut rig = Rig::private().await;
    for addr in [rig.public, rig.admin] {
        let ready = rig.get(addr, "/readyz").await;
        assert_eq!((ready.status, ready.json()), (200, json!({ "ready": true, "reasons": [] })));
        assert_eq!(rig.send(rig.request("HEAD", addr, "/readyz")).await.status, 200);
        assert_eq!(rig.send(rig.request("POST", addr, "/readyz")).await.status, 405);
    }
    rig.redis.server().kill();
    until("it is not ready", async || rig.get(rig.public, "/readyz").await.status == 503).await;
    assert_eq!(rig.get(rig.admin, "/readyz").await.json()["reasons"], json!(["redis_unreachable"]));
    assert_eq!(rig.deliver(updated(PERSON, 1)).await.status, 503);
    for addr in [rig.public, rig.admin] {
        assert_eq!(rig.get(addr, "/healthz").await.status, 200);
    }
    rig.redis.server().restart().await;
    until("it is ready", async || rig.get(rig.public, "/readyz").await.status == 200).await;
    until("it stores", async || rig.deliver(updated(PERSON, 1)).await.status == 200).await;
}

#[tokio::test]
async fn probes_do_not_wait_long_for_a_redis_that_hangs() {
    let mut rig = Rig::private().await;
    rig.redis.server().freeze();
    let start = Instant::now();
    let probes = futures::future::join_all((0..10).map(|_| rig.get(rig.public, "/readyz"))).await;
    assert!(probes.iter().all(|probe| probe.status == 503));
    assert_eq!(rig.metric("deelsync_redis_up").await, 0.0);
    assert!(rig.metric("deelsync_queue_oldest_age_seconds").await.is_nan(), "what is unknown is not zero");
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    rig.redis.server().thaw();
}
