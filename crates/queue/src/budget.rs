//! A vendor's request rate, shared by all processes through Redis.

use std::time::Duration;

use crate::{error::QueueError, key::Line, queue::Queue};

/// Whose rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// Deel: 5 requests a second and organization (Deel API, rate limits).
    Deel,
    /// JumpCloud publishes no number; its rate is lowered by itself when it answers 429, and raised again.
    JumpCloud,
}

impl Vendor {
    /// `deel` or `jumpcloud`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deel => "deel",
            Self::JumpCloud => "jumpcloud",
        }
    }
}

/// The right to send requests to a vendor. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Budget {}

/// What a budget is doing.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct BudgetState {
    /// The configured limit in requests per second; `None`: off.
    pub limit_per_second: Option<f64>,
    /// What is allowed at the moment, lower than the limit after a 429 of JumpCloud.
    pub effective_per_second: Option<f64>,
    /// Nobody may ask for so long.
    pub blocked_for: Option<Duration>,
    /// Requests granted in the last 1.1 s.
    pub granted: u64,
    /// How many wait, per line (urgent, events, bulk).
    pub waiting: [u64; 3],
}

impl Queue {
    /// A vendor's budget. `limit_per_second` may be a fraction (`0.5`: one request in two seconds); `None`, zero or
    /// less, or not a number is off: no limit, but a `Retry-After` still holds for everybody.
    #[must_use]
    pub fn budget(&self, vendor: Vendor, limit_per_second: Option<f64>) -> Budget {
        let _ = (vendor, limit_per_second);
        todo!()
    }
}

impl Budget {
    /// Waits for the right to send one request now. Over all processes no second sees more than the limit; a
    /// waiting urgent request gets the next slot, an ordinary one the one after, bulk what nobody else waits for;
    /// within a line, who came first. Redis errors that pass are waited out, up to 30 s. Dropping the future gives
    /// up the place.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`] if Redis stays away; [`QueueError::Refused`]. Then the request must not be sent.
    pub async fn acquire(&self, class: Line) -> Result<(), QueueError> {
        let _ = class;
        todo!()
    }

    /// The vendor answered 429: nobody asks it until `retry_after` has passed (without one: 1 s, doubled by each
    /// further 429 within a minute, at most 30 s; longer than an hour counts as an hour). JumpCloud's effective limit is
    /// halved (not below 1/s), at most once a second.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn limited(&self, retry_after: Option<Duration>) -> Result<(), QueueError> {
        let _ = retry_after;
        todo!()
    }

    /// The vendor answered without limiting. Costs nothing unless this process saw a 429 before.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn ok(&self) -> Result<(), QueueError> {
        todo!()
    }

    /// What the budget is doing, for `check`, metrics and people.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn state(&self) -> Result<BudgetState, QueueError> {
        todo!()
    }
}
