//! One person, one account, in step with each other; each test changes what it is about.

use provisioning::{
    Account, AccountId, AccountState, Actual, Attribute, Claimant, Desired, EmailState, Employment, Mark,
    MarkedBy, OperatorOrder, Person, Plan, Policy, PriorState, ProfileId, RunId, Stamp, Status, Values,
    check, plan,
};

pub(crate) const NOW: &str = "2026-11-23T12:00:00Z";

pub(crate) fn profile(id: &str) -> ProfileId {
    ProfileId::parse(id).unwrap()
}

pub(crate) fn account_id(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

pub(crate) fn text<T: for<'t> From<&'t str>>(value: &str) -> Option<T> {
    Some(T::from(value))
}

pub(crate) fn stamp_at(now: &str) -> Stamp {
    Stamp { now: now.parse().unwrap(), run: RunId::parse("run1").unwrap() }
}

pub(crate) fn stamp() -> Stamp {
    stamp_at(NOW)
}

/// Alpha Zed, active, in Madrid.
pub(crate) fn person() -> Person {
    let mut person = Person::new(profile("p1"));
    person.first_name = text("Alpha");
    person.last_name = text("Zed");
    person.full_name = text("Alpha Zed");
    person.work_email = EmailState::parse(Some("Alpha.Zed@example.com"));
    person.status = Status::Active;
    person.timezone = text("Europe/Madrid");
    person
}

/// Left: inactive, with one ended employment.
pub(crate) fn leaver() -> Person {
    let mut person = person();
    person.status = Status::Inactive;
    person.employments = vec![employment("c1", "2024-01-01", Some(true))];
    person
}

pub(crate) fn employment(id: &str, start: &str, ended: Option<bool>) -> Employment {
    Employment { id: id.to_owned(), start_date: start.parse().ok(), ended, ..Employment::default() }
}

/// The account of [`person`], linked, activated and in step.
pub(crate) fn account() -> Account {
    Account {
        link: text("p1"),
        values: Values::from_iter([
            (Attribute::Firstname, "Alpha".to_owned()),
            (Attribute::Lastname, "Zed".to_owned()),
            (Attribute::Displayname, "Alpha Zed".to_owned()),
        ]),
        ..Account::named(
            account_id("a1"),
            "alpha.zed".to_owned(),
            "alpha.zed@example.com".to_owned(),
            AccountState::Activated,
        )
    }
}

pub(crate) fn unlinked() -> Account {
    Account { link: None, ..account() }
}

pub(crate) fn suspended(mark: Option<Mark>) -> Account {
    Account { state: AccountState::Suspended, mark, ..account() }
}

pub(crate) fn mark(was: PriorState, by: MarkedBy) -> Mark {
    Mark::new("2026-10-01T08:00:00Z".parse().unwrap(), RunId::parse("run0").unwrap(), was, by)
}

/// The person as wanted, with nobody else claiming the email.
pub(crate) fn wanted(person: Person) -> Desired {
    Desired { email_claimants: Some(Vec::new()), ..Desired::of(person) }
}

pub(crate) fn claimed_by(person: Person, id: &str, active: bool) -> Desired {
    let claimants = Some(vec![Claimant { id: profile(id), active }]);
    Desired { email_claimants: claimants, ..Desired::of(person) }
}

pub(crate) fn ordered(person: Person) -> Desired {
    let order = OperatorOrder { at: "2026-11-20T10:00:00Z".parse().unwrap(), hold: "h1".to_owned() };
    Desired { order: Some(order), ..wanted(person) }
}

/// What JumpCloud has, as a careful shell would list it for [`person`].
pub(crate) fn directory(accounts: &[Account]) -> Actual {
    let accounts = || accounts.iter().cloned();
    Actual {
        linked: accounts().filter(|a| a.is_linked_to(&profile("p1"))).collect(),
        by_email: accounts().filter(|a| a.email.eq_ignore_ascii_case("alpha.zed@example.com")).collect(),
        scheduled: None,
        taken_usernames: accounts().map(|a| a.username.to_lowercase()).collect(),
        membership: None,
    }
}

/// Plans, and has the checker agree.
pub(crate) fn planned(desired: &Desired, actual: &Actual, policy: &Policy) -> Plan {
    planned_at(desired, actual, policy, &stamp())
}

pub(crate) fn planned_at(desired: &Desired, actual: &Actual, policy: &Policy, stamp: &Stamp) -> Plan {
    let plan = plan(desired, actual, policy, stamp);
    if !plan.needs_claimants() {
        assert_eq!(check(&plan, desired, actual, policy, stamp.now), Ok(()), "{plan}");
    }
    let stored = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&stored).unwrap(), plan, "a stored plan is read back");
    plan
}

/// The plan for one account, under the default policy, as people read it.
pub(crate) fn shown(desired: &Desired, accounts: &[Account]) -> String {
    shown_with(desired, accounts, &Policy::default())
}

pub(crate) fn shown_with(desired: &Desired, accounts: &[Account], policy: &Policy) -> String {
    planned(desired, &directory(accounts), policy).to_string()
}
