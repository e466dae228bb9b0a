//! What rulings and limits let happen.

use provisioning::{
    Account, Adopt, ChangeKind, Guarded, HoldKind, Limit, Limits, Plan, Policy, Ruling, Step, guard,
};

use crate::support::{account, directory, leaver, ordered, person, planned, profile, text, unlinked, wanted};

fn suspension() -> Plan {
    let mut person = leaver();
    person.job_title = text("Former");
    planned(&wanted(person), &directory(&[account()]), &Policy::default())
}

fn email_change() -> Plan {
    let account = Account { email: "old@example.com".to_owned(), ..account() };
    planned(&wanted(person()), &directory(&[account]), &Policy::default())
}

fn kinds(steps: &[Step]) -> Vec<ChangeKind> {
    steps.iter().map(|step| step.change.kind()).collect()
}

fn shown(guarded: &Guarded) -> String {
    let held: Vec<_> =
        guarded.hold.iter().map(|(step, hold)| format!("{} as {hold}", step.change.kind())).collect();
    let alarm = guarded.alarm.map_or("none".to_owned(), |alarm| alarm.reason.to_string());
    format!(
        "apply {:?} hold {held:?} rejected {:?} waiting {:?} alarm {alarm}",
        kinds(&guarded.apply),
        kinds(&guarded.rejected),
        kinds(&guarded.waiting)
    )
}

