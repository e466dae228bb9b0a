//! The public face: one object that runs jobs and operators' requests.

use crate::clock::Clock;
use crate::emails::Emails;
use crate::groups::Groups;
use crate::holds::{HoldFilter, HoldId, HoldStatus, Holds};
use crate::linked::LinkedAccounts;
use crate::metrics;
use crate::run::{self, Part, Run};
use crate::session::Session;
use crate::settings::{Apply, Mode, Settings};
use crate::stop::{Stop, chain};
use crate::trail::{Outcome, Record, RunRecord, Trail};
use provisioning::{AccountId, Change, ChangeKind, HoldKind, Note, Plan, ProfileId, RunId, Step};
use queue::{Add, Budget, JobKey, Lease, Line, Queue, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

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
    /// How many accounts are linked; starts as its default.
    pub linked: LinkedAccounts,
    /// What the configured groups are; starts as its default.
    pub groups: Groups,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// Runs jobs. Cheap to clone.
#[derive(Clone)]
pub struct Reconciler {
    parts: Arc<Parts>,
    trail: Trail,
    holds: Holds,
    emails: Arc<Emails>,
}

impl Parts {
    /// Calls to both vendors that take the slots of this line.
    pub(crate) fn session(&self, line: Line) -> Session {
        Session::new(line, self.deel_budget.clone(), self.jumpcloud_budget.clone())
    }
}

impl std::fmt::Debug for Reconciler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reconciler").field("mode", &self.mode()).finish_non_exhaustive()
    }
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
    /// Whether nobody's silence kept the run from its end: neither a vendor's nor Redis's.
    pub answered: bool,
}

/// What a sync would do.
#[derive(Debug)]
pub struct Planned {
    /// The plan, before holds on record and limits were asked.
    pub plan: Plan,
    /// Steps that would be applied now.
    pub apply: Vec<Step>,
    /// Steps that wait, or would wait, for a decision.
    pub held: Vec<PlannedHold>,
    /// Steps that somebody rejected.
    pub rejected: Vec<Step>,
    /// Whether Deel knows the person.
    pub found: bool,
    /// Whether an account is linked to the person.
    pub linked: bool,
    /// The hold of the operator's order to suspend that is in force.
    pub order: Option<HoldId>,
}

/// A step that waits, or would wait, for a decision.
#[derive(Debug, Clone, serde::Serialize)]
pub struct PlannedHold {
    /// The id its hold has, or would have.
    #[serde(rename = "hold")]
    pub id: HoldId,
    /// Why it waits.
    pub kind: HoldKind,
    /// The change.
    pub step: Step,
    /// Whether the hold is on record already, so that it can be decided.
    pub on_record: bool,
    /// Whether a yes would be carried out. Otherwise the change is left alone until its cause is mended in Deel or `JumpCloud`,
    /// or the operator's order is released.
    pub approvable: bool,
}

impl PlannedHold {
    /// A suspension that nothing but a limit keeps back, which a plan file has made.
    #[must_use]
    pub fn is_suspension_over_limit(&self) -> bool {
        self.kind == HoldKind::Limit && self.step.change.kind() == ChangeKind::Suspension
    }
}

/// Whether a step that is held for this reason waits for somebody's yes or no.
pub(crate) fn waits_for_a_decision(plan: &Plan, step: &Step, kind: HoldKind) -> bool {
    let ordered = kind == HoldKind::Operator && plan.notes.contains(&Note::OrderInForce);
    kind.approvable() && step.change != Change::Nothing && !ordered
}

/// Why an operator's request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// No account, or none that is linked to a person in Deel, answers to what was given.
    #[error("{0}")]
    UnknownPerson(&'static str),
    /// Neither side knows anybody of this id.
    #[error("Deel does not know person {0}, and no JumpCloud account is linked to that id: check the id")]
    Nobody(ProfileId),
    /// Another worker has the person for longer than the caller wanted to wait.
    #[error("person {0} is being worked on by another process; try again")]
    Busy(ProfileId),
    /// Writes are paused.
    #[error("writes are paused; `deelsync resume` lets them go on")]
    Paused,
    /// Writes are paused. The order to suspend is on record, and takes effect when they go on.
    #[error(
        "writes are paused, so the account of person {person} is NOT suspended yet. The order is on record as hold {hold} \
         and takes effect at `deelsync resume`; `deelsync holds release {hold}` takes it back"
    )]
    OrderWaits {
        /// Whom it is about.
        person: ProfileId,
        /// The hold that stands for the order.
        hold: HoldId,
    },
    /// In observe mode nothing is written.
    #[error("observe mode: nothing is written; set mode = \"enforce\"")]
    ObserveMode,
    /// A plan file was refused as a whole.
    #[error(transparent)]
    PlanFile(#[from] crate::planfile::PlanFileError),
    /// A full run is on its way in another process.
    #[error(
        "everyone is being synced at this moment; try again when that is over (`deelsync runs` follows it)"
    )]
    Running,
    /// It may not be done; the words say why.
    #[error("refused: {0}")]
    Refused(String),
    /// The planner made a plan that breaks its own rules, which is a defect of this program.
    #[error("the plan was refused: {0}")]
    Unsafe(String),
    /// A vendor did not answer, or refused; the words say which and what mends it.
    #[error("{0}")]
    Stopped(String),
    /// Redis did not answer.
    #[error("Redis did not answer")]
    Queue(#[from] queue::QueueError),
}

