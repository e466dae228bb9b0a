//! Full runs of other processes: found, followed, and what they answered.

use super::progress::{Progress, Tell};
use super::report::FullReport;
use crate::reconciler::{Reconciler, RequestError};
use provisioning::RunId;
use queue::{JobState, QueueError};
use std::time::Duration;

/// How often a run of another process is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// The last word of a run: where it stood, and its report.
#[derive(serde::Serialize, serde::Deserialize)]
struct Last {
    progress: Progress,
    report: FullReport,
}

impl Reconciler {
    pub(super) async fn tell_end(&self, progress: &Progress, report: &FullReport) -> Result<(), QueueError> {
        let last = Last { progress: progress.clone(), report: report.clone() };
        let json = serde_json::to_string(&last)
            .map_err(|_| QueueError::Data("the end of a full run that cannot be written"))?;
        self.parts().queue.progress_end(&json).await
    }

    /// Where the run is that is on its way, if one is.
    pub(super) async fn current(&self) -> Result<Option<Progress>, QueueError> {
        // What another version wrote is not followed.
        Ok(self.parts().queue.progress().await?.and_then(|json| serde_json::from_str(&json).ok()))
    }

    async fn last(&self) -> Result<Option<Last>, QueueError> {
        Ok(self.parts().queue.progress_last().await?.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// How far the full run is that is on its way, in whatever process; else how the last one ended. None if none is known.
    ///
    /// # Errors
    /// [`RequestError::Queue`].
    pub async fn progress(&self) -> Result<Option<Progress>, RequestError> {
        if let Some(now) = self.current().await? {
            return Ok(Some(now));
        }
        Ok(self.last().await?.map(|last| last.progress))
    }

    /// Follows the run that another process has begun, to its end. None if that process went away: the run is free then.
    pub(super) async fn follow(&self, tell: Tell<'_>) -> Result<Option<FullReport>, QueueError> {
        let mut followed: Option<RunId> = self.current().await?.map(|now| now.run);
        let before = self.last().await?.map(|last| last.report.run);
        loop {
            // First: whoever lets go of the run has said its last word before.
            let running = self.is_running().await?;
            match self.current().await?.filter(|_| running) {
                Some(now) => {
                    tell(&now);
                    followed = Some(now.run);
                }
                None => {
                    let ended = self.last().await?.filter(|last| match &followed {
                        Some(run) => last.report.run == *run,
                        None => Some(&last.report.run) != before.as_ref(),
                    });
                    match ended {
                        Some(last) => {
                            tell(&last.progress);
                            return Ok(Some(last.report));
                        }
                        None if !running => return Ok(None),
                        None => {}
                    }
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether some process has the run of everyone.
    pub(super) async fn is_running(&self) -> Result<bool, QueueError> {
        let job = self.parts().queue.show("reconcile").await?;
        Ok(job.is_some_and(|job| job.state == JobState::Leased))
    }
}
