//! What is known of a run from the outside: the simulators' journals, the proxies' notes, Redis, and what was done to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::clock::parse_ms;
use crate::proxy::Traffic;

/// A lifecycle event, whose read may have been stale, is looked at again after so long, in milliseconds.
const NEXT_LOOK: i64 = 60_000;
/// So long after Deel has shown whose a contract is, the program has remembered it, in milliseconds.
const LEARNED: i64 = 2000;
/// The faults after which a vendor counts as away.
const AWAY: [&str; 8] =
    ["Broken", "Refuse", "Stall", "Cut", "HangBefore", "HangAfter", "SilentBefore", "SilentAfter"];
/// The first wait until a vendor that is away is tried, in milliseconds.
const FIRST_TRY: i64 = 1000;

/// All of it. Times are milliseconds since 1970, by the one clock of the machine.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Everybody in Deel, as a read would show them.
    pub people: Vec<Value>,
    /// All accounts in JumpCloud.
    pub accounts: Vec<Value>,
    /// Every write that JumpCloud received.
    pub journal: Vec<Write>,
    /// Every read of one person that Deel answered.
    pub reads: Vec<Read>,
    /// Every list of everybody that Deel answered.
    pub lists: Vec<List>,
    /// Every webhook.
    pub deliveries: Vec<Delivery>,
    /// What set out to each vendor, and its limit per second.
    pub vendors: BTreeMap<&'static str, (u32, Traffic)>,
    /// What is in Redis at the end.
    pub redis: Keys,
    /// What was done to the system.
    pub done: Done,
}

/// What Redis holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys {
    /// Jobs in line.
    pub waiting: u64,
    /// Jobs that a worker has.
    pub leased: u64,
    /// Jobs given up.
    pub dead: Vec<String>,
    /// Jobs for later: job and when.
    pub delayed: BTreeMap<String, i64>,
    /// All keys, by the part of their name after the prefix; ids of persons and days are replaced by `*`.
    pub names: BTreeMap<String, u64>,
}

/// What was done, and what was seen while it was done.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// Deel's ids of the people, by their number in the plan.
    pub people: Vec<String>,
    /// Who left, and when.
    pub terminations: Vec<(String, i64)>,
    /// Who was hired again, and when.
    pub rehires: Vec<(String, i64)>,
    /// Accounts that another hand suspended, and when.
    pub foreign: Vec<(String, i64)>,
    /// Faults that struck.
    pub faults: Vec<Struck>,
    /// Workers that were killed.
    pub kills: Vec<Kill>,
    /// Times that Redis was down.
    pub restarts: Vec<Restart>,
    /// People whose suspension the limits held, and when the first was approved.
    pub held: Vec<String>,
    /// When the first was approved.
    pub approved: Option<i64>,
    /// New accounts are ready to be used, instead of staged.
    pub activated: bool,
    /// Suspensions that the limits allow within the run; `None`: any number.
    pub suspensions: Option<usize>,
    /// Times in which this machine was too busy to wake anybody up, as the harness saw by itself.
    pub late: Vec<(i64, i64)>,
    /// Processes that ended without having been told to: which, and when.
    pub ended: Vec<(String, i64)>,
}

/// A fault that struck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Struck {
    /// What it was.
    pub what: String,
    /// Whether it was to a process or to Redis, which may then not learn of a vendor's answer in time.
    pub deaf: bool,
    /// From when.
    pub from: i64,
    /// Until when.
    pub to: i64,
    /// Until when an answer that it has delayed may have been out: [`crate::plan::Kind::lingers`].
    pub felt: i64,
}

/// A worker that was killed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kill {
    /// When.
    pub at: i64,
    /// Whom it had at that moment.
    pub persons: Vec<String>,
}

/// A time that Redis was down, and what came afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restart {
    /// Since when.
    pub down: i64,
    /// Since when it answers again.
    pub up: i64,
    /// About whom a webhook was sent as soon as it did.
    pub person: String,
    /// When the one that was answered 2xx was sent, and when it was answered.
    pub accepted: Option<(i64, i64)>,
}

/// One write to JumpCloud.
#[derive(Debug, Clone, Deserialize)]
pub struct Write {
    /// When it took effect.
    #[serde(deserialize_with = "moment")]
    pub at: i64,
    /// The account's id.
    pub account: Option<String>,
    /// The fields it changed.
    pub changes: Vec<Change>,
}

/// One field of a write.
#[derive(Debug, Clone, Deserialize)]
pub struct Change {
    /// Its name.
    pub field: String,
    /// Before.
    pub before: Value,
    /// After.
    pub after: Value,
}

