//! Everyone at once: the same as one by one, whatever the order, and nothing to two people.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use provisioning::{
    Account, AccountState, Actual, Attribute, AttributePolicy, Census, Change, Claimant, Desired, EmailState,
    Everyone, Evidence, HoldKind, KeptBy, Limits, OperatorOrder, Person, Plan, Policy, ProfileId, Refusal,
    Scope, SkipReason, Standing, Status, apply_steps, check, claims_email, lifecycle, plan, plan_all, refuse,
};

use crate::support::{account, account_id, leaver, person, profile, stamp, text};
use crate::world;

fn everybody() -> impl Strategy<Value = (Census, Policy)> {
    let person = |id| world::person(id).boxed();
    let people = (person("p1"), person("p2"), person("p3"), person("p4"));
    let rarely = || proptest::bool::weighted(0.1);
    let flags = (rarely(), rarely(), rarely(), rarely());
    (people, world::directory().boxed(), world::policy().boxed(), flags, 1_usize..=4).prop_map(
        |(people, accounts, policy, (ordered, released, excluded, remembered), count)| {
            let mut people = vec![people.0, people.1, people.2, people.3];
            people.truncate(count);
            let order = OperatorOrder { at: "2026-11-20T10:00:00Z".parse().unwrap(), hold: "h1".to_owned() };
            let remembered = remembered.then(|| (profile("p2"), account_id("old")));
            let census = Census {
                people,
                accounts,
                orders: ordered.then(|| (profile("p1"), order)).into_iter().collect(),
                released: released.then(|| profile("p1")).into_iter().collect(),
                excluded: excluded.then(|| profile("p2")).into_iter().collect(),
                remembered: remembered.into_iter().collect(),
                ..Census::default()
            };
            (census, policy)
        },
    )
}

fn planned(census: &Census, policy: &Policy) -> Everyone {
    plan_all(census, policy, &stamp())
}

fn of<'e>(everyone: &'e Everyone, id: &str) -> Option<&'e Plan> {
    everyone.plans.iter().map(|person| &person.plan).find(|plan| plan.subject.as_str() == id)
}

fn same_email<'c>(census: &'c Census, person: &Person, email: &'c str) -> impl Iterator<Item = &'c Person> {
    let id = person.id.clone();
    let has = move |other: &&Person| other.work_email.present().is_some_and(|work| work.is_same(email));
    census.people.iter().filter(has).filter(move |other| other.id != id)
}

/// What a careful shell finds for one person of the census, and the plan made of it.
fn alone(
    census: &Census,
    policy: &Policy,
    person: &Person,
    given: &BTreeSet<String>,
) -> (Desired, Actual, Plan) {
    let mut actual = world::observed(&census.accounts, &person.id, Some(person));
    actual.taken_usernames.extend(given.iter().cloned());
    let could_be_meant = |other: &Person| {
        let ordered = census.orders.contains_key(&other.id);
        let active = match lifecycle(other, policy, stamp().now).standing {
            _ if ordered => true,
            Standing::Undecided(_) => return None,
            standing => matches!(standing, Standing::Active { .. } | Standing::NotStarted { .. }),
        };
        let counts = policy.scope.includes(other) && !census.excluded.contains(&other.id);
        counts.then(|| Claimant { id: other.id.clone(), active })
    };
    let mut shared: Vec<_> = match person.work_email.present() {
        Some(email) if actual.linked.is_empty() => {
            same_email(census, person, email.as_str()).filter_map(could_be_meant).collect()
        }
        _ => Vec::new(),
    };
    shared.sort();
    let none_yet = actual.linked.is_empty() && actual.by_email.is_empty();
    let mut desired = Desired {
        order: census.orders.get(&person.id).cloned(),
        operator_released: census.released.contains(&person.id),
        excluded: census.excluded.contains(&person.id),
        remembered: census.remembered.get(&person.id).filter(|_| none_yet).cloned(),
        same_email: shared,
        ..Desired::of(person.clone())
    };
    let mut one = plan(&desired, &actual, policy, &stamp());
    if one.needs_claimants() {
        let accounts: Vec<_> = actual.accounts().collect();
        let account = accounts.iter().find(|account| Some(&account.id) == one.account.as_ref());
        let claim = |o: &Person| Claimant { id: o.id.clone(), active: claims_email(o, policy, stamp().now) };
        let others = account.map(|account| same_email(census, person, &account.email).map(claim).collect());
        desired.email_claimants = Some(others.unwrap_or_default());
        one = plan(&desired, &actual, policy, &stamp());
    }
    (desired, actual, one)
}

fn username(plan: &Plan) -> Option<String> {
    plan.steps.iter().find_map(|step| match &step.change {
        Change::Create(new) => Some(new.username.as_str().to_owned()),
        _ => None,
    })
}

