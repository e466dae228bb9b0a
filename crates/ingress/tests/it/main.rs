//! The listeners over real sockets and a real Redis.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod api;
mod crowd;
mod drain;
mod flood;
mod lies;
mod limits;
mod metrics_page;
mod raw;
mod redis_gone;
mod rig;
mod table;
