//! Full runs of other processes: found, followed, and what they answered.

use super::progress::{Progress, Tell};
use super::report::FullReport;
use crate::asking::FullRuns;
use crate::reconciler::{Reconciler, RequestError};
use provisioning::RunId;
use queue::QueueError;
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

    /// Those of all processes.
    pub(super) fn full_runs(&self) -> FullRuns {
        FullRuns::new(self.parts().queue.clone())
    }

    async fn last(&self) -> Result<Option<Last>, QueueError> {
        Ok(self.parts().queue.progress_last().await?.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// How far the full run is that is on its way, in whatever process; else how the last one ended. None if none is known.
    ///
    /// # Errors
    /// [`RequestError::Queue`].
    pub async fn progress(&self) -> Result<Option<Progress>, RequestError> {
        Ok(self.full_runs().progress().await?)
    }

    /// Follows the run that another process has begun, to its end. None if that process went away: the run is free then.
    pub(super) async fn follow(&self, tell: Tell<'_>) -> Result<Option<FullReport>, QueueError> {
        let runs = self.full_runs();
        let mut followed: Option<RunId> = runs.current().await?.map(|now| now.run);
        let before = self.last().await?.map(|last| last.report.run);
        loop {
            // First: whoever lets go of the run has said its last word before.
            let running = runs.is_running().await?;
            match runs.current().await?.filter(|_| running) {
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
}
