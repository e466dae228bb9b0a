//! What an organization adds: composed values, custom attributes, managers, and groups by rule.

use std::collections::BTreeMap;

use provisioning::{
    Account, Actual, Attribute, AttributePolicy, Change, ChangeKind, CustomName, Desired, GroupId, GroupRule,
    Membership, Person, Plan, Policy, Template, Violation, check,
};

use crate::support::{
    account, account_id, directory, leaver, person, planned, profile, shown_with, stamp, text, wanted,
};

fn attribute(name: &str) -> Attribute {
    name.parse().unwrap()
}

fn composed(name: &str, template: &str) -> Policy {
    let template = Template::parse(template).unwrap();
    Policy { templates: BTreeMap::from([(attribute(name), template)]), ..Policy::default() }
}

fn group(id: &str) -> GroupId {
    GroupId::parse(id).unwrap()
}

/// Engineering for the department of that name; Berlin for Germany and direct employees.
fn groups() -> Policy {
    let rule = |name: &str| GroupRule { name: name.to_owned(), ..GroupRule::default() };
    let engineering = GroupRule { department: text("Engineering"), ..rule("Engineering") };
    let berlin = GroupRule { country: text("DE"), worker_type: text("direct_employee"), ..rule("Berlin") };
    Policy { groups: vec![engineering, berlin], ..Policy::default() }
}

fn in_groups(accounts: &[Account], member_of: &[&str]) -> Actual {
    let groups = [("Engineering", "g1"), ("Berlin", "g2")];
    let membership = Membership {
        groups: groups.map(|(name, id)| (name.to_owned(), group(id))).into(),
        member_of: member_of.iter().map(|id| group(id)).collect(),
    };
    Actual { membership: Some(membership), ..directory(accounts) }
}

fn engineer() -> Person {
    Person { department: text("engineering "), country: text("FR"), worker_type: text("eor"), ..person() }
}

fn in_step(person: &Person) -> Account {
    let mut account = account();
    account.values.extend(provisioning::desired_values(person, &Policy::default()));
    account
}

fn groups_shown(person: Person, member_of: &[&str]) -> String {
    let actual = in_groups(&[in_step(&person)], member_of);
    planned(&wanted(person), &actual, &groups()).to_string()
}

