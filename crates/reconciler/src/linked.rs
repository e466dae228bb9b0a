//! How many accounts are linked: what a limit in percent is a share of.

use crate::convert;
use crate::reconciler::Parts;
use crate::stop::Stop;
use crate::vendor::found_stop;
use provisioning::ProfileId;
use queue::Line;
use tokio::sync::OnceCell;

/// Counts the linked accounts. Redis remembers the link of everybody who was looked at, which is too few while it is new or
/// has lost its data; so before anything is held for a limit, the accounts are listed once.
#[derive(Debug, Default)]
pub struct LinkedAccounts(OnceCell<()>);

impl LinkedAccounts {
    /// Lists all accounts and remembers their links, once in the life of this process. `false` if that was done before.
    ///
    /// # Errors
    /// As `JumpCloud` or Redis says; the next call lists again.
    pub(crate) async fn learn(&self, parts: &Parts, class: Line) -> Result<bool, Stop> {
        let mut new = false;
        self.0
            .get_or_try_init(async || {
                new = true;
                let pace = || parts.jumpcloud_budget.acquire(class);
                let accounts = parts.jumpcloud.users(pace).await.map_err(found_stop)?;
                for record in accounts.into_inner() {
                    // An account that cannot be read is nobody's yet; its own run will say so.
                    let Ok(account) = convert::account(&record, &parts.settings.policy.link) else {
                        continue;
                    };
                    let person = account.link.as_deref().map(ProfileId::parse);
                    if let Some(Ok(person)) = person {
                        parts.queue.link_set(person.as_str(), account.id.as_str()).await?;
                    }
                }
                Ok::<(), Stop>(())
            })
            .await?;
        Ok(new)
    }
}
