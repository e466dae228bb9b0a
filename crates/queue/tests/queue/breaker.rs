//! A vendor that is away: who may try it, who waits, and that nothing is lost or used up by waiting.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use queue::{
    Away, Breaker, Budget, Finished, JobState, Lease, Line, Queue, Reason, Trigger, Vendor, Verdict, When,
    WorkerConfig,
};

use crate::common::{Fixture, Seen, Worker, add, eventually, person, retry, stays, trigger};

async fn fixture() -> Fixture {
    Fixture::tuned(|config| config.probe_every = Duration::from_millis(300)).await
}

fn away(vendor: Vendor, error: &str) -> Verdict {
    Verdict::Retry { after: None, counts: false, away: Some(vendor), error: error.to_owned() }
}

async fn fails(budget: &Budget, job: &str) {
    let failed = Away { reason: Reason::Unavailable, after: None, job: Some(job), words: "no answer (503)" };
    budget.away(&failed).await.unwrap();
}

async fn open(budget: &Budget) {
    for job in ["person:x", "person:y", "person:z"] {
        fails(budget, job).await;
    }
}

async fn breaker(queue: &Queue, vendor: Vendor) -> Option<Breaker> {
    queue.breaker(vendor).await.unwrap()
}

/// A vendor that answers if told so; a handler that asks it as the reconciler does, and counts what is asked.
#[derive(Clone)]
struct Asked {
    budget: Budget,
    vendor: Vendor,
    up: Arc<AtomicBool>,
    requests: Arc<AtomicUsize>,
}

impl Asked {
    fn new(queue: &Queue, vendor: Vendor, up: bool) -> Self {
        let up = Arc::new(AtomicBool::new(up));
        Self { budget: queue.budget(vendor, None), vendor, up, requests: Arc::default() }
    }

