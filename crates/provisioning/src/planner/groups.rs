//! The user groups of somebody who works here or will. A leaver's memberships are left alone: the suspension is enough, and
//! who comes back has them again.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Account;
use crate::change::{Change, ChangeKind};
use crate::groups::{Belongs, Membership};
use crate::ids::GroupId;
use crate::person::Person;
use crate::plan::Step;
use crate::reason::{Note, Why};

use super::draft::Draft;

/// Plans what brings the memberships in step with the rules; `account` is `None` for one that the same plan creates.
pub(super) fn steps(draft: &mut Draft<'_>, account: Option<&Account>, needs: Option<ChangeKind>) {
    let (desired, actual) = (draft.desired, draft.actual);
    let (Some(person), Some(membership)) = (desired.person, actual.membership) else { return };
    let due = due(draft, person, membership);
    for (change, why) in
        [(Change::GroupAdd(due.add), Why::GroupRules), (Change::GroupRemove(due.remove), Why::NoGroupRule)]
    {
        if let Change::GroupAdd(groups) | Change::GroupRemove(groups) = &change
            && groups.is_empty()
        {
            continue;
        }
        let account = account.map(|account| account.id.clone());
        draft.plan.steps.push(Step { account, change, hold: None, needs, past_guard: false, why });
    }
}

#[derive(Default)]
struct Due {
    add: BTreeMap<GroupId, String>,
    remove: BTreeMap<GroupId, String>,
}

fn due(draft: &mut Draft<'_>, person: &Person, membership: &Membership) -> Due {
    let rules = &draft.policy.groups;
    let names: BTreeSet<&str> = rules.iter().map(|rule| rule.name.as_str()).collect();
    let mut due = Due::default();
    for name in names {
        let Some(group) = membership.groups.get(name) else {
            draft.plan.notes.push(Note::GroupUnknown { name: name.to_owned() });
            continue;
        };
        let belongs = rules.iter().filter(|rule| rule.name == name).map(|rule| rule.of(person)).max();
        let is_in = membership.member_of.contains(group);
        match belongs {
            Some(Belongs::Yes) if !is_in => drop(due.add.insert(group.clone(), name.to_owned())),
            Some(Belongs::No) if is_in => drop(due.remove.insert(group.clone(), name.to_owned())),
            Some(Belongs::Unknown) => draft.plan.notes.push(Note::GroupUntold { name: name.to_owned() }),
            _ => {}
        }
    }
    // Two names for one group: whoever belongs by one of them is in it.
    due.remove.retain(|group, _| !due.add.contains_key(group));
    due
}
