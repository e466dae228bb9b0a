//! An account has the person's email, but its link does not name them.

use crate::account::Account;
use crate::change::{Change, ChangeKind, Redacted};
use crate::hold::HoldKind;
use crate::policy::Adopt;
use crate::reason::Why;

use super::access::{self, Case, LinkStep, Want};
use super::attributes;
use super::draft::Draft;
use super::groups;
use super::protection;

/// Exactly one account, and it has no link: adopt it, or ask.
pub(super) fn adopt(draft: &mut Draft<'_>, account: &Account, want: &Want) {
    if matches!(want, Want::Suspended(Case::Left(_))) && account.is_suspended() {
        return;
    }
    if matches!(want, Want::Suspended(Case::Left(_))) {
        match access::active_claimants(draft.desired) {
            // The address has moved on to somebody who works here, and the account is theirs to adopt.
            Some(claimants) if !claimants.is_empty() => return,
            Some(_) => {}
            None => draft.plan.needs_claimants = true,
        }
    }
    draft.adopted = true;
    // An operator's order does not wait for the link: it names the person, and this is the one account with their email.
    let ordered = match want {
        Want::Suspended(case) if case.is_order() && protection(account).is_none() => {
            if !account.is_suspended() {
                access::suspend(draft, account, case, None);
            }
            true
        }
        _ => false,
    };
    let hold = match draft.policy.adopt {
        Adopt::Review => Some(HoldKind::Adoption),
        Adopt::Automatic => None,
    };
    if !propose_link(draft, account, want, hold, Why::SameEmail) {
        return;
    }
    let link = Some(LinkStep { hold });
    match want {
        _ if ordered => {}
        Want::Suspended(_) => access::steps(draft, account, want, link),
        _ if hold.is_none() => access::steps(draft, account, want, link),
        _ => {}
    }
    // Values are for the person's own account, which this is only once it is linked.
    if hold.is_none() {
        let needs = link.map(|_| ChangeKind::Link);
        attributes::steps(draft, account, needs);
        if matches!(want, Want::Active | Want::AsIs) {
            groups::steps(draft, Some(account), needs);
        }
    }
}

/// Exactly one account, linked to someone or something else: never taken without asking.
pub(super) fn relink(draft: &mut Draft<'_>, account: &Account, want: &Want) {
    if want.is_certain_leaver() {
        if account.is_suspended() {
            return;
        }
        match access::active_claimants(draft.desired) {
            // The address has moved on to somebody who works here, and the account with it.
            Some(claimants) if !claimants.is_empty() => return,
            Some(_) => {}
            None => draft.plan.needs_claimants = true,
        }
    }
    if propose_link(draft, account, want, Some(HoldKind::Relink), Why::LinkedElsewhere) {
        draft.alarm_if(want.is_certain_leaver(), HoldKind::Relink);
    }
}

/// Plans the link, or says why there can be none. Whether it was planned.
fn propose_link(
    draft: &mut Draft<'_>,
    account: &Account,
    want: &Want,
    hold: Option<HoldKind>,
    why: Why,
) -> bool {
    let restricted = || {
        let field = account.restricts(&[draft.policy.link.field(), "attributes"])?;
        Some((HoldKind::Restricted, Why::RestrictedField { field: field.to_owned() }))
    };
    if let Some((reason, why)) = protection(account).or_else(restricted) {
        draft.hold_only(Some(account), reason, why);
        let suspended = draft.plan.steps.iter().any(|step| matches!(step.change, Change::Suspend { .. }));
        draft.alarm_if(want.is_certain_leaver() && !account.is_suspended() && !suspended, reason);
        return false;
    }
    let before = account.link_value().map(|link| Redacted(link.to_owned()));
    let after = draft.desired.subject.clone();
    draft.step(account, Change::Link { before, after }, hold, None, why);
    true
}
