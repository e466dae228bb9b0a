//! The product on Redis and Valkey in containers: killed, frozen, emptied, failed over. The tests are in
//! `tests/engines.rs` and need a Docker daemon; `make test-containers` runs them and says with which images.

#![allow(clippy::expect_used, clippy::panic)] // test support: a failure here is the test's failure

mod engine;
mod node;
mod site;
mod topologies;

pub use engine::{Engine, REDIS, VALKEY};
pub use node::Node;
pub use site::{Poured, SOON, Site};
pub use topologies::{Cluster, Replicated};
