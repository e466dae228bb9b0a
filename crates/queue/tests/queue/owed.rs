//! What is owed to whoever comes while something else is under way: a run, and not late.

use std::time::Duration;

use queue::{Again, Delivery, Finished, JobKey, JobState, Line, Subject, Trigger, Verdict, When};

use crate::common::{Fixture, add, person, retry, trigger};

fn nobody_known(n: u8) -> Delivery {
    let subjects = vec![Subject::Contract(format!("c{n}"))];
    Delivery { hash: [n; 32], line: Line::Events, trigger: "webhook:test".into(), look: None, subjects }
}

#[tokio::test]
async fn an_unknown_person_is_looked_for_after_a_run_that_began_before() {
    let f = Fixture::start().await;
    let run = || async { f.queue.claim_one(&JobKey::Reconcile, "w", &trigger()).await.unwrap().unwrap() };
    f.queue.accept(&[nobody_known(1)]).await.unwrap();
    run().await.finish(Verdict::done()).await.unwrap();
    f.queue.accept(&[nobody_known(2)]).await.unwrap();
    assert_eq!(f.state("reconcile").await, Some(JobState::Delayed), "ten minutes after the first");

    // Somebody's sync begins before that time, and lists Deel before the third event happens.
    let sync = run().await;
    f.queue.accept(&[nobody_known(3)]).await.unwrap();
    assert_eq!(sync.finish(Verdict::done()).await.unwrap(), Finished::Delayed);
    assert_eq!(f.state("reconcile").await, Some(JobState::Delayed));

    // An operator who discards it takes back what was asked, not what is asked from now on.
    assert!(f.queue.discard("reconcile").await.unwrap());
    f.queue.accept(&[nobody_known(4)]).await.unwrap();
    assert_eq!(f.state("reconcile").await, Some(JobState::Delayed));
}

#[tokio::test]
async fn an_event_during_a_failing_run_does_not_wait_out_the_failure() {
    let f = Fixture::tuned(|c| c.backoff_base = Duration::from_secs(100)).await;
    f.queue.add(&add("a", Line::Bulk)).await.unwrap();
    for verdict in
        [retry("refused"), Verdict::Retry { after: None, counts: false, away: None, error: "away".into() }]
    {
        let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
        f.queue.add(&add("a", Line::Urgent)).await.unwrap();
        assert_eq!(claim.finish(verdict).await.unwrap(), Finished::Waiting);
        let job = f.queue.show("person:a").await.unwrap().unwrap();
        assert_eq!(job.line, Line::Urgent);
        assert_eq!(job.attempts, 1, "the failure that counts is counted");
    }
    // What a vendor demands is kept.
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    f.queue.add(&add("a", Line::Urgent)).await.unwrap();
    let demanded = Verdict::Retry {
        after: Some(Duration::from_secs(60)),
        counts: false,
        away: None,
        error: "429".into(),
    };
    assert_eq!(claim.finish(demanded).await.unwrap(), Finished::Delayed);
}

#[tokio::test]
async fn a_lease_that_redis_has_forgotten_is_no_later_holders() {
    let f = Fixture::start().await;
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    let fence_before: Option<u64> = f.raw("GET P:fence").await;
    let old = f.queue.claim_one(&person("a"), "old", &trigger()).await.unwrap().unwrap();
    // As a replica that was promoted before it had learned of the claim.
    f.raw::<()>("DEL P:leases P:job:person:a").await;
    match fence_before {
        Some(fence) => f.raw::<()>(&format!("SET P:fence {fence}")).await,
        None => f.raw::<()>("DEL P:fence").await,
    }
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    let new = f.queue.claim_one(&person("a"), "new", &trigger()).await.unwrap().unwrap();
    assert!(new.fence > old.fence, "{} and {}", new.fence, old.fence);
    assert!(old.check().await.is_err(), "the old holder may not write");
    assert_eq!(old.finish(Verdict::done()).await.unwrap(), Finished::Stale);
    assert_eq!(
        new.finish(Verdict::done()).await.unwrap(),
        Finished::Waiting,
        "once more, since the old one may have written"
    );
}

#[tokio::test]
async fn a_time_that_has_come_by_rediss_clock_is_not_taken_again_at_once() {
    let f = Fixture::start().await;
    f.queue.add(&add("a", Line::Urgent)).await.unwrap();
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    // A process whose clock is behind asks for an instant that has passed here.
    let past = f.queue.now_ms().await.unwrap() - 5000;
    let again =
        Again { when: When::At(past), line: Line::Urgent, trigger: Trigger::new("timer"), look: None };
    assert_eq!(claim.finish(Verdict::Done { again: Some(again) }).await.unwrap(), Finished::Delayed);
    let at = f.queue.show("person:a").await.unwrap().unwrap().at_ms;
    assert!((past + 6000..past + 9000).contains(&at), "{} ms after what was asked", at - past);
}
