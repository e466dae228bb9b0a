//! Accepting deliveries: duplicates, contracts, unknown persons, gathering.

use std::time::Duration;

use crate::common::{Fixture, eventually, person};
use queue::{
    Accepted, Acceptor, AcceptorConfig, Add, Delivery, JobKey, JobState, Line, QueueError, Subject, Trigger,
    Verdict, When,
};

fn delivery(n: u64, subjects: Vec<Subject>) -> Delivery {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&n.to_le_bytes());
    Delivery { hash, line: Line::Events, trigger: "webhook:test".into(), look: Some(0), subjects }
}

fn of(id: &str) -> Vec<Subject> {
    vec![Subject::Person(id.to_owned())]
}

#[tokio::test]
async fn a_batch_is_answered_one_by_one() {
    let f = Fixture::start().await;
    let _running = f.queue.claim_one(&person("running"), "w", &Trigger::new("t")).await.unwrap().unwrap();
    let answers = f
        .queue
        .accept(&[
            delivery(1, of("a")),
            delivery(1, of("a")),
            delivery(2, of("a")),
            delivery(3, of("running")),
            delivery(4, vec![]),
            delivery(5, vec![Subject::Person("b".to_owned()), Subject::Unresolved]),
            delivery(6, of("no id: spaces")),
        ])
        .await
        .unwrap();
    use Accepted::{Coalesced, Duplicate, ReconcileRequested, Remembered, Rerun, Stored};
    assert_eq!(
        answers,
        [Stored, Duplicate, Coalesced, Rerun, Remembered, ReconcileRequested, ReconcileRequested]
    );
    let status = f.queue.status().await.unwrap();
    assert_eq!(status.waiting, [0, 2, 1], "a and b, and one reconcile");
}

#[tokio::test]
async fn contracts_are_resolved_in_the_same_call_and_unknown_ones_ask_for_a_reconcile() {
    let f = Fixture::start().await;
    f.queue.learn_contracts("a", &["c1".to_owned(), "c2".to_owned()]).await.unwrap();
    assert_eq!(f.queue.person_of_contract("c2").await.unwrap().as_deref(), Some("a"));
    let of_contract = |n, id: &str| delivery(n, vec![Subject::Contract(id.to_owned())]);
    let answers = f.queue.accept(&[of_contract(1, "c2"), of_contract(2, "c9")]).await.unwrap();
    assert_eq!(answers, [Accepted::Stored, Accepted::ReconcileRequested]);
    assert_eq!(f.state("person:a").await, Some(JobState::Waiting));
}

#[tokio::test]
async fn a_delivery_is_remembered_for_its_time_only() {
    let f = Fixture::tuned(|c| c.remember_deliveries = Duration::from_millis(150)).await;
    assert_eq!(f.queue.accept(&[delivery(1, of("a"))]).await.unwrap(), [Accepted::Stored]);
    assert_eq!(f.queue.accept(&[delivery(1, of("a"))]).await.unwrap(), [Accepted::Duplicate]);
    eventually("it is forgotten", || async { !f.keys().await.iter().any(|key| key.starts_with("seen:")) })
        .await;
    assert_eq!(f.queue.accept(&[delivery(1, of("a"))]).await.unwrap(), [Accepted::Coalesced]);
}

#[tokio::test]
async fn reconciles_for_unknown_persons_are_coalesced_and_kept_apart() {
    let f = Fixture::tuned(|c| c.reconcile_every = Duration::from_millis(700)).await;
    let trigger = Trigger::new("webhook:unknown");
    assert!(f.queue.request_reconcile(&trigger).await.unwrap());
    let first = f.queue.show("reconcile").await.unwrap().unwrap();
    assert_eq!((first.state, first.line), (JobState::Waiting, Line::Bulk));
    let claim = f.queue.claim_one(&JobKey::Reconcile, "w", &trigger).await.unwrap().unwrap();
    assert_eq!(claim.finish(Verdict::done()).await.unwrap(), queue::Finished::Gone);
    assert!(f.queue.request_reconcile(&trigger).await.unwrap());
    assert!(!f.queue.request_reconcile(&trigger).await.unwrap(), "already arranged");
    let second = f.queue.show("reconcile").await.unwrap().unwrap();
    assert_eq!(second.state, JobState::Delayed);
    let apart = second.at_ms - first.accepted_at_ms.unwrap();
    assert!((700..760).contains(&apart), "{apart}");
}

#[tokio::test]
async fn more_subjects_than_are_read_ask_for_a_reconcile() {
    let f = Fixture::start().await;
    let many = (0..100).map(|i| Subject::Person(format!("p{i}"))).collect();
    assert_eq!(f.queue.accept(&[delivery(1, many)]).await.unwrap(), [Accepted::ReconcileRequested]);
    assert_eq!(f.queue.status().await.unwrap().waiting, [0, 64, 1]);
}

#[tokio::test]
async fn concurrent_callers_share_calls_and_each_gets_its_own_answer() {
    let f = Fixture::start().await;
    let acceptor = Acceptor::start(f.queue.clone(), AcceptorConfig::default());
    let calls = (0..2000u64).map(|i| {
        let acceptor = acceptor.clone();
        // Every delivery comes twice, about one of 400 persons.
        async move { acceptor.accept(delivery(i / 2, of(&format!("p{}", (i / 2) % 400)))).await.unwrap() }
    });
    let answers = futures_join(calls).await;
    let count = |what| answers.iter().filter(|a| **a == what).count();
    assert_eq!(count(Accepted::Duplicate), 1000);
    assert_eq!((count(Accepted::Stored), count(Accepted::Coalesced)), (400, 600));
    assert_eq!(f.queue.status().await.unwrap().waiting, [0, 400, 0]);
    assert_eq!(acceptor.waiting(), 0);
}

