//! What deelsync shows to the network: the webhook that Deel delivers to, health, and metrics.
//!
//! Two listeners. The public one serves `POST /webhooks/deel`, `/healthz` and `/readyz`, and is the only one meant for
//! the outside; the other one is for operators and serves `/metrics` beside health and, with a token, the operator API
//! ([`api`]). Everything else is 404.
//!
//! What a webhook gets, in this order:
//!
//! | a request to `/webhooks/deel` | gets |
//! | --- | --- |
//! | another method than `POST` | 405 |
//! | more than [`Limits::body_bytes`], announced or sent | 413 |
//! | not whole within [`Limits::request_time`] | 408 |
//! | while all bodies together exceed [`Limits::bodies_bytes`] | 503 and `Retry-After` |
//! | no, malformed or wrong signature over the raw bytes | 401; the body is not parsed |
//! | not a JSON object | 400 with what is wrong |
//! | unknown or irrelevant event, simulation, another organization, missing meta | 200, counted; needs no Redis |
//! | an event about a person, new or seen before | 200 after Redis has it |
//! | the same, while Redis does not store it within [`Limits::store_time`] | 503 and `Retry-After` |
//!
//! Deel disables a subscription after ten refusals (developer.deel.com, webhooks), so what it signs is never refused
//! for what it says, and a 2xx always means stored or of no consequence. Each answer is a small JSON object with an
//! [`Outcome`], and each is counted ([`metrics::WEBHOOKS`]).
//!
//! Whoever has no key cannot take the place of who has: at the limit of connections the oldest ends that never brought a
//! signed webhook, at the limit of memory a slow body gives way, and answers to bad signatures are few a second
//! ([`Limits`]).
//!
//! A body is held only until the ids in it are known; what waits for Redis is a hash and those ids.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod admin;
pub mod api;
mod body;
mod budget;
pub mod ceiling;
mod classify;
mod config;
mod connection;
mod crowd;
mod health;
mod listener;
pub mod metrics;
mod organizations;
mod outcome;
mod refusals;
mod seldom;
mod start;
mod tally;
mod webhook;

pub use api::{Api, Operator, OperatorError};
pub use config::{Config, Limits, default_workers};
pub use listener::StartError;
pub use outcome::Outcome;
pub use start::{Admin, Running, start, start_admin};
pub use webhook::PATH;
