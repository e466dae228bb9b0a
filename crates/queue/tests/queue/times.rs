//! Arranged times: which of two counts, what they survive, further looks, and the tick of a schedule.

use std::time::Duration;

use crate::common::{Fixture, Seen, add, person, retry, trigger};
use queue::{Add, Again, Finished, JobState, Line, Verdict, When};

fn again(when: When) -> Verdict {
    Verdict::Done { again: Some(Again { when, line: Line::Urgent, trigger: "timer".into(), look: Some(1) }) }
}

#[tokio::test]
async fn an_earlier_time_replaces_a_later_one_and_not_the_other_way() {
    let f = Fixture::start().await;
    let now = f.queue.now_ms().await.unwrap();
    for (after, expected) in [(60_000, 60_000), (90_000, 60_000), (30_000, 30_000)] {
        f.queue.delay(&add("a", Line::Events), When::At(now + after)).await.unwrap();
        let job = f.queue.show("person:a").await.unwrap().unwrap();
        assert_eq!((job.state, job.at_ms), (JobState::Delayed, now + expected));
    }
    f.queue.delay(&add("b", Line::Events), When::At(now - 1)).await.unwrap();
    assert_eq!(f.state("person:b").await, Some(JobState::Waiting), "a time that has passed is now");
}

#[tokio::test]
async fn delayed_keys_come_at_their_millisecond_and_not_before() {
    let f = Fixture::start().await;
    let seen = Seen::default();
    let queue = f.queue.clone();
    let lateness = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let worker = f.worker(4, {
        let (seen, lateness) = (seen.clone(), lateness.clone());
        move |lease| {
            let (seen, queue, lateness) = (seen.clone(), queue.clone(), lateness.clone());
            async move {
                let late = queue.now_ms().await.unwrap() as i64 - lease.accepted_at_ms as i64;
                lateness.lock().unwrap().push(late);
                seen.add(&lease);
                Verdict::done()
            }
        }
    });
    for i in 0..10 {
        let after = When::After(Duration::from_millis(150 + 53 * i));
        f.queue.delay(&add(&format!("p{i}"), Line::Events), after).await.unwrap();
    }
    seen.reaches(10).await;
    let lateness = lateness.lock().unwrap().clone();
    assert!(lateness.iter().all(|late| (0..100).contains(late)), "{lateness:?}");
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn an_arranged_time_survives_retries_and_death() {
    let f = Fixture::start().await;
    let now = f.queue.now_ms().await.unwrap();
    let last_day = now + 86_400_000;
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    assert_eq!(claim.finish(again(When::At(last_day))).await.unwrap(), Finished::Delayed);

    f.queue.add(&add("a", Line::Events)).await.unwrap();
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    assert_eq!(claim.finish(retry("no")).await.unwrap(), Finished::Delayed);
    let job = f.queue.show("person:a").await.unwrap().unwrap();
    assert!(job.at_ms < now + 60_000, "the retry comes first");
    assert_eq!(job.scheduled_ms, Some(last_day));

    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    let dead = Verdict::Dead { error: "cannot".to_owned() };
    assert_eq!(claim.finish(dead).await.unwrap(), Finished::Dead);
    let status = f.queue.status().await.unwrap();
    assert_eq!((status.dead, status.delayed), (1, 1), "dead, and still due on the last day");

    // The day comes.
    f.raw::<()>(&format!("ZADD P:delayed {now} person:a")).await;
    f.raw::<()>(&format!("HSET P:job:person:a sched {now}")).await;
    let seen = Seen::default();
    let worker = f.noting(1, &seen);
    seen.reaches(1).await;
    let lease = &seen.all()[0];
    assert_eq!((lease.attempt, lease.line, lease.look), (1, Line::Urgent, Some(1)));
    assert_eq!(lease.trigger.as_str(), "timer");
    f.drained().await;
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn a_run_that_asks_for_no_further_run_takes_back_the_arranged_time_but_not_a_newer_one() {
    let f = Fixture::start().await;
    let hour = When::After(Duration::from_secs(3600));
    f.queue.delay(&add("a", Line::Urgent), hour).await.unwrap();
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    assert_eq!(claim.finish(Verdict::done()).await.unwrap(), Finished::Gone, "HR took it back");

    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    f.queue.delay(&add("a", Line::Urgent), hour).await.unwrap();
    assert_eq!(claim.finish(Verdict::done()).await.unwrap(), Finished::Delayed, "arranged during the run");
}

#[tokio::test]
async fn a_further_look_outlives_a_run_that_comes_before_it() {
    let f = Fixture::start().await;
    let recheck = Add { look: Some(1), ..add("a", Line::Events) };
    f.queue.delay(&recheck, When::After(Duration::from_secs(60))).await.unwrap();
    let due = f.queue.show("person:a").await.unwrap().unwrap().scheduled_ms.unwrap();
    // By hand, and by an event that asks for no look.
    for _ in 0..2 {
        f.queue.add(&add("a", Line::Events)).await.unwrap();
        let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
        assert_eq!(claim.finish(Verdict::done()).await.unwrap(), Finished::Delayed);
        assert_eq!(f.queue.show("person:a").await.unwrap().unwrap().scheduled_ms, Some(due));
    }
    // A later time than the look's does not replace it, an earlier one takes the look along.
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    let timer = |at| Again { when: When::At(at), line: Line::Urgent, trigger: "timer".into(), look: None };
    claim.finish(Verdict::Done { again: Some(timer(due + 1000)) }).await.unwrap();
    assert_eq!(f.queue.show("person:a").await.unwrap().unwrap().scheduled_ms, Some(due));
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    claim.finish(Verdict::Done { again: Some(timer(due - 1000)) }).await.unwrap();
    assert_eq!(f.queue.show("person:a").await.unwrap().unwrap().scheduled_ms, Some(due - 1000));
    // A run that arranges a look itself, after a newer event, knows better.
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    claim.finish(again(When::At(due + 2000))).await.unwrap();
    assert_eq!(f.queue.show("person:a").await.unwrap().unwrap().scheduled_ms, Some(due + 2000));

    // Once its time has come, the run that takes it over has the look.
    let past = f.queue.now_ms().await.unwrap() - 1;
    f.raw::<()>(&format!("HSET P:job:person:a sched {past}")).await;
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    assert_eq!(claim.look, Some(1));
    assert_eq!(claim.finish(Verdict::done()).await.unwrap(), Finished::Gone);
}

#[tokio::test]
async fn a_worker_that_takes_over_a_look_whose_time_has_come_has_the_look() {
    let f = Fixture::start().await;
    let recheck = Add { look: Some(2), ..add("a", Line::Events) };
    f.queue.delay(&recheck, When::After(Duration::from_secs(60))).await.unwrap();
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    let past = f.queue.now_ms().await.unwrap() - 1;
    f.raw::<()>(&format!("HSET P:job:person:a sched {past}")).await;
    let seen = Seen::default();
    let worker = f.noting(1, &seen);
    seen.reaches(1).await;
    assert_eq!(seen.all()[0].look, Some(2));
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn a_tick_fires_once_over_all_replicas_and_a_missed_one_is_made_up() {
    let f = Fixture::start().await;
    let other = queue::Queue::connect(&f.config).await.unwrap();
    let nightly = Add { key: queue::JobKey::Reconcile, ..add("x", Line::Bulk) };
    assert!(!f.queue.tick("nightly", 1000, &nightly).await.unwrap(), "a new program has missed nothing");
    assert_eq!(f.state("reconcile").await, None);
    for due in [2000, 9000] {
        let (a, b) =
            tokio::join!(f.queue.tick("nightly", due, &nightly), other.tick("nightly", due, &nightly));
        assert!(a.unwrap() ^ b.unwrap());
    }
    assert!(!f.queue.tick("nightly", 5000, &nightly).await.unwrap());
    assert_eq!(f.queue.status().await.unwrap().waiting, [0, 0, 1]);
}
