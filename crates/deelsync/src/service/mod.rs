//! `run`, `serve`, `work`: the parts that stay, from start to drain.

mod api;
mod epoch;
mod organization;
mod schedules;
mod stop;
mod waiting;

use crate::backend;
use crate::commands::startup::Env;
use crate::config::Config;
use crate::embedded::Embedded;
use crate::exit::Exit;
use crate::telemetry::{self, Chain};
use crate::webhook::{self, Watchdog};
use anyhow::{Context as _, bail};
use deel::signature::SigningKeys;
use metrics_exporter_prometheus::PrometheusHandle;
use queue::{Queue, Vendor, WorkerConfig};
use reconciler::{Mode, Reconciler};
use secrecy::ExposeSecret;
use std::future::Future;
use std::time::{Duration, Instant};
use stop::Stop;
pub(crate) use stop::signal;
use tokio::task::JoinSet;

/// From the signal to the end of the process, at most.
const DRAIN: Duration = Duration::from_secs(25);
/// What the worker's handlers get of it; the rest is for giving back, and for the embedded Redis.
const GRACE: Duration = Duration::from_secs(20);

/// Which parts one process has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    /// The webhook listener.
    pub(crate) ingress: bool,
    /// The worker, and the schedules with it.
    pub(crate) worker: bool,
}

/// Runs until SIGTERM or SIGINT, then drains.
pub(crate) async fn run(config: Config, env: Env, parts: Parts) -> anyhow::Result<Exit> {
    let keys = if parts.ingress { Some(signing_keys(&config)?) } else { None };
    if parts.worker {
        // Both only look at values; a wrong credential is found out later, and told loudly.
        backend::deel(&config)?;
        backend::jumpcloud(&config)?;
    }
    raise_file_limit();
    let metrics = telemetry::install_metrics()?;
    let stop = Stop::on_signals()?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        mode = %config.mode,
        ingress = parts.ingress,
        worker = parts.worker,
        redis = if config.redis.url.is_some() { "configured" } else { "embedded" },
        "deelsync starts"
    );
    if config.server.has_short_token() {
        tracing::warn!("DEELSYNC_ADMIN_TOKEN is short: whoever reaches the admin listener may guess it");
    }
    let mut embedded = backend::embedded(&config, &env).await?;
    if let Some(embedded) = &mut embedded {
        embedded.watch();
    }
    let outcome = Box::pin(serve(&config, parts, keys, metrics, embedded.as_ref(), &stop)).await;
    if let Some(embedded) = embedded {
        embedded.close().await;
    }
    outcome?;
    tracing::info!("deelsync ended");
    Ok(Exit::Success)
}

/// Each connection takes files, and many systems start a process with 1,024 although they allow it far more.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        tracing::debug!(error = %error, "the limit of open files stays as it is");
    }
}

/// Ahead of the first leaver. What fails here is asked again by whoever needs it.
async fn know_windows(reconciler: Reconciler) {
    if let Err(error) = reconciler.know_windows().await {
        tracing::warn!(error = %Chain(&error), "today's suspensions are not known yet");
    }
}

fn signing_keys(config: &Config) -> anyhow::Result<SigningKeys> {
    let keys = config.deel.signing_keys.as_ref();
    let keys = keys.context(
        "DEEL_SIGNING_KEYS is not set: webhooks cannot be verified; see docs/setup.md, \"Webhook\"",
    )?;
    SigningKeys::parse(keys.expose_secret()).context("DEEL_SIGNING_KEYS cannot be used")
}

async fn serve(
    config: &Config,
    parts: Parts,
    keys: Option<SigningKeys>,
    metrics: PrometheusHandle,
    embedded: Option<&Embedded>,
    stop: &Stop,
) -> anyhow::Result<()> {
    let queue_config = backend::queue_config(config, embedded)?;
    let Some(queue) = connect(config, &queue_config, parts, stop).await? else {
        return Ok(());
    };
    let mut deel = None;
    if parts.worker {
        let (client, budget) = (backend::deel(config)?, backend::budget(config, &queue, Vendor::Deel));
        organization::learn_first(&client, &budget, &queue).await;
        deel = Some((client, budget));
    }
    let listening = listen(config, parts, keys, &queue, metrics)?;
    let mut background = JoinSet::new();
    let mut working = None;
    if let Some(deel) = deel {
        let reconciler = backend::reconciler(config, &queue)?;
        let mut watch = epoch::Watch::new(queue.clone(), config.data_dir.clone());
        watch.look().await;
        working = Some(tokio::spawn(work(config, queue.clone(), reconciler.clone(), stop.clone())));
        background.spawn(watch.keep());
        let jumpcloud =
            (backend::jumpcloud(config)?.reader(), backend::budget(config, &queue, Vendor::JumpCloud));
        background.spawn(organization::learn(deel, jumpcloud, queue.clone()));
        background.spawn(crate::notify::keep(config.notify.clone(), reconciler.clone(), queue.clone()));
        if let Some(every) = config.webhook.check_every {
            background.spawn(Watchdog::new(config, &queue)?.keep(every));
        }
        if reconciler.mode() == Mode::Enforce {
            background.spawn(know_windows(reconciler.clone()));
        }
        background.spawn(gauges(reconciler));
        for schedule in schedules::of(config) {
            background.spawn(schedules::keep(queue.clone(), schedule));
        }
    }
    // A worker that ends by itself has a defect: the process ends too, and whoever supervises it starts it anew.
    let ended = tokio::select! {
        () = stop.wait() => None,
        ended = joined(&mut working) => Some(ended),
    };
    let until = Instant::now() + DRAIN;
    tracing::info!("draining: no new work, what runs is finished, the rest is given back");
    background.shutdown().await;
    let stop_listening = async {
        match listening {
            // The worker needs no listener: leave its numbers readable while it drains, but not for ever.
            Listening::Both(running) => running.stop(GRACE).await,
            Listening::Admin(admin) => admin.stop(Duration::from_secs(1)).await,
            Listening::Nothing => true,
        }
    };
    let left = until.saturating_duration_since(Instant::now());
    let drained = match ended {
        Some(ended) => {
            stop_listening.await;
            Some(ended)
        }
        None => tokio::time::timeout(left, async {
            let worked = async { if working.is_some() { joined(&mut working).await } else { Ok(()) } };
            tokio::join!(stop_listening, worked).1
        })
        .await
        .ok(),
    };
    match drained {
        Some(Ok(())) => Ok(()),
        Some(Err(error)) => Err(error),
        None => {
            tracing::warn!("the drain did not end in time; what was still leased comes back by itself");
            Ok(())
        }
    }
}

