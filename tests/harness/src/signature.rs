use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Deel's signature of a webhook body: hex of HMAC-SHA256 over `POST` and the raw bytes
/// (<https://developer.deel.com/docs/webhooks>). Written here again on purpose: a test that used the product's own
/// function would agree with its mistakes.
///
/// # Panics
/// Never: HMAC takes keys of any length.
#[must_use]
pub fn sign(key: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(b"POST");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// Posts `body` as Deel would, signed with `key`.
///
/// # Errors
/// If there is no answer.
pub async fn post_webhook(
    http: &reqwest::Client,
    url: &str,
    key: &str,
    body: impl Into<Vec<u8>>,
) -> reqwest::Result<reqwest::Response> {
    let body = body.into();
    http.post(url)
        .header("content-type", "application/json")
        .header("x-deel-signature", sign(key, &body))
        .header("x-deel-hmac-label", "deelsync")
        .header("x-deel-webhook-version", "1.0.0")
        .body(body)
        .send()
        .await
}