    async fn run(&self, lease: Lease) -> Verdict {
        self.budget.acquire(lease.line).await.unwrap();
        self.requests.fetch_add(1, Ordering::SeqCst);
        if self.up.load(Ordering::SeqCst) {
            self.budget.answered().await.unwrap();
            return Verdict::done();
        }
        fails(&self.budget, &lease.key.to_string()).await;
        away(self.vendor, "no answer")
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    fn worker(&self, queue: &Queue, name: &str, concurrency: usize) -> Worker {
        let this = self.clone();
        Worker::start(queue.clone(), WorkerConfig::new(name, concurrency), move |lease| {
            let this = this.clone();
            async move { this.run(lease).await }
        })
    }
}

#[tokio::test]
async fn three_different_jobs_in_a_row_open_it_and_one_answer_closes_it() {
    let f = fixture().await;
    let budget = f.queue.budget(Vendor::JumpCloud, None);
    for _ in 0..10 {
        fails(&budget, "person:poison").await;
    }
    fails(&budget, "person:other").await;
    assert_eq!(
        breaker(&f.queue, Vendor::JumpCloud).await,
        None,
        "two jobs are two jobs, however often they fail"
    );
    budget.answered().await.unwrap();
    assert!(f.keys().await.is_empty(), "an answer forgets them: {:?}", f.keys().await);
    fails(&budget, "person:third").await;
    fails(&budget, "person:other").await;
    assert_eq!(breaker(&f.queue, Vendor::JumpCloud).await, None, "not in a row");
    fails(&budget, "person:poison").await;
    let opened = breaker(&f.queue, Vendor::JumpCloud).await.expect("open");
    assert_eq!(
        (opened.vendor, opened.reason, opened.trying),
        (Vendor::JumpCloud, Reason::Unavailable, false)
    );
    assert_eq!(opened.words, "no answer (503)");
    assert!(opened.next_try_ms >= opened.since_ms);
    assert_eq!(breaker(&f.queue, Vendor::Deel).await, None, "each vendor for itself");
    assert_eq!(f.queue.status().await.unwrap().breakers, [opened]);
    // Some other process, which has not seen the failures: it hears of them with its slot.
    let other = f.queue.budget(Vendor::JumpCloud, Some(50.0));
    other.answered().await.unwrap();
    assert!(breaker(&f.queue, Vendor::JumpCloud).await.is_some(), "it knows of nothing, and asks nobody");
    other.acquire(Line::Events).await.unwrap();
    other.answered().await.unwrap();
    assert_eq!(breaker(&f.queue, Vendor::JumpCloud).await, None);
}

#[tokio::test]
async fn what_failed_outside_of_jobs_opens_nothing() {
    let f = fixture().await;
    let budget = f.queue.budget(Vendor::Deel, None);
    for _ in 0..5 {
        let failed = Away { reason: Reason::Denied, after: None, job: None, words: "401" };
        budget.away(&failed).await.unwrap();
    }
    assert_eq!(breaker(&f.queue, Vendor::Deel).await, None);
}

#[tokio::test]
async fn who_is_refused_waits_for_the_longest_time_at_once_and_a_retry_after_is_kept() {
    let f = Fixture::tuned(|config| config.probe_every = Duration::from_secs(30)).await;
    let (deel, jumpcloud) = (f.queue.budget(Vendor::Deel, None), f.queue.budget(Vendor::JumpCloud, None));
    for job in ["person:a", "person:b", "person:c"] {
        let refused = Away { reason: Reason::Denied, after: None, job: Some(job), words: "401" };
        deel.away(&refused).await.unwrap();
        let after = Some(Duration::from_secs(90));
        let failed = Away { reason: Reason::Unavailable, after, job: Some(job), words: "503" };
        jumpcloud.away(&failed).await.unwrap();
    }
    let deel = breaker(&f.queue, Vendor::Deel).await.unwrap();
    assert_eq!(deel.reason, Reason::Denied);
    assert!((24_000..=30_000).contains(&(deel.next_try_ms - deel.since_ms)), "{deel:?}");
    let jumpcloud = breaker(&f.queue, Vendor::JumpCloud).await.unwrap();
    assert!((89_000..=91_000).contains(&(jumpcloud.next_try_ms - jumpcloud.since_ms)), "{jumpcloud:?}");
}

#[tokio::test]
async fn while_away_all_work_waits_and_few_ask() {
    let f = fixture().await;
    let asked = Asked::new(&f.queue, Vendor::JumpCloud, false);
    for n in 0..200 {
        f.queue.add(&add(&format!("p{n}"), Line::Events)).await.unwrap();
    }
    f.queue.delay(&add("later", Line::Events), When::After(Duration::from_secs(900))).await.unwrap();
    let workers = [asked.worker(&f.queue, "one", 16), asked.worker(&f.queue, "two", 16)];
    eventually("it opens", || async { breaker(&f.queue, Vendor::JumpCloud).await.is_some() }).await;
    f.queue.add(&add("leaver", Line::Urgent)).await.unwrap();
    eventually("whoever was under way is back in line", || async {
        let status = f.queue.status().await.unwrap();
        status.leased <= 1 && status.waiting.iter().sum::<u64>() + status.delayed + status.leased == 202
    })
    .await;
    let before = asked.requests();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let probes = asked.requests() - before;
    // 2,000 ms of cool-downs between 240 and 300 ms.
    assert!((4..=9).contains(&probes), "{probes} tries in 2 s over two workers");
    for id in ["p0", "p100", "p199", "leaver"] {
        let job = f.queue.show(&format!("person:{id}")).await.unwrap().unwrap();
        assert!(job.attempts == 0 || job.state == JobState::Leased, "{job:?}");
    }
    let later = f.queue.show("person:later").await.unwrap().unwrap();
    assert_eq!(later.state, JobState::Delayed, "arranged times stay");

    asked.up.store(true, Ordering::SeqCst);
    eventually("everybody is served at once", || async {
        let status = f.queue.status().await.unwrap();
        status.waiting == [0; 3] && status.leased == 0 && status.dead == 0 && status.delayed == 1
    })
    .await;
    assert!(f.queue.breakers().await.unwrap().is_empty());
    for worker in workers {
        worker.stop().await.unwrap();
    }
}

#[tokio::test]
async fn the_most_urgent_tries_first_and_goes_first_afterwards() {
    let f = fixture().await;
    let budget = f.queue.budget(Vendor::Deel, None);
    open(&budget).await;
    for (id, line) in [("bulk", Line::Bulk), ("change", Line::Events), ("leaver", Line::Urgent)] {
        f.queue.add(&add(id, line)).await.unwrap();
    }
    let (seen, asked) = (Seen::default(), Asked::new(&f.queue, Vendor::Deel, true));
    let noted = seen.clone();
    let worker = f.worker(1, move |lease| {
        noted.add(&lease);
        let asked = asked.clone();
        async move { asked.run(lease).await }
    });
    seen.reaches(3).await;
    let order: Vec<String> = seen.all().iter().map(|lease| lease.key.to_string()).collect();
    assert_eq!(order, ["person:leaver", "person:change", "person:bulk"]);
    assert!(seen.all().iter().all(|lease| lease.attempt == 1));
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn a_job_at_which_the_vendor_always_stumbles_does_not_keep_it_shut() {
    let f = fixture().await;
    let budget = f.queue.budget(Vendor::JumpCloud, None);
    open(&budget).await;
    f.queue.add(&add("poison", Line::Urgent)).await.unwrap();
    f.queue.add(&add("healthy", Line::Bulk)).await.unwrap();
    let seen = Seen::default();
    let (noted, asking) = (seen.clone(), budget.clone());
    let worker = f.worker(4, move |lease: Lease| {
        noted.add(&lease);
        let budget = asking.clone();
        async move {
            budget.acquire(lease.line).await.unwrap();
            if lease.key == person("poison") {
                fails(&budget, "person:poison").await;
                return away(Vendor::JumpCloud, "500");
            }
            budget.answered().await.unwrap();
            Verdict::done()
        }
    });
    eventually("it is open to all again", || async { breaker(&f.queue, Vendor::JumpCloud).await.is_none() })
        .await;
    f.becomes("person:healthy", None).await;
    assert_eq!(seen.all()[0].key, person("poison"), "the urgent one had its turn");
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn whoever_tries_and_dies_is_followed_by_another() {
    let f = fixture().await;
    let budget = f.queue.budget(Vendor::JumpCloud, None);
    open(&budget).await;
    f.queue.add(&add("a", Line::Urgent)).await.unwrap();
    f.queue.add(&add("b", Line::Events)).await.unwrap();
    let hung = Seen::default();
    let noted = hung.clone();
    let worker = f.worker(4, move |lease| {
        noted.add(&lease);
        std::future::pending::<Verdict>()
    });
    hung.reaches(1).await;
    assert!(breaker(&f.queue, Vendor::JumpCloud).await.unwrap().trying);
    stays("one at a time", Duration::from_millis(600), || async { hung.len() == 1 }).await;
    // As `kill -9` does it: the worker is gone, nothing is given back, its lease runs out.
    drop(worker);
    let fence = hung.all()[0].fence;
    let _: i64 = f.raw("ZADD P:leases 1 person:a").await;
    let asked = Asked::new(&f.queue, Vendor::JumpCloud, true);
    let second = asked.worker(&f.queue, "second", 4);
    eventually("both are done", || async {
        f.state("person:a").await.is_none() && f.state("person:b").await.is_none()
    })
    .await;
    assert!(f.queue.breakers().await.unwrap().is_empty());
    assert!(fence > 0);
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_try_that_ended_without_a_word_lets_the_next_one_try_at_once() {
    let f = Fixture::tuned(|config| config.probe_every = Duration::from_secs(1)).await;
    let budget = f.queue.budget(Vendor::JumpCloud, None);
    open(&budget).await;
    for n in 0..5 {
        f.queue.add(&add(&format!("p{n}"), Line::Events)).await.unwrap();
    }
    let seen = Seen::default();
    let (noted, asked) = (seen.clone(), Asked::new(&f.queue, Vendor::JumpCloud, true));
    let started = std::time::Instant::now();
    let worker = f.worker(4, move |lease: Lease| {
        let (count, asked) = (noted.add(&lease), asked.clone());
        // The first four need not ask anybody.
        async move { if count <= 4 { Verdict::done() } else { asked.run(lease).await } }
    });
    f.drained().await;
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
    assert!(f.queue.breakers().await.unwrap().is_empty());
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn an_order_to_suspend_does_not_wait_for_deel_but_for_jumpcloud() {
    let f = Fixture::tuned(|config| config.probe_every = Duration::from_secs(60)).await;
    let (deel, jumpcloud) = (f.queue.budget(Vendor::Deel, None), f.queue.budget(Vendor::JumpCloud, None));
    open(&deel).await;
    let _: i64 = f.raw("HSET P:breaker:deel until 99999999999999").await;
    for id in ["ordered", "other"] {
        f.queue.order_set(id, "{}").await.unwrap();
        // A leaver's webhook came before the order.
        f.queue.add(&add(id, Line::Urgent)).await.unwrap();
    }
    let mut order = add("ordered", Line::Urgent);
    order.trigger = Trigger::new("operator:suspend");
    f.queue.add(&order).await.unwrap();
    let seen = Seen::default();
    let worker = f.noting(4, &seen);
    f.becomes("person:ordered", None).await;
    stays("the other waits for Deel", Duration::from_millis(300), || async {
        f.state("person:other").await == Some(JobState::Waiting) && seen.len() == 1
    })
    .await;
    open(&jumpcloud).await;
    let _: i64 = f.raw("HSET P:breaker:jumpcloud until 99999999999999").await;
    f.queue.add(&order).await.unwrap();
    stays("the order waits for JumpCloud", Duration::from_millis(300), || async { seen.len() == 1 }).await;
    let _: i64 = f.raw("HSET P:breaker:jumpcloud until 1").await;
    f.queue.add(&add("wakes", Line::Events)).await.unwrap();
    seen.reaches(2).await;
    assert_eq!(seen.all()[1].key, person("ordered"), "and is the one that tries it");
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn a_verdict_for_a_vendor_that_is_away_goes_back_in_line_and_keeps_what_was_arranged() {
    let f = fixture().await;
    let budget = f.queue.budget(Vendor::Deel, None);
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    f.queue.delay(&add("a", Line::Urgent), When::After(Duration::from_secs(500))).await.unwrap();
    assert_eq!(claim.finish(away(Vendor::Deel, "503")).await.unwrap(), Finished::Delayed, "not known yet");
    open(&budget).await;
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    assert_eq!(claim.attempt, 1);
    assert_eq!(claim.finish(away(Vendor::Deel, "503")).await.unwrap(), Finished::Waiting);
    let job = f.queue.show("person:a").await.unwrap().unwrap();
    assert_eq!((job.attempts, job.error.as_deref()), (0, Some("503")));
    assert!(job.scheduled_ms.is_some());
    // Another vendor's absence is none of its business; nor does it spare what is the job's own fault.
    let claim = f.queue.claim_one(&person("b"), "w", &trigger()).await.unwrap().unwrap();
    assert_eq!(claim.finish(away(Vendor::JumpCloud, "503")).await.unwrap(), Finished::Delayed);
    let claim = f.queue.claim_one(&person("c"), "w", &trigger()).await.unwrap().unwrap();
    assert_eq!(claim.finish(retry("400")).await.unwrap(), Finished::Delayed);
    assert_eq!(f.queue.show("person:c").await.unwrap().unwrap().attempts, 1);
}

#[tokio::test]
async fn a_long_run_asks_in_turn_with_the_others() {
    let f = fixture().await;
    let budget = f.queue.budget(Vendor::Deel, None);
    let claim = f.queue.claim_one(&queue::JobKey::Reconcile, "w", &trigger()).await.unwrap().unwrap();
    let other = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    assert_eq!(f.queue.may_ask(Vendor::Deel, &claim).await.unwrap(), None, "nothing is known against it");
    open(&budget).await;
    let wait = f.queue.may_ask(Vendor::Deel, &claim).await.unwrap().expect("it has to wait");
    assert!(wait <= Duration::from_millis(300), "{wait:?}");
    tokio::time::sleep(wait).await;
    assert_eq!(f.queue.may_ask(Vendor::Deel, &claim).await.unwrap(), None, "its turn");
    assert!(f.queue.may_ask(Vendor::Deel, &claim).await.unwrap().is_some(), "once");
    assert!(f.queue.may_ask(Vendor::Deel, &other).await.unwrap().is_some(), "and nobody else's");
    fails(&budget, "reconcile").await;
    assert!(!breaker(&f.queue, Vendor::Deel).await.unwrap().trying);
    assert!(f.queue.may_ask(Vendor::Deel, &claim).await.unwrap().is_some());
}

/// The state machine against a model, over all sequences that a seed makes: never open without three jobs in a row or a
/// vain try, never shut after an answer, never two that try at once.
#[tokio::test]
async fn whatever_happens_in_whatever_order_the_door_is_as_it_should() {
    let f = Fixture::tuned(|config| config.probe_every = Duration::from_secs(20)).await;
    let budget = f.queue.budget(Vendor::JumpCloud, None);
    let claim = f.queue.claim_one(&person("asks"), "w", &trigger()).await.unwrap().unwrap();
    let (mut seed, mut row, mut open) = (0x9e37_79b9_7f4a_7c15_u64, Vec::<u64>::new(), false);
    for step in 0..600 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        match seed % 10 {
            0 | 1 => {
                budget.acquire(Line::Events).await.unwrap();
                budget.answered().await.unwrap();
                (row, open) = (Vec::new(), false);
            }
            2 => {
                if open {
                    let _: i64 = f.raw("HSET P:breaker:jumpcloud until 1").await;
                }
                let first = f.queue.may_ask(Vendor::JumpCloud, &claim).await.unwrap();
                let second = f.queue.may_ask(Vendor::JumpCloud, &claim).await.unwrap();
                assert!(first.is_none() || open, "step {step}");
                assert_eq!(second.is_some(), open, "step {step}: a second one while the first tries");
            }
            _ => {
                let job = seed / 10 % 5;
                fails(&budget, &format!("person:{job}")).await;
                if !row.contains(&job) {
                    row.push(job);
                }
                open = open || row.len() >= 3;
            }
        }
        let now = breaker(&f.queue, Vendor::JumpCloud).await;
        assert_eq!(now.is_some(), open, "step {step}: {row:?} {now:?}");
    }
}
