//! The imperative shell of deelsync: observe a person in Deel and `JumpCloud`, plan, check, guard, apply, and write
//! down what happened.
//!
//! The decisions live in [`provisioning`], which is pure; this crate reads, paces itself, takes care that nobody else
//! works on the same person, and carries out the plan without choosing anything.
//!
//! - [`Reconciler::handle`] runs one job of the queue and says what becomes of it.
//! - [`Reconciler::plan_person`] says what a sync would do; it records nothing.
//! - [`Reconciler::sync_person`] and [`Reconciler::suspend`] are the same path started by an operator.
//! - [`Holds`] are the changes that wait for someone's decision; [`Trail`] is the audit trail.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod clock;
pub mod holds;
mod orders;
mod reconciler;
mod settings;
pub mod trail;

pub use clock::Clock;
pub use holds::{Hold, HoldFilter, HoldId, HoldStatus, Holds};
pub use orders::Order;
pub use reconciler::{Ordered, Parts, Planned, Reconciler, Report, RequestError};
pub use settings::{Apply, Mode, Settings};
pub use trail::{Outcome, Trail};
