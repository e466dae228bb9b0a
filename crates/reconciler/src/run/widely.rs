//! Attributes of everyone: in a full run it is known in advance on how many accounts an attribute would change, so all of its
//! changes are held, not only those beyond the limit.

use super::attributes::{Say, attributes};
use super::guarding::window_of;
use crate::holds::{HoldId, HoldStatus, Holds, WideChange};
use crate::reconciler::Parts;
use crate::stop::Stop;
use jiff::Timestamp;
use provisioning::{Attribute, FieldChange, Plan, ProfileId, RunId, Step};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A change of one attribute of one person, with both values, in sixteen bytes: a table of 100,000 is small.
type Key = [u8; 16];

fn key(person: &str, attribute: &str, before: Option<&str>, after: &str) -> Key {
    let mut hash = Sha256::new();
    for part in [person, attribute, before.unwrap_or_default(), after] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update([u8::from(before.is_some())]);
    let mut key = [0; 16];
    key.copy_from_slice(&hash.finalize()[..16]);
    key
}

/// An item that still has a say.
struct Item {
    id: HoldId,
    status: HoldStatus,
}

/// What is said of each attribute's changes, for everyone.
#[derive(Default)]
pub(crate) struct Widely {
    items: Vec<Item>,
    /// Changes that items list.
    listed: HashMap<Key, usize>,
    /// Attributes that would change on more accounts than allowed, with the item that holds all of it.
    wide: BTreeMap<Attribute, HoldId>,
    /// Attributes of people whom an open item lists with other values.
    other: HashMap<(String, Attribute), usize>,
}

impl Widely {
    /// Reads what is on record and counts what these plans, which are everyone's, would change. With `record`, everything
    /// that is to be held is listed in its item, and what nobody plans any more is taken off. `ruled`: which changes were
    /// ruled on by themselves, as what an undo took back is; no item lists them, and they do not count. `linking`: whose account is
    /// about to be linked, so that its values count, too: they are written in the same run.
    pub(crate) async fn decide<'a>(
        (parts, holds): (&Parts, &Holds),
        plans: impl Iterator<Item = &'a Plan> + Clone,
        ruled: impl Fn(&ProfileId, &Step, &Attribute) -> bool,
        linking: impl Fn(&Plan) -> bool,
        linked: u64,
        record: Option<(&RunId, Timestamp)>,
    ) -> Result<Self, Stop> {
        let linked = linked + plans.clone().filter(|plan| linking(plan)).count() as u64;
        let changes: Vec<_> =
            changes(plans.clone(), ruled).chain(linked_with(plans.clone(), linking)).collect();
        let planned: HashSet<Key> = changes.iter().map(|(person, a, c)| key_of(person, a, c)).collect();
        let skipped = plans.filter(|plan| plan.skipped.is_some()).map(|plan| plan.subject.as_str()).collect();
        let mut widely = Self::read(parts, holds, (&planned, &skipped), record.is_some()).await?;
        let mut people: BTreeMap<Attribute, BTreeSet<&ProfileId>> = BTreeMap::new();
        for (person, attribute, change) in changes.iter().copied() {
            if !widely.decided(person, attribute, change) {
                people.entry(*attribute).or_default().insert(person);
            }
        }
        let allowed = parts.settings.limits.attribute.allowed(linked);
        for (attribute, people) in people {
            let earlier = parts.queue.window_members(&window_of(&attribute)).await?;
            let planned: HashSet<&str> = people.iter().map(|person| person.as_str()).collect();
            let earlier = earlier.iter().filter(|member| !planned.contains(member.as_str())).count();
            if (people.len() + earlier) as u64 > allowed {
                let id = match record {
                    None => holds.wide_id(attribute.as_str()).await?,
                    Some((run, now)) => {
                        let rows: Vec<WideChange> = changes
                            .iter()
                            .copied()
                            .filter(|(person, name, change)| {
                                **name == attribute && !widely.decided(person, name, change)
                            })
                            .map(|(person, _, change)| WideChange {
                                person: person.clone(),
                                before: change.before.clone(),
                                after: change.after.clone(),
                            })
                            .collect();
                        holds.wide_join(attribute.as_str(), &rows, run, Some(run), now).await?.id
                    }
                };
                widely.wide.insert(attribute, id);
            }
        }
        Ok(widely)
    }

    /// Reads the items that have a say; takes off what is not planned any more, if `mend` says so. Who is left alone for now
    /// has nothing planned, and a no about them is not forgotten.
    async fn read(
        parts: &Parts,
        holds: &Holds,
        (planned, skipped): (&HashSet<Key>, &HashSet<&str>),
        mend: bool,
    ) -> Result<Self, Stop> {
        let mut widely = Self::default();
        for (id, attribute) in parts.queue.wide_live().await? {
            let Some(id) = HoldId::parse(&id) else { continue };
            let Ok(hold) = holds.show(&id).await else { continue };
            let (place, status) = (widely.items.len(), hold.status);
            let mut unwanted = Vec::new();
            let known: Option<Attribute> = attribute.parse().ok();
            holds
                .each(&id, |row| {
                    let key = key(row.person.as_str(), &attribute, row.before.as_deref(), &row.after);
                    if planned.contains(&key) {
                        widely.listed.insert(key, place);
                    } else if status != HoldStatus::Rejected || !skipped.contains(row.person.as_str()) {
                        if let (HoldStatus::Open, Some(known)) = (status, known) {
                            widely.other.insert((row.person.to_string(), known), place);
                        }
                        unwanted.push(row.person.to_string());
                    }
                })
                .await?;
            widely.items.push(Item { id: id.clone(), status });
            if mend && !unwanted.is_empty() {
                holds.wide_leave(&id, &unwanted).await?;
            }
        }
        Ok(widely)
    }

    /// Whether somebody approved or rejected this change with an item.
    fn decided(&self, person: &ProfileId, attribute: &Attribute, change: &FieldChange) -> bool {
        let item = self.listed.get(&key_of(person, attribute, change)).map(|place| &self.items[*place]);
        item.is_some_and(|item| item.status != HoldStatus::Open)
    }

    /// What is said of one attribute's change of one person.
    pub(crate) fn say(&self, person: &ProfileId, attribute: &Attribute, change: &FieldChange) -> Say {
        let item = self.listed.get(&key_of(person, attribute, change)).map(|place| &self.items[*place]);
        match item.map(|item| (item.status, &item.id)) {
            Some((HoldStatus::Approved, id)) => return Say::Approved(id.clone()),
            Some((HoldStatus::Rejected, _)) => return Say::Rejected,
            _ => {}
        }
        if let Some(id) = self.wide.get(attribute) {
            return Say::Wide(id.clone());
        }
        let other = || self.other.get(&(person.to_string(), *attribute)).map(|place| &self.items[*place]);
        match item.or_else(other) {
            Some(item) => Say::Wide(item.id.clone()),
            None => Say::Write,
        }
    }
}

