//! An operator's order to suspend a person, kept in Redis until it is released and the account is back.

use crate::holds::HoldId;
use jiff::Timestamp;

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
