//! What the webhook could reach at most on this machine, for the benchmark to compare with.
//!
//! A rate means little by itself: it is the machine's as much as the program's. So the benchmark runs these beside the
//! real thing, in one run: the same actix application with the same limits, reading the body the same way, without the
//! part whose cost is in question. Not for production: they answer 200 to what they do not store.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use deel::signature::SigningKeys;

use crate::config::Config;
use crate::listener::{Listener, StartError};
use crate::outcome::Outcome;
use crate::webhook::{Door, PATH};

/// How much of the webhook is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ceiling {
    /// Reads the body within the limits and verifies its signature; no parsing, no Redis.
    SignatureOnly,
    /// Answers; actix discards the body.
    Bare,
}

/// A running ceiling. Dropping it stops it.
#[derive(Debug)]
pub struct RunningCeiling(Listener);

impl RunningCeiling {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.0.addr
    }

    /// Stops it, running requests finishing for at most `budget`.
    pub async fn stop(self, budget: Duration) {
        self.0.stop(budget).await;
    }
}

/// Serves `ceiling` under the webhook's path, on [`Config::listen`] with [`Config::workers`] threads and the limits of
/// `config`. Has to be called on a tokio runtime.
///
/// # Errors
/// [`StartError::Bind`] if the address cannot be listened on.
pub fn start(config: &Config, keys: SigningKeys, ceiling: Ceiling) -> Result<RunningCeiling, StartError> {
    let door = web::Data::new(Door::new(keys, config.limits));
    let listener = Listener::open(config.listen, config.workers, &config.limits, move |routes| {
        let post = match ceiling {
            Ceiling::SignatureOnly => web::post().to(signature_only),
            Ceiling::Bare => web::post().to(bare),
        };
        routes.app_data(door.clone()).service(web::resource(PATH).route(post));
    })?;
    Ok(RunningCeiling(listener))
}

async fn signature_only(door: web::Data<Door>, request: HttpRequest, payload: web::Payload) -> HttpResponse {
    let outcome = door.admit(&request, payload).await.map_or_else(|refused| refused, |_| Outcome::Stored);
    door.respond(outcome)
}

async fn bare(door: web::Data<Door>, _: web::Bytes) -> HttpResponse {
    door.respond(Outcome::Stored)
}
