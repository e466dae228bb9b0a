//! Activations that JumpCloud does by itself at a time: scheduled, moved and deleted as the first day is known, moves or
//! goes away.

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};

use crate::account::{Account, AccountState};
use crate::change::Change;
use crate::lifecycle;
use crate::observed::{ScheduledActivation, ScheduledBy};
use crate::person::Status;
use crate::policy::Activation;
use crate::reason::{Note, Why};

use super::access::Want;
use super::draft::Draft;

/// How far ahead JumpCloud schedules at the least, as its guide to scheduled activation says.
pub const SCHEDULE_LEAD: SignedDuration = SignedDuration::from_hours(1);

/// How much further ahead a plan must look, since a step is not written in the instant it is planned.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// How long after its time a scheduled activation may take before this program looks what became of it.
pub const SCHEDULE_GRACE: SignedDuration = SignedDuration::from_mins(10);

/// Plans what keeps our schedule right. After the account's state was planned; beside a suspension, too, which deletes every
/// schedule but may be held.
pub(super) fn steps(draft: &mut Draft<'_>, account: &Account, want: &Want) {
    match ahead(draft, account) {
        Some(known) => keep(draft, account, want, &known),
        None => {
            if account.state == AccountState::Staged
                && matches!(want, Want::AsIs)
                && !draft.adopted
                && let Some(at) = first(draft)
            {
                put(draft, account, at, None, Why::StartsAt { starts: at });
            }
        }
    }
}

/// Somebody whom a manual hold leaves alone: what we scheduled within its time would be an access that we gave, and goes.
pub(super) fn held(draft: &mut Draft<'_>, account: &Account, until: Option<Timestamp>) {
    match ahead(draft, account) {
        Some(known) if until.is_none_or(|until| until > known.at) => {
            let why = Why::ScheduleHeld { until };
            draft.step(account, Change::CancelActivation { at: known.at }, None, None, why);
        }
        _ => tell(draft, account),
    }
}

/// Says what was scheduled for somebody who is left alone now: nobody deletes it.
pub(super) fn tell(draft: &mut Draft<'_>, account: &Account) {
    if account.state == AccountState::Staged
        && let Some(known) = ahead(draft, account)
    {
        draft.plan.notes.push(Note::ActivationAhead { at: known.at });
    }
}

/// The start of the first day, where policy has it scheduled and it is far enough ahead.
pub(super) fn first(draft: &Draft<'_>) -> Option<Timestamp> {
    let by_policy = draft.policy.activation == Activation::Scheduled;
    starts(draft).filter(|at| by_policy && is_coming(draft) && far_enough(draft, *at))
}

/// Whether a scheduled activation stands in the way of one by this program: an operator's choice of a later time, or one
/// that is due at this moment.
pub(super) fn keeps_waiting(draft: &Draft<'_>) -> bool {
    let (now, known) = (draft.stamp.now, draft.actual.scheduled);
    known.is_some_and(|known| match known.by {
        ScheduledBy::Operator => after(known.at) > now,
        ScheduledBy::Policy => known.at <= now && after(known.at) > now,
    })
}

/// When what is scheduled after this plan should have happened and can be looked at.
pub(super) fn settled(draft: &Draft<'_>) -> Option<Timestamp> {
    let mut at = draft.actual.scheduled.map(|known| known.at);
    for step in &draft.plan.steps {
        match &step.change {
            Change::ScheduleActivation { at: planned, .. } => at = Some(*planned),
            Change::CancelActivation { .. } => at = None,
            _ => {}
        }
    }
    at.map(after)
}

/// There is a schedule of ours: it stays, moves or goes.
fn keep(draft: &mut Draft<'_>, account: &Account, want: &Want, known: &ScheduledActivation) {
    let wanted = matches!(want, Want::Active | Want::AsIs) && account.state == AccountState::Staged;
    let coming = wanted && is_coming(draft);
    let activates = draft.plan.steps.iter().any(|step| matches!(step.change, Change::Activate));
    let by_policy = draft.policy.activation == Activation::Scheduled && !draft.adopted;
    let asked = known.by == ScheduledBy::Operator || by_policy;
    if !coming || activates || !asked {
        cancel(draft, account, known);
        return;
    }
    let (at, why) = match (known.starts, start(draft)) {
        (Some(from), Some(to)) if from != to => {
            let moved = known.at.checked_add(to.duration_since(from)).unwrap_or(known.at);
            (moved, Why::StartMoved { from, to })
        }
        _ => (known.at, Why::ScheduleUnconfirmed),
    };
    if at == known.at && !known.unconfirmed {
        return;
    }
    if far_enough(draft, at) {
        put(draft, account, at, Some(known.at).filter(|before| *before != at), why);
    } else if known.by == ScheduledBy::Policy {
        // Too near for JumpCloud: this program does it.
        cancel(draft, account, known);
    } else {
        let (soon, why) = (soonest(draft), near(why));
        if known.at > soon || known.unconfirmed {
            put(draft, account, soon, Some(known.at), why);
        }
    }
}

fn near(why: Why) -> Why {
    match why {
        Why::StartMoved { from, to } => Why::StartNear { from, to },
        why => why,
    }
}

fn put(draft: &mut Draft<'_>, account: &Account, at: Timestamp, replaces: Option<Timestamp>, why: Why) {
    match account.restricts(&["state", "suspended"]) {
        Some(field) => draft.plan.notes.push(Note::Restricted { field: field.to_owned() }),
        None => draft.step(account, Change::ScheduleActivation { at, replaces }, None, None, why),
    }
}

fn cancel(draft: &mut Draft<'_>, account: &Account, known: &ScheduledActivation) {
    draft.step(account, Change::CancelActivation { at: known.at }, None, None, Why::ScheduleVoid);
}

/// Our schedule of this account, if its time is to come, or it may never have been made.
fn ahead(draft: &Draft<'_>, account: &Account) -> Option<ScheduledActivation> {
    let known = draft.actual.scheduled?;
    let missed = known.unconfirmed && account.state == AccountState::Staged;
    (known.account == account.id && (known.at > draft.stamp.now || missed)).then(|| known.clone())
}

/// The start of the first day, whether that has come or not.
fn start(draft: &Draft<'_>) -> Option<Timestamp> {
    lifecycle::start(draft.desired.person?, &draft.plan.standing.as_ref()?.zone.rules())
}

fn starts(draft: &Draft<'_>) -> Option<Timestamp> {
    draft.plan.standing.as_ref()?.standing.starts()
}

/// Whether Deel's status is of somebody who works here or will. Somebody `inactive` may until a later last day, but that is
/// looked at on the first day, not promised before.
fn is_coming(draft: &Draft<'_>) -> bool {
    draft.desired.person.is_some_and(|person| {
        matches!(person.status, Status::Active | Status::Onboarding | Status::Offboarding)
    })
}

fn far_enough(draft: &Draft<'_>, at: Timestamp) -> bool {
    at.duration_since(draft.stamp.now) >= SCHEDULE_LEAD + MARGIN
}

/// The earliest full minute for which an operator's activation can be planned.
fn soonest(draft: &Draft<'_>) -> Timestamp {
    let soon = draft.stamp.now.checked_add(SCHEDULE_LEAD + MARGIN).unwrap_or(draft.stamp.now);
    soon.round(TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::Ceil)).unwrap_or(soon)
}

fn after(at: Timestamp) -> Timestamp {
    at.checked_add(SCHEDULE_GRACE).unwrap_or(at)
}
