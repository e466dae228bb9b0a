//! How far a full run has come, for whoever waits for it.

use crate::settings::Mode;
use jiff::Timestamp;
use provisioning::RunId;

/// Where a full run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Both sides are being listed.
    Listing,
    /// Everybody is being planned, checked and put to the guard.
    Planning,
    /// Who has something to be done is being worked on.
    Applying,
    /// It is over; a failure or an interruption is in [`Progress::problem`].
    Done,
    /// It was refused: nothing was changed, and [`Progress::problem`] says why.
    Refused,
}

impl Phase {
    /// The phase as it is printed and stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::Planning => "planning",
            Self::Applying => "applying",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    /// Whether nothing more comes.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Refused)
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a full run has come. Counts and ids only.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Progress {
    /// The run.
    pub run: RunId,
    /// Where it is.
    pub phase: Phase,
    /// Who or what asked for it.
    pub trigger: String,
    /// Observe or enforce.
    pub mode: Mode,
    /// When it began.
    pub started_at: Timestamp,
    /// People listed so far.
    pub people: u64,
    /// How many people Deel says there are, once it has said so.
    pub people_total: Option<u64>,
    /// Accounts listed so far.
    pub accounts: u64,
    /// How many accounts `JumpCloud` says there are, once it has said so.
    pub accounts_total: Option<u64>,
    /// People planned so far.
    pub planned: u64,
    /// How many people are worked on one by one.
    pub to_do: u64,
    /// Of these, how many were changed (observe mode: would be).
    pub applied: u64,
    /// People with something that waits for a decision.
    pub held: u64,
    /// Of [`Progress::held`], how many have nothing that anybody could decide.
    #[serde(default)]
    pub left_alone: u64,
    /// People for whom something did not work.
    pub failed: u64,
    /// People who are not synced, with a reason.
    pub skipped: u64,
    /// Of [`Progress::to_do`], how many are finished, however they ended.
    pub finished: u64,
    /// Estimated time to the end of the present phase, at the vendors' rates, in seconds.
    pub estimate_s: Option<u64>,
    /// What went wrong, in words, without values.
    pub problem: Option<String>,
}

impl Progress {
    /// The beginning of a run.
    #[must_use]
    pub fn begin(run: RunId, trigger: &str, mode: Mode, started_at: Timestamp) -> Self {
        Self {
            run,
            phase: Phase::Listing,
            trigger: trigger.to_owned(),
            mode,
            started_at,
            people: 0,
            people_total: None,
            accounts: 0,
            accounts_total: None,
            planned: 0,
            to_do: 0,
            applied: 0,
            held: 0,
            left_alone: 0,
            failed: 0,
            skipped: 0,
            finished: 0,
            estimate_s: None,
            problem: None,
        }
    }
}

/// What hears of progress: a bar, lines, or [`silent`].
pub type Tell<'a> = &'a (dyn Fn(&Progress) + Send + Sync);

/// For whoever does not listen.
pub fn silent(_: &Progress) {}