impl From<Stop> for RequestError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Queue(source) => Self::Queue(source),
            Stop::Paused => Self::Paused,
            stop => Self::Stopped(chain(&stop)),
        }
    }
}

/// What became of an operator's order.
#[derive(Debug)]
pub struct Ordered {
    /// The hold that keeps the person suspended until it is released.
    pub hold: HoldId,
    /// The run that carried the order out. None if another worker had the person for too long: it then carries the order
    /// out right after its present run.
    pub report: Option<Report>,
}

impl Reconciler {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let trail = Trail::new(parts.queue.clone(), parts.settings.trail);
        let holds = Holds::new(parts.queue.clone(), trail.clone(), Arc::clone(&parts.clock));
        Self { parts: Arc::new(parts), trail, holds, emails: Arc::default() }
    }

    /// Observe or enforce.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.parts.apply.mode()
    }

    /// The holds on record.
    #[must_use]
    pub fn holds(&self) -> Holds {
        self.holds.clone()
    }

    /// The audit trail.
    #[must_use]
    pub fn trail(&self) -> Trail {
        self.trail.clone()
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(crate) fn holds_ref(&self) -> &Holds {
        &self.holds
    }

    pub(crate) fn emails(&self) -> &Emails {
        &self.emails
    }

    /// Runs one job of the queue: a person, or the full reconcile. This is the workers' handler.
    pub async fn handle(&self, lease: Lease) -> Verdict {
        let id = match &lease.key {
            JobKey::Person(id) => id.clone(),
            JobKey::Reconcile => return Box::pin(self.reconcile(&lease)).await,
        };
        let Ok(person) = ProfileId::parse(&id) else {
            return Verdict::Dead { error: "the job's key is not a profile id of Deel".to_owned() };
        };
        if person.as_str() != id {
            return self.under_its_own_name(&person, &lease).await;
        }
        self.run(&person, &lease).await.verdict
    }

    /// A UUID spelled in capitals is another key and the same person; only one key per person may do work.
    async fn under_its_own_name(&self, person: &ProfileId, lease: &Lease) -> Verdict {
        let add = Add {
            key: JobKey::Person(person.to_string()),
            line: lease.line,
            trigger: lease.trigger.clone(),
            look: lease.look,
        };
        match self.parts.queue.add(&add).await {
            Ok(_) => Verdict::done(),
            Err(error) => run::of_stop(&Stop::Queue(error)),
        }
    }

    /// Looks at the leased person and brings the account in step.
    pub async fn run(&self, person: &ProfileId, lease: &Lease) -> Report {
        self.run_part(person, lease, Part::default()).await
    }

    /// As [`Reconciler::run`], as a part of a run over everyone.
    pub(crate) async fn run_part(&self, person: &ProfileId, lease: &Lease, part: Part) -> Report {
        let started = Instant::now();
        let run = Run::new(&self.parts, &self.holds, &self.emails, person, lease).part(part);
        let (record, verdict, answered) = Box::pin(run.go()).await;
        metrics::job(record.outcome, lease.line, started.elapsed());
        if run::worth_keeping(&record)
            && let Err(error) = self.trail.put(Record::Run(Box::new(record.clone()))).await
        {
            tracing::error!(person.id = %person, run.id = %record.run, error = %error, "the run is missing on the trail");
        }
        Report {
            run: record.run.clone(),
            person: person.clone(),
            account: record.account.clone(),
            outcome: record.outcome,
            record,
            verdict,
            answered,
        }
    }

    /// Learns what limits count, if Redis does not know: whom we suspended today, and then how many accounts are linked.
    /// Asked at the start, so that the first leaver does not wait for it.
    ///
    /// # Errors
    /// [`RequestError::Stopped`], [`RequestError::Queue`]; then whoever needs it asks again.
    pub async fn know_windows(&self) -> Result<(), RequestError> {
        let (parts, linked) = (&self.parts, &self.parts.linked);
        // A leaver waits for the one; the other nobody waits for yet.
        if linked.restore(parts, Line::Urgent).await? {
            linked.learn(parts, Line::Bulk).await?;
        }
        Ok(())
    }

    /// Sets the gauges of holds and of leavers who are not suspended from what is on record. Call it every few seconds.
    ///
    /// # Errors
    /// [`RequestError::Queue`].
    pub async fn refresh_gauges(&self) -> Result<(), RequestError> {
        let statuses = vec![HoldStatus::Open, HoldStatus::Rejected];
        let filter = HoldFilter { statuses, ..HoldFilter::default() };
        let holds = self.holds.list(&filter).await.map_err(|error| match error {
            crate::holds::HoldError::Queue(source) => RequestError::Queue(source),
            other => RequestError::Stopped(other.to_string()),
        })?;
        let mut kinds: BTreeMap<&'static str, u64> = BTreeMap::new();
        let mut leavers: BTreeMap<&'static str, BTreeSet<ProfileId>> = BTreeMap::new();
        for hold in holds {
            let open = hold.status == HoldStatus::Open;
            if open {
                *kinds.entry(hold.kind.as_str()).or_default() += 1;
            }
            if let (true, Some(person)) = (hold.leaver, hold.person) {
                let reason = if open { hold.kind.as_str() } else { "rejected" };
                leavers.entry(reason).or_default().insert(person);
            }
        }
        metrics::holds(
            &kinds,
            &leavers.into_iter().map(|(reason, people)| (reason, people.len() as u64)).collect(),
        );
        Ok(())
    }
}
