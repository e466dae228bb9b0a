//! invariants
use crate::observed::{Actual, Desired};
use crate::plan::Plan;
use crate::policy::Policy;

/// A rule that a plan breaks. Ids only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// x
    #[error("x")]
    X,
}

/// Reads a plan against the rules, independently of how it was made.
///
/// # Errors
/// Every rule that the plan breaks; such a plan must not be applied.
pub fn check(plan: &Plan, desired: &Desired, actual: &Actual, policy: &Policy) -> Result<(), Vec<Violation>> {
    let _ = (plan, desired, actual, policy);
    todo!()
}
