//! What a run does to the holds on record: new ones, settled ones, and those that nothing plans any more.

use super::attributes::only_attribute;
use super::{Ruled, Run};
use crate::fields::fields;
use crate::holds::{Hold, HoldId, HoldStatus, Joined, Listed, WideChange, with_it};
use crate::observe::Observed;
use crate::stop::Stop;
use crate::trail::{ChangeResult, HeldRecord};
use provisioning::{Change, ChangeKind, HoldKind, Person, Plan, Standing, Step};
use std::collections::BTreeSet;

impl Run<'_> {
    /// A written link settles its hold at once: the next round no longer plans it.
    pub(super) async fn settle_link(&self, known: Vec<(Hold, String)>) -> Result<(), Stop> {
        let Some(id) = self.linked.as_ref().map(|step| HoldId::of(self.subject, step)) else {
            return Ok(());
        };
        for (hold, json) in known {
            if hold.id == id && hold.status.is_live() {
                self.holds.close(hold, &json, HoldStatus::Settled).await?;
            }
        }
        Ok(())
    }

    /// Brings the holds on record in line with this run.
    pub(super) async fn settle_holds(
        &mut self,
        observed: &Observed,
        ruled: &Ruled,
        known: Vec<(Hold, String)>,
    ) -> Result<(), Stop> {
        self.describe_order(observed, &known).await?;
        if observed.without_deel.is_some() {
            // This plan knows nothing of the person; it neither holds nor lets go.
            return Ok(());
        }
        let mut planned: BTreeSet<HoldId> = BTreeSet::new();
        let mut in_items: BTreeSet<HoldId> = BTreeSet::new();
        for (step, kind) in &ruled.guarded.hold {
            if *kind == HoldKind::AttributeWide {
                let Some(Joined { id, .. }) = self.join(step).await? else { continue };
                in_items.insert(id.clone());
                self.held(observed, step, *kind, Some(id));
                continue;
            }
            let id = HoldId::of(self.subject, step);
            planned.insert(id.clone());
            if *kind == HoldKind::Operator && observed.desired.order.is_some() {
                // The order's own hold stands for it.
                self.held(observed, step, *kind, None);
                continue;
            }
            self.hold(observed, step, *kind, &known).await?;
            self.held(observed, step, *kind, Some(id));
        }
        let kept = ruled.guarded.rejected.iter().chain(&ruled.guarded.waiting);
        planned.extend(kept.map(|step| HoldId::of(self.subject, step)));
        let applied = self.applied(ruled);
        self.leave(observed, ruled, &in_items).await?;
        for (hold, json) in known {
            // A refusal is settled by what becomes of the suspension itself.
            if hold.kind == HoldKind::Refused {
                continue;
            }
            if hold.is_order() || !hold.status.is_live() || planned.contains(&hold.id) {
                continue;
            }
            match applied.iter().find(|(id, _)| *id == hold.id) {
                Some((_, ChangeResult::Done)) => self.holds.close(hold, &json, HoldStatus::Settled).await?,
                // It did not work this time; the decision stands for the next.
                Some(_) => {}
                // While Deel does not know the person, or they are left alone, a no is not forgotten.
                None if hold.status == HoldStatus::Rejected && says_nothing(observed) => {}
                None => self.holds.close(hold, &json, HoldStatus::Obsolete).await?,
            }
        }
        Ok(())
    }

    /// Lists a change in the open item about its attribute.
    async fn join(&self, step: &Step) -> Result<Option<Joined>, Stop> {
        let Some((attribute, change)) = only_attribute(step) else { return Ok(None) };
        let change = WideChange {
            person: self.subject.clone(),
            before: change.before.clone(),
            after: change.after.clone(),
        };
        let (run, of) = (&self.stamp.run, self.record.of.as_ref());
        Ok(Some(self.holds.wide_join(attribute.as_str(), &[change], run, of, self.stamp.now).await?))
    }

    /// Takes the person off items whose change was made, or is not planned any more. What did not work stays listed.
    async fn leave(
        &self,
        observed: &Observed,
        ruled: &Ruled,
        in_items: &BTreeSet<HoldId>,
    ) -> Result<(), Stop> {
        let planned = |row: &Listed| {
            let mut steps = observed.plan.steps.iter();
            steps.any(|step| match &step.change {
                Change::Update(changes) => changes
                    .iter()
                    .any(|(name, change)| row.is(name.as_str(), change.before.as_deref(), &change.after)),
                _ => false,
            })
        };
        let written = self.done(ChangeKind::Update);
        for row in &ruled.listed {
            let id = &row.hold.id;
            let made = written && ruled.split.approved.values().any(|approved| approved == id);
            let refused = row.hold.status == HoldStatus::Rejected;
            let unwanted = observed.desired.person.is_some() && !planned(row);
            let unwanted = unwanted && !(refused && says_nothing(observed));
            // A row that joined with other values has replaced this one.
            if (made || unwanted) && !in_items.contains(id) {
                self.holds.wide_leave(id, &[self.subject.to_string()]).await?;
            }
        }
        Ok(())
    }

    /// An order is given before anything is read; whoever decides about it later sees whom it is about.
    async fn describe_order(&self, observed: &Observed, known: &[(Hold, String)]) -> Result<(), Stop> {
        let Some(account) = observed.actual.linked.first() else { return Ok(()) };
        let orders = known.iter().filter(|(hold, _)| hold.is_order() && hold.status.is_live());
        for (hold, json) in orders.filter(|(hold, _)| hold.account.is_none()) {
            let described = Hold {
                person_name: observed.desired.person.as_ref().and_then(name),
                account: Some(account.id.clone()),
                account_username: Some(account.username.clone()),
                account_email: Some(account.email.clone()),
                ..hold.clone()
            };
            self.holds.open(&described, Some(json)).await?;
        }
        Ok(())
    }

    /// Puts one held step on record.
    pub(super) async fn hold(
        &self,
        observed: &Observed,
        step: &Step,
        kind: HoldKind,
        known: &[(Hold, String)],
    ) -> Result<(), Stop> {
        let id = HoldId::of(self.subject, step);
        let before = known.iter().find(|(hold, _)| hold.id == id);
        let leaver = keeps_leaver(&observed.plan, step, kind);
        if let Some((hold, json)) = before
            && hold.status.is_live()
        {
            if hold.leaver != leaver {
                let updated = Hold { leaver, ..hold.clone() };
                self.holds.open(&updated, Some(json)).await?;
            }
            return Ok(());
        }
        let account = step.account.as_ref().and_then(|id| observed.account(id));
        let hold = Hold {
            person: Some(self.subject.clone()),
            person_name: observed.desired.person.as_ref().and_then(name),
            account: step.account.clone(),
            account_username: account.map(|account| account.username.clone()),
            account_email: account.map(|account| account.email.clone()),
            step: Some(step.clone()),
            leaver,
            of: self.record.of.clone(),
            with_it: with_it(&observed.plan, step),
            ..Hold::opened(id, kind, self.stamp.run.clone(), self.stamp.now)
        };
        let opened = self.holds.open(&hold, before.map(|(_, json)| json.as_str())).await?;
        if opened {
            tell_held(&hold);
        }
        Ok(())
    }

    pub(super) fn held(&mut self, observed: &Observed, step: &Step, kind: HoldKind, id: Option<HoldId>) {
        let account = step.account.as_ref().and_then(|id| observed.account(id));
        self.record.held.push(HeldRecord {
            id,
            kind,
            change: step.change.kind(),
            why: step.why.to_string(),
            fields: fields(step, account, &self.parts.settings.policy.link),
        });
    }

    /// The steps that were let through, by the id a hold of them has, and what became of each.
    fn applied(&self, ruled: &Ruled) -> Vec<(HoldId, ChangeResult)> {
        let result = |kind: ChangeKind| {
            let last = self.record.changes.iter().rev().find(|change| change.kind == kind);
            last.map_or(ChangeResult::NotBegun, |change| change.result)
        };
        let steps = ruled.guarded.apply.iter();
        steps.map(|step| (HoldId::of(self.subject, step), result(step.change.kind()))).collect()
    }
}

