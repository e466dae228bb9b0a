//! Who is let in: an API key, or a service account's token; and for which organization.

use std::time::{Duration, Instant};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Bytes, Data},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{Shared, errors};
use crate::gate::lock;

/// By which kind of credential a request came in.
pub(super) type Actor = &'static str;

/// Lets a request in, or says how it is turned away. Without any credential JumpCloud sends a browser to its login page.
pub(super) fn admit(request: &HttpRequest, shared: &Shared) -> Result<Actor, Box<HttpResponse>> {
    let value = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let unauthorized = |why: &str| {
        let message = format!("Unauthorized: {why}");
        Box::new(HttpResponse::Unauthorized().json(json!({ "error": "Unauthorized", "message": message })))
    };
    let revoked = shared.gate.faults().revoked;
    let actor = if let Some(key) = value("x-api-key") {
        if key != shared.options.key || revoked {
            return Err(unauthorized("api key user not found"));
        }
        "api-key"
    } else if let Some(bearer) = value("authorization") {
        let token = bearer.strip_prefix("Bearer ").unwrap_or_default();
        let known = lock(&shared.state).tokens.get(token).is_some_and(|expires| *expires > Instant::now());
        if !known || revoked {
            return Err(unauthorized("invalid token"));
        }
        "service-account"
    } else {
        let login = HttpResponse::Found().insert_header((header::LOCATION, "/login")).finish();
        return Err(Box::new(login));
    };
    let refuse = |code: u16, why: &str| Err(Box::new(errors::answer(code, why)));
    match value("x-org-id") {
        None | Some("") if shared.options.organization_required => refuse(401, "x-org-id is required"),
        None | Some("") => Ok(actor),
        Some(id) if id.len() != 24 || !id.bytes().all(|b| b.is_ascii_hexdigit()) => {
            refuse(400, "x-org-id is malformed")
        }
        Some(id) if id != super::ORGANIZATION => refuse(404, "organization not found"),
        Some(_) => Ok(actor),
    }
}

/// `GET /login`: what a client that follows redirects gets instead of data.
pub(super) async fn login() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body("<!doctype html><html><head><title>JumpCloud Console</title></head><body>Log in</body></html>")
}

/// `POST /oauth2/token`: client credentials, HTTP Basic, scope `api`.
pub(super) async fn token(request: HttpRequest, shared: Data<Shared>, body: Bytes) -> HttpResponse {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|text| String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok());
    let wanted = shared.options.service_account.as_ref().map(|(id, secret)| format!("{id}:{secret}"));
    if given.is_none() || given != wanted || shared.gate.faults().revoked {
        return HttpResponse::Unauthorized().json(json!({
            "error": "invalid_client",
            "error_description": "Client authentication failed",
        }));
    }
    let form = actix_web::web::Query::<Vec<(String, String)>>::from_query(&String::from_utf8_lossy(&body));
    let form = form.map(actix_web::web::Query::into_inner).unwrap_or_default();
    let has = |name: &str, wanted: &str| form.iter().any(|(key, value)| key == name && value == wanted);
    if !has("grant_type", "client_credentials") {
        return HttpResponse::BadRequest().json(json!({ "error": "unsupported_grant_type" }));
    }
    if !has("scope", "api") {
        return HttpResponse::BadRequest().json(json!({ "error": "invalid_scope" }));
    }
    let mut state = lock(&shared.state);
    let ttl: Duration = state.settings.token_ttl();
    let now = Instant::now();
    state.tokens.retain(|_, expires| *expires > now);
    state.issued += 1;
    let token = format!("sim-bearer-{}-{:08x}", state.issued, shared.options.seed);
    state.tokens.insert(token.clone(), now + ttl);
    HttpResponse::Ok().json(json!({
        "access_token": token,
        "expires_in": ttl.as_secs(),
        "scope": "api",
        "token_type": "bearer",
    }))
}
