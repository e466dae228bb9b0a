//! What the audit trail holds: one entry per run, decision and order, with ids, evidence and values.

use crate::full::FullCounts;
use crate::holds::HoldId;
use crate::settings::Mode;
use jiff::Timestamp;
use provisioning::{AccountId, ChangeKind, HoldKind, Plan, ProfileId, Redacted, RunId};

/// One entry, as it is read back.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Entry {
    /// Its place in the stream; later entries have greater ids.
    pub id: String,
    /// What happened.
    #[serde(flatten)]
    pub record: Record,
}

/// What happened.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Record {
    /// A person was looked at.
    Run(Box<RunRecord>),
    /// Somebody decided about a hold.
    Decision(DecisionRecord),
    /// An operator ordered a suspension, or took the order back.
    Order(OrderRecord),
    /// Everyone was listed, and a look at each was asked for.
    Reconcile(ReconcileRecord),
}

impl Record {
    /// Whom it is about; none for an entry about everyone.
    #[must_use]
    pub fn person(&self) -> Option<&ProfileId> {
        match self {
            Self::Run(run) => Some(&run.person),
            Self::Decision(decision) => decision.person.as_ref(),
            Self::Order(order) => Some(&order.person),
            Self::Reconcile(_) => None,
        }
    }

    /// When it happened.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Run(run) => run.started_at,
            Self::Decision(decision) => decision.at,
            Self::Order(order) => order.at,
            Self::Reconcile(reconcile) => reconcile.started_at,
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing to change.
    InSync,
    /// Something was written.
    Applied,
    /// Nothing was written; something waits for a decision.
    Held,
    /// The person is not synced, and the record says why.
    Skipped,
    /// Something did not work; see the record's problem.
    Failed,
    /// Observe mode: there is something that would be written or held.
    Observed,
    /// Given back before it was finished: writes are paused, or the lease was lost.
    Interrupted,
}

impl Outcome {
    /// The outcome as it is printed, and as the label of `deelsync_jobs_total`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InSync => "in-sync",
            Self::Applied => "applied",
            Self::Held => "held",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Observed => "observed",
            Self::Interrupted => "interrupted",
        }
    }
}

impl std::fmt::Display for ChangeResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One look at one person.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct RunRecord {
    /// The run.
    pub run: RunId,
    /// The full run that it is part of, if it is part of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<RunId>,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// The person in Deel.
    pub person: ProfileId,
    /// The person's name in Deel, once read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Redacted>,
    /// The account in `JumpCloud`, once known.
    pub account: Option<AccountId>,
    /// The account's username, once known; or the one it was to get.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<Redacted>,
    /// Who or what asked for it, for example `webhook:worker.v2.updated`.
    pub trigger: String,
    /// Who gave the command, where somebody did something by hand that no plan asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The run that this one takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<RunId>,
    /// The line it waited in: `urgent`, `events` or `bulk`.
    pub line: String,
    /// Observe or enforce.
    pub mode: Mode,
    /// 1 for a first attempt.
    pub attempt: u32,
    /// When the request was stored in the queue.
    pub accepted_at: Option<Timestamp>,
    /// Milliseconds from there to the first `JumpCloud` write.
    pub accepted_to_write_ms: Option<u64>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was read that the decision rests on.
    pub evidence: Option<Evidence>,
    /// The plan.
    pub plan: Option<Plan>,
    /// What became of each step that was to be applied.
    pub changes: Vec<ChangeRecord>,
    /// What was held.
    pub held: Vec<HeldRecord>,
    /// Each call to a vendor.
    pub calls: Vec<CallRecord>,
    /// What else is worth knowing about how it was decided and done, in words, without values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What went wrong, in words, without values.
    pub problem: Option<String>,
}

/// What Deel said, as far as it decides about the account's state.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Evidence {
    /// When it was read.
    pub read_at: Timestamp,
    /// False: Deel answered 404.
    pub found: bool,
    /// The person's `hiring_status`.
    pub status: Option<String>,
    /// The person's own last day of work.
    pub last_day: Option<String>,
    /// The time zone in which that day ends, and where it comes from.
    pub zone: Option<String>,
    /// Each employment.
    pub employments: Vec<EmploymentEvidence>,
    /// The operator's order in force, if there is one.
    pub order: bool,
}

