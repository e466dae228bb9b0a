//! The commands that operators script against, as they are typed: exit codes, what is on stdout, what is on stderr.

mod check;
mod config;
mod decisions;
mod holds;
mod person;
mod queue;
mod suspend;
mod why;
