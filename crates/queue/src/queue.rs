//! The handle.

use std::{fmt, future::Future};

use crate::{config::Config, error::QueueError};

/// A connection to the queue. Cheap to clone; clones share one connection, which reconnects by itself.
#[derive(Clone)]
pub struct Queue {}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Queue {
    /// Connects and asks for a sign of life.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`]: nobody answers there (yet); [`QueueError::Refused`]: somebody answers and does
    /// not let us in.
    pub async fn connect(config: &Config) -> Result<Self, QueueError> {
        let _ = config;
        todo!()
    }

    /// As [`Queue::connect`], but waits until Redis is there: tries again with growing delays up to 5 s, and logs
    /// once when it is not available, once when that changes. `None` if `until` completed first.
    pub async fn connect_when_available(config: &Config, until: impl Future<Output = ()>) -> Option<Self> {
        let _ = (config, until);
        todo!()
    }

    /// What it was connected with.
    #[must_use]
    pub fn config(&self) -> &Config {
        todo!()
    }

    /// A sign of life, for readiness probes.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn ping(&self) -> Result<(), QueueError> {
        todo!()
    }
}
