//! A service account's access token: fetched when needed, shared, renewed before it expires.

use std::time::{Duration, Instant};

use reqwest::header::HeaderValue;
use reqwest::{Client, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::http::{self, Body};
use crate::status::Scope;
use crate::{Error, lenient};

/// Assumed when the answer does not say how long the token lives; JumpCloud's live an hour.
const DEFAULT_LIFE: Duration = Duration::from_secs(300);
/// Renewed so long before the end, or a fifth of the life if that is shorter.
const EARLY: Duration = Duration::from_secs(60);
/// After a failed early renewal, the old token is used so long before the next try.
const NEXT_TRY: Duration = Duration::from_secs(10);

/// Fetches and keeps the token. One lock covers the cache and the fetch, so however many requests need a token at
/// once, one asks for it and the others wait for that answer.
pub(crate) struct TokenSource {
    url: Url,
    client_id: String,
    client_secret: SecretString,
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    token: Option<Token>,
    /// The last fetch that failed, for those that waited for it.
    failed: Option<(Instant, Error)>,
    generation: u64,
}

struct Token {
    header: HeaderValue,
    generation: u64,
    renew: Instant,
    end: Instant,
}

/// A token to send. The generation tells a later one from one that was refused.
pub(crate) struct Bearer {
    pub(crate) header: HeaderValue,
    pub(crate) generation: u64,
}

impl Token {
    fn bearer(&self) -> Bearer {
        Bearer { header: self.header.clone(), generation: self.generation }
    }
}

impl TokenSource {
    pub(crate) fn new(url: Url, client_id: String, client_secret: SecretString) -> Self {
        Self { url, client_id, client_secret, cache: Mutex::default() }
    }

    /// A token that is not `stale`, the generation that JumpCloud just answered with 401.
    pub(crate) async fn bearer(&self, client: &Client, stale: Option<u64>) -> Result<Bearer, Error> {
        let asked = Instant::now();
        let mut cache = self.cache.lock().await;
        let usable = cache.token.as_ref().filter(|token| Some(token.generation) != stale);
        if let Some(token) = usable.filter(|token| Instant::now() < token.renew) {
            return Ok(token.bearer());
        }
        if let Some((_, error)) = cache.failed.as_ref().filter(|(at, _)| *at > asked) {
            return Err(copy(error));
        }
        match self.fetch(client).await {
            Ok((header, life)) => {
                cache.generation += 1;
                let now = Instant::now();
                let renew = now + life.saturating_sub(EARLY.min(life / 5));
                let token = Token { header, generation: cache.generation, renew, end: now + life };
                let bearer = token.bearer();
                cache.token = Some(token);
                cache.failed = None;
                Ok(bearer)
            }
            Err(error) => {
                let now = Instant::now();
                let live =
                    cache.token.as_mut().filter(|token| Some(token.generation) != stale && now < token.end);
                if let Some(token) = live {
                    token.renew = now + NEXT_TRY;
                    return Ok(token.bearer());
                }
                cache.failed = Some((now, copy(&error)));
                Err(error)
            }
        }
    }

    async fn fetch(&self, client: &Client) -> Result<(HeaderValue, Duration), Error> {
        let form = [("grant_type", "client_credentials"), ("scope", "api")];
        let request = http::form(
            client,
            &self.url,
            self.client_id.trim(),
            self.client_secret.expose_secret().trim(),
            &form,
        );
        let reply = http::exchange(request).await.map_err(|unanswered| unanswered.error)?;
        let status = reply.status.as_u16();
        if !reply.status.is_success() || reply.is_html() {
            return Err(match reply.refusal().error(Scope::Listing, false) {
                // OAuth answers 400 and 401 to credentials it does not know (RFC 6749, 5.2).
                Error::Rejected { .. } | Error::Forbidden => Error::Unauthorized,
                error => error,
            });
        }
        let unexpected = |what| Error::Unexpected { status: Some(status), what };
        let Body::Whole(body) = reply.body else { return Err(unexpected("the token answer is not whole")) };
        let answer: Value =
            serde_json::from_slice(&body).map_err(|_| unexpected("the token answer is not JSON"))?;
        let token =
            lenient::text(answer.get("access_token")).ok_or(unexpected("the token answer has no token"))?;
        let mut header = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| unexpected("the token is malformed"))?;
        header.set_sensitive(true);
        let life = lenient::count(answer.get("expires_in"))
            .map_or(DEFAULT_LIFE, |seconds| Duration::from_secs(seconds.clamp(1, 86_400)));
        Ok((header, life))
    }
}

/// The same decision for a caller that waited for the fetch; the cause stays with the one that made it.
fn copy(error: &Error) -> Error {
    match error {
        Error::Unauthorized => Error::Unauthorized,
        Error::Blocked { retry_after } => Error::Blocked { retry_after: *retry_after },
        Error::RateLimited { retry_after } => Error::RateLimited { retry_after: *retry_after },
        Error::Unavailable { status, retry_after, .. } => {
            Error::Unavailable { status: *status, retry_after: *retry_after, source: None }
        }
        Error::NotTheApi { status } => Error::NotTheApi { status: *status },
        Error::Unexpected { status, what } => Error::Unexpected { status: *status, what },
        Error::Forbidden | Error::WrongOrganization { .. } | Error::NotFound | Error::Rejected { .. } => {
            Error::unexpected("no access token")
        }
    }
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::method;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    async fn source(server: &MockServer) -> TokenSource {
        Mock::given(method("POST")).respond_with(ResponseTemplate::new(503)).mount(server).await;
        TokenSource::new(server.uri().parse().unwrap(), "id".into(), SecretString::from("s"))
    }

    async fn hold(source: &TokenSource, life: Duration) {
        let now = Instant::now();
        let header = HeaderValue::from_static("Bearer t7");
        source.cache.lock().await.token = Some(Token { header, generation: 7, renew: now, end: now + life });
    }

    #[tokio::test]
    async fn a_failed_early_renewal_keeps_the_living_token_for_a_while() {
        let server = MockServer::start().await;
        let source = source(&server).await;
        hold(&source, Duration::from_secs(3_600)).await;
        for _ in 0..3 {
            assert_eq!(source.bearer(&Client::new(), None).await.unwrap().generation, 7);
        }
        assert_eq!(server.received_requests().await.unwrap().len(), 1, "not tried again at once");
    }

    #[tokio::test]
    async fn a_token_that_is_dead_or_refused_is_not_kept() {
        let server = MockServer::start().await;
        let source = source(&server).await;
        hold(&source, Duration::ZERO).await;
        assert!(matches!(source.bearer(&Client::new(), None).await, Err(Error::Unavailable { .. })));
        hold(&source, Duration::from_secs(3_600)).await;
        assert!(matches!(source.bearer(&Client::new(), Some(7)).await, Err(Error::Unavailable { .. })));
    }
}
