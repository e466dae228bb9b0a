//! Sending: signatures and the loop that does what is due.

use std::time::{Duration, Instant};

use actix_web::web::Data;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{
    Shared, actions,
    outbox::{Attempt, Errand, Signed},
};
use crate::{clock, gate::lock};

/// Deel waits this long for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Attempts under way at one time.
const ABREAST: usize = 64;

/// `hex(HMAC-SHA256(key, "POST" + body))`.
pub(super) fn sign(key: &str, body: &[u8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(b"POST");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// Delivers for as long as the simulator lives, and lets people leave when their last day ends.
pub(super) async fn run(shared: Data<Shared>) {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent("deelsync-sim")
        .build();
    let client = match client {
        Ok(client) => client,
        Err(error) => {
            tracing::error!(error = %error, "cannot deliver webhooks");
            return;
        }
    };
    let slots = std::sync::Arc::new(tokio::sync::Semaphore::new(ABREAST));
    loop {
        let woken = shared.wake.notified();
        actions::let_go(&shared, clock::now());
        let (errands, next) = lock(&shared.outbox).take(Instant::now());
        for errand in errands {
            let (shared, client, slots) = (shared.clone(), client.clone(), slots.clone());
            actix_web::rt::spawn(async move {
                let Ok(_slot) = slots.acquire().await else { return };
                let id = errand.delivery;
                let attempt = attempt(&client, errand).await;
                lock(&shared.outbox).settle(id, attempt);
                shared.wake.notify_one();
            });
        }
        let second = Instant::now() + Duration::from_secs(1);
        let until = next.map_or(second, |next| next.min(second));
        let _ = tokio::time::timeout_at(until.into(), woken).await;
    }
}

async fn attempt(client: &reqwest::Client, errand: Errand) -> Attempt {
    let at = clock::now_stamp();
    let started = Instant::now();
    let mut request = client
        .post(&errand.url)
        .header("content-type", "application/json")
        .header("x-deel-webhook-version", "1.0.0")
        .header("x-deel-hmac-label", label(errand.label.as_deref()));
    match errand.signed {
        Signed::Properly => request = request.header("x-deel-signature", sign(&errand.key, &errand.body)),
        Signed::Wrongly => request = request.header("x-deel-signature", sign("another key", &errand.body)),
        Signed::Not => {}
    }
    let outcome = request.body(errand.body).send().await;
    let (status, error) = match outcome {
        Ok(response) => (Some(response.status().as_u16()), None),
        Err(error) => (None, Some(error.without_url().to_string())),
    };
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Attempt { at, status, error, duration_ms }
}

/// The subscription's name, as far as a header can carry it.
fn label(name: Option<&str>) -> String {
    name.unwrap_or_default().chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect()
}

#[cfg(test)]
mod tests {
    use super::sign;

    /// Computed over the same bytes with OpenSSL: `printf 'POST{"hello":"world"}' | openssl dgst -sha256 -hmac KEY`.
    #[test]
    fn signature_is_over_the_method_and_the_body() {
        assert_eq!(
            sign("deel-test-signing-key-0123456789abcdef", br#"{"hello":"world"}"#),
            "e41849095785aaede4c5a9034966fc18d6d3f16f7f0e8cb5dbd7e571df596492"
        );
    }
}
