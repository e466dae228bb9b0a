//! A TCP proxy that can be told to misbehave, and that writes down when each HTTP request set out.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::{ms, now_ms};

/// How the proxy behaves from now on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Mode {
    /// Connections that were made under another number are cut.
    generation: u64,
    /// New connections are reset.
    refuse: bool,
    /// Bytes wait, in both directions; nothing is lost.
    stall: bool,
}

/// What went through, as seen from the client's side. Times are milliseconds since 1970.
#[derive(Debug, Clone, Default)]
pub struct Traffic {
    /// When each request set out: HTTP/1.1 without pipelining, so the first bytes after an answer begin one.
    pub requests: Vec<i64>,
    /// Answers 429 that named a wait: when they were passed on, and until when nobody may ask.
    pub limited: Vec<(i64, i64)>,
    /// Connections that the client closed with an answer outstanding, by how long it had been, in milliseconds.
    pub given_up: Vec<i64>,
}

/// A proxy on a free loopback port; it ends with this value.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    mode: watch::Sender<Mode>,
    traffic: Arc<Mutex<Traffic>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Passes everything on to `target`, an address and a port.
    ///
    /// # Errors
    /// If there is no free port, or `target` is no address.
    pub async fn start(target: &str) -> anyhow::Result<Self> {
        let target: SocketAddr = target.parse()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (mode, watched) = watch::channel(Mode::default());
        let traffic = Arc::default();
        let accepting = tokio::spawn(accept(listener, target, watched, Arc::clone(&traffic)));
        Ok(Self { address, mode, traffic, accepting })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts all connections there are; new ones are taken.
    pub fn cut(&self) {
        self.mode.send_modify(|mode| mode.generation += 1);
    }

    /// Cuts all connections and resets new ones, or takes them again.
    pub fn refuse(&self, on: bool) {
        self.mode.send_modify(|mode| {
            mode.refuse = on;
            mode.generation += u64::from(on);
        });
    }

    /// Holds all bytes back, or lets them go on.
    pub fn stall(&self, on: bool) {
        self.mode.send_modify(|mode| mode.stall = on);
    }

    /// What went through so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        lock(&self.traffic).clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

fn lock(traffic: &Mutex<Traffic>) -> MutexGuard<'_, Traffic> {
    traffic.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(
    listener: TcpListener,
    target: SocketAddr,
    mode: watch::Receiver<Mode>,
    traffic: Arc<Mutex<Traffic>>,
) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            // Out of descriptors, or the client was gone already.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        if mode.borrow().refuse {
            // Dropped with zero linger: the client sees a reset, not an orderly end.
            let _ = client.set_zero_linger();
            continue;
        }
        tokio::spawn(carry(client, target, mode.clone(), Arc::clone(&traffic)));
    }
}

async fn carry(
    client: TcpStream,
    target: SocketAddr,
    mut mode: watch::Receiver<Mode>,
    traffic: Arc<Mutex<Traffic>>,
) {
    let generation = mode.borrow().generation;
    let Ok(server) = TcpStream::connect(target).await else {
        // The target is down: the client gets a reset, as it would have without a proxy between.
        let _ = client.set_zero_linger();
        return;
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Since when an answer is awaited.
    let asked: Arc<Mutex<Option<i64>>> = Arc::default();
    let awaiting = || asked.lock().unwrap_or_else(PoisonError::into_inner);
    let up = copy(from_client, to_server, mode.clone(), |_: &[u8]| {
        let mut asked = awaiting();
        if asked.is_none() {
            let now = now_ms();
            *asked = Some(now);
            lock(&traffic).requests.push(now);
        }
    });
    let down = copy(from_server, to_client, mode.clone(), |bytes: &[u8]| {
        if awaiting().take().is_some()
            && let Some(wait) = told_to_wait(bytes)
        {
            let now = now_ms();
            lock(&traffic).limited.push((now, now + ms(wait)));
        }
    });
    tokio::select! {
        () = up => lock(&traffic).given_up.extend(awaiting().map(|since| now_ms() - since)),
        () = down => {}
        _ = mode.wait_for(|mode| mode.generation != generation) => {}
    }
}

async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut mode: watch::Receiver<Mode>,
    mut seen: impl FnMut(&[u8]),
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else { return };
        seen(&buffer[..count]);
        if mode.wait_for(|mode| !mode.stall).await.is_err() || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

/// The `Retry-After` in seconds of an answer 429, if these bytes begin one.
fn told_to_wait(bytes: &[u8]) -> Option<Duration> {
    let rest = bytes.strip_prefix(b"HTTP/1.1 429")?;
    let head = String::from_utf8_lossy(rest);
    let value = head.lines().skip(1).take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("retry-after").then(|| value.trim().to_owned())
    })?;
    value.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_from_an_answer_429_alone() {
        let limited = b"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 0\r\nRetry-After: 3\r\n\r\n";
        assert_eq!(told_to_wait(limited), Some(Duration::from_secs(3)));
        assert_eq!(told_to_wait(b"HTTP/1.1 429 Too Many Requests\r\n\r\n"), None);
        assert_eq!(told_to_wait(b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 3\r\n\r\n"), None);
    }

    async fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.into_split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        address
    }

    #[tokio::test]
    async fn it_passes_stalls_cuts_and_refuses() {
        let proxy = Proxy::start(&echo().await.to_string()).await.expect("it starts");
        let mut line = TcpStream::connect(proxy.address()).await.expect("it connects");
        let mut answer = [0; 4];
        line.write_all(b"ping").await.expect("sent");
        line.read_exact(&mut answer).await.expect("echoed");
        assert_eq!((&answer, proxy.traffic().requests.len()), (b"ping", 1));

        proxy.stall(true);
        line.write_all(b"wait").await.expect("sent");
        let early = tokio::time::timeout(Duration::from_millis(100), line.read_exact(&mut answer)).await;
        assert!(early.is_err(), "nothing comes through a stalled proxy");
        proxy.stall(false);
        line.read_exact(&mut answer).await.expect("it was kept");
        assert_eq!(&answer, b"wait");

        proxy.refuse(true);
        assert!(line.read_exact(&mut answer).await.is_err(), "the connection was cut");
        let mut refused = TcpStream::connect(proxy.address()).await.expect("the port is open");
        assert!(refused.read_exact(&mut answer).await.is_err(), "and new ones are reset");
        proxy.refuse(false);
        let mut line = TcpStream::connect(proxy.address()).await.expect("it connects");
        line.write_all(b"back").await.expect("sent");
        line.read_exact(&mut answer).await.expect("echoed");
    }

    #[tokio::test]
    async fn it_notes_who_does_not_wait_for_an_answer() {
        let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let target = silent.local_addr().expect("an address").to_string();
        let proxy = Proxy::start(&target).await.expect("it starts");
        let mut line = TcpStream::connect(proxy.address()).await.expect("it connects");
        let (mut server, _) = silent.accept().await.expect("it is carried");
        line.write_all(b"ping").await.expect("sent");
        server.read_exact(&mut [0; 4]).await.expect("it arrives");
        assert_eq!(proxy.traffic().given_up.len(), 0);
        drop(line);
        assert_eq!(server.read(&mut [0; 4]).await.expect("the end"), 0);
        let noted = async {
            while proxy.traffic().given_up.is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), noted).await.expect("it is noted");
    }
}
