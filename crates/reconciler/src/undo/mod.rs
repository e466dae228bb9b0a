//! Taking back what a run did, field by field, from the audit trail, where nobody has changed it since.

mod back;
mod decide;
mod patience;
mod plan;

pub use back::{Back, Left};
pub(crate) use decide::{Present, decide, left_alone};
pub(crate) use plan::about_groups;
pub use plan::{TakeBack, UndoPlan, UndoReport, Undone};
