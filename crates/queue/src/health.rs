//! Waiting out Redis errors: a delay that grows, and one log line per change instead of one per attempt.

use std::{error::Error, time::Duration};

use crate::error::QueueError;

/// One loop's view of Redis.
pub(crate) struct Health {
    task: &'static str,
    failures: u32,
}

impl Health {
    pub(crate) fn new(task: &'static str) -> Self {
        Self { task, failures: 0 }
    }

    pub(crate) fn good(&mut self) {
        if self.failures > 0 {
            tracing::info!(queue.task = self.task, failures = self.failures, "Redis answers again");
            self.failures = 0;
        }
    }

    /// Notes a failure and says how long to wait: 50 ms, doubled up to 2 s, with jitter so that processes do not
    /// all come back at once.
    pub(crate) fn bad(&mut self, error: &QueueError) -> Duration {
        metrics::counter!("deelsync_queue_redis_errors_total", "task" => self.task).increment(1);
        if self.failures == 0 {
            tracing::warn!(queue.task = self.task, error = %chain(error), "Redis error; waiting it out");
        }
        let delay = 50 * (1_u64 << self.failures.min(6));
        self.failures = self.failures.saturating_add(1);
        let jitter: f64 = rand::random();
        Duration::from_millis(delay.min(2000)).mul_f64(0.5 + jitter / 2.0)
    }
}

/// An error with its sources, as one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
