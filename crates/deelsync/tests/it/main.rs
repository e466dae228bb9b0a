//! The real binary: its exit codes, its embedded Redis, its check, its start and its end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods
)]

mod check;
mod command_line;
mod embedded;
mod support;
