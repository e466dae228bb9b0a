//! Suspending, giving back, activating: each sentence, as a plan.

use provisioning::{
    Account, AccountState, Activation, CreateState, Desired, EmailState, MarkedBy, Person, Policy,
    PriorState, Status,
};

use crate::support::{
    account, claimed_by, employment, leaver, mark, ordered, person, profile, shown, shown_with, suspended,
    text, wanted,
};

fn on_start_date() -> Policy {
    Policy { activation: Activation::OnStartDate, ..Policy::default() }
}

fn staged() -> Account {
    Account { state: AccountState::Staged, ..account() }
}

#[test]
fn a_leaver_is_suspended_first_and_the_rest_is_still_synced() {
    let mut person = leaver();
    person.job_title = text("Former Engineer");
    insta::assert_snapshot!(shown(&wanted(person), &[account()]), @r#"
    person p1, account a1: left
      suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=deel"
        because: left: status inactive, no last day, 1 ended and no running employments
      update
        jobTitle: "" -> "Former Engineer"
        because: Deel has other values
    "#);
    insta::assert_snapshot!(shown(&wanted(leaver()), &[staged()]), @r#"
    person p1, account a1: left
      suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=STAGED by=deel"
        because: left: status inactive, no last day, 1 ended and no running employments
    "#);
}

#[test]
fn a_leaver_who_is_suspended_already_is_in_sync_and_gets_no_mark_of_ours() {
    insta::assert_snapshot!(shown(&wanted(leaver()), &[suspended(None)]), @r"
    person p1, account a1: left
      in sync
    ");
}

#[test]
fn a_leaver_without_a_work_email_is_suspended_all_the_same() {
    let person = Person { work_email: EmailState::Absent, ..leaver() };
    insta::assert_snapshot!(shown(&wanted(person), &[account()]), @r#"
    person p1, account a1: left
      suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=deel"
        because: left: status inactive, no last day, 1 ended and no running employments
      note: Deel has no work email; the account keeps its own
    "#);
}

#[test]
fn a_last_day_ahead_gets_a_look_at_its_end() {
    let person = Person { status: Status::Offboarding, last_day: "2026-11-30".parse().ok(), ..person() };
    insta::assert_snapshot!(shown(&wanted(person), &[account()]), @r"
    person p1, account a1: active until 2026-11-30T23:00:00Z (Europe/Madrid, the person's)
      in sync
      next look: 2026-11-30T23:00:00Z
    ");
}

#[test]
fn nobody_is_suspended_before_somebody_looked_who_else_has_the_email() {
    let nobody_looked = Desired { email_claimants: None, ..wanted(leaver()) };
    insta::assert_snapshot!(shown(&nobody_looked, &[account()]), @r#"
    person p1, account a1: left
      suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=deel"
        because: left: status inactive, no last day, 1 ended and no running employments
      first: look who else has this email
    "#);
}

#[test]
fn an_account_whose_email_is_an_active_persons_is_not_suspended_for_another() {
    insta::assert_snapshot!(shown(&claimed_by(leaver(), "p2", true), &[account()]), @r#"
    person p1, account a1: left
      held as shared_email: suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=deel"
        because: status inactive, no last day, 1 ended and no running employments; but active p2 has this account's email
      ALARM: a leaver keeps access (shared_email)
    "#);
    insta::assert_snapshot!(shown(&claimed_by(leaver(), "p2", false), &[account()]), @r#"
    person p1, account a1: left
      suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=deel"
        because: left: status inactive, no last day, 1 ended and no running employments
    "#);
    insta::assert_snapshot!(shown(&claimed_by(leaver(), "p1", true), &[account()]), @r#"
    person p1, account a1: left
      suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=deel"
        because: left: status inactive, no last day, 1 ended and no running employments
    "#);
}

#[test]
fn a_contradiction_is_held() {
    let mut person = person();
    person.last_day = "2026-11-20".parse().ok();
    insta::assert_snapshot!(shown(&wanted(person.clone()), &[account()]), @r#"
    person p1, account a1: contradictory, last day ended 2026-11-20T23:00:00Z (Europe/Madrid, the person's)
      held as contradiction: suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=deel"
        because: Deel contradicts itself: status active, last day 2026-11-20, 0 ended and no running employments
    "#);
    insta::assert_snapshot!(shown(&wanted(person), &[]), @r"
    person p1: contradictory, last day ended 2026-11-20T23:00:00Z (Europe/Madrid, the person's)
      skipped: Deel contradicts itself about whether this person left
    ");
}

#[test]
fn a_linked_person_gone_from_deel_is_held_never_suspended() {
    let gone = Desired { email_claimants: Some(vec![]), ..Desired::gone(profile("p1")) };
    insta::assert_snapshot!(shown(&gone, &[account()]), @r#"
    person p1, account a1
      held as gone: suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=deel"
        because: Deel does not know this person (404)
    "#);
    insta::assert_snapshot!(shown(&gone, &[suspended(None)]), @r"
    person p1, account a1
      skipped: Deel does not know this person (404)
    ");
    insta::assert_snapshot!(shown(&gone, &[Account { admin: true, ..account() }]), @r"
    person p1, account a1
      held as administrator: nothing can be done from here
        because: Deel does not know this person (404)
      note: an administrator's account is left alone
    ");
}

#[test]
fn an_unknown_status_or_none_is_skipped() {
    let unknown = Person { status: Status::parse(Some("sabbatical")), ..leaver() };
    insta::assert_snapshot!(shown(&wanted(unknown), &[account()]), @r"
    person p1, account a1: undecided
      skipped: Deel's hiring status 'sabbatical' is not known to this program
    ");
    let missing = Person { status: Status::Missing, ..leaver() };
    insta::assert_snapshot!(shown(&wanted(missing), &[account()]), @r"
    person p1, account a1: undecided
      skipped: Deel gives no hiring status for this person
    ");
    let nothing_known = Person { employments: Vec::new(), ..leaver() };
    insta::assert_snapshot!(shown(&wanted(nothing_known), &[account()]), @r"
    person p1, account a1: undecided
      skipped: inactive in Deel, but no employment is known to have ended and no last day has passed
    ");
}

#[test]
fn a_leaver_who_cannot_be_suspended_is_an_alarm() {
    insta::assert_snapshot!(shown(&wanted(leaver()), &[Account { admin: true, ..account() }]), @r"
    person p1, account a1: left
      held as administrator: nothing can be done from here
        because: left: status inactive, no last day, 1 ended and no running employments
      note: an administrator's account is left alone
      ALARM: a leaver keeps access (administrator)
    ");
    insta::assert_snapshot!(shown(&wanted(leaver()), &[Account { externally_managed: true, ..account() }]), @r"
    person p1, account a1: left
      held as externally_managed: nothing can be done from here
        because: left: status inactive, no last day, 1 ended and no running employments
      note: an account that another directory manages is left alone
      ALARM: a leaver keeps access (externally_managed)
    ");
    let restricted = Account { restricted: ["suspended".to_owned()].into(), ..account() };
    insta::assert_snapshot!(shown(&wanted(leaver()), &[restricted]), @r"
    person p1, account a1: left
      held as restricted: nothing can be done from here
        because: another authority owns the field suspended
      ALARM: a leaver keeps access (restricted)
    ");
}

#[test]
fn an_administrators_account_is_otherwise_left_alone() {
    let person = Person { job_title: text("Boss"), ..person() };
    insta::assert_snapshot!(shown(&wanted(person), &[Account { admin: true, ..account() }]), @r"
    person p1, account a1: active
      in sync
      note: an administrator's account is left alone
    ");
}

#[test]
fn a_rehire_gets_the_same_account_back() {
    let ours = suspended(Some(mark(PriorState::Activated, MarkedBy::Deel)));
    insta::assert_snapshot!(shown(&wanted(person()), &[ours]), @r"
    person p1, account a1: active
      reactivate to ACTIVATED, mark removed
        because: active again; suspended by run run0 at 2026-10-01T08:00:00Z
    ");
    let was_staged = suspended(Some(mark(PriorState::Staged, MarkedBy::Deel)));
    insta::assert_snapshot!(shown(&wanted(person()), &[was_staged]), @r"
    person p1, account a1: active
      reactivate to ACTIVATED, mark removed
        because: active again; suspended by run run0 at 2026-10-01T08:00:00Z
      note: the account was staged when it was suspended at 2026-10-01T08:00:00Z; JumpCloud can only activate it
    ");
}

#[test]
fn a_rehire_who_has_not_started_waits_for_the_day() {
    let ours = suspended(Some(mark(PriorState::Activated, MarkedBy::Deel)));
    let person = Person { start_date: "2026-12-01".parse().ok(), ..person() };
    insta::assert_snapshot!(shown(&wanted(person), &[ours]), @r"
    person p1, account a1: starts 2026-11-30T23:00:00Z (Europe/Madrid, the person's)
      in sync
      next look: 2026-11-30T23:00:00Z
    ");
}

#[test]
fn an_account_suspended_without_our_mark_is_held() {
    insta::assert_snapshot!(shown(&wanted(person()), &[suspended(None)]), @r"
    person p1, account a1: active
      held as foreign_suspension: reactivate to ACTIVATED
        because: active, but the account is suspended, and not by us
    ");
    insta::assert_snapshot!(shown(&wanted(person()), &[Account { raw_mark: true, ..suspended(None) }]), @r"
    person p1, account a1: active
      held as foreign_suspension: reactivate to ACTIVATED
        because: active, but the account is suspended, and our mark on it cannot be read
    ");
}

#[test]
fn a_mark_on_an_account_that_is_not_suspended_is_stale_and_is_cleared() {
    let stale = Account { mark: Some(mark(PriorState::Activated, MarkedBy::Deel)), ..account() };
    insta::assert_snapshot!(shown(&wanted(person()), &[stale]), @r"
    person p1, account a1: active
      remove the mark
        because: the account is not suspended but carries our mark
    ");
    insta::assert_snapshot!(shown(&wanted(person()), &[Account { raw_mark: true, ..account() }]), @r"
    person p1, account a1: active
      remove the mark
        because: the account is not suspended but carries our mark
    ");
}

#[test]
fn an_operators_order_suspends_whatever_deel_says_and_holds_against_reactivation() {
    insta::assert_snapshot!(shown(&ordered(person()), &[account()]), @r#"
    person p1, account a1: active
      past the guard: suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=operator"
        because: ordered by an operator at 2026-11-20T10:00:00Z (h1)
      note: an operator's suspension is in force
    "#);
    let theirs = suspended(Some(mark(PriorState::Activated, MarkedBy::Operator)));
    insta::assert_snapshot!(shown(&ordered(person()), std::slice::from_ref(&theirs)), @r"
    person p1, account a1: active
      in sync
      note: an operator's suspension is in force
    ");
    insta::assert_snapshot!(shown(&wanted(person()), std::slice::from_ref(&theirs)), @r"
    person p1, account a1: active
      held as operator: reactivate to ACTIVATED, mark removed
        because: active again; suspended by run run0 at 2026-10-01T08:00:00Z
    ");
    let released = Desired { operator_released: true, ..wanted(person()) };
    insta::assert_snapshot!(shown(&released, &[theirs]), @r"
    person p1, account a1: active
      reactivate to ACTIVATED, mark removed
        because: active again; suspended by run run0 at 2026-10-01T08:00:00Z
    ");
}

#[test]
fn an_operators_order_needs_no_link_and_no_deel() {
    insta::assert_snapshot!(shown(&ordered(person()), &[Account { link: None, ..account() }]), @r#"
    person p1, account a1: active
      past the guard: suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=operator"
        because: ordered by an operator at 2026-11-20T10:00:00Z (h1)
      held as adoption: link "" -> "p1"
        because: exactly one account has this email, and it is not linked
      note: an operator's suspension is in force
    "#);
    let suspended =
        Account { link: None, ..suspended(Some(mark(PriorState::Activated, MarkedBy::Operator))) };
    insta::assert_snapshot!(shown(&ordered(person()), &[suspended]), @r#"
    person p1, account a1: active
      held as adoption: link "" -> "p1"
        because: exactly one account has this email, and it is not linked
      note: an operator's suspension is in force
    "#);
    let gone = Desired { person: None, ..ordered(person()) };
    insta::assert_snapshot!(shown(&gone, &[account()]), @r#"
    person p1, account a1
      past the guard: suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=operator"
        because: ordered by an operator at 2026-11-20T10:00:00Z (h1)
      note: an operator's suspension is in force
    "#);
    insta::assert_snapshot!(shown(&ordered(person()), &[Account { admin: true, ..account() }]), @r"
    person p1, account a1: active
      held as administrator: nothing can be done from here
        because: ordered by an operator at 2026-11-20T10:00:00Z (h1)
      note: an operator's suspension is in force
      note: an administrator's account is left alone
      ALARM: a leaver keeps access (administrator)
    ");
}

#[test]
fn whoever_is_excluded_is_left_alone() {
    let excluded = |desired| Desired { excluded: true, ..desired };
    insta::assert_snapshot!(shown(&excluded(wanted(leaver())), &[account()]), @r"
    person p1, account a1
      skipped: excluded by the configuration
    ");
    insta::assert_snapshot!(shown(&excluded(ordered(person())), &[account()]), @r"
    person p1, account a1
      skipped: excluded by the configuration
      ALARM: a leaver keeps access (operator)
    ");
}

#[test]
fn a_future_hire_is_created_staged_as_soon_as_there_is_a_work_email() {
    let hire = Person { status: Status::Onboarding, start_date: "2026-12-01".parse().ok(), ..person() };
    let in_use = Policy { create_state: CreateState::Activated, ..Policy::default() };
    insta::assert_snapshot!(shown_with(&wanted(hire.clone()), &[], &in_use), @r#"
    person p1: starts 2026-11-30T23:00:00Z (Europe/Madrid, the person's)
      create alpha.zed <alpha.zed@example.com>, STAGED, link p1
        firstname: "Alpha"
        lastname: "Zed"
        displayname: "Alpha Zed"
        because: no account has this link or email
    "#);
    insta::assert_snapshot!(shown_with(&wanted(hire.clone()), &[], &on_start_date()), @r#"
    person p1: starts 2026-11-30T23:00:00Z (Europe/Madrid, the person's)
      create alpha.zed <alpha.zed@example.com>, STAGED, link p1
        firstname: "Alpha"
        lastname: "Zed"
        displayname: "Alpha Zed"
        because: no account has this link or email
      next look: 2026-11-30T23:00:00Z
    "#);
    insta::assert_snapshot!(shown_with(&wanted(hire.clone()), &[staged()], &on_start_date()), @r"
    person p1, account a1: starts 2026-11-30T23:00:00Z (Europe/Madrid, the person's)
      in sync
      next look: 2026-11-30T23:00:00Z
    ");
    let no_email = Person { work_email: EmailState::Absent, ..hire };
    insta::assert_snapshot!(shown(&wanted(no_email), &[]), @r"
    person p1: starts 2026-11-30T23:00:00Z (Europe/Madrid, the person's)
      skipped: Deel has no work email for this person; give them one in Deel
    ");
}

#[test]
fn staged_accounts_are_activated_by_policy() {
    insta::assert_snapshot!(shown(&wanted(person()), &[staged()]), @r"
    person p1, account a1: active
      in sync
    ");
    insta::assert_snapshot!(shown_with(&wanted(person()), &[staged()], &on_start_date()), @r"
    person p1, account a1: active
      activate, without mail
        because: started; accounts are activated on the start date
    ");
    insta::assert_snapshot!(shown_with(&wanted(person()), &[], &on_start_date()), @r#"
    person p1: active
      create alpha.zed <alpha.zed@example.com>, STAGED, link p1
        firstname: "Alpha"
        lastname: "Zed"
        displayname: "Alpha Zed"
        because: no account has this link or email
      activate, without mail
        because: started; accounts are activated on the start date
        only after the creation
    "#);
}

#[test]
fn a_change_of_contract_is_no_leaving() {
    let old = employment("c1", "2024-01-01", Some(true));
    let new = employment("c2", "2026-11-01", Some(false));
    let person = Person { last_day: "2026-10-31".parse().ok(), employments: vec![old, new], ..person() };
    insta::assert_snapshot!(shown(&wanted(person), &[account()]), @r"
    person p1, account a1: active
      in sync
    ");
}
