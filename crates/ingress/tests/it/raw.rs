//! A client that need not keep to HTTP.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Raw(TcpStream);

impl Raw {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    /// The head of a webhook; `headers` end with a line end each.
    pub(crate) async fn head(&mut self, headers: &str) {
        self.send(format!("POST /webhooks/deel HTTP/1.1\r\nHost: deelsync\r\n{headers}\r\n").as_bytes())
            .await;
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// What a client that is refused may try.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> bool {
        self.0.write_all(bytes).await.is_ok()
    }

    /// Says that nothing more will come, and still listens.
    pub(crate) async fn finish(&mut self) {
        self.0.shutdown().await.unwrap();
    }

    /// The status of the next answer, with its body.
    pub(crate) async fn answer(&mut self) -> (u16, String) {
        let mut seen = Vec::new();
        let read = async {
            loop {
                if let Some(answer) = parse(&seen) {
                    return answer;
                }
                let more = self.0.read_buf(&mut seen).await.unwrap_or(0);
                assert!(more > 0, "closed after {:?}", String::from_utf8_lossy(&seen));
            }
        };
        tokio::time::timeout(Duration::from_secs(10), read).await.expect("an answer")
    }

    /// Waits for the end of the connection, at most ten seconds.
    pub(crate) async fn closed(&mut self) {
        let mut rest = Vec::new();
        let end = self.0.read_to_end(&mut rest);
        // A reset is an end too.
        let _ = tokio::time::timeout(Duration::from_secs(10), end).await.expect("the connection ends");
    }
}

fn parse(seen: &[u8]) -> Option<(u16, String)> {
    let text = std::str::from_utf8(seen).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status: u16 = head.split(' ').nth(1)?.parse().ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length.unwrap_or(0);
    (body.len() >= length).then(|| (status, body[..length].to_owned()))
}
