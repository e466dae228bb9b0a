//! Memberships in user groups.

use super::{Applier, StepEnd};
use crate::stop::Stop;
use jumpcloud::MemberOp;
use provisioning::{AccountId, GroupId};
use queue::Vendor;
use std::collections::BTreeMap;

impl Applier<'_> {
    /// Adds the account to each group, or takes it out of each. A group that does not work does not keep the others from being
    /// done; each can be done twice without harm.
    pub(super) async fn memberships(
        &mut self,
        id: &AccountId,
        groups: &BTreeMap<GroupId, String>,
        op: MemberOp,
    ) -> Result<StepEnd, Stop> {
        let operation = match op {
            MemberOp::Add => "group_add",
            MemberOp::Remove => "group_remove",
        };
        let mut problems = Vec::new();
        for group in groups.keys() {
            self.gate().await?;
            let write = self.writer.group_member(op, group.as_str(), id.as_str());
            match self.session.made(Vendor::JumpCloud, operation, write).await {
                // The group is gone, or is another one now: its name is looked up again next time.
                Err(jumpcloud::Error::NotFound) => {
                    self.parts.groups.forget();
                    problems.push(format!("group {group} is not there"));
                }
                answer => {
                    if let StepEnd::Failed(problem) = self.written(answer)? {
                        problems.push(format!("group {group}: {problem}"));
                    }
                }
            }
        }
        Ok(if problems.is_empty() { StepEnd::Done } else { StepEnd::Failed(problems.join("; ")) })
    }
}
