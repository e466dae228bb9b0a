//! The worker: crowds, order, pauses, drains, signs of life.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::common::{Fixture, Seen, Worker, add, eventually, person, retry, stays, trigger};
use queue::{LeaseLost, Line, Queue, Verdict, WorkerConfig};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_of_fifty_thousand_is_worked_off_and_leaves_nothing_behind() {
    let f = Fixture::start().await;
    for batch in 0..200u64 {
        let deliveries: Vec<_> = (0..250u64)
            .map(|i| {
                let mut hash = [0; 32];
                hash[..8].copy_from_slice(&(batch * 250 + i).to_le_bytes());
                let subjects = vec![queue::Subject::Person(format!("p{}", batch * 250 + i))];
                queue::Delivery {
                    hash,
                    line: Line::ALL[i as usize % 3],
                    trigger: "t".into(),
                    look: None,
                    subjects,
                }
            })
            .collect();
        f.queue.accept(&deliveries).await.unwrap();
    }
    assert_eq!(f.queue.status().await.unwrap().waiting.iter().sum::<u64>(), 50_000);
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let worker = f.worker(64, move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        async { Verdict::done() }
    });
    f.drained().await;
    assert_eq!(runs.load(Ordering::Relaxed), 50_000, "each once");
    worker.stop().await.unwrap();
    let mut left: Vec<String> = f.keys().await.into_iter().filter(|key| !key.starts_with("seen:")).collect();
    left.retain(|key| !key.starts_with("wake:"));
    assert_eq!(left, ["fence"], "nor of the worker, which ended well");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_most_urgent_goes_first_and_a_crowd_leaves_room_for_it() {
    let f = Fixture::start().await;
    for i in 0..100 {
        f.queue.add(&add(&format!("bulk{i}"), Line::Bulk)).await.unwrap();
        f.queue.add(&add(&format!("event{i}"), Line::Events)).await.unwrap();
    }
    let seen = Seen::default();
    // Handlers of the crowd never end: as if a vendor did not answer.
    let worker = f.worker(16, {
        let seen = seen.clone();
        move |lease| {
            seen.add(&lease);
            async move {
                if lease.line != Line::Urgent {
                    std::future::pending::<()>().await;
                }
                Verdict::done()
            }
        }
    });
    seen.reaches(14).await;
    assert!(seen.all().iter().all(|lease| lease.line == Line::Events), "events before bulk");
    let started = Instant::now();
    f.queue.add(&add("leaver", Line::Urgent)).await.unwrap();
    seen.reaches(15).await;
    assert_eq!(seen.all()[14].key, person("leaver"));
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
    drop(worker);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_at_a_time_per_key_over_two_workers_and_no_event_is_lost() {
    let f = Fixture::start().await;
    let running: Arc<Vec<AtomicUsize>> = Arc::new((0..5).map(|_| AtomicUsize::new(0)).collect());
    let wanted: Arc<Vec<AtomicUsize>> = Arc::new((0..5).map(|_| AtomicUsize::new(0)).collect());
    let served: Arc<Vec<AtomicUsize>> = Arc::new((0..5).map(|_| AtomicUsize::new(0)).collect());
    let handler = {
        let (running, wanted, served) = (running.clone(), wanted.clone(), served.clone());
        move |lease: queue::Lease| {
            let n: usize = lease.key.person_id().unwrap().parse().unwrap();
            let (running, wanted, served) = (running.clone(), wanted.clone(), served.clone());
            async move {
                assert_eq!(running[n].fetch_add(1, Ordering::SeqCst), 0, "two at once");
                let saw = wanted[n].load(Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(3)).await;
                served[n].store(saw, Ordering::SeqCst);
                running[n].fetch_sub(1, Ordering::SeqCst);
                Verdict::done()
            }
        }
    };
    let other = Queue::connect(&f.config).await.unwrap();
    let workers = [
        Worker::start(f.queue.clone(), WorkerConfig::new("one", 4), handler.clone()),
        Worker::start(other, WorkerConfig::new("two", 4), handler),
    ];
    for round in 1..=150 {
        for n in 0..5 {
            wanted[n].store(round, Ordering::SeqCst);
            f.queue.add(&add(&n.to_string(), Line::Events)).await.unwrap();
        }
    }
    f.drained().await;
    assert!(
        served.iter().all(|n| n.load(Ordering::SeqCst) == 150),
        "the last event was seen by a run after it"
    );
    for worker in workers {
        worker.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_stops_claims_and_writes_and_resume_lets_the_work_go_on() {
    let f = Fixture::start().await;
    let claim = f.queue.claim_one(&person("a"), "w", &trigger()).await.unwrap().unwrap();
    let pause = f.queue.pause("op", "a \"quoted\" reason").await.unwrap();
    assert_eq!(f.queue.pause("other", "").await.unwrap(), pause, "the first one's time and reason stay");
    assert_eq!(f.queue.paused().await.unwrap(), Some(pause));
    assert!(matches!(claim.check().await, Err(LeaseLost::Paused)));
    claim.finish(Verdict::Release).await.unwrap();
    let seen = Seen::default();
    let worker = f.noting(4, &seen);
    eventually("it has begun", || async { !f.queue.workers().await.unwrap().is_empty() }).await;
    f.queue.add(&add("b", Line::Events)).await.unwrap();
    stays("nothing runs", Duration::from_millis(300), || async { seen.len() == 0 }).await;
    assert_eq!(f.queue.status().await.unwrap().waiting.iter().sum::<u64>(), 2);
    let started = Instant::now();
    assert!(f.queue.resume().await.unwrap());
    assert!(!f.queue.resume().await.unwrap());
    seen.reaches(2).await;
    assert!(started.elapsed() < Duration::from_secs(1));
    worker.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_shutdown_what_runs_finishes_and_the_rest_goes_back_uncounted() {
    let f = Fixture::start().await;
    let seen = Seen::default();
    let mut config = WorkerConfig::new("drain", 4);
    config.grace = Duration::from_millis(800);
    let worker = Worker::start(f.queue.clone(), config, {
        let seen = seen.clone();
        move |lease| {
            seen.add(&lease);
            async move {
                match lease.key.person_id() {
                    Some("quick") => tokio::time::sleep(Duration::from_millis(300)).await,
                    _ => std::future::pending().await,
                }
                Verdict::done()
            }
        }
    });
    for id in ["quick", "slow", "later1", "later2", "later3", "later4"] {
        f.queue.add(&add(id, Line::Urgent)).await.unwrap();
    }
    seen.reaches(4).await;
    let started = Instant::now();
    worker.stop().await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert_eq!(f.state("person:quick").await, None, "it was let finish");
    let status = f.queue.status().await.unwrap();
    assert_eq!((status.waiting, status.leased), ([5, 0, 0], 0), "the rest is back, nothing leased");
    assert_eq!(f.queue.show("person:slow").await.unwrap().unwrap().attempts, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_worker_asks_redis_next_to_nothing_and_starts_at_once() {
    let f = Fixture::private().await;
    let seen = Seen::default();
    let worker = f.noting(64, &seen);
    f.queue.add(&add("first", Line::Events)).await.unwrap();
    seen.reaches(1).await;
    let commands = || async {
        let info: String = f.raw("INFO commandstats").await;
        let calls = |name: &str| {
            let line = info.lines().find(|line| line.starts_with(&format!("cmdstat_{name}:")));
            line.map_or(0, |line| line.split(['=', ',']).nth(1).unwrap().parse::<u64>().unwrap())
        };
        calls("evalsha") + calls("blpop")
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = commands().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let asked = commands().await - before;
    assert!(asked <= 6, "{asked} calls in three idle seconds");
    let mut worst = Duration::ZERO;
    for i in 0..50 {
        let started = Instant::now();
        f.queue.add(&add(&format!("p{i}"), Line::ALL[i % 3])).await.unwrap();
        seen.reaches(i + 2).await;
        worst = worst.max(started.elapsed());
    }
    assert!(worst < Duration::from_millis(250), "a wake-up was lost: {worst:?}");
    worker.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_gives_signs_of_life() {
    let f = Fixture::start().await;
    let worker = f.worker(1, |_| async { retry("no") });
    eventually("it is listed", || async { !f.queue.workers().await.unwrap().is_empty() }).await;
    assert_eq!(f.queue.workers().await.unwrap()[0].name, "test");
    worker.stop().await.unwrap();
    assert!(f.queue.workers().await.unwrap().is_empty(), "who ends well is not listed for an hour");
}
