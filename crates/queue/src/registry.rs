//! What is remembered about the installation: operators' orders, organizations, living workers.

use crate::{error::QueueError, queue::Queue};

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
        let _ = (person, json);
        todo!()
    }

    /// Takes an order back. `false` if there was none.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn order_remove(&self, person: &str) -> Result<bool, QueueError> {
        let _ = person;
        todo!()
    }

    /// The order about a person.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn order(&self, person: &str) -> Result<Option<String>, QueueError> {
        let _ = person;
        todo!()
    }

    /// Remembers which organization we talk to (`name`: for instance `deel`, `jumpcloud`).
    ///
    /// # Errors
    /// As Redis says.
    pub async fn organization_set(&self, name: &str, id: &str) -> Result<(), QueueError> {
        let _ = (name, id);
        todo!()
    }

    /// The remembered organization.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn organization(&self, name: &str) -> Result<Option<String>, QueueError> {
        let _ = name;
        todo!()
    }

    /// A sign of life of a process. [`crate::work`] gives one every few seconds by itself. Those without one for an hour are forgotten.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn heartbeat(&self, name: &str, info: &str) -> Result<(), QueueError> {
        let _ = (name, info);
        todo!()
    }

    /// Who gave a sign of life within the last hour, the latest first; at most 1,000.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn workers(&self) -> Result<Vec<WorkerInfo>, QueueError> {
        todo!()
    }
}
