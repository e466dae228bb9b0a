//! The planner: what would have to happen for one person.

mod access;
mod alone;
mod attributes;
mod creation;
mod draft;
mod groups;
mod schedule;
mod shared;
mod unlinked;

use jiff::Timestamp;

use crate::account::{Account, AccountState};
use crate::change::ChangeKind;
use crate::hold::HoldKind;
use crate::lifecycle::{Standing, lifecycle};
use crate::matching::{Match, match_account};
use crate::observed::{Actual, Desired, Seen, Stamp, Wanted};
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
    let accounts: Vec<_> = actual.accounts().collect();
    let taken = |name: &str| actual.taken_usernames.contains(name);
    plan_one(
        desired.into(),
        Seen {
            accounts: &accounts,
            taken: &taken,
            scheduled: actual.scheduled.as_ref(),
            membership: actual.membership.as_ref(),
        },
        policy,
        stamp,
    )
}

/// [`plan`], without owning anything.
pub(crate) fn plan_one(desired: Wanted<'_>, actual: Seen<'_>, policy: &Policy, stamp: &Stamp) -> Plan {
    let mut draft = Draft::new(desired, actual, policy, stamp);
    let email = desired.person.and_then(|person| person.work_email.present());
    let found = match_account(desired.subject, email, actual.accounts);
    if let Some(reason) = exclusion(&draft, &found) {
        excluded(&mut draft, &found, reason);
        return draft.plan;
    }
    let standing = desired.person.map(|person| lifecycle(person, policy, stamp.now));
    let want = Want::of(desired, standing.as_ref().map(|lifecycle| &lifecycle.standing));
    draft.plan.standing = standing;
    if desired.order.is_some() {
        draft.plan.notes.push(Note::OrderInForce);
    }
    match (&found, &want) {
        _ if alone::left_alone(&mut draft, &found, &want) => {}
        _ if shared::same_email(&mut draft, &found, &want) => {}
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
    draft.plan.account = found.single().map(|account| account.id.clone());
    draft.plan.next_look = next_look(&draft, &found);
    draft.plan
}

/// Whether the configuration excludes the person, or the account that is or could be theirs.
fn exclusion(draft: &Draft<'_>, found: &Match<'_>) -> Option<SkipReason> {
    if draft.desired.excluded {
        return Some(SkipReason::Excluded);
    }
    let account = found.single().filter(|account| draft.policy.excludes(account));
    account.map(|_| SkipReason::ExcludedAccount)
}

/// Whoever is excluded is left alone, even against an operator's order; but then somebody should hear of it.
fn excluded(draft: &mut Draft<'_>, found: &Match<'_>, reason: SkipReason) {
    draft.plan.skipped = Some(reason);
    if let Match::Linked(account) = found {
        draft.plan.account = Some(account.id.clone());
        schedule::tell(draft, account);
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
    draft.adopted = account.adopted;
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
    let later = |at: &Timestamp| *at > now;
    let released = match draft.plan.skipped {
        Some(SkipReason::ManualHold { until }) => until.filter(later),
        _ => None,
    };
    let Some(lifecycle) = draft.plan.standing.as_ref() else { return released };
    let ends = match lifecycle.standing {
        Standing::Left { .. } | Standing::Contradiction { .. } => None,
        _ => lifecycle.ends.filter(later),
    };
    let next = match lifecycle.standing {
        Standing::Between { until } => Some(until).filter(later),
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
        None if matches!(draft.plan.skipped, Some(SkipReason::AccountDeleted { .. })) => true,
        None => created && scheduled.is_none() && draft.policy.activation != Activation::Manual,
    };
    let starts = lifecycle.standing.starts().filter(later).filter(|_| start_matters);
    [ends, starts, scheduled.filter(later), next, released].into_iter().flatten().min()
}
