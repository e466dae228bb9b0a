//! `/_sim/` of the fake Deel.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Bytes, Data, Path, Query, ServiceConfig},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    Shared,
    actions::{self, Done, Problem},
    bulk::{self, Bulk},
    events::Event,
    outbox::Signed,
    render::Doc,
};
use crate::{clock, gate::lock, gate_control};

const HELP: &[(&str, &str)] = &[
    (
        "POST /_sim/hire",
        "hires somebody; the body (optional) is merged into the person; answers with the person",
    ),
    ("GET /_sim/people", "everybody; ?limit=&offset="),
    ("GET /_sim/people/{id}", "one person, without token, faults or limits"),
    ("POST /_sim/people/{id}/change", "merges the body into the person; shorthands work_email, team"),
    (
        "POST /_sim/people/{id}/terminate",
        "{last_day?, at_once?, timezone?, contract_only?}; now, if nothing is given",
    ),
    ("POST /_sim/people/{id}/withdraw", "takes a termination back that has not taken effect"),
    ("POST /_sim/people/{id}/rehire", "a new contract; the body (optional) is merged into the person"),
    ("POST /_sim/people/{id}/remove", "deletes the profile"),
    (
        "POST /_sim/bulk",
        "{action: hire or one of the above, count?, who?: {ids, status, department, work_email: true|false, skip}, with?: its body}; \"{n}\" in texts is the number",
    ),
    ("(any of these)", "\"silent\": true in the body sends no events; \"only\": [types] sends only those"),
    ("POST /_sim/events", "{\"on\": false} sends no events at all until {\"on\": true}"),
    (
        "POST /_sim/deliver",
        "{event, resource | person, simulation?, copies?, signed?: properly|wrongly|not} or {body: JSON or text} or {replay: delivery id}",
    ),
    ("GET /_sim/deliveries", "attempts and their outcomes; ?since=ID&bodies=true"),
    ("POST /_sim/retry", "tries everything again that waits for a retry"),
    ("GET /_sim/reads", "single-person reads and what they showed; ?since=N"),
    ("GET /_sim/pages", "pages of the list of people that were read; ?since=N"),
];

pub(super) fn routes(config: &mut ServiceConfig) {
    let post = |path: &str| web::resource(path);
    config
        .service(web::resource(["/_sim", "/_sim/"]).route(web::get().to(help)))
        .service(post("/_sim/hire").route(web::post().to(hire)))
        .service(web::resource("/_sim/people").route(web::get().to(people)))
        .service(web::resource("/_sim/people/{id}").route(web::get().to(person)))
        .service(post("/_sim/people/{id}/{action}").route(web::post().to(act)))
        .service(post("/_sim/bulk").route(web::post().to(many)))
        .service(post("/_sim/events").route(web::post().to(events)))
        .service(post("/_sim/deliver").route(web::post().to(deliver)))
        .service(web::resource("/_sim/deliveries").route(web::get().to(deliveries)))
        .service(post("/_sim/retry").route(web::post().to(retry)))
        .service(web::resource("/_sim/reads").route(web::get().to(reads)))
        .service(web::resource("/_sim/pages").route(web::get().to(pages)));
    gate_control::routes(config);
}

async fn help() -> HttpResponse {
    HttpResponse::Ok().json(gate_control::listing("deel", HELP))
}

/// Which of the events of an action are sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Telling {
    silent: bool,
    only: Option<Vec<String>>,
}

fn parse<T: DeserializeOwned + Default>(body: &[u8]) -> Result<T, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(T::default());
    }
    serde_json::from_slice(body).map_err(|error| (400, error.to_string()))
}

/// Splits a body into what is for the action and what is about its events.
fn orders(body: &[u8]) -> Result<(Doc, Telling), Problem> {
    let mut doc: Doc = parse(body)?;
    let mut telling = Telling::default();
    if let Some(silent) = doc.remove("silent") {
        telling.silent = silent.as_bool().unwrap_or_default();
    }
    if let Some(only) = doc.remove("only") {
        telling.only = Some(serde_json::from_value(only).map_err(|error| (400, error.to_string()))?);
    }
    Ok((doc, telling))
}

fn done(shared: &Shared, result: Result<Done, Problem>, telling: &Telling) -> HttpResponse {
    let (mut doc, mut events) = match result {
        Ok(done) => done,
        Err(problem) => return refuse(&problem),
    };
    events.retain(|event| {
        !telling.silent && telling.only.as_ref().is_none_or(|only| only.contains(&event.kind))
    });
    let at = clock::now_stamp();
    let deliveries = shared.emit(&events);
    let kinds: Vec<&str> = events.iter().map(|event| event.kind.as_str()).collect();
    doc.insert("_sim".to_owned(), json!({ "at": at, "events": kinds, "deliveries": deliveries }));
    HttpResponse::Ok().json(doc)
}

fn refuse((status, message): &Problem) -> HttpResponse {
    let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST);
    HttpResponse::build(status).json(json!({ "error": message }))
}

async fn hire(shared: Data<Shared>, body: Bytes) -> HttpResponse {
    match orders(&body) {
        Ok((patch, telling)) => done(&shared, actions::hire(&shared, patch), &telling),
        Err(problem) => refuse(&problem),
    }
}

