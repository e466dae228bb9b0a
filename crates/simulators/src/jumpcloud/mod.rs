//! A fake JumpCloud: users, search, states, organizations, user groups, service-account tokens.
//!
//! Behaviour follows JumpCloud's published API 1.0 and 2.0 documents and its help pages.

mod auth;
mod control;
mod errors;
mod fields;
mod filter;
mod groups;
mod invent;
mod journal;
mod many;
mod organizations;
mod states;
mod store;
mod users;
mod write;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::Mutex,
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{self, Bytes, Data, Path, ServiceConfig},
};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use self::{
    groups::Group,
    journal::{Journal, Written},
    states::Scheduled,
    store::Store,
};
use crate::{
    Running, clock,
    gate::{Gate, Wording, lock},
    running,
};

/// Which accounts are there at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Population {
    /// What an organization has before anything is synced: accounts of the same invented people as the fake Deel's
    /// of that seed, none linked, some with other values, among administrators', bound and externally managed ones.
    Existing,
    /// Every account is linked by `employeeIdentifier` to the fake Deel's person of that seed, and carries its values.
    Linked,
}

/// How to start the fake JumpCloud.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How many accounts to invent.
    pub accounts: usize,
    /// Decides who they are; the same seed as the fake Deel's gives accounts of the same people.
    pub seed: u64,
    /// The `x-api-key` that is accepted.
    pub key: String,
    /// Requests answered in any one second before 429 with `Retry-After`. JumpCloud publishes no number, so `None`
    /// (never limits) is the default.
    pub rate: Option<u32>,
    /// Which accounts are there at the start.
    pub population: Population,
    /// Share of the linked accounts, in percent, whose job title differs from Deel's.
    pub drift_percent: f64,
    /// A service account's client id and secret, for `POST /oauth2/token`.
    pub service_account: Option<(String, String)>,
    /// How long a service account's token lives; JumpCloud's live 3600 s.
    pub token_ttl: Duration,
    /// Multi-tenant administrators must name the organization in `x-org-id`.
    pub organization_required: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            accounts: 0,
            seed: 1,
            key: "sim-key".to_owned(),
            rate: None,
            population: Population::Existing,
            drift_percent: 0.0,
            service_account: None,
            token_ttl: Duration::from_secs(3600),
            organization_required: false,
        }
    }
}

/// The organization's id; it is always the same one.
const ORGANIZATION: &str = "5e0000000000000000000001";

/// What all requests share.
struct Shared {
    options: Options,
    gate: Gate,
    state: Mutex<State>,
}

/// Everything that changes.
struct State {
    store: Store,
    journal: Journal,
    settings: Settings,
    groups: Vec<Group>,
    /// By time.
    scheduled: Vec<Scheduled>,
    /// Service accounts' tokens and when they expire.
    tokens: HashMap<String, Instant>,
    issued: u64,
}

/// How this organization behaves, where the real ones differ or nobody knows.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The state of users created without one.
    default_state: String,
    /// 400 by the document; 409 has been seen elsewhere.
    duplicate_status: u16,
    /// `GET /organizations` answers a bare list.
    bare_organizations: bool,
    /// How far ahead a state must be scheduled.
    schedule_lead_s: i64,
    /// How long tokens live that are issued from now on.
    token_ttl_s: f64,
}

impl Settings {
    fn token_ttl(&self) -> Duration {
        Duration::try_from_secs_f64(self.token_ttl_s).unwrap_or_default()
    }
}

/// Starts the fake JumpCloud on a thread of its own; it serves when this returns.
///
/// # Errors
/// If the address cannot be bound.
pub fn start(options: Options) -> anyhow::Result<Running> {
    let wording = Wording { limited: errors::limited, broken: errors::broken, retry_after: Some("1") };
    let gate = Gate::new(options.seed, options.rate, wording);
    let mut state = State {
        store: Store::default(),
        journal: Journal::default(),
        settings: Settings {
            default_state: "ACTIVATED".to_owned(),
            duplicate_status: 400,
            bare_organizations: false,
            schedule_lead_s: 3600,
            token_ttl_s: options.token_ttl.as_secs_f64(),
        },
        groups: Vec::new(),
        scheduled: Vec::new(),
        tokens: HashMap::new(),
        issued: 0,
    };
    invent::populate(&mut state, &options, clock::now().to_zoned_datetime(TimeZone::UTC).date());
    let listen = options.listen;
    let shared = Data::new(Shared { options, gate: gate.clone(), state: Mutex::new(state) });
    let served = shared.clone();
    let routes = move |config: &mut ServiceConfig| {
        config.app_data(served.clone());
        routes(config);
    };
    running::serve(listen, gate, routes, schedule(shared))
}

