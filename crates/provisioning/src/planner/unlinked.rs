//! An account has the person's email, but its link does not name them.

use crate::account::Account;
use crate::change::{Change, ChangeKind, Redacted};
use crate::hold::HoldKind;
use crate::plan::{Drift, WithLink};
use crate::policy::Adopt;
use crate::reason::Why;

use super::access::{self, Case, LinkStep, Want};
use super::attributes;
use super::draft::Draft;
use super::groups;
use super::protection;

/// Exactly one account, and it has no link: adopt it, or ask.
pub(super) fn adopt(draft: &mut Draft<'_>, account: &Account, want: &Want) {
    let left = matches!(want, Want::Suspended(Case::Left(_)));
    if left && (account.is_suspended() || address_moved_on(draft)) {
        return;
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
    } else {
        draft.plan.with_link = with_link(draft, account);
    }
}

/// What the next plan would do and report, were the account linked.
fn with_link(draft: &Draft<'_>, account: &Account) -> Option<Box<WithLink>> {
    let mut then = Draft::new(draft.desired, draft.actual, draft.policy, draft.stamp);
    then.adopted = true;
    attributes::steps(&mut then, account, None);
    let mut with_link = WithLink { written: Vec::new(), reported: then.plan.drift };
    for step in then.plan.steps {
        if let Change::Update(changes) = step.change {
            with_link
                .written
                .extend(changes.into_iter().map(|(attribute, change)| Drift { attribute, change }));
        }
    }
    (with_link != WithLink::default()).then(|| Box::new(with_link))
}

/// Exactly one account, linked to someone or something else: never taken without asking.
pub(super) fn relink(draft: &mut Draft<'_>, account: &Account, want: &Want) {
    if want.is_certain_leaver() && (account.is_suspended() || address_moved_on(draft)) {
        return;
    }
    if propose_link(draft, account, want, Some(HoldKind::Relink), Why::LinkedElsewhere) {
        draft.alarm_if(want.is_certain_leaver(), HoldKind::Relink);
    }
}

/// Whether a leaver's address has moved on to somebody who works here, and the account with it. Where nobody looked, the plan
/// asks for it; a suspended account, of which nothing depends on the answer, is not to get this far.
fn address_moved_on(draft: &mut Draft<'_>) -> bool {
    let claimants = access::active_claimants(draft.desired);
    draft.plan.needs_claimants |= claimants.is_none();
    claimants.is_some_and(|claimants| !claimants.is_empty())
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
