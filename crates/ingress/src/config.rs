//! What the listeners are told: where to listen and how much to take.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Where to listen, with how many threads, and within which limits.
#[derive(Clone, Debug)]
pub struct Config {
    /// The public listener: the webhook and health. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The listener for operators: metrics and health. Port 0 takes a free one.
    pub admin_listen: SocketAddr,
    /// Threads that serve the public listener, at least one.
    pub workers: usize,
    /// What a request may cost.
    pub limits: Limits,
    /// How often the ids of our organizations are read again from Redis. Until they are known for the first time
    /// they are asked for once a second.
    pub organizations_every: Duration,
    /// How often it is reported to Redis whether genuine webhooks came, and how many had a wrong signature.
    pub report_every: Duration,
    /// The operator API. None: it is off, and its paths are 404 like every other.
    pub api: Option<crate::Api>,
}

impl Default for Config {
    /// Loopback ports 8080 and 8081, the default threads.
    fn default() -> Self {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self {
            listen: SocketAddr::new(loopback, 8080),
            admin_listen: SocketAddr::new(loopback, 8081),
            workers: default_workers(),
            limits: Limits::default(),
            organizations_every: Duration::from_secs(30),
            report_every: Duration::from_secs(60),
            api: None,
        }
    }
}

/// One thread per core but one, which Redis and the worker need, at least one and at most four: by then the webhooks of
/// any company wait for Redis and not for us. Fewer threads also gather more webhooks into one call.
#[must_use]
pub fn default_workers() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).clamp(1, 4)
}

/// The most that requests may take of time, memory and sockets. The defaults are what the documentation promises;
/// tests make them small.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one body; more is answered 413.
    pub body_bytes: usize,
    /// Bytes of all bodies that are being read at one time. A request that would exceed it makes a body give way that
    /// has taken longer than [`Limits::slow_body`], or is answered 503 if there is none.
    pub bodies_bytes: usize,
    /// Time for a request to arrive, head and body together; a slower one is answered 408.
    pub request_time: Duration,
    /// How long a request may take to arrive before its body gives way when there is no room for another's.
    pub slow_body: Duration,
    /// Time for Redis to store an event; later it is answered 503.
    pub store_time: Duration,
    /// Answers to bad signatures a second, all connections together; beyond it each waits, at most a second. So those
    /// who have no key take no time from those who have.
    pub refusals_per_second: u32,
    /// What `Retry-After` says beside a 503, in whole seconds.
    pub retry_after: Duration,
    /// How long a connection may stay idle. Longer than the 60 s that reverse proxies keep theirs, so that they end
    /// a connection before we do and no request crosses with our closing.
    pub keep_alive: Duration,
    /// How long a client that is refused in the middle of its body may go on sending before its connection is closed.
    pub linger: Duration,
    /// Connections of the public listener at one time. For one more, the oldest ends that never brought a signed
    /// webhook. Lowered where the process may not open enough files.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            bodies_bytes: 64 * 1024 * 1024,
            request_time: Duration::from_secs(10),
            slow_body: Duration::from_secs(1),
            store_time: Duration::from_secs(2),
            refusals_per_second: 200,
            retry_after: Duration::from_secs(5),
            keep_alive: Duration::from_secs(75),
            linger: Duration::from_secs(1),
            connections: 1024,
        }
    }
}
