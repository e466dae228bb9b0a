//! Writes that no plan has: what operators put on an account or take back.

use super::{Applier, StepEnd, UNREADABLE, untouchable};
use crate::stop::Stop;
use jumpcloud::{Patch, ProfileField, State, UserRecord, merge_attribute};
use provisioning::{Account, AccountId, AccountState, MARK_ATTRIBUTE, Mark};
use queue::Vendor;
use std::time::Duration;

/// How long scheduled activations are looked for before a suspension.
const PATIENCE: Duration = Duration::from_secs(5);

impl Applier<'_> {
    /// The account, if it may be written to and is the person's.
    async fn theirs(&mut self, id: &AccountId) -> Result<Option<(UserRecord, Account)>, Stop> {
        let fresh = self.fresh(id).await?;
        Ok(fresh.filter(|(_, account)| !untouchable(account) && account.is_linked_to(self.subject)))
    }

    /// The value of a custom attribute, if there is one.
    pub(crate) async fn attribute(&mut self, id: &AccountId, name: &str) -> Result<Option<String>, Stop> {
        let fresh = self.fresh(id).await?;
        let text = fresh.and_then(|(record, _)| record.attribute(name).map(|text| text.trim().to_owned()));
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// Writes one custom attribute of ours beside the others, or takes it away.
    pub(crate) async fn set_attribute(
        &mut self,
        id: &AccountId,
        name: &str,
        value: Option<&str>,
    ) -> Result<StepEnd, Stop> {
        let Some((record, account)) = self.theirs(id).await? else { return Ok(StepEnd::Replan) };
        if !record.attributes_readable() {
            return Ok(StepEnd::Failed(UNREADABLE.to_owned()));
        }
        if account.restricted.contains("attributes") {
            return Ok(StepEnd::Failed("another authority owns the account's custom attributes".to_owned()));
        }
        let attributes = merge_attribute(&record.attributes, name, value);
        self.gate().await?;
        let write = self.writer.set_attributes(id.as_str(), &attributes);
        let answer = self.session.made(Vendor::JumpCloud, "set_attributes", write).await;
        self.written(answer.map(|_| ()))
    }

    /// Writes an email as it was, spelled as it was.
    pub(crate) async fn write_email(&mut self, id: &AccountId, email: &str) -> Result<StepEnd, Stop> {
        if self.theirs(id).await?.is_none() {
            return Ok(StepEnd::Replan);
        }
        self.update(id, &Patch::new().set(ProfileField::Email, email), "update_email").await
    }

    /// Gives the link field the value it had, and takes away the sign of an adoption.
    pub(crate) async fn unlink(&mut self, id: &AccountId, value: Option<&str>) -> Result<StepEnd, Stop> {
        let Some((record, _)) = self.theirs(id).await? else { return Ok(StepEnd::Replan) };
        if !record.attributes_readable() {
            return Ok(StepEnd::Failed(UNREADABLE.to_owned()));
        }
        let patch = self.link_patch(&record, value, None);
        let end = self.update(id, &patch, "unlink").await?;
        if matches!(end, StepEnd::Done) {
            self.parts.queue.link_remove(self.subject.as_str()).await?;
        }
        Ok(end)
    }

    /// Suspends an account that a run had let in again, with the mark it had.
    pub(crate) async fn suspend_again(
        &mut self,
        id: &AccountId,
        mark: Option<&Mark>,
    ) -> Result<StepEnd, Stop> {
        let left = self.cancel_scheduled(id, PATIENCE).await?;
        let Some((record, account)) = self.theirs(id).await? else { return Ok(StepEnd::Replan) };
        if account.state != AccountState::Activated {
            return Ok(StepEnd::Replan);
        }
        if !record.attributes_readable() {
            return Ok(StepEnd::Failed(UNREADABLE.to_owned()));
        }
        let text = mark.map(Mark::render);
        let attributes = merge_attribute(&record.attributes, MARK_ATTRIBUTE, text.as_deref());
        self.gate().await?;
        let write = self.writer.suspend(id.as_str(), &attributes);
        let answer = self.session.made(Vendor::JumpCloud, "suspend", write).await;
        let end = self.state_written(answer, &State::Suspended)?;
        if let (StepEnd::Done, Some(left)) = (&end, left) {
            self.note_leftover(id, &left);
        }
        Ok(end)
    }
}
