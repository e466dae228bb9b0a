//! Deel as this program uses it: the REST client for people, the proof that a listing is complete, and the webhook's
//! signature and envelope. No domain types: what a record *means* is decided elsewhere.
//!
//! - The client neither retries nor limits its own rate: both need to be shared by all processes, so the caller does it.
//!   Its errors say what to do next ([`Error::remedy`]).
//! - Every wire type is tolerant. Deel's documents and its answers differ in types and in which fields are there, and one
//!   odd value must not hide a person.
//! - Errors, `Debug` output and log events carry ids, field names and counts; never names, addresses or bodies.
//!
//! Facts come from developer.deel.com (webhooks, people, authentication) and Deel's published OpenAPI document 2.1.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod answer;
mod base_url;
mod client;
pub mod envelope;
mod error;
mod json;
mod listing;
mod organization;
mod people;
mod person;
pub mod signature;
mod subscription;

pub use base_url::{BaseUrl, InvalidBaseUrl};
pub use client::{Client, Config, ConfigError};
pub use error::{Error, Surprise, Transport};
pub use listing::{Complete, ListError, Listing, PAGE_LIMIT, Page};
pub use organization::Organization;
pub use people::unpaced;
pub use person::{EmailEntry, EmploymentRecord, Entity, NotAPerson, PersonRecord};
pub use subscription::{Change, Created, NewSubscription, Subscription};
