//! What the work queue promises about one key: coalescing, running again, leases, retries, death, and what is done
//! by hand.

use std::time::Duration;

use crate::common::{Fixture, Seen, add, eventually, person, retry, trigger};
use queue::{Add, Added, Finished, JobState, LeaseLost, Line, Verdict};

#[tokio::test]
async fn many_requests_for_a_waiting_key_are_one_job() {
    let f = Fixture::start().await;
    assert_eq!(f.queue.add(&add("a", Line::Events)).await.unwrap(), Added::Stored);
    let first = f.queue.show("person:a").await.unwrap().unwrap();
    for look in [Some(2), Some(0), None] {
        let request = Add { look, ..add("a", Line::Bulk) };
        assert_eq!(f.queue.add(&request).await.unwrap(), Added::Coalesced);
    }
    let job = f.queue.show("person:a").await.unwrap().unwrap();
    assert_eq!(job.line, Line::Events, "a less urgent request does not lower it");
    assert_eq!(job.look, Some(0), "the smallest look");
    assert_eq!(job.accepted_at_ms, first.accepted_at_ms, "the earliest acceptance");
    assert_eq!(f.queue.status().await.unwrap().waiting, [0, 1, 0]);
}

#[tokio::test]
async fn an_urgent_request_lifts_a_waiting_key() {
    let f = Fixture::start().await;
    f.queue.add(&add("a", Line::Bulk)).await.unwrap();
    f.queue.add(&add("a", Line::Urgent)).await.unwrap();
    assert_eq!(f.queue.status().await.unwrap().waiting, [1, 0, 0]);
    assert_eq!(f.queue.show("person:a").await.unwrap().unwrap().trigger, "test:urgent");
}

#[tokio::test]
async fn a_request_during_a_run_causes_one_more_run_with_the_merged_meaning() {
    let f = Fixture::start().await;
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    assert_eq!(f.queue.add(&Add { look: Some(1), ..add("a", Line::Bulk) }).await.unwrap(), Added::Rerun);
    assert_eq!(f.queue.add(&Add { look: Some(0), ..add("a", Line::Events) }).await.unwrap(), Added::Rerun);
    assert!(f.queue.show("person:a").await.unwrap().unwrap().again);
    assert_eq!(claim.finish(Verdict::done()).await.unwrap(), Finished::Waiting);
    let job = f.queue.show("person:a").await.unwrap().unwrap();
    assert_eq!((job.line, job.look, job.attempts), (Line::Events, Some(0), 0));
    assert_eq!(job.trigger, "test:events");
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    assert_eq!(claim.finish(Verdict::done()).await.unwrap(), Finished::Gone, "once, not for ever");
}

#[tokio::test]
async fn when_a_run_is_done_nothing_stays() {
    let f = Fixture::start().await;
    f.queue.add(&add("a", Line::Urgent)).await.unwrap();
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    assert_eq!(claim.finish(Verdict::done()).await.unwrap(), Finished::Gone);
    assert_eq!(f.keys().await, ["fence", "wake:urgent"]);
}

#[tokio::test]
async fn a_key_has_one_holder_and_a_late_verdict_changes_nothing() {
    let f = Fixture::tuned(|c| c.lease = Duration::from_millis(200)).await;
    let late = f.queue.claim_one(&person("a"), "one", &trigger()).await.unwrap().unwrap();
    assert!(f.queue.claim_one(&person("a"), "two", &trigger()).await.unwrap().is_none());
    // As if its process had hung: the lease ends although its holder lives.
    f.raw::<()>("ZADD P:leases 1 person:a").await;
    let now = f.queue.claim_one(&person("a"), "two", &trigger()).await.unwrap().unwrap();
    assert!(now.fence > late.fence);
    assert_eq!((late.attempt, now.attempt), (1, 2), "the ended lease was an attempt");
    assert!(matches!(late.check().await, Err(LeaseLost::Lost)));
    assert!(late.is_lost());
    assert!(now.check().await.is_ok());
    assert_eq!(late.finish(retry("late")).await.unwrap(), Finished::Stale);
    let job = f.queue.show("person:a").await.unwrap().unwrap();
    assert_eq!((job.state, job.worker.as_deref()), (JobState::Leased, Some("two")));
    assert!(job.again, "something may have been written under the lost lease");
    assert_eq!(now.finish(Verdict::done()).await.unwrap(), Finished::Waiting);
}

