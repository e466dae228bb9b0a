//! The calls.

use std::convert::Infallible;
use std::time::Duration;

use secrecy::SecretString;

use crate::{BaseUrl, Complete, Error, ListError, Organization, Page, PersonRecord, Subscription};

/// How to reach Deel.
#[derive(Debug, Clone)]
pub struct Config {
    /// The root of the REST API.
    pub base_url: BaseUrl,
    /// An organization token.
    pub token: SecretString,
    /// `X-Version`, such as `2026-01-01`. Not sent unless set; Deel then uses its stable version, and answers 400 to one it
    /// does not know.
    pub api_version: Option<String>,
    /// For a whole request, connection and body included.
    pub timeout: Duration,
    /// `User-Agent`.
    pub user_agent: String,
}

impl Config {
    /// The usual settings: 30 seconds, no `X-Version`.
    pub fn new(base_url: BaseUrl, token: SecretString) -> Self {
        let user_agent = concat!("deelsync/", env!("CARGO_PKG_VERSION")).to_owned();
        Self { base_url, token, api_version: None, timeout: Duration::from_secs(30), user_agent }
    }
}

/// Settings that no request can be made with. Values are not shown.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The token is empty or has characters that a header cannot carry.
    #[error("the Deel token is empty, or has characters that no token has")]
    Token,
    /// `api_version` has characters that a header cannot carry.
    #[error("the Deel API version is not a header value")]
    ApiVersion,
    /// The HTTP client could not be built (TLS roots, user agent).
    #[error("the HTTP client could not be set up")]
    Http(#[source] reqwest::Error),
}

/// Deel's REST API for one organization token. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    config: Config,
}

/// Pacing for those who need none, such as tests.
pub async fn unpaced() -> Result<(), Infallible> {
    Ok(())
}

impl Client {
    /// Sets the client up. Sends nothing.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        Ok(Self { config })
    }

    /// One person, `GET /people/{id}`; `id` is the HRIS profile id. The answer is of that id, and not one with sensitive data
    /// withheld ([`Error::SensitiveDataWithheld`]).
    pub async fn person(&self, id: &str) -> Result<PersonRecord, Error> {
        let _ = (id, &self.config);
        todo!()
    }

    /// One page of everyone, `GET /people`, ordered by id. `limit` is cut to 1..=100.
    pub async fn people_page(&self, offset: u64, limit: u32) -> Result<Page<PersonRecord>, Error> {
        let _ = (offset, limit);
        todo!()
    }

    /// Everyone. `pace` is awaited before each request. Nothing is retried.
    pub async fn people<P, F, E>(&self, pace: P) -> Result<Complete<PersonRecord>, ListError>
    where
        P: FnMut() -> F,
        F: Future<Output = Result<(), E>>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let _ = pace;
        todo!()
    }

    /// Everyone whose work email is `email`, compared without regard to case; found by `GET /people?search=`, all pages of it.
    pub async fn people_by_search<P, F, E>(&self, email: &str, pace: P) -> Result<Complete<PersonRecord>, ListError>
    where
        P: FnMut() -> F,
        F: Future<Output = Result<(), E>>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let _ = (email, pace);
        todo!()
    }

    /// The token's organization, `GET /organizations` (scope `organizations:read`).
    pub async fn organizations(&self) -> Result<Vec<Organization>, Error> {
        todo!()
    }

    /// The webhook subscriptions, `GET /webhooks` (scope `webhooks:read`).
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, Error> {
        todo!()
    }
}
