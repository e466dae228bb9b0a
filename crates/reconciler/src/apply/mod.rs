//! Carrying out a plan's steps. Nothing is chosen here: a step is written as planned, or not at all.
//!
//! Before each write, in this order: a slot of the rate budget, whatever fresh read the step needs, and the lease, since
//! the wait for a slot can be longer than a lease lives.

mod arrange;
mod create;
mod groups;
mod restore;
mod schedule;
mod state;
mod values;

use crate::ADOPTED_ATTRIBUTE;
use crate::convert;
use crate::reconciler::Parts;
use crate::session::{Session, millis};
use crate::stop::{Stop, chain};
use crate::trail::ChangeResult;
use crate::vendor::{deel_stop, jumpcloud_stop};
use jumpcloud::{Mail, MemberOp, Patch, ProfileField, UserRecord, Writer, merge_attribute};
use provisioning::{Account, AccountId, Change, LinkField, Person, ProfileId, Step};
use queue::{Lease, Vendor};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Why a custom attribute is not written: the others beside it would be lost.
const UNREADABLE: &str = "the account's custom attributes cannot be read";

/// How one step ended, short of ending the run.
pub(crate) enum StepEnd {
    /// Written.
    Done,
    /// Refused for a reason of this step alone; the words carry no values.
    Failed(String),
    /// The account is not as it was observed, or the reads are too old: observe again, and plan anew.
    Replan,
}

/// What a step's writes need.
pub(crate) struct Applier<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) writer: &'a Writer,
    pub(crate) lease: &'a Lease,
    pub(crate) session: &'a mut Session,
    pub(crate) subject: &'a ProfileId,
    /// The person as the plan is based on; `None` where it is based on nobody's read.
    pub(crate) person: Option<&'a Person>,
    /// When that read was asked for.
    pub(crate) read_at: Instant,
    /// The account that this run created.
    pub(crate) created: Option<AccountId>,
    /// Usernames that a creation found taken; the next plan must know them.
    pub(crate) taken: &'a mut BTreeSet<String>,
    /// When the first write of the run was answered.
    pub(crate) first_write: &'a mut Option<jiff::Timestamp>,
    /// Set if an activation may be scheduled that another try could cancel.
    pub(crate) schedule_left: &'a mut bool,
}

/// A step that was tried.
pub(crate) struct Tried {
    pub(crate) end: Result<StepEnd, Stop>,
    pub(crate) duration_ms: u64,
}

impl Tried {
    /// What the trail says of it.
    pub(crate) fn result(&self) -> ChangeResult {
        match &self.end {
            Ok(StepEnd::Done) => ChangeResult::Done,
            Ok(StepEnd::Failed(_)) | Err(Stop::Unexpected { .. }) => ChangeResult::Failed,
            // A vendor that did not answer a write may have carried it out.
            Err(Stop::Unavailable { .. }) => ChangeResult::Failed,
            Ok(StepEnd::Replan) | Err(_) => ChangeResult::NotBegun,
        }
    }

    pub(crate) fn problem(&self) -> Option<String> {
        match &self.end {
            Ok(StepEnd::Done) => None,
            Ok(StepEnd::Failed(problem)) => Some(problem.clone()),
            Ok(StepEnd::Replan) => {
                Some("the account or the person changed, or the reads grew too old; planned anew".to_owned())
            }
            Err(stop) => Some(chain(stop)),
        }
    }
}

