//! What goes into the queue and what comes out of a run.

use std::time::Duration;

use crate::{
    budget::Vendor,
    key::{JobKey, Line, Trigger},
};

/// A request to run a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Add {
    /// What to run.
    pub key: JobKey,
    /// Where it waits.
    pub line: Line,
    /// What asked for it.
    pub trigger: Trigger,
    /// For events after which a read may be stale: how many looks were already taken (`Some(0)`: this is the event
    /// itself). Of several requests that become one run, the smallest counts.
    pub look: Option<u8>,
}

/// What became of a request to run a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Added {
    /// It waits now (it was not waiting before; perhaps it was delayed or dead).
    Stored,
    /// It was already waiting; one run serves both.
    Coalesced,
    /// It is being run; it runs again afterwards.
    Rerun,
}

/// A time for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// So long from now, by Redis's clock; fractions of a millisecond are dropped.
    After(Duration),
    /// At this instant, in milliseconds since 1970-01-01T00:00:00Z.
    At(u64),
}

/// A further run that a run asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Again {
    /// When.
    pub when: When,
    /// In which line.
    pub line: Line,
    /// Why.
    pub trigger: Trigger,
    /// Which look it is, see [`Add::look`].
    pub look: Option<u8>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Finished. Nothing of the key stays, except a further run asked for here, by an event that arrived meanwhile,
    /// or by [`crate::Queue::delay`] meanwhile.
    Done {
        /// A further run at a time.
        again: Option<Again>,
    },
    /// Not finished; to be tried again after a growing delay, or dead if it was the last attempt.
    Retry {
        /// What the vendor asked for (`Retry-After`); the delay is not shorter than this.
        after: Option<Duration>,
        /// `false` for what is not this job's fault (a vendor that limits or is unavailable): no attempt is used up.
        counts: bool,
        /// The vendor that kept it from being done, if one is away. Once it is known to be away for everybody
        /// ([`crate::Breaker`]) the key goes back in line and waits there; before, it comes back after
        /// [`crate::Config::probe_every`] at the latest.
        away: Option<Vendor>,
        /// For people; ids only. Cut to 500 characters.
        error: String,
    },
    /// Cannot succeed; kept with the reason until it is retried or discarded by hand, a new event arrives, or its
    /// retention ends.
    Dead {
        /// For people; ids only. Cut to 500 characters.
        error: String,
    },
    /// Not done, nothing learned (shutdown, pause): back to the line, no attempt used up.
    Release,
}

impl Verdict {
    /// Finished, no further run.
    #[must_use]
    pub fn done() -> Self {
        Self::Done { again: None }
    }
}

/// What became of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Finished {
    /// Nothing of the key is left.
    Gone,
    /// It waits in its line again.
    Waiting,
    /// It comes back at its time.
    Delayed,
    /// It is dead.
    Dead,
    /// The lease was lost before; the verdict had no effect, and the key is run again.
    Stale,
}

/// One verified delivery, as the ingress hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// SHA-256 of the raw body; the same body within seven days is a duplicate.
    pub hash: [u8; 32],
    /// Where its persons wait.
    pub line: Line,
    /// For instance `webhook:worker.v2.updated`.
    pub trigger: Trigger,
    /// `Some(0)` for lifecycle events, see [`Add::look`].
    pub look: Option<u8>,
    /// Whom it is about. Empty: only remembered, no job. At most 64 are read; what is beyond asks for a reconcile.
    pub subjects: Vec<Subject>,
}

/// Whom a delivery is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A person, by Deel's profile id. An id that cannot be one counts as unresolved.
    Person(String),
    /// A contract; the person is looked up in the index ([`crate::Queue::learn_contracts`]), inside the same call.
    Contract(String),
    /// Somebody, but unknown whom: asks for a reconcile.
    Unresolved,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accepted {
    /// At least one new key waits.
    Stored,
    /// All its persons were already waiting.
    Coalesced,
    /// Its persons are being run, and are run again afterwards.
    Rerun,
    /// This body was accepted before, within seven days. Nothing was done.
    Duplicate,
    /// At least one subject could not be resolved, and the others (if any) were stored: a reconcile is due soon.
    ReconcileRequested,
    /// It named nobody; only its hash is remembered.
    Remembered,
}
