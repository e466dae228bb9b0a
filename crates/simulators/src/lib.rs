//! A fake Deel and a fake JumpCloud that anyone can run.
//!
//! [`deel::start`] and [`jumpcloud::start`] serve the vendors' real paths on a local port, with the documented errors,
//! paging, limits and uniqueness rules, and take orders under `/_sim/` (hire, terminate, faults, a journal of every
//! write). The binary `deelsync-sim` does the same from a shell.
//!
//! The simulators share no code with the clients that talk to them, so that a misreading of the vendors' documents
//! shows up as a disagreement instead of being made twice. Everybody in here is invented: a seed decides who.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod clock;
pub mod deel;
mod faults;
mod gate;
mod gate_control;
mod invented;
pub mod jumpcloud;
mod meter;
mod running;

pub use faults::{DeliveryFaults, Faults, ListFaults, Strike, When};
pub use running::Running;
