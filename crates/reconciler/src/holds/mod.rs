//! Changes that wait for somebody's decision.

mod model;
mod store;
mod wide;

pub(crate) use model::with_it;
pub use model::{Hold, HoldFilter, HoldId, HoldStatus, Wide, WithIt};
pub use store::{HoldError, Holds};
pub(crate) use wide::{Joined, Listed};
pub use wide::{Transition, WideChange, WideTable};