async fn act(shared: Data<Shared>, path: Path<(String, String)>, body: Bytes) -> HttpResponse {
    let (id, action) = path.into_inner();
    let (orders, telling) = match orders(&body) {
        Ok(orders) => orders,
        Err(problem) => return refuse(&problem),
    };
    done(&shared, bulk::act(&shared, &action, &id, orders), &telling)
}

async fn many(shared: Data<Shared>, body: Bytes) -> HttpResponse {
    let (orders, telling) = match orders(&body) {
        Ok(orders) => orders,
        Err(problem) => return refuse(&problem),
    };
    match serde_json::from_value::<Bulk>(Value::Object(orders)) {
        Ok(order) => done(&shared, bulk::run(&shared, &order), &telling),
        Err(error) => refuse(&(400, error.to_string())),
    }
}

#[derive(Debug, Deserialize)]
struct Window {
    limit: Option<usize>,
    offset: Option<usize>,
}

async fn people(shared: Data<Shared>, window: Query<Window>) -> HttpResponse {
    let mut world = lock(&shared.world);
    let order = world.order(None, false);
    let some = order.iter().skip(window.offset.unwrap_or(0)).take(window.limit.unwrap_or(usize::MAX));
    let people: Vec<Doc> = some.filter_map(|&index| world.doc(index, Duration::ZERO)).collect();
    HttpResponse::Ok().json(json!({ "total": order.len(), "people": people }))
}

async fn person(shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    let world = lock(&shared.world);
    match world.position(&id).and_then(|index| world.doc(index, Duration::ZERO)) {
        Some(doc) => HttpResponse::Ok().json(doc),
        None => refuse(&(404, format!("no person {id}"))),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    on: bool,
}

async fn events(shared: Data<Shared>, body: Bytes) -> HttpResponse {
    match serde_json::from_slice::<Switch>(&body) {
        Ok(switch) => {
            lock(&shared.outbox).on = switch.on;
            HttpResponse::Ok().json(json!({ "on": switch.on }))
        }
        Err(error) => refuse(&(400, error.to_string())),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Deliver {
    event: Option<String>,
    resource: Option<Value>,
    person: Option<String>,
    simulation: bool,
    body: Option<Value>,
    replay: Option<u64>,
    copies: Option<usize>,
    signed: Option<String>,
}

/// Sends anything, to every enabled subscription, whatever events it has chosen.
async fn deliver(shared: Data<Shared>, body: Bytes) -> HttpResponse {
    let order: Deliver = match parse(&body) {
        Ok(order) => order,
        Err(problem) => return refuse(&problem),
    };
    let signed = match order.signed.as_deref() {
        None | Some("properly") => Signed::Properly,
        Some("wrongly") => Signed::Wrongly,
        Some("not") => Signed::Not,
        Some(_) => return refuse(&(400, "signed is one of properly, wrongly, not".to_owned())),
    };
    let (kind, bytes) = if let Some(id) = order.replay {
        let outbox = lock(&shared.outbox);
        match outbox.log().find(|delivery| delivery.id == id) {
            Some(old) => (old.event_type.clone(), old.body.clone()),
            None => return refuse(&(404, format!("no delivery {id}"))),
        }
    } else if let Some(body) = order.body {
        let kind = body["data"]["meta"]["event_type"].as_str().unwrap_or("(raw)").to_owned();
        let text = match body {
            Value::String(text) => text,
            other => other.to_string(),
        };
        (kind, Bytes::from(text))
    } else {
        let Some(kind) = order.event else {
            return refuse(&(400, "one of event, body, replay is needed".to_owned()));
        };
        let resource =
            order.resource.unwrap_or_else(|| order.person.map_or(json!({}), |id| json!({ "id": id })));
        let event = Event { kind: kind.clone(), resource, simulation: order.simulation };
        (kind, shared.body(&event))
    };
    let mut sent = Vec::new();
    for _ in 0..order.copies.unwrap_or(1) {
        sent.extend(shared.send(&kind, &bytes, signed));
    }
    if sent.is_empty() {
        return refuse(&(409, "no subscription is enabled".to_owned()));
    }
    HttpResponse::Ok().json(json!({ "deliveries": sent }))
}

#[derive(Debug, Deserialize)]
struct Since {
    since: Option<u64>,
    #[serde(default)]
    bodies: bool,
}

async fn deliveries(shared: Data<Shared>, query: Query<Since>) -> HttpResponse {
    let outbox = lock(&shared.outbox);
    let log: Vec<Value> = outbox
        .log()
        .filter(|delivery| delivery.id > query.since.unwrap_or(0))
        .map(|delivery| {
            let mut shown = json!(delivery);
            if query.bodies {
                shown["body"] = json!(String::from_utf8_lossy(&delivery.body));
            }
            shown
        })
        .collect();
    HttpResponse::Ok().json(json!({ "deliveries": log }))
}

async fn retry(shared: Data<Shared>) -> HttpResponse {
    let count = lock(&shared.outbox).retry_now();
    shared.wake.notify_one();
    HttpResponse::Ok().json(json!({ "retried": count }))
}

async fn reads(shared: Data<Shared>, query: Query<Since>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "reads": lock(&shared.world).reads(query.since.unwrap_or(0)) }))
}

async fn pages(shared: Data<Shared>, query: Query<Since>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "pages": lock(&shared.world).pages(query.since.unwrap_or(0)) }))
}
