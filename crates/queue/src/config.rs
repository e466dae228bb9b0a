//! What the queue can be told. Every value has a default that suits production.

use std::time::Duration;

use crate::{address::Address, error::QueueError};

/// How to reach Redis and how jobs are run. `Debug` shows no password.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where Redis is.
    pub address: Address,
    /// The hash tag of all keys: `deelsync` makes `{deelsync}:…`. One installation, one prefix.
    pub prefix: String,
    /// How long a key stays with a worker that no longer renews; renewed every third of it. 6 s.
    pub lease: Duration,
    /// How often a key is tried before it is dead. 8.
    pub max_attempts: u32,
    /// The delay before the second attempt, doubled for each further one, with jitter. 2 s.
    pub backoff_base: Duration,
    /// The longest delay between two attempts (a longer `Retry-After` is honoured). 10 min.
    pub backoff_cap: Duration,
    /// How often a vendor that is away is tried at most, once it was away for a while ([`crate::Breaker`]). 30 s.
    pub probe_every: Duration,
    /// How long one command may take. 5 s.
    pub response_timeout: Duration,
    /// How long a connection attempt may take. 2 s.
    pub connect_timeout: Duration,
    /// How long a delivery's hash is remembered. 7 days.
    pub remember_deliveries: Duration,
    /// At most one reconcile per this time is started by deliveries without a known person. 10 min.
    pub reconcile_every: Duration,
    /// How many dead keys are kept. 10,000.
    pub dead_max: u64,
    /// How long dead keys, closed holds and the audit trail are kept. 180 days.
    pub retention: Duration,
    /// How many entries the audit trail keeps. 100,000.
    pub audit_max: u64,
}

impl Config {
    /// The defaults, for a Redis at `url`: `redis://`, `rediss://`, `unix://`,
    /// `redis-sentinel://[[user]:password@]host:port,…/master[/db]` or `redis-cluster://host:port,…`.
    ///
    /// # Errors
    /// [`QueueError::Address`] if the address cannot be understood. Nothing is connected yet.
    pub fn new(url: &str) -> Result<Self, QueueError> {
        const DAY: u64 = 86_400;
        Ok(Self {
            address: Address::parse(url)?,
            prefix: "deelsync".to_owned(),
            lease: Duration::from_secs(6),
            max_attempts: 8,
            backoff_base: Duration::from_secs(2),
            backoff_cap: Duration::from_secs(600),
            probe_every: Duration::from_secs(30),
            response_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(2),
            remember_deliveries: Duration::from_secs(7 * DAY),
            reconcile_every: Duration::from_secs(600),
            dead_max: 10_000,
            retention: Duration::from_secs(180 * DAY),
            audit_max: 100_000,
        })
    }
}

/// One worker process.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// How many keys at once, 1 to 1,024. Part of it is kept free for urgent keys if it is two or more.
    pub concurrency: usize,
    /// The worker's name in leases and `status`: unique per process, for instance `host:pid`.
    pub name: String,
    /// After the shutdown signal, handlers may go on for this long; what still runs then is given back. 20 s, so
    /// that a process is gone within 25 s.
    pub grace: Duration,
}

impl WorkerConfig {
    /// A worker of this name and concurrency with a grace of 20 s.
    #[must_use]
    pub fn new(name: impl Into<String>, concurrency: usize) -> Self {
        Self { concurrency: concurrency.clamp(1, 1024), name: name.into(), grace: Duration::from_secs(20) }
    }
}

/// How deliveries are gathered ([`crate::Acceptor`]).
#[derive(Debug, Clone, Copy)]
pub struct AcceptorConfig {
    /// How many deliveries may wait to be stored; more get [`QueueError::Busy`]. 8,192.
    pub capacity: usize,
    /// How many are stored in one call. 256.
    pub batch: usize,
    /// How long a delivery waits to be stored, in the channel and in Redis together. 2 s.
    pub timeout: Duration,
}

impl Default for AcceptorConfig {
    fn default() -> Self {
        Self { capacity: 8192, batch: 256, timeout: Duration::from_secs(2) }
    }
}
