//! A vendor that always gives the same answer, for what the simulators would never say.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A listener on a free loopback port; gone when it is dropped.
pub struct Stub {
    url: String,
    seen: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Stub {
    /// Answers every request with these bytes, which are a whole HTTP answer, and closes.
    ///
    /// # Panics
    /// If there is no free port.
    pub async fn answering(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free loopback port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let seen = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&seen);
        let answer: Arc<str> = answer.into();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(answer_one(stream, Arc::clone(&answer)));
            }
        });
        Self { url, seen, task }
    }

    /// The same with this JSON as a 200.
    pub async fn saying(json: &str) -> Self {
        let length = json.len();
        Self::answering(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{json}"
        ))
        .await
    }

    /// Its address, without a path.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How many connections it has seen.
    #[must_use]
    pub fn seen(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads a head (the requests here have no body) and answers. Whoever goes away early is not our concern.
async fn answer_one(mut stream: TcpStream, answer: Arc<str>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
            return;
        }
    }
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
