//! Whether an id is anybody's: an order about nobody would lie in wait for whoever gets that id.

use crate::convert;
use crate::reconciler::Reconciler;
use crate::session::Session;
use crate::stop::{Stop, Vendor};
use crate::vendor::{found_stop, jumpcloud_stop};
use jumpcloud::UserRecord;
use provisioning::ProfileId;
use queue::Line;

impl Reconciler {
    /// False if both sides say that they know nobody of this id. `JumpCloud` is asked first, since an order must not wait for
    /// Deel; a side that does not answer is no proof.
    ///
    /// # Errors
    /// [`Stop::Queue`].
    pub(crate) async fn is_anybody(&self, person: &ProfileId) -> Result<bool, Stop> {
        let parts = self.parts();
        let mut session =
            Session::new(Line::Urgent, parts.deel_budget.clone(), parts.jumpcloud_budget.clone());
        match self.has_account(person, &mut session).await {
            Ok(false) => {}
            Err(Stop::Queue(error)) => return Err(Stop::Queue(error)),
            Ok(true) | Err(_) => return Ok(true),
        }
        session.slot(Vendor::Deel).await?;
        let found = session.made(Vendor::Deel, "person", parts.deel.person(person.as_str())).await;
        Ok(!matches!(found, Err(deel::Error::NotFound { .. })))
    }

    async fn has_account(&self, person: &ProfileId, session: &mut Session) -> Result<bool, Stop> {
        let parts = self.parts();
        let link = &parts.settings.policy.link;
        let ours = |record: &UserRecord| {
            let linked = convert::link_of(record, link).map(ProfileId::parse);
            matches!(linked, Some(Ok(linked)) if linked == *person)
        };
        if let Some(known) = parts.queue.link(person.as_str()).await? {
            match session.call(Vendor::JumpCloud, "account", parts.jumpcloud.account(&known)).await? {
                Ok(record) if ours(&record) => return Ok(true),
                Ok(_) | Err(jumpcloud::Error::NotFound) => {}
                Err(error) => return Err(jumpcloud_stop(error)),
            }
        }
        let pace = || parts.jumpcloud_budget.acquire(Line::Urgent);
        let find = parts.jumpcloud.find_paced(convert::key(link), person.as_str(), pace);
        let found = session.call(Vendor::JumpCloud, "find_by_link", find).await?.map_err(found_stop)?;
        Ok(found.iter().any(ours))
    }
}
