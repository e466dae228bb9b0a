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
    many::{self, Edit, Restore},
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
        "puts an account there, with any field (admin, externally_managed, restrictedFields, bound, has_password, …); a list of them puts many",
    ),
    (
        "PATCH /_sim/accounts",
        "{set: {field: value}, who?: {ids, where: {field: value}, linked: true|false}, count?}: the same edit on many",
    ),
    (
        "POST /_sim/restore",
        "{since?: SEQ, account?: ID, fields?: [NAME]}: another hand puts back what the writes in the journal changed",
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
    ("GET /_sim/schedule", "the changes of state to come, by time"),
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
        .service(
            web::resource("/_sim/accounts")
                .route(web::get().to(accounts))
                .route(web::post().to(seed))
                .route(web::patch().to(edit_many)),
        )
        .service(web::resource("/_sim/restore").route(web::post().to(restore)))
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
        .service(web::resource("/_sim/schedule").route(web::get().to(schedule)))
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
    let result = match parsed(&body) {
        Ok(Value::Array(many)) => {
            let all: Result<Vec<Value>, Refused> =
                many.into_iter().map(|one| fresh(&mut state, one)).collect();
            all.map(|all| json!({ "accounts": all }))
        }
        Ok(one) => fresh(&mut state, one),
        Err(refused) => Err(refused),
    };
    answer(result)
}

/// A new account, ready to be used, with these fields.
fn fresh(state: &mut State, fields: Value) -> Result<Value, Refused> {
    let id = state.store.mint();
    let number = u64::from_str_radix(&id[12..], 16).unwrap_or_default();
    let mut account = Account { id, ..Account::default() };
    account.set("username", Some(json!(format!("seeded{number}"))));
    account.set("email", Some(json!(format!("seeded{number}@example.com"))));
    account.set("organization", Some(json!(super::ORGANIZATION)));
    account.set("created", Some(json!(clock::now_stamp())));
    account.set_state("ACTIVATED");
    put(state, account, fields)
}

async fn edit(shared: Data<Shared>, id: Path<String>, body: Bytes) -> HttpResponse {
    let mut state = lock(&shared.state);
    let account = state.store.get(&id).cloned();
    let account = account.ok_or_else(|| (StatusCode::NOT_FOUND, "no such account".to_owned()));
    answer(parsed(&body).and_then(|fields| put(&mut state, account?, fields)))
}

async fn edit_many(shared: Data<Shared>, body: Bytes) -> HttpResponse {
    let mut state = lock(&shared.state);
    let order = serde_json::from_slice::<Edit>(&body);
    answer(order.map_err(|error| wrong(&error)).and_then(|order| many::edit(&mut state, &order)))
}

async fn restore(shared: Data<Shared>, body: Bytes) -> HttpResponse {
    let mut state = lock(&shared.state);
    let order = if body.is_empty() { Ok(Restore::default()) } else { serde_json::from_slice(&body) };
    answer(order.map_err(|error| wrong(&error)).and_then(|order| many::restore(&mut state, &order)))
}

/// A status and a sentence.
pub(super) type Refused = (StatusCode, String);

fn wrong(error: &serde_json::Error) -> Refused {
    (StatusCode::BAD_REQUEST, error.to_string())
}

fn parsed(body: &[u8]) -> Result<Value, Refused> {
    if body.is_empty() { Ok(json!({})) } else { serde_json::from_slice(body).map_err(|error| wrong(&error)) }
}

fn answer(result: Result<Value, Refused>) -> HttpResponse {
    match result {
        Ok(value) => HttpResponse::Ok().json(value),
        Err((status, message)) => refuse(status, &message),
    }
}

/// Puts any fields into an account; only uniqueness is kept.
pub(super) fn put(state: &mut State, mut account: Account, fields: Value) -> Result<Value, Refused> {
    let fields: Doc = serde_json::from_value(fields).map_err(|error| wrong(&error))?;
    for (name, value) in fields {
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
                None => return Err((StatusCode::BAD_REQUEST, format!("no field {name}"))),
            },
        }
    }
    if let Err(Taken(name)) = state.store.conflict(&account) {
        return Err((StatusCode::CONFLICT, format!("{name} is taken")));
    }
    let answer = shown(&account);
    state.store.put(account);
    Ok(answer)
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

async fn schedule(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "scheduled": states::to_come(&lock(&shared.state)) }))
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
