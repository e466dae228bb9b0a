//! Creating an account, once.

use super::{Applier, SETTLE_PAUSE, StepEnd};
use crate::convert;
use crate::stop::Stop;
use crate::vendor::{found_stop, jumpcloud_stop};
use jumpcloud::{CreateError, CustomAttribute, Doubt, Link, NewState, NewUser, Settled, settle_create};
use provisioning::{AccountId, AccountState, Attribute, LinkField, NewAccount};
use queue::Vendor;

impl Applier<'_> {
    /// Creates the account. An answer that was lost, or says that something is taken, is settled by re-reading each
    /// unique key; a creation is never sent twice in one run without that.
    pub(super) async fn create(&mut self, new: &NewAccount) -> Result<StepEnd, Stop> {
        let user = self.new_user(new);
        self.gate().await?;
        let (doubt, lost) =
            match self.session.made(Vendor::JumpCloud, "create", self.writer.create(&user)).await {
                Ok(record) => return self.created(&record.id).await,
                Err(error) => match (error.doubt(), error) {
                    (Some(doubt), CreateError::LostAnswer { source, .. }) => (doubt, Some(source)),
                    (Some(doubt), _) => (doubt, None),
                    (None, CreateError::Other(error)) => return Err(jumpcloud_stop(error)),
                    (None, error) => return Ok(StepEnd::Failed(error.to_string())),
                },
            };
        if doubt == Doubt::LostAnswer {
            tokio::time::sleep(SETTLE_PAUSE).await;
        }
        match (self.settle(new, &user, doubt).await?, lost.map(jumpcloud_stop)) {
            // JumpCloud was away, and did nothing: that is no fault of this person's.
            (StepEnd::Failed(_), Some(stop @ Stop::Unavailable { .. })) => Err(stop),
            (end, _) => Ok(end),
        }
    }

    async fn settle(&mut self, new: &NewAccount, user: &NewUser, doubt: Doubt) -> Result<StepEnd, Stop> {
        let pace = self.session.pace(Vendor::JumpCloud);
        let settled = settle_create(&self.parts.jumpcloud, user, doubt, pace);
        match self.session.call(Vendor::JumpCloud, "settle_create", settled).await?.map_err(found_stop)? {
            Settled::Created(record) => self.created(&record.id).await,
            Settled::Taken(taken) => {
                if taken.username {
                    self.taken.insert(new.username.as_str().to_lowercase());
                }
                // An account with the link or the email is found by the next observation.
                Ok(StepEnd::Replan)
            }
            Settled::NotThere => Ok(StepEnd::Failed(
                "the answer to the creation was lost, and the account is not there; it is looked for again before \
                 another is created"
                    .to_owned(),
            )),
            Settled::Rejected { status, fields } => Ok(StepEnd::Failed(format!(
                "JumpCloud rejected the creation with status {status} (fields: {}); an alternate email of another user \
                 may be the same address",
                fields.join(", ")
            ))),
        }
    }

    async fn created(&mut self, id: &str) -> Result<StepEnd, Stop> {
        self.note_write();
        let id = AccountId::parse(id).map_err(convert::ConvertError::AccountId)?;
        // Only a cache: without it the next run searches by the link.
        if let Err(error) = self.parts.queue.link_set(self.subject.as_str(), id.as_str()).await {
            tracing::warn!(person.id = %self.subject, account.id = %id, error = %error, "the link is not remembered");
        }
        self.created = Some(id);
        Ok(StepEnd::Done)
    }

    fn new_user(&self, new: &NewAccount) -> NewUser {
        let state = match new.state {
            AccountState::Activated => NewState::Activated,
            _ => NewState::Staged,
        };
        let link = match &self.parts.settings.policy.link {
            LinkField::EmployeeIdentifier => Link::EmployeeIdentifier(new.link.to_string()),
            LinkField::CustomAttribute(name) => {
                Link::CustomAttribute { name: name.clone(), value: new.link.to_string() }
            }
        };
        let user = NewUser::new(new.username.as_str(), new.email.to_send(), state, link);
        new.values.iter().fold(user, |user, (attribute, value)| match attribute {
            Attribute::Custom(name) => user.attribute(CustomAttribute::new(name.as_str(), value.clone())),
            other => match convert::profile_field(*other) {
                Some(field) => user.set(field, value.clone()),
                None => user,
            },
        })
    }
}
