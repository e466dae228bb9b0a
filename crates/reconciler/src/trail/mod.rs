//! The audit trail: what was asked, what was observed, what was decided, what was written.

mod model;
mod store;

pub use model::{
    CallRecord, ChangeRecord, ChangeResult, DecisionRecord, EmploymentEvidence, Entry, Evidence, FieldRecord,
    HeldRecord, OrderRecord, Outcome, Record, RunRecord,
};
pub use store::{Story, Trail, TrailError};
