//! What full runs answer: how one ended, what one would do, what became of a plan file.

use crate::reconciler::PlannedHold;
use crate::settings::Mode;
use jiff::Timestamp;
use jiff::civil::Date;
use provisioning::{Gone, LeaverActive, Plan, ProfileId, RunId, Step, Unowned};

/// How a full run ended.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "end", content = "problem", rename_all = "kebab-case")]
pub enum FullEnd {
    /// Everything was done, held, or is in the queue as an ordinary job.
    Done,
    /// Observe mode: everything was planned and put on the trail.
    Planned,
    /// The lists do not look right; nothing was changed. The words say what, and what to do.
    Refused(String),
    /// A vendor or Redis did not answer, or a list could not be proved complete. What had been done stays.
    Failed(String),
    /// Writes were paused, or the lease was lost. The next run plans what is left.
    Interrupted,
}

impl FullEnd {
    /// `done`, `planned`, `refused`, `failed` or `interrupted`; also the label of `deelsync_full_runs_total`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Planned => "planned",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// What went wrong, if something did.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        match self {
            Self::Refused(words) | Self::Failed(words) => Some(words),
            Self::Done | Self::Planned | Self::Interrupted => None,
        }
    }
}

/// What a full run counted. People, unless it says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct FullCounts {
    /// Whom Deel lists.
    pub people: u64,
    /// Accounts that `JumpCloud` lists.
    pub accounts: u64,
    /// Accounts that are linked.
    pub linked: u64,
    /// For whom nothing has to be done.
    pub in_sync: u64,
    /// Who was worked on one by one.
    pub to_do: u64,
    /// Who was changed (observe mode: would be).
    pub applied: u64,
    /// Who has something that waits for a decision.
    pub held: u64,
    /// Of [`FullCounts::held`], who has nothing that anybody could decide: the cause is in Deel or `JumpCloud`, or in an
    /// operator's order that is in force.
    pub left_alone: u64,
    /// For whom somebody rejected a change that would be made otherwise.
    pub rejected: u64,
    /// Holds that were not on record before.
    pub new_holds: u64,
    /// For whom something did not work; they are in the queue as ordinary jobs.
    pub failed: u64,
    /// Who is not synced, with a reason.
    pub skipped: u64,
    /// Whom another process was working on; it looks again afterwards.
    pub elsewhere: u64,
    /// Who is linked and missing from Deel's list.
    pub gone: u64,
    /// Accounts that nobody in Deel owns.
    pub unowned: u64,
    /// Later looks that were arranged: last days and start dates.
    pub looks: u64,
}

/// How a full run ended, for whoever started or joined it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FullReport {
    /// The run's id; runs of single people inside it name it in [`crate::trail::RunRecord::of`].
    pub run: RunId,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Who or what asked for it.
    pub trigger: String,
    /// Observe or enforce.
    pub mode: Mode,
    /// How it ended.
    #[serde(flatten)]
    pub ended: FullEnd,
    /// What it counted.
    pub counts: FullCounts,
    /// What else is worth knowing, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What became of a request to sync everyone and wait for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Synced {
    /// This process ran it.
    Ran(FullReport),
    /// One was running; this is its result.
    Joined(FullReport),
}

impl Synced {
    /// The report, whoever ran it.
    #[must_use]
    pub fn report(&self) -> &FullReport {
        match self {
            Self::Ran(report) | Self::Joined(report) => report,
        }
    }
}

/// What became of a request to sync everyone some time soon.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Requested {
    /// The run that serves the request; none while it waits for a worker.
    pub run: Option<RunId>,
    /// Whether one was running or waiting already.
    pub joined: bool,
}

/// The organizations of both sides, as the vendors name them.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organizations {
    /// Deel's, several joined by a comma; none if the token may not ask (`organizations:read`).
    pub deel: Option<String>,
    /// `JumpCloud`'s; none if no account says.
    pub jumpcloud: Option<String>,
}

/// What a full run would do.
#[derive(Debug)]
pub struct EveryonePlanned {
    /// The id under which it was planned; nothing is on record under it.
    pub run: RunId,
    /// When it was planned.
    pub made_at: Timestamp,
    /// Observe or enforce.
    pub mode: Mode,
    /// Of which organizations.
    pub organizations: Organizations,
    /// Everybody for whom there is something to say, with what the guard says of it.
    pub people: Vec<PersonPlanned>,
    /// Who is linked and missing from Deel's list; they are never suspended for that.
    pub gone: Vec<Gone>,
    /// Accounts that nobody in Deel owns.
    pub unowned: Vec<Unowned>,
    /// Leavers whose account stays in use after a sync.
    pub leavers_active: Vec<LeaverActive>,
    /// Who is in Deel's list and could not be read; a sync looks at each of them alone, and says why it fails.
    pub unreadable: Vec<ProfileId>,
    /// What was counted; nothing is applied, so `applied` is who would be changed.
    pub counts: FullCounts,
    /// What else is worth knowing, in words.
    pub notes: Vec<String>,
    /// Why a sync would be refused as a whole, if it would.
    pub refused: Option<String>,
}

/// One person in a plan of everyone. `Debug` hides names and addresses.
pub struct PersonPlanned {
    /// The person in Deel.
    pub person: ProfileId,
    /// Their name in Deel.
    pub name: Option<String>,
    /// Their account's username, or the one it would get.
    pub username: Option<String>,
    /// Their account's email, or the one it would get.
    pub email: Option<String>,
    /// Their last day of work, if they have one.
    pub last_day: Option<Date>,
    /// The plan, before holds on record and limits were asked.
    pub plan: Plan,
    /// Steps that would be applied now.
    pub apply: Vec<Step>,
    /// Steps that wait, or would wait, for a decision.
    pub held: Vec<PlannedHold>,
    /// Steps that somebody rejected.
    pub rejected: Vec<Step>,
}

impl std::fmt::Debug for PersonPlanned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonPlanned")
            .field("person", &self.person)
            .field("apply", &self.apply.len())
            .field("held", &self.held.len())
            .field("rejected", &self.rejected.len())
            .finish_non_exhaustive()
    }
}

/// What became of a plan file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ApplyReport {
    /// The run's id.
    pub run: RunId,
    /// How it ended.
    #[serde(flatten)]
    pub ended: FullEnd,
    /// Each person of the file.
    pub people: Vec<PersonApplied>,
}

/// What became of one person of a plan file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PersonApplied {
    /// The person in Deel.
    pub person: ProfileId,
    /// What became of it.
    #[serde(flatten)]
    pub result: PersonResult,
}

/// What became of one person's part of a plan file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "result", content = "reason", rename_all = "kebab-case")]
pub enum PersonResult {
    /// Done, exactly as planned.
    Applied,
    /// Nothing was done: the plan made now is another one. The words say how.
    Refused(String),
    /// A limit or a decision on record keeps it back.
    Held,
    /// It did not work; the words say why. It is in the queue as an ordinary job.
    Failed(String),
    /// Not begun: the run ended before.
    NotBegun,
}
