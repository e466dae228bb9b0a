//! What the planner does, sentence by sentence, and the laws that hold for all of it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod access;
mod alone;
mod attributes;
mod entitlement;
mod everyone;
mod guarding;
mod laws;
mod lifecycle;
mod matching;
mod support;
mod violations;
mod world;
