//! The commands that operators script against, as they are typed: exit codes, what is on stdout, what is on stderr.

#![allow(clippy::expect_used, clippy::panic)] // a failure in a helper is the test's failure

mod api;
mod by_hand;
mod check;
mod config;
mod decisions;
mod everyone;
mod holds;
mod notify;
mod person;
mod queue;
mod suspend;
mod why;
