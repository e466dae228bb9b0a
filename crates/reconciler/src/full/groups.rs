//! Who is in the groups that the configuration names: one list per group instead of one per account.

use super::listing::{Lister, Unlisted};
use crate::groups;
use crate::stop::chain;
use crate::vendor::found_stop;
use provisioning::{AccountId, CensusGroups, GroupId};
use queue::{Line, Vendor};
use std::collections::BTreeSet;

/// Calls that take a slot for each page themselves.
const PACED: (Vendor, bool) = (Vendor::JumpCloud, false);

fn unlisted(what: &str, error: jumpcloud::ListError<queue::QueueError>) -> Unlisted {
    let stop = found_stop(error);
    Unlisted { words: format!("{what}: {}", chain(&stop)), stop }
}

impl Lister<'_> {
    /// The configured groups and their members; none if none is configured.
    pub(super) async fn groups(&self) -> Result<Option<CensusGroups>, Unlisted> {
        let parts = self.parts;
        if parts.settings.policy.groups.is_empty() {
            return Ok(None);
        }
        let mut session = parts.session(Line::Bulk).of(&queue::JobKey::Reconcile);
        let named = "the groups cannot be listed";
        let ids = match parts.groups.known() {
            Some(known) => known,
            None => {
                let list = || groups::list(parts, Line::Bulk);
                let found = self.again_and_again(&mut session, PACED, "user_groups", list).await?;
                parts.groups.learned(parts, &found.map_err(|error| unlisted(named, error))?)
            }
        };
        let mut all = CensusGroups { ids, ..CensusGroups::default() };
        let each: BTreeSet<GroupId> = all.ids.values().cloned().collect();
        for group in each {
            let pace = || parts.jumpcloud_budget.acquire(Line::Bulk);
            let read = || parts.jumpcloud.group_members(group.as_str(), pace);
            let members = self.again_and_again(&mut session, PACED, "group_members", read).await?;
            let named = format!("the members of group {group} cannot be listed");
            let members = members.map_err(|error| unlisted(&named, error))?;
            for account in members.iter().filter_map(|id| AccountId::parse(id).ok()) {
                all.members.entry(account).or_default().insert(group.clone());
            }
        }
        Ok(Some(all))
    }
}
