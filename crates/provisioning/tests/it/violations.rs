//! The checker sees what a broken planner would do.

use provisioning::{
    Account, Actual, Change, ChangeKind, Desired, HoldKind, Plan, Policy, Step, Violation, check, plan,
};

use crate::support::{
    account, account_id, claimed_by, directory, leaver, ordered, person, profile, stamp, suspended, text,
    unlinked, wanted,
};

fn made(desired: &Desired, actual: &Actual) -> Plan {
    plan(desired, actual, &Policy::default(), &stamp())
}

fn broken(plan: &Plan, desired: &Desired, actual: &Actual) -> Vec<Violation> {
    check(plan, desired, actual, &Policy::default(), stamp().now).err().unwrap_or_default()
}

/// A leaver's plan, tampered with.
fn tampered(tamper: impl FnOnce(&mut Plan, &mut Desired, &mut Actual)) -> Vec<Violation> {
    let (mut desired, mut actual) = (wanted(leaver()), directory(&[account()]));
    let mut plan = made(&desired, &actual);
    assert_eq!(broken(&plan, &desired, &actual), []);
    tamper(&mut plan, &mut desired, &mut actual);
    broken(&plan, &desired, &actual)
}

#[test]
fn a_suspension_needs_evidence_that_is_there() {
    let active = tampered(|_, desired, _| desired.person = Some(person()));
    assert_eq!(active, [Violation::EvidenceDiffers, Violation::NoEvidence]);
    let gone = tampered(|_, desired, _| desired.person = None);
    assert_eq!(gone, [Violation::EvidenceDiffers, Violation::NoEvidence]);
    let running = tampered(|_, desired, _| {
        desired.person.as_mut().unwrap().employments[0].ended = Some(false);
    });
    assert_eq!(running, [Violation::NoEvidence]);
    let tomorrow = tampered(|_, desired, _| {
        let person = desired.person.as_mut().unwrap();
        person.employments.clear();
        person.last_day = "2026-11-24".parse().ok();
    });
    assert_eq!(tomorrow, [Violation::NoEvidence]);
}

#[test]
fn a_suspension_needs_a_look_at_who_else_has_the_email() {
    let nobody_looked = tampered(|_, desired, _| desired.email_claimants = None);
    assert_eq!(nobody_looked, [Violation::ClaimantsNotLooked]);
    let shared = tampered(|_, desired, _| *desired = claimed_by(leaver(), "p2", true));
    assert_eq!(shared, [Violation::SharedEmail]);
}

#[test]
fn protected_accounts_are_not_touched() {
    let with = |change: fn(&mut Account)| {
        tampered(|_, _, actual| actual.linked.iter_mut().chain(&mut actual.by_email).for_each(change))
    };
    assert_eq!(with(|a| a.admin = true), [Violation::AdministratorTouched]);
    assert_eq!(with(|a| a.externally_managed = true), [Violation::ExternalTouched]);
    assert_eq!(with(|a| a.restricted = ["state".to_owned()].into()), [Violation::RestrictedTouched]);
    assert_eq!(with(|a| a.state = provisioning::AccountState::Suspended), [Violation::AlreadySuspended]);
}

#[test]
fn a_plan_is_for_its_person_and_the_persons_account() {
    assert_eq!(tampered(|plan, _, _| plan.subject = profile("p2")), [Violation::OtherPerson]);
    assert_eq!(tampered(|_, desired, _| desired.excluded = true), [Violation::Excluded]);
    let theirs = tampered(|_, _, actual| {
        actual.linked.iter_mut().chain(&mut actual.by_email).for_each(|a| a.link = text("p2"));
    });
    assert_eq!(theirs, [Violation::NotTheirs]);
    let unseen = tampered(|_, _, actual| *actual = directory(&[]));
    assert_eq!(unseen, [Violation::UnknownAccount]);
}

#[test]
fn a_leaver_who_keeps_access_needs_an_alarm() {
    let silent = tampered(|plan, desired, _| {
        *desired = claimed_by(leaver(), "p2", true);
        plan.steps[0].hold = Some(HoldKind::SharedEmail);
    });
    assert_eq!(silent, [Violation::AlarmMissing]);
}

#[test]
fn a_suspension_is_first_and_its_mark_stays() {
    let clear =
        |plan: &mut Plan| plan.steps.push(Step { change: Change::ClearMark, ..plan.steps[0].clone() });
    let lost = tampered(|plan, _, _| clear(plan));
    assert_eq!(lost, [Violation::MarkWouldBeLost, Violation::MarkNotStale]);
    let late = tampered(|plan, _, _| {
        clear(plan);
        plan.steps.reverse();
    });
    assert!(late.contains(&Violation::SuspensionNotFirst));
    let twice = tampered(|plan, _, _| plan.steps.push(plan.steps[0].clone()));
    assert_eq!(twice, [Violation::Twice { kind: ChangeKind::Suspension }, Violation::OpposedStates]);
}

#[test]
fn only_our_own_suspension_is_undone() {
    let (desired, actual) = (wanted(person()), directory(&[suspended(None)]));
    let mut plan = made(&desired, &actual);
    plan.steps[0].hold = None;
    assert_eq!(broken(&plan, &desired, &actual), [Violation::NotOurs]);
    assert_eq!(
        broken(&plan, &wanted(leaver()), &actual),
        [Violation::AccessWithoutStanding, Violation::NotOurs]
    );
    assert_eq!(
        broken(&plan, &ordered(person()), &actual),
        [Violation::AccessWithoutStanding, Violation::NotOurs]
    );
}

#[test]
fn nobody_is_given_a_second_account_or_anothers() {
    let (desired, actual) = (wanted(person()), directory(&[]));
    let plan = made(&desired, &actual);
    assert_eq!(
        broken(&plan, &desired, &directory(&[account()])),
        [Violation::SecondAccount, Violation::UsernameNotFree]
    );
    let (desired, actual) = (wanted(person()), directory(&[unlinked()]));
    let mut plan = made(&desired, &actual);
    plan.steps[0].hold = None;
    assert_eq!(broken(&plan, &desired, &actual), [Violation::AdoptedUnasked]);
    let theirs = directory(&[Account { link: text("p9"), ..account() }]);
    let taken = broken(&plan, &desired, &theirs);
    assert!(taken.contains(&Violation::LinkTaken), "{taken:?}");
    let second = Account { id: account_id("a2"), ..unlinked() };
    let ambiguous = broken(&plan, &desired, &directory(&[unlinked(), second]));
    assert!(ambiguous.contains(&Violation::NotTheirs), "{ambiguous:?}");
}

#[test]
fn an_email_is_changed_only_with_approval_and_only_to_a_free_one() {
    let linked = Account { email: "old@example.com".to_owned(), ..account() };
    let (desired, actual) = (wanted(person()), directory(std::slice::from_ref(&linked)));
    let mut plan = made(&desired, &actual);
    let other = Account { id: account_id("a2"), link: None, ..account() };
    assert_eq!(broken(&plan, &desired, &directory(&[linked, other])), [Violation::EmailNotTheirs]);
    plan.steps[0].hold = None;
    assert_eq!(broken(&plan, &desired, &actual), [Violation::EmailUnasked]);
}
