//! Starting and stopping.

use std::time::{Duration, Instant};

use deel::signature::SigningKeys;
use ingress::ceiling::{self, Ceiling};
use ingress::{Limits, StartError};
use serde_json::json;

use crate::raw::Raw;
use crate::rig::{KEY, PERSON, Rig, config, sign, until, updated};

#[tokio::test]
async fn a_drain_is_announced_first_and_finishes_what_runs() {
    let mut rig = Rig::start().await;
    let running = rig.running.take().unwrap();
    running.drain();
    for addr in [rig.public, rig.admin] {
        let ready = rig.get(addr, "/readyz").await;
        assert_eq!((ready.status, ready.json()["reasons"].clone()), (503, json!(["draining"])));
        assert_eq!(rig.get(addr, "/healthz").await.status, 200);
    }
    assert_eq!(rig.deliver(updated("late", 1)).await.status, 200, "announced, but not refused");

    let body = updated(PERSON, 1);
    let (first, second) = body.split_at(50);
    let mut client = Raw::connect(rig.public).await;
    let head =
        format!("content-length: {}\r\nx-deel-signature: {}\r\n", body.len(), sign(KEY, body.as_bytes()));
    // The answer to another request on the same connection: the server is reading from it.
    client.send(b"GET /healthz HTTP/1.1\r\nHost: deelsync\r\n\r\n").await;
    assert_eq!(client.answer().await.0, 200);
    client.head(&head).await;
    client.send(first.as_bytes()).await;
    until("the request has begun", async || requests_in_flight(&rig).await).await;

    let start = Instant::now();
    let stop = tokio::spawn(running.stop(Duration::from_secs(10)));
    until("nothing new is accepted", async || tokio::net::TcpStream::connect(rig.public).await.is_err())
        .await;
    client.send(second.as_bytes()).await;
    assert_eq!(client.answer().await, (200, r#"{"outcome":"stored"}"#.to_owned()));
    client.closed().await;
    assert!(stop.await.unwrap(), "everything finished");
    assert!(start.elapsed() < Duration::from_secs(5), "and idle connections were not waited for");
    assert!(rig.waiting_keys().await.contains(&format!("person:{PERSON}")));
    assert!(tokio::net::TcpStream::connect(rig.admin).await.is_err());
}

/// Nothing tells a request that is being read from one that is still in the socket's buffer, except that the threads
/// of the listener have been served since: each answers here after it has read what came before.
async fn requests_in_flight(rig: &Rig) -> bool {
    let probes = (0..8).map(|_| async {
        let mut probe = Raw::connect(rig.public).await;
        probe.send(b"GET /healthz HTTP/1.1\r\nHost: deelsync\r\n\r\n").await;
        probe.answer().await.0
    });
    futures::future::join_all(probes).await.into_iter().all(|status| status == 200)
}

#[tokio::test]
async fn a_drain_ends_when_its_time_is_over() {
    let mut rig = Rig::start().await;
    let mut client = Raw::connect(rig.public).await;
    client.head("content-length: 100\r\n").await;
    assert!(requests_in_flight(&rig).await);
    let start = Instant::now();
    assert!(!rig.running.take().unwrap().stop(Duration::from_millis(300)).await, "something was cut off");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    client.closed().await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let rig = Rig::start().await;
    let recorder = ingress::metrics::builder().unwrap().build_recorder();
    let keys = SigningKeys::parse(KEY).unwrap();
    let taken = ingress::Config { listen: rig.public, ..config(Limits::default()) };
    let error = ingress::start(&taken, keys, rig.queue.clone(), recorder.handle()).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {}", rig.public));
    let StartError::Bind { addr, .. } = error else { panic!("another error") };
    assert_eq!(addr, rig.public);
}

#[tokio::test]
async fn a_process_that_only_works_shows_metrics_and_health() {
    let rig = Rig::start().await;
    let recorder = ingress::metrics::builder().unwrap().build_recorder();
    let admin =
        ingress::start_admin(&config(Limits::default()), rig.queue.clone(), recorder.handle()).unwrap();
    assert_eq!(rig.get(admin.admin_addr, "/readyz").await.status, 200);
    assert_eq!(rig.get(admin.admin_addr, "/metrics").await.status, 200);
    admin.drain();
    assert_eq!(rig.get(admin.admin_addr, "/readyz").await.status, 503);
    assert!(admin.stop(Duration::from_secs(5)).await);
}

#[tokio::test]
async fn the_ceilings_do_less_of_the_same() {
    let rig = Rig::start().await;
    let keys = SigningKeys::parse(KEY).unwrap();
    let body = updated(PERSON, 1);
    for (kind, unsigned) in [(Ceiling::SignatureOnly, 401), (Ceiling::Bare, 200)] {
        let ceiling = ceiling::start(&config(Limits::default()), keys.clone(), kind).unwrap();
        let post = || rig.request("POST", ceiling.addr(), ingress::PATH).body(body.clone());
        let signed = post().header("x-deel-signature", sign(KEY, body.as_bytes()));
        assert_eq!(rig.send(signed).await.status, 200);
        assert_eq!(rig.send(post()).await.status, unsigned);
        ceiling.stop(Duration::from_secs(5)).await;
    }
    assert!(rig.waiting().await.is_empty());
}
