//! The vendors' limits.

use super::Broken;
use crate::evidence::Evidence;

/// Requests that set out so soon after a 429 was passed on, in milliseconds, were on their way already.
const IN_FLIGHT: i64 = 500;

/// A window, in milliseconds.
const SECOND: i64 = 1000;
/// So much of all windows has to be judged, in percent, or the law has not been looked at. On two cores with a compiler beside
/// the storm it was 98.
const ENOUGH: i64 = 50;

/// No one-second window saw more requests than a vendor allows, over all processes. Where this machine was so busy that requests
/// set out later than they were meant to, the window is shorter by so much; of all windows together enough has to be left.
pub(super) fn limits_are_kept(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "no vendor's limit is exceeded in any second";
    let mut broken = Vec::new();
    for (vendor, (limit, traffic)) in &evidence.vendors {
        let (most, at) = busiest(&traffic.requests, |at| window(evidence, at));
        if most > *limit as usize {
            let within = traffic.requests.iter().filter(|other| (at..at + SECOND).contains(*other));
            let after: Vec<i64> = within.map(|other| other - at).collect();
            let how = format!(
                "{most} requests to {vendor} in the second from {at}, {limit} are allowed: after {after:?} ms"
            );
            broken.push(Broken { law: LAW, how });
        }
        let judged = judged(evidence, &traffic.requests);
        if judged < ENOUGH {
            let how =
                format!("{judged} % of the time after requests to {vendor} could be judged: too little");
            broken.push(Broken { law: LAW, how });
        }
    }
    broken
}

/// How long the window is that begins with a request.
fn window(evidence: &Evidence, at: i64) -> i64 {
    let near = evidence.done.late.iter().filter(|(from, to)| *from < at + 1500 && *to > at - 500);
    let late = near.map(|(from, to)| to - from).max().unwrap_or_default();
    (SECOND - late).max(0)
}

/// How much of all windows together is judged, in percent; nothing, where there are none.
fn judged(evidence: &Evidence, requests: &[i64]) -> i64 {
    let sum: i64 = requests.iter().map(|at| window(evidence, *at)).sum();
    (sum * 100).checked_div(SECOND * requests.len() as i64).unwrap_or_default()
}

/// How much of the one-second windows is judged, in percent: the least of the vendors'.
#[must_use]
pub fn windows_judged(evidence: &Evidence) -> i64 {
    evidence
        .vendors
        .values()
        .map(|(_, traffic)| judged(evidence, &traffic.requests))
        .min()
        .unwrap_or_default()
}

/// The most requests within any one second, and when it began.
#[must_use]
pub fn busiest_second(requests: &[i64]) -> (usize, i64) {
    busiest(requests, |_| SECOND)
}

/// The same for windows that are so long where they begin.
fn busiest(requests: &[i64], length: impl Fn(i64) -> i64) -> (usize, i64) {
    let mut requests = requests.to_vec();
    requests.sort_unstable();
    let within = |index: usize, at: i64| {
        let end = at + length(at);
        (requests[index..].partition_point(|other| *other < end), at)
    };
    requests.iter().enumerate().map(|(index, at)| within(index, *at)).max().unwrap_or_default()
}

/// After a 429 with `Retry-After` nobody asks within it, except where a process or Redis could not learn of it.
pub(super) fn told_to_wait_is_waiting(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "nobody asks a vendor that said to wait";
    let early = waits(evidence).into_iter().filter(|wait| wait.early > 0);
    let how = |wait: Wait| {
        format!("{} requests to {} between {} and {}", wait.early, wait.vendor, wait.from, wait.until)
    };
    early.map(|wait| Broken { law: LAW, how: how(wait) }).collect()
}

/// A wait that a vendor asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    vendor: &'static str,
    from: i64,
    until: i64,
    /// Requests that set out within it all the same.
    early: usize,
}

/// The waits that everybody could know of. Whoever was stopped when the answer came could not tell the others, or had a
/// request ready to be sent; and a Redis that was away could not be told.
#[must_use]
pub fn waits(evidence: &Evidence) -> Vec<Wait> {
    let mut waits = Vec::new();
    for (vendor, (_, traffic)) in &evidence.vendors {
        for &(at, until) in &traffic.limited {
            let from = at + IN_FLIGHT;
            let busy = evidence.done.late.iter().any(|(begins, ends)| *begins < until && *ends > at - 100);
            if !busy && !evidence.deaf(at - 100, from) {
                let early = traffic.requests.iter().filter(|sent| (from..until).contains(*sent)).count();
                waits.push(Wait { vendor, from, until, early });
            }
        }
    }
    waits
}
