//! One request and its answer: headers, body cap, web pages told from JSON.

use std::time::Instant;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde_json::Value;

use crate::Error;
use crate::connection::{Auth, Inner};
use crate::retry_after::retry_after;
use crate::status::{Refusal, Scope};

/// The largest answer read: a page of 100 users has well under 1 MiB.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
/// How much of a refusal is read, for the names of its fields.
const LARGEST_REFUSAL: usize = 64 * 1024;

/// A request to be sent.
pub(crate) struct Call {
    method: Method,
    /// The path's template, for logs.
    route: &'static str,
    /// Path segments after the base URL.
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
    body: Option<Result<Vec<u8>, serde_json::Error>>,
    scope: Scope,
    answer: AnswerKind,
    consistent: bool,
}

/// What a success carries.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AnswerKind {
    Json,
    /// JSON, or `null` where the success carries none.
    JsonIfAny,
    /// Nothing that is needed.
    Ignored,
}

/// Why there is no usable answer, and whether the request may have been carried out all the same.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    pub(crate) maybe_done: bool,
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl Failure {
    fn not_done(error: Error) -> Self {
        Self { error, maybe_done: false }
    }

    fn maybe_done(error: Error) -> Self {
        Self { error, maybe_done: true }
    }
}

impl Call {
    /// A call to `/a/{}/b`; each `{}` is replaced by the next of `ids`. The ids come from outside and become part of
    /// the path: an empty one would turn a record's path into the listing's.
    pub(crate) fn new(
        method: Method,
        route: &'static str,
        ids: &[&str],
        scope: Scope,
    ) -> Result<Self, Error> {
        let mut ids = ids.iter();
        let mut segments = Vec::new();
        for segment in route.split('/').filter(|segment| !segment.is_empty()) {
            if segment == "{}" {
                let id = ids.next().copied().unwrap_or_default();
                segments.push(checked_id(id)?.to_owned());
            } else {
                segments.push(segment.to_owned());
            }
        }
        Ok(Self {
            method,
            route,
            segments,
            query: Vec::new(),
            body: None,
            scope,
            answer: AnswerKind::Json,
            consistent: false,
        })
    }

    pub(crate) fn query(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_vec(body));
        self
    }

    /// Asks for an answer that knows the latest writes (`x-eventually-consistent: false`, as in JumpCloud's own
    /// search samples).
    pub(crate) fn consistent(mut self) -> Self {
        self.consistent = true;
        self
    }

    /// Takes a success without a readable body as `null`: the work is done, and can be read.
    pub(crate) fn answer_may_be_empty(mut self) -> Self {
        self.answer = AnswerKind::JsonIfAny;
        self
    }

    /// Takes any success, whatever its body (web pages excepted).
    pub(crate) fn ignore_answer(mut self) -> Self {
        self.answer = AnswerKind::Ignored;
        self
    }
}

impl Inner {
    /// Sends the call. With a service account, a 401 is answered once with a new access token; nothing else is
    /// repeated.
    pub(crate) async fn send(&self, call: Call) -> Result<Value, Failure> {
        self.send_counted(call).await.map(|(answer, _)| answer)
    }

    /// [`Inner::send`] with the `x-total-count` of the answer, which is where lists of API 2.0 say how long they are.
    pub(crate) async fn send_counted(&self, call: Call) -> Result<(Value, Option<u64>), Failure> {
        let body = match call.body {
            None => None,
            Some(Ok(body)) => Some(body),
            Some(Err(_)) => {
                return Err(Failure::not_done(Error::unexpected("a body that cannot be written as JSON")));
            }
        };
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(&call.segments);
        }
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&call.query);
        }
        let mut stale = None;
        loop {
            let mut request =
                self.http.request(call.method.clone(), url.clone()).header(ACCEPT, "application/json");
            let token = match &self.auth {
                Auth::ApiKey(key) => {
                    request = request.header("x-api-key", key.clone());
                    None
                }
                Auth::ServiceAccount(source) => {
                    let token = source.bearer(&self.http, stale).await.map_err(Failure::not_done)?;
                    request = request.header(AUTHORIZATION, token.header);
                    Some(token.generation)
                }
            };
            if let Some(organization) = &self.org_header {
                request = request.header("x-org-id", organization.clone());
            }
            if call.consistent {
                request = request.header("x-eventually-consistent", "false");
            }
            if let Some(body) = &body {
                request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
            }
            let started = Instant::now();
            let outcome = exchange(request).await;
            log(&call.method, call.route, &outcome, started);
            let reply = outcome.map_err(|failed| Failure { error: failed.error, maybe_done: failed.sent })?;
            if reply.status == StatusCode::UNAUTHORIZED && stale.is_none() && token.is_some() {
                stale = token;
                continue;
            }
            let total =
                reply.headers.get("x-total-count").and_then(|count| count.to_str().ok()?.trim().parse().ok());
            return Ok((reply.value(call.scope, call.answer, self.org_header.is_some())?, total));
        }
    }
}

