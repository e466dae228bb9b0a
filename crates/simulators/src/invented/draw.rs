//! Drawing a person from a seed.

use jiff::{ToSpan as _, civil::Date};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};

use super::{
    Department, Employment, Invented,
    names::{MONONYMS, TONGUES},
    words::{DEPARTMENTS, ENTITIES, PLACES, TEAMS, TITLES},
};

/// Every so often, a person is called like the one before.
const NAMESAKE_EVERY: usize = 29;

struct Called {
    first: &'static str,
    last: Option<&'static str>,
    full: String,
    spelled: String,
    countries: &'static [&'static str],
}

/// The `index`-th person of this seed. `today` only decides about people who are about to come or to leave.
pub(crate) fn invent(seed: u64, index: usize, today: Date) -> Invented {
    let mut random = dice(seed, index);
    let id = uuid(&mut random);
    let called = called(seed, index);
    let place = PLACES
        .iter()
        .position(|place| called.countries.first() == Some(&place.country))
        .filter(|_| random.random_bool(0.7))
        .unwrap_or_else(|| random.random_range(0..PLACES.len()));
    let spelled = called.spelled;
    let hiring_type = *["direct_employee", "direct_employee", "eor", "contractor", "global_payroll"]
        .choose(&mut random)
        .unwrap_or(&"direct_employee");
    // Contractors often never get an address at work; a few others not yet.
    let without = if hiring_type == "contractor" { 0.2 } else { 0.03 };
    let work_email = (!random.random_bool(without)).then(|| {
        let address = format!("{spelled}{index}@example.com");
        // Deel stores addresses as they were typed.
        if random.random_bool(0.04) { capitals(&address) } else { address }
    });
    let title = TITLES.choose(&mut random).unwrap_or(&"Software Engineer");
    let department = match random.random_range(0..100) {
        0..7 => Department::Null,
        7..12 => Department::Empty,
        _ => Department::Named(random.random_range(0..DEPARTMENTS.len())),
    };
    let start_date = today.saturating_sub(random.random_range(40..4000_i32).days());
    let career = career(&mut random, index, hiring_type, title, start_date, today);
    Invented {
        id,
        worker_id: 1000 + index as u64,
        first_name: Some(called.first.to_owned()),
        last_name: called.last.map(str::to_owned),
        preferred_first_name: random.random_bool(0.08).then_some("Sam"),
        full_name: called.full,
        personal_email: format!("{spelled}.{index}@example.org"),
        spelled,
        work_email,
        status: career.status,
        hiring_type,
        title,
        department,
        entity: random.random_range(0..ENTITIES.len()),
        place,
        timezone_known: !random.random_bool(0.1),
        start_date: career.start_date,
        last_day: career.last_day,
        employments: career.employments,
        manager: (index > 0).then_some(index / 8),
    }
}

struct Career {
    status: &'static str,
    start_date: Date,
    last_day: Option<Date>,
    employments: Vec<Employment>,
}

fn career(
    random: &mut StdRng,
    index: usize,
    hiring_type: &'static str,
    title: &'static str,
    started: Date,
    today: Date,
) -> Career {
    let mut status = "active";
    let mut start_date = started;
    let mut last_day = None;
    let mut ended = None;
    match random.random_range(0..100) {
        0..8 => {
            let day = today.saturating_sub(random.random_range(2..30_i32).days());
            (status, last_day, ended) = ("inactive", Some(day), Some(day));
        }
        8..11 => {
            let day = today.saturating_add(random.random_range(2..60_i32).days());
            (status, last_day) = ("offboarding", Some(day));
        }
        11..15 => {
            start_date = today.saturating_add(random.random_range(2..60_i32).days());
            status = if random.random_bool(0.3) { "onboarded" } else { "onboarding" };
        }
        _ => {}
    }
    let mut employments = Vec::new();
    let id = |random: &mut StdRng, n: usize| contract_id(random, index * 4 + n);
    let team = random.random_range(0..TEAMS.len());
    // A contractor who became an employee, or somebody with an earlier contract.
    if status != "onboarding" && random.random_bool(0.12) {
        let until = start_date.saturating_sub(1.days());
        let earlier = if hiring_type == "contractor" { "eor" } else { "contractor" };
        employments.push(Employment {
            id: id(random, 0),
            hiring_type: earlier,
            status: "inactive",
            start_date: start_date.saturating_sub(400.days()),
            ended: Some(until),
            team: (team + 1) % TEAMS.len(),
            title: "Consultant",
        });
    }
    employments.push(Employment { id: id(random, 1), hiring_type, status, start_date, ended, team, title });
    if status == "active" && random.random_bool(0.05) {
        employments.push(Employment {
            id: id(random, 2),
            hiring_type: "contractor",
            status: "active",
            start_date,
            ended: None,
            team,
            title,
        });
    }
    Career { status, start_date, last_day, employments }
}

