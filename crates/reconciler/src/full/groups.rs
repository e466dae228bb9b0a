//! Who is in the groups that the configuration names: one list per group instead of one per account.

use super::listing::{Lister, Unlisted};
use crate::stop::{Vendor, chain};
use crate::vendor::found_stop;
use provisioning::{AccountId, CensusGroups, GroupId};
use queue::Line;
use std::collections::BTreeSet;

impl Lister<'_> {
    /// The configured groups and their members; none if none is configured.
    pub(super) async fn groups(&self) -> Result<Option<CensusGroups>, Unlisted> {
        let parts = self.parts;
        if parts.settings.policy.groups.is_empty() {
            return Ok(None);
        }
        let mut session = parts.session(Line::Bulk);
        let ids = parts.groups.resolved(parts, &mut session).await.map_err(Unlisted::of)?;
        let mut groups = CensusGroups { ids, ..CensusGroups::default() };
        let each: BTreeSet<GroupId> = groups.ids.values().cloned().collect();
        for group in each {
            let pace = || parts.jumpcloud_budget.acquire(Line::Bulk);
            let read = parts.jumpcloud.group_members(group.as_str(), pace);
            let members = session.made(Vendor::JumpCloud, "group_members", read).await;
            let members = members.map_err(|error| {
                let stop = found_stop(error);
                Unlisted {
                    words: format!("the members of group {group} cannot be listed: {}", chain(&stop)),
                    stop,
                }
            })?;
            for account in members.iter().filter_map(|id| AccountId::parse(id).ok()) {
                groups.members.entry(account).or_default().insert(group.clone());
            }
        }
        Ok(Some(groups))
    }
}
