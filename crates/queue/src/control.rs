//! What holds for all processes: pause, epoch, ticks, the clock.

use crate::{
    error::QueueError,
    job::{Add, Added, When},
    key::Trigger,
    queue::Queue,
};

/// All writes are paused.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pause {
    /// Who paused (an operator's name for themselves, or a program's).
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when, in milliseconds since 1970.
    pub at_ms: u64,
}

/// The identity of the data in Redis; another one (or a new one) means that Redis has lost its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Opaque, 32 hex digits; the same until the data are lost.
    pub id: String,
    /// Whether this call created it: there was none, so Redis is new or has lost its data.
    pub created: bool,
}

impl Epoch {
    /// Whether the data were lost since `remembered` was read.
    #[must_use]
    pub fn lost_since(&self, remembered: Option<&str>) -> bool {
        remembered.is_some_and(|id| id != self.id)
    }
}

impl Queue {
    /// Adds a key, as an event would.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn add(&self, add: &Add) -> Result<Added, QueueError> {
        let _ = add;
        todo!()
    }

    /// Arranges a run at a time. If one is arranged already, the earlier holds; a key that waits keeps waiting, and
    /// the arranged time stays with it through retries and death, until it has come or a run that was claimed after
    /// the arrangement ends with another one or none.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn delay(&self, add: &Add, when: When) -> Result<(), QueueError> {
        let _ = (add, when);
        todo!()
    }

    /// Asks for a reconcile because somebody is unknown: at once if none was asked for within
    /// [`crate::Config::reconcile_every`], else when that time is over. `true` if this call arranged it.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn request_reconcile(&self, trigger: &Trigger) -> Result<bool, QueueError> {
        let _ = trigger;
        todo!()
    }

    /// A scheduled run that was due at `due_ms`: adds the key if this due time (or a later one) has not been served,
    /// by whatever replica, and says whether this call did. The first call ever for a name only records, since a program that
    /// never ran has missed nothing. Call it at start and when a due time comes, with the latest due time that has passed.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn tick(&self, name: &str, due_ms: u64, add: &Add) -> Result<bool, QueueError> {
        let _ = (name, due_ms, add);
        todo!()
    }

    /// Stops all writes of all processes: nothing is claimed, and [`crate::Lease::check`] refuses. Pausing again replaces who and why.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn pause(&self, by: &str, reason: &str) -> Result<Pause, QueueError> {
        let _ = (by, reason);
        todo!()
    }

    /// Lets writes go on. `false` if they were not paused.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn resume(&self) -> Result<bool, QueueError> {
        todo!()
    }

    /// Whether, by whom and why writes are paused.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn paused(&self) -> Result<Option<Pause>, QueueError> {
        todo!()
    }

    /// Reads the epoch, creating it if there is none.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn epoch(&self) -> Result<Epoch, QueueError> {
        todo!()
    }

    /// Redis's clock, in milliseconds since 1970.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn now_ms(&self) -> Result<u64, QueueError> {
        todo!()
    }
}
