//! A model of applying, for laws about plans and for tests of whatever applies them.

use crate::account::{Account, AccountState};
use crate::change::{Change, NewAccount};
use crate::ids::AccountId;
use crate::observed::{Actual, ScheduledActivation, ScheduledBy};
use crate::plan::{Plan, Step};

/// What JumpCloud has after the plan's unheld steps were done. `created` is the id that a created account gets.
#[must_use]
pub fn applied(actual: &Actual, plan: &Plan, created: &AccountId) -> Actual {
    apply_steps(actual, plan.unheld(), created)
}

/// What JumpCloud has after these steps were done. `created` is the id that a created account gets; a step without an account
/// is one on the created account. A step on an account that is not there does nothing.
#[must_use]
pub fn apply_steps<'s>(
    actual: &Actual,
    steps: impl IntoIterator<Item = &'s Step>,
    created: &AccountId,
) -> Actual {
    let mut after = actual.clone();
    for step in steps {
        if let Change::Create(new) = &step.change {
            create(&mut after, new, created);
            continue;
        }
        if let Some(membership) = &mut after.membership {
            match &step.change {
                Change::GroupAdd(groups) => membership.member_of.extend(groups.keys().cloned()),
                Change::GroupRemove(groups) => {
                    membership.member_of.retain(|group| !groups.contains_key(group));
                }
                _ => {}
            }
        }
        let id = step.account.as_ref().unwrap_or(created);
        schedule(&mut after, &step.change, id);
        let mut changed = None;
        for account in after.linked.iter_mut().chain(&mut after.by_email).filter(|account| account.id == *id)
        {
            change(account, &step.change);
            changed = Some(account.clone());
        }
        // The lists are what a fresh read would find.
        if let Some(account) = changed {
            match step.change {
                Change::Link { .. } => list(&mut after.linked, account),
                Change::ChangeEmail { .. } => list(&mut after.by_email, account),
                _ => {}
            }
        }
    }
    after
}

/// A schedule that moves stays whose it was, as far from the start date as before.
fn schedule(after: &mut Actual, change: &Change, id: &AccountId) {
    match change {
        Change::ScheduleActivation { at, .. } => {
            let (by, starts) = match after.scheduled.take().filter(|known| known.account == *id) {
                Some(known) => {
                    let apart = known.starts.map(|from| known.at.duration_since(from));
                    (known.by, apart.and_then(|apart| at.checked_sub(apart).ok()))
                }
                None => (ScheduledBy::Policy, Some(*at)),
            };
            let account = id.clone();
            after.scheduled = Some(ScheduledActivation { account, at: *at, starts, by, unconfirmed: false });
        }
        Change::CancelActivation { .. } | Change::Suspend { .. } => after.scheduled = None,
        _ => {}
    }
}

fn create(after: &mut Actual, new: &NewAccount, id: &AccountId) {
    let account = Account {
        link: Some(new.link.as_str().to_owned()),
        values: new.values.clone().into_iter().collect(),
        ..Account::named(
            id.clone(),
            new.username.as_str().to_owned(),
            new.email.to_send().to_owned(),
            new.state.clone(),
        )
    };
    after.taken_usernames.insert(account.username.clone());
    list(&mut after.by_email, account.clone());
    list(&mut after.linked, account);
}

fn list(accounts: &mut Vec<Account>, account: Account) {
    if !accounts.iter().any(|known| known.id == account.id) {
        accounts.push(account);
    }
}

fn change(account: &mut Account, change: &Change) {
    match change {
        Change::Create(_)
        | Change::Nothing
        | Change::GroupAdd(_)
        | Change::GroupRemove(_)
        | Change::ScheduleActivation { .. }
        | Change::CancelActivation { .. } => {}
        Change::Link { after, .. } => {
            account.link = Some(after.as_str().to_owned());
            account.adopted = true;
        }
        Change::Update(changes) => {
            for (attribute, change) in changes {
                if change.after.is_empty() {
                    account.values.remove(attribute);
                } else {
                    account.values.insert(*attribute, change.after.clone());
                }
            }
        }
        Change::ChangeEmail { after, .. } => account.email = after.to_send().to_owned(),
        Change::Suspend { mark, .. } => {
            account.state = AccountState::Suspended;
            (account.mark, account.raw_mark) = (Some(mark.clone()), false);
        }
        Change::Reactivate { to, .. } => {
            account.state = to.clone();
            (account.mark, account.raw_mark) = (None, false);
        }
        Change::Activate => account.state = AccountState::Activated,
        Change::ClearMark => (account.mark, account.raw_mark) = (None, false),
    }
}
