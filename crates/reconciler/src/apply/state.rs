//! Suspending, reactivating, activating, and our mark.

use super::schedule::Leftover;
use super::{Applier, StepEnd, UNREADABLE, untouchable};
use crate::stop::Stop;
use jumpcloud::{Mail, State, UserRecord, merge_attribute};
use provisioning::{Account, AccountId, AccountState, MARK_ATTRIBUTE, Mark, Quoted};
use queue::Vendor;
use std::time::Duration;

/// How long a suspension waits for scheduled activations to be cancelled: well below the age its reads may have.
const BEFORE: Duration = Duration::from_millis(1500);
/// How long they are tried again after it.
const AFTER: Duration = Duration::from_secs(3);

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
        if !ordered && !self.confirmed().await? {
            return Ok(StepEnd::Replan);
        }
        let left = self.cancel_scheduled(id, BEFORE).await?;
        if !ordered && !self.confirmed().await? {
            return Ok(StepEnd::Replan);
        }
        let Some((record, account)) = self.fresh(id).await? else { return Ok(StepEnd::Replan) };
        // An operator's order goes past a manual hold.
        if untouchable(&account)
            || (!ordered && self.leave_alone(&account))
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
        match (&end, left) {
            (StepEnd::Done, Some(left)) => self.cancel_after(id, left).await,
            (StepEnd::Done, None) => self.forget_schedule().await,
            _ => {}
        }
        Ok(end)
    }

    /// Tries once more, now that nothing waits for it. The suspension is done, whatever comes of this.
    async fn cancel_after(&mut self, id: &AccountId, left: Leftover) {
        let left = match left.again {
            true => self.cancel_scheduled(id, AFTER).await.unwrap_or(Some(left)),
            false => Some(left),
        };
        if let Some(left) = left {
            self.note_leftover(id, &left);
            *self.schedule_left |= left.again;
        }
    }

    /// What was scheduled is deleted. If Redis fails to forget that, the next plan finds the time and asks once more.
    async fn forget_schedule(&self) {
        if let Err(error) = self.parts.queue.schedule_remove(self.subject.as_str()).await {
            tracing::warn!(person.id = %self.subject, error = %error, "a deleted schedule is not forgotten");
        }
    }

    /// Whether the account is linked as it was planned on: to the person, or, for an operator's order about an account
    /// nobody is linked to, still to nobody.
    fn still_theirs(&self, account: &Account, observed: &Account) -> bool {
        account.is_linked_to(self.subject) || account.link_value() == observed.link_value()
    }

    /// Lets a suspended account be used again and takes the mark away, unless the suspension is not the planned one.
    pub(super) async fn reactivate(&mut self, id: &AccountId, mark: Option<&Mark>) -> Result<StepEnd, Stop> {
        if !self.confirmed().await? {
            return Ok(StepEnd::Replan);
        }
        let Some((record, account)) = self.fresh(id).await? else { return Ok(StepEnd::Replan) };
        if self.leave_alone(&account)
            || account.state != AccountState::Suspended
            || account.mark.as_ref() != mark
            || !account.is_linked_to(self.subject)
        {
            return Ok(StepEnd::Replan);
        }
        if !record.attributes_readable() {
            return Ok(StepEnd::Failed(UNREADABLE.to_owned()));
        }
        let attributes = merge_attribute(&record.attributes, MARK_ATTRIBUTE, None);
        self.gate().await?;
        if self.stale() {
            return Ok(StepEnd::Replan);
        }
        let write = self.writer.reactivate(id.as_str(), &attributes);
        let answer = self.session.made(Vendor::JumpCloud, "reactivate", write).await;
        self.state_written(answer, &State::Activated)
    }

    /// `STAGED` to `ACTIVATED`, by the endpoint that takes a choice about mail. Rests on reads of the last few seconds, as a
    /// suspension does: who has left meanwhile is not let in.
    pub(crate) async fn activate(&mut self, id: &AccountId, mail: &Mail) -> Result<StepEnd, Stop> {
        if !self.confirmed().await? {
            return Ok(StepEnd::Replan);
        }
        let Some((_, account)) = self.fresh(id).await? else { return Ok(StepEnd::Replan) };
        if self.leave_alone(&account)
            || account.state != AccountState::Staged
            || !account.is_linked_to(self.subject)
        {
            return Ok(StepEnd::Replan);
        }
        self.gate().await?;
        if self.stale() {
            return Ok(StepEnd::Replan);
        }
        let write = self.writer.activate(id.as_str(), mail);
        let answer = self.session.made(Vendor::JumpCloud, "activate", write).await;
        self.written(answer)
    }

    /// Takes a stale mark away.
    pub(super) async fn clear_mark(&mut self, id: &AccountId) -> Result<StepEnd, Stop> {
        let Some((record, account)) = self.fresh(id).await? else { return Ok(StepEnd::Replan) };
        if self.leave_alone(&account)
            || account.state == AccountState::Suspended
            || !record.attributes_readable()
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
    pub(super) fn state_written(
        &mut self,
        answer: Result<UserRecord, jumpcloud::Error>,
        expected: &State,
    ) -> Result<StepEnd, Stop> {
        let state = answer.as_ref().ok().map(|record| record.state.clone());
        let end = self.written(answer.map(|_| ()))?;
        match state {
            Some(state) if state != *expected => Ok(StepEnd::Failed(format!(
                "JumpCloud answered with state {} instead of {}",
                Quoted(state.as_str()),
                expected.as_str()
            ))),
            _ => Ok(end),
        }
    }
}