/// The directory after everybody's unheld steps.
fn after(census: &Census, everyone: &Everyone, round: usize) -> Vec<Account> {
    let mut accounts = census.accounts.clone();
    for (i, person) in everyone.plans.iter().enumerate() {
        let actual = Actual { linked: accounts, ..Actual::default() };
        let created = account_id(&format!("new{round}x{i}"));
        accounts = apply_steps(&actual, person.plan.unheld(), &created).linked;
    }
    accounts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn everyone_is_planned_as_one_by_one_and_the_checker_agrees((census, policy) in everybody()) {
        let everyone = planned(&census, &policy);
        let mut given = BTreeSet::new();
        let mut people: Vec<_> = census.people.iter().collect();
        people.sort_by(|a, b| a.id.cmp(&b.id));
        for person in people {
            let (desired, actual, one) = alone(&census, &policy, person, &given);
            given.extend(username(&one));
            match of(&everyone, person.id.as_str()) {
                Some(plan) => prop_assert_eq!(plan, &one, "{}\nalone {}", plan, one),
                None => prop_assert!(
                    one.steps.is_empty() && one.skipped.is_none() && one.next_look.is_none() && one.drift.is_empty(),
                    "{}", one
                ),
            }
            prop_assert_eq!(check(&one, &desired, &actual, &policy, stamp().now), Ok(()), "{}", one);
        }
        prop_assert_eq!(everyone.plans.len() as u64 + everyone.in_sync, census.people.len() as u64);
    }

    #[test]
    fn the_order_of_the_lists_does_not_matter((census, policy) in everybody(), turn in 0_usize..4) {
        let mut other = census.clone();
        other.people.reverse();
        other.accounts.reverse();
        let (people, accounts) = (other.people.len(), other.accounts.len().max(1));
        other.people.rotate_left(turn % people);
        other.accounts.rotate_left(turn % accounts);
        prop_assert_eq!(planned(&census, &policy), planned(&other, &policy));
    }

    #[test]
    fn two_people_never_get_one_account_or_one_username((census, policy) in everybody()) {
        let everyone = planned(&census, &policy);
        let mut names: BTreeSet<String> = census.accounts.iter().map(|a| a.username.to_lowercase()).collect();
        let mut touched = BTreeMap::new();
        for plan in everyone.plans.iter().map(|person| &person.plan) {
            if let Some(name) = username(plan) {
                prop_assert!(names.insert(name), "{}", plan);
            }
            for account in plan.unheld().filter_map(|step| step.account.as_ref()) {
                let before = touched.insert(account, &plan.subject);
                prop_assert!(before.is_none_or(|before| before == &plan.subject), "{}", plan);
            }
        }
    }

    #[test]
    fn nothing_is_deleted_nobody_is_renamed_and_in_the_end_nothing_is_left_to_do((census, policy) in everybody()) {
        let mut census = census;
        for round in 0.. {
            let everyone = planned(&census, &policy);
            if everyone.plans.iter().all(|person| person.plan.unheld().next().is_none()) {
                break;
            }
            // An address that one gives up is free for another in the next round.
            prop_assert!(round <= census.people.len(), "{:?}", everyone);
            let accounts = after(&census, &everyone, round);
            for before in &census.accounts {
                let now = accounts.iter().find(|account| account.id == before.id);
                prop_assert_eq!(now.map(|account| &account.username), Some(&before.username));
            }
            census.accounts = accounts;
        }
    }

    #[test]
    fn who_is_absent_or_out_of_scope_is_never_suspended((census, policy) in everybody()) {
        let everyone = planned(&census, &policy);
        let known: BTreeSet<&ProfileId> = census.people.iter().map(|person| &person.id).collect();
        for plan in everyone.plans.iter().map(|person| &person.plan) {
            let person = census.people.iter().find(|person| person.id == plan.subject).unwrap();
            let by_deel = |step: &&provisioning::Step| {
                matches!(&step.change, Change::Suspend { evidence: Evidence::Deel { .. } | Evidence::Gone, .. })
            };
            let allowed = policy.scope.includes(person) && !census.excluded.contains(&person.id);
            prop_assert!(allowed || !plan.steps.iter().any(|step| by_deel(&step)), "{}", plan);
        }
        for gone in &everyone.gone {
            prop_assert!(!known.contains(&gone.person) && !everyone.plans.iter().any(|p| p.plan.subject == gone.person));
        }
    }
}

fn company(count: usize) -> Census {
    let mut census = Census::default();
    for i in 0..count {
        let mut one = person();
        one.id = profile(&format!("p{i}"));
        one.work_email = EmailState::parse(Some(&format!("p{i}@example.com")));
        let id = account_id(&format!("a{i}"));
        let (email, link) = (format!("p{i}@example.com"), Some(format!("p{i}")));
        census.accounts.push(Account { id, username: format!("u{i}"), email, link, ..account() });
        census.people.push(one);
    }
    census
}

