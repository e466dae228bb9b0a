//! The connection to Deel, and the calls about the organization.

use std::fmt;
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Method, redirect};
use secrecy::{ExposeSecret, SecretString};

use crate::json::{Object, Value};
use crate::{BaseUrl, Error, Organization, Surprise, answer};

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
    /// Whether people are asked for with their custom fields (`include_custom_fields=true`).
    pub custom_fields: bool,
}

impl Config {
    /// The usual settings: 30 seconds, no `X-Version`.
    pub fn new(base_url: BaseUrl, token: SecretString) -> Self {
        let user_agent = concat!("deelsync/", env!("CARGO_PKG_VERSION")).to_owned();
        Self {
            base_url,
            token,
            api_version: None,
            timeout: Duration::from_secs(30),
            user_agent,
            custom_fields: false,
        }
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
#[derive(Clone)]
pub struct Client {
    base_url: BaseUrl,
    http: reqwest::Client,
    pub(crate) custom_fields: bool,
}

/// One endpoint: `route` is its name in traces, `scope` what Deel documents a token to need for it.
pub(crate) struct Endpoint<'a> {
    pub(crate) route: &'static str,
    pub(crate) scope: &'static str,
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, String)],
}

impl Client {
    /// Sets the client up. Sends nothing.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        let token = config.token.expose_secret().trim();
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| ConfigError::Token)?;
        if token.is_empty() || token.contains(char::is_whitespace) {
            return Err(ConfigError::Token);
        }
        bearer.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, bearer);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(version) = &config.api_version {
            let version = HeaderValue::from_str(version.trim()).map_err(|_| ConfigError::ApiVersion)?;
            headers.insert("x-version", version);
        }
        let mut builder = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(config.user_agent)
            .redirect(redirect::Policy::none())
            .timeout(config.timeout);
        if config.base_url.is_loopback() {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(ConfigError::Http)?;
        Ok(Self { base_url: config.base_url, http, custom_fields: config.custom_fields })
    }

    /// The token's organization, `GET /organizations` (scope `organizations:read`).
    pub async fn organizations(&self) -> Result<Vec<Organization>, Error> {
        let endpoint = Endpoint {
            route: "/organizations",
            scope: "organizations:read",
            path: &["organizations"],
            query: &[],
        };
        self.get_list(endpoint, Organization::read).await
    }

    /// A short list that Deel does not page; it comes under `data`.
    pub(crate) async fn get_list<T>(
        &self,
        endpoint: Endpoint<'_>,
        read: impl Fn(Value<'_>) -> Option<T>,
    ) -> Result<Vec<T>, Error> {
        let body = self.get(endpoint).await?;
        let data =
            Object::parse(&body).and_then(|top| top.get("data")).ok_or_else(|| surprise(Surprise::Shape))?;
        let rows = data.list().unwrap_or_else(|| vec![data]);
        rows.into_iter().map(|row| read(row).ok_or_else(|| surprise(Surprise::Shape))).collect()
    }

    /// The body of a successful answer; it is JSON.
    pub(crate) async fn get(&self, endpoint: Endpoint<'_>) -> Result<String, Error> {
        self.call(Method::GET, endpoint, None).await
    }

    /// The same for any method. The body, if there is one, is JSON.
    pub(crate) async fn call(
        &self,
        method: Method,
        endpoint: Endpoint<'_>,
        body: Option<String>,
    ) -> Result<String, Error> {
        let started = Instant::now();
        let url = self.base_url.join(endpoint.path);
        let mut request = self.http.request(method.clone(), url).query(endpoint.query);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        let result = match request.send().await {
            Ok(response) => answer::body(response, endpoint.scope).await,
            Err(error) => Err(answer::unavailable(&error)),
        };
        tracing::debug!(
            vendor = "deel",
            http.method = method.as_str(),
            http.route = endpoint.route,
            outcome = result.as_ref().err().map_or("ok", Error::kind),
            duration_ms = started.elapsed().as_millis() as u64,
            "called Deel"
        );
        result
    }
}

/// An answer with a good status that is odd.
pub(crate) fn surprise(what: Surprise) -> Error {
    Error::Unexpected { what, status: None, request_id: None }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
