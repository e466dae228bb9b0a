//! The comparison of everyone once a day: once over all replicas, and made up if it was missed.

use crate::clock;
use crate::config::Nightly;
use crate::telemetry::Chain;
use jiff::{Timestamp, ToSpan, ZonedDateTime};
use queue::{Add, JobKey, Line, Queue, Trigger};
use std::time::Duration;

/// The longest sleep: clocks are set and machines suspended.
const LONGEST: Duration = Duration::from_secs(600);
/// After Redis did not answer.
const AGAIN: Duration = Duration::from_secs(10);

/// Asks for the comparison whenever it is due, for ever.
pub(super) async fn keep(queue: Queue, nightly: Nightly) {
    let add = Add { key: JobKey::Reconcile, line: Line::Bulk, trigger: Trigger::new("nightly"), look: None };
    let mut served = None;
    loop {
        let now = clock::now();
        let (due, next) = around(now, &nightly);
        if served != Some(due) {
            match queue.tick("nightly", u64::try_from(due.as_millisecond()).unwrap_or_default(), &add).await {
                Ok(fired) => {
                    served = Some(due);
                    if fired {
                        tracing::info!(due = %due, "the nightly comparison is asked for");
                    }
                    tracing::debug!(next = %next, "next nightly comparison");
                }
                Err(error) => {
                    tracing::debug!(error = %Chain(&error), "the nightly tick was not recorded");
                    tokio::time::sleep(AGAIN).await;
                    continue;
                }
            }
        }
        let until = Duration::try_from(next.duration_since(clock::now())).unwrap_or_default();
        tokio::time::sleep(until.min(LONGEST)).await;
    }
}

/// The latest due time that has come, and the next one. A day without that time (clocks go forward) has it when the
/// gap ends; a day with two has it at the first.
fn around(now: Timestamp, nightly: &Nightly) -> (Timestamp, Timestamp) {
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
        let nightly = Nightly { at: time(2, 30, 0, 0), zone: TimeZone::get(zone).unwrap() };
        let (due, next) = around(now.parse().unwrap(), &nightly);
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
}
