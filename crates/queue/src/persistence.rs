//! What Redis does to keep what it has accepted, as far as it tells.

use crate::{error::QueueError, queue::Queue};

/// A server's place in a replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Takes writes.
    Master,
    /// Does not; a configuration error for us.
    Replica,
    /// Not told.
    Unknown,
}

/// How durable the server's data are. `None`: the server does not say (managed services refuse `CONFIG`).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Persistence {
    /// Whether an append-only file is written.
    pub aof: Option<bool>,
    /// `always`, `everysec` or `no`.
    pub appendfsync: Option<String>,
    /// Master or replica.
    pub role: Role,
    /// Connected replicas. With any, a failover to one may lose the latest second, since replication is asynchronous.
    pub replicas: u64,
    /// Anything but `noeviction` may throw jobs away.
    pub maxmemory_policy: Option<String>,
    /// The memory limit in bytes; 0: none.
    pub maxmemory: Option<u64>,
    /// For instance `7.0.15`.
    pub version: Option<String>,
    /// Whether `CONFIG` was refused, as managed services do; `aof` is then from `INFO`.
    pub config_refused: bool,
    /// Whether the last write to the append-only file worked.
    pub aof_last_write_ok: Option<bool>,
}

impl Queue {
    /// Asks the server (of a Cluster: the node that has our keys) how it keeps data. What it does not tell is `None`.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`] only; a refusal is an answer here.
    pub async fn persistence(&self) -> Result<Persistence, QueueError> {
        todo!()
    }
}