/// An answer as it came.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// A body, or why it is not whole.
pub(crate) enum Body {
    Whole(Vec<u8>),
    /// More than the cap; what was read is kept.
    TooLarge(Vec<u8>),
    Broken(reqwest::Error),
}

/// A request without any answer.
pub(crate) struct Unanswered {
    pub(crate) error: Error,
    pub(crate) sent: bool,
}

/// Sends a request and reads its answer up to the cap.
pub(crate) async fn exchange(request: RequestBuilder) -> Result<Reply, Unanswered> {
    let response = request.send().await.map_err(|source| Unanswered {
        // Only a connection that was never made is certain not to have carried the request.
        sent: !(source.is_connect() || source.is_builder()),
        error: unavailable(None, source),
    })?;
    let status = response.status();
    let headers = response.headers().clone();
    let most = if status.is_success() { LARGEST_ANSWER } else { LARGEST_REFUSAL };
    let body = read(response, most).await;
    Ok(Reply { status, headers, body })
}

async fn read(mut response: Response, most: usize) -> Body {
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > most => return Body::TooLarge(body),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Body::Whole(body),
            Err(error) => return Body::Broken(error),
        }
    }
}

impl Reply {
    /// Whether this is a web page: by its type, or since it begins with `<`.
    pub(crate) fn is_html(&self) -> bool {
        let kind = self.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        kind.trim_start().to_ascii_lowercase().starts_with("text/html") || {
            let start = self.bytes().strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.bytes());
            start.trim_ascii_start().first() == Some(&b'<')
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Whole(body) | Body::TooLarge(body) => body,
            Body::Broken(_) => &[],
        }
    }

    pub(crate) fn refusal(&self) -> Refusal<'_> {
        Refusal {
            status: self.status.as_u16(),
            html: self.is_html(),
            retry_after: retry_after(&self.headers),
            body: self.bytes(),
        }
    }

    fn value(self, scope: Scope, answer: AnswerKind, organization: bool) -> Result<Value, Failure> {
        let status = self.status.as_u16();
        if !self.status.is_success() || self.is_html() {
            let error = self.refusal().error(scope, organization);
            // A server error may come after the work was done; any other refusal comes instead of it.
            let maybe_done = matches!(error, Error::Unavailable { .. });
            return Err(Failure { error, maybe_done });
        }
        if answer == AnswerKind::Ignored {
            return Ok(Value::Null);
        }
        match self.body {
            Body::Whole(body) if answer == AnswerKind::JsonIfAny => {
                Ok(serde_json::from_slice(&body).unwrap_or(Value::Null))
            }
            Body::Whole(body) => serde_json::from_slice(&body).map_err(|_| {
                Failure::maybe_done(Error::Unexpected {
                    status: Some(status),
                    what: "the answer is not JSON",
                })
            }),
            Body::TooLarge(_) => Err(Failure::maybe_done(Error::Unexpected {
                status: Some(status),
                what: "the answer is too large",
            })),
            Body::Broken(source) => Err(Failure::maybe_done(unavailable(Some(status), source))),
        }
    }
}

fn unavailable(status: Option<u16>, source: reqwest::Error) -> Error {
    Error::Unavailable { status, retry_after: None, source: Some(source.without_url()) }
}

fn log(method: &Method, route: &'static str, outcome: &Result<Reply, Unanswered>, started: Instant) {
    let status = outcome.as_ref().map_or(0, |reply| reply.status.as_u16());
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(
        http.method = method.as_str(),
        http.route = route,
        http.status = status,
        duration_ms,
        "called JumpCloud"
    );
}

/// Whether `text` can be an id of JumpCloud's, and so part of a path or header.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// The id, if it can be one: for what comes from outside and becomes part of a request.
pub(crate) fn checked_id(id: &str) -> Result<&str, Error> {
    if is_id(id) { Ok(id) } else { Err(Error::unexpected("an id that JumpCloud cannot have given")) }
}

/// A form with Basic credentials.
pub(crate) fn form(
    http: &reqwest::Client,
    url: &Url,
    user: &str,
    secret: &str,
    form: &[(&str, &str)],
) -> RequestBuilder {
    http.post(url.clone()).basic_auth(user, Some(secret)).header(ACCEPT, "application/json").form(form)
}
