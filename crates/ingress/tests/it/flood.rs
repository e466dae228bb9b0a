//! Those who have no key, as many and as fast as they can, beside those who have one.
#![allow(clippy::print_stdout)] // the figures, for whoever runs it with --no-capture

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::raw::Raw;
use crate::rig::{KEY, Rig, sign, updated};

const ROUND: Duration = Duration::from_millis(700);
const ROUNDS: usize = 5;

fn request(body: &str, signature: &str) -> Vec<u8> {
    let len = body.len();
    format!(
        "POST /webhooks/deel HTTP/1.1\r\nHost: x\r\nx-deel-signature: {signature}\r\ncontent-length: {len}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Webhooks stored in a round, over eight connections.
async fn good(addr: SocketAddr, salt: usize) -> usize {
    let mut clients = JoinSet::new();
    for client in 0..8 {
        clients.spawn(async move {
            let (mut connection, start) = (Raw::connect(addr).await, Instant::now());
            let mut stored = 0;
            while start.elapsed() < ROUND {
                let nonce = (salt * 8 + client) * 1_000_000 + stored;
                let body = updated(&format!("p{nonce}"), nonce);
                connection.send(&request(&body, &sign(KEY, body.as_bytes()))).await;
                assert_eq!(connection.answer().await.0, 200);
                stored += 1;
            }
            stored
        });
    }
    clients.join_all().await.into_iter().sum()
}

/// A flood that goes on until it is dropped.
fn flood(addr: SocketAddr, clients: usize, reconnecting: bool, refused: &Arc<AtomicUsize>) -> JoinSet<()> {
    let body = updated("nobody", 1);
    let bad = Arc::new(request(&body, &"0".repeat(64)));
    let mut flood = JoinSet::new();
    for _ in 0..clients {
        let (bad, refused) = (Arc::clone(&bad), Arc::clone(refused));
        flood.spawn(async move {
            loop {
                let Some(mut connection) = Raw::try_connect(addr).await else { continue };
                while connection.try_send(&bad).await && connection.try_answer().await == Some(401) {
                    refused.fetch_add(1, Ordering::Relaxed);
                    if reconnecting {
                        break;
                    }
                }
            }
        });
    }
    flood
}

fn median(mut values: Vec<usize>) -> usize {
    values.sort_unstable();
    values[values.len() / 2]
}

async fn with_and_without(clients: usize, reconnecting: bool) -> f64 {
    let rig = Rig::start().await;
    let refused = Arc::new(AtomicUsize::new(0));
    let _ = good(rig.public, 0).await;
    let (mut quiet, mut flooded) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        quiet.push(good(rig.public, round * 2).await);
        let flood = flood(rig.public, clients, reconnecting, &refused);
        flooded.push(good(rig.public, round * 2 + 1).await);
        drop(flood);
    }
    println!("quiet {quiet:?}, flooded {flooded:?}, refused {}", refused.load(Ordering::Relaxed));
    assert!(refused.load(Ordering::Relaxed) > 0);
    let (quiet, flooded) = (median(quiet), median(flooded));
    flooded as f64 / quiet as f64
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_signatures_do_not_slow_good_ones_by_more_than_half() {
    let ratio = with_and_without(256, false).await;
    assert!(ratio >= 0.5, "{ratio:.2} of the rate without the flood");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_do_bad_signatures_on_a_new_connection_each() {
    let ratio = with_and_without(256, true).await;
    assert!(ratio >= 0.5, "{ratio:.2} of the rate without the flood");
}

#[tokio::test]
async fn a_wrong_key_is_still_told_so_within_moments() {
    let rig = Rig::start().await;
    let start = Instant::now();
    for nonce in 0..20 {
        let body = updated("p", nonce);
        let answer =
            rig.send(rig.post(body.clone()).header("x-deel-signature", sign("another", body.as_bytes())));
        assert_eq!(answer.await.status, 401);
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
