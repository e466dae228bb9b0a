//! The user groups of somebody who works here or will. A leaver's memberships are left alone: the suspension is enough, and
//! who comes back has them again.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Account;
use crate::change::{Change, ChangeKind};
use crate::groups::{Belongs, Membership};
use crate::ids::GroupId;
use crate::person::Person;
use crate::reason::{Note, Why};

use super::draft::Draft;

/// Plans what brings the memberships in step with the rules, one step per group, so that each can be ruled on by itself;
/// `account` is `None` for one that the same plan creates.
pub(super) fn steps(draft: &mut Draft<'_>, account: Option<&Account>, needs: Option<ChangeKind>) {
    let (desired, actual) = (draft.desired, draft.actual);
    let (Some(person), Some(membership)) = (desired.person, actual.membership) else { return };
    for due in due(draft, person, membership) {
        let one = BTreeMap::from([(due.group, due.name)]);
        let (change, why) = match due.member {
            true => (Change::GroupAdd(one), Why::GroupRules),
            false => (Change::GroupRemove(one), Why::NoGroupRule),
        };
        draft.push(account, change, None, needs, why);
    }
}

/// A membership that is not as it should be.
struct Due {
    group: GroupId,
    name: String,
    member: bool,
}

/// What is due, additions first: nobody should be without access between the two.
fn due(draft: &mut Draft<'_>, person: &Person, membership: &Membership) -> Vec<Due> {
    let mut groups: BTreeMap<&GroupId, (&str, Belongs)> = BTreeMap::new();
    let mut unknown = BTreeSet::new();
    for rule in &draft.policy.groups {
        let Some(group) = membership.groups.get(&rule.name) else {
            unknown.insert(rule.name.as_str());
            continue;
        };
        // Also where two names mean one group, one of the rules is enough.
        let (_, belongs) = groups.entry(group).or_insert((&rule.name, Belongs::No));
        *belongs = rule.of(person).max(*belongs);
    }
    let mut due = Vec::new();
    for (group, (name, belongs)) in groups {
        let name = name.to_owned();
        let is_in = membership.member_of.contains(group);
        match belongs {
            Belongs::Unknown => draft.plan.notes.push(Note::GroupUntold { name }),
            Belongs::Yes if !is_in => due.push(Due { group: group.clone(), name, member: true }),
            Belongs::No if is_in => due.push(Due { group: group.clone(), name, member: false }),
            Belongs::Yes | Belongs::No => {}
        }
    }
    let unknown = unknown.into_iter().map(|name| Note::GroupUnknown { name: name.to_owned() });
    draft.plan.notes.extend(unknown);
    due.sort_by(|a, b| b.member.cmp(&a.member).then_with(|| a.group.cmp(&b.group)));
    due
}
