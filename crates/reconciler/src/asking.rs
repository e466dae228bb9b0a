//! Full runs as a process without a worker sees them: it asks for one and follows it, through Redis alone.

use crate::full::{Progress, Requested};
use jiff::Timestamp;
use provisioning::RunId;
use queue::{Add, Added, JobKey, JobState, Line, Queue, QueueError, Trigger};

/// The full runs of all processes. Needs neither Deel nor `JumpCloud`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct FullRuns {
    queue: Queue,
}

/// A run of everyone that a worker has yet to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// When it was asked for.
    pub asked_at: Option<Timestamp>,
    /// Who or what asked for it.
    pub trigger: String,
}

/// The last word of a run holds more than this; here its progress is enough.
#[derive(serde::Deserialize)]
struct Last {
    progress: Progress,
}

impl FullRuns {
    /// Those of this queue.
    #[must_use]
    pub fn new(queue: Queue) -> Self {
        Self { queue }
    }

    /// Asks the workers for a sync of everyone, unless one is on its way: that one then serves the request.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn request(&self, trigger: &Trigger) -> Result<Requested, QueueError> {
        if self.is_running().await? {
            return Ok(Requested { run: self.current().await?.map(|now| now.run), joined: true });
        }
        let add = Add { key: JobKey::Reconcile, line: Line::Bulk, trigger: trigger.clone(), look: None };
        let added = self.queue.add(&add).await?;
        Ok(Requested { run: None::<RunId>, joined: added != Added::Stored })
    }

    /// How far the full run is that is on its way, in whatever process; else how the last one ended. None if none is known.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn progress(&self) -> Result<Option<Progress>, QueueError> {
        if let Some(now) = self.current().await? {
            return Ok(Some(now));
        }
        self.last().await
    }

    /// A run of everyone that was asked for and has not begun: since when, and by whom.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn waiting(&self) -> Result<Option<Waiting>, QueueError> {
        if self.current().await?.is_some() {
            return Ok(None);
        }
        let Some(job) = self.queue.show("reconcile").await? else { return Ok(None) };
        let asked_at =
            job.accepted_at_ms.and_then(|ms| Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok());
        let begins = match job.state {
            JobState::Waiting => true,
            // Claimed, and not a word yet; or it has said its last word and lets go.
            JobState::Leased => {
                self.last().await?.is_none_or(|last| asked_at.is_some_and(|at| last.started_at < at))
            }
            JobState::Delayed | JobState::Dead => false,
        };
        Ok(begins.then_some(Waiting { asked_at, trigger: job.trigger }))
    }

    async fn last(&self) -> Result<Option<Progress>, QueueError> {
        let last = self.queue.progress_last().await?;
        // What another version wrote is nothing that this one knows.
        Ok(last.and_then(|json| serde_json::from_str::<Last>(&json).ok()).map(|last| last.progress))
    }

    /// Where the run is that is on its way, if one is.
    pub(crate) async fn current(&self) -> Result<Option<Progress>, QueueError> {
        // What another version wrote is not followed.
        Ok(self.queue.progress().await?.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Whether some process has the run of everyone.
    pub(crate) async fn is_running(&self) -> Result<bool, QueueError> {
        let Some(job) = self.queue.show("reconcile").await? else { return Ok(false) };
        // Whoever was killed renews no more, and where no worker runs nobody else takes the lease away.
        Ok(job.state == JobState::Leased && job.at_ms > self.queue.now_ms().await?)
    }
}
