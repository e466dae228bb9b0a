//! Why a step is planned, why a person is skipped, and what else a reader of a plan should know: facts and ids, never
//! names or addresses.

mod note;
mod skip;
mod why;

pub use note::Note;
pub use skip::SkipReason;
pub use why::Why;
