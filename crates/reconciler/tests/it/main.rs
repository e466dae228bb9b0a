//! The one-person path against a fake Deel, a fake `JumpCloud` and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod activate;
mod entitlement;
mod everyone;
mod failures;
mod guarded;
mod holds;
mod lifecycle;
mod minimal;
mod moved;
mod namesonly;
mod operators;
mod planfiles;
mod refused;
mod slow;
mod support;
mod together;
mod undo;
