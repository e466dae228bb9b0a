//! Activations that we schedule at `JumpCloud`. Ours are told from others' by what is remembered in Redis, which is
//! written before `JumpCloud` is asked: whatever fails or dies in between, the time is remembered as unconfirmed, and the
//! next plan asks for it again. What it replaces is deleted first, since nobody says whether an account may have two.

use super::{Applier, StepEnd};
use crate::fields::MAIL;
use crate::schedules::{self, Known};
use crate::stop::Stop;
use crate::trail::{Record, RunRecord, Trail};
use crate::vendor::jumpcloud_stop;
use jiff::Timestamp;
use jumpcloud::{Mail, ScheduledState, State};
use provisioning::{AccountId, AccountState, ChangeKind, ScheduledActivation, ScheduledBy};
use queue::Vendor;

/// How many of a person's latest entries on the trail are searched for an address.
const TRAIL: usize = 200;

/// Where the mail of an activation that this run scheduled was to go.
fn mailed(run: &RunRecord) -> Option<&str> {
    let scheduled = run.changes.iter().rev().find(|change| change.kind == ChangeKind::ScheduleActivation)?;
    scheduled.fields.iter().find(|field| field.field == MAIL)?.after.as_deref()
}

impl Applier<'_> {
    /// Schedules or moves on behalf of a plan: a schedule that an operator made stays theirs. The start that it follows
    /// is the time itself, moved by as much as an operator's choice was away from it.
    pub(super) async fn schedule_by_policy(
        &mut self,
        id: &AccountId,
        at: Timestamp,
    ) -> Result<StepEnd, Stop> {
        let known = schedules::get(&self.parts.queue, self.subject).await?;
        let (by, mail, starts) = match known.filter(|known| known.activation.account == *id) {
            Some(known) => {
                let mail = if known.mail { self.mail_on_record().await? } else { Mail::None };
                let apart = known.activation.starts.map(|from| known.activation.at.duration_since(from));
                let starts = apart.and_then(|apart| at.checked_sub(apart).ok());
                (known.activation.by, mail, starts)
            }
            None => (ScheduledBy::Policy, Mail::None, Some(at)),
        };
        let account = id.clone();
        self.schedule(&ScheduledActivation { account, at, starts, by, unconfirmed: false }, &mail).await
    }

    /// To whom an operator had mail sent: an address is on the trail, and nowhere else.
    async fn mail_on_record(&mut self) -> Result<Mail, Stop> {
        let story = Trail::new(self.parts.queue.clone(), false).why(self.subject, TRAIL).await?;
        let latest = story.entries.into_iter().rev().find_map(|entry| match entry.record {
            Record::Run(run) => mailed(&run).map(str::to_owned),
            _ => None,
        });
        Ok(latest.map_or_else(
            || {
                self.session.note(
                    "the trail does not hold any more to whom mail was to be sent; whom JumpCloud chooses gets it",
                );
                Mail::Default
            },
            Mail::To,
        ))
    }

    /// Has `JumpCloud` activate the account at a time, and deletes what we scheduled before. Nothing is asked of
    /// `JumpCloud` if it is scheduled just so.
    pub(crate) async fn schedule(
        &mut self,
        wanted: &ScheduledActivation,
        mail: &Mail,
    ) -> Result<StepEnd, Stop> {
        let id = &wanted.account;
        let Some((_, account)) = self.fresh(id).await? else { return Ok(StepEnd::Replan) };
        if self.leave_alone(&account)
            || account.state != AccountState::Staged
            || !account.is_linked_to(self.subject)
        {
            return Ok(StepEnd::Replan);
        }
        // A pause, or a lost lease, leaves everything as it was.
        self.lease.check().await?;
        let known = schedules::get(&self.parts.queue, self.subject).await?;
        let known = known.filter(|known| known.activation.account == *id);
        if known.is_none() && wanted.by == ScheduledBy::Policy && self.found_again(wanted).await? {
            return Ok(StepEnd::Done);
        }
        let moves = known.is_some();
        let mut replaced = Vec::new();
        if let Some(known) = known {
            let told = self.our_job(&known).await?;
            // An address is not remembered, so a mail that is asked for is asked for anew.
            let silent = matches!(mail, Mail::None) && !known.mail;
            if told.is_some() && known.activation.at == wanted.at && silent && known.replaced.is_empty() {
                let activation = wanted.clone();
                let kept = Known { activation, job: told, mail: false, replaced: Vec::new() };
                schedules::set(&self.parts.queue, self.subject, &kept).await?;
                return Ok(StepEnd::Done);
            }
            // Not told of is not proven gone.
            replaced.extend(known.replaced.into_iter().chain(told.or(known.job)));
        }
        let mail_sent = !matches!(mail, Mail::None);
        let asked = Known { activation: wanted.clone(), job: None, mail: mail_sent, replaced };
        schedules::set(&self.parts.queue, self.subject, &asked).await?;
        for job in &asked.replaced {
            if let Some(end) = self.delete_job(job).await? {
                return Ok(end);
            }
        }
        let end = self.create_job(asked, mail).await;
        // What an operator asks for first, and is told that it was not done, is not done later either.
        let undone = match &end {
            Ok(StepEnd::Failed(_)) => true,
            Err(stop) => matches!(stop, Stop::Paused | Stop::LeaseLost),
            Ok(_) => false,
        };
        if undone && !moves {
            self.parts.queue.schedule_remove(self.subject.as_str()).await?;
        }
        end
    }

    /// Whether `JumpCloud` has just this activation already: what is remembered of it was lost with Redis's data, and is
    /// remembered again, so that it moves with the start as before.
    async fn found_again(&mut self, wanted: &ScheduledActivation) -> Result<bool, Stop> {
        let scheduled = self.scheduled(&wanted.account).await?;
        let same = |job: &&ScheduledState| job.state == State::Activated && job.at == Some(wanted.at);
        let Some(job) = scheduled.iter().find(same) else { return Ok(false) };
        let (activation, job) = (wanted.clone(), Some(job.job_id.clone()));
        let found = Known { activation, job, mail: false, replaced: Vec::new() };
        schedules::set(&self.parts.queue, self.subject, &found).await?;
        Ok(true)
    }

    async fn create_job(&mut self, mut asked: Known, mail: &Mail) -> Result<StepEnd, Stop> {
        self.gate().await?;
        let wanted = &asked.activation;
        let write = self.writer.schedule_activation(wanted.account.as_str(), wanted.at, mail);
        match self.session.made(Vendor::JumpCloud, "schedule_activation", write).await {
            Ok(job) => {
                self.note_write();
                (asked.job, asked.replaced) = (Some(job.job_id), Vec::new());
                schedules::set(&self.parts.queue, self.subject, &asked).await?;
                Ok(StepEnd::Done)
            }
            Err(error @ jumpcloud::Error::Rejected { .. }) => {
                Ok(StepEnd::Failed(format!("{error}. {}", error.remedy())))
            }
            // Open whether it was done: the next look finds the job by its time, or makes it.
            Err(error) => Err(jumpcloud_stop(error)),
        }
    }

    /// Deletes what we scheduled.
    pub(crate) async fn unschedule(&mut self, id: &AccountId) -> Result<StepEnd, Stop> {
        let known = schedules::get(&self.parts.queue, self.subject).await?;
        if let Some(known) = known.filter(|known| known.activation.account == *id) {
            // A remembered job is deleted whether or not `JumpCloud` tells of it.
            let found = match known.job {
                Some(_) => None,
                None => self.our_job(&known).await?,
            };
            for job in known.jobs().chain(found) {
                if let Some(end) = self.delete_job(&job).await? {
                    return Ok(end);
                }
            }
        }
        self.parts.queue.schedule_remove(self.subject.as_str()).await?;
        Ok(StepEnd::Done)
    }

    /// The job of what is remembered: by its id, or, where the answer that named it was lost, by its time.
    async fn our_job(&mut self, known: &Known) -> Result<Option<String>, Stop> {
        let at = known.activation.at;
        let scheduled = self.scheduled(&known.activation.account).await?;
        let listed = |job: &&ScheduledState| match &known.job {
            Some(id) => job.job_id == *id,
            None => job.state == State::Activated && job.at == Some(at),
        };
        let found = scheduled.iter().find(listed).map(|job| job.job_id.clone());
        // `JumpCloud` tells of the next activation only: behind somebody else's earlier one, ours is not seen.
        let hidden = scheduled
            .iter()
            .any(|job| job.state == State::Activated && job.at.is_none_or(|other| other <= at));
        Ok(found.or_else(|| known.job.clone().filter(|_| hidden)))
    }

    /// The next scheduled activation and suspension of an account.
    pub(crate) async fn scheduled(&mut self, id: &AccountId) -> Result<Vec<ScheduledState>, Stop> {
        let read = self.parts.jumpcloud.scheduled_states(id.as_str());
        self.session.call(Vendor::JumpCloud, "scheduled_states", read).await?.map_err(jumpcloud_stop)
    }

    /// Deletes one job; what is no longer there is as good. Something else than `None` ends the step.
    async fn delete_job(&mut self, job: &str) -> Result<Option<StepEnd>, Stop> {
        self.gate().await?;
        let write = self.writer.cancel_scheduled(job);
        match self.session.made(Vendor::JumpCloud, "cancel_scheduled", write).await {
            Err(jumpcloud::Error::NotFound) => Ok(None),
            answer => match self.written(answer)? {
                StepEnd::Done => Ok(None),
                end => Ok(Some(end)),
            },
        }
    }
}
