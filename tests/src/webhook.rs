//! Webhooks as Deel writes them, and clients that need not keep to HTTP.

use std::time::Duration;

use harness::{SIGNING_KEY, post_webhook};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A body as Deel's. Two of different `tracking` are two deliveries.
#[must_use]
pub fn event(event_type: &str, resource: &Value, tracking: &str) -> Value {
    json!({
        "data": {
            "meta": {"event_type": event_type, "tracking_id": tracking},
            "resource": resource,
        },
        "timestamp": "2026-05-04T09:15:00.000Z",
    })
}

/// Posts this, signed by the usual key: the status, and the answer if it is JSON.
///
/// # Panics
/// If there is no answer.
pub async fn deliver(url: &str, body: impl ToString) -> (u16, Value) {
    post(url, SIGNING_KEY, body.to_string().into_bytes()).await
}

/// Posts these bytes, signed by this key.
///
/// # Panics
/// If there is no answer.
pub async fn post(url: &str, key: &str, body: Vec<u8>) -> (u16, Value) {
    let answer = post_webhook(&reqwest::Client::new(), url, key, body).await.expect("an answer");
    let status = answer.status().as_u16();
    let text = answer.text().await.expect("the answer is text");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Sends these bytes as a request to the host of `url`; gives the answer's status and all of its text.
///
/// # Panics
/// If there is none within 20 seconds.
pub async fn raw(url: &str, request: &[u8]) -> (u16, String) {
    let host = url.split('/').nth(2).unwrap_or_default();
    let mut stream = TcpStream::connect(host).await.expect("it listens");
    // Whoever is refused early cannot send the rest.
    let _ = stream.write_all(request).await;
    let mut seen = Vec::new();
    let read = async {
        // A reset after the answer is an end too.
        while stream.read_buf(&mut seen).await.unwrap_or(0) > 0 && !whole(&seen) {}
    };
    tokio::time::timeout(Duration::from_secs(20), read).await.expect("an answer");
    let text = String::from_utf8_lossy(&seen).into_owned();
    let status = text.get(9..12).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no status in {text:?}")), text)
}

/// Whether an answer has all of its body. Ours say how long they are.
fn whole(seen: &[u8]) -> bool {
    let text = String::from_utf8_lossy(seen).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    body.len() >= length.unwrap_or(0usize)
}