fn leaves(person: &mut Person) {
    person.status = Status::Inactive;
    person.employments = leaver().employments;
}

fn refused(census: &Census) -> String {
    let everyone = planned(census, &Policy::default());
    refuse(&everyone, &Limits::default()).map_or_else(|| "goes on".to_owned(), |refusal| refusal.to_string())
}

#[test]
fn a_company_in_step_goes_on_and_says_nothing() {
    let census = company(40);
    assert_eq!(refused(&census), "goes on");
    let everyone = planned(&census, &Policy::default());
    assert_eq!((everyone.in_sync, everyone.linked, everyone.plans.len()), (40, 40, 0));
}

#[test]
fn a_list_that_cannot_be_right_is_refused_in_words() {
    let mut nobody = company(12);
    nobody.people.clear();
    insta::assert_snapshot!(refused(&nobody), @"Deel lists nobody, while 12 accounts are linked; check that the token belongs to this organization and may read people");
    let mut half = company(40);
    half.people.truncate(29);
    insta::assert_snapshot!(refused(&half), @"11 of 40 people with linked accounts in use are missing from Deel's list, more than the 10 that can be; check that the token sees every entity and group");
    // Who has no access any more does not count, nor does their number make more of the others tolerable.
    let mut erased = company(40);
    erased.people.truncate(20);
    erased.accounts[20..].iter_mut().for_each(|account| account.state = AccountState::Suspended);
    assert_eq!(refused(&erased), "goes on");
    half.people.extend(company(30).people.pop());
    assert_eq!(refused(&half), "goes on");
    let mut without = company(40);
    without.people.iter_mut().take(11).for_each(|person| person.work_email = EmailState::Absent);
    insta::assert_snapshot!(refused(&without), @"11 of 40 linked people have no work email in Deel any more, more than the 10 that can be; check the work emails in Deel, and that the token may read them");
    let mut all = company(8);
    all.people.iter_mut().for_each(leaves);
    insta::assert_snapshot!(refused(&all), @"all 8 linked accounts in use would be suspended at once, and the limit is 3; check the hiring statuses in Deel, or, if everybody really left, raise limits.suspension");
    // One who stays makes it the guard's business.
    all.people[0] = company(1).people.remove(0);
    assert_eq!(refused(&all), "goes on");
}

/// Leavers' addresses are taken away as a matter of course.
#[test]
fn leavers_without_an_email_do_not_stop_a_run() {
    let mut census = company(40);
    for (person, account) in census.people.iter_mut().zip(&mut census.accounts).take(30) {
        leaves(person);
        person.work_email = EmailState::Absent;
        account.state = AccountState::Suspended;
    }
    assert_eq!(refused(&census), "goes on");
}

#[test]
fn a_plan_of_everyone_is_read_back_as_it_was_stored() {
    let mut census = company(5);
    leaves(&mut census.people[3]);
    census.people[0].job_title = text("Engineer");
    let everyone = planned(&census, &Policy::default());
    assert_eq!(everyone.plans.len(), 2);
    assert_eq!(
        serde_json::from_str::<Everyone>(&serde_json::to_string(&everyone).unwrap()).unwrap(),
        everyone
    );
}

#[test]
fn namesakes_of_one_night_get_names_in_order_of_id() {
    let mut census = company(3);
    census.accounts.clear();
    let names = |census: &Census| -> Vec<_> {
        planned(census, &Policy::default()).plans.iter().filter_map(|person| username(&person.plan)).collect()
    };
    assert_eq!(names(&census), ["alpha.zed", "alpha.zed1", "alpha.zed2"]);
    census.people.reverse();
    assert_eq!(names(&census), ["alpha.zed", "alpha.zed1", "alpha.zed2"]);
}

