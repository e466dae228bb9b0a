//! Each sentence of the design on whose account it is.

use provisioning::{Account, Adopt, Attribute, Desired, EmailState, MarkedBy, Policy, PriorState};

use crate::support::{
    account, account_id, claimed_by, leaver, mark, ordered, person, shown, shown_with, suspended, text,
    unlinked, wanted,
};

fn automatic() -> Policy {
    Policy { adopt: Adopt::Automatic, ..Policy::default() }
}

#[test]
fn the_link_equals_the_profile_id() {
    insta::assert_snapshot!(shown(&wanted(person()), &[account()]), @r"
    person p1, account a1: active
      in sync
    ");
    // The link decides, whatever the email.
    let other_email = Account { email: "other@example.com".to_owned(), ..account() };
    insta::assert_snapshot!(shown(&wanted(person()), &[other_email]), @r#"
    person p1, account a1: active
      held as email_change: change email "other@example.com" -> "alpha.zed@example.com"
        because: Deel has another work email
    "#);
}

#[test]
fn two_accounts_with_the_link_are_held_and_neither_is_touched() {
    let second = Account { id: account_id("a2"), email: "two@example.com".to_owned(), ..account() };
    insta::assert_snapshot!(shown(&wanted(person()), &[account(), second.clone()]), @r"
    person p1: active
      held as ambiguous: nothing can be done from here
        because: more than one account: account a1, account a2
    ");
    insta::assert_snapshot!(shown(&wanted(leaver()), &[account(), second]), @r"
    person p1: left
      held as ambiguous: nothing can be done from here
        because: more than one account: account a1, account a2
      ALARM: a leaver keeps access (ambiguous)
    ");
    let both = [suspended(None), Account { id: account_id("a2"), ..suspended(None) }];
    insta::assert_snapshot!(shown(&wanted(leaver()), &both), @r"
    person p1: left
      in sync
    ");
}

#[test]
fn one_unlinked_account_with_the_email_is_held_for_review() {
    let account = Account { email: "ALPHA.ZED@Example.com".to_owned(), ..unlinked() };
    insta::assert_snapshot!(shown(&wanted(person()), &[account]), @r#"
    person p1, account a1: active
      held as adoption: link "" -> "p1"
        because: exactly one account has this email, and it is not linked
    "#);
}

#[test]
fn one_unlinked_account_with_the_email_is_adopted_with_its_values_where_that_is_allowed() {
    let mut account = unlinked();
    account.values.insert(Attribute::JobTitle, "Al".to_owned());
    let mut person = person();
    person.job_title = text("Engineer");
    insta::assert_snapshot!(shown_with(&wanted(person), &[account], &automatic()), @r#"
    person p1, account a1: active
      link "" -> "p1"
        because: exactly one account has this email, and it is not linked
      update
        jobTitle: "Al" -> "Engineer"
        because: Deel has other values
        only after the link
    "#);
}

/// People chose what an account that existed before is called, and left it staged for a reason.
#[test]
fn an_adopted_accounts_names_and_staged_state_stay_unless_the_configuration_names_the_attribute() {
    let mut account = unlinked();
    account.state = provisioning::AccountState::Staged;
    account.values.insert(Attribute::Firstname, "Al".to_owned());
    account.values.insert(Attribute::Displayname, "Al Z.".to_owned());
    let policy = Policy { activation: provisioning::Activation::OnStartDate, ..automatic() };
    insta::assert_snapshot!(shown_with(&wanted(person()), &[account.clone()], &policy), @r#"
    person p1, account a1: active
      link "" -> "p1"
        because: exactly one account has this email, and it is not linked
      differs: firstname "Al" -> "Alpha"
      differs: displayname "Al Z." -> "Alpha Zed"
      note: the account existed before it was linked; people activate it
    "#);
    let adopted = Account { link: text("p1"), adopted: true, ..account };
    let attributes = [(Attribute::Firstname, provisioning::AttributePolicy::Enforce)].into();
    let named = Policy { attributes, ..policy };
    insta::assert_snapshot!(shown_with(&wanted(person()), &[adopted], &named), @r#"
    person p1, account a1: active
      update
        firstname: "Al" -> "Alpha"
        because: Deel has other values
      differs: displayname "Al Z." -> "Alpha Zed"
      note: the account existed before it was linked; people activate it
    "#);
}

#[test]
fn a_leavers_unlinked_account_is_linked_and_suspended() {
    insta::assert_snapshot!(shown(&wanted(leaver()), &[unlinked()]), @r#"
    person p1, account a1: left
      held as adoption: link "" -> "p1"
        because: exactly one account has this email, and it is not linked
      held as adoption: suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=deel"
        because: left: status inactive, no last day, 1 ended and no running employments
        only after the link
      ALARM: a leaver keeps access (adoption)
    "#);
    insta::assert_snapshot!(shown_with(&wanted(leaver()), &[unlinked()], &automatic()), @r#"
    person p1, account a1: left
      link "" -> "p1"
        because: exactly one account has this email, and it is not linked
      suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=deel"
        because: left: status inactive, no last day, 1 ended and no running employments
        only after the link
    "#);
    let gone_before = Account { link: None, ..suspended(None) };
    insta::assert_snapshot!(shown(&wanted(leaver()), &[gone_before]), @r"
    person p1, account a1: left
      in sync
    ");
}

#[test]
fn an_account_linked_to_someone_or_something_else_is_held() {
    let theirs = Account { link: text("p9"), ..account() };
    insta::assert_snapshot!(shown_with(&wanted(person()), &[theirs], &automatic()), @r#"
    person p1, account a1: active
      held as relink: link "p9" -> "p1"
        because: the account with this email has another value in its link field
    "#);
    let unknown = Account { link: text("payroll no. 17"), ..account() };
    insta::assert_snapshot!(shown_with(&wanted(person()), &[unknown], &automatic()), @r#"
    person p1, account a1: active
      held as relink: link "payroll no. 17" -> "p1"
        because: the account with this email has another value in its link field
    "#);
}

#[test]
fn a_leavers_address_that_an_active_person_took_over_is_left_alone() {
    let theirs = Account { link: text("p9"), ..account() };
    insta::assert_snapshot!(shown(&claimed_by(leaver(), "p9", true), std::slice::from_ref(&theirs)), @r"
    person p1, account a1: left
      in sync
    ");
    insta::assert_snapshot!(shown(&claimed_by(leaver(), "p9", false), std::slice::from_ref(&theirs)), @r#"
    person p1, account a1: left
      held as relink: link "p9" -> "p1"
        because: the account with this email has another value in its link field
      ALARM: a leaver keeps access (relink)
    "#);
    let nobody_looked = Desired { email_claimants: None, ..wanted(leaver()) };
    insta::assert_snapshot!(shown(&nobody_looked, &[theirs]), @r#"
    person p1, account a1: left
      held as relink: link "p9" -> "p1"
        because: the account with this email has another value in its link field
      ALARM: a leaver keeps access (relink)
      first: look who else has this email
    "#);
}

#[test]
fn two_candidates_are_held() {
    let second = Account { id: account_id("a2"), ..unlinked() };
    insta::assert_snapshot!(shown_with(&wanted(person()), &[unlinked(), second], &automatic()), @r"
    person p1: active
      held as ambiguous: nothing can be done from here
        because: more than one account: account a1, account a2
    ");
}

#[test]
fn an_administrators_account_is_held() {
    let admin = Account { admin: true, ..unlinked() };
    insta::assert_snapshot!(shown_with(&wanted(person()), std::slice::from_ref(&admin), &automatic()), @r"
    person p1, account a1: active
      held as administrator: nothing can be done from here
        because: an administrator's account; nothing is written to it
    ");
    insta::assert_snapshot!(shown(&wanted(leaver()), &[admin]), @r"
    person p1, account a1: left
      held as administrator: nothing can be done from here
        because: an administrator's account; nothing is written to it
      ALARM: a leaver keeps access (administrator)
    ");
    let external = Account { externally_managed: true, ..unlinked() };
    insta::assert_snapshot!(shown(&wanted(person()), &[external]), @r"
    person p1, account a1: active
      held as externally_managed: nothing can be done from here
        because: managed by another directory; nothing is written to it
    ");
}

#[test]
fn a_link_field_that_another_authority_owns_is_held() {
    let restricted = Account { restricted: ["employeeIdentifier".to_owned()].into(), ..unlinked() };
    insta::assert_snapshot!(shown_with(&wanted(person()), &[restricted], &automatic()), @r"
    person p1, account a1: active
      held as restricted: nothing can be done from here
        because: another authority owns the field employeeIdentifier
    ");
}

#[test]
fn no_account_is_created() {
    insta::assert_snapshot!(shown(&wanted(person()), &[]), @r#"
    person p1: active
      create alpha.zed <alpha.zed@example.com>, STAGED, link p1
        firstname: "Alpha"
        lastname: "Zed"
        displayname: "Alpha Zed"
        because: no account has this link or email
    "#);
    let namesake = Account { email: "other@example.com".to_owned(), link: text("p2"), ..account() };
    let mut desired = wanted(person());
    insta::assert_snapshot!(shown(&desired, &[namesake]), @r#"
    person p1: active
      create alpha.zed1 <alpha.zed@example.com>, STAGED, link p1
        firstname: "Alpha"
        lastname: "Zed"
        displayname: "Alpha Zed"
        because: no account has this link or email
    "#);
    desired.person.as_mut().unwrap().work_email = EmailState::Absent;
    insta::assert_snapshot!(shown(&desired, &[]), @r"
    person p1: active
      skipped: Deel has no work email for this person; give them one in Deel
    ");
    desired.person.as_mut().unwrap().work_email = EmailState::parse(Some("not an address"));
    insta::assert_snapshot!(shown(&desired, &[]), @r"
    person p1: active
      skipped: the work email in Deel contains a space or a control character; correct it in Deel
    ");
}

#[test]
fn a_leaver_without_an_account_gets_none() {
    insta::assert_snapshot!(shown(&wanted(leaver()), &[]), @r"
    person p1: left
      in sync
    ");
    insta::assert_snapshot!(shown(&ordered(person()), &[]), @r"
    person p1: active
      skipped: an operator's suspension is in force; no account is created
      note: an operator's suspension is in force
    ");
    insta::assert_snapshot!(shown(&Desired::gone(crate::support::profile("p1")), &[]), @r"
    person p1
      skipped: Deel does not know this person (404)
    ");
}

#[test]
fn an_email_that_is_another_accounts_is_held_and_cannot_be_taken() {
    let linked = Account { email: "old@example.com".to_owned(), ..account() };
    let other = Account { id: account_id("a2"), link: text("p2"), ..account() };
    insta::assert_snapshot!(shown(&wanted(person()), &[linked, other]), @r"
    person p1, account a1: active
      held as relink: nothing can be done from here
        because: Deel's work email belongs to account a2
    ");
}

#[test]
fn an_unlinked_account_that_somebody_suspended_stays_suspended() {
    let found = Account { link: None, ..suspended(None) };
    insta::assert_snapshot!(shown_with(&wanted(person()), &[found], &automatic()), @r#"
    person p1, account a1: active
      link "" -> "p1"
        because: exactly one account has this email, and it is not linked
      held as foreign_suspension: reactivate to ACTIVATED
        because: active, but the account is suspended, and not by us
        only after the link
    "#);
    let ours = Account { link: None, ..suspended(Some(mark(PriorState::Activated, MarkedBy::Deel))) };
    insta::assert_snapshot!(shown_with(&wanted(person()), &[ours], &automatic()), @r#"
    person p1, account a1: active
      link "" -> "p1"
        because: exactly one account has this email, and it is not linked
      reactivate to ACTIVATED, mark removed
        because: active again; suspended by run run0 at 2026-10-01T08:00:00Z
        only after the link
    "#);
}