async fn futures_join<T: Send + 'static>(
    calls: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = calls.map(tokio::spawn).collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn when_redis_does_not_answer_the_caller_learns_it_in_time_and_when_too_many_wait_at_once() {
    let mut f = Fixture::private().await;
    let config = AcceptorConfig { capacity: 4, batch: 2, timeout: Duration::from_millis(300) };
    let acceptor = Acceptor::start(f.queue.clone(), config);
    acceptor.accept(delivery(0, of("a"))).await.unwrap();
    f.redis.server().freeze();
    let started = std::time::Instant::now();
    let calls = (1..20u64).map(|i| {
        let acceptor = acceptor.clone();
        async move { acceptor.accept(delivery(i, of("b"))).await }
    });
    let answers = futures_join(calls).await;
    assert!(started.elapsed() < Duration::from_millis(900));
    assert!(answers.iter().all(|a| matches!(a, Err(QueueError::TimedOut | QueueError::Busy))));
    assert!(answers.iter().any(|a| matches!(a, Err(QueueError::Busy))));
    f.redis.server().thaw();
    eventually("it accepts again", || async { acceptor.accept(delivery(99, of("c"))).await.is_ok() }).await;
}

#[tokio::test]
async fn a_redis_that_was_restarted_costs_no_refusal() {
    let mut f = Fixture::private().await;
    let acceptor = Acceptor::start(f.queue.clone(), AcceptorConfig::default());
    acceptor.accept(delivery(0, of("a"))).await.unwrap();
    f.redis.server().kill();
    f.redis.server().restart().await;
    let calls = (1..20u64).map(|i| {
        let acceptor = acceptor.clone();
        async move { acceptor.accept(delivery(i, of("b"))).await.map_err(|error| error.to_string()) }
    });
    let answers = futures_join(calls).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert!(f.raw::<bool>("HEXISTS P:fresh person:b").await, "it is in line");
}

#[tokio::test]
async fn one_batch_of_every_kind_leaves_what_single_deliveries_leave() {
    let (together, apart) = (Fixture::start().await, Fixture::start().await);
    let trigger = |name: &str| Trigger::new(name);
    let say = |n, who: &str, line, name: &str, look| Delivery {
        line,
        trigger: trigger(name),
        look,
        ..delivery(n, of(who))
    };
    let batch = [
        say(1, "new", Line::Events, "webhook:a", Some(0)),
        say(2, "new", Line::Events, "webhook:a", Some(0)),
        say(3, "new", Line::Urgent, "webhook:b", None),
        say(4, "waits", Line::Events, "webhook:a", Some(0)),
        say(5, "waits-in-bulk", Line::Events, "webhook:a", Some(0)),
        say(6, "lost-its-place", Line::Events, "webhook:a", Some(0)),
        say(7, "runs", Line::Urgent, "webhook:b", None),
        say(8, "delayed", Line::Events, "webhook:a", None),
        say(1, "new", Line::Events, "webhook:a", Some(0)),
    ];
    let (mut answers, mut running) = (Vec::new(), Vec::new());
    for f in [&together, &apart] {
        let add =
            |who: &str, line| Add { key: person(who), line, trigger: trigger("webhook:a"), look: Some(0) };
        f.queue.add(&add("waits", Line::Events)).await.unwrap();
        f.queue.add(&add("waits-in-bulk", Line::Bulk)).await.unwrap();
        f.queue.add(&add("lost-its-place", Line::Events)).await.unwrap();
        f.raw::<()>("ZREM P:waiting:events person:lost-its-place").await;
        f.queue.delay(&add("delayed", Line::Bulk), When::After(Duration::from_secs(60))).await.unwrap();
        running.push(f.queue.claim_one(&person("runs"), "w", &trigger("t")).await.unwrap().unwrap());
    }
    answers.push(together.queue.accept(&batch).await.unwrap());
    let mut one_by_one = Vec::new();
    for delivery in batch {
        one_by_one.extend(apart.queue.accept(&[delivery]).await.unwrap());
    }
    answers.push(one_by_one);
    assert_eq!(answers[0], answers[1]);
    use Accepted::{Coalesced, Duplicate, Rerun, Stored};
    assert_eq!(
        answers[0],
        [Stored, Coalesced, Coalesced, Coalesced, Coalesced, Stored, Rerun, Stored, Duplicate]
    );
    let mut left = Vec::new();
    for f in [&together, &apart] {
        let mut jobs = Vec::new();
        for who in ["new", "waits", "waits-in-bulk", "lost-its-place", "runs", "delayed"] {
            let job = f.queue.show(&format!("person:{who}")).await.unwrap().unwrap();
            jobs.push((who, job.state, job.line, job.trigger, job.look, job.again));
        }
        left.push(jobs);
        assert_eq!(f.raw::<i64>("LLEN P:wake:urgent").await, 1);
    }
    assert_eq!(left[0], left[1]);
    assert_eq!(left[0][0], ("new", JobState::Waiting, Line::Urgent, "webhook:b".into(), Some(0), false));
}
