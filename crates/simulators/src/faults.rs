//! What can be told to go wrong. One set is in force at a time; `POST /_sim/faults` replaces it.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A set of faults, as `POST /_sim/faults` takes it. Everything is off unless given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Every answer comes this much later, in milliseconds.
    pub latency_ms: u64,
    /// Up to this much more, at random, in milliseconds.
    pub jitter_ms: u64,
    /// Answers 429.
    pub rate_429: Option<Strike>,
    /// Answers 5xx (`status`, 503 by default).
    pub status_5xx: Option<Strike>,
    /// The connection is cut instead of an answer, before or after the request took effect (`when`).
    pub lost_answers: Option<Strike>,
    /// Reads show the state of this many milliseconds ago.
    pub stale_reads_ms: u64,
    /// Deel: names and emails are missing from people, as for a token without the sensitive-data box.
    pub withhold_sensitive: bool,
    /// Deel: this scope is missing from the token.
    pub missing_scope: Option<String>,
    /// Deel: the token's type is not allowed (403 `TOKEN_TYPE_NOT_ALLOWED`).
    pub token_type_not_allowed: bool,
    /// Any: the credentials stop being accepted (401).
    pub revoked: bool,
    /// Lists that lie.
    pub list: ListFaults,
    /// Deel: what happens to deliveries.
    pub deliveries: DeliveryFaults,
    /// Only requests with these methods are affected by latency, 429, 5xx and lost answers; empty means all.
    pub methods: Vec<String>,
    /// Only paths that contain this text are affected by latency, 429, 5xx and lost answers.
    pub path: Option<String>,
    /// The set is taken back after this many affected requests.
    pub count: Option<u64>,
}

/// How often a fault strikes: the first `count` requests, or a share of them, or a share until `count` is used up.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Strike {
    /// At most this many times.
    pub count: Option<u64>,
    /// The probability of striking, 0 to 1.
    pub ratio: Option<f64>,
    /// 429 and 5xx: the `Retry-After` header, seconds or an HTTP date.
    pub retry_after: Option<Value>,
    /// 5xx: the status.
    pub status: Option<u16>,
    /// 5xx: an HTML page instead of JSON.
    pub html: bool,
    /// Lost answers: `before` or `after` (default) the request took effect.
    pub when: When,
    /// Lost answers: the connection stays open and silent for this long, in milliseconds, before it is cut.
    pub hold_ms: u64,
}

/// When an answer gets lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// The request had no effect.
    Before,
    /// The request took effect.
    #[default]
    After,
}

/// Ways in which a list can be wrong.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListFaults {
    /// Added to the reported total.
    pub total_delta: i64,
    /// Every page but the first begins with the last row of the one before, in place of its own first.
    pub repeat_rows: bool,
    /// Every page lacks its last this many rows.
    pub drop_rows: usize,
    /// Pages at or beyond this offset answer 500.
    pub fail_from: Option<usize>,
    /// There is nobody, and the total says so.
    pub empty: bool,
    /// Only every n-th row is visible, and the total says so: a token that sees a part of the company. At Deel it is every n-th
    /// person as they came, whatever the list is sorted and filtered by, and the others answer 404 one by one, too.
    pub visible_every: Option<usize>,
    /// Deel: half of the people have no work email, in lists and one by one.
    pub emails_gone: bool,
    /// After the first page, this many of its rows are gone: the rest moves up, and the total falls.
    pub shrink: usize,
    /// After the first page, this many rows have come before it: the rest moves down, and the total rises.
    pub grow: usize,
    /// After the first page, this many of its rows are gone and as many are new at the end: rows are missed, and neither
    /// the total nor an id says so.
    pub exchange: usize,
}

impl ListFaults {
    /// Deel: whether the token sees the person who came as number `index`, from 0.
    pub(crate) fn sees(&self, index: usize) -> bool {
        self.visible_every.is_none_or(|every| index.is_multiple_of(every.max(1)))
    }

    /// Deel: whether this person has no work email.
    pub(crate) fn hides_email(&self, index: usize) -> bool {
        self.emails_gone && index.is_multiple_of(2)
    }

    /// Which of `len` rows exist for the page at `offset`.
    pub(crate) fn present(&self, offset: usize, len: usize) -> std::ops::Range<usize> {
        let range = if offset == 0 {
            self.grow..len.saturating_sub(self.exchange)
        } else {
            self.shrink.saturating_add(self.exchange)..len
        };
        range.start.min(range.end)..range.end
    }
}

/// Ways in which a webhook delivery can go.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryFaults {
    /// Share of deliveries sent twice.
    pub duplicate: f64,
    /// Share of deliveries never sent.
    pub lose: f64,
    /// Deliveries wait a random time of up to this many milliseconds, which changes their order.
    pub reorder_ms: u64,
}

/// What becomes of one request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) delay: Duration,
    pub(crate) fate: Fate,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fate {
    Fine,
    Limited { retry_after: Option<String> },
    Broken { status: u16, html: bool, retry_after: Option<String> },
    Lost { when: When, hold: Duration },
}

