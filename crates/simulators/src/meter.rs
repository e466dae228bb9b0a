//! Counts requests in sliding one-second windows: for the vendors' limits, and to assert that a client kept them.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use serde::Serialize;

const WINDOW: Duration = Duration::from_secs(1);

/// Arrivals and admissions.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    arrived: VecDeque<Instant>,
    admitted: VecDeque<Instant>,
    report: Report,
}

/// `GET /_sim/requests`.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Report {
    /// Requests to the vendor's paths.
    pub(crate) total: u64,
    /// Those refused by the limit (not those refused by a fault).
    pub(crate) limited: u64,
    /// The most requests that came within any one second, the refused ones included.
    pub(crate) max_in_one_second: usize,
    /// By method and route.
    pub(crate) by_route: BTreeMap<String, u64>,
    /// By the status answered.
    pub(crate) by_status: BTreeMap<u16, u64>,
}

impl Meter {
    /// Counts an arrival, and says whether `limit` admits it.
    pub(crate) fn arrive(&mut self, at: Instant, limit: Option<u32>) -> bool {
        self.report.total += 1;
        forget(&mut self.arrived, at);
        self.arrived.push_back(at);
        self.report.max_in_one_second = self.report.max_in_one_second.max(self.arrived.len());
        let Some(limit) = limit else { return true };
        forget(&mut self.admitted, at);
        if self.admitted.len() >= limit as usize {
            self.report.limited += 1;
            return false;
        }
        self.admitted.push_back(at);
        true
    }

    /// Counts an answer.
    pub(crate) fn answer(&mut self, route: String, status: u16) {
        *self.report.by_route.entry(route).or_default() += 1;
        *self.report.by_status.entry(status).or_default() += 1;
    }

    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    pub(crate) fn reset(&mut self) {
        self.report = Report::default();
        self.arrived.clear();
    }
}

fn forget(times: &mut VecDeque<Instant>, at: Instant) {
    while times.front().is_some_and(|&first| at.duration_since(first) >= WINDOW) {
        times.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let start = Instant::now();
        let mut meter = Meter::default();
        let at = |ms| start + Duration::from_millis(ms);
        assert!(meter.arrive(at(0), Some(2)));
        assert!(meter.arrive(at(900), Some(2)));
        assert!(!meter.arrive(at(999), Some(2)));
        assert!(meter.arrive(at(1000), Some(2)));
        assert!(!meter.arrive(at(1899), Some(2)));
        assert!(meter.arrive(at(1900), Some(2)));
        assert_eq!(meter.report().limited, 2);
        assert_eq!(meter.report().max_in_one_second, 4);
    }
}
