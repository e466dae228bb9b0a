//! What operators do by hand that is no sync: activate, put on hold.

use crate::reconciler::{Reconciler, RequestError};
use crate::run::{Activate, Manual, NotDone, Run};
use crate::settings::Apply;
use crate::stop::Stop;
use crate::trail::{Record, RunRecord};
use jiff::Timestamp;
use jumpcloud::Writer;
use provisioning::ProfileId;
use queue::{Claim, Trigger, Verdict};
use std::time::Duration;

/// Who asks, and how long they wait for a person whom another process works on.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Their name, for the trail.
    pub by: &'a str,
    /// The process, for leases.
    pub worker: &'a str,
    /// How long at most.
    pub patience: Duration,
}

impl Reconciler {
    /// Activates a staged account now, has `JumpCloud` do it at a time, or takes that back. Nothing is asked of `JumpCloud`
    /// if it is so already.
    ///
    /// # Errors
    /// [`RequestError::Refused`] with the reason, and nothing is changed then; [`RequestError::ObserveMode`],
    /// [`RequestError::Paused`], [`RequestError::Busy`], [`RequestError::Stopped`], [`RequestError::Queue`].
    pub async fn activate(
        &self,
        person: &ProfileId,
        how: &Activate,
        asker: Asker<'_>,
    ) -> Result<RunRecord, RequestError> {
        let (writer, claim) = self.hands_on(person, "operator:activate", asker).await?;
        let mut run = Run::new(self.parts(), self.holds_ref(), self.emails(), person, &claim).by(asker.by);
        let end = Box::pin(run.activate(writer, how)).await;
        let record = run.close(&end);
        self.hands_off(claim, record, end).await
    }

    /// Puts the person on a manual hold: nothing is written for them on any path until it is lifted, or until its end, when
    /// they are looked at again. It stands on the account, in a custom attribute that administrators see and may set, too.
    /// A hold that is there is replaced.
    ///
    /// # Errors
    /// As [`Reconciler::activate`]; refused for a person without an account.
    pub async fn hold_person(
        &self,
        person: &ProfileId,
        reason: &str,
        until: Option<Timestamp>,
        asker: Asker<'_>,
    ) -> Result<RunRecord, RequestError> {
        let text = rendered(reason, until);
        self.manual(person, &Manual::Put { text, until }, "operator:hold", reason, asker).await
    }

    /// Lifts a manual hold, whoever put it there; an ordinary look at the person follows.
    ///
    /// # Errors
    /// As [`Reconciler::activate`]; refused if there is none.
    pub async fn lift_hold(&self, person: &ProfileId, asker: Asker<'_>) -> Result<RunRecord, RequestError> {
        self.manual(person, &Manual::Lift, "operator:lift", "lifted by hand", asker).await
    }

    async fn manual(
        &self,
        person: &ProfileId,
        what: &Manual,
        trigger: &str,
        why: &str,
        asker: Asker<'_>,
    ) -> Result<RunRecord, RequestError> {
        let (writer, claim) = self.hands_on(person, trigger, asker).await?;
        let mut run = Run::new(self.parts(), self.holds_ref(), self.emails(), person, &claim).by(asker.by);
        let end = Box::pin(run.manual(writer, what, why)).await;
        let record = run.close(&end);
        self.hands_off(claim, record, end).await
    }

    /// The writer and the person's lease, if anything may be written.
    pub(crate) async fn hands_on(
        &self,
        person: &ProfileId,
        trigger: &str,
        asker: Asker<'_>,
    ) -> Result<(&Writer, Claim), RequestError> {
        let Apply::Enforce(writer) = &self.parts().apply else { return Err(RequestError::ObserveMode) };
        if self.parts().queue.paused().await?.is_some() {
            return Err(RequestError::Paused);
        }
        let claim = self.claim(person, asker.worker, &Trigger::new(trigger), asker.patience).await?;
        Ok((writer, claim.ok_or_else(|| RequestError::Busy(person.clone()))?))
    }

    /// Puts what was done on the trail, and gives the lease back. What waited for the person still waits: this was no sync,
    /// and an ordinary look follows.
    pub(crate) async fn hands_off(
        &self,
        claim: Claim,
        record: RunRecord,
        end: Result<(), NotDone>,
    ) -> Result<RunRecord, RequestError> {
        self.noted(claim, &record).await?;
        match end {
            Ok(()) => Ok(record),
            Err(NotDone::Refused(words)) => Err(RequestError::Refused(words)),
            Err(NotDone::Stopped(Stop::Paused)) => Err(RequestError::Paused),
            Err(NotDone::Stopped(stop)) => Err(stop.into()),
        }
    }
}

impl Reconciler {
    /// Puts what was done on the trail, if anything was, and gives the lease back.
    pub(crate) async fn noted(&self, claim: Claim, record: &RunRecord) -> Result<(), queue::QueueError> {
        let touched = !record.changes.is_empty();
        if touched && let Err(error) = self.trail().put(Record::Run(Box::new(record.clone()))).await {
            tracing::error!(
                person.id = %record.person, run.id = %record.run, error = %error, "the run is missing on the trail"
            );
        }
        claim.finish(Verdict::Release).await?;
        Ok(())
    }
}

fn rendered(reason: &str, until: Option<Timestamp>) -> String {
    until.map_or_else(|| format!("reason={reason}"), |until| format!("until={until} reason={reason}"))
}
