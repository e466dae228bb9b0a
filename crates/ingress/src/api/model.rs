//! What the API takes and answers. Ids, counts and times; no values.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whom to sync.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncRequest {
    /// A Deel profile id; absent: everyone.
    #[serde(default)]
    pub person: Option<String>,
}

/// What became of a request to sync.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Requested {
    /// The job: `reconcile` (everyone) or `person:` and the id.
    pub job: String,
    /// The full run that serves the request, once a worker has begun it; absent for one person.
    pub run: Option<String>,
    /// Whether the same was on its way already: that serves this request too.
    pub joined: bool,
    /// Where to see how a full run goes on; absent for one person, who takes no longer than a few requests.
    pub progress: Option<String>,
}

/// How far a full run has come. Counts are of people unless they say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct SyncProgress {
    /// The run's id; absent while it waits.
    pub run: Option<String>,
    /// `waiting` (for a worker to begin), `listing`, `planning`, `applying`, `done` or `refused`; the last two are final.
    pub phase: String,
    /// Who or what asked for it.
    pub trigger: String,
    /// When it was asked for, RFC 3339; absent once it has begun.
    pub requested_at: Option<String>,
    /// `observe` or `enforce`; absent while it waits.
    pub mode: Option<String>,
    /// When it began, RFC 3339; absent while it waits.
    pub started_at: Option<String>,
    /// Listed so far in Deel.
    pub people: u64,
    /// How many there are in Deel, once it has said so.
    pub people_total: Option<u64>,
    /// Accounts listed so far in JumpCloud.
    pub accounts: u64,
    /// How many accounts there are in JumpCloud, once it has said so.
    pub accounts_total: Option<u64>,
    /// Planned so far.
    pub planned: u64,
    /// How many are worked on one by one.
    pub to_do: u64,
    /// Of these, how many are finished, however they ended.
    pub finished: u64,
    /// Changed; in observe mode: would be.
    pub applied: u64,
    /// With something that is held.
    pub held: u64,
    /// Of these, with nothing that anybody could decide.
    pub left_alone: u64,
    /// For whom something did not work.
    pub failed: u64,
    /// Not synced, with a reason.
    pub skipped: u64,
    /// Estimated seconds to the end of the phase, at the vendors' rates.
    pub estimate_s: Option<u64>,
    /// What went wrong, in words, without values.
    pub problem: Option<String>,
}

/// One full run. Counts are of people unless they say otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FullRun {
    /// The run's id; absent for runs of versions that did not name it.
    pub run: Option<String>,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Who or what asked for it.
    pub trigger: String,
    /// `observe` or `enforce`.
    pub mode: Option<String>,
    /// `done`, `planned`, `refused`, `failed` or `interrupted`.
    pub ended: String,
    /// In Deel.
    pub people: u64,
    /// Accounts in JumpCloud.
    pub accounts: u64,
    /// Changed; in observe mode: would be.
    pub applied: u64,
    /// With something that waits for a decision.
    pub held: u64,
    /// For whom something did not work.
    pub failed: u64,
    /// Not synced, with a reason.
    pub skipped: u64,
    /// Why it was refused or aborted, in words, without values.
    pub problem: Option<String>,
}

/// What every answer but a good one says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApiProblem {
    /// In words.
    pub error: String,
}
