//! The full run: list both sides, plan everyone, and bring each account in step.

mod progress;
mod report;

pub use progress::{Phase, Progress, Tell, silent};
pub use report::{
    ApplyReport, EveryonePlanned, FullCounts, FullEnd, FullReport, Organizations, PersonApplied,
    PersonPlanned, PersonResult, Requested, Synced,
};

use crate::planfile::PlanFile;
use crate::reconciler::{Reconciler, RequestError};
use crate::trail::{ReconcileRecord, Record};
use queue::{Add, JobKey, Line, Trigger};

impl Reconciler {
    /// Says what a sync of everyone would do now, and why. Writes and records nothing, and needs no writer.
    ///
    /// # Errors
    /// [`RequestError::Stopped`] if a vendor did not answer, or a list could not be proved complete;
    /// [`RequestError::Queue`].
    pub async fn plan_everyone(&self, tell: Tell<'_>) -> Result<EveryonePlanned, RequestError> {
        let _ = tell;
        Err(RequestError::Stopped("not available".to_owned()))
    }

    /// Syncs everyone now, in this process; or, if a full run is on its way, waits for that one and answers its result.
    /// In observe mode everything is planned and put on the trail.
    ///
    /// # Errors
    /// [`RequestError::Paused`]; [`RequestError::Queue`]. A run that was refused or failed is not an error: see the report.
    pub async fn sync_everyone(
        &self,
        worker: &str,
        trigger: &Trigger,
        tell: Tell<'_>,
    ) -> Result<Synced, RequestError> {
        let _ = (worker, trigger, tell);
        Err(RequestError::Stopped("not available".to_owned()))
    }

    /// Applies exactly what a plan file holds, its suspensions counting as approved. Whoever would be planned otherwise now
    /// is refused and left alone.
    ///
    /// # Errors
    /// [`RequestError::PlanFile`]: the file as a whole is refused, nothing was changed; [`RequestError::ObserveMode`];
    /// [`RequestError::Paused`]; [`RequestError::Running`]; [`RequestError::Stopped`]; [`RequestError::Queue`].
    pub async fn apply_plan(
        &self,
        file: &PlanFile,
        worker: &str,
        tell: Tell<'_>,
    ) -> Result<ApplyReport, RequestError> {
        let _ = (file, worker, tell);
        Err(RequestError::Stopped("not available".to_owned()))
    }

    /// Asks the workers for a sync of everyone, unless one is on its way: that one then serves the request.
    ///
    /// # Errors
    /// [`RequestError::Queue`].
    pub async fn request_sync(&self, trigger: &Trigger) -> Result<Requested, RequestError> {
        let add = Add { key: JobKey::Reconcile, line: Line::Bulk, trigger: trigger.clone(), look: None };
        self.parts().queue.add(&add).await?;
        Ok(Requested { run: None, joined: false })
    }

    /// How far the full run is that is on its way, in whatever process; else how the last one ended. None if none is known.
    ///
    /// # Errors
    /// [`RequestError::Queue`].
    pub async fn progress(&self) -> Result<Option<Progress>, RequestError> {
        Ok(None)
    }

    /// The latest `limit` full runs on the trail, oldest first.
    ///
    /// # Errors
    /// [`RequestError::Queue`].
    pub async fn runs(&self, limit: usize) -> Result<Vec<ReconcileRecord>, RequestError> {
        let full = |record: &Record| matches!(record, Record::Reconcile(_));
        let entries = self.trail().latest_of(limit, full).await?;
        Ok(entries
            .into_iter()
            .filter_map(|entry| match entry.record {
                Record::Reconcile(record) => Some(record),
                _ => None,
            })
            .collect())
    }
}
