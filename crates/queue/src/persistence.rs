//! What Redis does to keep what it has accepted, as far as it tells.

use std::collections::HashMap;

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
    /// Asks the server how it keeps data; of a Cluster, some node. What it does not tell is `None`.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`] or [`QueueError::TimedOut`] only; a refusal is an answer here.
    pub async fn persistence(&self) -> Result<Persistence, QueueError> {
        let mut info = HashMap::new();
        for section in ["server", "persistence", "replication", "memory"] {
            info.extend(parse_info(&self.told(redis::cmd("INFO").arg(section)).await?.unwrap_or_default()));
        }
        let fsync = self.setting("appendfsync").await?;
        let aof = self.setting("appendonly").await?;
        let config_refused = fsync.is_none() && aof.is_none();
        let (policy, memory) = (self.setting("maxmemory-policy").await?, self.setting("maxmemory").await?);
        Ok(read(&mut info, config_refused, aof, fsync, policy, memory))
    }

    /// An answer as text; `None` if the server refuses, or answers with something else.
    async fn told(&self, command: &redis::Cmd) -> Result<Option<String>, QueueError> {
        tolerant(self.command::<redis::Value>(command).await).map(|value| value.map(|value| text_of(&value)))
    }

    async fn setting(&self, name: &str) -> Result<Option<String>, QueueError> {
        let answer = self.command::<HashMap<String, String>>(redis::cmd("CONFIG").arg("GET").arg(name)).await;
        Ok(tolerant(answer)?.and_then(|mut found| found.remove(name)))
    }
}

fn tolerant<T>(answer: Result<T, QueueError>) -> Result<Option<T>, QueueError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error @ (QueueError::Unavailable(_) | QueueError::TimedOut)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// Cluster connections ask several nodes and answer a map of texts; the first text is one node's.
fn text_of(value: &redis::Value) -> String {
    match value {
        redis::Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        redis::Value::SimpleString(text) | redis::Value::VerbatimString { text, .. } => text.clone(),
        redis::Value::Map(nodes) => nodes.first().map(|(_, value)| text_of(value)).unwrap_or_default(),
        redis::Value::Array(values) => values.last().map(text_of).unwrap_or_default(),
        _ => String::new(),
    }
}

fn parse_info(text: &str) -> HashMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.trim_end().split_once(':'));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn read(
    info: &mut HashMap<String, String>,
    config_refused: bool,
    aof: Option<String>,
    appendfsync: Option<String>,
    policy: Option<String>,
    memory: Option<String>,
) -> Persistence {
    let aof = aof.map(|v| v == "yes").or_else(|| info.get("aof_enabled").map(|v| v == "1"));
    let role = match info.get("role").map(String::as_str) {
        Some("master") => Role::Master,
        Some("slave" | "replica") => Role::Replica,
        _ => Role::Unknown,
    };
    Persistence {
        aof,
        appendfsync,
        role,
        replicas: info.get("connected_slaves").and_then(|v| v.parse().ok()).unwrap_or(0),
        maxmemory_policy: policy.or_else(|| info.remove("maxmemory_policy")),
        maxmemory: memory.or_else(|| info.remove("maxmemory")).and_then(|v| v.parse().ok()),
        version: info.remove("redis_version"),
        config_refused,
        aof_last_write_ok: info.get("aof_last_write_status").map(|v| v == "ok"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_managed_service_that_refuses_config_is_read_from_info() {
        let mut info = parse_info(
            "# Server\r\nredis_version:7.1.0\r\n# Persistence\r\naof_enabled:0\r\nrole:master\r\nconnected_slaves:1\r\n\
             maxmemory:0\r\nmaxmemory_policy:volatile-lru\r\n",
        );
        let p = read(&mut info, true, None, None, None, None);
        assert_eq!((p.aof, p.role, p.replicas, p.config_refused), (Some(false), Role::Master, 1, true));
        assert_eq!((p.maxmemory_policy.as_deref(), p.maxmemory), (Some("volatile-lru"), Some(0)));
        assert_eq!((p.version.as_deref(), p.appendfsync), (Some("7.1.0"), None));
    }

    #[test]
    fn a_server_that_tells_nothing_is_unknown() {
        let p = read(&mut HashMap::new(), true, None, None, None, None);
        assert_eq!((p.aof, p.role, p.version), (None, Role::Unknown, None));
    }
}