fn called(seed: u64, index: usize) -> Called {
    if index > 0 && index % NAMESAKE_EVERY == NAMESAKE_EVERY - 1 {
        return called(seed, index - 1);
    }
    let mut random = dice(seed ^ 0x6e61_6d65, index);
    if random.random_bool(0.02)
        && let Some(&(name, spelled)) = MONONYMS.choose(&mut random)
    {
        return Called {
            first: name,
            last: None,
            full: name.to_owned(),
            spelled: spelled.to_owned(),
            countries: &[],
        };
    }
    let tongue = match random.random_range(0..TONGUES.len() * 2) {
        n if n < TONGUES.len() => &TONGUES[n],
        _ => &TONGUES[0],
    };
    let (first, spelled_first) = *tongue.first.choose(&mut random).unwrap_or(&("Ana", "ana"));
    let (last, spelled_last) = *tongue.last.choose(&mut random).unwrap_or(&("Tamm", "tamm"));
    Called {
        first,
        last: Some(last),
        full: if tongue.joined { format!("{last}{first}") } else { format!("{first} {last}") },
        spelled: format!("{spelled_first}.{spelled_last}"),
        countries: tongue.countries,
    }
}

fn dice(seed: u64, index: usize) -> StdRng {
    StdRng::seed_from_u64(
        seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (index as u64).wrapping_mul(0xd1b5_4a32_d192_ed03),
    )
}

/// A version-4 UUID from these dice.
pub(crate) fn uuid(random: &mut StdRng) -> String {
    let bits = random.random::<u128>() & !(0xf000_u128 << 64) & !(0xc000_u128 << 48)
        | (0x4000 << 64)
        | (0x8000 << 48);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Deel's contract ids are short and have letters and digits: `3072cm7`. Unique for each `number` below 60 million.
pub(crate) fn contract_id(random: &mut StdRng, number: usize) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut id = String::with_capacity(7);
    let mut rest = number;
    for _ in 0..5 {
        id.push(char::from(DIGITS[rest % 36]));
        rest /= 36;
    }
    id.push(char::from(DIGITS[random.random_range(10..36)]));
    id.push(char::from(DIGITS[random.random_range(0..36)]));
    id
}

fn capitals(address: &str) -> String {
    address.split('.').map(|part| part[..1].to_uppercase() + &part[1..]).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const TODAY: Date = jiff::civil::date(2026, 11, 23);

    #[test]
    fn a_seed_gives_the_same_people_and_another_seed_others() {
        for index in 0..50 {
            assert_eq!(invent(1, index, TODAY), invent(1, index, TODAY));
            assert_ne!(invent(1, index, TODAY).id, invent(2, index, TODAY).id);
        }
    }

    #[test]
    fn the_first_thousand_are_varied() {
        let people: Vec<_> = (0..1000).map(|index| invent(7, index, TODAY)).collect();
        let with = |f: &dyn Fn(&Invented) -> bool| people.iter().filter(|p| f(p)).count();
        assert!(with(&|p| p.last_name.is_none()) > 5, "mononyms");
        assert!(with(&|p| p.work_email.is_none()) > 20, "no work email");
        assert!(with(&|p| p.employments.len() > 1) > 50, "several contracts");
        assert!(with(&|p| p.status == "inactive") > 30);
        assert!(with(&|p| p.status == "offboarding" && p.last_day > Some(TODAY)) > 10);
        assert!(with(&|p| p.status == "onboarding" && p.start_date > TODAY) > 10);
        assert!(with(&|p| p.department == Department::Empty) > 10);
        assert!(with(&|p| p.department == Department::Null) > 10);
        assert!(with(&|p| p.preferred_first_name.is_some()) > 20);
        for script in ['и', 'ο', 'م', 'ו', '王', 'さ', '김', 'ส', 'र', 'Ł', 'ễ'] {
            assert!(with(&|p| p.full_name.contains(script)) > 0, "{script}");
        }
        for pair in people.windows(2).skip(NAMESAKE_EVERY - 2).step_by(NAMESAKE_EVERY) {
            assert_eq!(pair[0].full_name, pair[1].full_name, "namesakes");
        }
        let ids: BTreeSet<_> = people.iter().map(|p| &p.id).collect();
        assert_eq!(ids.len(), people.len());
        let emails: BTreeSet<_> = people.iter().filter_map(|p| p.work_email.as_deref()).collect();
        assert_eq!(emails.len(), with(&|p| p.work_email.is_some()));
        let contracts: BTreeSet<_> =
            people.iter().flat_map(|p| p.employments.iter().map(|e| &e.id)).collect();
        assert_eq!(contracts.len(), people.iter().map(|p| p.employments.len()).sum::<usize>());
        assert!(people.iter().all(|p| p.personal_email.is_ascii()));
    }
}
