//! Thousands of connections that want nothing but to be there, and the one that matters.
#![allow(clippy::print_stdout)] // the figures, for whoever runs it with --no-capture

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, stream};
use ingress::Limits;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::limits::event_of;
use crate::raw::Raw;
use crate::rig::{KEY, PERSON, Rig, sign, until, updated};

const MIB: u64 = 1024 * 1024;
/// Every way of not getting to the point that needs no key.
const WAYS: [&[u8]; 7] = [
    b"",
    b"P",
    b"POST /webhooks/deel HTTP/1.1\r\nHost: deelsync\r\nx-",
    b"POST /webhooks/deel HTTP/1.1\r\nHost: deelsync\r\ncontent-length: 500\r\n\r\n{\"data\"",
    b"POST /webhooks/deel HTTP/1.1\r\nHost: deelsync\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"dat",
    b"GET /healthz HTTP/1.1\r\nHost: deelsync\r\n\r\n",
    // TLS, to a port that speaks none.
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x5a\x5a\x5a\x5a",
];

/// Fewer connections than this are no crowd.
const LEAST: usize = 1000;

/// How many connections both ends can have in this process, at most `wanted`: a smaller limit of open files makes a smaller
/// crowd, down to [`LEAST`].
fn as_many_as(wanted: usize, files_each: usize) -> usize {
    let now = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: now.maximum, maximum: now.maximum });
    let files = getrlimit(Resource::Nofile).current.map_or(usize::MAX, |files| files.try_into().unwrap());
    let most = files.saturating_sub(6000) / files_each;
    if most < wanted {
        println!("only {most} of {wanted} connections: the limit of open files is {files}");
    }
    let count = wanted.min(most);
    assert!(count >= LEAST, "{count} connections show nothing; raise the hard limit of open files ({files})");
    count
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0 kB");
    line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() * 1024
}

async fn crowd(addr: SocketAddr, count: usize) -> Vec<TcpStream> {
    let open = |number: usize| async move {
        let mut socket = TcpStream::connect(addr).await.unwrap();
        // It may have had to go by now.
        let _ = socket.write_all(WAYS[number % WAYS.len()]).await;
        if number.is_multiple_of(5) {
            let _ = socket.shutdown().await;
        }
        socket
    };
    stream::iter(0..count).map(open).buffer_unordered(100).collect().await
}

/// Waits for the end of each.
async fn all_ended(sockets: Vec<TcpStream>, most: Duration) {
    let start = Instant::now();
    let count = sockets.len();
    let ended = sockets.into_iter().map(|mut socket| async move {
        let mut rest = Vec::new();
        let _ = socket.read_to_end(&mut rest).await;
    });
    let all = futures::future::join_all(ended);
    assert!(tokio::time::timeout(most, all).await.is_ok(), "some of {count} are open after {most:?}");
    println!("all ended after {:?}", start.elapsed());
}

async fn signed_on(client: &mut Raw, nonce: usize) -> u16 {
    let body = updated(PERSON, nonce);
    let signature = sign(KEY, body.as_bytes());
    client.head(&format!("content-length: {}\r\nx-deel-signature: {signature}\r\n", body.len())).await;
    client.send(body.as_bytes()).await;
    client.answer().await.0
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_do_not_keep_deel_out() {
    let rig = Rig::with(Limits {
        request_time: Duration::from_secs(3),
        keep_alive: Duration::from_secs(2),
        ..Limits::default()
    })
    .await;
    let count = as_many_as(10_000, 1);
    // Deel's own connection, open before the others.
    let mut known = Raw::connect(rig.public).await;
    assert_eq!(signed_on(&mut known, 1).await, 200);
    let before = resident();
    let start = Instant::now();
    let first = crowd(rig.public, count / 2).await;
    assert_eq!(signed_on(&mut known, 2).await, 200, "it was not ended for theirs");
    let second = crowd(rig.public, count - count / 2).await;
    println!("{} connections after {:?}", first.len() + second.len(), start.elapsed());
    let mut slowest = Duration::ZERO;
    for nonce in 100..150 {
        let start = Instant::now();
        assert_eq!(signed_on(&mut Raw::connect(rig.public).await, nonce).await, 200);
        slowest = slowest.max(start.elapsed());
    }
    let grown = resident().saturating_sub(before);
    println!("slowest of 50 webhooks {slowest:?}, memory {} MiB more, both ends", grown / MIB);
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    assert!(grown < 200 * MIB, "{} MiB", grown / MIB);
    drop(first);
    all_ended(second, Duration::from_secs(12)).await;
    assert_eq!(signed_on(&mut Raw::connect(rig.public).await, 200).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_that_have_room_all_end_at_their_time() {
    let count = as_many_as(3000, 3);
    let rig = Rig::with(Limits {
        request_time: Duration::from_secs(2),
        keep_alive: Duration::from_secs(2),
        connections: count * 2 + 100,
        ..Limits::default()
    })
    .await;
    let sockets = crowd(rig.public, count).await;
    println!("{} connections, with room for all", sockets.len());
    for nonce in 0..20 {
        let start = Instant::now();
        assert_eq!(signed_on(&mut Raw::connect(rig.public).await, nonce).await, 200);
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    }
    // Idle as long as it may be, then a head as slow as it may be; and the half second of actix's clock.
    all_ended(sockets, Duration::from_secs(10)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_mebibytes_of_slow_bodies_give_way_to_a_webhook() {
    let rig = Rig::start().await;
    let before = resident();
    let almost = vec![b'x'; usize::try_from(MIB).unwrap() - 1];
    let mut holders = Vec::new();
    for _ in 0..70 {
        let mut holder = Raw::connect(rig.public).await;
        holder.head(&format!("content-length: {MIB}\r\nx-deel-signature: {}\r\n", "0".repeat(64))).await;
        // Those for whom there is no room are told so while they send.
        holder.try_send(&almost).await;
        holders.push(holder);
    }
    until("it is full", async || rig.metric(r#"deelsync_webhooks_total{outcome="no_room"}"#).await > 0.0)
        .await;
    let start = Instant::now();
    let mut answers = Vec::new();
    while answers.last() != Some(&200) {
        assert!(start.elapsed() < Duration::from_secs(5), "{answers:?}");
        answers.push(rig.deliver(event_of(almost.len(), answers.len())).await.status);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    println!("a mebibyte taken after {:?}, {} refused before", start.elapsed(), answers.len() - 1);
    for nonce in 1000..1020 {
        assert_eq!(signed_on(&mut Raw::connect(rig.public).await, nonce).await, 200);
    }
    let grown = resident().saturating_sub(before);
    println!("memory {} MiB more", grown / MIB);
    assert!(grown < 160 * MIB, "{} MiB", grown / MIB);
}

#[tokio::test]
async fn the_operators_listener_is_not_kept_busy_either() {
    let rig = Rig::start().await;
    let sockets = crowd(rig.admin, 500).await;
    let start = Instant::now();
    for _ in 0..10 {
        assert_eq!(rig.get(rig.admin, "/metrics").await.status, 200);
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    drop(sockets);
}
