//! The queue against a real Redis: what it promises, sentence by sentence.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod batches;
mod breaker;
mod budgets;
mod common;
mod deliveries;
mod fresh;
mod jobs;
mod manual;
mod outages;
mod owed;
mod secured;
mod stores;
mod times;
mod topology;
mod worker;