impl Write {
    /// It took the account's state from one to another.
    #[must_use]
    pub fn state(&self) -> Option<(&str, &str)> {
        let change = self.changes.iter().find(|change| change.field == "state")?;
        Some((change.before.as_str().unwrap_or_default(), change.after.as_str().unwrap_or_default()))
    }

    /// It suspended the account.
    #[must_use]
    pub fn suspends(&self) -> bool {
        self.state().is_some_and(|(before, after)| before != "SUSPENDED" && after == "SUSPENDED")
    }

    /// It gave access to an account that was there and had none.
    #[must_use]
    pub fn lets_in(&self) -> bool {
        self.state()
            .is_some_and(|(before, after)| matches!(before, "SUSPENDED" | "STAGED") && after == "ACTIVATED")
    }
}

/// One read of one person.
#[derive(Debug, Clone, Deserialize)]
pub struct Read {
    /// When.
    #[serde(deserialize_with = "moment")]
    pub at: i64,
    /// Whom.
    pub id: String,
    /// The status that was shown.
    pub hiring_status: Option<String>,
    /// The last day that was shown.
    pub termination_last_day: Option<String>,
    /// How many contracts were shown as running; `None`: the person was not there.
    pub running: Option<usize>,
    /// The ids of all contracts that were shown; `None`: the person was not there.
    pub contracts: Option<Vec<String>>,
}

impl Read {
    /// It speaks for somebody who is not at work any more, or not for long.
    #[must_use]
    pub fn leaving(&self) -> bool {
        match self.hiring_status.as_deref() {
            Some("inactive") => self.running == Some(0) || self.termination_last_day.is_some(),
            Some("offboarding" | "active") => self.termination_last_day.is_some(),
            _ => false,
        }
    }

    /// It speaks for somebody who is at work: a contract runs.
    #[must_use]
    pub fn at_work(&self) -> bool {
        self.hiring_status.as_deref() == Some("active") && self.running.is_some_and(|running| running > 0)
    }
}

/// One list of everybody, whole: a company of a storm fits on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// When.
    pub at: i64,
    /// The ids of all contracts that were shown.
    pub contracts: Vec<String>,
}

/// One page of a list.
#[derive(Debug, Clone, Deserialize)]
pub struct Page {
    #[serde(deserialize_with = "moment")]
    at: i64,
    offset: usize,
    rows: usize,
    total: usize,
    contracts: Vec<String>,
}

impl Page {
    /// The list, if all of it was on this page.
    #[must_use]
    pub fn whole(self) -> Option<List> {
        (self.offset == 0 && self.rows == self.total)
            .then_some(List { at: self.at, contracts: self.contracts })
    }
}

/// One webhook on its way to the ingress.
#[derive(Debug, Clone, Deserialize)]
pub struct Delivery {
    /// Its number.
    pub id: u64,
    /// What it is about.
    pub event_type: String,
    /// `pending`, `delivered`, `failed` or `abandoned`.
    pub status: String,
    /// The bytes.
    pub body: String,
    /// The attempts.
    pub attempts: Vec<Attempt>,
}

/// One attempt at a delivery.
#[derive(Debug, Clone, Deserialize)]
pub struct Attempt {
    /// When it began.
    #[serde(deserialize_with = "moment")]
    pub at: i64,
    /// The answer; none if there was none.
    pub status: Option<u16>,
    /// How long it took.
    pub duration_ms: i64,
}

impl Attempt {
    /// It was answered 2xx.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Whom a webhook is about, as far as its body tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The person with this id.
    Person(String),
    /// Whoever has the contract with this id.
    Contract(String),
    /// Somebody.
    Somebody,
}

impl Delivery {
    /// Whom it is about.
    #[must_use]
    pub fn about(&self) -> About {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let resource = &body["data"]["resource"];
        let says = |field: &str| resource[field].as_str().map(str::to_owned);
        let kind = self.event_type.as_str();
        let about = match kind {
            _ if kind.starts_with("worker.") || kind.ends_with(".direct") => says("id").map(About::Person),
            _ if kind.starts_with("contract.") => says("id").map(About::Contract),
            _ => says("contract_id").map(About::Contract),
        };
        about.unwrap_or(About::Somebody)
    }

    /// The person that the body names, if it names one.
    #[must_use]
    pub fn person(&self) -> Option<String> {
        match self.about() {
            About::Person(person) => Some(person),
            About::Contract(_) | About::Somebody => None,
        }
    }

    /// When it was first answered 2xx.
    #[must_use]
    pub fn accepted(&self) -> Option<i64> {
        self.attempts
            .iter()
            .filter(|attempt| attempt.is_good())
            .map(|attempt| attempt.at + attempt.duration_ms)
            .min()
    }
}

