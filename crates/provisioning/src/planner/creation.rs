//! There is no account yet.

use crate::account::AccountState;
use crate::change::{Change, ChangeKind, NewAccount};
use crate::person::EmailState;
use crate::policy::{Activation, CreateState};
use crate::reason::{SkipReason, Why};
use crate::username::candidates;
use crate::values::{PersonNames, wanted_of};

use super::access::{Case, Want, has_started};
use super::attributes::{note_employment, note_untold};
use super::draft::Draft;
use super::groups;

/// Plans the account of somebody who works here or will; of anyone else there is nothing to do.
pub(super) fn create(draft: &mut Draft<'_>, want: &Want) {
    let reason = match want {
        Want::Suspended(Case::Left(_)) | Want::Between => return,
        Want::Suspended(Case::Gone) => SkipReason::Gone,
        Want::Suspended(Case::Contradiction(_)) => SkipReason::Contradiction,
        Want::Suspended(Case::Order(_)) => SkipReason::Order,
        Want::Unknown(reason) => reason.clone(),
        Want::AsIs if draft.desired.remembered.is_some() => {
            let account = draft.desired.remembered.cloned();
            draft.plan.skipped = account.map(|account| SkipReason::AccountDeleted { account });
            return;
        }
        Want::Active | Want::AsIs => match new_account(draft, matches!(want, Want::AsIs)) {
            Ok(account) => {
                let started = matches!(want, Want::Active) || has_started(draft);
                push(draft, account, started);
                return;
            }
            Err(reason) => reason,
        },
    };
    draft.plan.skipped = Some(reason);
}

fn new_account(draft: &mut Draft<'_>, not_started: bool) -> Result<NewAccount, SkipReason> {
    let Some(person) = draft.desired.person else { return Err(SkipReason::Gone) };
    let email = match &person.work_email {
        EmailState::Present(email) => email.clone(),
        EmailState::Absent => return Err(SkipReason::NoWorkEmail),
        EmailState::Invalid(why) => return Err(SkipReason::InvalidWorkEmail(*why)),
    };
    let mut names = candidates(&PersonNames::of(person, draft.policy.names), draft.policy)?;
    let username =
        names.find(|name| !(draft.actual.taken)(name.as_str())).ok_or(SkipReason::NoUsernameLeft)?;
    let state = match draft.policy.create_state {
        CreateState::Activated if !not_started => AccountState::Activated,
        CreateState::Activated | CreateState::Staged => AccountState::Staged,
    };
    let wanted = wanted_of(draft.desired, draft.policy);
    note_untold(draft, &wanted);
    let mut values = wanted.values;
    values.retain(|attribute, _| draft.policy.attribute(*attribute).at_creation());
    Ok(NewAccount { username, email, state, link: draft.desired.subject.clone(), values })
}

fn push(draft: &mut Draft<'_>, account: NewAccount, started: bool) {
    note_employment(draft);
    // Created staged, then activated through the endpoint: that way no mail is sent.
    let staged = account.state == AccountState::Staged;
    let activate = started && staged && draft.policy.activation != Activation::Manual;
    let scheduled = super::schedule::first(draft).filter(|_| staged);
    let why = match draft.desired.remembered {
        Some(account) => Why::Recreated { account: account.clone() },
        None => Why::NoAccount,
    };
    let after = Some(ChangeKind::Creation);
    draft.push(None, Change::Create(account), None, None, why);
    if activate {
        draft.push(None, Change::Activate, None, after, Why::Started);
    } else if let Some(at) = scheduled {
        let (change, why) = (Change::ScheduleActivation { at, replaces: None }, Why::StartsAt { starts: at });
        draft.push(None, change, None, after, why);
    }
    groups::steps(draft, None, after);
}
