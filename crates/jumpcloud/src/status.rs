//! What a refusing status means.

use std::time::Duration;

use serde_json::Value;

use crate::Error;

/// What a call is about, since the same status means different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// One record by its id: 404 means that it does not exist.
    Record,
    /// A listing without a request body: 400 and 404 can only be about the organization or the URL.
    Listing,
    /// A search or creation, whose body may be what is refused.
    Body,
}

/// An answer that is not a success with JSON.
pub(crate) struct Refusal<'a> {
    pub(crate) status: u16,
    pub(crate) html: bool,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: &'a [u8],
}

impl Refusal<'_> {
    /// The error for it. `organization` says whether `x-org-id` was sent: JumpCloud answers 400 to a malformed or
    /// foreign one and 404 to an unknown one.
    pub(crate) fn error(&self, scope: Scope, organization: bool) -> Error {
        let Self { status, html, retry_after, .. } = *self;
        match status {
            300..=399 => Error::NotTheApi { status },
            401 => Error::Unauthorized,
            // The API forbids in JSON; a page, or a time to wait, comes from the edge in front of it.
            403 if html || retry_after.is_some() => Error::Blocked { retry_after },
            403 => Error::Forbidden,
            429 => Error::RateLimited { retry_after },
            408 | 500..=599 => Error::Unavailable { status: Some(status), retry_after, source: None },
            // Also a 404 page: it must never be read as "this user is gone".
            _ if html => Error::NotTheApi { status },
            404 if scope == Scope::Record => Error::NotFound,
            404 if organization => Error::WrongOrganization { status: Some(status) },
            404 => Error::NotTheApi { status },
            400 if organization && scope == Scope::Listing => {
                Error::WrongOrganization { status: Some(status) }
            }
            400..=499 => Error::Rejected { status, fields: fields(self.body) },
            _ => {
                Error::Unexpected { status: Some(status), what: "a status that JumpCloud does not document" }
            }
        }
    }
}

/// The names in the documented error shape, `details[].fieldViolationsList[].field`. Only what looks like a name is
/// kept; messages and descriptions may quote values and are dropped.
fn fields(body: &[u8]) -> Vec<String> {
    const MOST: usize = 20;
    let Ok(body) = serde_json::from_slice::<Value>(body) else { return Vec::new() };
    let details = body.get("details").and_then(Value::as_array);
    let violations = details
        .into_iter()
        .flatten()
        .filter_map(|detail| detail.get("fieldViolationsList").and_then(Value::as_array))
        .flatten();
    violations
        .filter_map(|violation| violation.get("field").and_then(Value::as_str))
        .map(|field| {
            field
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
                .take(64)
                .collect::<String>()
        })
        .filter(|field| !field.is_empty())
        .take(MOST)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, html: bool, scope: Scope, organization: bool) -> Error {
        Refusal { status, html, retry_after: None, body: b"" }.error(scope, organization)
    }

    #[test]
    fn not_found_is_only_what_the_api_says_about_one_record() {
        assert!(matches!(error(404, false, Scope::Record, true), Error::NotFound));
        assert!(matches!(error(404, true, Scope::Record, false), Error::NotTheApi { status: 404 }));
        assert!(matches!(error(404, false, Scope::Listing, false), Error::NotTheApi { status: 404 }));
        assert!(matches!(
            error(404, false, Scope::Body, true),
            Error::WrongOrganization { status: Some(404) }
        ));
        assert!(matches!(
            error(400, false, Scope::Listing, true),
            Error::WrongOrganization { status: Some(400) }
        ));
        assert!(matches!(error(400, false, Scope::Body, true), Error::Rejected { status: 400, .. }));
    }

    #[test]
    fn every_status_has_a_meaning_and_a_remedy() {
        for status in 100..=999 {
            for html in [false, true] {
                let error = error(status, html, Scope::Record, false);
                assert!(error.remedy().len() > 20);
                assert!(!error.kind().is_empty());
            }
        }
    }

    #[test]
    fn only_field_names_survive() {
        let body = br#"{"code":400,"message":"ada@x.co is taken","details":[{"fieldViolationsList":[
            {"field":"email","description":"ada@x.co"},{"field":"attributes.0.name"},{"field":"a b<c>@d"},{"field":7},
            {"field":"@@"}],"@type":"x"},{"fieldViolationsList":{}},3]}"#;
        assert_eq!(fields(body), ["email", "attributes.0.name", "abcd"]);
        for odd in [&b"<html>"[..], b"", b"[]", b"{\"details\":{}}", b"\"text\""] {
            assert!(fields(odd).is_empty());
        }
    }
}
