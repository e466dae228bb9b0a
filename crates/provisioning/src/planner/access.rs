//! Whether the account should be in use, and the steps that get it there.

use crate::account::{Account, AccountState};
use crate::change::{Change, ChangeKind};
use crate::evidence::Evidence;
use crate::hold::HoldKind;
use crate::ids::ProfileId;
use crate::lifecycle::Standing;
use crate::mark::{Mark, MarkedBy, PriorState};
use crate::observed::Wanted;
use crate::plan::Step;
use crate::policy::Activation;
use crate::reason::{Note, SkipReason, Why};

use super::draft::Draft;

/// The fields that a suspension writes: the state, by either of its names, and our mark.
const STATE_FIELDS: [&str; 3] = ["state", "suspended", "attributes"];

/// What the account should be.
pub(super) enum Want {
    /// Suspended, with or without asking.
    Suspended(Case),
    /// In use.
    Active,
    /// As it is: the person has not started, which is no reason to suspend anyone.
    AsIs,
    /// As it is: the next employment is near.
    Between,
    /// Nothing can be told.
    Unknown(SkipReason),
}

/// The case for a suspension.
pub(super) enum Case {
    Left(Evidence),
    Contradiction(Evidence),
    Gone,
    Order(Evidence),
}

impl Want {
    /// An operator's order stands above what Deel says; without one, Deel decides.
    pub(super) fn of(desired: Wanted<'_>, standing: Option<&Standing>) -> Self {
        if let Some(order) = desired.order {
            return Self::Suspended(Case::Order(Evidence::Order { hold: order.hold.clone(), at: order.at }));
        }
        match standing {
            None => Self::Suspended(Case::Gone),
            Some(Standing::Active { .. }) => Self::Active,
            Some(Standing::NotStarted { .. }) => Self::AsIs,
            Some(Standing::Between { .. }) => Self::Between,
            Some(Standing::Left { evidence }) => Self::Suspended(Case::Left(evidence.clone())),
            Some(Standing::Contradiction { evidence }) => {
                Self::Suspended(Case::Contradiction(evidence.clone()))
            }
            Some(Standing::Undecided(reason)) => Self::Unknown(reason.clone()),
        }
    }

    /// Whether the person is a leaver, beyond doubt.
    pub(super) fn is_certain_leaver(&self) -> bool {
        matches!(self, Self::Suspended(case) if case.is_certain())
    }
}

impl Case {
    /// Whether it suspends without asking.
    pub(super) fn is_certain(&self) -> bool {
        matches!(self, Self::Left(_) | Self::Order(_))
    }

    pub(super) fn is_order(&self) -> bool {
        matches!(self, Self::Order(_))
    }

    fn hold(&self) -> Option<HoldKind> {
        match self {
            Self::Left(_) | Self::Order(_) => None,
            Self::Contradiction(_) => Some(HoldKind::Contradiction),
            Self::Gone => Some(HoldKind::Gone),
        }
    }

    fn evidence(&self) -> Evidence {
        match self {
            Self::Left(evidence) | Self::Contradiction(evidence) | Self::Order(evidence) => evidence.clone(),
            Self::Gone => Evidence::Gone,
        }
    }

    pub(super) fn why(&self) -> Why {
        match self {
            Self::Left(evidence) => Why::Left(evidence.clone()),
            Self::Contradiction(evidence) => Why::Contradiction(evidence.clone()),
            Self::Order(evidence) => Why::Ordered(evidence.clone()),
            Self::Gone => Why::Gone,
        }
    }
}

/// Plans what brings the account into the state it should have. `link` is how the plan's link step is held, if it has one.
pub(super) fn steps(draft: &mut Draft<'_>, account: &Account, want: &Want, link: Option<LinkStep>) {
    let needs = link.map(|_| ChangeKind::Link);
    match want {
        // Suspended already, by whomever: adding our mark would claim it was us.
        Want::Suspended(_) if account.is_suspended() => {}
        Want::Suspended(case) => {
            suspend(draft, account, case, link);
            return;
        }
        Want::Active if account.is_suspended() => reactivate(draft, account, needs),
        Want::Active if account.state == AccountState::Staged => activate(draft, account, needs),
        Want::AsIs if account.state == AccountState::Staged && has_started(draft) => {
            activate(draft, account, needs);
        }
        Want::Active | Want::AsIs | Want::Between | Want::Unknown(_) => {}
    }
    clear_stale_mark(draft, account, needs);
}

/// The link step that an adoption puts before everything else.
#[derive(Clone, Copy)]
pub(super) struct LinkStep {
    pub(super) hold: Option<HoldKind>,
}

