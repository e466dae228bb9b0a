//! Each sentence of the design on who should have access, and from or until when.

use provisioning::{Employment, Person, Policy, Standing, Status, TimeZoneName, lifecycle};

use crate::support::{NOW, employment, person, text};

fn at(person: &Person, now: &str) -> String {
    let lifecycle = lifecycle(person, &Policy::default(), now.parse().unwrap());
    match &lifecycle.standing {
        Standing::Left { evidence } | Standing::Contradiction { evidence } => {
            format!("{lifecycle}: {evidence}")
        }
        Standing::Undecided(reason) => format!("{lifecycle}: {}", reason.as_str()),
        _ => lifecycle.to_string(),
    }
}

fn now(person: &Person) -> String {
    at(person, NOW)
}

fn with(status: Status, last_day: &str, employments: &[Employment]) -> Person {
    Person { status, last_day: last_day.parse().ok(), employments: employments.to_vec(), ..person() }
}

fn ending(employment: Employment, last_day: &str) -> Employment {
    Employment { last_day: last_day.parse().ok(), ..employment }
}

#[test]
fn active_and_offboarding_are_active_until_the_end_of_the_last_day_in_the_persons_zone() {
    insta::assert_snapshot!(now(&with(Status::Active, "", &[])), @"active");
    insta::assert_snapshot!(now(&with(Status::Active, "2026-11-30", &[])), @"active until 2026-11-30T23:00:00Z (Europe/Madrid, the person's)");
    insta::assert_snapshot!(now(&with(Status::Offboarding, "", &[])), @"active");
    let leaving = with(Status::Offboarding, "2026-11-23", &[]);
    insta::assert_snapshot!(at(&leaving, "2026-11-23T22:59:59Z"), @"active until 2026-11-23T23:00:00Z (Europe/Madrid, the person's)");
    insta::assert_snapshot!(at(&leaving, "2026-11-23T23:00:00Z"), @"left, last day ended 2026-11-23T23:00:00Z (Europe/Madrid, the person's): status offboarding, last day 2026-11-23, 0 ended and no running employments");
}

#[test]
fn the_last_day_ends_where_the_person_is() {
    let mut leaving = with(Status::Offboarding, "2026-11-23", &[]);
    leaving.timezone = text("Pacific/Kiritimati");
    insta::assert_snapshot!(now(&leaving), @"left, last day ended 2026-11-23T10:00:00Z (Pacific/Kiritimati, the person's): status offboarding, last day 2026-11-23, 0 ended and no running employments");
    leaving.timezone = text("PST");
    insta::assert_snapshot!(now(&leaving), @"active until 2026-11-24T08:00:00Z (Etc/GMT+8, the person's)");
    (leaving.timezone, leaving.country) = (None, text("JP"));
    insta::assert_snapshot!(now(&leaving), @"active until 2026-11-23T15:00:00Z (Asia/Tokyo, their country's)");
    leaving.country = text("US");
    insta::assert_snapshot!(now(&leaving), @"active until 2026-11-24T12:00:00Z (Etc/GMT+12, nothing known, so the latest on earth)");
    let organization = TimeZoneName::parse("America/New_York").unwrap();
    let lifecycle = lifecycle(
        &leaving,
        &Policy { organization_zone: Some(organization), ..Policy::default() },
        NOW.parse().unwrap(),
    );
    insta::assert_snapshot!(lifecycle, @"active until 2026-11-24T05:00:00Z (America/New_York, the organization's)");
}

#[test]
fn a_day_ends_right_even_where_clocks_jump_over_midnight() {
    // In Beirut, 2026-03-29 begins at 01:00.
    let mut leaving = with(Status::Offboarding, "2026-03-28", &[]);
    leaving.timezone = text("Asia/Beirut");
    insta::assert_snapshot!(at(&leaving, "2026-03-28T21:59:59Z"), @"active until 2026-03-28T22:00:00Z (Asia/Beirut, the person's)");
    insta::assert_snapshot!(at(&leaving, "2026-03-28T22:00:00Z"), @"left, last day ended 2026-03-28T22:00:00Z (Asia/Beirut, the person's): status offboarding, last day 2026-03-28, 0 ended and no running employments");
}