impl Evidence {
    /// The accounts that are linked to this person.
    pub fn accounts_of<'a>(&'a self, person: &'a str) -> impl Iterator<Item = &'a Value> {
        self.accounts.iter().filter(move |account| account["employeeIdentifier"] == person)
    }

    /// The person whose account this is.
    #[must_use]
    pub fn person_of(&self, account: &str) -> Option<&str> {
        self.accounts.iter().find(|other| other["_id"] == account)?["employeeIdentifier"].as_str()
    }

    /// The person who has, or had, this contract.
    #[must_use]
    pub fn party_to(&self, contract: &str) -> Option<&str> {
        let has = |person: &&Value| {
            let all = person["employments"].as_array().into_iter().flatten();
            all.into_iter().any(|employment| employment["id"] == contract)
        };
        self.people.iter().find(has)?["id"].as_str()
    }

    /// Whether the program knew at that moment whose contract this is: Deel had shown it, and nothing went wrong for so long
    /// afterwards that it was remembered.
    #[must_use]
    pub fn knew(&self, contract: &str, at: i64) -> bool {
        let reads = self.reads.iter().map(|read| (read.at, read.contracts.as_deref().unwrap_or_default()));
        let lists = self.lists.iter().map(|list| (list.at, list.contracts.as_slice()));
        reads.chain(lists).any(|(shown, contracts)| {
            let learned = shown + LEARNED;
            learned <= at
                && contracts.iter().any(|other| other == contract)
                && covered(self.spans(|_| true).collect(), shown, learned) == 0
        })
    }

    /// How much of the time between these two a fault was in force that `counts`, or an answer out that it delayed, or the machine
    /// too busy, in milliseconds.
    #[must_use]
    pub fn injected(&self, from: i64, to: i64, counts: impl Fn(&Struck) -> bool) -> i64 {
        covered(self.spans(counts).chain(self.done.late.iter().copied()).collect(), from, to)
    }

    /// The same, and after each outage of a vendor as long again, since the wait until it is tried doubles from try to try.
    #[must_use]
    pub fn injected_and_after(&self, from: i64, to: i64, counts: impl Fn(&Struck) -> bool) -> i64 {
        let outage = |fault: &&Struck| !fault.deaf && AWAY.iter().any(|kind| fault.what.starts_with(kind));
        let outages = self.done.faults.iter().filter(outage);
        let after = outages.map(|fault| (fault.felt, fault.felt + (fault.felt - fault.from).max(FIRST_TRY)));
        covered(self.spans(counts).chain(after).chain(self.done.late.iter().copied()).collect(), from, to)
    }

    /// Whether a fault of this kind was in force at some time between these two.
    #[must_use]
    pub fn struck(&self, what: &str, from: i64, to: i64) -> bool {
        covered(self.spans(|fault| fault.what.starts_with(what)).collect(), from, to) > 0
    }

    /// Whether a process or Redis was stopped, or cut off from the others, between these two.
    #[must_use]
    pub fn deaf(&self, from: i64, to: i64) -> bool {
        covered(self.spans(|fault| fault.deaf).collect(), from, to) > 0
    }

    /// The same for what concerns one person: a stale read costs the wait for the next look, too.
    #[must_use]
    pub fn injected_for(&self, person: &str, from: i64, to: i64) -> i64 {
        let stale: Vec<(i64, i64)> = self.spans(|fault| fault.what.starts_with("Stale")).collect();
        let mut reads = self.reads.iter().filter(|read| read.id == person).peekable();
        let mut waits = Vec::new();
        while let Some(read) = reads.next() {
            let next = reads.peek().map_or(to, |next| next.at);
            if stale.iter().any(|(from, to)| (*from..=*to).contains(&read.at)) {
                waits.push((read.at, next.min(read.at + NEXT_LOOK)));
            }
        }
        covered(self.spans(|_| true).chain(waits).chain(self.done.late.iter().copied()).collect(), from, to)
    }

    fn spans(&self, counts: impl Fn(&Struck) -> bool) -> impl Iterator<Item = (i64, i64)> {
        self.done.faults.iter().filter(move |fault| counts(fault)).map(|fault| (fault.from, fault.felt))
    }
}

/// How much of the time between `from` and `to` these spans cover together.
fn covered(mut spans: Vec<(i64, i64)>, from: i64, to: i64) -> i64 {
    spans.sort_unstable();
    let (mut sum, mut reached) = (0, from);
    for (start, end) in spans {
        sum += (end.min(to) - start.max(reached)).max(0);
        reached = reached.max(end.min(to));
    }
    sum
}

fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    let text = String::deserialize(from)?;
    parse_ms(&text).map_err(serde::de::Error::custom)
}
