//! A few storms for `make test`; `make soak` has the large ones.

#![allow(clippy::expect_used)] // a test: what cannot be started fails it

use chaos::{Plan, Size};

async fn storm(seed: u64) {
    let outcome = chaos::run(&Plan::new(seed, Size::SHORT)).await.expect("everything can be started");
    assert!(outcome.broken.is_empty(), "{outcome}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds_after_the_storm_of_seed_1() {
    storm(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds_after_the_storm_of_seed_2() {
    storm(2).await;
}

/// The limits on suspensions are narrow here: what they hold is approved in the end. Deel limits, and everybody can know of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds_after_the_storm_of_seed_21() {
    storm(21).await;
}
