//! The plan of an undo, which is shown before anything is written, and what became of it.

use super::{Back, Left, Present, decide};
use crate::HOLD_ATTRIBUTE;
use crate::acts::Asker;
use crate::convert;
use crate::groups;
use crate::reconciler::{Reconciler, RequestError};
use crate::run::Run;
use crate::schedules;
use crate::settings::Mode;
use crate::stop::Vendor;
use crate::trail::{ChangeRecord, ChangeResult, RunRecord};
use crate::vendor::{found_stop, jumpcloud_stop};
use provisioning::{AccountId, ChangeKind, ProfileId, RunId};
use queue::Line;
use std::collections::BTreeMap;

/// More people than this do not take the slots that urgent work waits for.
const FEW: usize = 3;

/// What an undo of a run would do.
#[derive(Debug, serde::Serialize)]
pub struct UndoPlan {
    /// The run.
    pub run: RunId,
    /// Whether it was a run over everyone.
    pub everyone: bool,
    /// Each person the run changed something for.
    pub people: Vec<TakeBack>,
}

/// What would be taken back for one person. `Debug` hides names and values.
#[derive(Clone, serde::Serialize)]
pub struct TakeBack {
    /// The person.
    pub person: ProfileId,
    /// The account.
    pub account: Option<AccountId>,
    /// Its username, for whoever decides.
    pub username: Option<String>,
    /// What would be written, in this order.
    pub steps: Vec<Back>,
    /// What is left as it is, and why.
    pub left: Vec<Left>,
    #[serde(skip)]
    pub(crate) changes: Vec<ChangeRecord>,
}

impl std::fmt::Debug for TakeBack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TakeBack")
            .field("person", &self.person)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

/// What an undo did.
#[derive(Debug, serde::Serialize)]
pub struct UndoReport {
    /// The run that was taken back.
    pub undoes: RunId,
    /// The undo's own run; it can be taken back in turn.
    pub run: RunId,
    /// Person by person.
    pub people: Vec<Undone>,
}

/// What an undo did for one person.
#[derive(Debug, serde::Serialize)]
pub struct Undone {
    /// The person.
    pub person: ProfileId,
    /// What was written; none if the person's turn did not come to that.
    pub record: Option<RunRecord>,
    /// What was left although the plan had it, or in the plan already.
    pub left: Vec<Left>,
    /// What went wrong.
    pub problem: Option<String>,
}

impl UndoPlan {
    /// How many writes it has.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.people.iter().map(|person| person.steps.len()).sum()
    }
}

/// Whether a change is about memberships, which only a further read tells.
pub(crate) fn about_groups(change: &ChangeRecord) -> bool {
    matches!(change.kind, ChangeKind::GroupAdd | ChangeKind::GroupRemove)
}

impl Reconciler {
    /// Says what an undo of this run would do; writes nothing. Reads each account once; `tell` hears how many of how many
    /// people are read.
    ///
    /// # Errors
    /// [`RequestError::Refused`] if the trail has no such run, or it wrote nothing; others as they are.
    pub async fn undo_plan(
        &self,
        run: &RunId,
        tell: &(dyn Fn(usize, usize) + Send + Sync),
    ) -> Result<UndoPlan, RequestError> {
        let (records, everyone) = self.trail().of_run(run).await?;
        if records.is_empty() && !everyone {
            return Err(RequestError::Refused(format!("the audit trail has no run {run}, or not any more")));
        }
        if records.iter().any(|record| record.mode == Mode::Observe) {
            return Err(RequestError::Refused(format!("run {run} was in observe mode and wrote nothing")));
        }
        let mut people: BTreeMap<ProfileId, (Option<AccountId>, Vec<ChangeRecord>)> = BTreeMap::new();
        for record in records {
            let begun =
                |change: &ChangeRecord| matches!(change.result, ChangeResult::Done | ChangeResult::Failed);
            if !record.changes.iter().any(begun) {
                continue;
            }
            let entry = people.entry(record.person).or_default();
            entry.0 = record.account.or_else(|| entry.0.take());
            entry.1.extend(record.changes);
        }
        let class = if people.len() > FEW { Line::Bulk } else { Line::Urgent };
        let total = people.len();
        let mut plan = UndoPlan { run: run.clone(), everyone, people: Vec::with_capacity(total) };
        for (person, (account, changes)) in people {
            plan.people.push(self.take_back(person, account, changes, class).await?);
            tell(plan.people.len(), total);
        }
        Ok(plan)
    }

