//! The one-person path against a fake Deel, a fake `JumpCloud` and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod activate;
mod entitlement;
mod failures;
mod guarded;
mod holds;
mod lifecycle;
mod minimal;
mod namesonly;
mod operators;
mod refused;
mod support;
mod undo;
