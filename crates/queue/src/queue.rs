//! The handle: one connection, and the way scripts and commands go through it.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use redis::{Cmd, ErrorKind, FromRedisValue, RedisResult, Script, ServerErrorKind};

use crate::{
    config::Config,
    conn::{self, Conn},
    error::QueueError,
};

/// A connection to the queue. Cheap to clone; clones share one connection, which reconnects by itself.
#[derive(Clone)]
pub struct Queue {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    /// `{deelsync}`: the hash tag that keeps all keys in one slot.
    prefix: String,
    conn: Conn,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("address", &self.inner.config.address).finish_non_exhaustive()
    }
}

impl Queue {
    /// Connects and asks for a sign of life.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`] or [`QueueError::TimedOut`]: nobody answers there (yet);
    /// [`QueueError::Refused`]: somebody answers and does not let us in.
    pub async fn connect(config: &Config) -> Result<Self, QueueError> {
        let patience = config.connect_timeout + config.response_timeout;
        let conn = tokio::time::timeout(patience, conn::shared(config))
            .await
            .map_err(|_| QueueError::TimedOut)??;
        let prefix = format!("{{{}}}", config.prefix);
        let queue = Self { inner: Arc::new(Inner { config: config.clone(), prefix, conn }) };
        queue.ping().await?;
        Ok(queue)
    }

    /// As [`Queue::connect`], but waits until Redis is there: tries again with growing delays up to 5 s, and logs
    /// once when it is not available, once when that changes. `None` if `until` completed first.
    pub async fn connect_when_available(config: &Config, until: impl Future<Output = ()>) -> Option<Self> {
        let attempts = async {
            let (mut delay, mut last) = (Duration::from_millis(100), String::new());
            loop {
                match Self::connect(config).await {
                    Ok(queue) => {
                        if !last.is_empty() {
                            tracing::info!(redis.address = %config.address, "Redis is available");
                        }
                        return queue;
                    }
                    Err(error) => {
                        let text = crate::health::chain(&error);
                        if last != text {
                            tracing::error!(redis.address = %config.address, error = %text,
                                "Redis is not available; waiting for it");
                            last = text;
                        }
                    }
                }
                tokio::time::sleep(delay).await;
                delay = (delay * 2).min(Duration::from_secs(5));
            }
        };
        tokio::select! {
            queue = attempts => Some(queue),
            () = until => None,
        }
    }

    /// The same queue over a connection that is made anew, where that is possible, on the current tokio runtime.
    pub(crate) fn on_own_connection(self) -> Self {
        let Ok(Some(conn)) = conn::own(self.config()) else { return self };
        let inner = Inner { config: self.inner.config.clone(), prefix: self.inner.prefix.clone(), conn };
        Self { inner: Arc::new(inner) }
    }

    /// What it was connected with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// A sign of life, for readiness probes.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn ping(&self) -> Result<(), QueueError> {
        // A read of one of our keys: a Cluster node that does not have our slot would answer PING as well.
        self.command::<redis::Value>(redis::cmd("EXISTS").arg(self.key("epoch"))).await.map(drop)
    }

    /// The full name of a key.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}:{name}", self.inner.prefix)
    }

    pub(crate) async fn command<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, QueueError> {
        let mut conn = self.inner.conn.clone();
        self.timed(command.query_async(&mut conn)).await
    }

    /// Runs a script, given its arguments by `fill`.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        fill: impl FnOnce(&mut Cmd),
    ) -> Result<T, QueueError> {
        let mut command = self.script_command(script, 8, 256);
        fill(&mut command);
        self.script(script, &command).await
    }

    /// The call of a script, to be given its arguments, with room for so many of so many bytes in all.
    pub(crate) fn script_command(&self, script: &Script, arguments: usize, bytes: usize) -> Cmd {
        let mut command = Cmd::with_capacity(4 + arguments, 64 + self.inner.prefix.len() + bytes);
        command.arg("EVALSHA").arg(script.get_hash()).arg(1).arg(&self.inner.prefix);
        command
    }

    /// Runs a command made by [`Queue::script_command`], loading the script first where the server does not know it
    /// (after a restart or a failover).
    pub(crate) async fn script<T: FromRedisValue>(
        &self,
        script: &Script,
        command: &Cmd,
    ) -> Result<T, QueueError> {
        let mut conn = self.inner.conn.clone();
        self.timed(async {
            match command.query_async(&mut conn).await {
                Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    script.prepare_invoke().load_async(&mut conn).await?;
                    command.query_async(&mut conn).await
                }
                result => result,
            }
        })
        .await
    }

    /// Nobody waits longer for Redis than is configured.
    async fn timed<T>(&self, answer: impl Future<Output = RedisResult<T>>) -> Result<T, QueueError> {
        Ok(tokio::time::timeout(self.inner.config.response_timeout, answer)
            .await
            .map_err(|_| QueueError::TimedOut)??)
    }
}