    async fn take_back(
        &self,
        person: ProfileId,
        id: Option<AccountId>,
        changes: Vec<ChangeRecord>,
        class: Line,
    ) -> Result<TakeBack, RequestError> {
        let parts = self.parts();
        let link = &parts.settings.policy.link;
        let mut session = parts.session(class);
        let mut record = None;
        if let Some(id) = &id {
            let read = parts.jumpcloud.account(id.as_str());
            record = match session.call(Vendor::JumpCloud, "account", read).await? {
                Ok(record) => Some(record),
                Err(jumpcloud::Error::NotFound) => None,
                Err(error) => return Err(jumpcloud_stop(error).into()),
            };
        }
        let account = record.as_ref().map(|record| convert::account(record, link)).transpose();
        let account = account.map_err(|error| RequestError::from(crate::stop::Stop::from(error)))?;
        let grouped = account.as_ref().filter(|_| changes.iter().any(about_groups));
        let member_of = match grouped {
            Some(account) => {
                Some(groups::member_of(parts, &mut session, &account.id).await.map_err(found_stop)?)
            }
            None => None,
        };
        let scheduled = schedules::get(&parts.queue, &person).await?.map(|known| known.activation.at);
        let order = self.holds().order_in_force(&person).await.map_err(|error| match error {
            crate::holds::HoldError::Queue(source) => RequestError::Queue(source),
            other => RequestError::Stopped(other.to_string()),
        })?;
        let present = Present {
            person: &person,
            account: account.as_ref(),
            hold: record.as_ref().and_then(|record| record.attribute(HOLD_ATTRIBUTE)),
            scheduled: scheduled.filter(|at| *at > parts.clock.now()),
            order: order.as_ref().map(crate::holds::HoldId::as_str),
            link,
            member_of: member_of.as_ref(),
        };
        let decided = decide(&changes, &present);
        let username = account.map(|account| account.username);
        Ok(TakeBack { person, account: id, username, steps: decided.steps, left: decided.left, changes })
    }

    /// Takes back what the plan says and is still so, person by person, under each one's lease. What is taken back stays
    /// so until a value changes. A person that fails does not keep the others from their turn.
    ///
    /// # Errors
    /// [`RequestError::ObserveMode`], [`RequestError::Paused`], [`RequestError::Queue`].
    pub async fn undo(
        &self,
        plan: &UndoPlan,
        asker: Asker<'_>,
        tell: &(dyn Fn(usize, usize) + Send + Sync),
    ) -> Result<UndoReport, RequestError> {
        let run = crate::clock::run_id(self.parts().clock.now());
        let todo: Vec<&TakeBack> = plan.people.iter().filter(|person| !person.steps.is_empty()).collect();
        let class = if todo.len() > FEW { Line::Bulk } else { Line::Urgent };
        let mut people = Vec::with_capacity(todo.len());
        for person in &todo {
            people.push(self.undo_one(plan, &run, person, class, asker).await?);
            tell(people.len(), todo.len());
        }
        Ok(UndoReport { undoes: plan.run.clone(), run, people })
    }

    async fn undo_one(
        &self,
        plan: &UndoPlan,
        of: &RunId,
        person: &TakeBack,
        class: Line,
        asker: Asker<'_>,
    ) -> Result<Undone, RequestError> {
        let mut undone =
            Undone { person: person.person.clone(), record: None, left: Vec::new(), problem: None };
        let (writer, claim) = match self.hands_on(&person.person, "operator:undo", asker).await {
            Ok(hands) => hands,
            Err(error @ RequestError::Busy(_)) => {
                undone.problem = Some(error.to_string());
                return Ok(undone);
            }
            Err(error) => return Err(error),
        };
        let mut run = Run::new(self.parts(), self.holds_ref(), self.emails(), &person.person, &claim)
            .by(asker.by)
            .undoing(&plan.run, of, class);
        let end = match Box::pin(run.take_back(writer, person, asker.by)).await {
            Ok(left) => {
                undone.left = left;
                Ok(())
            }
            Err(not_done) => Err(not_done),
        };
        let record = run.close(&end);
        undone.record = Some(record.clone());
        match self.hands_off(claim, record, end).await {
            Ok(_) => {}
            Err(error @ (RequestError::Queue(_) | RequestError::Paused)) => return Err(error),
            Err(error) => undone.problem = Some(error.to_string()),
        }
        Ok(undone)
    }
}
