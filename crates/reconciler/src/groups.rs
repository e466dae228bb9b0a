//! Which groups of `JumpCloud` the configured names mean.

use crate::reconciler::Parts;
use crate::session::Session;
use crate::stop::Stop;
use crate::vendor::found_stop;
use jumpcloud::UserGroup;
use provisioning::{AccountId, GroupId, GroupRule, Quoted};
use queue::{Line, Vendor};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long what a name means is remembered: groups are made and renamed seldom, and by hand.
const REMEMBERED: Duration = Duration::from_secs(600);

/// The groups that the configuration names, as `JumpCloud` has them; remembered for ten minutes.
#[derive(Debug, Default)]
pub struct Groups(Mutex<Option<(Instant, Meant)>>);

/// What each configured name means, or why it means nothing usable.
type Meant = BTreeMap<String, Result<GroupId, UnusableGroup>>;

impl Groups {
    /// Every configured name that means exactly one group which is not dynamic.
    pub(crate) async fn resolved(
        &self,
        parts: &Parts,
        session: &mut Session,
    ) -> Result<BTreeMap<String, GroupId>, Stop> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let list = list(parts, session.class);
        let found = session.made(Vendor::JumpCloud, "user_groups", list).await.map_err(found_stop)?;
        Ok(self.learned(parts, &found))
    }

    /// Remembers what the configured names mean among all groups.
    pub(crate) fn learned(&self, parts: &Parts, found: &[UserGroup]) -> BTreeMap<String, GroupId> {
        let meant = resolve(&parts.settings.policy.groups, found);
        let ids = usable_of(&meant);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), meant));
        ids
    }

    /// What was learned lately.
    pub(crate) fn known(&self) -> Option<BTreeMap<String, GroupId>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(at, _)| at.elapsed() < REMEMBERED).map(|(_, meant)| usable_of(meant))
    }

    /// In words, which configured names are left alone, and why.
    pub(crate) fn left_alone(&self) -> Vec<String> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let meant = known.iter().flat_map(|(_, meant)| meant);
        let unusable = meant.filter_map(|(name, meant)| Some((name, meant.as_ref().err()?)));
        unusable.map(|(name, why)| format!("{} of [[groups]] is left alone: {why}", Quoted(name))).collect()
    }

    /// Has the next one ask again.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// All groups, in slots of this line.
pub(crate) async fn list(
    parts: &Parts,
    class: Line,
) -> Result<Vec<UserGroup>, jumpcloud::ListError<queue::QueueError>> {
    parts.jumpcloud.user_groups(|| parts.jumpcloud_budget.acquire(class)).await
}

/// The groups that an account is in.
pub(crate) async fn member_of(
    parts: &Parts,
    session: &mut Session,
    account: &AccountId,
) -> Result<BTreeSet<GroupId>, jumpcloud::ListError<queue::QueueError>> {
    let class = session.class;
    let read = parts.jumpcloud.groups_of(account.as_str(), || parts.jumpcloud_budget.acquire(class));
    let found = session.made(Vendor::JumpCloud, "groups_of", read).await?;
    Ok(found.iter().filter_map(|id| GroupId::parse(id).ok()).collect())
}

fn resolve(rules: &[GroupRule], groups: &[UserGroup]) -> Meant {
    let id = |group: &UserGroup| GroupId::parse(&group.id).map_err(|_| UnusableGroup::Missing);
    rules.iter().map(|rule| (rule.name.clone(), usable(rule, groups).and_then(id))).collect()
}

fn usable_of(meant: &Meant) -> BTreeMap<String, GroupId> {
    meant.iter().filter_map(|(name, meant)| Some((name.clone(), meant.clone().ok()?))).collect()
}

/// Why a configured group is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableGroup {
    /// No group has this id, or this name.
    #[error("JumpCloud has no such group")]
    Missing,
    /// Several groups have this name.
    #[error("JumpCloud has several groups of this name")]
    Ambiguous,
    /// `JumpCloud` decides by itself who is in it.
    #[error("the group is dynamic: JumpCloud decides by itself who is in it")]
    Dynamic,
}

/// The group that a rule means: the one of its id, else the only one of exactly its name.
///
/// # Errors
/// [`UnusableGroup`].
pub fn usable<'g>(rule: &GroupRule, groups: &'g [UserGroup]) -> Result<&'g UserGroup, UnusableGroup> {
    let fits = |group: &&UserGroup| match &rule.id {
        Some(id) => group.id == id.as_str(),
        None => group.name == rule.name,
    };
    let mut found = groups.iter().filter(fits);
    match (found.next(), found.next()) {
        (None, _) => Err(UnusableGroup::Missing),
        (Some(_), Some(_)) => Err(UnusableGroup::Ambiguous),
        (Some(group), None) if group.dynamic => Err(UnusableGroup::Dynamic),
        (Some(group), None) => Ok(group),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_group_that_is_not_dynamic() {
        let group = |id: &str, name: &str, dynamic| UserGroup {
            id: id.to_owned(),
            name: name.to_owned(),
            dynamic,
            reads: [].into(),
        };
        let groups = [
            group("g1", "One", false),
            group("g2", "Two", false),
            group("g3", "Two", false),
            group("g4", "Four", true),
        ];
        let rule = |name: &str, id: Option<&str>| GroupRule {
            name: name.to_owned(),
            id: id.map(|id| GroupId::parse(id).unwrap()),
            ..GroupRule::default()
        };
        let found = |name, id| usable(&rule(name, id), &groups).map(|group| group.id.as_str());
        assert_eq!(found("One", None), Ok("g1"));
        assert_eq!(found("one", None), Err(UnusableGroup::Missing));
        assert_eq!(found("Two", None), Err(UnusableGroup::Ambiguous));
        assert_eq!(found("Two", Some("g3")), Ok("g3"));
        assert_eq!(found("Four", Some("g4")), Err(UnusableGroup::Dynamic));
        let rules = [rule("One", None), rule("Two", None), rule("Four", None)];
        let meant = resolve(&rules, &groups);
        assert_eq!(usable_of(&meant).into_keys().collect::<Vec<_>>(), ["One"]);
        let known = Groups(Mutex::new(Some((Instant::now(), meant))));
        let words = ["\"Four\" of [[groups]] is left alone: the group is dynamic", "\"Two\" of"];
        for (said, words) in known.left_alone().iter().zip(words) {
            assert!(said.starts_with(words), "{said}");
        }
    }
}