#[test]
fn a_template_composes_a_value_at_creation_and_later() {
    let policy = composed("displayname", "{{ last_name|upper }}, {{ first_name }}");
    insta::assert_snapshot!(shown_with(&wanted(person()), &[account()], &policy), @r#"
    person p1, account a1: active
      update
        displayname: "Alpha Zed" -> "ZED, Alpha"
        because: Deel has other values
    "#);
    insta::assert_snapshot!(shown_with(&wanted(person()), &[], &policy), @r#"
    person p1: active
      create alpha.zed <alpha.zed@example.com>, STAGED, link p1
        firstname: "Alpha"
        lastname: "Zed"
        displayname: "ZED, Alpha"
        because: no account has this link or email
    "#);
}

#[test]
fn a_template_that_gives_no_value_leaves_the_attribute_alone() {
    let policy = composed("displayname", "{{ first_name }} ({{ team }})");
    insta::assert_snapshot!(shown_with(&wanted(person()), &[account()], &policy), @r"
    person p1, account a1: active
      in sync
      note: displayname is left alone: Deel has no value for something in its template
    ");
    let clearing = Policy {
        attributes: BTreeMap::from([(Attribute::Displayname, AttributePolicy::EnforceAndClear)]),
        ..policy
    };
    assert!(planned(&wanted(person()), &directory(&[account()]), &clearing).is_empty());
    insta::assert_snapshot!(shown_with(&wanted(person()), &[], &clearing), @r#"
    person p1: active
      create alpha.zed <alpha.zed@example.com>, STAGED, link p1
        firstname: "Alpha"
        lastname: "Zed"
        because: no account has this link or email
      note: displayname is left alone: Deel has no value for something in its template
    "#);
}

#[test]
fn custom_attributes_come_from_custom_fields_and_templates() {
    let size = CustomName::parse("shirtSize").unwrap();
    let policy = Policy {
        custom: BTreeMap::from([(size, "T-shirt size".to_owned())]),
        ..composed("custom.badge", "B-{{ custom['T-shirt size'] }}")
    };
    let fields = |value: &str| Some(BTreeMap::from([("T-shirt size".to_owned(), value.to_owned())]));
    let sized = Person { custom: fields("M"), ..person() };
    insta::assert_snapshot!(shown_with(&wanted(sized.clone()), &[account()], &policy), @r#"
    person p1, account a1: active
      update
        custom.badge: "" -> "B-M"
        custom.shirtSize: "" -> "M"
        because: Deel has other values
    "#);
    let mut account = account();
    account.values.insert(Attribute::Custom(size), "M".to_owned());
    account.values.insert(attribute("custom.badge"), "B-M".to_owned());
    insta::assert_snapshot!(shown_with(&wanted(sized), &[account.clone()], &policy), @r"
    person p1, account a1: active
      in sync
    ");
    // None sent is not none there.
    let clear = BTreeMap::from([(Attribute::Custom(size), AttributePolicy::EnforceAndClear)]);
    let clearing = Policy { attributes: clear, ..policy };
    insta::assert_snapshot!(shown_with(&wanted(person()), &[account.clone()], &clearing), @r"
    person p1, account a1: active
      in sync
      note: custom.badge is left alone: Deel has no value for something in its template
      note: custom attributes are left alone: Deel did not send custom fields
    ");
    let empty = Person { custom: Some(BTreeMap::new()), ..person() };
    insta::assert_snapshot!(shown_with(&wanted(empty), &[account.clone()], &clearing), @r#"
    person p1, account a1: active
      update
        custom.shirtSize: "M" -> ""
        because: Deel has other values
      note: custom.badge is left alone: Deel has no value for something in its template
    "#);
    // Custom attributes are one field for whoever restricts it.
    account.restricted = ["attributes".to_owned()].into();
    let sized = Person { custom: fields("L"), ..person() };
    insta::assert_snapshot!(shown_with(&wanted(sized), &[account], &clearing), @r"
    person p1, account a1: active
      in sync
      note: custom.badge differs, but another authority owns it
      note: custom.shirtSize differs, but another authority owns it
    ");
}

#[test]
fn the_manager_is_kept_only_where_configured_and_once_there_is_an_account() {
    let led = Person { manager: Some(profile("m1")), ..person() };
    let known = Desired { manager: Some(account_id("a7")), ..wanted(led.clone()) };
    let on =
        |policy| Policy { attributes: BTreeMap::from([(Attribute::Manager, policy)]), ..Policy::default() };
    let enforce = on(AttributePolicy::Enforce);
    assert!(planned(&known, &directory(&[account()]), &Policy::default()).is_empty());
    insta::assert_snapshot!(shown_with(&known, &[account()], &enforce), @r#"
    person p1, account a1: active
      update
        manager: "" -> "a7"
        because: Deel has other values
    "#);
    insta::assert_snapshot!(shown_with(&wanted(led), &[account()], &enforce), @r"
    person p1, account a1: active
      in sync
      note: manager is left alone: no account of m1 is known yet
    ");
    let own = Person { manager: Some(profile("p1")), ..person() };
    insta::assert_snapshot!(shown_with(&wanted(own), &[account()], &enforce), @r"
    person p1, account a1: active
      in sync
      note: manager is left alone: Deel names the person as their own manager
    ");
    let mut led_before = account();
    led_before.values.insert(Attribute::Manager, "a7".to_owned());
    assert!(planned(&wanted(person()), &directory(&[led_before.clone()]), &enforce).is_empty());
    let clearing = on(AttributePolicy::EnforceAndClear);
    insta::assert_snapshot!(shown_with(&wanted(person()), &[led_before], &clearing), @r#"
    person p1, account a1: active
      update
        manager: "a7" -> ""
        because: Deel has other values
    "#);
}

#[test]
fn memberships_follow_the_rules() {
    insta::assert_snapshot!(groups_shown(engineer(), &["g2", "g9"]), @r#"
    person p1, account a1: active
      add to group "Engineering" (g1)
        because: a rule of the configuration puts the person there
      remove from group "Berlin" (g2)
        because: no rule of the configuration puts the person there
    "#);
    insta::assert_snapshot!(groups_shown(engineer(), &["g1"]), @r"
    person p1, account a1: active
      in sync
    ");
    let german = Person { country: text("de"), worker_type: text("Direct_Employee"), ..engineer() };
    insta::assert_snapshot!(groups_shown(german, &[]), @r#"
    person p1, account a1: active
      add to group "Engineering" (g1)
        because: a rule of the configuration puts the person there
      add to group "Berlin" (g2)
        because: a rule of the configuration puts the person there
    "#);
}

#[test]
fn what_deel_does_not_say_neither_adds_nor_removes() {
    let unknown = Person { department: None, ..engineer() };
    insta::assert_snapshot!(groups_shown(unknown, &["g1"]), @r#"
    person p1, account a1: active
      in sync
      note: group "Engineering" is left as it is: Deel has no value for a condition of its rule
    "#);
}

#[test]
fn a_new_account_joins_its_groups_once_it_is_there() {
    let actual = in_groups(&[], &[]);
    let plan = planned(&wanted(engineer()), &actual, &groups());
    let steps: Vec<_> = plan.steps.iter().map(|step| (step.change.kind(), step.needs)).collect();
    assert_eq!(steps, [(ChangeKind::Creation, None), (ChangeKind::GroupAdd, Some(ChangeKind::Creation))]);
}

#[test]
fn nobody_looked_a_leaver_a_protected_account_and_an_unknown_group_are_left_alone() {
    let policy = groups();
    let account = in_step(&engineer());
    let kinds = |plan: &Plan| plan.steps.iter().map(|step| step.change.kind()).collect::<Vec<_>>();
    assert!(planned(&wanted(engineer()), &directory(std::slice::from_ref(&account)), &policy).is_empty());
    let left = planned(&wanted(leaver()), &in_groups(std::slice::from_ref(&account), &["g1"]), &policy);
    assert_eq!(kinds(&left), [ChangeKind::Suspension]);
    let admin = Account { admin: true, ..account.clone() };
    assert!(planned(&wanted(engineer()), &in_groups(&[admin], &["g2"]), &policy).is_empty());
    let nowhere = Actual { membership: Some(Membership::default()), ..directory(&[account]) };
    insta::assert_snapshot!(planned(&wanted(engineer()), &nowhere, &policy), @r#"
    person p1, account a1: active
      in sync
      note: group "Berlin" is left alone: JumpCloud has none, several, or a dynamic one of that name
      note: group "Engineering" is left alone: JumpCloud has none, several, or a dynamic one of that name
    "#);
}

#[test]
fn the_checker_knows_the_rules_too() {
    let actual = in_groups(&[in_step(&engineer())], &["g1"]);
    let desired = wanted(engineer());
    let broken = |change: Change, policy: &Policy, actual: &Actual| {
        let mut plan = provisioning::plan(&desired, actual, policy, &stamp());
        plan.steps = vec![provisioning::Step {
            account: Some(account_id("a1")),
            change,
            hold: None,
            needs: None,
            past_guard: false,
            why: provisioning::Why::GroupRules,
        }];
        check(&plan, &desired, actual, policy, stamp().now).err().unwrap_or_default()
    };
    let one = |id: &str, name: &str| BTreeMap::from([(group(id), name.to_owned())]);
    let policy = groups();
    let against = vec![Violation::GroupAgainstRules];
    assert_eq!(broken(Change::GroupRemove(one("g1", "Engineering")), &policy, &actual), against);
    assert_eq!(broken(Change::GroupAdd(one("g2", "Berlin")), &policy, &actual), against);
    assert_eq!(broken(Change::GroupAdd(one("g1", "Engineering")), &policy, &actual), against);
    let other = broken(Change::GroupAdd(one("g9", "Admins")), &policy, &actual);
    assert!(other.contains(&Violation::GroupNotOurs), "{other:?}");
    let unseen = directory(&[in_step(&engineer())]);
    assert_eq!(broken(Change::GroupAdd(one("g1", "Engineering")), &policy, &unseen), against);
    assert_eq!(broken(Change::GroupAdd(BTreeMap::new()), &policy, &actual), [Violation::EmptyUpdate]);
    let to = |id: &str| provisioning::FieldChange { before: None, after: id.to_owned() };
    let manager = Change::Update(BTreeMap::from([(Attribute::Manager, to("a9"))]));
    let on = BTreeMap::from([(Attribute::Manager, AttributePolicy::Enforce)]);
    let policy = Policy { attributes: on, ..policy };
    assert_eq!(broken(manager, &policy, &actual), [Violation::WrongManager]);
}