/// What Deel said about one employment.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EmploymentEvidence {
    /// The contract's id.
    pub id: String,
    /// Whether it has ended; unknown if Deel did not say.
    pub ended: Option<bool>,
    /// Its last day of work.
    pub last_day: Option<String>,
}

/// What became of one step.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ChangeRecord {
    /// What kind of change.
    pub kind: ChangeKind,
    /// What became of it.
    pub result: ChangeResult,
    /// Every field with both values.
    pub fields: Vec<FieldRecord>,
    /// Why it was planned.
    pub why: String,
    /// The hold whose approval let it through.
    pub approved_by: Option<HoldId>,
    /// How long its calls took, in milliseconds.
    pub duration_ms: u64,
    /// What went wrong, in words, without values.
    pub problem: Option<String>,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeResult {
    /// Written.
    Done,
    /// Would be written (observe mode).
    WouldBeDone,
    /// Held, or would be held (observe mode).
    Held,
    /// Refused, or lost on the way.
    Failed,
    /// Not begun: the run ended before.
    NotBegun,
}

impl ChangeResult {
    /// The result as it is printed, and as the label of `deelsync_changes_total`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::WouldBeDone => "would-be-done",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::NotBegun => "not-begun",
        }
    }

    /// The result as people say it.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::WouldBeDone => "would be done",
            Self::NotBegun => "not begun",
            other => other.as_str(),
        }
    }
}

/// One field of a change. `Debug` hides both values: the trail and the holds are the only places that show them.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldRecord {
    /// `JumpCloud`'s name of the field.
    pub field: String,
    /// What it held.
    pub before: Option<String>,
    /// What it holds now.
    pub after: Option<String>,
}

impl std::fmt::Debug for FieldRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FieldRecord({})", self.field)
    }
}

/// One step that was held.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct HeldRecord {
    /// The hold; none in observe mode, where no hold is made.
    pub id: Option<HoldId>,
    /// Why.
    pub kind: HoldKind,
    /// What.
    pub change: ChangeKind,
    /// The reason in words.
    pub why: String,
    /// Every field with both values.
    pub fields: Vec<FieldRecord>,
}

impl HeldRecord {
    /// Whether a yes would be carried out.
    #[must_use]
    pub fn approvable(&self) -> bool {
        self.kind.approvable() && self.change != ChangeKind::None
    }
}

/// One call to a vendor.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct CallRecord {
    /// `deel` or `jumpcloud`.
    pub vendor: String,
    /// What was asked, for example `person` or `suspend`.
    pub operation: String,
    /// How it ended, for example `ok`, `not-found`, `limited`.
    pub outcome: String,
    /// How long the answer took, in milliseconds, without the wait for a slot.
    pub duration_ms: u64,
}

/// A decision about a hold.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DecisionRecord {
    /// When.
    pub at: Timestamp,
    /// The hold.
    pub hold: HoldId,
    /// What kind of hold.
    pub kind: HoldKind,
    /// The person in Deel; none for an item about an attribute, which lists many.
    pub person: Option<ProfileId>,
    /// What was decided: `approved`, `rejected`, `released`, `settled` or `obsolete`.
    pub decision: String,
    /// Who decided; none if a run found it settled or obsolete.
    pub by: Option<String>,
    /// What they said.
    pub note: Option<String>,
}

/// An operator's order.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct OrderRecord {
    /// When.
    pub at: Timestamp,
    /// The person in Deel.
    pub person: ProfileId,
    /// The hold that keeps the person from being reactivated.
    pub hold: HoldId,
    /// Who ordered it.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
    /// False when the order is taken back.
    pub in_force: bool,
}

/// A full run.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ReconcileRecord {
    /// The run; none in entries of versions that did not name it.
    #[serde(default)]
    pub run: Option<RunId>,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Who or what asked for it.
    pub trigger: String,
    /// Observe or enforce.
    #[serde(default)]
    pub mode: Option<Mode>,
    /// How it ended: `done`, `planned`, `refused`, `failed` or `interrupted`; empty in entries of old versions.
    #[serde(default)]
    pub ended: String,
    /// How many people Deel has.
    pub people: u64,
    /// What it counted.
    #[serde(default)]
    pub counts: FullCounts,
    /// What else is worth knowing, in words, without values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why it was refused or aborted, if it was.
    pub problem: Option<String>,
}
