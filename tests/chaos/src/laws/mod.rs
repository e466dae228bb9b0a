//! What must hold afterwards, whatever was done. Each law is a function of the evidence and nothing else, so that made-up
//! evidence shows that it can fail.

mod end;
mod history;
mod rates;
mod speed;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::evidence::Evidence;

pub use end::at_rest;
pub use rates::{Wait, busiest_second, waits, windows_judged};
pub use speed::{Latency, back_again, back_undisturbed, latencies, percentile, taken_over};

/// A law that does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The law, in words.
    pub law: &'static str,
    /// Where it does not hold: ids and times.
    pub how: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law, self.how)
    }
}

/// A law.
pub type Law = fn(&Evidence) -> Vec<Broken>;

/// Those that become true with time; whoever waits for the end waits for these.
pub const IN_THE_END: &[Law] =
    &[end::as_deel_demands, at_rest, history::none_given_up, history::answered_means_done];

/// All of them.
pub const ALL: &[Law] = &[
    end::as_deel_demands,
    end::one_account_each,
    at_rest,
    end::bounded_keys,
    history::none_given_up,
    history::answered_means_done,
    history::suspended_on_evidence,
    history::let_in_on_evidence,
    history::other_hands_stay,
    history::within_the_limits,
    history::nobody_gives_up,
    rates::limits_are_kept,
    rates::told_to_wait_is_waiting,
    speed::leavers_are_quick,
    speed::the_killed_are_followed,
    speed::redis_comes_back,
];

/// Everything that does not hold.
#[must_use]
pub fn broken(laws: &[Law], evidence: &Evidence) -> Vec<Broken> {
    laws.iter().flat_map(|law| law(evidence)).collect()
}
