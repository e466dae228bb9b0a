//! Whose account it is, and what it is called.

use std::collections::BTreeSet;

use crate::account::{Account, AccountState};
use crate::attributes::Attribute;
use crate::change::{Change, ChangeKind, NewAccount, Redacted};
use crate::hold::HoldKind;
use crate::ids::{ProfileId, WorkEmail};
use crate::lifecycle::Standing;
use crate::person::Status;
use crate::plan::Step;
use crate::policy::{Adopt, CreateState, EmailChange};
use crate::reserved::is_reserved;

use super::{Reading, Violation, writable};

impl Reading<'_> {
    fn work_email(&self) -> Option<&WorkEmail> {
        self.person().and_then(|person| person.work_email.present())
    }

    /// Whether the person is on the way out, by whatever the plan says of them.
    fn leaves(&self) -> bool {
        let standing = self.plan.standing.as_ref().map(|lifecycle| &lifecycle.standing);
        !matches!(standing, Some(Standing::Active { .. } | Standing::NotStarted { .. }))
    }

    /// Before the link names the person, only the link itself may be written; a suspension may follow it, or be ordered.
    pub(super) fn identity_before(&mut self, step: &Step, account: &Account) {
        let subject = self.desired.subject.as_str();
        let theirs = account.link.as_deref().is_some_and(|link| link.trim().eq_ignore_ascii_case(subject));
        let is_link = matches!(step.change, Change::Link { .. });
        let ordered = step.past_guard && account.link_value().is_none();
        let after_link =
            step.needs == Some(ChangeKind::Link) && self.has(|change| matches!(change, Change::Link { .. }));
        self.must(theirs || is_link || ordered || after_link, Violation::NotTheirs);
        if after_link {
            let link = self.plan.steps.iter().find(|other| matches!(other.change, Change::Link { .. }));
            let asked = link.is_some_and(|link| link.hold.is_some());
            self.must(!asked || step.hold.is_some(), Violation::NotTheirs);
        }
        let rivals = self
            .accounts()
            .filter(|other| other.id != account.id && other.is_linked_to(&self.desired.subject));
        let alone = rivals.count() == 0;
        self.must(alone, Violation::SecondAccount);
    }

    pub(super) fn creation(&mut self, new: &NewAccount) {
        let email = self.work_email().cloned();
        let none_yet = !self.accounts().any(|account| {
            account.is_linked_to(&self.desired.subject)
                || email.as_ref().is_some_and(|email| email.is_same(&account.email))
        });
        self.must(none_yet, Violation::SecondAccount);
        let shared = self.desired.same_email.iter().any(|other| other.active);
        self.must(!shared, Violation::DuplicateEmail);
        let active = self.person().is_some_and(|person| person.status != Status::Onboarding);
        self.must(active || self.desired.remembered.is_none(), Violation::RecreatedTooEarly);
        let theirs = new.link == self.desired.subject && email.as_ref() == Some(&new.email);
        self.must(theirs, Violation::NewAccountOfOther);
        let name = new.username.as_str();
        let free = !self.actual.taken_usernames.contains(name)
            && !self.accounts().any(|account| account.username.eq_ignore_ascii_case(name));
        let fits = !is_reserved(name) && name.len() <= self.policy.username_max.clamp(8, 64);
        self.must(free && fits, Violation::UsernameNotFree);
        let status = self.person().map_or(&Status::Missing, |person| &person.status);
        let staged = new.state == AccountState::Staged;
        let standing = self.plan.standing.as_ref().map(|lifecycle| &lifecycle.standing);
        let started = *status != Status::Onboarding && !matches!(standing, Some(Standing::NotStarted { .. }));
        let may_use = self.policy.create_state == CreateState::Activated && started;
        self.must(staged || (may_use && new.state == AccountState::Activated), Violation::CreatedTooEarly);
        let employed =
            !matches!(status, Status::Unknown(_) | Status::Missing) && self.desired.order.is_none();
        self.must(employed, Violation::CreatedWithoutStanding);
        for (attribute, value) in &new.values {
            let allowed = self.policy.attribute(*attribute).at_creation() && *attribute != Attribute::Email;
            self.must(allowed, Violation::PolicyBroken { attribute: *attribute });
            self.must(
                writable(value) && !value.is_empty(),
                Violation::ValueNotClean { attribute: *attribute },
            );
        }
    }

    pub(super) fn link(
        &mut self,
        step: &Step,
        account: Option<&Account>,
        before: Option<&Redacted>,
        after: &ProfileId,
    ) {
        self.must(*after == self.desired.subject, Violation::LinkOfOther);
        let Some(account) = account else { return };
        let now = account.link_value();
        self.must(now == before.map(|before| before.0.as_str()), Violation::WrongState);
        let shared = self.desired.same_email.iter().any(|other| other.active || self.leaves());
        let ordered = self.desired.order.is_some();
        let clear = now.is_some() || ordered || !shared;
        self.must(clear, Violation::DuplicateEmail);
        self.must(now.is_none() || step.hold == Some(HoldKind::Relink), Violation::LinkTaken);
        let asks = self.policy.adopt == Adopt::Review;
        self.must(!asks || step.hold.is_some(), Violation::AdoptedUnasked);
        let email = self.work_email();
        let same: BTreeSet<_> = self
            .accounts()
            .filter(|other| email.is_some_and(|email| email.is_same(&other.email)))
            .map(|other| &other.id)
            .collect();
        let only_one = same.len() == 1 && same.contains(&account.id);
        self.must(only_one, Violation::NotTheirs);
    }

    pub(super) fn email(&mut self, step: &Step, account: Option<&Account>, after: &WorkEmail) {
        let theirs = self.work_email() == Some(after);
        let id = account.map(|account| &account.id);
        let free = !self.accounts().any(|other| Some(&other.id) != id && after.is_same(&other.email));
        self.must(theirs && free, Violation::EmailNotTheirs);
        let attribute = Attribute::Email;
        self.must(self.policy.attribute(attribute).enforced(), Violation::PolicyBroken { attribute });
        let changes = account.is_some_and(|account| !after.is_same(&account.email));
        self.must(changes, Violation::NoDifference { attribute });
        let asks = self.policy.email_change == EmailChange::Hold;
        self.must(!asks || step.hold.is_some(), Violation::EmailUnasked);
    }
}
