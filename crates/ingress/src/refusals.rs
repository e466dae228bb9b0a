//! Answers to bad signatures, spread over time.
//!
//! To refuse costs nearly as much as to accept, since the whole body has to be read for it. Whoever sends bad signatures as
//! fast as they are answered would take half of the machine or more. A client waits for its answer before it asks
//! again, so an answer that comes late makes for fewer questions.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The longest that an answer waits.
const LONGEST: Duration = Duration::from_secs(1);

/// Says how long the next answer has to wait.
#[derive(Debug)]
pub(crate) struct Refusals {
    /// Between two answers.
    gap: Duration,
    /// When the answers given so far are paid for.
    paid: Mutex<Option<Instant>>,
}

impl Refusals {
    /// So many a second; a second's worth of them at once.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { gap: Duration::from_secs(1) / per_second.max(1), paid: Mutex::new(None) }
    }

    /// How long the answer to a refusal made `now` has to wait.
    pub(crate) fn wait(&self, now: Instant) -> Duration {
        let Ok(mut paid) = self.paid.lock() else { return LONGEST };
        // At most a second in advance, and at most two seconds' worth of debt: that is forgotten soon after a flood.
        let most = now + LONGEST * 2;
        let next = (paid.map_or(now, |paid| paid.max(now)) + self.gap).min(most);
        *paid = Some(next);
        (next - now).saturating_sub(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_answered_at_once_and_a_flood_is_not() {
        let (refusals, start) = (Refusals::new(10), Instant::now());
        assert!((0..10).all(|_| refusals.wait(start).is_zero()));
        assert_eq!(refusals.wait(start), Duration::from_millis(100));
        assert_eq!(refusals.wait(start), Duration::from_millis(200));
        for _ in 0..1000 {
            assert!(refusals.wait(start) <= LONGEST);
        }
        assert_eq!(refusals.wait(start), LONGEST);
        assert!(refusals.wait(start + LONGEST * 2).is_zero(), "forgotten");
    }
}
