//! Figures of a seed, and of many.

use std::fmt;

use serde::Serialize;

use crate::evidence::Evidence;
use crate::laws::{
    back_again, back_undisturbed, busiest_second, latencies, percentile, taken_over, waits, windows_judged,
};
use crate::plan::TIMEOUT;
use crate::run::Outcome;

/// What one seed came to. Times are milliseconds.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// The seed; 0 for all together.
    pub seed: u64,
    /// Webhooks, replays and second copies included.
    pub webhooks: usize,
    /// Writes to JumpCloud.
    pub writes: usize,
    /// Faults that struck.
    pub faults: usize,
    /// Processes and Redis killed and started again.
    pub restarts: usize,
    /// Per termination: from Deel's event to the suspension.
    pub whole: Vec<i64>,
    /// The same from the acceptance of the webhook, without the time in which a fault was in force.
    pub net: Vec<i64>,
    /// Per person whose worker was killed: until somebody else looked.
    pub taken_over: Vec<i64>,
    /// Per restart of Redis: from its first answer until a new webhook had led to a read.
    pub back_again: Vec<i64>,
    /// Those of them that nothing else disturbed.
    pub back_undisturbed: usize,
    /// Requests that were given up for want of an answer.
    pub timeouts: usize,
    /// Answers 429 that named a wait.
    pub told: usize,
    /// Those of them that everybody could know of, and had to heed.
    pub waits: usize,
    /// The most requests to Deel within one second.
    pub deel_busiest: usize,
    /// The most requests to JumpCloud within one second.
    pub jumpcloud_busiest: usize,
    /// How much of the one-second windows could be judged, in percent; the rest this machine was too busy.
    pub judged: i64,
    /// Keys in Redis at the end.
    pub keys: u64,
    /// From the end of the last fault until everything was at rest.
    pub settled: u128,
    /// Laws that did not hold.
    pub broken: Vec<String>,
}

impl Figures {
    /// Of one seed.
    #[must_use]
    pub fn of(seed: u64, outcome: &Outcome) -> Self {
        let evidence = &outcome.evidence;
        let latencies = latencies(evidence);
        let restarts = evidence.done.faults.iter().filter(|fault| fault.what.starts_with("Kill")).count();
        Self {
            seed,
            webhooks: evidence.deliveries.len(),
            writes: evidence.journal.len(),
            faults: evidence.done.faults.len(),
            restarts,
            whole: latencies.iter().map(|latency| latency.whole).collect(),
            net: latencies.iter().map(|latency| latency.net).collect(),
            taken_over: taken_over(evidence).into_iter().filter_map(|(_, took)| took).collect(),
            back_again: back_again(evidence).into_iter().flatten().collect(),
            back_undisturbed: back_undisturbed(evidence),
            timeouts: evidence.vendors.values().map(|(_, traffic)| timeouts(&traffic.given_up)).sum(),
            told: evidence.vendors.values().map(|(_, traffic)| traffic.limited.len()).sum(),
            waits: waits(evidence).len(),
            deel_busiest: busiest(evidence, "Deel"),
            jumpcloud_busiest: busiest(evidence, "JumpCloud"),
            judged: windows_judged(evidence),
            keys: evidence.redis.names.values().sum(),
            settled: outcome.settled.as_millis(),
            broken: outcome.broken.iter().map(ToString::to_string).collect(),
        }
    }

    /// Of all together.
    #[must_use]
    pub fn together(all: &[Self]) -> Self {
        let mut sum = Self { judged: 100, ..Self::default() };
        for one in all {
            sum.webhooks += one.webhooks;
            sum.writes += one.writes;
            sum.faults += one.faults;
            sum.restarts += one.restarts;
            sum.whole.extend(&one.whole);
            sum.net.extend(&one.net);
            sum.taken_over.extend(&one.taken_over);
            sum.back_again.extend(&one.back_again);
            sum.back_undisturbed += one.back_undisturbed;
            sum.timeouts += one.timeouts;
            sum.told += one.told;
            sum.waits += one.waits;
            sum.deel_busiest = sum.deel_busiest.max(one.deel_busiest);
            sum.jumpcloud_busiest = sum.jumpcloud_busiest.max(one.jumpcloud_busiest);
            sum.judged = sum.judged.min(one.judged);
            sum.keys = sum.keys.max(one.keys);
            sum.settled = sum.settled.max(one.settled);
            sum.broken.extend(one.broken.iter().cloned());
        }
        sum
    }

