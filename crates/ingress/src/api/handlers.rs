//! The requests of the API, and its description.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use serde::Serialize;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{Api, ApiProblem, FullRun, OperatorError, Requested, SyncProgress, SyncRequest};
use crate::outcome::json;

/// The longest body, in bytes: an id and its name.
pub(super) const BODY_BYTES: usize = 4096;
/// Runs that are listed unless the request says otherwise, and at most.
const RUNS: (usize, usize) = (20, 200);

/// Ask for a sync of everyone, or of one person.
#[utoipa::path(
    post, path = "/api/v1/sync", tag = "sync", request_body = SyncRequest,
    responses(
        (status = 202, description = "It is on its way", body = Requested),
        (status = 400, description = "The body is not as described", body = ApiProblem),
        (status = 401, description = "No token, or another one", body = ApiProblem),
        (status = 409, description = "Writes are paused", body = ApiProblem),
        (status = 503, description = "Redis did not answer", body = ApiProblem),
    ),
)]
pub(super) async fn sync(api: web::Data<Api>, body: Result<Bytes, actix_web::Error>) -> HttpResponse {
    let Ok(body) = body else {
        return problem(StatusCode::BAD_REQUEST, "the body cannot be read, or is longer than 4096 bytes");
    };
    let request = match request(&body) {
        Ok(request) => request,
        Err(words) => return problem(StatusCode::BAD_REQUEST, words),
    };
    match api.operator.request_sync(request.person).await {
        Ok(requested) => answer(StatusCode::ACCEPTED, &requested),
        Err(error) => failed(&error),
    }
}

/// An empty body asks for everyone, too.
fn request(body: &[u8]) -> Result<SyncRequest, &'static str> {
    if body.trim_ascii().is_empty() {
        return Ok(SyncRequest::default());
    }
    // An object, not a list of its values, which serde would take as well; and the parser's own words would repeat what
    // was sent.
    let object = serde_json::from_slice::<serde_json::Map<_, _>>(body);
    let request = object.and_then(|object| serde_json::from_value(serde_json::Value::Object(object)));
    request.map_err(|_| r#"the body has to be {} or {"person":"<Deel profile id>"}"#)
}

/// How far the full run is that is on its way or waits for a worker; else how the last one ended.
#[utoipa::path(
    get, path = "/api/v1/sync", tag = "sync",
    responses(
        (status = 200, description = "The run that is on its way or waits for a worker, or the last one", body = SyncProgress),
        (status = 401, description = "No token, or another one", body = ApiProblem),
        (status = 404, description = "No full run is known", body = ApiProblem),
        (status = 503, description = "Redis did not answer", body = ApiProblem),
    ),
)]
pub(super) async fn progress(api: web::Data<Api>) -> HttpResponse {
    match api.operator.progress().await {
        Ok(Some(progress)) => answer(StatusCode::OK, &progress),
        Ok(None) => problem(StatusCode::NOT_FOUND, "no full run is known yet"),
        Err(error) => failed(&error),
    }
}

/// The latest full runs, the newest first.
#[utoipa::path(
    get, path = "/api/v1/runs", tag = "sync",
    params(("limit" = Option<usize>, Query, description = "At most so many, 1 to 200; 20 unless given")),
    responses(
        (status = 200, description = "The runs", body = [FullRun]),
        (status = 400, description = "The limit is no such number", body = ApiProblem),
        (status = 401, description = "No token, or another one", body = ApiProblem),
        (status = 503, description = "Redis did not answer", body = ApiProblem),
    ),
)]
pub(super) async fn runs(api: web::Data<Api>, query: web::Query<HashMap<String, String>>) -> HttpResponse {
    let limit = query.get("limit").map_or(Ok(RUNS.0), |limit| limit.parse());
    let Some(limit) = limit.ok().filter(|limit| (1..=RUNS.1).contains(limit)) else {
        return problem(StatusCode::BAD_REQUEST, "limit is a number from 1 to 200");
    };
    match api.operator.runs(limit).await {
        Ok(runs) => answer(StatusCode::OK, &runs),
        Err(error) => failed(&error),
    }
}

/// What the API can be asked, as OpenAPI 3.1 has it.
pub(super) async fn description() -> HttpResponse {
    answer(StatusCode::OK, &Description::openapi())
}

/// A path that can be read and posted to, with another method.
pub(super) async fn get_or_post() -> HttpResponse {
    let mut response = problem(StatusCode::METHOD_NOT_ALLOWED, "only GET and POST are allowed");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST"));
    response
}

fn failed(error: &OperatorError) -> HttpResponse {
    let status = match error {
        OperatorError::InvalidPerson => StatusCode::BAD_REQUEST,
        OperatorError::Paused => StatusCode::CONFLICT,
        OperatorError::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    };
    let mut response = problem(status, &error.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

fn problem(status: StatusCode, words: &str) -> HttpResponse {
    answer(status, &ApiProblem { error: words.to_owned() })
}

fn answer(status: StatusCode, body: &impl Serialize) -> HttpResponse {
    let text = serde_json::to_vec(body).unwrap_or_else(|_| b"{}".to_vec());
    let mut response = json(status, Bytes::from(text));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[derive(OpenApi)]
#[openapi(
    info(title = "deelsync: operator API", description = "Ids, counts and times; never a name, an address or another value."),
    paths(sync, progress, runs),
    security(("token" = [])),
    modifiers(&Bearer),
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let mut scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        scheme = scheme.description(Some("The value of DEELSYNC_ADMIN_TOKEN."));
        description
            .components
            .get_or_insert_default()
            .add_security_scheme("token", SecurityScheme::Http(scheme.build()));
    }
}
