//! From an HTTP response to a JSON text, or to the error that says what to do.

use std::time::Duration;

use jiff::fmt::rfc2822;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};

use crate::json::{self, Object, Value};
use crate::{Error, Surprise, Transport};

/// A page of 100 people with all their custom fields is well below this.
const MAX_BODY: usize = 32 << 20;
/// Of an error's body only the ids and codes at its start are of use.
const MAX_ERROR_BODY: usize = 64 << 10;
const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// The body of a 2xx answer. `scope` is what Deel documents for the endpoint.
pub(crate) async fn body(mut response: Response, scope: &'static str) -> Result<String, Error> {
    let status = response.status();
    let limit = if status.is_success() { MAX_BODY } else { MAX_ERROR_BODY };
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            // The status says enough; only an answer without its body is no answer.
            Err(_) if !status.is_success() => break,
            Err(error) => return Err(unavailable(&error)),
        }
        if body.len() > limit {
            if status.is_success() {
                return Err(unexpected(Surprise::TooLarge, status, None));
            }
            break;
        }
    }
    if !status.is_success() {
        return Err(refusal(status, response.headers(), &body, scope));
    }
    if is_html(response.headers(), &body) {
        return Err(unexpected(Surprise::Html, status, None));
    }
    let text = json::decode(&body);
    match json::parse(&text) {
        Ok(_) => Ok(text.into_owned()),
        Err(_) => Err(unexpected(Surprise::NotJson, status, None)),
    }
}

/// The error for a request that got no answer. The library's own error is dropped: its text contains the URL.
pub(crate) fn unavailable(error: &reqwest::Error) -> Error {
    let source = match error {
        error if error.is_connect() => Transport::Connect,
        error if error.is_timeout() => Transport::Timeout,
        _ => Transport::Broken,
    };
    Error::Unavailable { status: None, retry_after: None, source: Some(source) }
}

fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8], scope: &'static str) -> Error {
    let text = json::decode(body);
    let request_id = request_id(&text);
    match status {
        StatusCode::UNAUTHORIZED => Error::Unauthorized { request_id },
        StatusCode::TOO_MANY_REQUESTS => Error::RateLimited { retry_after: retry_after(headers) },
        status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => Error::Unavailable {
            status: Some(status.as_u16()),
            retry_after: retry_after(headers),
            source: None,
        },
        status if status.is_redirection() => unexpected(Surprise::Redirect, status, request_id),
        // A firewall's 403 says nothing about the token, and a proxy's 404 nothing about a person.
        status if is_html(headers, body) => unexpected(Surprise::Html, status, request_id),
        StatusCode::FORBIDDEN if text.contains("TOKEN_TYPE_NOT_ALLOWED") => Error::TokenType { request_id },
        StatusCode::FORBIDDEN => {
            let scope = scope_in(&text).unwrap_or_else(|| scope.to_owned());
            Error::MissingScope { scope: Some(scope), request_id }
        }
        StatusCode::NOT_FOUND => Error::NotFound { request_id },
        status => unexpected(Surprise::Status, status, request_id),
    }
}

fn unexpected(what: Surprise, status: StatusCode, request_id: Option<String>) -> Error {
    Error::Unexpected { what, status: Some(status.as_u16()), request_id }
}

fn is_html(headers: &HeaderMap, body: &[u8]) -> bool {
    let declared = headers.get(CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes().get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"text/html"))
    });
    declared || body.trim_ascii_start().starts_with(b"<")
}

/// `request.api_req_id` of Deel's error shape, if it looks like an id.
fn request_id(text: &str) -> Option<String> {
    let id = Object::parse(text)?.get("request").and_then(Value::object)?.get("api_req_id")?.text()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (id.len() <= 64 && id.bytes().all(allowed)).then_some(id)
}

/// The first word of the form `people:read`, wherever the answer has it: its shape for this is not documented.
fn scope_in(text: &str) -> Option<String> {
    let is_part = |c: char| c.is_ascii_alphabetic() || matches!(c, '-' | ':');
    let words = text.split(|c: char| !is_part(c));
    words
        .filter(|word| word.len() <= 40)
        .find(|word| {
            word.split_once(':')
                .is_some_and(|(what, how)| !what.is_empty() && matches!(how, "read" | "write"))
        })
        .map(str::to_owned)
}

/// `Retry-After` in seconds, or as a date, which is then taken against the answer's own `Date`: so it needs no clock here,
/// and a clock that is off does no harm.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let date = |text: &str| rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok();
            let now = date(headers.get(DATE)?.to_str().ok()?)?;
            Duration::try_from(date(text)?.duration_since(now)).unwrap_or_default()
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let seconds = |text| retry_after(&headers(&[("retry-after", text)])).map(|wait| wait.as_secs());
        assert_eq!(seconds("7"), Some(7));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("18446744073709551615"), Some(86_400));
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds("-3"), None);
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(seconds(date), None, "a date alone says nothing without a clock");
        let against = |now| retry_after(&headers(&[("retry-after", date), ("date", now)]));
        assert_eq!(against("Sun, 06 Nov 1994 08:49:07 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(against("Sun, 06 Nov 1994 09:49:07 GMT"), Some(Duration::ZERO));
    }

    #[test]
    fn a_scope_is_found_and_nothing_else_is_kept() {
        let scope = |text| scope_in(text);
        assert_eq!(
            scope(r#"{"errors":[{"message":"Missing scope: people:read."}]}"#).as_deref(),
            Some("people:read")
        );
        assert_eq!(scope(r#"{"message":"needs [time-off:write]"}"#).as_deref(), Some("time-off:write"));
        assert_eq!(scope(r#"{"message":"Forbidden","who":"ann:reads"}"#), None);
        assert_eq!(scope(""), None);
    }

    #[test]
    fn only_an_id_is_taken_for_a_request_id() {
        let id = |text| request_id(text);
        assert_eq!(id(r#"{"request":{"api_req_id":"0f0e-1"},"errors":[]}"#).as_deref(), Some("0f0e-1"));
        assert_eq!(id(r#"{"request":{"api_req_id":"Ann Example"}}"#), None);
        assert_eq!(id(r#"{"error":"x"}"#), None);
        assert_eq!(id("not json"), None);
    }
}
