//! What can go wrong, one variant per decision a caller makes.

/// An error of the queue. The text never contains keys' values, payloads or credentials.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// Redis did not answer, or cannot serve at the moment (restart, failover, loading, timeout). Wait and try
    /// again; what was asked may or may not have been done.
    #[error("Redis is not available")]
    Unavailable(#[source] redis::RedisError),
    /// No answer within the time the caller allowed. What was asked may still be done.
    #[error("Redis did not answer in time")]
    TimedOut,
    /// Redis answered, and refused (wrong password, out of memory, read-only, no permission). Trying again helps
    /// only after someone has changed the server or the configuration.
    #[error("Redis refused the command")]
    Refused(#[source] redis::RedisError),
    /// Too many deliveries wait to be stored; answer the sender that it should come again.
    #[error("too many deliveries wait to be stored")]
    Busy,
    /// `REDIS_URL` cannot be understood.
    #[error("the Redis address is not usable: {0}")]
    Address(#[from] InvalidAddress),
    /// Something in Redis is not of the documented form (`docs/redis.md`).
    #[error("unexpected data in Redis: {0}")]
    Data(&'static str),
}

impl QueueError {
    /// Whether waiting and trying again can help without anybody doing anything.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::TimedOut | Self::Busy)
    }

    /// The same again, for each of several callers whose requests went in one call.
    pub(crate) fn repeat(&self) -> Self {
        match self {
            Self::Unavailable(error) => Self::Unavailable(error.clone()),
            Self::TimedOut => Self::TimedOut,
            Self::Refused(error) => Self::Refused(error.clone()),
            Self::Busy => Self::Busy,
            Self::Address(error) => Self::Address(error.clone()),
            Self::Data(what) => Self::Data(what),
        }
    }
}

impl From<redis::RedisError> for QueueError {
    fn from(error: redis::RedisError) -> Self {
        use redis::{ErrorKind, ServerErrorKind as S};
        match error.kind() {
            ErrorKind::AuthenticationFailed | ErrorKind::InvalidClientConfig => Self::Refused(error),
            ErrorKind::UnexpectedReturnType | ErrorKind::Parse => Self::Data("an answer of another type"),
            ErrorKind::Server(
                S::BusyLoading
                | S::TryAgain
                | S::ClusterDown
                | S::MasterDown
                | S::Moved
                | S::Ask
                | S::ReadOnly,
            ) => Self::Unavailable(error),
            ErrorKind::Server(_) | ErrorKind::Extension => Self::Refused(error),
            _ => Self::Unavailable(error),
        }
    }
}

/// Why an address is not usable. Says nothing of the address itself, which may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAddress {
    /// Another scheme than the supported ones.
    #[error("expected redis://, rediss://, unix://, redis-sentinel:// or redis-cluster://")]
    Scheme,
    /// A Sentinel address without the name of the master.
    #[error("a Sentinel address needs the master's name: redis-sentinel://host1,host2/master[/db]")]
    NoMaster,
    /// No host, an empty host, or a port that is not a number.
    #[error("a host is missing, or a port is not a number")]
    Host,
    /// The database is not a number, or given for Cluster, which has only one.
    #[error("the database after the last slash has to be a number (none for Cluster)")]
    Database,
    /// Anything but the sentinels' own login after a `?`, or a user without a password.
    #[error("after the ? only sentinel_password=…, and with it sentinel_user=…, is known")]
    Parameter,
    /// Rejected by the Redis client library.
    #[error("the address is malformed")]
    Malformed,
}

/// Why a write must not be made now ([`crate::Lease::check`]).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LeaseLost {
    /// The lease ended (it was not renewed in time) and the key belongs to somebody else, or to nobody. Stop; the
    /// key is run again.
    #[error("the lease was lost; another worker may hold this key")]
    Lost,
    /// All writes are paused by an operator. Return [`crate::Verdict::Release`]; the work waits until `resume`.
    #[error("all writes are paused")]
    Paused,
    /// Redis did not answer, so nobody knows. Do not write; return a retry that does not count.
    #[error("the lease could not be checked")]
    Unavailable(#[source] QueueError),
}

/// Why [`crate::work`] ended other than by its shutdown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkError {
    /// The worker machinery stopped by itself, which is a defect. Restart the process.
    #[error("the worker stopped unexpectedly: {0}")]
    Stopped(String),
    /// The drain did not end in time. What was still leased returns to the line when its lease ends.
    #[error("the drain did not end in time; leases run out by themselves")]
    DrainTimedOut,
}
