//! `/_sim/` of the fake JumpCloud.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{self, Bytes, Data, Path, Query, ServiceConfig},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Shared, State,
    fields::{Doc, field},
    groups::Group,
    states,
    store::{Account, Taken},
};
use crate::{clock, gate::lock, gate_control};

const HELP: &[(&str, &str)] = &[
    ("GET /_sim/journal", "every write received, with changes, mails and violations; ?since=SEQ&account=ID"),
    ("DELETE /_sim/journal", "forgets them; numbers go on"),
    ("GET /_sim/accounts", "all accounts; ?limit=&skip="),
    (
        "POST /_sim/accounts",
        "puts an account there, with any field (admin, externally_managed, restrictedFields, bound, has_password, …)",
    ),
    ("GET /_sim/accounts/{id}", "one account, without key, faults or limits"),
    ("PATCH /_sim/accounts/{id}", "an edit by another hand: any field, null empties; not in the journal"),
    ("DELETE /_sim/accounts/{id}", "deleted by another hand; not in the journal"),
    (
        "GET /_sim/settings",
        "default_state, duplicate_status, bare_organizations, schedule_lead_s, token_ttl_s",
    ),
    ("PATCH /_sim/settings", "changes some of them"),
    ("GET /_sim/groups", "user groups with their members"),
    ("POST /_sim/groups", "{name, method?: STATIC|DYNAMIC_AUTOMATED, query?, members?}"),
    (
        "POST /_sim/schedule/run",
        "{until?: time}: does the scheduled changes of state that are due by then (now)",
    ),
    ("DELETE /_sim/tokens", "service accounts' tokens stop working"),
];

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource(["/_sim", "/_sim/"]).route(web::get().to(help)))
        .service(
            web::resource("/_sim/journal")
                .route(web::get().to(journal))
                .route(web::delete().to(clear_journal)),
        )
        .service(web::resource("/_sim/accounts").route(web::get().to(accounts)).route(web::post().to(seed)))
        .service(
            web::resource("/_sim/accounts/{id}")
                .route(web::get().to(account))
                .route(web::patch().to(edit))
                .route(web::delete().to(delete)),
        )
        .service(
            web::resource("/_sim/settings")
                .route(web::get().to(settings))
                .route(web::patch().to(set_settings)),
        )
        .service(web::resource("/_sim/groups").route(web::get().to(groups)).route(web::post().to(add_group)))
        .service(web::resource("/_sim/schedule/run").route(web::post().to(run_schedule)))
        .service(web::resource("/_sim/tokens").route(web::delete().to(revoke)));
    gate_control::routes(config);
}

fn refuse(status: StatusCode, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "error": message }))
}

async fn help() -> HttpResponse {
    HttpResponse::Ok().json(gate_control::listing("jumpcloud", HELP))
}

#[derive(Debug, Deserialize)]
struct Since {
    since: Option<u64>,
    account: Option<String>,
}

async fn journal(shared: Data<Shared>, query: Query<Since>) -> HttpResponse {
    let state = lock(&shared.state);
    let entries = state.journal.since(query.since.unwrap_or(0)).iter();
    let entries: Vec<_> =
        entries.filter(|entry| query.account.is_none() || entry.account == query.account).collect();
    HttpResponse::Ok().json(json!({ "last": state.journal.last(), "entries": entries }))
}

async fn clear_journal(shared: Data<Shared>) -> HttpResponse {
    let mut state = lock(&shared.state);
    state.journal.clear();
    HttpResponse::Ok().json(json!({ "last": state.journal.last(), "entries": [] }))
}

#[derive(Debug, Deserialize)]
struct Window {
    limit: Option<usize>,
    skip: Option<usize>,
}

/// What only the simulator knows goes along.
fn shown(account: &Account) -> Value {
    let mut doc = account.doc();
    doc.insert("bound".to_owned(), json!(account.bound));
    doc.insert("has_password".to_owned(), json!(account.has_password));
    Value::Object(doc)
}

async fn accounts(shared: Data<Shared>, window: Query<Window>) -> HttpResponse {
    let state = lock(&shared.state);
    let some = state.store.by_id().skip(window.skip.unwrap_or(0)).take(window.limit.unwrap_or(usize::MAX));
    let accounts: Vec<Value> = some.map(shown).collect();
    HttpResponse::Ok().json(json!({ "total": state.store.len(), "accounts": accounts }))
}

