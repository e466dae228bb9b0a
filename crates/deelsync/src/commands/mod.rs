//! The commands that answer and end.

pub(crate) mod away;
pub(crate) mod by_hand;
pub(crate) mod config;
pub(crate) mod control;
pub(crate) mod disconnect;
pub(crate) mod everyone;
pub(crate) mod health;
pub(crate) mod holds;
pub(crate) mod person;
pub(crate) mod queue;
mod release;
pub(crate) mod startup;
pub(crate) mod tally;
pub(crate) mod undo;
pub(crate) mod webhook;
pub(crate) mod why;
mod workers;
