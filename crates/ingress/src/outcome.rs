//! What can become of a request to the webhook, and the answer to each.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use bytes::Bytes;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

macro_rules! outcomes {
    ($($(#[$doc:meta])* $name:ident, $label:literal, $status:ident, $answer:literal;)*) => {
        /// What became of a request to the webhook; the label of `deelsync_webhooks_total`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Outcome {
            $($(#[$doc])* $name,)*
        }

        impl Outcome {
            /// Each of them once.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The label it is counted under.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            /// The status that the sender sees.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// The body of the answer, a JSON object.
            #[must_use]
            pub const fn answer(self) -> &'static str {
                match self { $(Self::$name => $answer,)* }
            }
        }
    };
}

outcomes! {
    /// A job was stored.
    Stored, "stored", OK, r#"{"outcome":"stored"}"#;
    /// A job for the same person was there and covers this event too.
    Coalesced, "coalesced", OK, r#"{"outcome":"stored"}"#;
    /// Its person cannot be told from it; a reconcile was asked for.
    ReconcileRequested, "reconcile_requested", OK, r#"{"outcome":"reconcile_requested"}"#;
    /// The same body was stored before.
    Duplicate, "duplicate", OK, r#"{"outcome":"duplicate"}"#;
    /// An event type that is not known.
    UnknownEvent, "unknown_event", OK, r#"{"outcome":"ignored","reason":"unknown_event"}"#;
    /// An event that changes nobody's account.
    IrrelevantEvent, "irrelevant_event", OK, r#"{"outcome":"ignored","reason":"irrelevant_event"}"#;
    /// Sent by Deel's "Simulate".
    Simulation, "simulation", OK, r#"{"outcome":"ignored","reason":"simulation"}"#;
    /// Of an organization that is not ours.
    OtherOrganization, "other_organization", OK, r#"{"outcome":"ignored","reason":"other_organization"}"#;
    /// A JSON object without `data.meta`.
    MissingMeta, "missing_meta", OK, r#"{"outcome":"ignored","reason":"missing_meta"}"#;
    /// Signed, but no JSON object. The answer says more.
    NotAnObject, "not_an_object", BAD_REQUEST, r#"{"outcome":"refused","error":"the body is not a JSON object"}"#;
    /// No signature header.
    SignatureMissing, "signature_missing", UNAUTHORIZED, r#"{"outcome":"unauthorized"}"#;
    /// A signature header that is none.
    SignatureMalformed, "signature_malformed", UNAUTHORIZED, r#"{"outcome":"unauthorized"}"#;
    /// A signature by no key of ours.
    SignatureWrong, "signature_wrong", UNAUTHORIZED, r#"{"outcome":"unauthorized"}"#;
    /// Not `POST`.
    MethodNotAllowed, "method_not_allowed", METHOD_NOT_ALLOWED, r#"{"outcome":"refused","error":"only POST is allowed"}"#;
    /// More bytes than one body may have.
    TooLarge, "too_large", PAYLOAD_TOO_LARGE, r#"{"outcome":"refused","error":"the body is too large"}"#;
    /// Not whole in time.
    TooSlow, "too_slow", REQUEST_TIMEOUT, r#"{"outcome":"refused","error":"the request took too long to arrive"}"#;
    /// Too many bodies in flight.
    NoRoom, "no_room", SERVICE_UNAVAILABLE, r#"{"outcome":"unavailable","reason":"too_many_requests_in_flight"}"#;
    /// Redis did not store it in time.
    NotStored, "not_stored", SERVICE_UNAVAILABLE, r#"{"outcome":"unavailable","reason":"not_stored"}"#;
    /// The client went away before its body was whole.
    Aborted, "aborted", BAD_REQUEST, r#"{"outcome":"refused","error":"the body is incomplete"}"#;
}

impl Outcome {
    /// The whole answer. `retry_after` is told where a repetition helps.
    pub(crate) fn respond(self, retry_after: &HeaderValue) -> HttpResponse {
        let mut response = self.with_body(Bytes::from_static(self.answer().as_bytes()));
        match self.status() {
            StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(RETRY_AFTER, retry_after.clone());
            }
            StatusCode::METHOD_NOT_ALLOWED => {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            }
            _ => {}
        }
        response
    }

    /// [`Outcome::NotAnObject`] with what is wrong. `what` is said by us and repeats nothing of the body.
    pub(crate) fn refuse(what: &impl std::fmt::Display) -> HttpResponse {
        let answer = serde_json::json!({ "outcome": "refused", "error": what.to_string() });
        Self::NotAnObject.with_body(Bytes::from(answer.to_string()))
    }

    fn with_body(self, body: Bytes) -> HttpResponse {
        json(self.status(), body)
    }
}

/// An answer of ours.
pub(crate) fn json(status: StatusCode, body: Bytes) -> HttpResponse {
    HttpResponse::build(status).insert_header((CONTENT_TYPE, JSON)).body(body)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_outcome_is_told_apart_and_answered_with_json() {
        let labels: BTreeSet<_> = Outcome::ALL.iter().map(|outcome| outcome.label()).collect();
        assert_eq!(labels.len(), Outcome::ALL.len());
        for outcome in Outcome::ALL {
            let answer: serde_json::Value = serde_json::from_str(outcome.answer()).unwrap();
            assert!(answer["outcome"].is_string(), "{outcome:?}");
        }
    }

    #[test]
    fn the_answer_to_a_bad_signature_does_not_tell_what_was_wrong() {
        let answers: BTreeSet<_> =
            [Outcome::SignatureMissing, Outcome::SignatureMalformed, Outcome::SignatureWrong]
                .map(Outcome::answer)
                .into();
        assert_eq!(answers.len(), 1);
    }
}
