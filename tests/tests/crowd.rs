//! Ten thousand connections to the real program, and Deel's webhooks between them.

#![allow(clippy::expect_used, clippy::print_stdout)] // the figures, for whoever runs it with --no-capture

use std::time::{Duration, Instant};

use e2e::{World, event};
use futures::{StreamExt as _, stream};
use harness::{SIGNING_KEY, eventually, post_webhook};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

const WANTED: usize = 10_000;
/// Fewer are no crowd.
const LEAST: usize = 1000;
/// What this process needs beside them.
const OTHERS: usize = 500;
const MIB: u64 = 1024 * 1024;
/// Silent, half a head, half a body.
const WAYS: [&[u8]; 3] = [
    b"",
    b"POST /webhooks/deel HTTP/1.1\r\nHost: deelsync\r\nx-",
    b"POST /webhooks/deel HTTP/1.1\r\nHost: deelsync\r\ncontent-length: 500\r\n\r\n{\"data\"",
];

/// So many as this process may have files open; the program has as many of its own.
fn as_many_as_can_be() -> usize {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).expect("up to the hard limit");
    let files = limit.maximum.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    let count = WANTED.min(files.saturating_sub(OTHERS));
    assert!(count >= LEAST, "{count} connections show nothing; raise the hard limit of open files ({files})");
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_connections_to_the_program_do_not_keep_deel_out() {
    let count = as_many_as_can_be();
    let world = World::empty().await;
    let mut serving = world.settings.start("serve").await;
    let host = serving.public().trim_start_matches("http://").to_owned();
    let before = serving.process.resident_bytes();

    let start = Instant::now();
    let open = |number: usize| {
        let host = &host;
        async move {
            let mut socket = TcpStream::connect(host).await.expect("every connection is taken");
            // It may have had to go by now.
            let _ = socket.write_all(WAYS[number % WAYS.len()]).await;
            socket
        }
    };
    let crowd: Vec<TcpStream> = stream::iter(0..count).map(open).buffer_unordered(100).collect().await;
    let connected = start.elapsed();
    // Deel's come on a connection of their own each.
    let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().expect("a client");
    let mut slowest = Duration::ZERO;
    for number in 0..50 {
        let body =
            event("worker.v2.updated", &json!({"id": format!("person-{number}")}), "crowd").to_string();
        let start = Instant::now();
        let answer = post_webhook(&http, &world.settings.webhook_url(), SIGNING_KEY, body).await;
        assert_eq!(answer.expect("an answer").status(), 200);
        slowest = slowest.max(start.elapsed());
    }
    let grown = serving.process.resident_bytes().saturating_sub(before);
    println!(
        "{} connections in {connected:.1?}; slowest of 50 webhooks {slowest:.1?}; memory {} MiB more",
        crowd.len(),
        grown / MIB
    );
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    assert!(grown < 200 * MIB, "{} MiB", grown / MIB);
    assert_eq!(world.job_keys("waiting").await.len(), 50, "each is stored");

    drop(crowd);
    eventually("nothing is left of them", Duration::from_secs(20), async || {
        (open_files(serving.process.id()) < 100).then_some(())
    })
    .await;
    assert_eq!(serving.stop().await, Some(0));
}

/// How many files a process has open.
fn open_files(process: u32) -> usize {
    std::fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count)
}
