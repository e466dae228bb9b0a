//! A leaver's suspension that does not go through is an alarm, not only a job that is tried again: it stands among the
//! holds until a later run succeeds or no longer wants it.

use super::Run;
use crate::apply::StepEnd;
use crate::holds::{Hold, HoldId, HoldStatus};
use crate::observe::Observed;
use crate::stop::Stop;
use jiff::{SignedDuration, Timestamp};
use provisioning::{Change, ChangeKind, HoldKind, Step};

/// How long a suspension may fail for reasons that usually pass before that is an alarm, too.
const OVERDUE: SignedDuration = SignedDuration::from_mins(5);

/// Whether a suspension that ended so was refused, or failed for too long.
pub(super) fn is_refused(end: &Result<StepEnd, Stop>, overdue: bool) -> bool {
    match end {
        Ok(StepEnd::Failed(_)) | Err(Stop::Unexpected { .. } | Stop::Denied { .. }) => true,
        Err(Stop::Unavailable { .. }) => overdue,
        Ok(StepEnd::Done | StepEnd::Replan) | Err(_) => false,
    }
}

impl Run<'_> {
    /// Whether this run was asked for so long ago that what usually passes should have passed.
    pub(super) fn overdue(&self) -> bool {
        let accepted = i64::try_from(self.lease.accepted_at_ms).ok();
        let accepted = accepted.and_then(|ms| Timestamp::from_millisecond(ms).ok());
        accepted.is_some_and(|accepted| self.stamp.now.duration_since(accepted) >= OVERDUE)
    }

    /// Puts a refused suspension on record, or settles earlier ones; says how many are new. `finished` says that the plan
    /// was carried out as far as it goes.
    pub(super) async fn settle_refusal(
        &mut self,
        observed: &Observed,
        known: &[(Hold, String)],
        finished: bool,
    ) -> Result<(), Stop> {
        if let Some(step) = self.refused.take() {
            return self.refuse(observed, &step, known).await;
        }
        let status = match self.done(ChangeKind::Suspension) {
            true => HoldStatus::Settled,
            // Without Deel nobody knows what is wanted.
            false if finished && observed.without_deel.is_none() => HoldStatus::Obsolete,
            false => return Ok(()),
        };
        for (hold, json) in known.iter().filter(|(hold, _)| hold.kind == HoldKind::Refused) {
            if hold.status.is_live() {
                self.holds.close(hold.clone(), json, status).await?;
            }
        }
        Ok(())
    }

    /// A plan that breaks the rules is not applied, and one that rests on reads which do not hold cannot be; if it was to suspend
    /// somebody, they stay in for that reason.
    pub(super) async fn refuse_due(&mut self, observed: &Observed) -> Result<(), Stop> {
        if matches!(self.parts.apply, crate::settings::Apply::Observe) {
            return Ok(());
        }
        let due = observed.plan.unheld().find(|step| matches!(step.change, Change::Suspend { .. })).cloned();
        if let Some(step) = due {
            let known = self.holds.of_person(self.subject).await?;
            self.refuse(observed, &step, &known).await?;
        }
        Ok(())
    }

    async fn refuse(
        &mut self,
        observed: &Observed,
        step: &Step,
        known: &[(Hold, String)],
    ) -> Result<(), Stop> {
        let kind = HoldKind::Refused;
        // It proposes nothing: the suspension itself is tried again, without anybody's approval.
        let informs = Step {
            account: step.account.clone(),
            change: Change::Nothing,
            hold: Some(kind),
            needs: None,
            past_guard: false,
            why: step.why.clone(),
        };
        self.hold(observed, &informs, kind, known).await?;
        let id = HoldId::of(self.subject, &informs);
        self.held(observed, &informs, kind, Some(id));
        Ok(())
    }
}
