//! The planner: what would have to happen for one person.

mod access;
mod attributes;
mod creation;
mod draft;
mod groups;
mod schedule;
mod unlinked;

use jiff::Timestamp;

use crate::account::{Account, AccountState};
use crate::change::ChangeKind;
use crate::hold::HoldKind;
use crate::lifecycle::{Standing, lifecycle};
use crate::matching::{Match, match_account};
use crate::observed::{Actual, Desired, Stamp};
use crate::plan::{LeaverAlarm, Plan};
use crate::policy::{Activation, Policy};
use crate::reason::{Note, SkipReason, Why};
use access::Want;
use draft::Draft;
pub use schedule::{SCHEDULE_GRACE, SCHEDULE_LEAD};

/// What would have to happen for one person. Synchronous, total, and the same for the same arguments in whatever order
/// their lists come.
///
/// Where [`Plan::needs_claimants`] says so, the plan is not ready to be applied.
#[must_use]
pub fn plan(desired: &Desired, actual: &Actual, policy: &Policy, stamp: &Stamp) -> Plan {
    let mut draft = Draft::new(desired, actual, policy, stamp);
    let email = desired.person.as_ref().and_then(|person| person.work_email.present());
    let found = match_account(&desired.subject, email, actual);
    if desired.excluded {
        excluded(&mut draft, &found);
        return draft.plan;
    }
    let standing =
        desired.person.as_ref().map(|person| lifecycle(person, policy.organization_zone.as_ref(), stamp.now));
    let want = Want::of(desired, standing.as_ref().map(|lifecycle| &lifecycle.standing));
    draft.plan.standing = standing;
    if desired.order.is_some() {
        draft.plan.notes.push(Note::OrderInForce);
    }
    match (&found, &want) {
        (Match::None, _) => creation::create(&mut draft, &want),
        // An account nobody has matched yet, or that is not there to be suspended, says nothing more.
        (_, Want::Unknown(reason)) => {
            draft.plan.skipped = Some(reason.clone());
            // Nobody is given access on a schedule that nothing speaks for any more.
            if let Match::Linked(account) = &found
                && protection(account).is_none()
            {
                schedule::steps(&mut draft, account, &want);
            }
        }
        (Match::Linked(account), _) => linked(&mut draft, account, &want),
        (Match::Adopt(account), _) => unlinked::adopt(&mut draft, account, &want),
        (Match::Relink(account), _) => unlinked::relink(&mut draft, account, &want),
        (Match::Several(accounts), _) => several(&mut draft, accounts, &want),
    }
    draft.plan.account = match found {
        Match::Linked(account) | Match::Adopt(account) | Match::Relink(account) => Some(account.id.clone()),
        Match::Several(_) | Match::None => None,
    };
    draft.plan.next_look = next_look(&draft, &found);
    draft.plan
}

/// Whoever is excluded is left alone, even against an operator's order; but then somebody should hear of it.
fn excluded(draft: &mut Draft<'_>, found: &Match<'_>) {
    draft.plan.skipped = Some(SkipReason::Excluded);
    if let Match::Linked(account) = found {
        draft.plan.account = Some(account.id.clone());
        if draft.desired.order.is_some() && !account.is_suspended() {
            draft.plan.alarm = Some(LeaverAlarm { reason: HoldKind::Operator });
        }
    }
}

/// The person's account is known.
fn linked(draft: &mut Draft<'_>, account: &Account, want: &Want) {
    if let Some(protection) = protection(account) {
        protected(draft, account, want, protection);
        return;
    }
    access::steps(draft, account, want, None);
    schedule::steps(draft, account, want);
    attributes::steps(draft, account, None);
    if matches!(want, Want::Active | Want::AsIs) {
        groups::steps(draft, Some(account), None);
    }
    if draft.desired.person.is_none() && draft.plan.is_empty() {
        draft.plan.skipped = Some(SkipReason::Gone);
    }
}

/// Why nothing may be written to an account.
fn protection(account: &Account) -> Option<(HoldKind, Why)> {
    if account.admin {
        Some((HoldKind::Administrator, Why::Administrator))
    } else if account.externally_managed {
        Some((HoldKind::ExternallyManaged, Why::ExternallyManaged))
    } else {
        None
    }
}

/// The person's account must not be written to: a suspension that is due becomes a hold, and a leaver an alarm.
fn protected(draft: &mut Draft<'_>, account: &Account, want: &Want, (hold, _): (HoldKind, Why)) {
    draft.plan.notes.push(Note::LeftAlone { hold });
    match want {
        Want::Suspended(case) if !account.is_suspended() => {
            draft.hold_only(Some(account), hold, case.why());
            draft.alarm_if(case.is_certain(), hold);
        }
        _ if draft.desired.person.is_none() => draft.plan.skipped = Some(SkipReason::Gone),
        _ => {}
    }
}

/// More than one account could be the person's: nothing is done to any of them.
fn several(draft: &mut Draft<'_>, accounts: &[&Account], want: &Want) {
    if let Want::Suspended(case) = want {
        if accounts.iter().all(|account| account.is_suspended()) {
            if draft.desired.person.is_none() {
                draft.plan.skipped = Some(SkipReason::Gone);
            }
            return;
        }
        draft.alarm_if(case.is_certain(), HoldKind::Ambiguous);
    }
    let accounts = accounts.iter().map(|account| account.id.clone()).collect();
    draft.hold_only(None, HoldKind::Ambiguous, Why::SeveralAccounts { accounts });
}

/// When time alone will change the plan: at the end of the last day, and on the first day if that activates an account or
/// brings one back.
fn next_look(draft: &Draft<'_>, found: &Match<'_>) -> Option<Timestamp> {
    let now = draft.stamp.now;
    let lifecycle = draft.plan.standing.as_ref()?;
    let later = |at: &Timestamp| *at > now;
    let ends = match lifecycle.standing {
        Standing::Left { .. } | Standing::Contradiction { .. } => None,
        _ => lifecycle.ends.filter(later),
    };
    let starts = match lifecycle.standing {
        Standing::NotStarted { starts } => starts.filter(later),
        _ => None,
    };
    let state = match found {
        Match::Linked(account) | Match::Adopt(account) => Some(&account.state),
        _ => None,
    };
    let created = draft.plan.steps.iter().any(|step| step.change.kind() == ChangeKind::Creation);
    // What JumpCloud does at the start, this program only looks at afterwards.
    let scheduled = schedule::settled(draft);
    let start_matters = match state {
        Some(AccountState::Suspended) => true,
        Some(AccountState::Staged) => scheduled.is_none() && draft.policy.activation != Activation::Manual,
        Some(_) => false,
        None => created && scheduled.is_none() && draft.policy.activation != Activation::Manual,
    };
    let starts = starts.filter(|_| start_matters);
    [ends, starts, scheduled.filter(later)].into_iter().flatten().min()
}
