//! What may and what has to have happened on the way.

use std::collections::BTreeMap;

use super::Broken;
use crate::evidence::{About, Attempt, Delivery, Evidence, Read, Struck, Write};

/// A suspension follows a read of the person that is at most so old, in milliseconds, not counting what was injected: the five
/// seconds after which the program asks again, and one for the way there.
const FRESH: i64 = 6000;
/// What can hold a write back that was decided in time: whatever else goes wrong is looked after before the decision.
const HOLDS_BACK: [&str; 3] = ["FreezeWorker", "Slow(JumpCloud", "Stall(JumpCloud"];

/// Every webhook that was answered 2xx had its effect: its person was read afterwards, or everybody was listed. Whom it is
/// about may have been unknown; then such a list may still be to come, since there is one in ten minutes at most.
pub(super) fn answered_means_done(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "a webhook that was answered 2xx had its effect";
    // One body, sent twice or again, is one event: the second is answered 2xx and needs nothing more.
    let mut events: BTreeMap<&str, Vec<&Delivery>> = BTreeMap::new();
    for delivery in &evidence.deliveries {
        events.entry(&delivery.body).or_default().push(delivery);
    }
    let mut broken = Vec::new();
    for deliveries in events.values() {
        if deliveries.iter().all(|delivery| delivery.accepted().is_none()) {
            continue;
        }
        // An attempt without a good answer may have been stored all the same, unless nobody was there to store it.
        let stored =
            deliveries.iter().flat_map(|delivery| &delivery.attempts).filter(|a| may_store(evidence, a));
        let Some(stored) = stored.map(|attempt| attempt.at).min() else { continue };
        let about = deliveries[0].about();
        if !looked(evidence, &about, stored) {
            let number = deliveries[0].id;
            broken.push(Broken {
                law: LAW,
                how: format!(
                    "delivery {number} about {about:?} was taken at {stored}, and nobody looked at Deel since"
                ),
            });
        }
    }
    broken
}

/// Whether Deel was asked at that time or later about whom an event concerns.
fn looked(evidence: &Evidence, about: &About, stored: i64) -> bool {
    let (person, known) = match about {
        About::Person(person) => (Some(person.as_str()), true),
        About::Contract(contract) => (evidence.party_to(contract), evidence.knew(contract, stored)),
        About::Somebody => (None, false),
    };
    let read =
        person.is_some_and(|person| evidence.reads.iter().any(|read| read.id == person && read.at >= stored));
    // Whoever is known is asked for by name, so that another's list is luck and proves nothing.
    let listed = || evidence.lists.iter().any(|list| list.at >= stored);
    read || (!known && (listed() || evidence.redis.delayed.contains_key("reconcile")))
}

/// Nobody, or nowhere to store it.
const NOT_STORED: [&str; 3] = ["KillIngress", "KillRedis", "Refuse(Redis)"];

fn may_store(evidence: &Evidence, attempt: &Attempt) -> bool {
    if attempt.is_good() {
        return true;
    }
    let down = |fault: &&Struck| {
        NOT_STORED.iter().any(|what| fault.what.starts_with(what))
            && fault.from < attempt.at
            && attempt.at + attempt.duration_ms < fault.to
    };
    !evidence.done.faults.iter().any(|fault| down(&fault))
}

/// Every webhook was taken in the end: Deel did not have to give one up.
pub(super) fn none_given_up(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "every webhook is taken in the end";
    let left = evidence.deliveries.iter().filter(|delivery| delivery.status != "delivered");
    left.map(|delivery| Broken { law: LAW, how: format!("delivery {} is {}", delivery.id, delivery.status) })
        .collect()
}

/// Nobody was suspended whom no read of the preceding seconds showed as leaving, nor whom a later one showed at work.
pub(super) fn suspended_on_evidence(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "nobody is suspended whom the last read, seconds ago, did not show as leaving";
    on_evidence(evidence, LAW, Write::suspends, Read::leaving)
}