#[test]
fn inactive_with_no_running_employment_is_not_active_at_once() {
    let ended = [employment("c1", "2024-01-01", Some(true))];
    insta::assert_snapshot!(now(&with(Status::Inactive, "", &ended)), @"left: status inactive, no last day, 1 ended and no running employments");
    insta::assert_snapshot!(now(&with(Status::Inactive, "2026-11-20", &ended)), @"left, last day ended 2026-11-20T23:00:00Z (Europe/Madrid, the person's): status inactive, last day 2026-11-20, 1 ended and no running employments");
}

#[test]
fn inactive_on_the_last_day_itself_is_not_active_at_once() {
    let ended = [employment("c1", "2024-01-01", Some(true))];
    insta::assert_snapshot!(now(&with(Status::Inactive, "2026-11-23", &ended)), @"left: status inactive, last day 2026-11-23, 1 ended and no running employments");
    insta::assert_snapshot!(now(&with(Status::Inactive, "2026-11-23", &[])), @"undecided: inactive_without_evidence");
}

#[test]
fn inactive_with_a_later_last_day_is_active_until_its_end() {
    let ended = [employment("c1", "2024-01-01", Some(true))];
    insta::assert_snapshot!(now(&with(Status::Inactive, "2026-12-01", &ended)), @"active until 2026-12-01T23:00:00Z (Europe/Madrid, the person's)");
    insta::assert_snapshot!(now(&with(Status::Inactive, "2026-12-01", &[])), @"active until 2026-12-01T23:00:00Z (Europe/Madrid, the person's)");
}

#[test]
fn inactive_without_any_known_employment_and_without_a_past_last_day_is_undecided() {
    insta::assert_snapshot!(now(&with(Status::Inactive, "", &[])), @"undecided: inactive_without_evidence");
    let unclear = [employment("c1", "2024-01-01", None), employment("c2", "2020-01-01", Some(true))];
    insta::assert_snapshot!(now(&with(Status::Inactive, "", &unclear)), @"undecided: inactive_without_evidence");
    insta::assert_snapshot!(now(&with(Status::Inactive, "2026-12-01", &unclear)), @"undecided: inactive_without_evidence");
    insta::assert_snapshot!(now(&with(Status::Inactive, "2026-11-20", &unclear)), @"left, last day ended 2026-11-20T23:00:00Z (Europe/Madrid, the person's): status inactive, last day 2026-11-20, 1 ended and no running employments");
    insta::assert_snapshot!(now(&with(Status::Inactive, "2026-11-20", &[])), @"left, last day ended 2026-11-20T23:00:00Z (Europe/Madrid, the person's): status inactive, last day 2026-11-20, 0 ended and no running employments");
}

#[test]
fn inactive_with_a_running_employment_contradicts_itself() {
    let running = [employment("c2", "2024-01-01", Some(false)), employment("c1", "2024-01-01", Some(true))];
    insta::assert_snapshot!(now(&with(Status::Inactive, "2026-11-20", &running)), @"contradictory, last day ended 2026-11-20T23:00:00Z (Europe/Madrid, the person's): status inactive, last day 2026-11-20, 1 ended and running employments c2");
}

/// Deel lists the next contract before it begins; who is inactive until then has no access until then.
#[test]
fn inactive_with_a_contract_that_is_still_to_come_is_not_active() {
    let ended = ending(employment("c1", "2024-01-01", Some(true)), "2026-11-20");
    let next = |start: &str| employment("c2", start, Some(false));
    let between =
        |start: &str, last_day: &str| with(Status::Inactive, last_day, &[ended.clone(), next(start)]);
    insta::assert_snapshot!(now(&between("2026-12-03", "")), @"left: status inactive, no last day, 1 ended and no running employments");
    insta::assert_snapshot!(now(&between("2026-12-03", "2026-11-20")), @"left, last day ended 2026-11-20T23:00:00Z (Europe/Madrid, the person's): status inactive, last day 2026-11-20, 1 ended and no running employments");
    // A last day that is to come is still waited for; a first day that has come, where the person is, speaks against leaving.
    insta::assert_snapshot!(now(&between("2026-12-03", "2026-11-25")), @"active until 2026-11-25T23:00:00Z (Europe/Madrid, the person's)");
    insta::assert_snapshot!(at(&between("2026-11-24", ""), "2026-11-23T22:59:59Z"), @"left: status inactive, no last day, 1 ended and no running employments");
    insta::assert_snapshot!(at(&between("2026-11-24", ""), "2026-11-23T23:00:00Z"), @"contradictory: status inactive, no last day, 1 ended and running employments c2");
    // Nobody is suspended for having no contract yet.
    insta::assert_snapshot!(now(&with(Status::Inactive, "", &[next("2026-12-03")])), @"undecided: inactive_without_evidence");
    let graced = |days| {
        let policy = Policy { grace_days: days, ..Policy::default() };
        lifecycle(&between("2026-12-03", ""), &policy, NOW.parse().unwrap()).standing
    };
    assert!(matches!(graced(13), Standing::Between { .. }), "{:?}", graced(13));
    assert!(matches!(graced(12), Standing::Left { .. }), "{:?}", graced(12));
}

