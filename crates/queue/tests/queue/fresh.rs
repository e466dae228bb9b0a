//! A job that merely waits has no hash of its own (`P:fresh`). It behaves as one that has, also as one that an earlier
//! version wrote, whatever is done to it.

use std::collections::HashMap;
use std::time::Duration;

use queue::{Add, Again, Delivery, Finished, JobState, Line, Queue, Subject, Trigger, Verdict, When};

use crate::common::{Fixture, Seen, add, person, retry};

const PEOPLE: [&str; 4] = ["a", "b", "c", "d"];

/// The same numbers each time (a linear congruential generator, Knuth's constants).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// Gives every waiting job a hash of its own, as an earlier version did.
async fn materialise(f: &Fixture) {
    let fresh: HashMap<String, String> = f.raw("HGETALL P:fresh").await;
    for (key, value) in fresh {
        let (trigger, look) = value.rsplit_once('|').unwrap();
        for line in Line::ALL {
            let score: Option<String> = f.raw(&format!("ZSCORE P:waiting:{line} {key}")).await;
            let Some(accepted) = score else { continue };
            let look = if look.is_empty() { String::new() } else { format!("look {look}") };
            let fields = format!("state waiting line {line} trigger {trigger} accepted {accepted} {look}");
            f.raw::<()>(&format!("HSET P:job:{key} {fields}")).await;
        }
        f.raw::<()>(&format!("HDEL P:fresh {key}")).await;
    }
}

/// One operation, and what is said of it.
async fn operate(q: &Queue, dice: &mut Dice, number: u64) -> String {
    let id = PEOPLE[usize::try_from(dice.throw(4)).unwrap()];
    let line = Line::ALL[usize::try_from(dice.throw(3)).unwrap()];
    let look = [None, Some(0), Some(2)][usize::try_from(dice.throw(3)).unwrap()];
    let trigger = Trigger::new(&format!("test:{number}|{line}"));
    let request = Add { look, line, trigger: trigger.clone(), key: person(id) };
    match dice.throw(10) {
        0..=3 => {
            let other = PEOPLE[usize::try_from(dice.throw(4)).unwrap()];
            let of = |ids: &[&str], part: u64| {
                let mut hash = [0xab; 32];
                hash[..8].copy_from_slice(&(number * 2 + part).to_be_bytes());
                let subjects = ids.iter().map(|id| Subject::Person((*id).to_owned())).collect();
                Delivery { hash, line, trigger: trigger.clone(), look, subjects }
            };
            let batch = [of(&[id], 0), of(&[other, id], 1), of(&[other], 0)];
            format!("accept {:?}", q.accept(&batch).await.unwrap())
        }
        4 => format!("add {:?}", q.add(&request).await.unwrap()),
        5 => format!("delay {:?}", q.delay(&request, When::After(Duration::from_secs(60))).await.is_ok()),
        6 => format!("discard {}", q.discard(&format!("person:{id}")).await.unwrap()),
        7 => format!("retry {}", q.retry(&format!("person:{id}")).await.unwrap()),
        _ => {
            let claim = q.claim_one(&person(id), "w", &trigger).await.unwrap().unwrap();
            let had = (claim.attempt, claim.look, claim.trigger.clone());
            let meanwhile = if dice.throw(2) == 0 { Some(q.add(&request).await.unwrap()) } else { None };
            let again = Again { when: When::After(Duration::from_secs(90)), line, trigger, look };
            let verdict = match dice.throw(5) {
                0 => Verdict::done(),
                1 => Verdict::Done { again: Some(again) },
                2 => Verdict::Retry {
                    after: Some(Duration::from_secs(50)),
                    counts: true,
                    away: None,
                    error: "e".into(),
                },
                3 => Verdict::Dead { error: "cannot".into() },
                _ => Verdict::Release,
            };
            format!("claim {had:?} {meanwhile:?} {:?}", claim.finish(verdict).await.unwrap())
        }
    }
}

/// All that can be seen of the queue, but for times.
async fn seen(q: &Queue) -> String {
    let mut all = Vec::new();
    for state in [JobState::Waiting, JobState::Delayed, JobState::Leased, JobState::Dead] {
        let mut page: Vec<String> = Vec::new();
        for listed in q.list(state, 0, 100).await.unwrap().items {
            let shown = q.show(&listed.key).await.unwrap().unwrap();
            if !(listed.state == JobState::Delayed && shown.state == JobState::Dead) {
                assert_eq!(listed, shown);
            }
            assert_eq!(shown.accepted_at_ms.is_some(), listed.accepted_at_ms.is_some());
            page.push(format!(
                "{:?} {} {:?} {} {} {:?} {} {} {:?}",
                shown.state,
                shown.key,
                shown.line,
                shown.trigger,
                shown.attempts,
                shown.look,
                shown.again,
                shown.scheduled_ms.is_some(),
                shown.error
            ));
        }
        // Equal times make the order one of names, others one of milliseconds.
        page.sort();
        all.push(page.join("\n"));
    }
    let status = q.status().await.unwrap();
    format!("{all:#?} {:?} {} {} {}", status.waiting, status.delayed, status.leased, status.dead)
}

/// What a worker is given of all that waits.
async fn drained(f: &Fixture) -> Vec<String> {
    let handed = Seen::default();
    let waiting: u64 = f.queue.status().await.unwrap().waiting.iter().sum();
    let worker = f.worker(8, {
        let handed = handed.clone();
        move |lease| {
            handed.add(&lease);
            std::future::ready(Verdict::done())
        }
    });
    handed.reaches(usize::try_from(waiting).unwrap()).await;
    worker.stop().await.unwrap();
    let mut runs: Vec<_> = handed
        .all()
        .iter()
        .map(|lease| {
            assert!(lease.accepted_at_ms > 0);
            format!("{} {} {:?} {} {:?}", lease.key, lease.attempt, lease.line, lease.trigger, lease.look)
        })
        .collect();
    runs.sort();
    runs
}

