//! The audit trail: what was asked, what was observed, what was decided, what was written.

mod model;
mod store;
mod story;

pub use model::{
    CallRecord, ChangeRecord, ChangeResult, DecisionRecord, EmploymentEvidence, Entry, Evidence, FieldRecord,
    HeldRecord, OrderRecord, Outcome, ReconcileRecord, Record, RunRecord,
};
pub use store::{OfRun, Trail};
pub use story::Story;
