//! Whom people, the scope or the calendar set apart, sentence by sentence.

use provisioning::{
    Account, AccountState, Actual, Claimant, Desired, ManualHold, Policy, ScheduledActivation, ScheduledBy,
    Scope, Status,
};

use crate::support::{
    account, account_id, directory, employment, leaver, ordered, person, planned, profile, shown, shown_with,
    text, wanted,
};

fn held(until: Option<&str>) -> Account {
    let until = until.map(|at| at.parse().unwrap());
    Account { hold: Some(ManualHold { until, reason: "audit".to_owned() }), ..account() }
}

#[test]
fn an_account_held_by_hand_is_left_alone_until_the_hold_ends() {
    let mut changed = person();
    changed.job_title = text("Engineer");
    insta::assert_snapshot!(shown(&wanted(changed.clone()), &[held(Some("2026-12-01T00:00:00Z"))]), @r"
    person p1, account a1: active
      skipped: held by hand in JumpCloud (deelsyncHold) until 2026-12-01T00:00:00Z
      next look: 2026-12-01T00:00:00Z
    ");
    insta::assert_snapshot!(shown(&wanted(changed), &[held(Some("2026-11-01T00:00:00Z"))]), @r#"
    person p1, account a1: active
      update
        jobTitle: "" -> "Engineer"
        because: Deel has other values
    "#);
}

#[test]
fn a_leaver_whose_account_is_held_by_hand_is_an_alarm_and_an_order_goes_past_it() {
    insta::assert_snapshot!(shown(&wanted(leaver()), &[held(None)]), @r"
    person p1, account a1: left
      held as manual_hold: nothing can be done from here
        because: left, but the account is held by hand (deelsyncHold), without end
      skipped: held by hand in JumpCloud (deelsyncHold), without end
      ALARM: a leaver keeps access (manual_hold)
    ");
    insta::assert_snapshot!(shown(&ordered(person()), &[held(None)]), @r#"
    person p1, account a1: active
      past the guard: suspend, mark "suspended at=2026-11-23T12:00:00Z run=run1 was=ACTIVATED by=operator"
        because: ordered by an operator at 2026-11-20T10:00:00Z (h1)
      note: an operator's suspension is in force
    "#);
}

fn germany() -> Policy {
    let scope = Scope { countries: ["DE".to_owned()].into(), ..Scope::default() };
    Policy { scope, ..Policy::default() }
}

#[test]
fn whoever_leaves_the_scope_is_left_alone_and_never_suspended() {
    let mut gone = leaver();
    gone.country = text("US");
    insta::assert_snapshot!(shown_with(&wanted(gone.clone()), &[account()], &germany()), @r"
    person p1, account a1: left
      skipped: outside the configured scope; left alone
    ");
    insta::assert_snapshot!(shown_with(&wanted(gone), &[], &germany()), @r"
    person p1: left
      skipped: outside the configured scope; left alone
    ");
    let mut inside = person();
    inside.country = text("de");
    insta::assert_snapshot!(shown_with(&wanted(inside), &[account()], &germany()), @r"
    person p1, account a1: active
      in sync
    ");
}

#[test]
fn an_excluded_account_is_left_alone_by_its_id_or_its_username() {
    for name in ["a1", "Alpha.Zed"] {
        let policy = Policy { excluded_accounts: [name.to_owned()].into(), ..Policy::default() };
        insta::allow_duplicates! {
            insta::assert_snapshot!(shown_with(&wanted(leaver()), &[account()], &policy), @r"
            person p1, account a1
              skipped: the account is excluded by the configuration
            ");
        }
    }
}

#[test]
fn who_starts_again_within_the_days_of_grace_is_no_leaver_yet() {
    let mut between = leaver();
    between.employments[0].last_day = "2026-11-20".parse().ok();
    between.employments.push(employment("c2", "2026-11-25", Some(false)));
    let grace = |grace_days| Policy { grace_days, ..Policy::default() };
    insta::assert_snapshot!(shown_with(&wanted(between.clone()), &[account()], &grace(5)), @r"
    person p1, account a1: between employments, the next starts 2026-11-24T23:00:00Z (Europe/Madrid, the person's)
      in sync
      next look: 2026-11-24T23:00:00Z
    ");
    let nothing = shown_with(&wanted(between.clone()), &[], &grace(5));
    assert!(nothing.contains("in sync") && !nothing.contains("create"), "{nothing}");
    let too_late = shown_with(&wanted(between.clone()), &[account()], &grace(4));
    assert!(too_late.contains("suspend, mark"), "{too_late}");
    // What is not announced as running is no reason to stay either.
    between.employments[1].ended = None;
    between.last_day = "2026-11-20".parse().ok();
    assert!(shown_with(&wanted(between.clone()), &[account()], &grace(5)).contains("between employments"));
    assert!(shown_with(&wanted(between), &[account()], &grace(0)).contains("suspend, mark"));
}

#[test]
fn an_account_deleted_by_hand_comes_back_for_somebody_active_only() {
    let remembered = |person| Desired { remembered: Some(account_id("old")), ..wanted(person) };
    let created = shown(&remembered(person()), &[]);
    insta::assert_snapshot!(created.lines().find(|line| line.contains("because")).unwrap().trim(), @"because: created again: account old was deleted in JumpCloud, and the person is active");
    let mut hired = person();
    hired.status = Status::Onboarding;
    hired.start_date = "2026-12-01".parse().ok();
    insta::assert_snapshot!(shown(&remembered(hired), &[]), @r"
    person p1: starts 2026-11-30T23:00:00Z (Europe/Madrid, the person's)
      skipped: account old was deleted in JumpCloud; created again only once they are active
      next look: 2026-11-30T23:00:00Z
    ");
    insta::assert_snapshot!(shown(&remembered(leaver()), &[]), @r"
    person p1: left
      in sync
    ");
}

/// Only a full listing knows who else has an address; the account of whoever is linked is not in question.
#[test]
fn a_shared_email_stops_an_adoption_and_not_a_linked_account() {
    let shared =
        Desired { same_email: vec![Claimant { id: profile("p2"), active: true }], ..wanted(person()) };
    insta::assert_snapshot!(shown(&shared, &[Account { link: None, ..account() }]), @r"
    person p1, account a1: active
      skipped: p2 has the same work email in Deel; correct one of them
    ");
    let staged = Account { state: AccountState::Staged, ..account() };
    insta::assert_snapshot!(shown(&shared, &[staged]), @r"
    person p1, account a1: active
      in sync
    ");
}

/// This account, and what we scheduled for it.
fn scheduled(account: &Account, by: ScheduledBy) -> Actual {
    let activation = ScheduledActivation {
        account: account.id.clone(),
        at: "2026-12-05T08:00:00Z".parse().unwrap(),
        starts: None,
        by,
        unconfirmed: false,
    };
    Actual { scheduled: Some(activation), ..directory(std::slice::from_ref(account)) }
}

/// Outside the scope as well: what is ours is taken back, and a leaver among them stays an alarm.
#[test]
fn an_activation_within_a_manual_hold_is_taken_back_outside_the_scope_too() {
    let staged = Account { state: AccountState::Staged, ..held(None) };
    let actual = scheduled(&staged, ScheduledBy::Policy);
    let mut gone = leaver();
    gone.country = text("US");
    insta::assert_snapshot!(planned(&wanted(gone), &actual, &germany()), @r"
    person p1, account a1: left
      held as manual_hold: nothing can be done from here
        because: left, but the account is held by hand (deelsyncHold), without end
      delete the activation scheduled for 2026-12-05T08:00:00Z
        because: the account is held by hand (deelsyncHold), without end
      skipped: held by hand in JumpCloud (deelsyncHold), without end
      ALARM: a leaver keeps access (manual_hold)
    ");
}

/// What we scheduled is an access that we give: a hold takes it back, unless it ends before.
#[test]
fn an_activation_within_a_manual_hold_is_taken_back_and_a_later_one_told() {
    let shown = |until| {
        let staged = Account { state: AccountState::Staged, ..held(until) };
        let actual = scheduled(&staged, ScheduledBy::Operator);
        planned(&wanted(person()), &actual, &Policy::default())
    };
    insta::assert_snapshot!(shown(None), @r"
    person p1, account a1: active
      delete the activation scheduled for 2026-12-05T08:00:00Z
        because: the account is held by hand (deelsyncHold), without end
      skipped: held by hand in JumpCloud (deelsyncHold), without end
    ");
    insta::assert_snapshot!(shown(Some("2026-12-05T08:00:01Z")), @r"
    person p1, account a1: active
      delete the activation scheduled for 2026-12-05T08:00:00Z
        because: the account is held by hand (deelsyncHold) until 2026-12-05T08:00:01Z
      skipped: held by hand in JumpCloud (deelsyncHold) until 2026-12-05T08:00:01Z
      next look: 2026-12-05T08:00:01Z
    ");
    insta::assert_snapshot!(shown(Some("2026-12-05T08:00:00Z")), @r"
    person p1, account a1: active
      skipped: held by hand in JumpCloud (deelsyncHold) until 2026-12-05T08:00:00Z
      note: JumpCloud activates the account at 2026-12-05T08:00:00Z all the same, as was scheduled before; `deelsync activate PERSON --cancel` deletes that
      next look: 2026-12-05T08:00:00Z
    ");
}
