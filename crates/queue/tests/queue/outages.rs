//! The worker when something goes wrong: crashes, poison, panics, leases lost, Redis going away.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crate::common::{Fixture, Seen, Worker, add, eventually, person, trigger};
use queue::{JobState, LeaseLost, Line, Queue, Verdict, WorkError, WorkerConfig};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keys_of_a_killed_worker_come_back_within_seconds_as_a_counted_attempt() {
    let f = Fixture::start().await;
    let seen = Seen::default();
    let config = f.config.clone();
    let (begun, first) = (seen.clone(), seen.clone());
    let killed = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let queue = Queue::connect(&config).await.unwrap();
            let _worker = Worker::start(queue, WorkerConfig::new("killed", 4), move |lease| {
                begun.add(&lease);
                std::future::pending()
            });
            first.reaches(1).await;
        });
        // Everything of it stops at once: nothing is released, nothing renewed.
        runtime.shutdown_background();
    });
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    tokio::task::spawn_blocking(move || killed.join().unwrap()).await.unwrap();
    let died = Instant::now();
    let worker = f.noting(4, &seen);
    seen.reaches(2).await;
    assert!(died.elapsed() < Duration::from_secs(3), "{:?}", died.elapsed());
    let (one, two) = (&seen.all()[0], &seen.all()[1]);
    assert_eq!((one.attempt, two.attempt), (1, 2));
    assert!(two.fence > one.fence);
    f.drained().await;
    worker.stop().await.unwrap();
}

