//! The metrics of this crate, and how all metrics of the program are rendered.
//!
//! Names follow Prometheus: `deelsync_` first, the unit last, `_total` for counters. Labels have few values, fixed in
//! the code; never an id. Other crates declare theirs by the same rules and share [`SECONDS`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{Counter, Gauge, Histogram, Unit};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use queue::Vendor;

use crate::outcome::Outcome;
use crate::tally::Tally;

/// Counter: requests to the webhook by `outcome` ([`Outcome::label`]).
pub const WEBHOOKS: &str = "deelsync_webhooks_total";
/// Histogram: from the arrival of a request's head to its answer.
pub const WEBHOOK_DURATION: &str = "deelsync_webhook_duration_seconds";
/// Counter: notices from Deel that the OAuth access was taken from us.
pub const TOKENS_REVOKED: &str = "deelsync_deel_tokens_revoked_total";
/// Gauge: keys in the queue by `state`: `waiting_urgent`, `waiting_events`, `waiting_bulk`, `running`, `delayed`, `dead`.
pub const QUEUE_JOBS: &str = "deelsync_queue_jobs";
/// Gauge: how long the oldest waiting key has waited; 0 if none waits.
pub const QUEUE_OLDEST_AGE: &str = "deelsync_queue_oldest_age_seconds";
/// Gauge: 1 while writes are paused by an operator.
pub const QUEUE_PAUSED: &str = "deelsync_queue_paused";
/// Gauge: 1 while a `vendor` is away and work waits for it.
pub const BREAKER_OPEN: &str = "deelsync_breaker_open";
/// Counter: how often this process found a `vendor` away for everybody.
pub const BREAKER_OPENED: &str = "deelsync_breaker_opened_total";
/// Gauge: whether Redis answered when the queue was last asked; while it is 0 the other queue gauges are `NaN`.
pub const REDIS_UP: &str = "deelsync_redis_up";

/// The buckets of all histograms whose name ends in `_seconds`: from an accepted webhook (well under a millisecond) to
/// a write that waited for a vendor.
pub const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
    3600.0,
];

/// The recorder that the program installs, for the handle that [`crate::start()`] takes.
///
/// # Errors
/// Never with the buckets above; they are not empty.
pub fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
}

/// Moves recorded durations into their buckets, every few seconds, until it is dropped. Without it they pile up in
/// memory between two scrapes.
pub(crate) async fn upkeep(handle: PrometheusHandle) {
    let mut every = tokio::time::interval(Duration::from_secs(5));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        handle.run_upkeep();
    }
}

/// The handles of the webhook's metrics, looked up once.
pub(crate) struct WebhookMetrics {
    outcomes: Vec<Counter>,
    duration: Histogram,
    pub(crate) tokens_revoked: Counter,
    pub(crate) tally: Arc<Tally>,
}

impl WebhookMetrics {
    /// Registers with the recorder that is current on this thread.
    pub(crate) fn register() -> Self {
        metrics::describe_counter!(
            WEBHOOKS,
            Unit::Count,
            "Requests to the Deel webhook by what became of them"
        );
        metrics::describe_histogram!(
            WEBHOOK_DURATION,
            Unit::Seconds,
            "Time from the head of a request to the Deel webhook to its answer"
        );
        metrics::describe_counter!(
            TOKENS_REVOKED,
            Unit::Count,
            "Notices from Deel that the OAuth access was revoked; the connection has to be authorised again"
        );
        Self {
            outcomes: Outcome::ALL
                .iter()
                .map(|outcome| metrics::counter!(WEBHOOKS, "outcome" => outcome.label()))
                .collect(),
            duration: metrics::histogram!(WEBHOOK_DURATION),
            tokens_revoked: metrics::counter!(TOKENS_REVOKED),
            tally: Arc::default(),
        }
    }

    pub(crate) fn record(&self, outcome: Outcome, since: Instant) {
        self.outcomes[outcome as usize].increment(1);
        self.duration.record(since.elapsed());
        self.tally.count(outcome);
    }
}

/// The gauges that show what is in the queue.
pub(crate) struct QueueMetrics {
    waiting: [Gauge; 3],
    running: Gauge,
    delayed: Gauge,
    dead: Gauge,
    oldest_age: Gauge,
    paused: Gauge,
    breakers: [(Vendor, Gauge); 2],
    up: Gauge,
}

impl QueueMetrics {
    /// Registers with the recorder that is current on this thread.
    pub(crate) fn register() -> Self {
        metrics::describe_gauge!(QUEUE_JOBS, Unit::Count, "Keys in the queue by state");
        metrics::describe_gauge!(
            QUEUE_OLDEST_AGE,
            Unit::Seconds,
            "How long the oldest waiting key has waited"
        );
        metrics::describe_gauge!(QUEUE_PAUSED, Unit::Count, "1 while writes are paused by an operator");
        metrics::describe_gauge!(BREAKER_OPEN, Unit::Count, "1 while a vendor is away and work waits for it");
        metrics::describe_counter!(
            BREAKER_OPENED,
            Unit::Count,
            "How often this process found a vendor away for everybody"
        );
        metrics::describe_gauge!(
            REDIS_UP,
            Unit::Count,
            "Whether Redis answered when the queue was last asked"
        );
        let jobs = |state: &'static str| metrics::gauge!(QUEUE_JOBS, "state" => state);
        Self {
            waiting: ["waiting_urgent", "waiting_events", "waiting_bulk"].map(jobs),
            running: jobs("running"),
            delayed: jobs("delayed"),
            dead: jobs("dead"),
            oldest_age: metrics::gauge!(QUEUE_OLDEST_AGE),
            paused: metrics::gauge!(QUEUE_PAUSED),
            breakers: [Vendor::Deel, Vendor::JumpCloud]
                .map(|vendor| (vendor, metrics::gauge!(BREAKER_OPEN, "vendor" => vendor.as_str()))),
            up: metrics::gauge!(REDIS_UP),
        }
    }

    /// What Redis said; `None` if it did not.
    #[allow(clippy::cast_precision_loss)] // exact up to 2^53 keys
    pub(crate) fn set(&self, status: Option<&queue::Status>) {
        self.up.set(if status.is_some() { 1.0 } else { 0.0 });
        let number = |read: fn(&queue::Status) -> u64| status.map_or(f64::NAN, |status| read(status) as f64);
        let [urgent, events, bulk] = &self.waiting;
        urgent.set(number(|status| status.waiting[0]));
        events.set(number(|status| status.waiting[1]));
        bulk.set(number(|status| status.waiting[2]));
        self.running.set(number(|status| status.leased));
        self.delayed.set(number(|status| status.delayed));
        self.dead.set(number(|status| status.dead));
        self.oldest_age.set(number(|status| status.oldest_waiting_ms.unwrap_or(0)) / 1000.0);
        self.paused.set(number(|status| u64::from(status.paused.is_some())));
        for (vendor, gauge) in &self.breakers {
            let open = status.map(|status| status.breakers.iter().any(|away| away.vendor == *vendor));
            gauge.set(open.map_or(f64::NAN, |open| f64::from(u8::from(open))));
        }
    }
}
