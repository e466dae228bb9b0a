//! The plan of an undo, which is shown before anything is written, and what became of it.

use super::decide::Decided;
use super::patience::Patience;
use super::{Back, Left, Present, decide, left_alone};
use crate::HOLD_ATTRIBUTE;
use crate::acts::Asker;
use crate::convert;
use crate::full::{FullCounts, FullEnd};
use crate::groups;
use crate::holds::{HoldError, HoldId};
use crate::reconciler::{Reconciler, RequestError};
use crate::run::{NotDone, Run};
use crate::schedules;
use crate::session::millis;
use crate::settings::Mode;
use crate::stop::{Stop, chain};
use crate::trail::{ChangeRecord, ChangeResult, OfRun, ReconcileRecord, Record, RunRecord};
use crate::vendor::{found_stop, jumpcloud_stop};
use jiff::Timestamp;
use provisioning::{AccountId, ChangeKind, ProfileId, RunId};
use queue::{Line, QueueError, Vendor};
use std::collections::BTreeMap;
use std::time::Instant;

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
    /// Which later run wrote a field last.
    #[serde(skip)]
    pub(crate) since: BTreeMap<String, RunId>,
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

impl Undone {
    fn of(person: &ProfileId) -> Self {
        Self { person: person.clone(), record: None, left: Vec::new(), problem: None }
    }
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
        let OfRun { people: records, everyone, mut written_since, .. } = self.trail().of_run(run).await?;
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
        let mut patience = Patience::new(self.parts().settings.patience);
        for (person, (account, changes)) in people {
            let since = written_since.remove(&person).unwrap_or_default();
            let (username, decided) = loop {
                match self.decided(&person, account.as_ref(), &changes, &since, class).await {
                    Ok(decided) => break decided,
                    Err(stop) if patience.wait_out(Some(&stop)).await => {}
                    Err(stop) => return Err(stop.into()),
                }
            };
            patience.good();
            let Decided { steps, left, .. } = decided;
            plan.people.push(TakeBack { person, account, username, steps, left, changes, since });
            tell(plan.people.len(), total);
        }
        Ok(plan)
    }

    /// The account's username, and what can be taken back of these changes as it is now.
    async fn decided(
        &self,
        person: &ProfileId,
        id: Option<&AccountId>,
        changes: &[ChangeRecord],
        since: &BTreeMap<String, RunId>,
        class: Line,
    ) -> Result<(Option<String>, Decided), Stop> {
        let parts = self.parts();
        let link = &parts.settings.policy.link;
        let mut session = parts.session(class);
        let mut record = None;
        if let Some(id) = id {
            let read = parts.jumpcloud.account(id.as_str());
            record = match session.call(Vendor::JumpCloud, "account", read).await? {
                Ok(record) => Some(record),
                Err(jumpcloud::Error::NotFound) => None,
                Err(error) => return Err(jumpcloud_stop(error)),
            };
        }
        let account = record.as_ref().map(|record| convert::account(record, link)).transpose()?;
        let grouped = account.as_ref().filter(|_| changes.iter().any(about_groups));
        let member_of = match grouped {
            Some(account) => {
                Some(groups::member_of(parts, &mut session, &account.id).await.map_err(found_stop)?)
            }
            None => None,
        };
        let scheduled = schedules::get(&parts.queue, person).await?.map(|known| known.activation.at);
        let order = self.holds().order_in_force(person).await.map_err(|error| match error {
            HoldError::Queue(source) => Stop::Queue(source),
            _ => Stop::Queue(QueueError::Data("an operator's order that cannot be read")),
        })?;
        let present = Present {
            person,
            account: account.as_ref(),
            hold: record.as_ref().and_then(|record| record.attribute(HOLD_ATTRIBUTE)),
            left_alone: left_alone(&parts.settings, person, account.as_ref(), parts.clock.now()),
            scheduled: scheduled.filter(|at| *at > parts.clock.now()),
            order: order.as_ref().map(HoldId::as_str),
            link,
            member_of: member_of.as_ref(),
            since,
        };
        let decided = decide(changes, &present);
        Ok((account.map(|account| account.username), decided))
    }

    /// Takes back what the plan says and is still so, person by person, under each one's lease. What is taken back stays
    /// so until a value changes. A vendor that limits or does not answer is waited for; a person that fails does not keep
    /// the others from their turn.
    ///
    /// # Errors
    /// [`RequestError::ObserveMode`], [`RequestError::Paused`], [`RequestError::Queue`].
    pub async fn undo(
        &self,
        plan: &UndoPlan,
        asker: Asker<'_>,
        tell: &(dyn Fn(usize, usize) + Send + Sync),
    ) -> Result<UndoReport, RequestError> {
        let (now, began) = (self.parts().clock.now(), Instant::now());
        let run = crate::clock::run_id(now);
        let todo: Vec<&TakeBack> = plan.people.iter().filter(|person| !person.steps.is_empty()).collect();
        let class = if todo.len() > FEW { Line::Bulk } else { Line::Urgent };
        let mut people = Vec::with_capacity(todo.len());
        let mut patience = Patience::new(self.parts().settings.patience);
        for person in &todo {
            let (mut undone, mut left) = (Undone::of(&person.person), None);
            loop {
                let tried = self.undo_one(plan, &run, person, class, asker, (&mut undone, &mut left));
                let stop = tried.await?;
                if !patience.wait_out(stop.as_ref()).await {
                    if stop.is_none() {
                        patience.good();
                    }
                    break;
                }
            }
            undone.left = left.unwrap_or_default();
            people.push(undone);
            tell(people.len(), todo.len());
        }
        let report = UndoReport { undoes: plan.run.clone(), run, people };
        self.list_undo(&report, now, began).await;
        Ok(report)
    }

    /// Puts the undo among the runs that `runs` lists.
    async fn list_undo(&self, report: &UndoReport, started_at: Timestamp, began: Instant) {
        let count =
            |wanted: fn(&Undone) -> bool| report.people.iter().filter(|one| wanted(one)).count() as u64;
        let changed = |one: &Undone| {
            one.record
                .as_ref()
                .is_some_and(|run| run.changes.iter().any(|row| row.result == ChangeResult::Done))
        };
        let failed = count(|one| one.problem.is_some());
        let record = ReconcileRecord {
            run: Some(report.run.clone()),
            started_at,
            duration_ms: millis(began.elapsed()),
            trigger: "operator:undo".to_owned(),
            mode: Some(self.mode()),
            ended: FullEnd::Done.as_str().to_owned(),
            people: report.people.len() as u64,
            counts: FullCounts {
                to_do: report.people.len() as u64,
                applied: count(changed),
                failed,
                ..FullCounts::default()
            },
            notes: vec![format!("it takes back run {}", report.undoes)],
            problem: (failed > 0).then(|| format!("{failed} of them could not be taken back")),
        };
        if let Err(error) = self.trail().put(Record::Reconcile(record)).await {
            tracing::error!(run.id = %report.run, error = %error, "the undo is missing among the runs");
        }
    }

    /// One try. What it returns kept it from its end; what it wrote is added to what earlier tries did.
    async fn undo_one(
        &self,
        plan: &UndoPlan,
        of: &RunId,
        person: &TakeBack,
        class: Line,
        asker: Asker<'_>,
        (undone, left): (&mut Undone, &mut Option<Vec<Left>>),
    ) -> Result<Option<Stop>, RequestError> {
        undone.problem = None;
        let (writer, claim) = match self.hands_on(&person.person, "operator:undo", asker).await {
            Ok(hands) => hands,
            Err(error @ RequestError::Busy(_)) => {
                undone.problem = Some(error.to_string());
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let mut run = Run::new(self.parts(), self.holds_ref(), self.emails(), &person.person, &claim)
            .by(asker.by)
            .undoing(&plan.run, of, class);
        let end = Box::pin(run.take_back(writer, person, asker.by, left)).await;
        let mut record = run.close(&end);
        self.noted(claim, &record).await?;
        if let Some(before) = undone.record.take() {
            let done = |change: &ChangeRecord| change.result == ChangeResult::Done;
            record.changes.splice(0..0, before.changes.into_iter().filter(done));
        }
        undone.record = Some(record);
        match end {
            Ok(()) => Ok(None),
            Err(NotDone::Refused(words)) => {
                undone.problem = Some(RequestError::Refused(words).to_string());
                Ok(None)
            }
            Err(NotDone::Stopped(Stop::Paused)) => Err(RequestError::Paused),
            Err(NotDone::Stopped(Stop::Queue(error))) => Err(error.into()),
            Err(NotDone::Stopped(stop)) => {
                undone.problem = Some(chain(&stop));
                Ok(Some(stop))
            }
        }
    }
}