#[tokio::test]
async fn a_claim_is_renewed_until_it_is_dropped_and_then_given_back() {
    let f = Fixture::tuned(|c| c.lease = Duration::from_millis(300)).await;
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    let ends = || async { f.raw::<u64>("ZSCORE P:leases person:a").await };
    let first = ends().await;
    eventually("it outlives its lease", || async { ends().await > first + 600 }).await;
    assert!(claim.check().await.is_ok());
    drop(claim);
    f.becomes("person:a", Some(JobState::Waiting)).await;
    assert_eq!(f.queue.show("person:a").await.unwrap().unwrap().attempts, 0, "given back");
}

#[tokio::test]
async fn a_retry_comes_back_at_its_time_and_death_comes_after_the_last_attempt() {
    let f = Fixture::start().await;
    let seen = Seen::default();
    let worker = f.worker(4, {
        let seen = seen.clone();
        move |lease| {
            let n = seen.add(&lease);
            async move { retry(&format!("failure {n}")) }
        }
    });
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    f.becomes("person:a", Some(JobState::Dead)).await;
    assert_eq!(seen.all().iter().map(|l| l.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    let job = f.queue.show("person:a").await.unwrap().unwrap();
    assert_eq!((job.error.as_deref(), job.attempts), (Some("failure 3"), 3));
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn retry_after_is_honoured_and_uncounted_retries_use_up_no_attempt() {
    let f = Fixture::start().await;
    let started = std::time::Instant::now();
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    let limited = Verdict::Retry {
        after: Some(Duration::from_millis(600)),
        counts: false,
        away: None,
        error: "limited".to_owned(),
    };
    assert_eq!(claim.finish(limited).await.unwrap(), Finished::Delayed);
    let seen = Seen::default();
    let worker = f.noting(1, &seen);
    seen.reaches(1).await;
    let took = started.elapsed();
    assert!(took >= Duration::from_millis(600) && took < Duration::from_millis(1200), "{took:?}");
    assert_eq!(seen.all()[0].attempt, 1, "the limited attempt was given back");
    f.drained().await;
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn a_vendor_that_stays_away_kills_no_job_and_the_delay_grows() {
    let f = Fixture::start().await;
    let due = delays(&f, Line::Events, 6).await;
    assert!(due[0] <= 20 && *due.last().unwrap() >= 90 && due.iter().all(|d| *d <= 201), "{due:?}");
}

/// How long a key of this line waits after each of so many failures that are the vendor's, in milliseconds.
async fn delays(f: &Fixture, line: Line, failures: usize) -> Vec<u64> {
    let mut due = Vec::new();
    for _ in 0..failures {
        let claim = f.queue.claim_one_in(&person("a"), "w", &trigger(), line).await.unwrap().unwrap();
        assert_eq!(claim.attempt, 1);
        let verdict = Verdict::Retry { after: None, counts: false, away: None, error: "away".to_owned() };
        assert_eq!(claim.finish(verdict).await.unwrap(), Finished::Delayed);
        let at = f.queue.show("person:a").await.unwrap().unwrap().at_ms;
        due.push(at.saturating_sub(f.queue.now_ms().await.unwrap()));
    }
    due
}

#[tokio::test]
async fn the_delay_of_a_leaver_grows_later() {
    let slow = |c: &mut queue::Config| {
        c.backoff_base = Duration::from_secs(2);
        c.backoff_cap = Duration::from_secs(600);
    };
    let leaver = delays(&Fixture::tuned(slow).await, Line::Urgent, 6).await;
    assert!(leaver[..3].iter().all(|ms| *ms <= 2000), "{leaver:?}");
    assert!(leaver[5] >= 7500, "a vendor that stays away is asked less and less: {leaver:?}");
    let other = delays(&Fixture::tuned(slow).await, Line::Events, 3).await;
    assert!(other[2] >= 3500, "{other:?}");
}

#[tokio::test]
async fn an_event_for_a_dead_key_brings_it_to_life_with_its_attempts_counted_anew() {
    let f = Fixture::start().await;
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    let dead = Verdict::Dead { error: "cannot".to_owned() };
    assert_eq!(claim.finish(dead).await.unwrap(), Finished::Dead);
    assert_eq!(f.queue.status().await.unwrap().dead, 1);
    assert_eq!(f.queue.add(&add("a", Line::Events)).await.unwrap(), Added::Stored);
    let job = f.queue.show("person:a").await.unwrap().unwrap();
    assert_eq!((job.state, job.attempts, job.error), (JobState::Waiting, 0, None));
    assert_eq!(f.queue.status().await.unwrap().dead, 0);
}

#[tokio::test]
async fn an_event_during_the_last_attempt_is_not_buried_with_it() {
    let f = Fixture::start().await;
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    let dead = Verdict::Dead { error: "cannot".to_owned() };
    assert_eq!(claim.finish(dead).await.unwrap(), Finished::Waiting);
    assert_eq!(f.queue.show("person:a").await.unwrap().unwrap().attempts, 0);
}

#[tokio::test]
async fn retry_and_discard_by_hand() {
    let f = Fixture::start().await;
    for id in ["a", "b", "c"] {
        let claim = f.queue.claim_one(&person(id), "w", &trigger()).await.unwrap().unwrap();
        claim.finish(Verdict::Dead { error: format!("because {id}") }).await.unwrap();
    }
    let page = f.queue.list(JobState::Dead, 1, 1).await.unwrap();
    assert_eq!((page.total, page.items.len()), (3, 1));
    assert!(page.items[0].error.as_deref().unwrap().starts_with("because"));
    assert!(f.queue.retry("person:a").await.unwrap());
    assert!(!f.queue.retry("person:a").await.unwrap(), "it waits already");
    assert!(f.queue.discard("person:b").await.unwrap());
    assert_eq!(f.state("person:b").await, None);
    let _held = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    assert!(!f.queue.discard("person:a").await.unwrap(), "what runs is left alone");
    let status = f.queue.status().await.unwrap();
    assert_eq!((status.dead, status.leased), (1, 1));
}

#[tokio::test]
async fn lists_are_pages_over_all_lines() {
    let f = Fixture::start().await;
    for i in 0..5 {
        for line in Line::ALL {
            f.queue.add(&add(&format!("{line}{i}"), line)).await.unwrap();
        }
    }
    let mut found = Vec::new();
    for offset in (0..15).step_by(4) {
        let page = f.queue.list(JobState::Waiting, offset, 4).await.unwrap();
        assert_eq!(page.total, 15);
        found.extend(page.items.into_iter().map(|job| job.line));
    }
    assert_eq!(found.len(), 15);
    assert!(found.is_sorted(), "the most urgent first");
}

#[tokio::test]
async fn the_dead_are_bounded_in_number_and_age() {
    let f = Fixture::tuned(|c| c.dead_max = 5).await;
    for i in 0..12 {
        let claim = f.queue.claim_one(&person(&format!("p{i}")), "w", &trigger()).await.unwrap().unwrap();
        claim.finish(Verdict::Dead { error: "x".to_owned() }).await.unwrap();
    }
    assert_eq!(f.queue.status().await.unwrap().dead, 5);
    assert_eq!(f.state("person:p0").await, None);
    assert_eq!(f.state("person:p11").await, Some(JobState::Dead));
    f.raw::<()>("ZADD P:dead 1 person:p11").await;
    let claim = f.queue.claim_one(&person("q"), "w", &trigger()).await.unwrap().unwrap();
    claim.finish(Verdict::Dead { error: "x".to_owned() }).await.unwrap();
    assert_eq!(f.state("person:p11").await, None, "180 days are over");
    let jobs = f.keys().await.into_iter().filter(|key| key.starts_with("job:")).count();
    assert_eq!(jobs as u64, f.queue.status().await.unwrap().dead, "no hash stays behind");
}

#[tokio::test]
async fn deleted_keys_heal() {
    let f = Fixture::start().await;
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    f.raw::<()>("DEL P:waiting:events").await;
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    assert_eq!(f.queue.status().await.unwrap().waiting, [0, 1, 0]);
    let _claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    f.raw::<()>("DEL P:leases").await;
    assert_eq!(f.queue.add(&add("a", Line::Events)).await.unwrap(), Added::Stored);
    f.raw::<()>("SET P:job:person:z nonsense").await;
    assert_eq!(f.queue.add(&add("z", Line::Events)).await.unwrap(), Added::Stored);
}
