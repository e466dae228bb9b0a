//! `/healthz`: the process lives. `/readyz`: it can take webhooks.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CACHE_CONTROL, HeaderValue};
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use queue::{Breaker, Queue};
use tokio::sync::Mutex;

use crate::outcome::json;

/// How long an answer of Redis counts.
const FRESH: Duration = Duration::from_secs(1);
/// How long Redis may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The vendors that are away, as Redis says; `None` if it does not answer.
type Answer = Option<Vec<Breaker>>;

/// Whether webhooks can be taken.
#[derive(Debug)]
pub(crate) struct Health {
    queue: Queue,
    draining: AtomicBool,
    redis: Mutex<Option<(Instant, Answer)>>,
}

impl Health {
    pub(crate) fn new(queue: Queue) -> Self {
        Self { queue, draining: AtomicBool::new(false), redis: Mutex::new(None) }
    }

    /// From now on not ready.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// What is in the way of taking webhooks, nothing if ready; and which vendors are away, which is not.
    async fn state(&self) -> (Vec<&'static str>, Vec<Breaker>) {
        let mut reasons = Vec::new();
        if self.draining.load(Ordering::Relaxed) {
            reasons.push("draining");
        }
        let away = self.redis_answers().await;
        if away.is_none() {
            reasons.push("redis_unreachable");
        }
        (reasons, away.unwrap_or_default())
    }

    /// Asks at most once a [`FRESH`], however many want to know.
    async fn redis_answers(&self) -> Answer {
        let mut known = self.redis.lock().await;
        if let Some((when, answer)) = &*known
            && when.elapsed() < FRESH
        {
            return answer.clone();
        }
        let answer = tokio::time::timeout(PATIENCE, self.queue.breakers()).await.ok().and_then(Result::ok);
        *known = Some((Instant::now(), answer.clone()));
        answer
    }
}

/// Adds `/healthz` and `/readyz`; [`Health`] has to be among the application's data.
pub(crate) fn routes(config: &mut web::ServiceConfig) {
    for (path, route) in [("/healthz", web::to(healthz)), ("/readyz", web::to(readyz))] {
        config.service(
            web::resource(path)
                .route(
                    route.guard(actix_web::guard::Any(actix_web::guard::Get()).or(actix_web::guard::Head())),
                )
                .default_service(web::to(only_get)),
        );
    }
}

async fn healthz() -> HttpResponse {
    json(StatusCode::OK, Bytes::from_static(br#"{"status":"alive"}"#))
}

async fn readyz(health: web::Data<Health>) -> HttpResponse {
    let (reasons, away) = health.state().await;
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut answer = serde_json::json!({ "ready": reasons.is_empty(), "reasons": reasons });
    // What they accept is stored all the same, so this is no reason to send webhooks elsewhere.
    if !away.is_empty() {
        answer["away"] = away.iter().map(told).collect();
    }
    let mut response = json(status, Bytes::from(answer.to_string()));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Anybody may ask: which vendor, why and since when, and no more.
fn told(away: &Breaker) -> serde_json::Value {
    let since = i64::try_from(away.since_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    serde_json::json!({
        "vendor": away.vendor,
        "reason": away.reason,
        "since": since.map(|since| since.to_string()),
    })
}

/// A path that can only be read, with another method.
pub(crate) async fn only_get() -> HttpResponse {
    let mut response =
        json(StatusCode::METHOD_NOT_ALLOWED, Bytes::from_static(br#"{"error":"only GET is allowed"}"#));
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// Every other path.
pub(crate) async fn not_found() -> HttpResponse {
    json(StatusCode::NOT_FOUND, Bytes::from_static(br#"{"error":"not found"}"#))
}
