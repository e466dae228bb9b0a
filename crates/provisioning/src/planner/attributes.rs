//! The attributes of the person's account, each under its policy.

use std::collections::BTreeMap;

use crate::account::Account;
use crate::attributes::{Attribute, AttributePolicy};
use crate::change::{Change, ChangeKind, FieldChange, Redacted};
use crate::hold::HoldKind;
use crate::ids::WorkEmail;
use crate::matching::others_with;
use crate::person::EmailState;
use crate::plan::Drift;
use crate::policy::EmailChange;
use crate::reason::{Note, Why};
use crate::text::clean;
use crate::values::{Effective, Untold, WantedValues, wanted_of};

use super::draft::Draft;

/// Plans what brings the account's email and values in step with Deel. Nothing for a person Deel does not know.
pub(super) fn steps(draft: &mut Draft<'_>, account: &Account, needs: Option<ChangeKind>) {
    let desired = draft.desired;
    let Some(person) = desired.person else { return };
    note_employment(draft);
    let policy = draft.policy.attribute(Attribute::Email);
    if policy.enforced() || policy == AttributePolicy::Report {
        match &person.work_email {
            EmailState::Present(email) => change_email(draft, account, email, policy, needs),
            EmailState::Absent => draft.plan.notes.push(Note::NoWorkEmail),
            EmailState::Invalid(why) => draft.plan.notes.push(Note::InvalidWorkEmail(*why)),
        }
    }
    let wanted = wanted_of(desired, draft.policy);
    note_untold(draft, &wanted);
    update(draft, account, &wanted, needs);
}

/// Says which attributes are left alone, since nothing can be told of them.
pub(super) fn note_untold(draft: &mut Draft<'_>, wanted: &WantedValues) {
    for (attribute, untold) in &wanted.untold {
        let note = match untold {
            _ if draft.policy.attribute(*attribute) == AttributePolicy::Off => continue,
            Untold::Template(problem) => Note::Template { attribute: *attribute, problem: *problem },
            Untold::Manager(manager) => Note::ManagerWithoutAccount { manager: manager.clone() },
            Untold::OwnManager => Note::OwnManager,
            Untold::NoCustomFields => Note::NoCustomFields,
        };
        if !draft.plan.notes.contains(&note) {
            draft.plan.notes.push(note);
        }
    }
}

fn change_email(
    draft: &mut Draft<'_>,
    account: &Account,
    email: &WorkEmail,
    policy: AttributePolicy,
    needs: Option<ChangeKind>,
) {
    if email.is_same(&account.email) {
        return;
    }
    if policy == AttributePolicy::Report {
        let change = FieldChange { before: Some(account.email.clone()), after: email.to_send().to_owned() };
        draft.plan.drift.push(Drift { attribute: Attribute::Email, change });
        return;
    }
    if account.restricts(&[Attribute::Email.as_str()]).is_some() {
        draft.plan.notes.push(Note::Restricted { field: Attribute::Email.as_str().to_owned() });
        return;
    }
    let accounts = others_with(email, account, draft.actual.accounts);
    if !accounts.is_empty() {
        // JumpCloud allows an address once, so there is nothing to propose: one of the accounts has to go, by hand.
        draft.hold_only(Some(account), HoldKind::Relink, Why::EmailTaken { accounts });
        return;
    }
    let hold = match draft.policy.email_change {
        EmailChange::Hold => Some(HoldKind::EmailChange),
        EmailChange::Apply => None,
    };
    let change = Change::ChangeEmail { before: Redacted(account.email.clone()), after: email.clone() };
    draft.step(account, change, hold, needs, Why::EmailDiffers);
}

fn update(draft: &mut Draft<'_>, account: &Account, wanted: &WantedValues, needs: Option<ChangeKind>) {
    let mut changes = BTreeMap::new();
    let comparable =
        |attribute: &Attribute| *attribute != Attribute::Email && !wanted.untold.contains_key(attribute);
    for attribute in draft.policy.written().filter(comparable) {
        let policy = draft.policy.attribute_of(attribute, draft.adopted);
        if !policy.enforced() && policy != AttributePolicy::Report {
            continue;
        }
        let before = account.values.get(&attribute).filter(|value| !value.is_empty());
        let Some(after) = difference(before, wanted.values.get(&attribute), policy) else { continue };
        let change = FieldChange { before: before.map(str::to_owned), after: after.to_owned() };
        if policy == AttributePolicy::Report {
            draft.plan.drift.push(Drift { attribute, change });
        } else if account.restricts(&[attribute.field()]).is_some() {
            draft.plan.notes.push(Note::Restricted { field: attribute.as_str().to_owned() });
        } else {
            changes.insert(attribute, change);
        }
    }
    if !changes.is_empty() {
        draft.step(account, Change::Update(changes), None, needs, Why::ValuesDiffer);
    }
}

/// What to write, if anything. Values that differ only in what [`clean`] evens out are equal: a vendor that pads a value
/// must not be corrected for ever.
fn difference<'v>(
    before: Option<&str>,
    desired: Option<&'v String>,
    policy: AttributePolicy,
) -> Option<&'v str> {
    match (before, desired) {
        (None, None) => None,
        (Some(before), Some(after)) if before == after || clean(before).as_ref() == Some(after) => None,
        (_, Some(after)) => Some(after),
        (Some(_), None) => (policy == AttributePolicy::EnforceAndClear).then_some(""),
    }
}

/// Names the employment that values come from, where any do.
pub(super) fn note_employment(draft: &mut Draft<'_>) {
    let Some(person) = draft.desired.person else { return };
    let effective = Effective::of(person);
    let mut attributes = effective.from_employment();
    attributes.retain(|attribute| draft.policy.attribute(*attribute) != AttributePolicy::Off);
    if let Some(employment) = effective.employment().filter(|_| !attributes.is_empty()) {
        draft.plan.notes.push(Note::FromEmployment { employment: employment.id.clone(), attributes });
    }
}
