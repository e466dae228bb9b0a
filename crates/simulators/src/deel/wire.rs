//! Deel's ways to say no, and who is let in. Shapes: Deel REST document 2.1.26, `ApiErrorContainer`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
};
use serde_json::{Value, json};

use super::Shared;

/// The only `X-Version` known; without the header the path's version counts.
const STABLE: &str = "2026-01-01";

/// A refusal, before it is put into Deel's words.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    message: String,
    path: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), path: None }
    }

    pub(super) fn invalid(path: &str, message: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: message.to_owned(), path: Some(path.to_owned()) }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("{what} not found"))
    }
}

/// Deel's error body, with the request in it.
fn error(request: &HttpRequest, refusal: &Refusal) -> HttpResponse {
    let mut item = json!({ "message": refusal.message });
    if let Some(path) = &refusal.path {
        item["path"] = json!(path);
    }
    let status = refusal.status.as_u16();
    HttpResponse::build(refusal.status).json(json!({
        "request": {
            "method": request.method().as_str(),
            "url": request.uri().to_string(),
            "status": status,
            "api_req_id": request_id(request),
            "docs": "https://developer.deel.com",
            "source": "simulator",
            "code": status,
        },
        "errors": [item],
    }))
}

/// Different for different requests; only there to be quoted.
fn request_id(request: &HttpRequest) -> String {
    use sha2::{Digest as _, Sha256};
    let seen = format!("{} {} {:?}", request.method(), request.uri(), std::time::Instant::now());
    hex::encode(&Sha256::digest(seen.as_bytes())[..12])
}

/// The answer to a request: a body with 200, or a refusal.
pub(super) fn reply(request: &HttpRequest, result: Result<Value, Refusal>) -> HttpResponse {
    match result {
        Ok(body) => HttpResponse::Ok().json(body),
        Err(refusal) => refuse(request, &refusal),
    }
}

/// A refusal alone, for answers that are not 200.
pub(super) fn refuse(request: &HttpRequest, refusal: &Refusal) -> HttpResponse {
    // Three endpoints word this one differently from all others.
    if refusal.status == StatusCode::UNAUTHORIZED
        && ["/organizations", "/departments", "/teams"].iter().any(|path| request.path().ends_with(path))
    {
        return HttpResponse::Unauthorized().json(json!({ "error": refusal.message }));
    }
    error(request, refusal)
}

/// Lets a request in that has the token, a known version, and the scope.
pub(super) fn admit(request: &HttpRequest, shared: &Shared, scope: &str) -> Result<(), Refusal> {
    let faults = shared.gate.faults();
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim);
    if token != Some(shared.options.token.as_str()) || faults.revoked {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized"));
    }
    if faults.token_type_not_allowed {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "TOKEN_TYPE_NOT_ALLOWED"));
    }
    if let Some(version) = request.headers().get("x-version")
        && version.as_bytes() != STABLE.as_bytes()
    {
        return Err(Refusal::invalid("X-Version", "Unknown API version"));
    }
    let missing =
        shared.options.missing_scopes.iter().chain(&faults.missing_scope).any(|lacks| lacks == scope);
    if missing {
        let message = format!("Insufficient scope. The token needs one of: {scope}");
        return Err(Refusal::new(StatusCode::FORBIDDEN, message));
    }
    Ok(())
}

/// 429.
pub(super) fn limited(request: &HttpRequest) -> HttpResponse {
    error(request, &Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests"))
}

/// 5xx, by a fault.
pub(super) fn broken(request: &HttpRequest, status: StatusCode) -> HttpResponse {
    error(request, &Refusal::new(status, "Internal server error"))
}

/// Everything that is not served.
pub(super) async fn unknown(request: HttpRequest) -> HttpResponse {
    error(&request, &Refusal::new(StatusCode::NOT_FOUND, "Resource not found"))
}

/// A path that is served, with another method.
pub(super) async fn not_allowed(request: HttpRequest) -> HttpResponse {
    error(&request, &Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed"))
}
