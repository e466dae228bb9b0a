//! What people were told, and when: so that replicas together say a thing once, and again when it is time.

use std::{collections::HashMap, time::Duration};

use crate::{control::ms, error::QueueError, queue::Queue};

/// How long it is remembered what was told; whatever still holds is repeated far more often.
const KEEP: Duration = Duration::from_secs(90 * 86_400);

impl Queue {
    /// Takes the turn to tell people something through a channel, for all replicas. It ends by itself after `during`,
    /// so that a crash passes it on. `false` if somebody has it.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn notice_turn(&self, channel: &str, during: Duration) -> Result<bool, QueueError> {
        let key = self.key(&format!("notices:{channel}:turn"));
        let mut command = redis::cmd("SET");
        command.arg(key).arg(1).arg("NX").arg("PX").arg(ms(during).max(1));
        let answer: Option<String> = self.command(&command).await?;
        Ok(answer.is_some())
    }

    /// What was told through a channel, with the time of the last telling in milliseconds since 1970.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn notices(&self, channel: &str) -> Result<HashMap<String, u64>, QueueError> {
        self.command(redis::cmd("HGETALL").arg(self.key(&format!("notices:{channel}")))).await
    }

    /// Remembers that these were told now.
    ///
    /// # Errors
    /// As Redis says; then they are told again.
    pub async fn notices_told(&self, channel: &str, names: &[String]) -> Result<(), QueueError> {
        if names.is_empty() {
            return Ok(());
        }
        let (key, now) = (self.key(&format!("notices:{channel}")), self.now_ms().await?);
        let mut command = redis::cmd("HSET");
        command.arg(&key);
        for name in names {
            command.arg(name).arg(now);
        }
        self.command::<u64>(&command).await?;
        self.command::<u64>(redis::cmd("PEXPIRE").arg(&key).arg(ms(KEEP))).await.map(drop)
    }

    /// Forgets what no longer holds, so that it is told at once should it hold again.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn notices_forget(&self, channel: &str, names: &[String]) -> Result<(), QueueError> {
        if names.is_empty() {
            return Ok(());
        }
        let key = self.key(&format!("notices:{channel}"));
        self.command::<u64>(redis::cmd("HDEL").arg(key).arg(names)).await.map(drop)
    }
}
