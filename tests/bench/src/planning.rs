//! Planning alone: both sides in memory, nothing read, nothing written.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use provisioning::{
    Account, AccountId, AccountState, Attribute, Census, EmailState, Employment, Person, Policy, Pool,
    ProfileId, RunId, Stamp, Status, Values, plan_all,
};

use crate::figures::{Figure, median};

const PEOPLE: usize = 100_000;
const ROUNDS: usize = 5;
/// One of so many has another job title in JumpCloud.
const DRIFT: usize = 100;

pub(crate) fn figures() -> Result<Vec<Figure>> {
    let mut census = Census {
        people: (0..PEOPLE).map(person).collect::<Result<_>>()?,
        accounts: (0..PEOPLE).map(account).collect::<Result<_>>()?,
        ..Census::default()
    };
    // As a listing leaves them.
    let mut pool = Pool::default();
    census.people.iter_mut().for_each(|person| person.share(&mut pool));
    census.accounts.iter_mut().for_each(|account| account.share(&mut pool));
    let policy = Policy::default();
    let now: Timestamp = "2026-05-04T09:00:00Z".parse().context("a time")?;
    let stamp = Stamp { now, run: RunId::parse("01J00000000000000000000000").context("a run's id")? };
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let everyone = black_box(plan_all(black_box(&census), &policy, &stamp));
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        ensure!(everyone.plans.len() == PEOPLE / DRIFT, "{} people are not in step", everyone.plans.len());
    }
    Ok(vec![
        Figure::new("planning alone, 100,000 people, 100,000 accounts", "ms", median(&times))
            .target("< 300 ms", |figure| figure.measured < 300.0),
    ])
}

fn text<T: From<String>>(what: &str, number: usize) -> Option<T> {
    Some(T::from(format!("{what} {number}")))
}

fn id(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn person(number: usize) -> Result<Person> {
    let employment = Employment {
        id: format!("c{number}"),
        start_date: None,
        ended: Some(false),
        status: Status::Active,
        last_day: None,
        job_title: text("Title", number % 50),
        team: text("Team", number % 40),
        entity: text("Entity", number % 5),
        worker_type: Some("direct_employee".into()),
        department: None,
        location: None,
        country: Some("DE".into()),
        timezone: Some("Europe/Berlin".into()),
    };
    Ok(Person {
        first_name: text("First", number),
        last_name: text("Last", number),
        full_name: Some(format!("First {number} Last {number}")),
        work_email: EmailState::parse(Some(&email(number))),
        status: Status::Active,
        job_title: text("Title", number % 50),
        department: text("Department", number % 30),
        location: text("Office", number % 12),
        worker_type: Some("direct_employee".into()),
        entity: text("Entity", number % 5),
        country: Some("DE".into()),
        timezone: Some("Europe/Berlin".into()),
        employments: vec![employment],
        ..Person::new(ProfileId::parse(&id(number)).context("a profile id")?)
    })
}

fn email(number: usize) -> String {
    format!("person{number}@example.com")
}

fn account(number: usize) -> Result<Account> {
    let title = if number.is_multiple_of(DRIFT) {
        "Something else".to_owned()
    } else {
        format!("Title {}", number % 50)
    };
    let values = Values::from_iter([
        (Attribute::Firstname, format!("First {number}")),
        (Attribute::Lastname, format!("Last {number}")),
        (Attribute::Displayname, format!("First {number} Last {number}")),
        (Attribute::JobTitle, title),
        (Attribute::Department, format!("Department {}", number % 30)),
        (Attribute::Location, format!("Office {}", number % 12)),
        (Attribute::CostCenter, format!("Team {}", number % 40)),
        (Attribute::EmployeeType, "direct_employee".to_owned()),
        (Attribute::Company, format!("Entity {}", number % 5)),
    ]);
    Ok(Account {
        link: Some(id(number)),
        values,
        ..Account::named(
            AccountId::parse(&format!("{number:024x}")).context("an account id")?,
            format!("first{number}.last{number}"),
            email(number),
            AccountState::Activated,
        )
    })
}
