//! Putting it together, and taking it apart in order.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::web;
use deel::signature::SigningKeys;
use metrics_exporter_prometheus::PrometheusHandle;
use queue::{Acceptor, AcceptorConfig, Queue};
use tokio::task::JoinHandle;

use crate::admin;
use crate::config::{Config, Limits};
use crate::health::{self, Health};
use crate::listener::{Listener, StartError};
use crate::metrics::{self, QueueMetrics, WebhookMetrics};
use crate::organizations::Organizations;
use crate::webhook::{self, Webhook};

/// Both listeners, running. Dropping it stops them at once; [`Running::stop`] lets requests finish.
#[derive(Debug)]
pub struct Running {
    /// Where the webhook is.
    pub public_addr: SocketAddr,
    /// Where the metrics are.
    pub admin_addr: SocketAddr,
    public: Listener,
    admin: Admin,
    _organizations: Background,
    _tally: Background,
}

/// The operators' listener, running.
#[derive(Debug)]
pub struct Admin {
    /// Where it listens.
    pub admin_addr: SocketAddr,
    listener: Listener,
    health: web::Data<Health>,
    _upkeep: Background,
}

/// A task that ends with its owner.
#[derive(Debug)]
struct Background(JoinHandle<()>);

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Opens both listeners and serves them until [`Running::stop`]. Has to be called on a tokio runtime, which also
/// carries the traffic with Redis; the listeners have threads of their own. The metrics are registered with the
/// recorder that is current on the calling thread, which should be the one that `metrics` renders.
///
/// # Errors
/// [`StartError::Bind`] if an address cannot be listened on. Nothing keeps running then.
pub fn start(
    config: &Config,
    keys: SigningKeys,
    queue: Queue,
    metrics: PrometheusHandle,
) -> Result<Running, StartError> {
    let admin = start_admin(config, queue.clone(), metrics)?;
    let organizations = Arc::new(Organizations::default());
    let acceptor = AcceptorConfig { timeout: config.limits.store_time, ..AcceptorConfig::default() };
    let metrics = WebhookMetrics::register();
    let tally = Arc::clone(&metrics.tally);
    let webhook = web::Data::new(Webhook::new(keys, config.limits, Arc::clone(&organizations), metrics));
    let health = admin.health.clone();
    let stored_by = queue.clone();
    let public = Listener::open(config.listen, config.workers, &config.limits, move |routes| {
        // One per thread: who waits is woken on the same thread, which costs no call to the system.
        routes
            .app_data(web::Data::new(Acceptor::start(stored_by.clone(), acceptor)))
            .app_data(webhook.clone())
            .app_data(health.clone())
            .configure(health::routes)
            .service(
                web::resource(webhook::PATH)
                    .route(web::post().to(webhook::receive))
                    .default_service(web::to(webhook::wrong_method)),
            )
            .default_service(web::to(health::not_found));
    })?;
    let tally = tally.keep(queue.clone(), config.report_every);
    let keep = organizations.keep(queue, config.organizations_every);
    tracing::info!(public.addr = %public.addr, admin.addr = %admin.admin_addr, "listening");
    Ok(Running {
        public_addr: public.addr,
        admin_addr: admin.admin_addr,
        public,
        admin,
        _organizations: Background(tokio::spawn(keep)),
        _tally: Background(tokio::spawn(tally)),
    })
}

/// Opens the operators' listener alone, for a process that only works. As [`start`] otherwise.
///
/// # Errors
/// [`StartError::Bind`] if the address cannot be listened on.
pub fn start_admin(config: &Config, queue: Queue, metrics: PrometheusHandle) -> Result<Admin, StartError> {
    let health = web::Data::new(Health::new(queue.clone()));
    let scraped = web::Data::new(admin::Metrics::new(metrics.clone(), queue, QueueMetrics::register()));
    let known = health.clone();
    let limits = Limits { connections: 64, ..config.limits };
    let api = config.api.clone();
    let listener = Listener::open(config.admin_listen, 1, &limits, move |routes| {
        admin::routes(routes, &scraped, &known, api.as_ref());
    })?;
    Ok(Admin {
        admin_addr: listener.addr,
        listener,
        health,
        _upkeep: Background(tokio::spawn(metrics::upkeep(metrics))),
    })
}

impl Admin {
    /// From now on `/readyz` says 503, so that whoever balances the load looks elsewhere.
    pub fn drain(&self) {
        self.health.drain();
    }

    /// Stops, running requests finishing for at most `budget`. Returns whether they did.
    pub async fn stop(self, budget: Duration) -> bool {
        self.drain();
        self.listener.stop(budget).await
    }
}

impl Running {
    /// From now on `/readyz` says 503 on both listeners. Webhooks are still taken.
    pub fn drain(&self) {
        self.admin.drain();
    }

    /// Drains: not ready any more, no new connections, running requests finish for at most `budget`, then the
    /// operators' listener ends too. Returns whether everything finished; what did not was cut off without an answer,
    /// and Deel delivers it again.
    pub async fn stop(self, budget: Duration) -> bool {
        let until = Instant::now() + budget;
        self.drain();
        let public = self.public.stop(budget).await;
        // Not the public part's leftovers alone: a scrape that runs deserves a moment.
        let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(100));
        self.admin.stop(left).await && public
    }
}