/// Whether the plan, in which something is missing, does not say that it is not wanted any more.
fn says_nothing(observed: &Observed) -> bool {
    observed.desired.person.is_none() || observed.plan.skipped.is_some()
}

/// What people call the person, for whoever decides.
pub(super) fn name(person: &Person) -> Option<String> {
    let parts = [&person.first_name, &person.last_name].into_iter().flatten().map(|part| part.trim());
    let full = person.full_name.as_deref().map(str::trim).unwrap_or_default();
    let name = if full.is_empty() {
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    } else {
        full.to_owned()
    };
    let name: String = name.chars().filter(|c| !c.is_control()).take(200).collect();
    (!name.is_empty()).then_some(name)
}

/// Tells the log of a new hold.
pub(crate) fn tell_held(hold: &Hold) {
    let person = hold.person.as_ref().map(ToString::to_string).unwrap_or_default();
    let account = hold.account.as_ref().map(ToString::to_string).unwrap_or_default();
    if hold.leaver {
        tracing::error!(
            person.id = person, account.id = account, hold.id = %hold.id, hold.kind = %hold.kind,
            "a leaver's account stays in use until somebody decides"
        );
    } else {
        tracing::warn!(
            person.id = person, account.id = account, hold.id = %hold.id, hold.kind = %hold.kind,
            change.kind = %hold.change(), "change held"
        );
    }
}

/// Whether holding this step keeps a leaver's account in use.
pub(crate) fn keeps_leaver(plan: &Plan, step: &Step, kind: HoldKind) -> bool {
    if kind == HoldKind::Refused {
        return true;
    }
    let alarmed = plan.alarm.as_ref().is_some_and(|alarm| alarm.reason == kind);
    let left = plan.standing.as_ref().is_some_and(|life| matches!(life.standing, Standing::Left { .. }));
    alarmed || (left && step.change.kind() == ChangeKind::Suspension)
}
