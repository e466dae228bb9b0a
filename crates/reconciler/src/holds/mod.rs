//! Changes that wait for somebody's decision.

mod model;
mod store;

pub use model::{Hold, HoldFilter, HoldId, HoldStatus};
pub use store::{HoldError, Holds};
