//! A second, independent reading of the rules. It shares no decision with the planner: where both are wrong in the same way,
//! they were wrong twice.

mod access;
mod groups;
mod identity;
mod violation;

use jiff::Timestamp;

use std::collections::BTreeSet;

use crate::account::Account;
use crate::attributes::{Attribute, AttributePolicy};
use crate::change::{Change, ChangeKind, FieldChange};
use crate::hold::HoldKind;
use crate::ids::AccountId;
use crate::observed::{Actual, Desired};
use crate::person::Person;
use crate::plan::{Plan, Step};
use crate::policy::Policy;

pub use violation::Violation;

/// Reads a plan against the rules; `now` is when the plan was made or later. An executor applies no plan that breaks one; a plan that may only be shown or held needs
/// no check.
///
/// # Errors
/// Every rule that the plan breaks, with ids only.
pub fn check(
    plan: &Plan,
    desired: &Desired,
    actual: &Actual,
    policy: &Policy,
    now: Timestamp,
) -> Result<(), Vec<Violation>> {
    let mut reading = Reading { plan, desired, actual, policy, now, violations: Vec::new() };
    reading.whole();
    for step in &plan.steps {
        reading.step(step);
    }
    if reading.violations.is_empty() { Ok(()) } else { Err(reading.violations) }
}

struct Reading<'a> {
    plan: &'a Plan,
    desired: &'a Desired,
    actual: &'a Actual,
    policy: &'a Policy,
    now: Timestamp,
    violations: Vec<Violation>,
}

impl<'a> Reading<'a> {
    fn must(&mut self, holds: bool, violation: Violation) {
        if !holds && !self.violations.contains(&violation) {
            self.violations.push(violation);
        }
    }

