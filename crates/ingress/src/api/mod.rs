//! The operator API: start a sync, see how far it is, see how the last ones ended.
//!
//! It is served by the operators' listener under [`ROOT`], and only with a token. Answers carry ids and counts, never a
//! name, an address or another value. What it does is somebody else's: see [`Operator`].

mod auth;
mod handlers;
mod model;

use std::fmt;
use std::sync::Arc;

use actix_web::web;
use futures::future::BoxFuture;
use secrecy::SecretString;

pub(crate) use auth::Token;
pub use model::{ApiProblem, FullRun, Requested, SyncProgress, SyncRequest};

use crate::health;

/// Where the API is.
pub const ROOT: &str = "/api/v1";

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// The id cannot be a person's. Answered 400.
    #[error("not a Deel profile id: 1 to 128 letters, digits, - and _")]
    InvalidPerson,
    /// Writes are paused, so no sync is started. Answered 409.
    #[error("writes are paused; `deelsync resume` lets them go on")]
    Paused,
    /// Redis did not answer. Answered 503; the same request may succeed later.
    #[error("Redis did not answer")]
    Unavailable,
}

/// Who carries out what the API is asked for. A process without a worker can do all of it: it needs Redis only.
pub trait Operator: Send + Sync + 'static {
    /// Asks the workers for a sync of everyone (no person) or of one person; joins what is on its way already.
    ///
    /// # Errors
    /// Any [`OperatorError`].
    fn request_sync(&self, person: Option<String>) -> BoxFuture<'_, Result<Requested, OperatorError>>;

    /// How far the full run is that is on its way or waits for a worker; else how the last one ended; none if none is known.
    ///
    /// # Errors
    /// [`OperatorError::Unavailable`].
    fn progress(&self) -> BoxFuture<'_, Result<Option<SyncProgress>, OperatorError>>;

    /// The latest full runs, at most `limit`, the newest first.
    ///
    /// # Errors
    /// [`OperatorError::Unavailable`].
    fn runs(&self, limit: usize) -> BoxFuture<'_, Result<Vec<FullRun>, OperatorError>>;
}

/// The API, switched on.
#[derive(Clone)]
pub struct Api {
    token: Token,
    operator: Arc<dyn Operator>,
}

impl Api {
    /// Whoever has the token may use it.
    #[must_use]
    pub fn new(token: &SecretString, operator: Arc<dyn Operator>) -> Self {
        Self { token: Token::new(token), operator }
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Api { token: [redacted] }")
    }
}

/// Adds the API's routes.
pub(crate) fn routes(config: &mut web::ServiceConfig, api: &Api) {
    config.service(
        web::scope(ROOT)
            .app_data(web::Data::new(api.clone()))
            .app_data(web::PayloadConfig::new(handlers::BODY_BYTES))
            .wrap(actix_web::middleware::from_fn(auth::guard))
            .service(
                web::resource("/sync")
                    .route(web::get().to(handlers::progress))
                    .route(web::post().to(handlers::sync))
                    .default_service(web::to(handlers::get_or_post)),
            )
            .service(
                web::resource("/runs")
                    .route(web::get().to(handlers::runs))
                    .default_service(web::to(health::only_get)),
            )
            .service(
                web::resource("/openapi.json")
                    .route(web::get().to(handlers::description))
                    .default_service(web::to(health::only_get)),
            )
            .default_service(web::to(health::not_found)),
    );
}
