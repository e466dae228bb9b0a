//! What we wrote to a person's account lately: how a value that somebody put back is told from one that drifted.

use crate::{control::ms, error::QueueError, queue::Queue, scripts};
use std::time::Duration;

/// How long it is remembered after the last write.
const KEEP: Duration = Duration::from_secs(86_400);

impl Queue {
    /// Remembers what was written to these fields of a person's account (field, document); all of the person's are
    /// forgotten 24 hours after the last call.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn written_set(&self, person: &str, fields: &[(String, String)]) -> Result<(), QueueError> {
        if fields.is_empty() {
            return Ok(());
        }
        self.run(&scripts::WRITTEN, |s| {
            s.arg(person).arg(ms(KEEP)).arg(fields);
        })
        .await
    }

    /// What is remembered of a person's account: field and document.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn written(&self, person: &str) -> Result<Vec<(String, String)>, QueueError> {
        self.command(redis::cmd("HGETALL").arg(self.key(&format!("written:{person}")))).await
    }

    /// Forgets some fields.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn written_forget(&self, person: &str, fields: &[String]) -> Result<(), QueueError> {
        if fields.is_empty() {
            return Ok(());
        }
        let key = self.key(&format!("written:{person}"));
        self.command::<u64>(redis::cmd("HDEL").arg(key).arg(fields)).await.map(drop)
    }
}
