//! The trail in Redis.

use super::{Entry, Record};
use provisioning::ProfileId;
use queue::{Queue, QueueError};

/// Why the trail could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TrailError {
    /// Redis did not answer.
    #[error("the audit trail cannot be read or written")]
    Queue(#[from] QueueError),
}

/// The audit trail. Needs Redis only.
#[derive(Clone)]
pub struct Trail {
    queue: Queue,
    on: bool,
}

impl Trail {
    /// The trail in this Redis. With `on` false nothing is ever written, and reading shows what is left.
    #[must_use]
    pub fn new(queue: Queue, on: bool) -> Self {
        Self { queue, on }
    }

    /// One person's story, oldest entry first, at most the latest `limit` entries.
    pub async fn why(&self, person: &ProfileId, limit: usize) -> Result<Story, TrailError> {
        todo!()
    }

    /// The latest `limit` entries of everyone, oldest first.
    pub async fn latest(&self, limit: usize) -> Result<Vec<Entry>, TrailError> {
        todo!()
    }
}

/// One person's entries, oldest first. `Display` tells them as a readable text, values included.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Story {
    /// The person.
    pub person: ProfileId,
    /// What happened.
    pub entries: Vec<Entry>,
}

impl std::fmt::Display for Story {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
