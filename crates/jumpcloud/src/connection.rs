//! Credentials, configuration, and the connection that hands out readers and writers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::endpoint::{self, ConfigError};
use crate::token::TokenSource;
use crate::{Reader, Writer};

/// How to identify to JumpCloud.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// An administrator's API key, sent as `x-api-key`.
    ApiKey(SecretString),
    /// A service account (OAuth client credentials). The access token is cached and renewed by the connection.
    ServiceAccount {
        /// The client id.
        client_id: String,
        /// The client secret.
        client_secret: SecretString,
        /// Where to get tokens: a full URL or only a host, see [`token_url`](crate::token_url).
        oauth_url: String,
    },
}

/// What a [`Connection`] is made from.
#[derive(Clone, Debug)]
pub struct Config {
    /// The base URL of API 1.0, see [`Region::base_url`](crate::Region::base_url).
    pub base_url: String,
    /// The credentials.
    pub credentials: Credentials,
    /// The organization id, sent as `x-org-id`; required for administrators of several organizations. Listings are
    /// checked to belong to it.
    pub organization: Option<String>,
    /// The time one request may take, body included.
    pub timeout: Duration,
    /// The `user-agent` header.
    pub user_agent: String,
}

impl Config {
    /// A configuration for `base_url` with a timeout of 30 seconds and no organization.
    pub fn new(base_url: impl Into<String>, credentials: Credentials) -> Self {
        Self {
            base_url: base_url.into(),
            credentials,
            organization: None,
            timeout: Duration::from_secs(30),
            user_agent: concat!("deelsync/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// Credentials, HTTP client and base URLs. Cheap to clone; clones share the pool and the access token.
#[derive(Clone)]
pub struct Connection {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) http: reqwest::Client,
    pub(crate) base: Url,
    pub(crate) auth: Auth,
    pub(crate) organization: Option<String>,
    pub(crate) org_header: Option<HeaderValue>,
}

pub(crate) enum Auth {
    ApiKey(HeaderValue),
    ServiceAccount(Box<TokenSource>),
}

impl Connection {
    /// Checks the configuration and sets up the client; sends nothing yet.
    ///
    /// # Errors
    /// A [`ConfigError`] that says which value cannot be used.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let base = endpoint::base_url(&config.base_url)?;
        let mut builder = reqwest::Client::builder()
            // A redirect is JumpCloud's answer to a missing key (to /login). Following it would end in a web page
            // with status 200, and could carry the key to another host.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(config.timeout)
            .connect_timeout(config.timeout.min(Duration::from_secs(10)))
            .user_agent(config.user_agent);
        if endpoint::is_loopback(&base) {
            // A stand-in on this machine is never behind the proxy that the environment names.
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|_| ConfigError::Client)?;
        let auth = match config.credentials {
            Credentials::ApiKey(key) => Auth::ApiKey(secret_header(&key, "API key")?),
            Credentials::ServiceAccount { client_id, client_secret, oauth_url } => {
                if client_id.trim().is_empty() {
                    return Err(ConfigError::Value("client id"));
                }
                if client_secret.expose_secret().trim().is_empty() {
                    return Err(ConfigError::Value("client secret"));
                }
                let url = endpoint::token_url(&oauth_url)?;
                Auth::ServiceAccount(Box::new(TokenSource::new(url, client_id, client_secret)))
            }
        };
        let org_header = match &config.organization {
            None => None,
            Some(id) if crate::http::is_id(id) => HeaderValue::from_str(id).ok(),
            Some(_) => return Err(ConfigError::Value("organization id")),
        };
        Ok(Self {
            inner: Arc::new(Inner { http, base, auth, organization: config.organization, org_header }),
        })
    }

    /// A reader over this connection.
    pub fn reader(&self) -> Reader {
        Reader::new(self.clone())
    }

    /// A writer over this connection. Only code that may change users should be handed one.
    pub fn writer(&self) -> Writer {
        Writer::new(self.clone())
    }

    /// The organization id of the configuration.
    pub fn organization(&self) -> Option<&str> {
        self.inner.organization.as_deref()
    }
}

/// The host only.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("host", &self.inner.base.host_str()).finish_non_exhaustive()
    }
}

fn secret_header(secret: &SecretString, what: &'static str) -> Result<HeaderValue, ConfigError> {
    let text = secret.expose_secret().trim();
    if text.is_empty() {
        return Err(ConfigError::Value(what));
    }
    let mut value = HeaderValue::from_str(text).map_err(|_| ConfigError::Value(what))?;
    value.set_sensitive(true);
    Ok(value)
}
