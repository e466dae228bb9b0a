//! An operator's order to suspend a person, kept in Redis until it is released and the account is back.

use crate::holds::HoldId;
use jiff::Timestamp;
use provisioning::ProfileId;
use queue::{Queue, QueueError};

/// The order on record for one person.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Order {
    /// When it was given.
    pub at: Timestamp,
    /// Who gave it.
    pub by: String,
    /// Why, in their words.
    pub reason: String,
    /// The hold that stands for it; releasing that takes the order back.
    pub hold: HoldId,
    /// When it was taken back. From then on the account may be reactivated, and once it is, the record goes.
    pub released_at: Option<Timestamp>,
}

impl Order {
    /// Whether nobody has taken it back.
    pub(crate) fn in_force(&self) -> bool {
        self.released_at.is_none()
    }
}

/// Reads the order. One that cannot be read counts as an error, not as none: it would lift a suspension.
pub(crate) async fn get(queue: &Queue, person: &ProfileId) -> Result<Option<Order>, QueueError> {
    let Some(json) = queue.order(person.as_str()).await? else { return Ok(None) };
    serde_json::from_str(&json)
        .map(Some)
        .map_err(|_| QueueError::Data("an operator's order that cannot be read"))
}

pub(crate) async fn set(queue: &Queue, person: &ProfileId, order: &Order) -> Result<(), QueueError> {
    let json = serde_json::to_string(order)
        .map_err(|_| QueueError::Data("an operator's order that cannot be written"))?;
    queue.order_set(person.as_str(), &json).await
}

/// Marks the order as taken back.
pub(crate) async fn release(queue: &Queue, person: &ProfileId, now: Timestamp) -> Result<(), QueueError> {
    if let Some(mut order) = get(queue, person).await?
        && order.in_force()
    {
        order.released_at = Some(now);
        set(queue, person, &order).await?;
    }
    Ok(())
}
