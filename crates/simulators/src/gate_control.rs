//! The part of `/_sim/` that both simulators have: faults, limits, request counts.

use actix_web::{
    HttpResponse, Responder,
    web::{self, Data, ServiceConfig},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{faults::Faults, gate::Gate};

/// Lines for `GET /_sim/`.
pub(crate) const HELP: &[(&str, &str)] = &[
    ("GET /_sim/faults", "the faults in force"),
    (
        "POST /_sim/faults",
        "replaces them: latency_ms, jitter_ms, rate_429, status_5xx, lost_answers, stale_reads_ms, …",
    ),
    ("DELETE /_sim/faults", "takes them back"),
    ("POST /_sim/rate", "{\"limit\": N or null}: requests per second before 429"),
    ("GET /_sim/requests", "requests seen, by route and status, and the most within any one second"),
    ("DELETE /_sim/requests", "starts that count again"),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rate {
    limit: Option<u32>,
}

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/_sim/faults")
                .route(web::get().to(get_faults))
                .route(web::post().to(set_faults))
                .route(web::delete().to(clear_faults)),
        )
        .service(web::resource("/_sim/rate").route(web::post().to(set_rate)))
        .service(
            web::resource("/_sim/requests")
                .route(web::get().to(requests))
                .route(web::delete().to(reset_requests)),
        );
}

/// The listing for `GET /_sim/`.
pub(crate) fn listing(title: &str, own: &[(&str, &str)]) -> Value {
    let lines: serde_json::Map<String, Value> =
        own.iter().chain(HELP).map(|(call, does)| ((*call).to_owned(), json!(does))).collect();
    json!({ "simulator": title, "control": lines })
}

async fn get_faults(gate: Data<Gate>) -> impl Responder {
    HttpResponse::Ok().json(gate.faults())
}

async fn set_faults(gate: Data<Gate>, body: web::Bytes) -> HttpResponse {
    match serde_json::from_slice::<Faults>(&body) {
        Ok(faults) => {
            gate.fault_state().set(faults);
            HttpResponse::Ok().json(gate.faults())
        }
        Err(error) => HttpResponse::BadRequest().json(json!({ "error": error.to_string() })),
    }
}

async fn clear_faults(gate: Data<Gate>) -> impl Responder {
    gate.fault_state().set(Faults::default());
    HttpResponse::Ok().json(gate.faults())
}

async fn set_rate(gate: Data<Gate>, body: web::Bytes) -> HttpResponse {
    match serde_json::from_slice::<Rate>(&body) {
        Ok(rate) => {
            gate.set_rate(rate.limit);
            HttpResponse::Ok().json(json!({ "limit": rate.limit }))
        }
        Err(error) => HttpResponse::BadRequest().json(json!({ "error": error.to_string() })),
    }
}

async fn requests(gate: Data<Gate>) -> impl Responder {
    HttpResponse::Ok().json(gate.meter().report())
}

async fn reset_requests(gate: Data<Gate>) -> impl Responder {
    gate.meter().reset();
    HttpResponse::Ok().json(gate.meter().report())
}
