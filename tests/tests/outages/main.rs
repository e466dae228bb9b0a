//! Long outages. A vendor that is away reaches its last state within seconds: all work is in line, and one job tries it per
//! cool-down, which has grown to its longest. From then on an hour adds nothing but tries, so a day is scaled down by
//! that longest cool-down: here it is one second instead of thirty (`queue.probe_seconds`), and a dozen seconds of
//! outage stand for what a dozen half minutes, or a day, leave behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod due;
mod redis_lost;
mod vendors;
