//! JumpCloud's ways to say no (API 1.0, `Error` and `ErrorDetails`).

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use serde_json::{Value, json};

use super::{fields::Invalid, journal::Written};

/// The body of an error.
pub(super) fn body(code: u16, message: &str) -> Value {
    let status = match code {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ALREADY_EXISTS",
        429 => "RESOURCE_EXHAUSTED",
        _ => "INTERNAL",
    };
    json!({ "code": code, "message": message, "status": status })
}

/// An error as an answer.
pub(super) fn answer(code: u16, message: &str) -> HttpResponse {
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).json(body(code, message))
}

/// A write that was refused.
pub(super) fn refused(code: u16, message: &str) -> Written {
    Written { status: code, answer: body(code, message), ..Written::default() }
}

/// A write that was refused for one field.
pub(super) fn invalid(invalid: &Invalid) -> Written {
    let mut answer = body(400, &invalid.why);
    answer["details"] = json!([{
        "fieldViolationsList": [{ "field": invalid.field, "description": invalid.why }],
        "@type": "type.googleapis.com/google.rpc.BadRequest",
    }]);
    Written { status: 400, answer, ..Written::default() }
}

/// 429.
pub(super) fn limited(_: &HttpRequest) -> HttpResponse {
    answer(429, "Too Many Requests")
}

/// 5xx, by a fault.
pub(super) fn broken(_: &HttpRequest, status: StatusCode) -> HttpResponse {
    answer(status.as_u16(), status.canonical_reason().unwrap_or("error"))
}
