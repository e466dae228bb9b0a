//! How long it takes to plan everyone, and how much memory it takes: 100,000 invented people against their 100,000 accounts,
//! of which 1 % differ. `cargo run --release -p provisioning --example plan_all [PEOPLE]`
#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use provisioning::{
    Account, AccountId, AccountState, Attribute, Census, EmailState, Employment, Limits, Person, Policy,
    ProfileId, RunId, Stamp, Status, plan_all, refuse,
};

const ZONES: [&str; 4] = ["Europe/Madrid", "America/New_York", "Asia/Tokyo", "CET"];
const TITLES: [&str; 5] = ["Engineer", "Designer", "Analyst", "Lead", "Recruiter"];
const PLACES: [&str; 3] = ["Berlin", "Lisbon", "Austin"];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let census = census(count)?;
    let lists = memory("VmRSS");
    let stamp = Stamp { now: "2026-11-23T12:00:00Z".parse()?, run: RunId::parse("example")? };
    let policy = Policy::default();
    let (mut best, mut least) = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        let (start, busy) = (Instant::now(), on_cpu());
        let everyone = plan_all(&census, &policy, &stamp);
        best = best.min(start.elapsed());
        least = least.min(on_cpu().saturating_sub(busy));
        assert_eq!(refuse(&everyone, &Limits::default()), None, "nothing of this is out of the ordinary");
        assert_eq!(everyone.plans.len() + everyone.in_sync as usize, count);
    }
    let everyone = plan_all(&census, &policy, &stamp);
    let counts = everyone.counts();
    println!("{count} people against {} accounts: {} ms", counts.accounts, best.as_millis());
    println!("of that on the processor: {} ms", least.as_millis());
    println!("in sync {}, with something to say {}", counts.in_sync, everyone.plans.len());
    println!("both lists {} MiB, peak {} MiB", lists / 1024, memory("VmHWM") / 1024);
    Ok(())
}

/// Everyone has an account in step, but for one in a hundred: by turns a leaver, a new title, a hire, a namesake.
fn census(count: usize) -> Result<Census, Box<dyn std::error::Error>> {
    let mut census = Census::default();
    for i in 0..count {
        let (first, last) = (format!("First{}", i % 5_003), format!("Last{i}"));
        let id = ProfileId::parse(&format!(
            "{:08x}-0000-4000-8000-{:012x}",
            i.wrapping_mul(2_654_435_761) % 0xffff_ffff,
            i
        ))?;
        let mut person = Person::new(id);
        person.full_name = Some(format!("{first} {last}"));
        person.work_email = EmailState::parse(Some(&format!("{first}.{last}@example.com")));
        person.status = Status::Active;
        person.start_date = "2024-02-01".parse().ok();
        person.timezone = Some(ZONES[i % ZONES.len()].to_owned());
        person.country = Some("DE".to_owned());
        person.worker_type = Some("direct_employee".to_owned());
        person.entity = Some("Example GmbH".to_owned());
        person.department = Some("Product".to_owned());
        person.employments = vec![Employment {
            id: format!("c{i}"),
            ended: Some(false),
            start_date: person.start_date,
            job_title: Some(TITLES[i % TITLES.len()].to_owned()),
            team: Some("Platform".to_owned()),
            location: Some(PLACES[i % PLACES.len()].to_owned()),
            ..Employment::default()
        }];
        let values = BTreeMap::from([
            (Attribute::Firstname, first.clone()),
            (Attribute::Lastname, last.clone()),
            (Attribute::Displayname, format!("{first} {last}")),
            (Attribute::JobTitle, TITLES[i % TITLES.len()].to_owned()),
            (Attribute::Department, "Product".to_owned()),
            (Attribute::Location, PLACES[i % PLACES.len()].to_owned()),
            (Attribute::CostCenter, "Platform".to_owned()),
            (Attribute::EmployeeType, "direct_employee".to_owned()),
            (Attribute::Company, "Example GmbH".to_owned()),
        ]);
        let account = Account {
            id: AccountId::parse(&format!("{i:024x}"))?,
            username: format!("{first}.{last}").to_lowercase(),
            email: format!("{first}.{last}@example.com").to_lowercase(),
            state: AccountState::Activated,
            link: Some(person.id.to_string()),
            values,
            mark: None,
            raw_mark: false,
            admin: false,
            externally_managed: false,
            restricted: [].into(),
            hold: None,
            adopted: false,
        };
        (person.first_name, person.last_name) = (Some(first), Some(last));
        differ(i, &mut person);
        let hired = i % 400 == 2 || i % 400 == 3;
        if !hired {
            census.accounts.push(account);
        }
        census.people.push(person);
    }
    // The lists come in orders of their own.
    census.accounts.reverse();
    Ok(census)
}

fn differ(i: usize, person: &mut Person) {
    match i % 400 {
        0 if i.is_multiple_of(8_000) => {
            person.status = Status::Inactive;
            person.employments.iter_mut().for_each(|employment| employment.ended = Some(true));
        }
        1 => person.job_title = Some("Principal".to_owned()),
        3 => (person.first_name, person.last_name) = (Some("Same".to_owned()), Some("Name".to_owned())),
        _ => {}
    }
}

/// How long this thread has had a processor; 0 where the system does not tell.
fn on_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split_whitespace().next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// A line of `/proc/self/status` in KiB; 0 where there is none.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
