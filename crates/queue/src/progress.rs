//! How far the run over everyone is: one small document, for whoever waits for it.

use std::time::Duration;

use crate::{control::ms, error::QueueError, queue::Queue};

impl Queue {
    /// Says how far the run is (opaque). Whoever says nothing more for `keep` is taken for gone.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn progress_set(&self, json: &str, keep: Duration) -> Result<(), QueueError> {
        let mut command = redis::cmd("SET");
        command.arg(self.key("run:current")).arg(json).arg("PX").arg(ms(keep).max(1));
        self.command(&command).await
    }

    /// How far the run is, if one is on its way.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn progress(&self) -> Result<Option<String>, QueueError> {
        self.command(redis::cmd("GET").arg(self.key("run:current"))).await
    }

    /// The run is over; its last word is kept for [`Queue::progress_last`].
    ///
    /// # Errors
    /// As Redis says.
    pub async fn progress_end(&self, json: &str) -> Result<(), QueueError> {
        self.command::<()>(redis::cmd("SET").arg(self.key("run:last")).arg(json)).await?;
        self.command::<()>(redis::cmd("DEL").arg(self.key("run:current"))).await
    }

    /// Nothing came of the run that was on its way.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn progress_forget(&self) -> Result<(), QueueError> {
        self.command(redis::cmd("DEL").arg(self.key("run:current"))).await
    }

    /// The last word of the latest run that came to an end.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn progress_last(&self) -> Result<Option<String>, QueueError> {
        self.command(redis::cmd("GET").arg(self.key("run:last"))).await
    }
}
