//! The vendors' limits.

use super::Broken;
use crate::evidence::Evidence;

/// Requests that set out so soon after a 429 was passed on, in milliseconds, were on their way already.
const IN_FLIGHT: i64 = 500;

/// No one-second window saw more requests than a vendor allows, over all processes.
pub(super) fn limits_are_kept(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "no vendor's limit is exceeded in any second";
    let mut broken = Vec::new();
    for (vendor, (limit, traffic)) in &evidence.vendors {
        let (most, at) = busiest_second(&traffic.requests);
        if most > *limit as usize {
            let how = format!("{most} requests to {vendor} in the second from {at}, {limit} are allowed");
            broken.push(Broken { law: LAW, how });
        }
    }
    broken
}

/// The most requests within any one second, and when it began.
#[must_use]
pub fn busiest_second(requests: &[i64]) -> (usize, i64) {
    let mut requests = requests.to_vec();
    requests.sort_unstable();
    let (mut first, mut most) = (0, (0, 0));
    for (index, at) in requests.iter().enumerate() {
        while at - requests[first] >= 1000 {
            first += 1;
        }
        most = most.max((index + 1 - first, requests[first]));
    }
    most
}

/// After a 429 with `Retry-After` nobody asks within it, except where a process or Redis could not learn of it.
pub(super) fn told_to_wait_is_waiting(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "nobody asks a vendor that said to wait";
    let mut broken = Vec::new();
    for (vendor, (_, traffic)) in &evidence.vendors {
        for &(at, until) in &traffic.limited {
            // Whoever was told was stopped, or could not tell the others.
            if evidence.injected(at - 3000, until, |fault| fault.deaf) > 0 {
                continue;
            }
            let early =
                traffic.requests.iter().filter(|&&sent| sent > at + IN_FLIGHT && sent < until).count();
            if early > 0 {
                let how = format!("{early} requests to {vendor} between {at} and {until}");
                broken.push(Broken { law: LAW, how });
            }
        }
    }
    broken
}