/// Carries out scheduled changes when their time comes.
async fn schedule(shared: Data<Shared>) {
    loop {
        tokio::time::sleep(Duration::from_millis(500)).await;
        states::run_due(&mut lock(&shared.state), clock::now());
    }
}

fn routes(config: &mut ServiceConfig) {
    let at = |path: &str| web::resource(format!("/api{path}")).default_service(web::to(other));
    config
        .service(web::resource("/login").route(web::get().to(auth::login)))
        .service(web::resource("/oauth2/token").route(web::post().to(auth::token)))
        .service(at("/systemusers").route(web::get().to(users::list)).route(web::post().to(create)))
        .service(
            at("/systemusers/{id}")
                .route(web::get().to(users::one))
                .route(web::put().to(update))
                .route(web::delete().to(delete)),
        )
        .service(at("/systemusers/{id}/state/activate").route(web::post().to(activate)))
        .service(at("/search/systemusers").route(web::post().to(users::search)))
        .service(at("/organizations").route(web::get().to(organizations::list)))
        .service(at("/organizations/{id}").route(web::get().to(organizations::one)))
        .service(
            at("/v2/bulk/userstates")
                .route(web::get().to(states::list))
                .route(web::post().to(schedule_state)),
        )
        .service(at("/v2/bulk/userstates/eventlist/next").route(web::get().to(states::next)))
        .service(at("/v2/bulk/userstates/{id}").route(web::delete().to(cancel)))
        .service(at("/v2/usergroups").route(web::get().to(groups::list)))
        .service(at("/v2/usergroups/{id}").route(web::get().to(groups::one)))
        .service(
            at("/v2/usergroups/{id}/members")
                .route(web::get().to(groups::members))
                .route(web::post().to(change_members)),
        )
        .service(at("/v2/users/{id}/memberof").route(web::get().to(groups::member_of)))
        .configure(control::routes)
        .default_service(web::to(other));
}

/// Lets a write in, carries it out, and writes it down whatever came of it.
fn write(
    request: &HttpRequest,
    shared: &Shared,
    body: &[u8],
    work: impl FnOnce(&mut State) -> Written,
) -> HttpResponse {
    let actor = match auth::admit(request, shared) {
        Ok(actor) => actor,
        Err(refusal) => return *refusal,
    };
    let mut state = lock(&shared.state);
    let written = work(&mut state);
    state.journal.add(actor, request.method().as_str(), request.path(), body, &written);
    let status = StatusCode::from_u16(written.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match status {
        StatusCode::NO_CONTENT => HttpResponse::NoContent().finish(),
        status => HttpResponse::build(status).json(written.answer),
    }
}

async fn create(request: HttpRequest, shared: Data<Shared>, body: Bytes) -> HttpResponse {
    write(&request, &shared, &body, |state| write::create(state, &body))
}

async fn update(request: HttpRequest, shared: Data<Shared>, id: Path<String>, body: Bytes) -> HttpResponse {
    write(&request, &shared, &body, |state| write::update(state, &id, &body))
}

async fn delete(request: HttpRequest, shared: Data<Shared>, id: Path<String>, body: Bytes) -> HttpResponse {
    write(&request, &shared, &body, |state| write::delete(state, &id))
}

async fn activate(request: HttpRequest, shared: Data<Shared>, id: Path<String>, body: Bytes) -> HttpResponse {
    write(&request, &shared, &body, |state| write::activate(state, &id, &body))
}

async fn schedule_state(request: HttpRequest, shared: Data<Shared>, body: Bytes) -> HttpResponse {
    write(&request, &shared, &body, |state| states::create(state, &body))
}

async fn cancel(request: HttpRequest, shared: Data<Shared>, id: Path<String>, body: Bytes) -> HttpResponse {
    write(&request, &shared, &body, |state| states::cancel(state, &id))
}

async fn change_members(
    request: HttpRequest,
    shared: Data<Shared>,
    id: Path<String>,
    body: Bytes,
) -> HttpResponse {
    write(&request, &shared, &body, |state| groups::change(state, &id, &body))
}

/// Anything that is not served. A write to such a place is written down.
async fn other(request: HttpRequest, shared: Data<Shared>, body: Bytes) -> HttpResponse {
    if request.method().is_safe() {
        return match auth::admit(&request, &shared) {
            Ok(_) => errors::answer(404, "Not Found"),
            Err(refusal) => *refusal,
        };
    }
    write(&request, &shared, &body, |_| Written {
        violations: vec!["unknown_write".to_owned()],
        ..errors::refused(404, "Not Found")
    })
}
