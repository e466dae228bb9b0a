//! JumpCloud's API, as far as keeping users in step needs it.
//!
//! A [`Connection`] holds the credentials and the HTTP client. It hands out a [`Reader`], which can only read, and a
//! [`Writer`], which is a separate type: whoever holds no `Writer` cannot change anything. The writer's own types leave
//! out what must never be written: `username` after creation, passwords, sudo, MFA, `unix_*`, deletion of users.
//!
//! Every call is one HTTP request unless its documentation says otherwise. The client neither retries (one repetition
//! after a 401 with a fresh access token excepted) nor limits its own rate; both are the caller's.
//!
//! Facts about the service come from JumpCloud's API 1.0 (`systemusers`, `search/systemusers`, `organizations`) and
//! API 2.0 (`bulk/userstates`, `usergroups`) documents and from its official PowerShell module; each is named where it is used.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod attribute;
mod connection;
mod create;
mod endpoint;
mod error;
mod group;
mod http;
mod lenient;
mod listing;
mod organization;
mod profile;
mod reader;
mod record;
mod retry_after;
mod schedule;
mod search;
mod settle;
mod status;
mod suspended;
mod token;
mod writer;

pub use attribute::{CustomAttribute, merge_attribute};
pub use connection::{Config, Connection, Credentials};
pub use create::{CreateError, Doubt, Link, NewState, NewUser};
pub use endpoint::{ConfigError, Region, token_url};
pub use error::Error;
pub use group::{MemberOp, UserGroup};
pub use listing::{Complete, Gap, ListError, Page, Pages};
pub use organization::{Organization, OrganizationSettings};
pub use profile::{Patch, ProfileField};
pub use reader::{PAGE, Reader};
pub use record::{RestrictedField, State, UserRecord};
pub use schedule::ScheduledState;
pub use search::Key;
pub use settle::{Settled, Taken, settle_create};
pub use writer::{Mail, Writer};
