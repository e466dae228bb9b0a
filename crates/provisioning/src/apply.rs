//! A model of applying.
use crate::ids::AccountId;
use crate::observed::Actual;
use crate::plan::{Plan, Step};

/// What JumpCloud has after the plan's unheld steps were done; `created` is the id that a created account gets.
#[must_use]
pub fn applied(actual: &Actual, plan: &Plan, created: &AccountId) -> Actual {
    apply_steps(actual, plan.unheld(), created)
}
/// What JumpCloud has after these steps were done; `created` is the id that a created account gets.
#[must_use]
pub fn apply_steps<'s>(
    actual: &Actual,
    steps: impl IntoIterator<Item = &'s Step>,
    created: &AccountId,
) -> Actual {
    let _ = (actual, steps.into_iter().count(), created);
    todo!()
}
