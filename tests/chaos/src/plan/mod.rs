//! What is going to happen, and when: made from a seed alone, before anything is started.

mod faults;
mod people;

use std::fmt;
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

pub use faults::{Fault, HOLD, Kind, LONGER, Place, TIMEOUT};
pub use people::{Deed, FOREIGN_GAP, Field};

/// How long a storm is, and how hard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How long things happen in Deel and faults strike.
    pub storm: Duration,
    /// People there are before it begins.
    pub people: usize,
    /// Deeds in Deel per ten seconds.
    pub deeds: usize,
    /// Faults per ten seconds.
    pub faults: usize,
    /// Reads may be stale: a lifecycle event is then looked at again a minute later, which has to be waited for.
    pub stale: bool,
}

impl Size {
    /// For `make test`: nothing that has to be waited for longer than seconds.
    pub const SHORT: Self =
        Self { storm: Duration::from_secs(10), people: 10, deeds: 18, faults: 8, stale: false };
    /// For `make soak`.
    pub const LONG: Self =
        Self { storm: Duration::from_secs(40), people: 24, deeds: 18, faults: 6, stale: true };
}

/// Everything that a seed decides.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// How long and how hard.
    pub size: Size,
    /// The limits on suspensions are the usual, narrow ones: some are held and have to be approved.
    pub guarded: bool,
    /// New accounts are ready to be used, instead of staged.
    pub activated: bool,
    /// Each vendor's answers take this long, and up to as much again, in milliseconds.
    pub latency_ms: u64,
    /// The share of webhooks that arrive twice.
    pub duplicates: f64,
    /// Webhooks wait up to this long, which changes their order, in milliseconds.
    pub reorder_ms: u64,
    /// What happens, by time.
    pub steps: Vec<Step>,
}

/// One thing at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Since the storm began.
    pub at: Duration,
    /// What.
    pub act: Act,
}

/// One thing.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Something happens in Deel, or an administrator does something in JumpCloud.
    Deed(Deed),
    /// This fault (by its number in the plan) begins.
    Begin(usize, Fault),
    /// It ends.
    End(usize, Fault),
    /// `deelsync sync`, over everyone; killed with `kill -9` after this time, if one is given.
    Sync(Option<Duration>),
}

impl Plan {
    /// The plan of a seed: the same every time.
    #[must_use]
    pub fn new(seed: u64, size: Size) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut plan = Self {
            seed,
            size,
            guarded: random.random_bool(0.2),
            activated: random.random_bool(0.5),
            latency_ms: random.random_range(5..60),
            duplicates: random.random_range(0.1..0.5),
            reorder_ms: random.random_range(0..1500),
            steps: Vec::new(),
        };
        for (at, deed) in people::deeds(&mut random, size) {
            plan.steps.push(Step { at, act: Act::Deed(deed) });
        }
        for (number, (at, fault)) in faults::faults(&mut random, size).into_iter().enumerate() {
            plan.steps.push(Step { at: at + fault.lasts, act: Act::End(number, fault.clone()) });
            plan.steps.push(Step { at, act: Act::Begin(number, fault) });
        }
        let at = size.storm.mul_f64(random.random_range(0.2..0.8));
        let killed = random.random_bool(0.4).then(|| Duration::from_millis(random.random_range(300..3000)));
        plan.steps.push(Step { at, act: Act::Sync(killed) });
        plan.steps.sort_by_key(|step| step.at);
        plan
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deed(deed) => write!(f, "{deed}"),
            Self::Begin(number, fault) => write!(f, "fault {number} begins: {fault}"),
            Self::End(number, fault) => write!(f, "fault {number} ends: {fault}"),
            Self::Sync(None) => write!(f, "deelsync sync"),
            Self::Sync(Some(after)) => write!(f, "deelsync sync, killed after {} ms", after.as_millis()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_decides_everything() {
        assert_eq!(Plan::new(7, Size::LONG), Plan::new(7, Size::LONG));
        assert_ne!(Plan::new(7, Size::LONG).steps, Plan::new(8, Size::LONG).steps);
    }

    #[test]
    fn every_kind_of_fault_and_deed_comes_up_within_a_few_seeds() {
        let mut kinds = BTreeSet::new();
        for seed in 0..12 {
            for step in Plan::new(seed, Size::LONG).steps {
                let word = match step.act {
                    Act::Begin(_, fault) => format!("{:?}", fault.kind),
                    Act::Deed(deed) => format!("{deed:?}"),
                    Act::End(..) | Act::Sync(_) => continue,
                };
                kinds.insert(word.split(['(', ' ', '{']).next().unwrap_or_default().to_owned());
            }
        }
        assert_eq!(kinds.len(), Kind::ALL.len() + Deed::KINDS, "{kinds:?}");
    }

    #[test]
    fn one_place_has_one_fault_at_a_time() {
        for seed in 0..50 {
            let mut busy = BTreeSet::new();
            for step in Plan::new(seed, Size::LONG).steps {
                match step.act {
                    Act::Begin(_, fault) => assert!(busy.insert(fault.place()), "seed {seed}: {fault}"),
                    Act::End(_, fault) => assert!(busy.remove(&fault.place()), "seed {seed}: {fault}"),
                    Act::Deed(_) | Act::Sync(_) => {}
                }
            }
            assert!(busy.is_empty(), "every fault ends");
        }
    }
}
