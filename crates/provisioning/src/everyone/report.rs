//! What a plan of everyone adds up to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::change::ChangeKind;
use crate::guard::Limits;
use crate::plan::Counts;

use super::plan_all::changed;
use super::{Everyone, PersonPlan, Wide};

/// How much of what a plan of everyone holds; what a reader sees first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct EveryoneCounts {
    /// People that Deel lists.
    pub people: u64,
    /// Accounts that JumpCloud lists.
    pub accounts: u64,
    /// Linked accounts.
    pub linked: u64,
    /// People of whom there is nothing to say.
    pub in_sync: u64,
    /// Steps, by kind and by hold.
    pub steps: Counts,
    /// People who are skipped, by the reason's name.
    pub skipped: BTreeMap<String, u64>,
    /// People whose account differs where differences are only shown.
    pub drift: u64,
    /// Leavers who keep access after this plan.
    pub leavers_active: u64,
    /// Linked people who are missing from Deel's list.
    pub gone: u64,
    /// Accounts that nobody in Deel owns.
    pub unowned: u64,
}

impl Everyone {
    /// Adds up.
    #[must_use]
    pub fn counts(&self) -> EveryoneCounts {
        let mut counts = EveryoneCounts {
            people: self.people,
            accounts: self.accounts,
            linked: self.linked,
            in_sync: self.in_sync,
            leavers_active: self.leavers_active.len() as u64,
            gone: self.gone.len() as u64,
            unowned: self.unowned.len() as u64,
            ..EveryoneCounts::default()
        };
        for person in &self.plans {
            let one = person.plan.counts();
            let steps = &mut counts.steps;
            one.planned.into_iter().for_each(|(kind, n)| *steps.planned.entry(kind).or_default() += n);
            one.held.into_iter().for_each(|(hold, n)| *steps.held.entry(hold).or_default() += n);
            if let Some(reason) = &person.plan.skipped {
                *counts.skipped.entry(reason.as_str().to_owned()).or_default() += 1;
            }
            counts.drift += u64::from(!person.plan.drift.is_empty());
        }
        counts
    }

    /// The attributes that would change on more accounts than the limit allows, with how many. In order of attribute.
    #[must_use]
    pub fn wide(&self, limits: &Limits) -> Vec<Wide> {
        let allowed = limits.attribute.allowed(self.linked);
        let mut people = BTreeMap::new();
        for attribute in self.plans.iter().flat_map(|person| changed(&person.plan)) {
            *people.entry(attribute).or_insert(0_u64) += 1;
        }
        let wide = people.into_iter().filter(|(_, people)| *people > allowed);
        wide.map(|(attribute, people)| Wide { attribute, people, allowed }).collect()
    }

    /// Whoever has steps that may be done, in the order in which they are to be done: suspensions first, the earliest last day
    /// first (who has none after them), then the rest in order of id.
    #[must_use]
    pub fn in_order(&self) -> Vec<&PersonPlan> {
        let mut order: Vec<_> = self.plans.iter().filter(|p| p.plan.unheld().next().is_some()).collect();
        order.sort_by_key(|person| {
            let suspends = person.plan.unheld().any(|step| step.change.kind() == ChangeKind::Suspension);
            let day = person.last_day.filter(|_| suspends);
            (!suspends, day.is_none(), day, &person.plan.subject)
        });
        order
    }
}