#[test]
fn what_has_room_is_done_and_what_has_none_is_held_alone() {
    insta::assert_snapshot!(shown(&guard(suspension(), |_| None, |_| true)), @"apply [Suspension, Update] hold [] rejected [] waiting [] alarm none");
    let full = |kind| kind != ChangeKind::Suspension;
    insta::assert_snapshot!(shown(&guard(suspension(), |_| None, full)), @r#"apply [Update] hold ["suspension as limit"] rejected [] waiting [] alarm limit"#);
}

#[test]
fn room_in_a_later_window_does_not_release_what_was_held() {
    let open = |step: &Step| (step.change.kind() == ChangeKind::Suspension).then_some(Ruling::Open);
    insta::assert_snapshot!(shown(&guard(suspension(), open, |_| true)), @r#"apply [Update] hold ["suspension as limit"] rejected [] waiting [] alarm limit"#);
}

#[test]
fn an_approved_step_needs_no_room_and_a_rejected_one_gets_none() {
    let approved = |_: &Step| Some(Ruling::Approved);
    insta::assert_snapshot!(shown(&guard(email_change(), approved, |_| false)), @"apply [EmailChange] hold [] rejected [] waiting [] alarm none");
    let rejected = |_: &Step| Some(Ruling::Rejected);
    insta::assert_snapshot!(shown(&guard(email_change(), rejected, |_| true)), @"apply [] hold [] rejected [EmailChange] waiting [] alarm none");
    insta::assert_snapshot!(shown(&guard(email_change(), |_| None, |_| true)), @r#"apply [] hold ["email_change as email_change"] rejected [] waiting [] alarm none"#);
}

#[test]
fn a_held_step_takes_no_room() {
    let mut asked = Vec::new();
    guard(
        email_change(),
        |_| None,
        |kind| {
            asked.push(kind);
            true
        },
    );
    assert_eq!(asked, []);
}

#[test]
fn no_approval_lets_happen_what_cannot() {
    let admin = directory(&[Account { admin: true, ..account() }]);
    let plan = planned(&wanted(leaver()), &admin, &Policy::default());
    insta::assert_snapshot!(shown(&guard(plan, |_| Some(Ruling::Approved), |_| true)), @r#"apply [] hold ["none as administrator"] rejected [] waiting [] alarm administrator"#);
}

#[test]
fn an_operators_order_goes_past_limits_and_rulings() {
    let plan = planned(&ordered(person()), &directory(&[account()]), &Policy::default());
    insta::assert_snapshot!(shown(&guard(plan, |_| Some(Ruling::Rejected), |_| false)), @"apply [Suspension] hold [] rejected [] waiting [] alarm none");
}

#[test]
fn a_leaver_whose_suspension_is_kept_back_is_an_alarm() {
    let rejected = |step: &Step| (step.change.kind() == ChangeKind::Suspension).then_some(Ruling::Rejected);
    insta::assert_snapshot!(shown(&guard(suspension(), rejected, |_| true)), @"apply [Update] hold [] rejected [Suspension] waiting [] alarm limit");
    let shared = planned(
        &crate::support::claimed_by(leaver(), "p2", true),
        &directory(&[account()]),
        &Policy::default(),
    );
    insta::assert_snapshot!(shown(&guard(shared.clone(), |_| None, |_| true)), @r#"apply [] hold ["suspension as shared_email"] rejected [] waiting [] alarm shared_email"#);
    insta::assert_snapshot!(shown(&guard(shared, |_| Some(Ruling::Approved), |_| true)), @"apply [Suspension] hold [] rejected [] waiting [] alarm none");
}

#[test]
fn what_needs_a_held_link_waits_for_it() {
    let policy = Policy { adopt: Adopt::Automatic, ..Policy::default() };
    let mut changed = person();
    changed.job_title = text("Engineer");
    let plan = planned(&wanted(changed), &directory(&[unlinked()]), &policy);
    let full = |kind| kind != ChangeKind::Link;
    insta::assert_snapshot!(shown(&guard(plan.clone(), |_| None, full)), @r#"apply [] hold ["link as limit"] rejected [] waiting [Update] alarm none"#);
    insta::assert_snapshot!(shown(&guard(plan, |_| None, |_| true)), @"apply [Link, Update] hold [] rejected [] waiting [] alarm none");
    let plan = planned(&wanted(leaver()), &directory(&[unlinked()]), &policy);
    insta::assert_snapshot!(shown(&guard(plan, |_| None, full)), @r#"apply [] hold ["link as limit", "suspension as limit"] rejected [] waiting [] alarm limit"#);
}

#[test]
fn a_limit_is_the_larger_of_both() {
    let limit = Limit { count: 3, percent: 5.0 };
    assert_eq!([0, 60, 79, 80, 1000].map(|linked| limit.allowed(linked)), [3, 3, 3, 4, 50]);
    assert_eq!(Limit { count: 1, percent: f64::NAN }.allowed(1000), 1);
    assert_eq!(Limit { count: 1, percent: -5.0 }.allowed(1000), 1);
    let limits = Limits::default();
    assert_eq!(limits.allowed(ChangeKind::Suspension, 10), Some(3));
    assert_eq!(limits.allowed(ChangeKind::Update, 10), None);
}

#[test]
fn a_fingerprint_lasts_as_long_as_both_values_do() {
    let print = |plan: &Plan| plan.steps[0].fingerprint(&profile("p1"));
    let later =
        provisioning::Stamp { now: "2026-11-24T12:00:00Z".parse().unwrap(), ..crate::support::stamp() };
    let again = provisioning::plan(&wanted(leaver()), &directory(&[account()]), &Policy::default(), &later);
    assert_eq!(print(&suspension()), print(&again), "the time and the run of the plan do not matter");
    let mut other = wanted(person());
    other.person.as_mut().unwrap().work_email = provisioning::EmailState::parse(Some("third@example.com"));
    let account = Account { email: "old@example.com".to_owned(), ..account() };
    let third = planned(&other, &directory(std::slice::from_ref(&account)), &Policy::default());
    assert_ne!(print(&email_change()), print(&third));
    let apply = Policy { email_change: provisioning::EmailChange::Apply, ..Policy::default() };
    let unheld = planned(&wanted(person()), &directory(&[account]), &apply);
    assert_eq!(print(&email_change()), print(&unheld), "a rejection outlives a change of the configuration");
    assert_eq!(email_change().steps[0].hold, Some(HoldKind::EmailChange));
}
