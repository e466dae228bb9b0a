//! Holds in Redis, and the decisions operators make about them.

use super::{Hold, HoldFilter, HoldId, HoldStatus};
use crate::clock::Clock;
use crate::trail::Trail;
use queue::{Queue, QueueError};
use std::sync::Arc;
use std::time::Duration;

/// Why a decision about a hold was not taken.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// There is no such hold.
    #[error("there is no hold {0}")]
    NotFound(HoldId),
    /// The hold was decided before, or is no longer planned.
    #[error("hold {id} is {status}; only an open, approved or rejected one can be decided")]
    Closed {
        /// The hold.
        id: HoldId,
        /// Where it stands.
        status: HoldStatus,
    },
    /// The hold proposes nothing that could be done: its cause has to be mended in Deel or `JumpCloud`.
    #[error("hold {0} cannot be approved: its cause has to be mended in Deel or JumpCloud")]
    NotApprovable(HoldId),
    /// Only an operator's order is released; others are approved or rejected.
    #[error("hold {0} is not an operator's order; approve or reject it")]
    NotAnOrder(HoldId),
    /// Redis did not answer.
    #[error("the holds cannot be read or written")]
    Queue(#[from] QueueError),
}

/// The holds on record. Needs Redis only.
#[derive(Clone)]
pub struct Holds {
    queue: Queue,
    trail: Trail,
    clock: Arc<dyn Clock>,
    retention: Duration,
}

impl Holds {
    /// The holds in this Redis. Decided ones are forgotten after `retention`.
    #[must_use]
    pub fn new(queue: Queue, trail: Trail, clock: Arc<dyn Clock>, retention: Duration) -> Self {
        Self { queue, trail, clock, retention }
    }

    /// Lists holds, oldest first.
    pub async fn list(&self, filter: &HoldFilter) -> Result<Vec<Hold>, HoldError> {
        todo!()
    }

    /// One hold.
    pub async fn show(&self, id: &HoldId) -> Result<Hold, HoldError> {
        todo!()
    }

    /// Says yes: the change is made by the next run, which is asked for at once, beyond any limit.
    pub async fn approve(&self, id: &HoldId, by: &str, note: Option<&str>) -> Result<Hold, HoldError> {
        todo!()
    }

    /// Says no, until a value on either side changes.
    pub async fn reject(&self, id: &HoldId, by: &str, note: Option<&str>) -> Result<Hold, HoldError> {
        todo!()
    }

    /// Takes an operator's order back, and asks for a run that may reactivate the account.
    pub async fn release(&self, id: &HoldId, by: &str, note: Option<&str>) -> Result<Hold, HoldError> {
        todo!()
    }
}