async fn account(shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    match lock(&shared.state).store.get(&id) {
        Some(account) => HttpResponse::Ok().json(shown(account)),
        None => refuse(StatusCode::NOT_FOUND, "no such account"),
    }
}

async fn seed(shared: Data<Shared>, body: Bytes) -> HttpResponse {
    let mut state = lock(&shared.state);
    let id = state.store.mint();
    let number = u64::from_str_radix(&id[12..], 16).unwrap_or_default();
    let mut account = Account { id, ..Account::default() };
    account.set("username", Some(json!(format!("seeded{number}"))));
    account.set("email", Some(json!(format!("seeded{number}@example.com"))));
    account.set("organization", Some(json!(super::ORGANIZATION)));
    account.set("created", Some(json!(clock::now_stamp())));
    account.set_state("ACTIVATED");
    put(&mut state, account, &body)
}

async fn edit(shared: Data<Shared>, id: Path<String>, body: Bytes) -> HttpResponse {
    let mut state = lock(&shared.state);
    match state.store.get(&id).cloned() {
        Some(account) => put(&mut state, account, &body),
        None => refuse(StatusCode::NOT_FOUND, "no such account"),
    }
}

/// Puts any fields into an account; only uniqueness is kept.
fn put(state: &mut State, mut account: Account, body: &[u8]) -> HttpResponse {
    let body: Doc = match serde_json::from_slice(body) {
        Ok(body) => body,
        Err(_) if body.is_empty() => Doc::new(),
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    for (name, value) in body {
        match (name.as_str(), &value) {
            ("bound", _) => account.bound = value == json!(true),
            ("has_password", _) => account.has_password = value == json!(true),
            ("state", Value::String(state)) => account.set_state(state),
            ("suspended", Value::Bool(true)) => account.set_state("SUSPENDED"),
            ("suspended", Value::Bool(false)) if account.state() == "SUSPENDED" => {
                account.set_state("ACTIVATED");
            }
            ("suspended", _) => {}
            (name, _) => match field(name) {
                Some((name, _)) => {
                    account.set(name, (!value.is_null() && value != json!("")).then_some(value));
                }
                None => return refuse(StatusCode::BAD_REQUEST, &format!("no field {name}")),
            },
        }
    }
    if let Err(Taken(name)) = state.store.conflict(&account) {
        return refuse(StatusCode::CONFLICT, &format!("{name} is taken"));
    }
    let answer = shown(&account);
    state.store.put(account);
    HttpResponse::Ok().json(answer)
}

async fn delete(shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    match lock(&shared.state).store.remove(&id) {
        Some(account) => HttpResponse::Ok().json(shown(&account)),
        None => refuse(StatusCode::NOT_FOUND, "no such account"),
    }
}

async fn settings(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(&lock(&shared.state).settings)
}

async fn set_settings(shared: Data<Shared>, body: Bytes) -> HttpResponse {
    let mut state = lock(&shared.state);
    let patched = serde_json::to_value(&state.settings).and_then(|mut all| {
        let patch: Doc = serde_json::from_slice(&body)?;
        all.as_object_mut().into_iter().for_each(|all| all.extend(patch.clone()));
        serde_json::from_value(all)
    });
    match patched {
        Ok(settings) => {
            state.settings = settings;
            HttpResponse::Ok().json(&state.settings)
        }
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

async fn groups(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "groups": lock(&shared.state).groups }))
}

async fn add_group(shared: Data<Shared>, body: Bytes) -> HttpResponse {
    match serde_json::from_slice::<Group>(&body) {
        Ok(mut group) => {
            let mut state = lock(&shared.state);
            if group.id.is_empty() {
                group.id = state.store.mint();
            }
            state.groups.retain(|other| other.id != group.id);
            state.groups.push(group.clone());
            HttpResponse::Ok().json(group)
        }
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Until {
    until: Option<Timestamp>,
}

async fn run_schedule(shared: Data<Shared>, body: Bytes) -> HttpResponse {
    let order = if body.is_empty() { Ok(Until::default()) } else { serde_json::from_slice(&body) };
    match order {
        Ok(order) => {
            let count = states::run_due(&mut lock(&shared.state), order.until.unwrap_or_else(clock::now));
            HttpResponse::Ok().json(json!({ "done": count }))
        }
        Err(error) => refuse(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}

async fn revoke(shared: Data<Shared>) -> HttpResponse {
    let mut state = lock(&shared.state);
    let count = state.tokens.len();
    state.tokens.clear();
    HttpResponse::Ok().json(json!({ "revoked": count }))
}
