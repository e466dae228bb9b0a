//! Memberships, read again rule by rule.

use std::collections::BTreeMap;

use crate::attributes::Attribute;
use crate::groups::GroupRule;
use crate::ids::GroupId;
use crate::person::{Person, Status};
use crate::values::Effective;

use super::{Reading, Violation};

impl Reading<'_> {
    pub(super) fn group_add(&mut self, groups: &BTreeMap<GroupId, String>) {
        self.memberships(groups, |person, rules, is_in| {
            !is_in && rules.iter().any(|rule| conditions(rule, person).all(|met| met == Some(true)))
        });
    }

    pub(super) fn group_removal(&mut self, groups: &BTreeMap<GroupId, String>) {
        self.memberships(groups, |person, rules, is_in| {
            is_in && rules.iter().all(|rule| conditions(rule, person).any(|met| met == Some(false)))
        });
    }

    fn memberships(
        &mut self,
        groups: &BTreeMap<GroupId, String>,
        holds: impl Fn(&Person, &[&GroupRule], bool) -> bool,
    ) {
        self.must(!groups.is_empty(), Violation::EmptyUpdate);
        let (Some(person), Some(membership)) = (self.person(), &self.actual.membership) else {
            self.must(false, Violation::GroupAgainstRules);
            return;
        };
        let stays =
            !matches!(person.status, Status::Unknown(_) | Status::Missing) && self.desired.order.is_none();
        self.must(stays, Violation::AccessWithoutStanding);
        for (id, name) in groups {
            // A group may have several names in the configuration.
            let ours = |rule: &&GroupRule| membership.groups.get(&rule.name) == Some(id);
            let rules: Vec<&GroupRule> = self.policy.groups.iter().filter(ours).collect();
            let named = rules.iter().any(|rule| rule.name == *name);
            self.must(named, Violation::GroupNotOurs);
            let due = holds(person, &rules, membership.member_of.contains(id));
            self.must(due, Violation::GroupAgainstRules);
        }
    }
}

/// Each condition of a rule: met, failed, or nothing known.
fn conditions<'a>(rule: &'a GroupRule, person: &'a Person) -> impl Iterator<Item = Option<bool>> + use<'a> {
    let effective = Effective::of(person);
    let pairs = [
        (&rule.department, effective.value(Attribute::Department)),
        (&rule.entity, effective.value(Attribute::Company)),
        (&rule.worker_type, effective.value(Attribute::EmployeeType)),
        (&rule.country, effective.country()),
    ];
    pairs.into_iter().filter_map(|(wanted, found)| {
        let wanted = wanted.as_deref()?.trim().to_lowercase();
        Some(found.map(|found| found.trim().to_lowercase() == wanted))
    })
}
