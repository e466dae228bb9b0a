//! Taking back what a run did to one person.

use super::{NotDone, refused};
use crate::HOLD_ATTRIBUTE;
use crate::groups;
use crate::holds::{Hold, HoldId, HoldStatus};
use crate::observe::Observed;
use crate::run::Run;
use crate::run::attributes::one_by_one;
use crate::run::settle::keeps_leaver;
use crate::schedules;
use crate::undo::{Back, Left, Present, TakeBack, about_groups, decide, left_alone};
use crate::vendor::found_stop;
use jumpcloud::Writer;
use provisioning::{Account, Actual, Change, ChangeKind, HoldKind, Plan, RunId, Step, Why, plan};
use queue::Line;
use std::collections::BTreeSet;
use std::time::Instant;

impl<'a> Run<'a> {
    /// Marks the run as the undo of another, as a part of the undo `of` as a whole.
    pub(crate) fn undoing(mut self, run: &RunId, of: &RunId, class: Line) -> Self {
        self.record.undoes = Some(run.clone());
        self.record.of = Some(of.clone());
        self.session.class = class;
        self
    }
}

impl Run<'_> {
    /// Takes back what was shown and is still so. What it leaves is said in `left` by the first try that comes to that: to a
    /// later one, what the first has written looks like a change of somebody's.
    pub(crate) async fn take_back(
        &mut self,
        writer: &Writer,
        shown: &TakeBack,
        by: &str,
        left: &mut Option<Vec<Left>>,
    ) -> Result<(), NotDone> {
        let observed = self.look().await?;
        let linked =
            observed.actual.linked.iter().find(|account| Some(&account.id) == shown.account.as_ref());
        let held = linked.filter(|_| shown.changes.iter().any(|row| row.kind == ChangeKind::ManualHold));
        let hold = match held {
            Some(account) => self.hand(writer).attribute(&account.id, HOLD_ATTRIBUTE).await?,
            None => None,
        };
        let grouped = linked.filter(|_| shown.changes.iter().any(about_groups));
        let member_of = match grouped {
            Some(account) => {
                let found = groups::member_of(self.parts, &mut self.session, &account.id).await;
                Some(found.map_err(found_stop)?)
            }
            None => None,
        };
        let scheduled = schedules::get(&self.parts.queue, self.subject).await?;
        let present = Present {
            person: self.subject,
            account: linked,
            hold: hold.as_deref(),
            left_alone: left_alone(&self.parts.settings, self.subject, linked, self.stamp.now),
            scheduled: scheduled.map(|known| known.activation.at).filter(|at| *at > self.stamp.now),
            order: observed.desired.order.as_ref().map(|order| order.hold.as_str()),
            link: &self.parts.settings.policy.link,
            member_of: member_of.as_ref(),
            since: &shown.since,
        };
        let decided = decide(&shown.changes, &present);
        let steps: Vec<Back> = decided.steps.into_iter().filter(|step| shown.steps.contains(step)).collect();
        left.get_or_insert(decided.left);
        let (Some(account), Some(after)) = (linked.cloned(), decided.account) else { return Ok(()) };
        if steps.is_empty() {
            return Ok(());
        }
        // First of all: whatever happens after the writes, no run does again what is taken back here.
        let mut known = self.ids(&observed.plan);
        let actual = with(&observed.actual, &after, self.subject, &steps);
        let next = plan(&observed.desired, &actual, &self.parts.settings.policy, &self.stamp);
        self.reject(&observed, &next, &mut known, by).await?;
        for step in &steps {
            self.write_back(writer, &account, step).await?;
        }
        // What `JumpCloud` made of the values may differ a little from what was foreseen.
        let now = self.look().await?;
        self.reject(&now, &now.plan, &mut known, by).await
    }

    async fn write_back(&mut self, writer: &Writer, account: &Account, step: &Back) -> Result<(), NotDone> {
        let began = Instant::now();
        let id = &account.id;
        let mut hand = self.hand(writer);
        let end = match step {
            Back::Update { fields } => {
                hand.apply(&step_of(account, Change::Update(fields.clone())), None).await.end
            }
            Back::Email { after, .. } => hand.write_email(id, &after.0).await,
            Back::Link { after, .. } => hand.unlink(id, after.as_ref().map(|after| after.0.as_str())).await,
            Back::Reactivate { mark } => {
                let change = Change::Reactivate {
                    to: provisioning::AccountState::Activated,
                    mark: Some(mark.clone()),
                };
                hand.apply(&step_of(account, change), None).await.end
            }
            Back::Suspend { mark } => hand.suspend_again(id, mark.as_ref()).await,
            Back::Attribute { name, after, .. } => {
                hand.set_attribute(id, name, after.as_ref().map(|after| after.0.as_str())).await
            }
            Back::GroupAdd { groups } => {
                hand.apply(&step_of(account, Change::GroupAdd(groups.clone())), None).await.end
            }
            Back::GroupRemove { groups } => {
                hand.apply(&step_of(account, Change::GroupRemove(groups.clone())), None).await.end
            }
            Back::CancelActivation { .. } => hand.unschedule(id).await,
        };
        let link = self.parts.settings.policy.link.name().to_owned();
        let undoes = self.record.undoes.as_ref().map_or_else(String::new, ToString::to_string);
        let why = format!("takes back what run {undoes} did");
        let fields = step.fields(&link);
        let names: Vec<String> = fields.iter().map(|row| row.field.clone()).collect();
        self.note_change(step.kind(), fields, &why, began, end)?;
        // It was we who put these back: writing them again for a reason of Deel's contests nobody.
        Ok(self.parts.queue.written_forget(self.subject.as_str(), &names).await?)
    }

    fn ids(&self, plan: &Plan) -> BTreeSet<HoldId> {
        plan.steps.iter().flat_map(one_by_one).map(|step| HoldId::of(self.subject, &step)).collect()
    }

    /// Puts on record as rejected what a plan has and the one before had not: doing again what was taken back.
    async fn reject(
        &mut self,
        observed: &Observed,
        next: &Plan,
        known: &mut BTreeSet<HoldId>,
        by: &str,
    ) -> Result<(), NotDone> {
        let on_record = self.holds.of_person(self.subject).await?;
        for step in next.steps.iter().flat_map(one_by_one) {
            let id = HoldId::of(self.subject, &step);
            if step.change == Change::Nothing || !known.insert(id.clone()) {
                continue;
            }
            let before = on_record.iter().find(|(hold, _)| hold.id == id);
            let account = step.account.as_ref().and_then(|id| observed.account(id));
            let hold = Hold {
                person: Some(self.subject.clone()),
                account: step.account.clone(),
                account_username: account.map(|account| account.username.clone()),
                account_email: account.map(|account| account.email.clone()),
                leaver: keeps_leaver(&observed.plan, &step, HoldKind::Undone),
                step: Some(step),
                status: HoldStatus::Rejected,
                decided_at: Some(self.stamp.now),
                decided_by: Some(by.to_owned()),
                note: self.record.undoes.as_ref().map(|run| format!("undo of run {run}")),
                ..Hold::opened(id, HoldKind::Undone, self.stamp.run.clone(), self.stamp.now)
            };
            if !self.holds.open(&hold, before.map(|(_, json)| json.as_str())).await? {
                return refused("a hold changed meanwhile; try again");
            }
        }
        Ok(())
    }
}

/// What is observed, with the account as it will be.
fn with(actual: &Actual, account: &Account, person: &provisioning::ProfileId, steps: &[Back]) -> Actual {
    let mut actual = actual.clone();
    if let Some(membership) = &mut actual.membership {
        for step in steps {
            match step {
                Back::GroupAdd { groups } => membership.member_of.extend(groups.keys().cloned()),
                Back::GroupRemove { groups } => {
                    membership.member_of.retain(|group| !groups.contains_key(group));
                }
                _ => {}
            }
        }
    }
    for known in actual.linked.iter_mut().chain(&mut actual.by_email).filter(|known| known.id == account.id) {
        known.clone_from(account);
    }
    actual.linked.retain(|known| known.is_linked_to(person));
    actual
}

fn step_of(account: &Account, change: Change) -> Step {
    Step {
        account: Some(account.id.clone()),
        change,
        hold: None,
        needs: None,
        past_guard: false,
        why: Why::ValuesDiffer,
    }
}
