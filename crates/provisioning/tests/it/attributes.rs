//! Each row of the design's table of attributes, and each policy.

use std::collections::BTreeMap;

use provisioning::{
    Account, Attribute, AttributePolicy, Change, CreateState, EmailChange, EmailState, Employment, LinkField,
    Names, Person, Policy, Status, Text,
};

use crate::support::{account, directory, employment, person, planned, shown, shown_with, text, wanted};

fn with(attribute: Attribute, policy: AttributePolicy) -> Policy {
    Policy { attributes: BTreeMap::from([(attribute, policy)]), ..Policy::default() }
}

/// Everything Deel can have.
fn full() -> Person {
    Person {
        job_title: text("Engineer"),
        department: text("R&D"),
        location: text("Madrid"),
        team: text("Core"),
        worker_type: text("direct_employee"),
        entity: text("Example S.L."),
        ..person()
    }
}

fn new_account(person: Person, policy: &Policy) -> provisioning::NewAccount {
    let plan = planned(&wanted(person), &directory(&[]), policy);
    match plan.steps.into_iter().next().map(|step| step.change) {
        Some(Change::Create(new)) => new,
        other => panic!("no creation: {other:?}"),
    }
}

#[test]
fn the_whole_map_at_creation() {
    insta::assert_snapshot!(shown(&wanted(full()), &[]), @r#"
    person p1: active
      create alpha.zed <alpha.zed@example.com>, STAGED, link p1
        firstname: "Alpha"
        lastname: "Zed"
        displayname: "Alpha Zed"
        jobTitle: "Engineer"
        department: "R&D"
        location: "Madrid"
        costCenter: "Core"
        employeeType: "direct_employee"
        company: "Example S.L."
        because: no account has this link or email
    "#);
}

#[test]
fn the_whole_map_on_a_linked_account() {
    insta::assert_snapshot!(shown(&wanted(full()), &[account()]), @r#"
    person p1, account a1: active
      update
        jobTitle: "" -> "Engineer"
        department: "" -> "R&D"
        location: "" -> "Madrid"
        costCenter: "" -> "Core"
        employeeType: "" -> "direct_employee"
        company: "" -> "Example S.L."
        because: Deel has other values
    "#);
}

#[test]
fn email_is_the_work_email_compared_without_case_and_a_change_is_held() {
    let renamed = Person { work_email: EmailState::parse(Some("Alpha.Married@Example.com")), ..person() };
    insta::assert_snapshot!(shown(&wanted(renamed.clone()), &[account()]), @r#"
    person p1, account a1: active
      held as email_change: change email "alpha.zed@example.com" -> "alpha.married@example.com"
        because: Deel has another work email
    "#);
    let apply = Policy { email_change: EmailChange::Apply, ..Policy::default() };
    insta::assert_snapshot!(shown_with(&wanted(renamed.clone()), &[account()], &apply), @r#"
    person p1, account a1: active
      change email "alpha.zed@example.com" -> "alpha.married@example.com"
        because: Deel has another work email
    "#);
    let report = with(Attribute::Email, AttributePolicy::Report);
    insta::assert_snapshot!(shown_with(&wanted(renamed.clone()), &[account()], &report), @r#"
    person p1, account a1: active
      in sync
      differs: email "alpha.zed@example.com" -> "alpha.married@example.com"
    "#);
    let off = with(Attribute::Email, AttributePolicy::Off);
    insta::assert_snapshot!(shown_with(&wanted(renamed.clone()), &[account()], &off), @r"
    person p1, account a1: active
      in sync
    ");
    let initial = with(Attribute::Email, AttributePolicy::Initial);
    insta::assert_snapshot!(shown_with(&wanted(renamed), &[account()], &initial), @r"
    person p1, account a1: active
      in sync
    ");
}

#[test]
fn a_missing_or_unreadable_work_email_changes_no_email_and_stops_nothing_else() {
    let mut person = Person { job_title: text("Engineer"), work_email: EmailState::Absent, ..person() };
    insta::assert_snapshot!(shown(&wanted(person.clone()), &[account()]), @r#"
    person p1, account a1: active
      update
        jobTitle: "" -> "Engineer"
        because: Deel has other values
      note: Deel has no work email; the account keeps its own
    "#);
    person.work_email = EmailState::parse(Some(&format!("{}@example.com", "a".repeat(2000))));
    insta::assert_snapshot!(shown(&wanted(person), &[account()]), @r#"
    person p1, account a1: active
      update
        jobTitle: "" -> "Engineer"
        because: Deel has other values
      note: the work email in Deel is longer than 1024 characters, JumpCloud's limit; the account keeps its own
    "#);
}

#[test]
fn the_username_is_set_once() {
    let other = Account { username: "someone.else".to_owned(), ..account() };
    insta::assert_snapshot!(shown(&wanted(person()), &[other]), @r"
    person p1, account a1: active
      in sync
    ");
}

#[test]
fn a_taken_username_gets_a_number_suspended_accounts_and_case_included() {
    let mut actual = directory(&[]);
    actual.taken_usernames = ["alpha.zed", "alpha.zed1", "alpha.zed3"].map(str::to_owned).into();
    let plan = planned(&wanted(person()), &actual, &Policy::default());
    insta::assert_snapshot!(plan.to_string().lines().nth(1).unwrap(), @"  create alpha.zed2 <alpha.zed@example.com>, STAGED, link p1");
}

#[test]
fn first_and_last_name_are_the_legal_or_the_preferred_ones() {
    let mut person = person();
    person.preferred_first_name = text("Al");
    insta::assert_snapshot!(shown(&wanted(person.clone()), &[account()]), @r"
    person p1, account a1: active
      in sync
    ");
    let preferred = Policy { names: Names::Preferred, ..Policy::default() };
    insta::assert_snapshot!(shown_with(&wanted(person), &[account()], &preferred), @r#"
    person p1, account a1: active
      update
        firstname: "Alpha" -> "Al"
        because: Deel has other values
    "#);
}

#[test]
fn displayname_is_the_full_name_or_built_from_the_parts() {
    let mut person = person();
    person.full_name = text("Alpha Q. Zed");
    insta::assert_snapshot!(shown(&wanted(person.clone()), &[account()]), @r#"
    person p1, account a1: active
      update
        displayname: "Alpha Zed" -> "Alpha Q. Zed"
        because: Deel has other values
    "#);
    person.full_name = None;
    insta::assert_snapshot!(shown(&wanted(person), &[account()]), @r"
    person p1, account a1: active
      in sync
    ");
}

#[test]
fn a_mononym_and_a_full_name_alone_make_an_account() {
    let mononym = Person { first_name: None, last_name: text("Cher"), full_name: None, ..person() };
    insta::assert_snapshot!(shown(&wanted(mononym), &[]), @r#"
    person p1: active
      create cher <alpha.zed@example.com>, STAGED, link p1
        lastname: "Cher"
        displayname: "Cher"
        because: no account has this link or email
    "#);
    let whole = Person { first_name: None, last_name: None, full_name: text("Tom van Hanks"), ..person() };
    insta::assert_snapshot!(shown(&wanted(whole), &[]), @r#"
    person p1: active
      create tomvanhanks <alpha.zed@example.com>, STAGED, link p1
        firstname: "Tom van Hanks"
        displayname: "Tom van Hanks"
        because: no account has this link or email
    "#);
    let symbols = Person { first_name: text("☃"), last_name: text("!!"), full_name: None, ..person() };
    insta::assert_snapshot!(shown(&wanted(symbols), &[]), @r"
    person p1: active
      skipped: no letter of this person's name can be written in a username; create the account by hand
    ");
    let nameless = Person { first_name: None, last_name: text(" "), full_name: None, ..person() };
    insta::assert_snapshot!(shown(&wanted(nameless), &[]), @r"
    person p1: active
      skipped: Deel has no name for this person; give them one in Deel
    ");
}

#[test]
fn a_new_account_is_staged_or_activated_as_configured() {
    assert_eq!(new_account(person(), &Policy::default()).state.as_str(), "STAGED");
    let in_use = Policy { create_state: CreateState::Activated, ..Policy::default() };
    assert_eq!(new_account(person(), &in_use).state.as_str(), "ACTIVATED");
    let early = Person { status: Status::Onboarding, ..person() };
    assert_eq!(new_account(early, &in_use).state.as_str(), "STAGED");
}

#[test]
fn each_remaining_row_writes_its_own_field() {
    type Field = fn(&mut Person) -> &mut Option<Text>;
    let rows: [(Attribute, Field); 6] = [
        (Attribute::JobTitle, |p| &mut p.job_title),
        (Attribute::Department, |p| &mut p.department),
        (Attribute::Location, |p| &mut p.location),
        (Attribute::CostCenter, |p| &mut p.team),
        (Attribute::EmployeeType, |p| &mut p.worker_type),
        (Attribute::Company, |p| &mut p.entity),
    ];
    for (attribute, field) in rows {
        let mut person = person();
        *field(&mut person) = text(" New\u{7} value ");
        let plan = planned(&wanted(person), &directory(&[account()]), &Policy::default());
        let [step] = &plan.steps[..] else { panic!("{plan}") };
        let Change::Update(changes) = &step.change else { panic!("{plan}") };
        assert_eq!(changes.keys().collect::<Vec<_>>(), [&attribute]);
        assert_eq!(changes[&attribute].after, "New  value");
    }
}

#[test]
fn a_worker_type_is_as_deel_spells_it_unless_renamed() {
    let mut policy = Policy::default();
    assert_eq!(new_account(full(), &policy).values[&Attribute::EmployeeType], "direct_employee");
    policy.worker_type_names.insert("direct_employee".to_owned(), "Employee".to_owned());
    assert_eq!(new_account(full(), &policy).values[&Attribute::EmployeeType], "Employee");
}

#[test]
fn the_profile_id_is_the_link_in_employee_identifier_or_a_custom_attribute() {
    let unlinked = Account { link: None, restricted: ["employeeIdentifier".to_owned()].into(), ..account() };
    insta::assert_snapshot!(shown(&wanted(person()), std::slice::from_ref(&unlinked)), @r"
    person p1, account a1: active
      held as restricted: nothing can be done from here
        because: another authority owns the field employeeIdentifier
    ");
    let custom = Policy { link: LinkField::CustomAttribute("deelId".to_owned()), ..Policy::default() };
    insta::assert_snapshot!(shown_with(&wanted(person()), &[unlinked], &custom), @r#"
    person p1, account a1: active
      held as adoption: link "" -> "p1"
        because: exactly one account has this email, and it is not linked
    "#);
}

#[test]
fn each_policy_on_a_value_that_differs() {
    let person = Person { job_title: text("Engineer"), ..person() };
    let mut account = account();
    account.values.insert(Attribute::JobTitle, "Intern".to_owned());
    let shown = |policy| {
        let policy = with(Attribute::JobTitle, policy);
        shown_with(&wanted(person.clone()), std::slice::from_ref(&account), &policy)
    };
    insta::assert_snapshot!(shown(AttributePolicy::Enforce), @r#"
    person p1, account a1: active
      update
        jobTitle: "Intern" -> "Engineer"
        because: Deel has other values
    "#);
    insta::assert_snapshot!(shown(AttributePolicy::EnforceAndClear), @r#"
    person p1, account a1: active
      update
        jobTitle: "Intern" -> "Engineer"
        because: Deel has other values
    "#);
    insta::assert_snapshot!(shown(AttributePolicy::Initial), @r"
    person p1, account a1: active
      in sync
    ");
    insta::assert_snapshot!(shown(AttributePolicy::Report), @r#"
    person p1, account a1: active
      in sync
      differs: jobTitle "Intern" -> "Engineer"
    "#);
    insta::assert_snapshot!(shown(AttributePolicy::Off), @r"
    person p1, account a1: active
      in sync
    ");
}

#[test]
fn each_policy_on_an_empty_deel_value() {
    let mut account = account();
    account.values.insert(Attribute::JobTitle, "Intern".to_owned());
    let shown = |policy| {
        let policy = with(Attribute::JobTitle, policy);
        shown_with(&wanted(person()), std::slice::from_ref(&account), &policy)
    };
    insta::assert_snapshot!(shown(AttributePolicy::Enforce), @r"
    person p1, account a1: active
      in sync
    ");
    insta::assert_snapshot!(shown(AttributePolicy::EnforceAndClear), @r#"
    person p1, account a1: active
      update
        jobTitle: "Intern" -> ""
        because: Deel has other values
    "#);
    insta::assert_snapshot!(shown(AttributePolicy::Initial), @r"
    person p1, account a1: active
      in sync
    ");
    insta::assert_snapshot!(shown(AttributePolicy::Report), @r"
    person p1, account a1: active
      in sync
    ");
    insta::assert_snapshot!(shown(AttributePolicy::Off), @r"
    person p1, account a1: active
      in sync
    ");
}

#[test]
fn each_policy_at_creation() {
    let written = |policy| {
        let policy = with(Attribute::JobTitle, policy);
        new_account(full(), &policy).values.contains_key(&Attribute::JobTitle)
    };
    assert!(written(AttributePolicy::Enforce));
    assert!(written(AttributePolicy::EnforceAndClear));
    assert!(written(AttributePolicy::Initial));
    assert!(!written(AttributePolicy::Report));
    assert!(!written(AttributePolicy::Off));
}

#[test]
fn a_restricted_field_is_left_alone_and_the_rest_is_synced() {
    let account = Account { restricted: ["jobTitle".to_owned(), "email".to_owned()].into(), ..account() };
    let person = Person { work_email: EmailState::parse(Some("new@example.com")), ..full() };
    insta::assert_snapshot!(shown(&wanted(person), &[account]), @r#"
    person p1, account a1: active
      update
        department: "" -> "R&D"
        location: "" -> "Madrid"
        costCenter: "" -> "Core"
        employeeType: "" -> "direct_employee"
        company: "" -> "Example S.L."
        because: Deel has other values
      note: email differs, but another authority owns it
      note: jobTitle differs, but another authority owns it
    "#);
}

#[test]
fn what_only_employments_carry_comes_from_the_running_one_and_the_plan_names_it() {
    let job = |id, start, title| Employment { job_title: text(title), ..employment(id, start, Some(false)) };
    let ended = Employment { ended: Some(true), ..job("c0", "2026-06-01", "Former") };
    let employments = vec![job("c3", "2025-01-01", "Lead"), ended, job("c2", "2025-01-01", "Engineer")];
    let mut person = Person { employments, ..person() };
    insta::assert_snapshot!(shown(&wanted(person.clone()), &[account()]), @r#"
    person p1, account a1: active
      update
        jobTitle: "" -> "Engineer"
        because: Deel has other values
      note: jobTitle from employment c2
    "#);
    person.job_title = text("Director");
    insta::assert_snapshot!(shown(&wanted(person), &[account()]), @r#"
    person p1, account a1: active
      update
        jobTitle: "" -> "Director"
        because: Deel has other values
    "#);
}

#[test]
fn a_value_jumpcloud_pads_is_not_corrected_for_ever() {
    let mut account = account();
    account.values.insert(Attribute::Firstname, " Alpha ".to_owned());
    insta::assert_snapshot!(shown(&wanted(person()), &[account]), @r"
    person p1, account a1: active
      in sync
    ");
}
