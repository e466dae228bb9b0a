//! The public face: one object that runs jobs and operators' requests.

use crate::clock::Clock;
use crate::holds::{Hold, HoldId, Holds};
use crate::settings::{Apply, Mode, Settings};
use crate::trail::{Outcome, RunRecord, Trail};
use provisioning::{AccountId, Plan, ProfileId, RunId};
use queue::{Budget, Lease, Queue, Verdict};
use std::sync::Arc;

/// What a [`Reconciler`] is made of.
pub struct Parts {
    /// Deel's client.
    pub deel: deel::Client,
    /// `JumpCloud`'s read side.
    pub jumpcloud: jumpcloud::Reader,
    /// `JumpCloud`'s write side, or its absence.
    pub apply: Apply,
    /// Jobs, holds, orders, windows and the trail.
    pub queue: Queue,
    /// Deel's rate budget, shared by all processes.
    pub deel_budget: Budget,
    /// `JumpCloud`'s rate budget, shared by all processes.
    pub jumpcloud_budget: Budget,
    /// What the configuration decides.
    pub settings: Settings,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Runs jobs. Cheap to clone.
#[derive(Clone)]
pub struct Reconciler {
    inner: Arc<Parts>,
}

/// How one run ended, for whoever started it.
#[derive(Debug)]
pub struct Report {
    /// The run's id; `why` and the trail name it.
    pub run: RunId,
    /// The person.
    pub person: ProfileId,
    /// The account, once known.
    pub account: Option<AccountId>,
    /// How it ended.
    pub outcome: Outcome,
    /// Everything that goes on the trail, values included.
    pub record: RunRecord,
    /// What becomes of the job.
    pub verdict: Verdict,
}

/// What a sync would do.
#[derive(Debug)]
pub struct Planned {
    /// The plan, before holds on record and limits were asked.
    pub plan: Plan,
    /// Steps that would be applied now.
    pub apply: Vec<provisioning::Step>,
    /// Steps that wait, or would wait, for a decision.
    pub held: Vec<(HoldId, provisioning::HoldKind, provisioning::Step)>,
    /// Steps that somebody rejected.
    pub rejected: Vec<provisioning::Step>,
}

/// Why an operator's request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// No account, or none that is linked to a person in Deel, answers to that text.
    #[error("{0}")]
    UnknownPerson(String),
    /// Another worker has the person for longer than the caller wanted to wait.
    #[error("person {0} is being worked on by another process; try again")]
    Busy(ProfileId),
    /// Writes are paused.
    #[error("writes are paused; `deelsync resume` lets them go on")]
    Paused,
    /// In observe mode nothing is written.
    #[error("observe mode: nothing is written; set mode = \"enforce\"")]
    ObserveMode,
    /// A vendor or Redis did not answer, or refused; the run's words say which and what mends it.
    #[error("{0}")]
    Stopped(String),
    /// Redis did not answer.
    #[error("Redis did not answer")]
    Queue(#[from] queue::QueueError),
}

/// What became of an operator's order.
#[derive(Debug)]
pub struct Ordered {
    /// The hold that keeps the person suspended until it is released.
    pub hold: HoldId,
    /// The run that carried the order out.
    pub report: Report,
}

impl Reconciler {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { inner: Arc::new(parts) }
    }

    /// Observe or enforce.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.inner.apply.mode()
    }

    /// The holds on record.
    #[must_use]
    pub fn holds(&self) -> Holds {
        todo!()
    }

    /// The audit trail.
    #[must_use]
    pub fn trail(&self) -> Trail {
        todo!()
    }

    /// Runs one job of the queue: a person, or the full reconcile. This is the workers' handler.
    pub async fn handle(&self, lease: Lease) -> Verdict {
        todo!()
    }

    /// Looks at the leased person and brings the account in step.
    pub async fn run(&self, person: &ProfileId, lease: &Lease) -> Report {
        todo!()
    }

    /// Says what a sync of this person would do now, and why. Records and writes nothing.
    pub async fn plan_person(&self, person: &ProfileId) -> Result<Planned, RequestError> {
        todo!()
    }

    /// Syncs one person now, under the same lease and path as a job. Waits at most `patience` for a lease.
    pub async fn sync_person(
        &self,
        person: &ProfileId,
        worker: &str,
        patience: std::time::Duration,
    ) -> Result<Report, RequestError> {
        todo!()
    }

    /// Suspends a person's account at once, past the guard, and keeps it suspended until the hold is released. Works
    /// while Deel is down or does not know the person.
    pub async fn suspend(
        &self,
        person: &ProfileId,
        reason: &str,
        by: &str,
        worker: &str,
        patience: std::time::Duration,
    ) -> Result<Ordered, RequestError> {
        todo!()
    }

    /// Finds the person an operator means: a Deel profile id, or a `JumpCloud` account's id, username or email, which
    /// is followed to the person it is linked to.
    pub async fn resolve_person(&self, text: &str) -> Result<ProfileId, RequestError> {
        todo!()
    }

    /// Sets the gauges of holds and of leavers who are not suspended from what is on record. Call it every few seconds.
    pub async fn refresh_gauges(&self) -> Result<(), RequestError> {
        todo!()
    }
}
