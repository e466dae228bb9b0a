//! What a plan needs beyond the person and the account: the manager's account, and the groups that the account is in.

use super::Observer;
use crate::groups;
use crate::linked::Remembered;
use crate::stop::Stop;
use crate::vendor::found_stop;
use provisioning::{AccountId, Attribute, AttributePolicy, ChangeKind, Membership, Person, Plan, Standing};
use std::collections::BTreeSet;

impl Observer<'_> {
    /// The account of the person's manager, as far as it is remembered.
    pub(super) async fn manager(&self, person: Option<&Person>) -> Result<Option<AccountId>, Stop> {
        let policy = &self.parts.settings.policy;
        let asked = policy.attribute(Attribute::Manager) != AttributePolicy::Off;
        let Some(manager) = person.and_then(|person| person.manager.as_ref()).filter(|_| asked) else {
            return Ok(None);
        };
        let link = self.parts.queue.link(manager.as_str()).await?;
        Ok(match link.as_ref().and_then(Remembered::of) {
            Some(Remembered::Account(id)) => Some(id),
            Some(Remembered::Deleted(_)) | None => None,
        })
    }

    /// Whether the plan could say something about groups: it is about somebody who works here or will, and about one account.
    pub(super) fn asks_for_groups(&self, plan: &Plan) -> bool {
        let works = plan.standing.as_ref().is_some_and(|life| {
            matches!(life.standing, Standing::Active { .. } | Standing::NotStarted { .. })
        });
        let creates = plan.steps.iter().any(|step| step.change.kind() == ChangeKind::Creation);
        let one = plan.account.is_some() || creates;
        !self.parts.settings.policy.groups.is_empty() && works && one && plan.skipped.is_none()
    }

    /// Which configured groups there are, and which of them the plan's account is in; none yet if it is to be created.
    pub(super) async fn membership(&mut self, plan: &Plan) -> Result<Option<Membership>, Stop> {
        let parts = self.parts;
        let groups = parts.groups.resolved(parts, self.session).await?;
        let Some(account) = &plan.account else {
            return Ok(Some(Membership { groups, member_of: BTreeSet::new() }));
        };
        match groups::member_of(parts, self.session, account).await {
            Ok(member_of) => Ok(Some(Membership { groups, member_of })),
            // Gone since it was read; the next look sees it.
            Err(jumpcloud::ListError::Client(jumpcloud::Error::NotFound)) => Ok(None),
            Err(error) => Err(found_stop(error)),
        }
    }
}
