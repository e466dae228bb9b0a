//! The real programs as child processes, and what a test needs to talk to them.
//!
//! [`DeelSim`] and [`JumpCloudSim`] are `deelsync-sim` with its control interface; [`Deelsync`] is the product with an
//! environment of its own. Everything listens on free loopback ports, logs to a file, and ends with the value that
//! stands for it. Nothing here knows how the product works inside: it is used by the end-to-end tests, the demo and the
//! benchmark alike.

#![allow(clippy::expect_used, clippy::panic)] // test support: a failure here is the test's failure

mod binaries;
mod deelsync;
mod eventually;
mod process;
mod signature;
mod simulators;

pub use binaries::binary;
pub use deelsync::{Deelsync, Output, Settings};
pub use eventually::{eventually, holds_for};
pub use process::{Process, free_port};
pub use signature::{post_webhook, sign};
pub use simulators::{DeelSim, JumpCloudSim, KEY, SIGNING_KEY, TOKEN};
