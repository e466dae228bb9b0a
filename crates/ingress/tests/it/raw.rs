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

    /// What a client that may be kept out can try.
    pub(crate) async fn try_connect(addr: SocketAddr) -> Option<Self> {
        TcpStream::connect(addr).await.ok().map(Self)
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
        let answer = tokio::time::timeout(Duration::from_secs(10), self.read()).await.expect("an answer");
        answer.unwrap_or_else(|seen| panic!("closed after {:?}", String::from_utf8_lossy(&seen)))
    }

    /// The status of the next answer; none if the connection ends.
    pub(crate) async fn try_answer(&mut self) -> Option<u16> {
        self.read().await.ok().map(|(status, _)| status)
    }

    /// An answer, or what came before the end.
    async fn read(&mut self) -> Result<(u16, String), Vec<u8>> {
        let mut seen = Vec::new();
        loop {
            if let Some(answer) = parse(&seen) {
                return Ok(answer);
            }
            if self.0.read_buf(&mut seen).await.unwrap_or(0) == 0 {
                return Err(seen);
            }
        }
    }

    /// Everything that comes before the end of the connection, at most ten seconds.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        let end = self.0.read_to_end(&mut rest);
        tokio::time::timeout(Duration::from_secs(10), end).await.expect("the connection ends").unwrap();
        String::from_utf8_lossy(&rest).into_owned()
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
