//! Clients that take too much, too long, or say one thing and do another.

use std::time::{Duration, Instant};

use ingress::Limits;
use serde_json::json;

use crate::raw::Raw;
use crate::rig::{KEY, PERSON, Rig, event, sign, until, updated};

const MIB: usize = 1024 * 1024;

fn signed(body: &[u8]) -> String {
    format!("x-deel-signature: {}\r\n", sign(KEY, body))
}

/// A valid event of exactly `len` bytes.
pub(crate) fn event_of(len: usize, nonce: usize) -> Vec<u8> {
    let bare = event("worker.v2.updated", &json!({ "id": PERSON, "notes": "" }), nonce).to_string();
    let notes = format!("\"notes\":\"{}\"", "x".repeat(len - bare.len()));
    let body = bare.replace("\"notes\":\"\"", &notes).into_bytes();
    assert_eq!(body.len(), len);
    body
}

/// actix tells the time of heads and idle connections by a clock that is up to half a second late, so a second is about
/// the least that can be asked of it.
fn short() -> Limits {
    Limits { request_time: Duration::from_secs(1), keep_alive: Duration::from_secs(1), ..Limits::default() }
}

#[tokio::test]
async fn a_mebibyte_is_taken_and_a_byte_more_is_not() {
    let rig = Rig::start().await;
    assert_eq!(rig.deliver(event_of(MIB, 1)).await.outcome(), "stored");
    let answer = rig.deliver(event_of(MIB + 1, 2)).await;
    assert_eq!((answer.status, answer.outcome().as_str()), (413, "refused"));
    assert_eq!(rig.metric(r#"deelsync_webhooks_total{outcome="too_large"}"#).await, 1.0);
}

#[tokio::test]
async fn an_announcement_of_too_much_is_refused_before_any_of_it_is_read() {
    let rig = Rig::start().await;
    for announced in ["1048577", "18446744073709551615"] {
        let mut client = Raw::connect(rig.public).await;
        client.head(&format!("content-length: {announced}\r\n")).await;
        assert_eq!(client.answer().await.0, 413, "{announced}");
        client.closed().await;
    }
}

#[tokio::test]
async fn too_much_in_chunks_is_refused_too() {
    let rig = Rig::start().await;
    let mut client = Raw::connect(rig.public).await;
    client.head("transfer-encoding: chunked\r\n").await;
    let chunk = format!("{:x}\r\n{}\r\n", 65_536, "x".repeat(65_536));
    let mut sent = 0;
    while sent < 17 && client.try_send(chunk.as_bytes()).await {
        sent += 1;
    }
    assert_eq!(client.answer().await.0, 413);
}

#[tokio::test]
async fn a_body_in_chunks_is_as_good_as_one_with_a_length() {
    let rig = Rig::start().await;
    let body = updated(PERSON, 1);
    let mut client = Raw::connect(rig.public).await;
    client.head(&format!("transfer-encoding: chunked\r\n{}", signed(body.as_bytes()))).await;
    for piece in body.as_bytes().chunks(7) {
        client.send(format!("{:x}\r\n", piece.len()).as_bytes()).await;
        client.send(piece).await;
        client.send(b"\r\n").await;
    }
    client.send(b"0\r\n\r\n").await;
    assert_eq!(client.answer().await, (200, r#"{"outcome":"stored"}"#.to_owned()));
    assert_eq!(rig.waiting().await.len(), 1);
}

#[tokio::test]
async fn a_length_that_says_too_little_is_not_believed() {
    let rig = Rig::start().await;
    let body = updated(PERSON, 1);
    let mut client = Raw::connect(rig.public).await;
    client.head(&format!("content-length: {}\r\n{}", body.len() - 10, signed(body.as_bytes()))).await;
    client.send(body.as_bytes()).await;
    assert_eq!(client.answer().await.0, 401);
    client.closed().await;
    assert!(rig.waiting().await.is_empty());
}

#[tokio::test]
async fn a_length_that_says_too_much_stores_nothing() {
    let rig = Rig::with(short()).await;
    let body = updated(PERSON, 1);
    let head = format!("content-length: {}\r\n{}", body.len() + 10, signed(body.as_bytes()));
    // The client waits: so do we, but not for long.
    let mut waits = Raw::connect(rig.public).await;
    waits.head(&head).await;
    waits.send(body.as_bytes()).await;
    assert_eq!(waits.answer().await.0, 408);
    // The client leaves.
    let mut leaves = Raw::connect(rig.public).await;
    leaves.head(&head).await;
    leaves.send(body.as_bytes()).await;
    leaves.finish().await;
    leaves.closed().await;
    until("the client that left is counted", async || {
        rig.metric(r#"deelsync_webhooks_total{outcome="aborted"}"#).await == 1.0
    })
    .await;
    assert!(rig.waiting().await.is_empty());
}

#[tokio::test]
async fn two_lengths_at_once_are_no_http() {
    let rig = Rig::start().await;
    for headers in
        ["content-length: 2\r\ntransfer-encoding: chunked\r\n", "content-length: 2\r\ncontent-length: 3\r\n"]
    {
        let mut client = Raw::connect(rig.public).await;
        client.head(headers).await;
        assert_eq!(client.answer().await.0, 400, "{headers:?}");
        client.closed().await;
    }
}

#[tokio::test]
async fn a_body_that_trickles_is_given_up() {
    let rig = Rig::with(short()).await;
    let body = updated(PERSON, 1);
    let mut client = Raw::connect(rig.public).await;
    let start = Instant::now();
    client.head(&format!("content-length: {}\r\n{}", body.len(), signed(body.as_bytes()))).await;
    for byte in &body.as_bytes()[..150] {
        if !client.try_send(&[*byte]).await || start.elapsed() > Duration::from_millis(1200) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(client.answer().await.0, 408);
    assert!(start.elapsed() >= Duration::from_millis(950), "{:?}", start.elapsed());
    client.closed().await;
    assert_eq!(rig.metric(r#"deelsync_webhooks_total{outcome="too_slow"}"#).await, 1.0);
}

#[tokio::test]
async fn the_time_of_a_request_counts_from_its_first_byte() {
    let rig = Rig::with(Limits { request_time: Duration::from_millis(1500), ..Limits::default() }).await;
    let body = updated(PERSON, 1);
    let mut client = Raw::connect(rig.public).await;
    let start = Instant::now();
    client.send(b"POST /webhooks/deel HTTP/1.1\r\nHost: deelsync\r\n").await;
    // How long the client dawdles: if its time began only with the rest, the answer would come this much later.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    client
        .send(format!("content-length: {}\r\n{}\r\n", body.len(), signed(body.as_bytes())).as_bytes())
        .await;
    assert_eq!(client.answer().await.0, 408);
    assert!(start.elapsed() < Duration::from_millis(2300), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_head_that_never_ends_is_given_up_on_a_new_connection_and_on_a_used_one() {
    let rig = Rig::with(short()).await;
    let mut fresh = Raw::connect(rig.public).await;
    fresh.send(b"POST /webhooks/deel HTTP/1.1\r\nHost: deel").await;
    assert_eq!(fresh.answer().await.0, 408);
    fresh.closed().await;

    let mut used = Raw::connect(rig.public).await;
    used.send(b"GET /healthz HTTP/1.1\r\nHost: deelsync\r\n\r\n").await;
    assert_eq!(used.answer().await.0, 200);
    used.send(b"POST /webhooks/deel HTTP/1.1\r\nHost: deel").await;
    used.closed().await;
}

#[tokio::test]
async fn connections_that_say_nothing_are_ended() {
    let rig = Rig::with(short()).await;
    let mut silent = Raw::connect(rig.public).await;
    let mut idle = Raw::connect(rig.public).await;
    idle.send(b"GET /healthz HTTP/1.1\r\nHost: deelsync\r\n\r\n").await;
    assert_eq!(idle.answer().await.0, 200);
    silent.closed().await;
    idle.closed().await;
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let rig = Rig::start().await;
    let mut client = Raw::connect(rig.public).await;
    client.send(b"POST /webhooks/deel HTTP/1.1\r\nHost: deelsync\r\nx-long: ").await;
    client.try_send("x".repeat(200_000).as_bytes()).await;
    assert_eq!(client.answer().await.0, 431);
}

#[tokio::test]
async fn a_connection_serves_many_requests() {
    let rig = Rig::start().await;
    let mut client = Raw::connect(rig.public).await;
    for nonce in 0..20 {
        let body = updated(PERSON, nonce);
        client.head(&format!("content-length: {}\r\n{}", body.len(), signed(body.as_bytes()))).await;
        client.send(body.as_bytes()).await;
        assert_eq!(client.answer().await.0, 200);
    }
}

#[tokio::test]
async fn bodies_in_flight_share_a_budget_that_comes_back() {
    let rig = Rig::with(Limits { bodies_bytes: 64 * 1024, ..Limits::default() }).await;
    let large = event_of(60 * 1024, 1);
    let mut holder = Raw::connect(rig.public).await;
    holder.head(&format!("content-length: {}\r\n{}", large.len(), signed(&large))).await;
    let (most, rest) = large.split_at(50 * 1024);
    holder.send(most).await;
    let mut nonce = 1;
    let mut refused = None;
    until("no room is left", async || {
        nonce += 1;
        let answer = rig.deliver(event_of(20 * 1024, nonce)).await;
        let full = answer.status == 503;
        refused = full.then_some(answer);
        full
    })
    .await;
    let refused = refused.unwrap();
    assert_eq!(refused.headers["retry-after"], "5");
    assert_eq!(refused.outcome(), "unavailable: too_many_requests_in_flight");
    assert_eq!(rig.deliver(updated(PERSON, 0)).await.status, 200, "what still fits is taken");
    holder.send(rest).await;
    assert_eq!(holder.answer().await.0, 200);
    assert_eq!(rig.deliver(event_of(60 * 1024, nonce + 1)).await.status, 200);
    // A promise holds nothing.
    let mut promises = Raw::connect(rig.public).await;
    promises.head("content-length: 65536\r\n").await;
    assert_eq!(rig.deliver(event_of(60 * 1024, nonce + 2)).await.status, 200);
}