/// The worker's end; without a worker there is none.
async fn joined(working: &mut Option<tokio::task::JoinHandle<anyhow::Result<()>>>) -> anyhow::Result<()> {
    match working {
        Some(handle) => {
            let ended = handle.await.context("the worker stopped");
            *working = None;
            ended?
        }
        None => std::future::pending().await,
    }
}

/// Waits for Redis. Meanwhile the public listener answers 503, so that Deel comes again instead of giving up, and a
/// supervisor sees that the process lives.
async fn connect(
    config: &Config,
    queue_config: &queue::Config,
    parts: Parts,
    stop: &Stop,
) -> anyhow::Result<Option<Queue>> {
    match Queue::connect(queue_config).await {
        Ok(queue) => return Ok(Some(queue)),
        Err(error) => tracing::error!(
            error = %Chain(&error),
            redis = %queue_config.address,
            "Redis cannot be used yet; waiting for it. Check REDIS_URL and that the server runs"
        ),
    }
    let placeholder = if parts.ingress { waiting::serve(config.server.listen).await } else { None };
    let queue = Queue::connect_when_available(queue_config, stop.wait()).await;
    if let Some(placeholder) = placeholder {
        placeholder.stop().await;
    }
    if queue.is_some() {
        tracing::info!("Redis answers");
    }
    Ok(queue)
}

enum Listening {
    Both(ingress::Running),
    Admin(ingress::Admin),
    Nothing,
}

fn listen(
    config: &Config,
    parts: Parts,
    keys: Option<SigningKeys>,
    queue: &Queue,
    metrics: PrometheusHandle,
) -> anyhow::Result<Listening> {
    let nowhere = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let ingress = ingress::Config {
        listen: config.server.listen,
        admin_listen: config.server.admin_listen.unwrap_or(nowhere),
        api: api::api(config, queue),
        report_every: webhook::report_every(&config.webhook),
        ..ingress::Config::default()
    };
    match (keys, config.server.admin_listen) {
        (Some(keys), _) => Ok(Listening::Both(ingress::start(&ingress, keys, queue.clone(), metrics)?)),
        (None, Some(_)) if parts.worker => match ingress::start_admin(&ingress, queue.clone(), metrics) {
            Ok(admin) => {
                tracing::info!(admin.addr = %admin.admin_addr, "metrics and health");
                Ok(Listening::Admin(admin))
            }
            // Several workers on one machine share the default address; work matters more than being watched.
            Err(error) => {
                tracing::warn!(
                    error = %Chain(&error),
                    "metrics and health of this worker are not served; set DEELSYNC_ADMIN_LISTEN to a free address, or off"
                );
                Ok(Listening::Nothing)
            }
        },
        (None, _) if parts.ingress => bail!("DEEL_SIGNING_KEYS is not set"),
        (None, _) => {
            tokio::spawn(telemetry::upkeep(metrics));
            Ok(Listening::Nothing)
        }
    }
}

fn work(
    config: &Config,
    queue: Queue,
    reconciler: Reconciler,
    stop: Stop,
) -> impl Future<Output = anyhow::Result<()>> + use<> {
    let worker =
        WorkerConfig { grace: GRACE, ..WorkerConfig::new(backend::worker_name(), config.queue.concurrency) };
    async move {
        let handler = move |lease| {
            let reconciler = reconciler.clone();
            async move { reconciler.handle(lease).await }
        };
        queue::work(queue, worker, handler, async move { stop.wait().await }).await?;
        Ok(())
    }
}

/// Keeps the gauges of holds and leavers, which come from Redis and not from this process's own doings.
async fn gauges(reconciler: Reconciler) {
    let mut every = tokio::time::interval(Duration::from_secs(10));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        if let Err(error) = reconciler.refresh_gauges().await {
            tracing::debug!(error = %Chain(&error), "the gauges of holds were not refreshed");
        }
    }
}