#[test]
fn active_with_a_past_last_day_and_no_newer_employment_contradicts_itself() {
    insta::assert_snapshot!(now(&with(Status::Active, "2026-11-20", &[])), @"contradictory, last day ended 2026-11-20T23:00:00Z (Europe/Madrid, the person's): status active, last day 2026-11-20, 0 ended and no running employments");
    let older = [employment("c1", "2024-01-01", Some(false))];
    insta::assert_snapshot!(now(&with(Status::Active, "2026-11-20", &older)), @"contradictory, last day ended 2026-11-20T23:00:00Z (Europe/Madrid, the person's): status active, last day 2026-11-20, 0 ended and running employments c1");
    let newer = [employment("c1", "2026-11-21", Some(false))];
    insta::assert_snapshot!(now(&with(Status::Active, "2026-11-20", &newer)), @"active");
}

#[test]
fn a_running_employments_last_day_counts_and_an_ended_ones_never_does() {
    let running = ending(employment("c1", "2024-01-01", Some(false)), "2026-11-20");
    insta::assert_snapshot!(now(&with(Status::Offboarding, "", std::slice::from_ref(&running))), @"left, last day ended 2026-11-20T23:00:00Z (Europe/Madrid, the person's): status offboarding, last day 2026-11-20 of employment c1, 0 ended and running employments c1");
    let ended = ending(employment("c1", "2024-01-01", Some(true)), "2026-11-20");
    insta::assert_snapshot!(now(&with(Status::Offboarding, "", std::slice::from_ref(&ended))), @"active");
    let newer = employment("c2", "2026-01-01", Some(false));
    insta::assert_snapshot!(now(&with(Status::Active, "", &[ended, newer.clone()])), @"active");
    let unclear = ending(employment("c1", "2024-01-01", None), "2026-11-20");
    insta::assert_snapshot!(now(&with(Status::Offboarding, "", &[unclear])), @"active");
    // Ending one of two contracts is not leaving the company.
    insta::assert_snapshot!(now(&with(Status::Offboarding, "", &[running, newer])), @"active");
}

#[test]
fn whoever_has_not_started_is_never_a_leaver() {
    insta::assert_snapshot!(now(&with(Status::Onboarding, "", &[])), @"not started");
    insta::assert_snapshot!(now(&with(Status::Onboarding, "2026-11-20", &[])), @"not started");
    let hired = Person { start_date: "2026-12-01".parse().ok(), ..with(Status::Active, "", &[]) };
    insta::assert_snapshot!(now(&hired), @"starts 2026-11-30T23:00:00Z (Europe/Madrid, the person's)");
    insta::assert_snapshot!(at(&hired, "2026-11-30T23:00:00Z"), @"active");
    let contract = [employment("c1", "2026-12-01", Some(false))];
    insta::assert_snapshot!(now(&with(Status::Active, "", &contract)), @"starts 2026-11-30T23:00:00Z (Europe/Madrid, the person's)");
}

#[test]
fn a_status_this_program_does_not_know_decides_nothing() {
    let ended = [employment("c1", "2024-01-01", Some(true))];
    let unknown = Status::parse(Some("sabbatical"));
    insta::assert_snapshot!(now(&with(unknown, "2026-11-20", &ended)), @"undecided: unknown_status");
    insta::assert_snapshot!(now(&with(Status::Missing, "2026-11-20", &ended)), @"undecided: missing_status");
}

#[test]
fn values_come_from_the_running_employment_with_the_latest_start_then_the_lowest_id() {
    let running = |id, start| employment(id, start, Some(false));
    let several = [
        running("c3", "2025-01-01"),
        running("c2", "2025-01-01"),
        running("c1", ""),
        employment("c0", "2026-01-01", None),
    ];
    let lifecycle = lifecycle(&with(Status::Active, "", &several), &Policy::default(), NOW.parse().unwrap());
    assert_eq!(lifecycle.employment.as_deref(), Some("c2"));
}
