//! Where notifications arrive.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// An incoming webhook on loopback that keeps what it is sent.
pub(crate) struct Inbox {
    url: String,
    messages: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Inbox {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free loopback port");
        let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
        let messages = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&messages);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Some(body) = take(stream).await {
                    kept.lock().expect("nobody panicked").push(body);
                }
            }
        });
        Self { url, messages, task }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// How many messages have these words.
    pub(crate) fn count(&self, words: &str) -> usize {
        self.messages.lock().expect("nobody panicked").iter().filter(|text| text.contains(words)).count()
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The body of one request, which is answered.
async fn take(mut stream: TcpStream) -> Option<String> {
    let mut seen = Vec::new();
    loop {
        if stream.read_buf(&mut seen).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&seen).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let lower = head.to_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        if body.len() >= length.unwrap_or(0usize) {
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(answer).await.ok()?;
            return Some(body.to_owned());
        }
    }
}
