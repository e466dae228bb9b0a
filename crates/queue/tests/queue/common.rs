//! What the tests of the queue share: a Redis of their own, short times, and waiting on conditions.

use std::{
    future::Future,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use queue::{Add, Config, JobKey, JobState, Lease, Line, Queue, Trigger, Verdict, WorkerConfig};
use test_redis::{Persistence, TestRedis};
use tokio::{sync::oneshot, task::JoinHandle};

pub(crate) struct Fixture {
    pub(crate) redis: TestRedis,
    pub(crate) config: Config,
    pub(crate) queue: Queue,
}

impl Fixture {
    /// A queue with a lease of 900 ms and delays that a test can wait for.
    pub(crate) async fn start() -> Self {
        Self::with(TestRedis::start().await, |_| {}).await
    }

    /// On a server of its own, which can be killed.
    pub(crate) async fn private() -> Self {
        Self::with(TestRedis::private(Persistence::Always).await, |_| {}).await
    }

    pub(crate) async fn tuned(tune: impl FnOnce(&mut Config)) -> Self {
        Self::with(TestRedis::start().await, tune).await
    }

    pub(crate) async fn with(redis: TestRedis, tune: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::new(redis.url()).unwrap();
        config.prefix = redis.prefix().to_owned();
        config.lease = Duration::from_millis(900);
        config.max_attempts = 3;
        config.backoff_base = Duration::from_millis(20);
        config.backoff_cap = Duration::from_millis(200);
        tune(&mut config);
        let queue = Queue::connect(&config).await.unwrap();
        Self { redis, config, queue }
    }

    pub(crate) async fn raw<T: redis::FromRedisValue>(&self, line: &str) -> T {
        let mut command = redis::Cmd::new();
        for word in line.split_whitespace() {
            command.arg(word.replace("P:", &format!("{{{}}}:", self.redis.prefix())));
        }
        command.query_async(&mut self.redis.connection().await).await.unwrap()
    }

    /// The keys without their prefix, sorted. In steps, since there may be very many.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let prefix = format!("{{{}}}:", self.redis.prefix());
        let mut connection = self.redis.connection().await;
        let (mut keys, mut cursor) = (std::collections::BTreeSet::new(), 0_u64);
        loop {
            let mut scan = redis::cmd("SCAN");
            scan.arg(cursor).arg("MATCH").arg(format!("{prefix}*")).arg("COUNT").arg(1000);
            let found: Vec<String>;
            (cursor, found) = scan.query_async(&mut connection).await.unwrap();
            keys.extend(found.iter().map(|key| key.replace(&prefix, "")));
            if cursor == 0 {
                return keys.into_iter().collect();
            }
        }
    }

    pub(crate) fn worker<H, F>(&self, concurrency: usize, handler: H) -> Worker
    where
        H: Fn(Lease) -> F + Send + Sync + 'static,
        F: Future<Output = Verdict> + Send + 'static,
    {
        Worker::start(self.queue.clone(), WorkerConfig::new("test", concurrency), handler)
    }

    /// A worker that notes each lease and is done with it.
    pub(crate) fn noting(&self, concurrency: usize, seen: &Seen) -> Worker {
        let seen = seen.clone();
        self.worker(concurrency, move |lease| {
            seen.add(&lease);
            async { Verdict::done() }
        })
    }

    pub(crate) async fn state(&self, key: &str) -> Option<JobState> {
        self.queue.show(key).await.unwrap().map(|job| job.state)
    }

    pub(crate) async fn becomes(&self, key: &str, state: Option<JobState>) {
        eventually(&format!("{key} becomes {state:?}"), || async { self.state(key).await == state }).await;
    }

    /// Nothing waits, runs, is delayed or dead.
    pub(crate) async fn drained(&self) {
        eventually("the queue is drained", || async {
            let s = self.queue.status().await.unwrap();
            s.waiting == [0; 3] && s.delayed == 0 && s.leased == 0 && s.dead == 0
        })
        .await;
    }
}

pub(crate) struct Worker {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), queue::WorkError>>,
}

impl Worker {
    pub(crate) fn start<H, F>(queue: Queue, config: WorkerConfig, handler: H) -> Self
    where
        H: Fn(Lease) -> F + Send + Sync + 'static,
        F: Future<Output = Verdict> + Send + 'static,
    {
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            let _ = stopped.await;
        };
        Self { stop: Some(stop), task: tokio::spawn(queue::work(queue, config, handler, shutdown)) }
    }

    pub(crate) async fn stop(mut self) -> Result<(), queue::WorkError> {
        let _ = self.stop.take().unwrap().send(());
        tokio::time::timeout(Duration::from_secs(30), self.task).await.expect("the worker stops").unwrap()
    }
}

/// What handlers saw, in order.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Lease>>>);

impl Seen {
    pub(crate) fn add(&self, lease: &Lease) -> usize {
        let mut seen = self.0.lock().unwrap();
        seen.push(lease.clone());
        seen.len()
    }

    pub(crate) fn all(&self) -> Vec<Lease> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    pub(crate) async fn reaches(&self, count: usize) {
        eventually(&format!("{count} runs"), || async { self.len() >= count }).await;
    }
}

pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition().await {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// For what must not happen: it had time to.
pub(crate) async fn stays<F: Future<Output = bool>>(what: &str, period: Duration, condition: impl Fn() -> F) {
    let until = Instant::now() + period;
    while Instant::now() < until {
        assert!(condition().await, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn person(id: &str) -> JobKey {
    JobKey::person(id).unwrap()
}

pub(crate) fn add(id: &str, line: Line) -> Add {
    Add { key: person(id), line, trigger: Trigger::new(&format!("test:{line}")), look: None }
}

pub(crate) fn trigger() -> Trigger {
    Trigger::new("test:claim")
}

pub(crate) fn retry(error: &str) -> Verdict {
    Verdict::Retry { after: None, counts: true, away: None, error: error.to_owned() }
}