/// Nobody was let in whom no read of the preceding seconds showed at work, nor whom a later one showed as leaving. A creation
/// gives access, too; it may rest on a list of everybody.
pub(super) fn let_in_on_evidence(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "nobody is let in whom the last read, seconds ago, did not show at work";
    on_evidence(evidence, LAW, Write::lets_in, Read::at_work)
}

/// Every write that `changes` somebody's access rests on a read that `speaks` for it.
fn on_evidence(
    evidence: &Evidence,
    law: &'static str,
    changes: fn(&Write) -> bool,
    speaks: fn(&Read) -> bool,
) -> Vec<Broken> {
    let mut broken = Vec::new();
    for write in evidence.journal.iter().filter(|write| changes(write)) {
        let account = write.account.as_deref().unwrap_or_default();
        let person = evidence.person_of(account).unwrap_or_default();
        if let Some(how) = without_evidence(evidence, person, write.at, speaks) {
            broken.push(Broken { law, how: format!("{person} (account {account}): {how}") });
        }
    }
    broken
}

/// What is wrong with the change of this person's access at this time, if anything is: the last read has to be one that
/// speaks for it.
fn without_evidence(evidence: &Evidence, person: &str, at: i64, speaks: fn(&Read) -> bool) -> Option<String> {
    let mut before = evidence.reads.iter().rev().filter(|read| read.id == person && read.at < at);
    let Some(mut read) = before.next() else { return Some("no read ever".to_owned()) };
    if !speaks(read) {
        // Somebody may have taken over from a worker that stopped between its last look at the lease and the write.
        let frozen = |earlier: &&Read| evidence.struck("FreezeWorker", earlier.at, at);
        match before.find(|read| speaks(read)).filter(frozen) {
            Some(earlier) => read = earlier,
            None => return Some(format!("{} ms before, a read did not show that", at - read.at)),
        }
    }
    let holds_back = |fault: &Struck| HOLDS_BACK.iter().any(|what| fault.what.starts_with(what));
    let age = at - read.at - evidence.injected(read.at, at, holds_back);
    (age > FRESH).then(|| format!("the latest read was {age} ms old"))
}

/// Nobody whom another hand suspended was brought back.
pub(super) fn other_hands_stay(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "nobody is reactivated whom another hand suspended";
    let mut broken = Vec::new();
    for (account, at) in &evidence.done.foreign {
        let back = evidence.journal.iter().find(|write| {
            write.account.as_ref() == Some(account)
                && write.at >= *at
                && write.state().is_some_and(|(before, after)| before == "SUSPENDED" && after != "SUSPENDED")
        });
        let now = evidence.accounts.iter().find(|other| other["_id"] == account.as_str());
        if let Some(back) = back {
            broken
                .push(Broken { law: LAW, how: format!("account {account} was, {} ms later", back.at - at) });
        } else if now.is_none_or(|account| account["state"] != "SUSPENDED") {
            broken.push(Broken { law: LAW, how: format!("account {account} is not suspended any more") });
        }
    }
    broken
}

/// Before anybody approved more, no more people were suspended than the limits allow.
pub(super) fn within_the_limits(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "the limits on suspensions hold";
    let Some(most) = evidence.done.suspensions else { return Vec::new() };
    let until = evidence.done.approved.unwrap_or(i64::MAX);
    let mut suspended: Vec<&str> = evidence
        .journal
        .iter()
        .filter(|write| write.suspends() && write.at < until)
        .filter_map(|write| write.account.as_deref())
        .collect();
    suspended.sort_unstable();
    suspended.dedup();
    if suspended.len() <= most {
        return Vec::new();
    }
    vec![Broken { law: LAW, how: format!("{} accounts were suspended, {most} are allowed", suspended.len()) }]
}

/// No process ended without having been told to.
pub(super) fn nobody_gives_up(evidence: &Evidence) -> Vec<Broken> {
    const LAW: &str = "no process ends by itself";
    evidence
        .done
        .ended
        .iter()
        .map(|(name, at)| Broken { law: LAW, how: format!("{name} did, at {at}") })
        .collect()
}
