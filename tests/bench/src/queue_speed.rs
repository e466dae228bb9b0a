//! The queue alone: how soon a key starts, and how many keys a worker gets through.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures::future::try_join_all;
use queue::{
    Acceptor, AcceptorConfig, Add, Config, Delivery, JobKey, Line, Queue, Subject, Trigger, Verdict,
    WorkerConfig,
};
use test_redis::{Persistence, TestRedis};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::figures::{Figure, median, milliseconds, percentile};

const CONCURRENCY: usize = 64;
const SAMPLES: usize = 1000;
const KEYS: usize = 100_000;
const ROUNDS: usize = 3;

pub(crate) async fn figures() -> Result<Vec<Figure>> {
    let redis = TestRedis::private(Persistence::EverySecond).await;
    let mut figures = idle_latency(&redis).await?;
    figures.push(throughput(&redis).await?);
    Ok(figures)
}

async fn connect(redis: &TestRedis, prefix: &str) -> Result<Queue> {
    let config = Config { prefix: format!("{}-{prefix}", redis.prefix()), ..Config::new(redis.url())? };
    Ok(Queue::connect(&config).await?)
}

/// From the call that adds a key to the first line of its handler, on a worker that sleeps.
async fn idle_latency(redis: &TestRedis) -> Result<Vec<Figure>> {
    let queue = connect(redis, "idle").await?;
    let (started, mut starts) = mpsc::unbounded_channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let worker = tokio::spawn(queue::work(
        queue.clone(),
        WorkerConfig::new("bench", CONCURRENCY),
        move |_| {
            // The receiver is gone only when the measurement has ended.
            let _ = started.send(Instant::now());
            std::future::ready(Verdict::done())
        },
        async { drop(stopped.await) },
    ));
    let trigger = Trigger::new("bench");
    let mut latencies = Vec::with_capacity(SAMPLES);
    for number in 0..SAMPLES + 20 {
        let key = JobKey::person(format!("idle-{number}"))?;
        let added = Instant::now();
        queue.add(&Add { key, line: Line::Events, trigger: trigger.clone(), look: None }).await?;
        let start = tokio::time::timeout(Duration::from_secs(10), starts.recv()).await;
        let start = start.context("a key did not start within 10 s")?.context("the worker ended")?;
        if number >= 20 {
            latencies.push(start.duration_since(added));
        }
        // The worker has to be asleep again: that is the case that is measured.
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    drop(stop);
    worker.await??;
    let latencies = milliseconds(&latencies);
    let ceiling = milliseconds(&blocking_read_latency(redis).await?);
    Ok(vec![
        Figure::new("enqueue to handler start, idle worker, p50", "ms", percentile(&latencies, 50.0))
            .against(percentile(&ceiling, 50.0), "LPUSH to BLPOP, nothing else"),
        Figure::new("enqueue to handler start, idle worker, p99", "ms", percentile(&latencies, 99.0))
            .against(percentile(&ceiling, 99.0), "LPUSH to BLPOP, nothing else")
            .target("< 5 ms", |figure| figure.measured < 5.0),
    ])
}

async fn blocking_read_latency(redis: &TestRedis) -> Result<Vec<Duration>> {
    let (mut pusher, mut popper) = (redis.connection().await, redis.connection().await);
    let list = format!("{{{}}}:ceiling", redis.prefix());
    let mut latencies = Vec::with_capacity(SAMPLES);
    for _ in 0..SAMPLES {
        let name = list.clone();
        let mut connection = popper.clone();
        let waiting = tokio::spawn(async move {
            let popped: Result<(String, String), _> =
                redis::cmd("BLPOP").arg(&name).arg(5).query_async(&mut connection).await;
            popped.map(|_| Instant::now())
        });
        tokio::time::sleep(Duration::from_millis(3)).await;
        let pushed = Instant::now();
        redis::cmd("LPUSH").arg(&list).arg(1).query_async::<()>(&mut pusher).await?;
        latencies.push(waiting.await??.duration_since(pushed));
    }
    redis::cmd("PING").query_async::<()>(&mut popper).await?;
    Ok(latencies)
}

/// Keys that need nothing done, by one worker that has the machine but for Redis.
async fn throughput(redis: &TestRedis) -> Result<Figure> {
    let (mut rates, mut ceilings) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let queue = connect(redis, &format!("keys{round}")).await?;
        fill(&queue, KEYS).await?;
        let (done, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (stop, stopped) = oneshot::channel::<()>();
        let (counted, finished) = (Arc::clone(&done), Arc::clone(&all));
        let started = Instant::now();
        let worker = tokio::spawn(queue::work(
            queue,
            WorkerConfig::new("bench", CONCURRENCY),
            move |_| {
                if counted.fetch_add(1, Ordering::Relaxed) + 1 == KEYS {
                    finished.notify_one();
                }
                std::future::ready(Verdict::done())
            },
            async { drop(stopped.await) },
        ));
        tokio::time::timeout(Duration::from_secs(120), all.notified())
            .await
            .context("the keys were not done")?;
        rates.push(per_second(KEYS, started.elapsed()));
        drop(stop);
        worker.await??;
        ceilings.push(round_trips(redis).await?);
    }
    Ok(Figure::new("no-op keys by one worker, concurrency 64", "/s", median(&rates))
        .against(median(&ceilings), "one INCR a key, 64 at a time")
        .target("≥ 20000 /s", |figure| figure.measured >= 20_000.0))
}

async fn fill(queue: &Queue, count: usize) -> Result<()> {
    let acceptor = Acceptor::start(queue.clone(), AcceptorConfig::default());
    for chunk in (0..count).collect::<Vec<_>>().chunks(2000) {
        try_join_all(chunk.iter().map(|number| {
            let mut hash = [0_u8; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            acceptor.accept(Delivery {
                hash,
                line: Line::Events,
                trigger: Trigger::new("bench"),
                look: None,
                subjects: vec![Subject::Person(format!("00000000-0000-4000-8000-{number:012}"))],
            })
        }))
        .await?;
    }
    Ok(())
}

async fn round_trips(redis: &TestRedis) -> Result<f64> {
    let connection = redis.connection().await;
    let counter = format!("{{{}}}:counter", redis.prefix());
    let started = Instant::now();
    let tasks = (0..CONCURRENCY).map(|_| {
        let (mut connection, counter) = (connection.clone(), counter.clone());
        tokio::spawn(async move {
            for _ in 0..KEYS / CONCURRENCY {
                redis::cmd("INCR").arg(&counter).query_async::<()>(&mut connection).await?;
            }
            Ok::<_, redis::RedisError>(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    Ok(per_second(KEYS / CONCURRENCY * CONCURRENCY, started.elapsed()))
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn per_second(count: usize, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}
