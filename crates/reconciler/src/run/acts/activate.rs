//! Activating a staged account by hand, now or by `JumpCloud` at a time.

use super::{NotDone, refused};
use crate::fields::{MAIL, SCHEDULE, field};
use crate::observe::Observed;
use crate::run::Run;
use crate::schedules;
use crate::trail::FieldRecord;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jumpcloud::{Mail, State, Writer};
use provisioning::{
    Account, AccountState, ChangeKind, SCHEDULE_LEAD, ScheduledActivation, ScheduledBy, Standing,
};
use std::time::Instant;

/// A time as an operator gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// An instant.
    Instant(Timestamp),
    /// By the clock on the person's wall, in the zone that also decides when their days of work begin and end.
    Local(DateTime),
}

/// What to do about a staged account.
#[derive(Clone, PartialEq, Eq)]
pub enum Activate {
    /// Activate it now; mail goes to this address, else to nobody.
    Now {
        /// Where to.
        mail_to: Option<String>,
    },
    /// Have `JumpCloud` activate it then, at least an hour ahead; replaces what we scheduled before.
    At {
        /// When.
        at: At,
        /// Where to; nobody gets mail otherwise.
        mail_to: Option<String>,
    },
    /// Delete what we scheduled.
    Cancel,
}

/// Without the address.
impl std::fmt::Debug for Activate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Now { .. } => f.write_str("Now"),
            Self::At { at, .. } => write!(f, "At({at:?})"),
            Self::Cancel => f.write_str("Cancel"),
        }
    }
}

const WHY: &str = "ordered by hand";

impl Run<'_> {
    /// Carries it out, or says why not.
    pub(crate) async fn activate(&mut self, writer: &Writer, how: &Activate) -> Result<(), NotDone> {
        let observed = self.look().await?;
        if *how == Activate::Cancel {
            return self.cancel_ours(writer, &observed).await;
        }
        let account = eligible(&observed)?.clone();
        match how {
            Activate::Now { mail_to } => {
                self.activate_now(writer, &observed, &account, mail_to.as_deref()).await
            }
            Activate::At { at, mail_to } => {
                let at = self.instant(&observed, *at)?;
                self.activate_at(writer, &observed, &account, at, mail_to.as_deref()).await
            }
            Activate::Cancel => Ok(()),
        }
    }

    async fn activate_now(
        &mut self,
        writer: &Writer,
        observed: &Observed,
        account: &Account,
        to: Option<&str>,
    ) -> Result<(), NotDone> {
        let began = Instant::now();
        let end = self
            .applier(writer, observed.desired.person.as_ref(), observed.read_at)
            .activate(&account.id, &mail(to))
            .await;
        let mut rows = vec![field("state", Some("STAGED"), Some("ACTIVATED"))];
        rows.extend(mail_row(to));
        self.note_change(ChangeKind::Activation, rows, WHY, began, end)?;
        // It has happened; left there, it could one day undo somebody's suspension.
        self.delete_schedule(writer, account).await
    }

    async fn activate_at(
        &mut self,
        writer: &Writer,
        observed: &Observed,
        account: &Account,
        at: Timestamp,
        to: Option<&str>,
    ) -> Result<(), NotDone> {
        let known = schedules::get(&self.parts.queue, self.subject).await?;
        let known = known.filter(|known| known.activation.account == account.id);
        let others = self.hand(writer).scheduled(&account.id).await?;
        let ours = |id: &str| known.as_ref().is_some_and(|known| known.job.as_deref() == Some(id));
        for job in others.iter().filter(|job| job.state == State::Activated && !ours(&job.job_id)) {
            let when = job.at.map_or_else(|| "a time it does not tell".to_owned(), |at| at.to_string());
            if job.at != Some(at) {
                self.session.note(format!("somebody else scheduled an activation for {when}; it stays"));
            }
        }
        let starts = observed.plan.standing.as_ref().and_then(|life| life.standing.starts());
        let by = ScheduledBy::Operator;
        let wanted = ScheduledActivation { account: account.id.clone(), at, starts, by, unconfirmed: false };
        let began = Instant::now();
        let end = self.hand(writer).schedule(&wanted, &mail(to)).await;
        let before = known.map(|known| known.activation.at).filter(|before| *before > self.stamp.now);
        if matches!(end, Ok(crate::apply::StepEnd::Done)) && self.first_write.is_none() {
            self.session.note(format!("an activation is scheduled for {at} already"));
            return Ok(());
        }
        let text = |at: Timestamp| at.to_string();
        let mut rows = vec![field(SCHEDULE, before.map(text).as_deref(), Some(&at.to_string()))];
        rows.extend(mail_row(to));
        self.note_change(ChangeKind::ScheduleActivation, rows, WHY, began, end)
    }

    async fn cancel_ours(&mut self, writer: &Writer, observed: &Observed) -> Result<(), NotDone> {
        let known = schedules::get(&self.parts.queue, self.subject).await?;
        let to_come = |ours: &ScheduledActivation| ours.at > self.stamp.now || ours.unconfirmed;
        let Some(known) = known.filter(|known| to_come(&known.activation)) else {
            return refused("no activation that deelsync scheduled is ahead");
        };
        match observed.actual.linked.iter().find(|account| account.id == known.activation.account) {
            Some(account) => self.delete_schedule(writer, &account.clone()).await,
            None => refused("the account of the scheduled activation is no longer the person's"),
        }
    }

    /// Deletes what we scheduled for this account, if that is ahead.
    pub(super) async fn delete_schedule(
        &mut self,
        writer: &Writer,
        account: &Account,
    ) -> Result<(), NotDone> {
        let known = schedules::get(&self.parts.queue, self.subject).await?;
        let Some(known) = known.filter(|known| known.activation.account == account.id) else { return Ok(()) };
        if known.activation.at <= self.stamp.now {
            self.parts.queue.schedule_remove(self.subject.as_str()).await?;
            return Ok(());
        }
        let began = Instant::now();
        let end = self.hand(writer).unschedule(&account.id).await;
        let rows = vec![field(SCHEDULE, Some(&known.activation.at.to_string()), None)];
        self.note_change(ChangeKind::CancelActivation, rows, WHY, began, end)
    }

    /// The instant that is meant, if `JumpCloud` takes it and it lies within the person's time here.
    fn instant(&self, observed: &Observed, at: At) -> Result<Timestamp, NotDone> {
        let life = observed.plan.standing.as_ref();
        let at = match (at, life) {
            (At::Instant(at), _) => at,
            (At::Local(local), Some(life)) => match life.zone.instant(local) {
                Some(at) => at,
                None => return refused("that time does not exist"),
            },
            (At::Local(_), None) => {
                return refused("the person's zone is not known; give the time with its offset");
            }
        };
        if at.duration_since(self.stamp.now) < SCHEDULE_LEAD {
            return refused(format!(
                "JumpCloud schedules at least one hour ahead, and {at} is not; without --at the account is activated now"
            ));
        }
        if life.and_then(|life| life.ends).is_some_and(|ends| ends <= at) {
            return refused(format!("the person's last day of work is over by {at}"));
        }
        Ok(at)
    }
}

