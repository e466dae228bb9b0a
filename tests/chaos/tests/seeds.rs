//! A few storms for `make test`; `make soak` has the large ones.

#![allow(clippy::expect_used)] // a test: what cannot be started fails it

use std::mem::discriminant;

use chaos::plan::{Act, Kind};
use chaos::{Plan, Size};

/// Together they strike every way but a stale read, after which there is a minute to be waited for.
#[test]
fn these_seeds_strike_every_way() {
    let steps = [2, 4, 7].into_iter().flat_map(|seed| Plan::new(seed, Size::SHORT).steps);
    let struck: Vec<Kind> = steps
        .filter_map(|step| match step.act {
            Act::Begin(_, fault) => Some(fault.kind),
            _ => None,
        })
        .collect();
    let missing = Kind::ALL
        .iter()
        .filter(|kind| !struck.iter().any(|other| discriminant(*kind) == discriminant(other)))
        .collect::<Vec<_>>();
    assert_eq!(missing, [&Kind::Stale]);
}

async fn storm(seed: u64) {
    let outcome = chaos::run(&Plan::new(seed, Size::SHORT)).await.expect("everything can be started");
    assert!(outcome.broken.is_empty(), "{outcome}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds_after_the_storm_of_seed_4() {
    storm(4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds_after_the_storm_of_seed_2() {
    storm(2).await;
}

/// The limits on suspensions are narrow here: what they hold is approved in the end. Deel limits, and everybody can know of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_law_holds_after_the_storm_of_seed_7() {
    storm(7).await;
}
