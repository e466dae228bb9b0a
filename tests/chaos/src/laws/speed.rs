//! How long it takes.

use super::Broken;
use crate::evidence::{Delivery, Evidence, Restart, Struck};

/// From a termination to the suspension, not counting what was injected, in milliseconds.
const TERMINATION: i64 = 10_000;
/// From the `kill -9` of a worker until somebody else looks at the person it had.
const TAKEN_OVER: i64 = 10_000;
/// A read so soon after the kill was asked for by the worker that was killed, in milliseconds; longer where Deel was slow.
const ITS_OWN: i64 = 300;
const ITS_OWN_SLOW: i64 = 2_000;
/// From the moment Redis answers again until a webhook that came then has led to a read.
const REDIS_BACK: i64 = 5_000;

/// One termination and how long its suspension took, in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latency {
    /// Who left.
    pub person: String,
    /// From Deel's event to the write at JumpCloud.
    pub whole: i64,
    /// From the acceptance of the webhook, without the time in which a fault was in force.
    pub net: i64,
}

/// Every termination that led to a suspension, except those that the limits held or a rehire overtook.
#[must_use]
pub fn latencies(evidence: &Evidence) -> Vec<Latency> {
    evidence.done.terminations.iter().filter_map(|(person, at)| latency(evidence, person, *at)).collect()
}

fn latency(evidence: &Evidence, person: &str, left: i64) -> Option<Latency> {
    if evidence.done.held.iter().any(|held| held == person) {
        return None;
    }
    let account = evidence.accounts_of(person).next()?["_id"].as_str()?;
    if evidence.done.foreign.iter().any(|(foreign, _)| foreign == account) {
        return None;
    }
    let back = evidence
        .done
        .rehires
        .iter()
        .filter(|(who, at)| who == person && *at >= left)
        .map(|(_, at)| *at)
        .min();
    let suspended = evidence
        .journal
        .iter()
        .find(|write| write.at >= left && write.suspends() && write.account.as_deref() == Some(account))
        .map(|write| write.at);
    let accepted = evidence
        .deliveries
        .iter()
        .filter(|delivery| delivery.person().as_deref() == Some(person))
        .filter(|delivery| delivery.attempts.first().is_some_and(|attempt| attempt.at >= left))
        .filter_map(Delivery::accepted)
        .min();
    let until = match (suspended, back) {
        (Some(suspended), Some(back)) if back < suspended => back,
        (Some(suspended), _) => suspended,
        (None, Some(back)) => back,
        // Who left before there was an account, or the law about the end says so.
        (None, None) => return None,
    };
    let from = accepted.unwrap_or(left).min(until);
    let net = (until - from - evidence.injected_for(person, from, until)).max(0);
    let overtaken = suspended.is_none_or(|suspended| suspended != until);
    // A rehire that came in time took nobody's suspension away.
    (!overtaken || net > TERMINATION).then(|| Latency { person: person.to_owned(), whole: until - left, net })
}

/// The value that this share (0 to 100) of the values does not exceed.
#[must_use]
pub fn percentile(values: &[i64], share: f64) -> i64 {
    let mut values = values.to_vec();
    values.sort_unstable();
    let rank = (share / 100.0 * values.len() as f64).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

/// p99 of termination to suspension is under ten seconds plus what was injected. So few are in one seed that this is all of them.
pub(super) fn leavers_are_quick(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "a termination is a suspension within 10 s plus the injected delays";
    let slow = latencies(evidence).into_iter().filter(|latency| latency.net > TERMINATION);
    slow.map(|latency| Broken {
        law: LAW,
        how: format!(
            "{} took {} ms, {} ms of them without a fault",
            latency.person, latency.whole, latency.net
        ),
    })
    .collect()
}

/// Until when a read may have been asked for by the worker that was killed then: its bytes may have been on their way.
fn its_own_until(evidence: &Evidence, killed: i64) -> i64 {
    let slow = evidence.struck("Slow(Deel)", killed - ITS_OWN_SLOW, killed);
    let stalled = evidence.done.faults.iter().filter(|fault| fault.what.starts_with("Stall(Deel)"));
    let stalled = stalled.filter(|fault| fault.from <= killed && fault.to > killed).map(|fault| fault.to);
    let sent = stalled.max().unwrap_or(killed);
    sent + if slow { ITS_OWN_SLOW } else { ITS_OWN }
}

/// How long it took until somebody else looked at each person whose worker was killed, without other faults' time.
#[must_use]
pub fn taken_over(evidence: &Evidence) -> Vec<(String, Option<i64>)> {
    let mut all = Vec::new();
    for kill in &evidence.done.kills {
        let after = its_own_until(evidence, kill.at);
        for person in &kill.persons {
            let read = evidence.reads.iter().find(|read| read.id == *person && read.at > after);
            let took = read.map(|read| {
                let others = |fault: &Struck| !fault.what.starts_with("KillWorker");
                (read.at - kill.at - evidence.injected(kill.at, read.at, others)).max(0)
            });
            all.push((person.clone(), took));
        }
    }
    all
}

/// After a `kill -9` of a worker, whom it had is looked at again within ten seconds.
pub(super) fn the_killed_are_followed(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "whom a killed worker had is looked at again within 10 s";
    let late = taken_over(evidence).into_iter().filter(|(_, took)| took.is_none_or(|took| took > TAKEN_OVER));
    late.map(|(person, took)| Broken {
        law: LAW,
        how: format!("{person}: {}", took.map_or("never".to_owned(), |took| format!("after {took} ms"))),
    })
    .collect()
}

/// How long a webhook took that was sent when Redis was back, until its person was read, without other faults' time.
#[must_use]
pub fn back_again(evidence: &Evidence) -> Vec<Option<i64>> {
    let restarts = evidence.done.restarts.iter();
    restarts
        .map(|restart| {
            let (_, accepted) = restart.accepted?;
            let until = led_to(evidence, restart)?.max(accepted);
            let others = not_of_redis;
            Some((until - restart.up - evidence.injected_and_after(restart.up, until, others)).max(0))
        })
        .collect()
}

/// When the webhook that came then had led to a read.
fn led_to(evidence: &Evidence, restart: &Restart) -> Option<i64> {
    let (sent, _) = restart.accepted?;
    let mut reads = evidence.reads.iter().filter(|read| read.id == restart.person && read.at >= sent);
    reads.next().map(|read| read.at)
}

fn not_of_redis(fault: &Struck) -> bool {
    !fault.what.starts_with("KillRedis")
}

/// How many of these restarts nothing else disturbed.
#[must_use]
pub fn back_undisturbed(evidence: &Evidence) -> usize {
    let alone = |restart: &&Restart| {
        let read = led_to(evidence, restart);
        read.is_some_and(|at| evidence.injected_and_after(restart.up, at, not_of_redis) == 0)
    };
    evidence.done.restarts.iter().filter(alone).count()
}

/// A restart of Redis costs no more than its downtime and five seconds.
pub(super) fn redis_comes_back(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "a restart of Redis costs no more than its downtime and 5 s";
    let late = back_again(evidence).into_iter().filter(|took| took.is_none_or(|took| took > REDIS_BACK));
    late.map(|took| Broken {
        law: LAW,
        how: took.map_or("no webhook had its read within 20 s".to_owned(), |took| {
            format!("{took} ms after it was back")
        }),
    })
    .collect()
}
