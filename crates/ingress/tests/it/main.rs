//! The listeners over real sockets and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod drain;
mod limits;
mod metrics_page;
mod raw;
mod redis_gone;
mod rig;
mod table;