fn key_of(person: &ProfileId, attribute: &Attribute, change: &FieldChange) -> Key {
    key(person.as_str(), attribute.as_str(), change.before.as_deref(), &change.after)
}

/// Every attribute that the plans would update, but for what was ruled on by itself.
fn changes<'a>(
    plans: impl Iterator<Item = &'a Plan>,
    ruled: impl Fn(&ProfileId, &Step, &Attribute) -> bool,
) -> impl Iterator<Item = (&'a ProfileId, &'a Attribute, &'a FieldChange)> {
    plans
        .flat_map(|plan| plan.unheld().map(move |step| (&plan.subject, step)))
        .filter(|(_, step)| !step.past_guard)
        .flat_map(|(person, step)| attributes(step).map(move |(name, change)| (person, step, name, change)))
        .filter(move |(person, step, attribute, _)| !ruled(person, step, attribute))
        .map(|(person, _, attribute, change)| (person, attribute, change))
}

/// Every attribute that would be updated once an account is linked.
fn linked_with<'a>(
    plans: impl Iterator<Item = &'a Plan>,
    linking: impl Fn(&Plan) -> bool,
) -> impl Iterator<Item = (&'a ProfileId, &'a Attribute, &'a FieldChange)> {
    plans
        .filter(move |plan| plan.with_link.is_some() && linking(plan))
        .flat_map(|plan| plan.with_link.iter().map(move |then| (&plan.subject, then)))
        .flat_map(|(person, then)| then.written.iter().map(move |row| (person, &row.attribute, &row.change)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_apart_what_only_looks_alike() {
        let keys = [
            key("a", "company", None, "x"),
            key("a", "company", Some(""), "x"),
            key("ac", "ompany", None, "x"),
            key("a", "company", Some("x"), ""),
            key("b", "company", None, "x"),
        ];
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
    }
}