#[tokio::test]
async fn a_job_that_kills_its_process_ends_up_dead_with_the_reason() {
    let f = Fixture::start().await;
    f.queue.add(&add("killer", Line::Events)).await.unwrap();
    for attempt in 1..=3 {
        let claim = f.queue.claim_one(&person("killer"), "victim", &trigger()).await.unwrap().unwrap();
        assert_eq!(claim.attempt, attempt);
        std::mem::forget(claim);
        f.raw::<()>("ZADD P:leases 1 person:killer").await;
        let worker = f.worker(1, |_| std::future::pending());
        if attempt == 3 {
            f.becomes("person:killer", Some(JobState::Dead)).await;
        }
        drop(worker);
        if attempt < 3 {
            // Whoever claimed meanwhile is ended as well, without a verdict and without an attempt.
            f.raw::<()>("ZREM P:leases person:killer").await;
            f.raw::<()>("ZADD P:waiting:events 1 person:killer").await;
            f.raw::<()>(&format!("HSET P:job:person:killer state waiting attempts {attempt} line events"))
                .await;
        }
    }
    let job = f.queue.show("person:killer").await.unwrap().unwrap();
    assert!(job.error.as_deref().unwrap().contains("victim"), "{job:?}");
    assert_eq!(job.attempts, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_job_key_is_moved_to_the_dead_and_harms_nobody() {
    let f = Fixture::start().await;
    for key in ["nonsense", "person:", "person:with:colons", "\u{7f}bell"] {
        f.raw::<()>(&format!("ZADD P:waiting:events 1 {key}")).await;
    }
    let mut connection = f.redis.connection().await;
    let list = format!("{{{}}}:waiting:urgent", f.redis.prefix());
    redis::cmd("ZADD")
        .arg(list)
        .arg(1)
        .arg(&b"\xff\xfe bytes"[..])
        .query_async::<()>(&mut connection)
        .await
        .unwrap();
    f.raw::<()>("SET P:job:nonsense string").await;
    f.queue.add(&add("good", Line::Bulk)).await.unwrap();
    let seen = Seen::default();
    let worker = f.noting(4, &seen);
    seen.reaches(1).await;
    eventually("five are dead", || async { f.queue.status().await.unwrap().dead == 5 }).await;
    for job in f.queue.list(JobState::Dead, 0, 10).await.unwrap().items {
        assert!(job.error.unwrap().contains("not a job key"));
        let _ = f.queue.discard(&job.key).await.unwrap();
    }
    assert_eq!(seen.all()[0].key, person("good"));
    worker.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_is_a_counted_retry() {
    let f = Fixture::start().await;
    let seen = Seen::default();
    let worker = f.worker(2, {
        let seen = seen.clone();
        move |lease| {
            // One before the first await, one after.
            if seen.add(&lease) == 1 {
                panic!("at once");
            }
            async move {
                tokio::task::yield_now().await;
                if lease.attempt == 2 {
                    panic!("later");
                }
                Verdict::done()
            }
        }
    });
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    seen.reaches(3).await;
    f.drained().await;
    assert_eq!(seen.all().iter().map(|l| l.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    worker.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_without_redis_ends_too() {
    let mut f = Fixture::private().await;
    let seen = Seen::default();
    let mut config = WorkerConfig::new("drain", 2);
    config.grace = Duration::from_millis(200);
    let worker = Worker::start(f.queue.clone(), config, {
        let seen = seen.clone();
        move |lease| {
            seen.add(&lease);
            std::future::pending()
        }
    });
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    seen.reaches(1).await;
    f.redis.server().kill();
    let started = Instant::now();
    assert!(matches!(worker.stop().await, Err(WorkError::DrainTimedOut)));
    assert!(started.elapsed() < Duration::from_secs(6));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_of_redis_while_working_loses_nothing_and_ends_no_worker() {
    let mut f = Fixture::private().await;
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let worker = f.worker(8, move |_| {
        let counted = counted.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            counted.fetch_add(1, Ordering::Relaxed);
            Verdict::done()
        }
    });
    let mut accepted = 0;
    for i in 0..300 {
        if i == 150 {
            f.redis.server().kill();
            let refused = f.queue.add(&add("refused", Line::Events)).await;
            assert!(refused.unwrap_err().is_temporary());
            f.redis.server().restart().await;
        }
        let request = add(&format!("p{i}"), Line::Events);
        eventually("it is accepted", || async { f.queue.add(&request).await.is_ok() }).await;
        accepted += 1;
    }
    f.drained().await;
    assert!(runs.load(Ordering::Relaxed) >= accepted);
    worker.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redis_that_hangs_for_a_while_ends_no_worker() {
    let mut f =
        Fixture::with(test_redis::TestRedis::private(test_redis::Persistence::EverySecond).await, |c| {
            c.response_timeout = Duration::from_millis(300);
        })
        .await;
    let seen = Seen::default();
    let worker = f.noting(2, &seen);
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    seen.reaches(1).await;
    f.redis.server().freeze();
    // How long the fault lasts: several timeouts of a response.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    f.redis.server().thaw();
    let started = Instant::now();
    eventually("it is accepted", || async { f.queue.add(&add("b", Line::Events)).await.is_ok() }).await;
    seen.reaches(2).await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    worker.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verdict_under_a_lost_lease_causes_another_run() {
    let f = Fixture::start().await;
    let seen = Seen::default();
    let go = Arc::new(tokio::sync::Notify::new());
    let worker = f.worker(1, {
        let (seen, go) = (seen.clone(), go.clone());
        move |lease| {
            let (n, go) = (seen.add(&lease), go.clone());
            async move {
                if n == 1 {
                    go.notified().await;
                }
                Verdict::done()
            }
        }
    });
    f.queue.add(&add("a", Line::Events)).await.unwrap();
    seen.reaches(1).await;
    let stolen = seen.all()[0].clone();
    f.raw::<()>("HSET P:job:person:a fence 7").await;
    assert!(matches!(stolen.check().await, Err(LeaseLost::Lost)));
    f.raw::<()>("DEL P:job:person:a").await;
    f.raw::<()>("ZREM P:leases person:a").await;
    go.notify_one();
    seen.reaches(2).await;
    f.drained().await;
    worker.stop().await.unwrap();
}
