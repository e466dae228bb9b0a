//! The client against a server that answers as JumpCloud does, or as it should not.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod create;
mod errors;
mod laws;
mod listing;
mod reader;
mod search;
mod settle;
mod support;
mod suspended;
mod token;
mod writer;
