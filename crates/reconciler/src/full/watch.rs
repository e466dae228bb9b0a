//! Who is told how far a full run is: whoever called, and Redis.

use super::progress::{Phase, Progress, Tell};
use queue::{Lease, Queue, QueueError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two words to Redis.
const EVERY: Duration = Duration::from_millis(500);
/// Between two looks whether a vendor is back.
const LOOK: Duration = Duration::from_millis(500);
/// How long a word holds.
pub(super) const KEEP: Duration = Duration::from_secs(60);

/// The progress of one run, and who is told.
pub(super) struct Watch<'a> {
    progress: Mutex<Progress>,
    tell: Tell<'a>,
    /// The run's lease; a plan has none.
    lease: Option<&'a Lease>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(progress: Progress, tell: Tell<'a>) -> Self {
        Self { progress: Mutex::new(progress), tell, lease: None }
    }

    /// Of a run under this lease.
    pub(super) fn under(mut self, lease: &'a Lease) -> Self {
        self.lease = Some(lease);
        self
    }

    /// Waits while a vendor is away, until this run may ask it again; false if that would take longer than `patience`.
    pub(super) async fn may_ask(
        &self,
        queue: &Queue,
        vendor: queue::Vendor,
        patience: Duration,
    ) -> Result<bool, QueueError> {
        let (Some(lease), began) = (self.lease, Instant::now()) else { return Ok(true) };
        while let Some(wait) = queue.may_ask(vendor, lease).await? {
            let left = patience.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(false);
            }
            tokio::time::sleep(wait.min(LOOK).min(left)).await;
        }
        Ok(true)
    }

    /// As it is now.
    pub(super) fn now(&self) -> Progress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes it, and tells the caller.
    pub(super) fn set(&self, change: impl FnOnce(&mut Progress)) {
        let now = {
            let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut progress);
            progress.clone()
        };
        (self.tell)(&now);
    }

    /// The next phase; what was left of the former one is no estimate for it.
    pub(super) fn enter(&self, phase: Phase) {
        self.set(|progress| {
            progress.phase = phase;
            progress.estimate_s = None;
        });
    }

    /// Tells Redis, as long as it is polled.
    pub(super) async fn publish(&self, queue: &Queue) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            self.say(queue).await;
        }
    }

    async fn say(&self, queue: &Queue) {
        let Ok(json) = serde_json::to_string(&self.now()) else { return };
        if let Err(error) = queue.progress_set(&json, KEEP).await {
            tracing::debug!(error = %error, "the progress of the full run was not told");
        }
    }
}
