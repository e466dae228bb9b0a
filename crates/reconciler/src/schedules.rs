//! The activations that we scheduled at `JumpCloud`, remembered in Redis: what is not here is somebody else's.

use provisioning::{ProfileId, ScheduledActivation};
use queue::{Queue, QueueError};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Known {
    /// Which account, when, by whom.
    #[serde(flatten)]
    pub(crate) activation: ScheduledActivation,
    /// `JumpCloud`'s id of the job. None until the answer that names it has come.
    pub(crate) job: Option<String>,
    /// Whether `JumpCloud` sends mail then.
    pub(crate) mail: bool,
    /// Earlier jobs that this one replaces, as long as they are not known to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) replaced: Vec<String>,
}

impl Known {
    /// Every job that may be there, by the ids that are known.
    pub(crate) fn jobs(self) -> impl Iterator<Item = String> {
        self.replaced.into_iter().chain(self.job)
    }
}

/// As it is stored. Without its job's id it is not known to be there.
pub(crate) fn parse(json: &str) -> Option<Known> {
    let mut known: Known = serde_json::from_str(json).ok()?;
    known.activation.unconfirmed = known.job.is_none();
    Some(known)
}

/// Reads it. One that cannot be read counts as none: `JumpCloud` has the job, and tells of it.
pub(crate) async fn get(queue: &Queue, person: &ProfileId) -> Result<Option<Known>, QueueError> {
    let Some(json) = queue.schedule(person.as_str()).await? else { return Ok(None) };
    let known = parse(&json);
    if known.is_none() {
        tracing::error!(person.id = %person, "a remembered schedule cannot be read");
    }
    Ok(known)
}

pub(crate) async fn set(queue: &Queue, person: &ProfileId, known: &Known) -> Result<(), QueueError> {
    let json =
        serde_json::to_string(known).map_err(|_| QueueError::Data("a schedule that cannot be written"))?;
    queue.schedule_set(person.as_str(), &json).await
}