#[test]
fn one_email_of_two_people_is_nobodys() {
    let mut census = company(2);
    census.accounts.clear();
    census.people[1].work_email = census.people[0].work_email.clone();
    let everyone = planned(&census, &Policy::default());
    let shown: Vec<_> = everyone.plans.iter().map(|person| person.plan.to_string()).collect();
    insta::assert_snapshot!(shown.join("\n"), @r"
    person p0: active
      skipped: p1 has the same work email in Deel; correct one of them
    person p1: active
      skipped: p0 has the same work email in Deel; correct one of them
    ");
    // Who left does not stand in the way of who follows.
    leaves(&mut census.people[1]);
    assert!(of(&planned(&census, &Policy::default()), "p0").is_some_and(|plan| username(plan).is_some()));
    // Of two who left, nobody can tell whose account it is; but it stays in use, and somebody hears of it.
    leaves(&mut census.people[0]);
    census.accounts = vec![Account { link: None, email: "p0@example.com".to_owned(), ..account() }];
    let everyone = planned(&census, &Policy::default());
    insta::assert_snapshot!(of(&everyone, "p1").unwrap(), @r"
    person p1, account a1: left
      skipped: p0 has the same work email in Deel; correct one of them
      ALARM: a leaver keeps access (ambiguous)
    ");
}

#[test]
fn accounts_that_nobody_owns_people_who_are_gone_and_leavers_left_in_are_listed() {
    let mut census = company(4);
    census.people.remove(3);
    leaves(&mut census.people[1]);
    census.accounts[1].admin = true;
    leaves(&mut census.people[2]);
    census.people[2].country = text("US");
    census.accounts.push(Account {
        id: account_id("x"),
        username: "printer".to_owned(),
        link: None,
        email: String::new(),
        ..account()
    });
    let scope = Scope { countries: ["DE".to_owned()].into(), ..Scope::default() };
    census.people[0].country = text("DE");
    census.people[1].country = text("DE");
    let everyone = planned(&census, &Policy { scope, ..Policy::default() });
    assert_eq!(everyone.gone.iter().map(|gone| gone.person.as_str()).collect::<Vec<_>>(), ["p3"]);
    assert_eq!(everyone.unowned.iter().map(|one| one.username.as_str()).collect::<Vec<_>>(), ["printer"]);
    let left: Vec<_> =
        everyone.leavers_active.iter().map(|one| (one.person.as_str(), one.because.clone())).collect();
    let expected =
        [("p1", KeptBy::Hold(HoldKind::Administrator)), ("p2", KeptBy::Skip(SkipReason::OutOfScope))];
    assert_eq!(left, expected);
    assert_eq!(left[1].1.to_string(), "left alone: outside the configured scope; left alone");
    assert_eq!(everyone.linked, 4);
}

/// Deel's ids are UUIDs; a number in the link field is the organization's own.
#[test]
fn a_payroll_number_is_nobody_who_is_gone() {
    let mut census = company(1);
    census.people[0].id = profile("dfd65727-e0f2-4e2e-94e3-91a19962d446");
    census.accounts[0].link = text("4711");
    census.accounts[0].email = "other@example.com".to_owned();
    let everyone = planned(&census, &Policy::default());
    assert_eq!((everyone.gone.len(), everyone.unowned.len(), everyone.linked), (0, 1, 0));
    assert_eq!(refuse(&everyone, &Limits::default()), None::<Refusal>);
}

/// So many that threads share them: who is far apart in the list is still told apart, and counted once.
#[test]
fn many_people_are_planned_as_few_are() {
    let mut census = company(30_000);
    for place in [0, 15_000, 29_999] {
        leaves(&mut census.people[place]);
    }
    for (number, id) in ["h1", "h2", "h3"].into_iter().enumerate() {
        let email = format!("hire{number}@example.com");
        let hire = Person { id: profile(id), work_email: EmailState::parse(Some(&email)), ..person() };
        census.people.insert(number * 15_000, hire);
    }
    let everyone = planned(&census, &Policy::default());
    let left: Vec<_> = everyone.leavers_active.iter().map(|one| one.person.as_str()).collect();
    let suspended = everyone.plans.iter().flat_map(|one| &one.plan.steps);
    let suspended = suspended.filter(|step| matches!(step.change, Change::Suspend { .. })).count();
    assert_eq!((suspended, left), (3, Vec::new()));
    let names: BTreeMap<_, _> = everyone
        .plans
        .iter()
        .filter(|one| one.plan.subject.as_str().starts_with('h'))
        .map(|one| (one.plan.subject.as_str(), one.username.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(names, BTreeMap::from([("h1", "alpha.zed"), ("h2", "alpha.zed1"), ("h3", "alpha.zed2")]));
    assert_eq!((everyone.people, everyone.in_sync, everyone.linked), (30_003, 29_997, 30_000));
    assert!(everyone.unowned.is_empty() && everyone.gone.is_empty());
    census.people.reverse();
    assert_eq!(planned(&census, &Policy::default()).plans, everyone.plans);
}

#[test]
fn whoever_waits_for_a_managers_account_is_known_wherever_in_the_list() {
    let mut census = company(30_000);
    let mut awaited = Vec::new();
    for place in [29_999, 0, 15_000] {
        census.people[place].manager = Some(profile("boss"));
        awaited.push((census.people[place].id.clone(), profile("boss")));
    }
    awaited.sort();
    let kept = BTreeMap::from([(Attribute::Manager, AttributePolicy::Enforce)]);
    let policy = Policy { attributes: kept, ..Policy::default() };
    assert_eq!(planned(&census, &policy).managers_awaited, awaited);
}
