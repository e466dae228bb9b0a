//! planner
use crate::observed::{Actual, Desired, Stamp};
use crate::plan::Plan;
use crate::policy::Policy;

/// What would have to happen for one person. Synchronous, total, and the same for the same arguments.
#[must_use]
pub fn plan(desired: &Desired, actual: &Actual, policy: &Policy, stamp: &Stamp) -> Plan {
    let _ = (desired, actual, policy, stamp);
    todo!()
}