/// The staged account of somebody who works here or will, and whom nothing keeps from being activated.
fn eligible(observed: &Observed) -> Result<&Account, NotDone> {
    let plan = &observed.plan;
    if let Some(order) = &observed.desired.order {
        return refused(format!(
            "an operator's order to suspend is in force; `deelsync holds release {}` takes it back",
            order.hold
        ));
    }
    if let Some(reason) = &plan.skipped {
        return refused(format!("the person is skipped: {reason}"));
    }
    let Some(life) = &plan.standing else { return refused("Deel does not know this person") };
    if !matches!(life.standing, Standing::Active { .. } | Standing::NotStarted { .. }) {
        return refused(format!("the person is not to have access: {life}"));
    }
    let account = match observed.actual.linked.as_slice() {
        [one] => one,
        [] => return refused("the person has no account yet"),
        _ => return refused("more than one account is linked to the person"),
    };
    if account.admin {
        return refused("the account is an administrator's; nothing is written to it");
    }
    if account.externally_managed {
        return refused("the account is managed by another directory; nothing is written to it");
    }
    if let Some(restricted) = account.restricts(&["state", "suspended"]) {
        return refused(format!("another authority owns the account's {restricted}"));
    }
    match &account.state {
        AccountState::Staged => Ok(account),
        AccountState::Suspended => refused(
            "the account is suspended, not staged; who may have access again is reactivated by a sync",
        ),
        state => refused(format!("the account is {state} already, not staged")),
    }
}

fn mail(to: Option<&str>) -> Mail {
    to.map_or(Mail::None, |to| Mail::To(to.to_owned()))
}

fn mail_row(to: Option<&str>) -> Option<FieldRecord> {
    to.map(|to| field(MAIL, None, Some(to)))
}