impl Applier<'_> {
    /// Writes one step. `observed` is the account it is about, as it was read for the plan.
    pub(crate) async fn apply(&mut self, step: &Step, observed: Option<&Account>) -> Tried {
        let started = Instant::now();
        let end = self.dispatch(step, observed).await;
        Tried { end, duration_ms: millis(started.elapsed()) }
    }

    async fn dispatch(&mut self, step: &Step, observed: Option<&Account>) -> Result<StepEnd, Stop> {
        if let Change::Create(new) = &step.change {
            return self.create(new).await;
        }
        let Some(id) = step.account.clone().or_else(|| self.created.clone()) else {
            return Ok(StepEnd::Failed("the step names no account".to_owned()));
        };
        match &step.change {
            Change::Link { before, after } => {
                self.link(&id, before.as_ref().map(|b| b.0.as_str()), after).await
            }
            Change::Update(fields) => self.update_values(&id, fields).await,
            Change::GroupAdd(groups) => self.memberships(&id, groups, MemberOp::Add).await,
            Change::GroupRemove(groups) => self.memberships(&id, groups, MemberOp::Remove).await,
            Change::ChangeEmail { after, .. } => {
                self.update(&id, &Patch::new().set(ProfileField::Email, after.to_send()), "update_email")
                    .await
            }
            Change::Suspend { mark, .. } => match observed {
                Some(observed) => self.suspend(&id, observed, mark, step.past_guard).await,
                None => Ok(StepEnd::Replan),
            },
            Change::Reactivate { mark, .. } => self.reactivate(&id, mark.as_ref()).await,
            Change::Activate => self.activate(&id, &Mail::None).await,
            Change::ScheduleActivation { at, .. } => self.schedule_by_policy(&id, *at).await,
            Change::CancelActivation { .. } => self.unschedule(&id).await,
            Change::ClearMark => self.clear_mark(&id).await,
            Change::Create(_) | Change::Nothing => {
                Ok(StepEnd::Failed("the step has nothing to write".to_owned()))
            }
        }
    }

    /// Writes the link, unless the field changed since it was planned.
    async fn link(
        &mut self,
        id: &AccountId,
        before: Option<&str>,
        after: &ProfileId,
    ) -> Result<StepEnd, Stop> {
        let Some((record, account)) = self.fresh(id).await? else { return Ok(StepEnd::Replan) };
        let before = before.map(str::trim).filter(|text| !text.is_empty());
        if self.leave_alone(&account) || account.link_value() != before {
            return Ok(StepEnd::Replan);
        }
        if !record.attributes_readable() {
            return Ok(StepEnd::Failed(UNREADABLE.to_owned()));
        }
        // The sign that the account existed before travels with the link, so that no crash parts them.
        let at = self.parts.clock.now().to_string();
        let patch = self.link_patch(&record, Some(after.as_str()), Some(&at));
        let end = self.update(id, &patch, "link").await?;
        if matches!(end, StepEnd::Done) {
            self.parts.queue.link_set(after.as_str(), id.as_str()).await?;
        }
        Ok(end)
    }

    /// The link field's value, and the sign of an adoption; without a value, each is taken away.
    fn link_patch(&self, record: &UserRecord, value: Option<&str>, adopted: Option<&str>) -> Patch {
        let mut attributes = merge_attribute(&record.attributes, ADOPTED_ATTRIBUTE, adopted);
        let mut patch = Patch::new();
        match &self.parts.settings.policy.link {
            LinkField::EmployeeIdentifier => {
                patch = patch.set(ProfileField::EmployeeIdentifier, value.unwrap_or_default());
            }
            LinkField::CustomAttribute(name) => attributes = merge_attribute(&attributes, name, value),
        }
        if attributes == record.attributes { patch } else { patch.attributes(attributes) }
    }

    async fn update(
        &mut self,
        id: &AccountId,
        patch: &Patch,
        operation: &'static str,
    ) -> Result<StepEnd, Stop> {
        self.gate().await?;
        let write = self.writer.update(id.as_str(), patch);
        let answer = self.session.made(Vendor::JumpCloud, operation, write).await;
        self.written(answer.map(|_| ()))
    }

    /// A slot, then the lease: the last thing before a write.
    async fn gate(&mut self) -> Result<(), Stop> {
        self.session.slot(Vendor::JumpCloud).await?;
        Ok(self.lease.check().await?)
    }

    /// The account as it is now; `None` if it is gone.
    async fn fresh(&mut self, id: &AccountId) -> Result<Option<(UserRecord, Account)>, Stop> {
        let read = self.parts.jumpcloud.account(id.as_str());
        match self.session.call(Vendor::JumpCloud, "account", read).await? {
            Ok(record) => {
                let account = convert::account(&record, &self.parts.settings.policy.link)?;
                Ok(Some((record, account)))
            }
            Err(jumpcloud::Error::NotFound) => Ok(None),
            Err(error) => Err(jumpcloud_stop(error)),
        }
    }

    /// Whether the read of the person is too old to suspend or to let in anyone on.
    fn stale(&self) -> bool {
        self.read_at.elapsed() > self.parts.settings.freshness
    }

    /// Whether the read of the person is young enough for what a change of access still has to ask. Where slow vendors have used
    /// that time up, the person alone is read again: if Deel says the same of them, the plan stands. Otherwise every round would
    /// end here, and a leaver stay in for as long as a vendor is slow.
    async fn confirmed(&mut self) -> Result<bool, Stop> {
        if self.read_at.elapsed() <= self.parts.settings.freshness / 2 {
            return Ok(true);
        }
        let Some(person) = self.person else { return Ok(!self.stale()) };
        let parts = self.parts;
        self.session.slot(Vendor::Deel).await?;
        let asked = Instant::now();
        match self.session.made(Vendor::Deel, "person", parts.deel.person(self.subject.as_str())).await {
            Ok(record) => {
                let same = convert::person(record)? == *person;
                if same {
                    self.read_at = asked;
                }
                Ok(same)
            }
            Err(deel::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(deel_stop(error)),
        }
    }

    /// Whether nothing may be written to the account as it is now, whatever was planned a moment ago.
    fn leave_alone(&self, account: &Account) -> bool {
        // A manual hold may have been set a moment ago.
        let held = || account.hold.as_ref().is_some_and(|hold| hold.in_force(self.parts.clock.now()));
        untouchable(account) || held()
    }

    /// Judges a write's answer and notes when the first one came.
    fn written(&mut self, answer: Result<(), jumpcloud::Error>) -> Result<StepEnd, Stop> {
        match answer {
            Ok(()) => {
                self.note_write();
                Ok(StepEnd::Done)
            }
            Err(jumpcloud::Error::NotFound) => Ok(StepEnd::Replan),
            Err(error @ jumpcloud::Error::Rejected { .. }) => {
                Ok(StepEnd::Failed(format!("{error}. {}", error.remedy())))
            }
            Err(error) => Err(jumpcloud_stop(error)),
        }
    }

    fn note_write(&mut self) {
        if self.first_write.is_none() {
            *self.first_write = Some(self.parts.clock.now());
        }
    }
}

/// Accounts that nothing is ever written to, whatever was planned a moment ago.
fn untouchable(account: &Account) -> bool {
    account.admin || account.externally_managed
}

/// Waits before a creation in doubt is looked up: a search may lag a little behind a write.
const SETTLE_PAUSE: Duration = Duration::from_millis(250);