/// Plans a suspension, or says why there can be none.
pub(super) fn suspend(draft: &mut Draft<'_>, account: &Account, case: &Case, link: Option<LinkStep>) {
    if let Some(field) = account.restricts(&STATE_FIELDS) {
        draft.hold_only(
            Some(account),
            HoldKind::Restricted,
            Why::RestrictedField { field: field.to_owned() },
        );
        draft.alarm_if(case.is_certain(), HoldKind::Restricted);
        return;
    }
    let (mut hold, mut why) = (case.hold(), case.why());
    if !case.is_order() {
        match active_claimants(draft.desired) {
            None => draft.plan.needs_claimants = true,
            Some(claimants) if claimants.is_empty() => {}
            Some(claimants) => {
                hold = Some(HoldKind::SharedEmail);
                why = Why::SharedEmail { evidence: case.evidence(), claimants };
            }
        }
        hold = hold.or_else(|| link.and_then(|link| link.hold));
    }
    if let Some(reason) = hold {
        draft.alarm_if(case.is_certain(), reason);
    }
    let by = if case.is_order() { MarkedBy::Operator } else { MarkedBy::Deel };
    let mark = Mark::new(draft.stamp.now, draft.stamp.run.clone(), PriorState::of(&account.state), by);
    draft.plan.steps.push(Step {
        account: Some(account.id.clone()),
        change: Change::Suspend { mark, evidence: case.evidence() },
        hold,
        needs: link.map(|_| ChangeKind::Link).filter(|_| !case.is_order()),
        past_guard: case.is_order(),
        why,
    });
}

/// The other people, active, who have the account's email, in order of id; `None` when nobody looked.
pub(super) fn active_claimants(desired: Wanted<'_>) -> Option<Vec<ProfileId>> {
    let claimants = desired.email_claimants?;
    let others = claimants.iter().filter(|other| other.active && other.id != *desired.subject);
    let mut ids: Vec<_> = others.map(|other| other.id.clone()).collect();
    ids.sort();
    ids.dedup();
    Some(ids)
}

/// Only our own suspension is undone without asking, and an operator's only after it was released.
fn reactivate(draft: &mut Draft<'_>, account: &Account, needs: Option<ChangeKind>) {
    if let Some(field) = account.restricts(&STATE_FIELDS) {
        draft.hold_only(
            Some(account),
            HoldKind::Restricted,
            Why::RestrictedField { field: field.to_owned() },
        );
        return;
    }
    let mark = account.mark.clone().filter(|_| !account.raw_mark);
    let (hold, why) = match &mark {
        None => {
            let why = Why::SuspendedByOthers { unreadable_mark: account.raw_mark };
            (Some(HoldKind::ForeignSuspension), why)
        }
        Some(mark) if mark.by == MarkedBy::Operator && !draft.desired.operator_released => {
            (Some(HoldKind::Operator), Why::ActiveAgain(mark.clone()))
        }
        Some(mark) => (None, Why::ActiveAgain(mark.clone())),
    };
    if let Some(Mark { was: PriorState::Staged, at, .. }) = &mark {
        draft.plan.notes.push(Note::WasStaged { at: *at });
    }
    draft.step(account, Change::Reactivate { to: AccountState::Activated, mark }, hold, needs, why);
}

/// Whether the first day has come, of somebody whom Deel calls onboarding or onboarded still.
pub(super) fn has_started(draft: &Draft<'_>) -> bool {
    let Some(lifecycle) = &draft.plan.standing else { return false };
    let over = lifecycle.ends.is_some_and(|ends| ends <= draft.stamp.now);
    !over && lifecycle.standing.starts().is_some_and(|starts| starts <= draft.stamp.now)
}

fn activate(draft: &mut Draft<'_>, account: &Account, needs: Option<ChangeKind>) {
    if draft.policy.activation == Activation::Manual || super::schedule::keeps_waiting(draft) {
        return;
    }
    if draft.adopted {
        draft.plan.notes.push(Note::Adopted);
        return;
    }
    match account.restricts(&STATE_FIELDS) {
        Some(field) => draft.plan.notes.push(Note::Restricted { field: field.to_owned() }),
        None => draft.step(account, Change::Activate, None, needs, Why::Started),
    }
}

fn clear_stale_mark(draft: &mut Draft<'_>, account: &Account, needs: Option<ChangeKind>) {
    if account.is_suspended() || !account.carries_mark() {
        return;
    }
    match account.restricts(&["attributes"]) {
        Some(field) => draft.plan.notes.push(Note::Restricted { field: field.to_owned() }),
        None => draft.step(account, Change::ClearMark, None, needs, Why::StaleMark),
    }
}
