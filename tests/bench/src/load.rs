//! Requests over 64 connections, as fast as they are answered.
//!
//! Written on sockets, since a general HTTP client would cost more than the server it measures, on the same two cores.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use harness::{SIGNING_KEY, sign};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// As many as a busy sender keeps open.
pub(crate) const CONNECTIONS: usize = 64;

/// What a round of requests came to.
pub(crate) struct Round {
    pub(crate) answered: usize,
    pub(crate) took: Duration,
    pub(crate) latencies: Vec<Duration>,
}

impl Round {
    #[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
    pub(crate) fn per_second(&self) -> f64 {
        self.answered as f64 / self.took.as_secs_f64()
    }
}

/// Ready-made requests, so that signing them is not part of what is measured. Each body occurs once: a second one would
/// be a duplicate delivery, which is cheaper.
pub(crate) fn requests(count: usize, people: usize, salt: &str) -> Vec<Vec<u8>> {
    (0..count).map(|number| request(number, number % people, salt)).collect()
}

fn request(number: usize, person: usize, salt: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"data":{{"meta":{{"event_type":"worker.v2.updated","event_type_id":"a3271a64-092c-45a6-bcb9-1677c441b4fd","organization_name":"Bench","tracking_id":"{salt}-{number}"}},"resource":{{"id":"00000000-0000-4000-8000-{person:012}"}}}},"timestamp":"2026-05-04T09:15:00.000Z"}}"#
    );
    let signature = sign(SIGNING_KEY, body.as_bytes());
    format!(
        "POST /webhooks/deel HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nx-deel-hmac-label: bench\r\nx-deel-signature: {signature}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends `requests` until they are used up or `limit` has passed.
pub(crate) async fn run(address: SocketAddr, requests: Vec<Vec<u8>>, limit: Duration) -> Result<Round> {
    let mut shares: Vec<Vec<Vec<u8>>> = (0..CONNECTIONS).map(|_| Vec::new()).collect();
    for (number, request) in requests.into_iter().enumerate() {
        shares[number % CONNECTIONS].push(request);
    }
    let started = Instant::now();
    let tasks: Vec<_> = shares
        .into_iter()
        .map(|share| tokio::spawn(async move { one_connection(address, share, started + limit).await }))
        .collect();
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await.context("a connection's task panicked")??);
    }
    Ok(Round { answered: latencies.len(), took: started.elapsed(), latencies })
}

async fn one_connection(address: SocketAddr, share: Vec<Vec<u8>>, until: Instant) -> Result<Vec<Duration>> {
    let mut socket = TcpStream::connect(address).await.context("cannot connect")?;
    socket.set_nodelay(true)?;
    let mut latencies = Vec::with_capacity(share.len());
    let mut answer = Vec::with_capacity(1024);
    for request in share {
        let sent = Instant::now();
        if sent >= until {
            break;
        }
        socket.write_all(&request).await?;
        read_answer(&mut socket, &mut answer).await?;
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
}

async fn read_answer(socket: &mut TcpStream, answer: &mut Vec<u8>) -> Result<()> {
    answer.clear();
    loop {
        if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = std::str::from_utf8(&answer[..end])?.to_ascii_lowercase();
            if !head.starts_with("http/1.1 200") {
                bail!("expected 200, got {}", head.lines().next().unwrap_or_default());
            }
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(Ok(0), |text| text.trim().parse())?;
            if answer.len() >= end + 4 + length {
                return Ok(());
            }
        }
        if socket.read_buf(answer).await? == 0 {
            bail!("the server closed the connection");
        }
    }
}
