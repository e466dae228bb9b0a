//! Whether genuine webhooks still come, told to the others about once a minute. Nothing of it is in a webhook's way: it
//! leaves a mark in this process, and a task carries the marks to Redis.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use queue::Queue;

use crate::outcome::Outcome;

/// What was seen since the last report.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    accepted: AtomicBool,
    refused: AtomicU64,
}

impl Tally {
    pub(crate) fn count(&self, outcome: Outcome) {
        match outcome {
            // Anybody can send a request without a signature; and a simulation, ours to try a key included, is no news.
            Outcome::SignatureWrong => {
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
            Outcome::Simulation => {}
            // Read first: threads that only read share the cache line.
            outcome if outcome.status().is_success() && !self.accepted.load(Ordering::Relaxed) => {
                self.accepted.store(true, Ordering::Relaxed);
            }
            _ => {}
        }
    }

    /// Reports for ever. What Redis does not take is reported the next time.
    pub(crate) async fn keep(self: Arc<Self>, queue: Queue, every: Duration) {
        let mut every = tokio::time::interval(every);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            let accepted = self.accepted.swap(false, Ordering::Relaxed);
            let refused = self.refused.swap(0, Ordering::Relaxed);
            if (accepted || refused > 0) && queue.ingress_saw(accepted, refused).await.is_err() {
                self.accepted.fetch_or(accepted, Ordering::Relaxed);
                self.refused.fetch_add(refused, Ordering::Relaxed);
            }
        }
    }

    #[cfg(test)]
    fn seen(&self) -> (bool, u64) {
        (self.accepted.load(Ordering::Relaxed), self.refused.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_deel_signed_is_genuine_and_only_a_wrong_signature_is_odd() {
        for (outcome, seen) in [
            (Outcome::Stored, (true, 0)),
            (Outcome::Duplicate, (true, 0)),
            (Outcome::IrrelevantEvent, (true, 0)),
            (Outcome::Simulation, (false, 0)),
            (Outcome::NotStored, (false, 0)),
            (Outcome::SignatureMissing, (false, 0)),
            (Outcome::SignatureMalformed, (false, 0)),
            (Outcome::SignatureWrong, (false, 1)),
            (Outcome::MethodNotAllowed, (false, 0)),
        ] {
            let tally = Tally::default();
            tally.count(outcome);
            assert_eq!(tally.seen(), seen, "{outcome:?}");
        }
    }
}
