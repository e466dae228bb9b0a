//! What is remembered about the installation: operators' orders, organizations, living workers.

use std::collections::HashMap;

use crate::{error::QueueError, queue::Queue, scripts};

/// A worker that gave a sign of life.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WorkerInfo {
    /// Its name.
    pub name: String,
    /// The last sign of life, in milliseconds since 1970.
    pub seen_ms: u64,
    /// What it said of itself; opaque.
    pub info: String,
}

impl Queue {
    /// Remembers an operator's order about a person (opaque), replacing an earlier one.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn order_set(&self, person: &str, json: &str) -> Result<(), QueueError> {
        self.command(redis::cmd("HSET").arg(self.key("orders")).arg(person).arg(json)).await
    }

    /// Takes an order back. `false` if there was none.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn order_remove(&self, person: &str) -> Result<bool, QueueError> {
        self.command(redis::cmd("HDEL").arg(self.key("orders")).arg(person)).await
    }

    /// The order about a person.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn order(&self, person: &str) -> Result<Option<String>, QueueError> {
        self.command(redis::cmd("HGET").arg(self.key("orders")).arg(person)).await
    }

    /// Remembers the activation that we scheduled at JumpCloud for a person (opaque), replacing an earlier one.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn schedule_set(&self, person: &str, json: &str) -> Result<(), QueueError> {
        self.command(redis::cmd("HSET").arg(self.key("schedules")).arg(person).arg(json)).await
    }

    /// Forgets it. `false` if there was none.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn schedule_remove(&self, person: &str) -> Result<bool, QueueError> {
        self.command(redis::cmd("HDEL").arg(self.key("schedules")).arg(person)).await
    }

    /// What is scheduled for a person.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn schedule(&self, person: &str) -> Result<Option<String>, QueueError> {
        self.command(redis::cmd("HGET").arg(self.key("schedules")).arg(person)).await
    }

    /// What is scheduled for everyone: as many entries as hires are to come.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn schedules(&self) -> Result<HashMap<String, String>, QueueError> {
        self.command(redis::cmd("HGETALL").arg(self.key("schedules"))).await
    }

    /// Remembers which organization we talk to (`name`: for instance `deel`, `jumpcloud`).
    ///
    /// # Errors
    /// As Redis says.
    pub async fn organization_set(&self, name: &str, id: &str) -> Result<(), QueueError> {
        self.command(redis::cmd("HSET").arg(self.key("organization")).arg(name).arg(id)).await
    }

    /// The remembered organization.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn organization(&self, name: &str) -> Result<Option<String>, QueueError> {
        self.command(redis::cmd("HGET").arg(self.key("organization")).arg(name)).await
    }

    /// A sign of life of a process. [`crate::work`] gives one every few seconds by itself. Those without one for an hour are forgotten.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn heartbeat(&self, name: &str, info: &str) -> Result<(), QueueError> {
        self.run(&scripts::HEARTBEAT, |s| {
            s.arg(name).arg(info);
        })
        .await
    }

    /// Forgets a process that ended well. [`crate::work`] does so by itself.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn leave(&self, name: &str) -> Result<(), QueueError> {
        self.command::<()>(redis::cmd("ZREM").arg(self.key("workers")).arg(name)).await?;
        self.command(redis::cmd("HDEL").arg(self.key("workers:info")).arg(name)).await
    }

    /// Who gave a sign of life within the last hour, the latest first; at most 1,000.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn workers(&self) -> Result<Vec<WorkerInfo>, QueueError> {
        let found: Vec<(String, u64, String)> = self.run(&scripts::WORKERS, |_| {}).await?;
        Ok(found.into_iter().map(|(name, seen_ms, info)| WorkerInfo { name, seen_ms, info }).collect())
    }
}