    /// What has to happen in every long soak and did not.
    #[must_use]
    pub fn unseen(&self) -> Vec<&'static str> {
        let all = [
            ("a suspension", self.whole.len()),
            ("a request given up", self.timeouts),
            ("a wait that everybody could know of", self.waits),
            ("a killed worker with somebody in its hands", self.taken_over.len()),
            ("a restart of Redis that nothing else disturbed", self.back_undisturbed),
        ];
        all.into_iter().filter(|(_, count)| *count == 0).map(|(what, _)| what).collect()
    }

    /// The closing table.
    #[must_use]
    pub fn table(&self, seeds: usize) -> String {
        let rows = [
            ("seeds", seeds.to_string()),
            ("webhooks delivered, copies included", self.webhooks.to_string()),
            ("writes to JumpCloud", self.writes.to_string()),
            ("faults that struck", self.faults.to_string()),
            ("kill -9 and restart", self.restarts.to_string()),
            ("termination to suspension, all in, ms", spread(&self.whole)),
            ("the same without the faults' own time, ms (p99 < 10000)", spread(&self.net)),
            ("a killed worker's person looked at again, ms (< 10000)", spread(&self.taken_over)),
            ("Redis back until a new webhook had its read, ms (< 5000)", spread(&self.back_again)),
            (
                "of these restarts, with nothing else wrong",
                format!("{} of {}", self.back_undisturbed, self.back_again.len()),
            ),
            ("requests given up after 6 s without an answer", self.timeouts.to_string()),
            ("answers 429 with Retry-After (of those, judged)", format!("{} ({})", self.told, self.waits)),
            ("most requests to Deel in one second (limit 5)", self.deel_busiest.to_string()),
            ("most requests to JumpCloud in one second (limit 20)", self.jumpcloud_busiest.to_string()),
            ("of these seconds judged, at least, % (the rest: a busy machine)", self.judged.to_string()),
            ("most keys in Redis at the end", self.keys.to_string()),
            ("at rest after the last fault, at most, ms", self.settled.to_string()),
            ("laws broken", self.broken.len().to_string()),
        ];
        rows.iter().map(|(name, value)| format!("{name:<62} {value}\n")).collect()
    }
}

/// One line.
impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.broken.is_empty() { "ok" } else { "BROKEN" };
        write!(
            f,
            "seed {:<10} {verdict:<6} webhooks {:<4} writes {:<4} faults {:<3} restarts {:<2} suspended {} (net {}) \
             taken over {} redis back {} seconds judged {} % settled {} ms",
            self.seed,
            self.webhooks,
            self.writes,
            self.faults,
            self.restarts,
            spread(&self.whole),
            spread(&self.net),
            spread(&self.taken_over),
            spread(&self.back_again),
            self.judged,
            self.settled,
        )
    }
}

/// Whoever closes a connection sooner was killed, or cut off.
fn timeouts(given_up: &[i64]) -> usize {
    let patience = TIMEOUT.as_millis();
    given_up
        .iter()
        .filter(|waited| u128::try_from(**waited + 50).is_ok_and(|waited| waited >= patience))
        .count()
}

fn busiest(evidence: &Evidence, vendor: &str) -> usize {
    evidence.vendors.get(vendor).map_or(0, |(_, traffic)| busiest_second(&traffic.requests).0)
}

/// p50, p99 and maximum.
fn spread(values: &[i64]) -> String {
    if values.is_empty() {
        return "–".to_owned();
    }
    let [half, most] = [50.0, 99.0].map(|share| percentile(values, share));
    format!("{half}/{most}/{}", values.iter().max().copied().unwrap_or_default())
}
