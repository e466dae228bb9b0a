//! The comparison of everyone once a day, and every so often: once over all replicas, and made up if it was missed.

use crate::clock;
use crate::config::{Config, Nightly};
use crate::telemetry::Chain;
use jiff::{SignedDuration, Timestamp, ToSpan, ZonedDateTime};
use queue::{Add, JobKey, Line, Queue, Trigger};
use std::time::Duration;

/// The longest sleep: clocks are set and machines suspended.
const LONGEST: Duration = Duration::from_secs(600);
/// After Redis did not answer.
const AGAIN: Duration = Duration::from_secs(10);

/// When everyone is compared by itself.
#[derive(Clone, Debug)]
pub(super) enum Schedule {
    /// Once a day.
    Nightly(Nightly),
    /// So often, counted from 1970: all replicas agree on the instants.
    Every(Duration),
}

/// Those that are configured.
pub(super) fn of(config: &Config) -> impl Iterator<Item = Schedule> + use<> {
    let nightly = config.nightly.clone().map(Schedule::Nightly);
    nightly.into_iter().chain(config.every.map(Schedule::Every))
}

/// Asks for the comparison whenever it is due, for ever.
pub(super) async fn keep(queue: Queue, schedule: Schedule) {
    let name = schedule.name();
    let add = Add { key: JobKey::Reconcile, line: Line::Bulk, trigger: Trigger::new(name), look: None };
    let mut served = None;
    loop {
        let (due, next) = schedule.around(clock::now());
        if served != Some(due) {
            match queue.tick(name, u64::try_from(due.as_millisecond()).unwrap_or_default(), &add).await {
                Ok(fired) => {
                    served = Some(due);
                    if fired {
                        tracing::info!(schedule = name, due = %due, "the comparison of everyone is asked for");
                    }
                    tracing::debug!(schedule = name, next = %next, "next comparison of everyone");
                }
                Err(error) => {
                    tracing::debug!(schedule = name, error = %Chain(&error), "the tick was not recorded");
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
            }
        }
        let until = Duration::try_from(next.duration_since(clock::now())).unwrap_or_default();
        tokio::time::sleep(until.min(LONGEST)).await;
    }
}

impl Schedule {
    /// Its name among the ticks, and as what asked for a run.
    fn name(&self) -> &'static str {
        match self {
            Self::Nightly(_) => "nightly",
            Self::Every(_) => "every",
        }
    }

    /// The latest due time that has come, and the next one.
    fn around(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        match self {
            Self::Nightly(nightly) => daily(now, nightly),
            Self::Every(every) => {
                let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX).max(1);
                let since = SignedDuration::from_millis(now.as_millisecond().rem_euclid(every));
                let due = now.checked_sub(since).unwrap_or(now);
                (due, due.checked_add(SignedDuration::from_millis(every)).unwrap_or(now))
            }
        }
    }
}

/// A day without that time (clocks go forward) has it when the gap ends; a day with two has it at the first.
fn daily(now: Timestamp, nightly: &Nightly) -> (Timestamp, Timestamp) {
    let local = now.to_zoned_datetime(nightly.zone.clone());
    let on = |day: &ZonedDateTime| {
        day.date().to_datetime(nightly.at).to_zoned_datetime(nightly.zone.clone()).map(|due| due.timestamp())
    };
    let day = |days: i64| local.checked_add(days.days()).and_then(|day| on(&day)).unwrap_or(now);
    let today = day(0);
    if today <= now { (today, day(1)) } else { (day(-1), today) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::time;
    use jiff::tz::TimeZone;

    fn times(now: &str, zone: &str) -> String {
        let zone = TimeZone::get(zone).unwrap();
        shown(&Schedule::Nightly(Nightly { at: time(2, 30, 0, 0), zone, zone_is_set: true }), now)
    }

    fn shown(schedule: &Schedule, now: &str) -> String {
        let (due, next) = schedule.around(now.parse().unwrap());
        format!("{due} {next}")
    }

    #[test]
    fn due_times_follow_the_zone_and_its_gaps() {
        insta::assert_snapshot!(times("2026-11-23T01:00:00Z", "UTC"), @"2026-11-22T02:30:00Z 2026-11-23T02:30:00Z");
        insta::assert_snapshot!(times("2026-11-23T02:30:00Z", "UTC"), @"2026-11-23T02:30:00Z 2026-11-24T02:30:00Z");
        // 2:30 does not exist on that day in Berlin.
        insta::assert_snapshot!(times("2026-03-29T00:00:00Z", "Europe/Berlin"), @"2026-03-28T01:30:00Z 2026-03-29T01:30:00Z");
        // And exists twice on that one.
        insta::assert_snapshot!(times("2026-10-25T00:40:00Z", "Europe/Berlin"), @"2026-10-25T00:30:00Z 2026-10-26T01:30:00Z");
    }

    #[test]
    fn an_interval_has_the_same_instants_for_every_process() {
        let every = Schedule::Every(Duration::from_secs(4 * 3600));
        insta::assert_snapshot!(shown(&every, "2026-11-23T05:59:59.5Z"), @"2026-11-23T04:00:00Z 2026-11-23T08:00:00Z");
        insta::assert_snapshot!(shown(&every, "2026-11-23T08:00:00Z"), @"2026-11-23T08:00:00Z 2026-11-23T12:00:00Z");
    }
}
