//! Storing deliveries: one script call for as many as wait.

use crate::{
    config::AcceptorConfig,
    error::QueueError,
    job::{Accepted, Delivery},
    queue::Queue,
};

impl Queue {
    /// Stores deliveries, all in one call: remembers each hash, resolves contracts, adds the persons' keys, asks for
    /// a reconcile where somebody is unknown. The answers are in the order of the deliveries. At most 256 at once are
    /// sensible, since Redis serves nobody else meanwhile.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`] or [`QueueError::Refused`]: then some may be stored, and the sender has to come
    /// again; a delivery that was stored is then answered as a duplicate.
    pub async fn accept(&self, deliveries: &[Delivery]) -> Result<Vec<Accepted>, QueueError> {
        let _ = deliveries;
        todo!()
    }
}

/// Gathers deliveries of many concurrent callers and stores those that wait in one call (group commit).
/// Cheap to clone; the task behind it ends when the last clone is gone.
#[derive(Debug, Clone)]
pub struct Acceptor {}

impl Acceptor {
    /// Starts the gathering task on the current tokio runtime.
    #[must_use]
    pub fn start(queue: Queue, config: AcceptorConfig) -> Self {
        let _ = (queue, config);
        todo!()
    }

    /// Stores one delivery, together with the others that wait. When this returns `Ok`, Redis has it.
    ///
    /// # Errors
    /// [`QueueError::Busy`] at once if too many wait; [`QueueError::TimedOut`] after the configured time;
    /// [`QueueError::Unavailable`] or [`QueueError::Refused`] as Redis says. After an error the delivery may
    /// nevertheless be stored; the sender's next attempt is then a duplicate.
    pub async fn accept(&self, delivery: Delivery) -> Result<Accepted, QueueError> {
        let _ = delivery;
        todo!()
    }

    /// How many deliveries wait at the moment.
    #[must_use]
    pub fn waiting(&self) -> usize {
        todo!()
    }
}
