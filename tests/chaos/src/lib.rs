//! The fault harness: the real programs under a storm of events and faults that a seed decides, and the laws that must hold
//! afterwards. Everything is judged from the outside, by what the simulators, the proxies and Redis have on record.
//!
//! `cargo run -p chaos -- --seed N` runs one seed, `make soak MINUTES=20` as many as fit.

#![allow(clippy::expect_used, clippy::panic)] // test support: a failure here is the test's failure

/// The clock.
pub mod clock;
pub mod evidence;
pub mod laws;
pub mod look;
pub mod plan;
pub mod proxy;
pub mod pulse;
pub mod report;
pub mod run;
pub mod stage;
pub mod storm;
/// What happened when.
pub mod timeline;

pub use evidence::Evidence;
pub use laws::Broken;
pub use plan::{Plan, Size};
pub use report::Figures;
pub use run::{Outcome, run};
pub use timeline::Timeline;
