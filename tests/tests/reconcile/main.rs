//! A sync of everyone: planned, bounded, approved, undoable.

#![allow(clippy::expect_used, clippy::panic)] // a failure in a helper is the test's failure

mod activate;
mod first_hour;
mod guard;
mod identity;
mod joined;
mod lists;
mod mapping;
mod mass_exit;
mod planfile;
mod refused_config;
mod schedule;
mod undo;
