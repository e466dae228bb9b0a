//! A fake Deel: people, organization, contracts, webhook subscriptions and signed deliveries.
//!
//! Behaviour follows Deel's published REST document (2.1.26) and the webhook guide on developer.deel.com.

mod actions;
mod bulk;
mod company;
mod control;
mod deliver;
mod events;
mod outbox;
mod people;
mod render;
mod subscriptions;
mod wire;
mod world;

use std::{net::SocketAddr, sync::Mutex, time::Duration};

use actix_web::web::{self, Bytes, Data, ServiceConfig};
use tokio::sync::Notify;

use self::{
    events::Event,
    outbox::{Outbox, Signed, Subscription},
    world::World,
};
use crate::{
    Running, clock,
    gate::{Gate, Wording, lock},
    running,
};

/// How to start the fake Deel.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How many people to invent.
    pub people: usize,
    /// Decides who they are: the same seed and number give the same people.
    pub seed: u64,
    /// The bearer token that is accepted.
    pub token: String,
    /// The key deliveries to `deliver_to` are signed with.
    pub signing_key: String,
    /// An address that is subscribed to all events from the start.
    pub deliver_to: Option<String>,
    /// Retries of deliveries come this many times faster than Deel's (1 minute to 16 hours); 0 waits for
    /// `POST /_sim/retry`.
    pub clock_speed: f64,
    /// Requests answered in any one second before 429; Deel documents 5 per organization. `None` never limits.
    pub rate: Option<u32>,
    /// The organization's id; derived from the seed if absent.
    pub organization: Option<String>,
    /// The token was made without the sensitive-data box: names and emails are missing from people.
    pub withhold_sensitive: bool,
    /// Scopes that the token lacks, such as `people:read`.
    pub missing_scopes: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            people: 0,
            seed: 1,
            token: "sim-token".to_owned(),
            signing_key: "sim-key".to_owned(),
            deliver_to: None,
            clock_speed: 1.0,
            rate: Some(5),
            organization: None,
            withhold_sensitive: false,
            missing_scopes: Vec::new(),
        }
    }
}

/// What all requests share.
struct Shared {
    options: Options,
    gate: Gate,
    world: Mutex<World>,
    outbox: Mutex<Outbox>,
    wake: Notify,
}

impl Shared {
    fn new(options: Options) -> Self {
        let wording = Wording { limited: wire::limited, broken: wire::broken, retry_after: None };
        let today = actions::begun_everywhere(clock::now());
        let world = World::new(options.seed, options.people, options.organization.clone(), today);
        let mut outbox = Outbox::new(options.clock_speed);
        if let Some(url) = &options.deliver_to {
            let now = clock::now_stamp();
            outbox.subscriptions.push(Subscription {
                id: "50000000-0000-4000-8000-000000000001".to_owned(),
                name: Some("deelsync-sim".to_owned()),
                description: None,
                enabled: true,
                url: url.clone(),
                signing_key: options.signing_key.clone(),
                api_version: "v2".to_owned(),
                events: events::names(),
                created_at: now.clone(),
                updated_at: now,
            });
        }
        Self {
            gate: Gate::new(options.seed, options.rate, wording),
            options,
            world: Mutex::new(world),
            outbox: Mutex::new(outbox),
            wake: Notify::new(),
        }
    }

    /// The bytes of an event.
    fn body(&self, event: &Event) -> Bytes {
        let mut world = lock(&self.world);
        let (id, name) = (world.organization_id.clone(), world.organization_name.clone());
        let body = event.body((&id, &name), &mut world.random, &clock::now_stamp());
        Bytes::from(body.to_string())
    }

    /// Sends events to the subscriptions that asked for them; the deliveries' numbers.
    fn emit(&self, events: &[Event]) -> Vec<u64> {
        let mut sent = Vec::new();
        for event in events {
            let body = self.body(event);
            let mut outbox = lock(&self.outbox);
            if !outbox.on {
                break;
            }
            let takes = |s: &Subscription| s.enabled && s.events.contains(&event.kind);
            let targets: Vec<String> =
                outbox.subscriptions.iter().filter(|s| takes(s)).map(|s| s.id.clone()).collect();
            for target in targets {
                let copies = self.gate.fault_state().copies();
                sent.extend(
                    copies
                        .into_iter()
                        .map(|wait| outbox.send(&target, &event.kind, body.clone(), wait, Signed::Properly)),
                );
            }
        }
        self.wake.notify_one();
        sent
    }

    /// Sends bytes to every enabled subscription.
    fn send(&self, kind: &str, body: &Bytes, signed: Signed) -> Vec<u64> {
        let mut outbox = lock(&self.outbox);
        let targets: Vec<String> =
            outbox.subscriptions.iter().filter(|s| s.enabled).map(|s| s.id.clone()).collect();
        let sent = targets
            .iter()
            .map(|target| outbox.send(target, kind, body.clone(), Duration::ZERO, signed))
            .collect();
        self.wake.notify_one();
        sent
    }
}

/// Starts the fake Deel on a thread of its own; it serves when this returns.
///
/// # Errors
/// If the address cannot be bound.
pub fn start(options: Options) -> anyhow::Result<Running> {
    let listen = options.listen;
    let shared = Data::new(Shared::new(options));
    let served = shared.clone();
    let routes = move |config: &mut ServiceConfig| {
        config.app_data(served.clone());
        routes(config);
    };
    running::serve(listen, shared.gate.clone(), routes, deliver::run(shared))
}

fn routes(config: &mut ServiceConfig) {
    let at =
        |path: &str| web::resource(format!("/rest/v2{path}")).default_service(web::to(wire::not_allowed));
    config
        .service(at("/people").route(web::get().to(people::list)))
        .service(at("/people/{id}").route(web::get().to(people::one)))
        .service(at("/organizations").route(web::get().to(company::organizations)))
        .service(at("/departments").route(web::get().to(company::departments)))
        .service(at("/teams").route(web::get().to(company::teams)))
        .service(at("/legal-entities").route(web::get().to(company::legal_entities)))
        .service(at("/working-locations").route(web::get().to(company::working_locations)))
        .service(at("/contracts").route(web::get().to(company::contracts)))
        .service(at("/webhooks/events/types").route(web::get().to(subscriptions::types)))
        .service(
            at("/webhooks")
                .route(web::get().to(subscriptions::list))
                .route(web::post().to(subscriptions::create)),
        )
        .service(
            at("/webhooks/{id}")
                .route(web::get().to(subscriptions::one))
                .route(web::patch().to(subscriptions::change))
                .route(web::delete().to(subscriptions::remove)),
        )
        .configure(control::routes)
        .default_service(web::to(wire::unknown));
}
