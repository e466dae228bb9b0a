//! Lives at a company, from Deel to JumpCloud.

#![allow(clippy::expect_used, clippy::panic)] // a failure in a helper is the test's failure

mod arrivals;
mod contracts;
mod everyday;
mod last_days;
mod looks;