    fn person(&self) -> Option<&'a Person> {
        self.desired.person.as_ref()
    }

    fn accounts(&self) -> impl Iterator<Item = &'a Account> + use<'a> {
        self.actual.accounts()
    }

    fn has(&self, fits: impl Fn(&Change) -> bool) -> bool {
        self.plan.steps.iter().any(|step| fits(&step.change))
    }

    /// What holds for the plan as a whole.
    fn whole(&mut self) {
        let (plan, desired) = (self.plan, self.desired);
        let same_person = desired.person.as_ref().is_none_or(|person| person.id == desired.subject);
        self.must(plan.subject == desired.subject && same_person, Violation::OtherPerson);
        self.must(!desired.excluded || plan.steps.is_empty(), Violation::Excluded);
        let inside = desired.person.as_ref().is_none_or(|person| self.policy.scope.includes(person));
        let may = |step: &Step| step.past_guard || step.change == Change::Nothing || takes_back(step);
        self.must(inside || plan.steps.iter().all(may), Violation::OutOfScope);
        for kind in ChangeKind::ALL {
            let count = plan.steps.iter().filter(|step| step.change.kind() == kind).count();
            let several = matches!(kind, ChangeKind::None | ChangeKind::GroupAdd | ChangeKind::GroupRemove);
            self.must(count <= 1 || several, Violation::Twice { kind });
        }
        let groups: Vec<_> = plan.steps.iter().flat_map(|step| step.change.groups()).collect();
        let distinct: BTreeSet<_> = groups.iter().collect();
        self.must(distinct.len() == groups.len(), Violation::GroupTwice);
        let access = |change: &Change| {
            matches!(change, Change::Suspend { .. } | Change::Reactivate { .. } | Change::Activate)
        };
        let states = plan.steps.iter().filter(|step| access(&step.change)).count();
        self.must(states <= 1, Violation::OpposedStates);
        let suspends = |change: &Change| matches!(change, Change::Suspend { .. });
        let clears = |change: &Change| matches!(change, Change::ClearMark);
        self.must(!(self.has(suspends) && self.has(clears)), Violation::MarkWouldBeLost);
        let place = plan.steps.iter().position(|step| suspends(&step.change));
        let link_before = |at: usize| at == 1 && matches!(plan.steps[0].change, Change::Link { .. });
        self.must(place.is_none_or(|at| at == 0 || link_before(at)), Violation::SuspensionNotFirst);
        let alarmed = plan.alarm.is_some() || !self.is_leaver_left_in();
        self.must(alarmed, Violation::AlarmMissing);
    }

    /// What holds for every step, then for its kind.
    fn step(&mut self, step: &Step) {
        let nothing = step.change == Change::Nothing;
        self.must(!nothing || step.hold.is_some(), Violation::NothingToDo);
        self.must(nothing || step.hold.is_none_or(HoldKind::approvable), Violation::UnapprovableChange);
        let ordered = self.desired.order.is_some() && step.change.kind() == ChangeKind::Suspension;
        self.must(!step.past_guard || ordered, Violation::PastGuard);
        if nothing {
            return;
        }
        let account = match &step.account {
            None => {
                let created = self.has(|change| matches!(change, Change::Create(_)));
                let allowed = matches!(
                    step.change,
                    Change::Create(_)
                        | Change::Activate
                        | Change::ScheduleActivation { .. }
                        | Change::GroupAdd(_)
                );
                self.must(created && allowed, Violation::UnknownAccount);
                None
            }
            Some(id) => {
                let found = self.accounts().find(|account| account.id == *id);
                self.must(found.is_some(), Violation::UnknownAccount);
                found
            }
        };
        if let Some(account) = account {
            self.must(!account.admin, Violation::AdministratorTouched);
            self.must(!account.externally_managed, Violation::ExternalTouched);
            let field = account.restricted.iter().find(|field| writes(step, field, self.policy));
            self.must(field.is_none(), Violation::RestrictedTouched);
            self.must(!self.policy.excludes(account), Violation::Excluded);
            let held = account.hold.as_ref().is_some_and(|hold| hold.until.is_none_or(|end| end > self.now));
            self.must(!held || step.past_guard || takes_back(step), Violation::HeldByHand);
            self.identity_before(step, account);
        }
        match &step.change {
            Change::Create(new) => self.creation(new),
            Change::Link { before, after } => self.link(step, account, before.as_ref(), after),
            Change::ChangeEmail { after, .. } => self.email(step, account, after),
            Change::Update(changes) => {
                self.must(!changes.is_empty(), Violation::EmptyUpdate);
                for (attribute, change) in changes {
                    self.field(*attribute, change, account, step.needs == Some(ChangeKind::Link));
                }
            }
            Change::Suspend { mark, evidence } => self.suspension(step, account, mark, evidence),
            Change::Reactivate { to, mark } => self.reactivation(step, account, to, mark.as_ref()),
            Change::Activate => self.activation(account, step.needs == Some(ChangeKind::Link)),
            Change::ScheduleActivation { .. } => self.scheduling(account),
            Change::CancelActivation { at } => {
                let ours = self.actual.scheduled.as_ref();
                let known =
                    ours.is_some_and(|ours| ours.at == *at && Some(&ours.account) == step.account.as_ref());
                self.must(known, Violation::NotOurSchedule);
            }
            Change::ClearMark => {
                let stale = account.is_some_and(|a| !a.is_suspended() && a.carries_mark());
                self.must(stale, Violation::MarkNotStale);
            }
            Change::GroupAdd(groups) => self.group_add(groups),
            Change::GroupRemove(groups) => self.group_removal(groups),
            Change::Nothing => {}
        }
    }

    /// One field of an update: allowed by its policy, a real difference, and a value that may be written.
    fn field(
        &mut self,
        attribute: Attribute,
        change: &FieldChange,
        account: Option<&Account>,
        linked_now: bool,
    ) {
        let policy = self.policy.attribute(attribute);
        // What a template makes is never nothing.
        let composed = self.policy.templates.contains_key(&attribute);
        let allowed = match policy {
            AttributePolicy::Enforce => !change.after.is_empty(),
            AttributePolicy::EnforceAndClear => !composed || !change.after.is_empty(),
            AttributePolicy::Initial | AttributePolicy::Report | AttributePolicy::Off => false,
        };
        let name = matches!(attribute, Attribute::Firstname | Attribute::Lastname | Attribute::Displayname);
        let existed = linked_now || account.is_some_and(|account| account.adopted);
        let theirs = name && existed && !self.policy.attributes.contains_key(&attribute);
        self.must(!theirs, Violation::AdoptedName { attribute });
        self.must(allowed && attribute != Attribute::Email, Violation::PolicyBroken { attribute });
        let now = account.and_then(|a| a.values.get(&attribute)).unwrap_or_default();
        let before = change.before.as_deref().unwrap_or_default();
        self.must(now == before && before != change.after, Violation::NoDifference { attribute });
        self.must(writable(&change.after), Violation::ValueNotClean { attribute });
        self.must(self.person().is_some(), Violation::OtherPerson);
        if attribute == Attribute::Manager && !change.after.is_empty() {
            let known = self.desired.manager.as_ref().map(AccountId::as_str);
            let theirs =
                known == Some(&change.after) && account.is_none_or(|a| a.id.as_str() != change.after);
            self.must(theirs, Violation::WrongManager);
        }
    }
}

/// What we scheduled is taken back: that is no change of the account.
fn takes_back(step: &Step) -> bool {
    matches!(step.change, Change::CancelActivation { .. })
}

/// Whether the step writes this JumpCloud field.
fn writes(step: &Step, field: &str, policy: &Policy) -> bool {
    match &step.change {
        // The link, and beside it the sign that the account existed before.
        Change::Link { .. } => field == policy.link.field() || field == "attributes",
        Change::Update(changes) => changes.keys().any(|attribute| attribute.field() == field),
        Change::ChangeEmail { .. } => field == "email",
        Change::Suspend { .. } | Change::Reactivate { .. } => {
            matches!(field, "state" | "suspended" | "attributes")
        }
        Change::Activate | Change::ScheduleActivation { .. } => matches!(field, "state" | "suspended"),
        Change::ClearMark => field == "attributes",
        Change::Create(_)
        | Change::CancelActivation { .. }
        | Change::GroupAdd(_)
        | Change::GroupRemove(_)
        | Change::Nothing => false,
    }
}

/// What JumpCloud takes: at most 1024 characters, none of them a control character, no white space around it.
fn writable(value: &str) -> bool {
    value.chars().count() <= 1024 && !value.chars().any(char::is_control) && value.trim() == value
}
