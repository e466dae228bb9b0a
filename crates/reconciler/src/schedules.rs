//! The activations that we scheduled at `JumpCloud`, remembered in Redis: what is not here is somebody else's.

use provisioning::{ProfileId, ScheduledActivation};
use queue::{Queue, QueueError};

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Known {
    /// Which account, when, by whom.
    #[serde(flatten)]
    pub(crate) activation: ScheduledActivation,
    /// `JumpCloud`'s id of the job. None while the answer that names it is awaited, or if it was lost.
    pub(crate) job: Option<String>,
    /// Whether `JumpCloud` sends mail then.
    pub(crate) mail: bool,
}

/// Reads it. One that cannot be read counts as none: `JumpCloud` has the job, and tells of it.
pub(crate) async fn get(queue: &Queue, person: &ProfileId) -> Result<Option<Known>, QueueError> {
    let Some(json) = queue.schedule(person.as_str()).await? else { return Ok(None) };
    let known = serde_json::from_str(&json).ok();
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