#[tokio::test]
async fn with_or_without_a_hash_of_its_own_a_waiting_job_behaves_alike() {
    for seed in 0..40 {
        let (fresh, known) = (Fixture::start().await, Fixture::start().await);
        let (mut one, mut other) = (Dice(seed), Dice(seed));
        for number in 0..12 {
            let said = operate(&fresh.queue, &mut one, number).await;
            materialise(&known).await;
            assert_eq!(said, operate(&known.queue, &mut other, number).await, "seed {seed}, step {number}");
            assert_eq!(seen(&fresh.queue).await, seen(&known.queue).await, "seed {seed}, after {said}");
        }
        materialise(&known).await;
        assert_eq!(drained(&fresh).await, drained(&known).await, "seed {seed}");
        let left: i64 = fresh.raw("HLEN P:fresh").await;
        assert_eq!(left, 0, "seed {seed}: nothing of it stays");
    }
}

#[tokio::test]
async fn a_fresh_job_has_no_hash_until_there_is_more_to_say() {
    let f = Fixture::start().await;
    let job = || async { f.raw::<i64>("EXISTS P:job:person:a").await };
    f.queue.add(&Add { look: Some(1), ..add("a", Line::Bulk) }).await.unwrap();
    assert_eq!(job().await, 0);
    assert_eq!(f.raw::<String>("HGET P:fresh person:a").await, "test:bulk|1");
    f.queue.add(&Add { look: Some(0), ..add("a", Line::Urgent) }).await.unwrap();
    assert_eq!(f.raw::<String>("HGET P:fresh person:a").await, "test:urgent|0");
    let later = When::After(Duration::from_secs(60));
    f.queue.delay(&add("a", Line::Events), later).await.unwrap();
    assert_eq!((job().await, f.raw::<i64>("HLEN P:fresh").await), (1, 0));
    let shown = f.queue.show("person:a").await.unwrap().unwrap();
    assert_eq!((shown.state, shown.line, shown.look), (JobState::Waiting, Line::Urgent, Some(0)));
    assert!(shown.scheduled_ms.is_some() && shown.accepted_at_ms.is_some());
    let claim = f.queue.claim_one(&person("a"), "w", &"t".into()).await.unwrap().unwrap();
    assert_eq!(claim.finish(retry("no")).await.unwrap(), Finished::Delayed);
    assert!(f.queue.discard("person:a").await.unwrap());
    f.queue.add(&add("a", Line::Bulk)).await.unwrap();
    assert!(f.queue.discard("person:a").await.unwrap());
    assert_eq!((job().await, f.raw::<i64>("HLEN P:fresh").await), (0, 0));
}

#[tokio::test]
async fn what_is_damaged_by_hand_neither_hides_a_job_nor_stops_the_queue() {
    let f = Fixture::start().await;
    let delivery = |n: u8, id: &str| Delivery {
        hash: [n; 32],
        line: Line::Events,
        trigger: "webhook:test".into(),
        look: Some(0),
        subjects: vec![Subject::Person(id.to_owned())],
    };
    // Details without a place in a line are no job: the next event gives it one.
    f.queue.accept(&[delivery(1, "a")]).await.unwrap();
    f.raw::<()>("DEL P:waiting:events").await;
    assert!(f.queue.show("person:a").await.unwrap().is_none());
    f.queue.accept(&[delivery(2, "a"), delivery(3, "b")]).await.unwrap();
    assert_eq!(f.queue.status().await.unwrap().waiting, [0, 2, 0]);
    // A place without details.
    f.raw::<()>("SET P:fresh nonsense").await;
    assert_eq!(f.queue.list(JobState::Waiting, 0, 9).await.unwrap().items.len(), 2);
    f.queue.accept(&[delivery(4, "c"), delivery(5, "a")]).await.unwrap();
    f.raw::<()>("DEL P:fresh").await;
    // A field that somebody added, and a hash that is none.
    f.queue.accept(&[delivery(6, "d"), delivery(7, "e")]).await.unwrap();
    f.raw::<()>("HSET P:job:person:d note x").await;
    f.raw::<()>("SET P:job:person:e nonsense").await;
    assert_eq!(f.queue.show("person:d").await.unwrap().unwrap().state, JobState::Waiting);
    let runs = drained(&f).await;
    assert_eq!(runs.len(), 5, "{runs:?}");
    assert!(
        runs.iter().any(|run| run.contains("person:d") && run.contains("webhook:test Some(0)")),
        "{runs:?}"
    );
    assert!(f.keys().await.iter().all(|key| !key.starts_with("job:") && key != "fresh"));
}

#[tokio::test]
async fn a_delivery_of_an_earlier_set_is_a_duplicate() {
    let f = Fixture::start().await;
    let piece = f.queue.config().remember_deliveries.as_millis().div_ceil(2);
    let earlier = u128::from(f.queue.now_ms().await.unwrap()) / piece - 1;
    f.raw::<()>(&format!("SADD P:seen:{earlier} {}", "a".repeat(32))).await;
    let subjects = vec![Subject::Person("a".to_owned())];
    let known = Delivery { hash: [b'a'; 32], line: Line::Events, trigger: "t".into(), look: None, subjects };
    let unknown = Delivery { hash: [b'b'; 32], ..known.clone() };
    let answers = f.queue.accept(&[unknown, known]).await.unwrap();
    assert_eq!(answers, [queue::Accepted::Stored, queue::Accepted::Duplicate]);
}
