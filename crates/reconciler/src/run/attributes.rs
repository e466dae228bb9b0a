//! Updates, attribute by attribute: what may be written now, what waits with the same attribute of many others, what
//! somebody put back.

use crate::holds::HoldId;
use provisioning::{Attribute, Change, FieldChange, HoldKind, Plan, ProfileId, Step};
use std::collections::BTreeMap;

/// What is said of one attribute's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Say {
    /// It may be written.
    Write,
    /// It may be written, since this item was approved.
    Approved(HoldId),
    /// It waits in this item, or will.
    Wide(HoldId),
    /// It was rejected with this item.
    Rejected,
    /// Somebody put the value back: a change of its own, to be held or ruled.
    Contested,
}

/// A plan whose updates are taken apart.
#[derive(Debug, Default)]
pub(crate) struct Split {
    /// Changes that were rejected with an item.
    pub(crate) rejected: Vec<Step>,
    /// Attributes whose change waits in an item.
    pub(crate) wide: BTreeMap<Attribute, HoldId>,
    /// Attributes whose change may be written because an item was approved.
    pub(crate) approved: BTreeMap<Attribute, HoldId>,
}

impl Split {
    /// The id under which a held step is on record, or would be: its own, or that of the item that lists it.
    pub(crate) fn hold_id(&self, subject: &ProfileId, step: &Step, kind: HoldKind) -> HoldId {
        let item = || self.wide.get(only_attribute(step)?.0).cloned();
        let item = (kind == HoldKind::AttributeWide).then(item).flatten();
        item.unwrap_or_else(|| HoldId::of(subject, step))
    }
}

/// Takes the updates of a plan apart: whatever may not be written becomes a held step of its own. The order of the other
/// steps stays.
pub(crate) fn split(plan: &mut Plan, mut say: impl FnMut(&Attribute, &Step, &FieldChange) -> Say) -> Split {
    let mut split = Split::default();
    let mut steps = Vec::with_capacity(plan.steps.len());
    for mut step in std::mem::take(&mut plan.steps) {
        let Change::Update(changes) = &step.change else {
            steps.push(step);
            continue;
        };
        if step.hold.is_some() || step.past_guard {
            steps.push(step);
            continue;
        }
        let (mut rest, mut held) = (BTreeMap::new(), Vec::new());
        for (attribute, change) in changes {
            let change_alone = || Change::Update(BTreeMap::from([(*attribute, change.clone())]));
            let alone = |hold| Step { change: change_alone(), hold, ..step.clone() };
            match say(attribute, &step, change) {
                Say::Write => drop(rest.insert(*attribute, change.clone())),
                Say::Approved(id) => {
                    rest.insert(*attribute, change.clone());
                    split.approved.insert(*attribute, id);
                }
                Say::Wide(id) => {
                    held.push(alone(Some(HoldKind::AttributeWide)));
                    split.wide.insert(*attribute, id);
                }
                Say::Rejected => split.rejected.push(alone(None)),
                Say::Contested => held.push(alone(Some(HoldKind::Contested))),
            }
        }
        if !rest.is_empty() {
            step.change = Change::Update(rest);
            steps.push(step);
        }
        steps.extend(held);
    }
    plan.steps = steps;
    split
}

/// The step's only attribute, if it updates exactly one.
pub(crate) fn only_attribute(step: &Step) -> Option<(&Attribute, &FieldChange)> {
    match &step.change {
        Change::Update(changes) if changes.len() == 1 => changes.iter().next(),
        _ => None,
    }
}

/// The step with one of its attributes only, as it would be held.
pub(crate) fn alone(step: &Step, attribute: &Attribute) -> Option<Step> {
    let Change::Update(changes) = &step.change else { return None };
    let (attribute, change) = changes.get_key_value(attribute)?;
    let change = Change::Update(BTreeMap::from([(*attribute, change.clone())]));
    Some(Step { change, ..step.clone() })
}

/// The attributes that a step updates, with both values.
pub(crate) fn attributes(step: &Step) -> impl Iterator<Item = (&Attribute, &FieldChange)> {
    let changes = match &step.change {
        Change::Update(changes) => Some(changes),
        _ => None,
    };
    changes.into_iter().flatten()
}

/// An update as one step per attribute; any other step as it is.
pub(crate) fn one_by_one(step: &Step) -> Vec<Step> {
    match &step.change {
        Change::Update(changes) => changes.keys().filter_map(|attribute| alone(step, attribute)).collect(),
        _ => vec![step.clone()],
    }
}
