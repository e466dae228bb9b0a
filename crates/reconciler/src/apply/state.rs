//! Suspending, reactivating, activating, and our mark.

use super::{Applier, StepEnd, untouchable};
use crate::stop::{Stop, Vendor};
use crate::vendor::jumpcloud_stop;
use jumpcloud::{Mail, State, UserRecord, merge_attribute};
use provisioning::{Account, AccountId, AccountState, MARK_ATTRIBUTE, Mark};

/// How many scheduled activations are cancelled before a suspension; `JumpCloud` tells of one at a time.
const MOST_SCHEDULED: usize = 5;

impl Applier<'_> {
    /// Suspends, with the mark in the same PUT. Rests on reads of the last few seconds: Deel's answer, and the account
    /// read once more by its id.
    pub(super) async fn suspend(
        &mut self,
        id: &AccountId,
        observed: &Account,
        mark: &Mark,
        ordered: bool,
    ) -> Result<StepEnd, Stop> {
        if !ordered && self.stale() {
            return Ok(StepEnd::Replan);
        }
        let problem = self.cancel_scheduled(id).await?;
        let Some((record, account)) = self.fresh(id).await? else { return Ok(StepEnd::Replan) };
        if untouchable(&account)
            || account.state != observed.state
            || account.state == AccountState::Suspended
            || !self.still_theirs(&account, observed)
        {
            return Ok(StepEnd::Replan);
        }
        if !record.attributes_readable() {
            return Ok(StepEnd::Failed(
                "the account's custom attributes cannot be read, so our mark cannot be written beside them"
                    .to_owned(),
            ));
        }
        let attributes = merge_attribute(&record.attributes, MARK_ATTRIBUTE, Some(&mark.render()));
        self.gate().await?;
        // The waits above may have taken long. An operator's order does not age.
        if !ordered && self.stale() {
            return Ok(StepEnd::Replan);
        }
        let write = self.writer.suspend(id.as_str(), &attributes);
        let answer = self.session.made(Vendor::JumpCloud, "suspend", write).await;
        let end = self.state_written(answer, &State::Suspended)?;
        if let (StepEnd::Done, Some(problem)) = (&end, problem) {
            tracing::warn!(
                person.id = %self.subject, account.id = %id,
                "suspended, but {problem}; see that no activation is scheduled in JumpCloud"
            );
        }
        Ok(end)
    }

    /// Whether the account is linked as it was planned on: to the person, or, for an operator's order about an account
    /// nobody is linked to, still to nobody.
    fn still_theirs(&self, account: &Account, observed: &Account) -> bool {
        account.is_linked_to(self.subject) || account.link_value() == observed.link_value()
    }

    /// Lets a suspended account be used again and takes the mark away, unless the suspension is not the planned one.
    pub(super) async fn reactivate(&mut self, id: &AccountId, mark: Option<&Mark>) -> Result<StepEnd, Stop> {
        let Some((record, account)) = self.fresh(id).await? else { return Ok(StepEnd::Replan) };
        if untouchable(&account)
            || account.state != AccountState::Suspended
            || account.mark.as_ref() != mark
            || !account.is_linked_to(self.subject)
        {
            return Ok(StepEnd::Replan);
        }
        if !record.attributes_readable() {
            return Ok(StepEnd::Failed("the account's custom attributes cannot be read".to_owned()));
        }
        let attributes = merge_attribute(&record.attributes, MARK_ATTRIBUTE, None);
        self.gate().await?;
        let write = self.writer.reactivate(id.as_str(), &attributes);
        let answer = self.session.made(Vendor::JumpCloud, "reactivate", write).await;
        self.state_written(answer, &State::Activated)
    }

    /// `STAGED` to `ACTIVATED`, by the endpoint that takes a choice about mail: none.
    pub(super) async fn activate(&mut self, id: &AccountId) -> Result<StepEnd, Stop> {
        self.gate().await?;
        let write = self.writer.activate(id.as_str(), &Mail::None);
        let answer = self.session.made(Vendor::JumpCloud, "activate", write).await;
        self.written(answer)
    }

    /// Takes a stale mark away.
    pub(super) async fn clear_mark(&mut self, id: &AccountId) -> Result<StepEnd, Stop> {
        let Some((record, account)) = self.fresh(id).await? else { return Ok(StepEnd::Replan) };
        if untouchable(&account) || account.state == AccountState::Suspended || !record.attributes_readable()
        {
            return Ok(StepEnd::Replan);
        }
        let attributes = merge_attribute(&record.attributes, MARK_ATTRIBUTE, None);
        self.gate().await?;
        let write = self.writer.set_attributes(id.as_str(), &attributes);
        let answer = self.session.made(Vendor::JumpCloud, "clear_mark", write).await;
        self.written(answer.map(|_| ()))
    }

    /// A write of the state counts as done only if the answer has that state.
    fn state_written(
        &mut self,
        answer: Result<UserRecord, jumpcloud::Error>,
        expected: &State,
    ) -> Result<StepEnd, Stop> {
        let state = answer.as_ref().ok().map(|record| record.state.clone());
        let end = self.written(answer.map(|_| ()))?;
        match state {
            Some(state) if state != *expected => Ok(StepEnd::Failed(format!(
                "JumpCloud answered with state {:?} instead of {}",
                state.as_str(),
                expected.as_str()
            ))),
            _ => Ok(end),
        }
    }

    /// Cancels activations scheduled at `JumpCloud`, which would undo the suspension later. A role that may not see them
    /// does not keep a leaver's account open: what could not be done comes back in words.
    async fn cancel_scheduled(&mut self, id: &AccountId) -> Result<Option<&'static str>, Stop> {
        for _ in 0..MOST_SCHEDULED {
            let read = self.parts.jumpcloud.scheduled_states(id.as_str());
            let scheduled = match self.session.call(Vendor::JumpCloud, "scheduled_states", read).await? {
                Ok(scheduled) => scheduled,
                Err(error) => return tolerable(error, "the scheduled states could not be read"),
            };
            let Some(next) = scheduled.into_iter().find(|next| next.state == State::Activated) else {
                return Ok(None);
            };
            self.gate().await?;
            let write = self.writer.cancel_scheduled(&next.job_id);
            match self.session.made(Vendor::JumpCloud, "cancel_scheduled", write).await {
                Ok(()) | Err(jumpcloud::Error::NotFound) => {}
                Err(error) => return tolerable(error, "a scheduled activation could not be cancelled"),
            }
        }
        Ok(Some("more activations are scheduled than were cancelled"))
    }
}

/// A vendor that limits or is away ends the run, as everywhere; what only concerns the schedule does not.
fn tolerable(error: jumpcloud::Error, problem: &'static str) -> Result<Option<&'static str>, Stop> {
    match jumpcloud_stop(error) {
        stop @ (Stop::Limited { .. } | Stop::Unavailable { .. }) => Err(stop),
        _ => Ok(Some(problem)),
    }
}
