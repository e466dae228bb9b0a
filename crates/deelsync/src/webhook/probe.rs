//! Asks the address that Deel delivers to whether it would take what a key signs: with a simulation, which changes nothing.

use deel::signature::{SIGNATURE_HEADER, sign};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

/// What the address said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Probed {
    /// It is us, and the key is accepted.
    Accepted,
    /// 401: the key is not among those of the process that answered.
    Refused,
    /// No answer, or another one: nothing is known. In words.
    Unknown(String),
}

/// Asks. Follows no redirect.
pub(crate) async fn probe(url: &str, key: &SecretString) -> Probed {
    let body = json!({
        "data": {
            "meta": { "event_type": "worker.v2.updated", "is_simulation": true },
            "resource": { "id": "00000000-0000-4000-8000-000000000000" },
        },
    })
    .to_string();
    let client = reqwest::Client::builder().timeout(PATIENCE).redirect(reqwest::redirect::Policy::none());
    let Ok(client) = client.build() else { return Probed::Unknown("no client".to_owned()) };
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .header(SIGNATURE_HEADER, sign(key.expose_secret(), body.as_bytes()));
    match request.body(body).send().await {
        Ok(answer) if answer.status() == reqwest::StatusCode::UNAUTHORIZED => Probed::Refused,
        Ok(answer) => {
            let status = answer.status();
            let text = answer.text().await.unwrap_or_default();
            let ours = serde_json::from_str::<Value>(&text).is_ok_and(|body| body["reason"] == "simulation");
            if status.is_success() && ours {
                Probed::Accepted
            } else {
                Probed::Unknown(format!("answered {status}, and not as this program does"))
            }
        }
        Err(error) if error.is_timeout() => Probed::Unknown("no answer in time".to_owned()),
        Err(_) => Probed::Unknown("cannot be reached from here".to_owned()),
    }
}