/// The faults in force, and how much of them is left.
#[derive(Debug)]
pub(crate) struct FaultState {
    faults: Faults,
    random: StdRng,
}

impl FaultState {
    pub(crate) fn new(seed: u64) -> Self {
        Self { faults: Faults::default(), random: StdRng::seed_from_u64(seed ^ 0xfa17) }
    }

    pub(crate) fn set(&mut self, faults: Faults) {
        self.faults = faults;
    }

    pub(crate) fn get(&self) -> &Faults {
        &self.faults
    }

    /// Rolls the dice for a request, and uses up the counts.
    pub(crate) fn judge(&mut self, method: &str, path: &str) -> Verdict {
        let fine = Verdict { delay: Duration::ZERO, fate: Fate::Fine };
        let here = (self.faults.methods.is_empty()
            || self.faults.methods.iter().any(|m| m.eq_ignore_ascii_case(method)))
            && self.faults.path.as_deref().is_none_or(|part| path.contains(part));
        if !here || self.faults == Faults::default() {
            return fine;
        }
        if let Some(left) = &mut self.faults.count {
            if *left == 0 {
                self.faults = Faults::default();
                return fine;
            }
            *left -= 1;
        }
        let jitter = match self.faults.jitter_ms {
            0 => 0,
            most => self.random.random_range(0..=most),
        };
        let delay = Duration::from_millis(self.faults.latency_ms + jitter);
        let random = &mut self.random;
        let fate = if let Some(strike) = struck(&mut self.faults.lost_answers, random) {
            Fate::Lost { when: strike.when, hold: Duration::from_millis(strike.hold_ms) }
        } else if let Some(strike) = struck(&mut self.faults.rate_429, random) {
            Fate::Limited { retry_after: strike.retry_after() }
        } else if let Some(strike) = struck(&mut self.faults.status_5xx, random) {
            Fate::Broken {
                status: strike.status.unwrap_or(503),
                html: strike.html,
                retry_after: strike.retry_after(),
            }
        } else {
            Fate::Fine
        };
        Verdict { delay, fate }
    }

    /// What happens to one delivery: how many copies are sent, each after which delay.
    pub(crate) fn copies(&mut self) -> Vec<Duration> {
        let faults = &self.faults.deliveries;
        let random = &mut self.random;
        if faults.lose > 0.0 && random.random_bool(faults.lose.clamp(0.0, 1.0)) {
            return Vec::new();
        }
        let copies = if faults.duplicate > 0.0 && random.random_bool(faults.duplicate.clamp(0.0, 1.0)) {
            2
        } else {
            1
        };
        let wait = |random: &mut StdRng| match faults.reorder_ms {
            0 => Duration::ZERO,
            most => Duration::from_millis(random.random_range(0..=most)),
        };
        (0..copies).map(|_| wait(random)).collect()
    }
}

impl Strike {
    fn retry_after(&self) -> Option<String> {
        match self.retry_after.as_ref()? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

fn struck(strike: &mut Option<Strike>, random: &mut StdRng) -> Option<Strike> {
    let strike = strike.as_mut()?;
    if strike.count == Some(0) {
        return None;
    }
    // Neither count nor ratio: every request.
    if strike.ratio.is_some_and(|ratio| !random.random_bool(ratio.clamp(0.0, 1.0))) {
        return None;
    }
    if let Some(left) = &mut strike.count {
        *left -= 1;
    }
    Some(strike.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(faults: Faults) -> FaultState {
        let mut state = FaultState::new(1);
        state.set(faults);
        state
    }

    #[test]
    fn a_count_strikes_that_often() {
        let strike = Strike { count: Some(2), retry_after: Some(Value::from(7)), ..Strike::default() };
        let mut state = state(Faults { rate_429: Some(strike), ..Faults::default() });
        let limited = Fate::Limited { retry_after: Some("7".to_owned()) };
        assert_eq!(state.judge("GET", "/x").fate, limited);
        assert_eq!(state.judge("GET", "/x").fate, limited);
        assert_eq!(state.judge("GET", "/x").fate, Fate::Fine);
    }

    #[test]
    fn a_ratio_strikes_about_that_often() {
        let strike = Strike { ratio: Some(0.25), ..Strike::default() };
        let mut state = state(Faults { status_5xx: Some(strike), ..Faults::default() });
        let struck = (0..1000).filter(|_| state.judge("GET", "/x").fate != Fate::Fine).count();
        assert!((180..320).contains(&struck), "{struck}");
    }

    #[test]
    fn methods_paths_and_the_overall_count_confine_a_set() {
        let mut state = state(Faults {
            lost_answers: Some(Strike::default()),
            methods: vec!["put".to_owned()],
            path: Some("/users".to_owned()),
            count: Some(1),
            ..Faults::default()
        });
        assert_eq!(state.judge("GET", "/users/1").fate, Fate::Fine);
        assert_eq!(state.judge("PUT", "/groups").fate, Fate::Fine);
        assert!(matches!(state.judge("PUT", "/users/1").fate, Fate::Lost { when: When::After, .. }));
        assert_eq!(state.judge("PUT", "/users/1").fate, Fate::Fine);
        assert_eq!(*state.get(), Faults::default());
    }
}
