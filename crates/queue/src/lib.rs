//! The queue: who has to be looked at, by whom it is being done, and how fast the vendors may be asked, in Redis.
//!
//! The only crate that names apalis and the Redis keys. A job is a key (`person:<id>` or `reconcile`) and no payload:
//! a run re-reads everything, so adding a key twice before it runs is one run, and adding it during a run is one
//! more afterwards. The keys, with the `redis-cli` lines to look at them: `docs/redis.md`.
//!
//! - [`Queue`]: one connection, shared by all clones; everything an ingress, the command line or a reconciler asks.
//! - [`Acceptor`]: stores the deliveries that wait in one call.
//! - [`work`]: runs keys until shutdown; [`Lease`] is what a handler gets, [`Verdict`] what it answers.
//! - [`Budget`]: a vendor's rate, shared by all processes.
//! - [`Breaker`]: a vendor that is away; the work waits, and one job at a time tries it.
//!
//! Time is Redis's clock, in milliseconds since 1970-01-01T00:00:00Z, unless something says otherwise.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod accept;
mod acceptor;
mod address;
mod audit;
mod batch;
mod breaker;
mod budget;
mod config;
mod conn;
mod control;
mod error;
mod finish;
mod health;
mod holds;
mod index;
mod inspect;
mod job;
mod key;
mod lease;
mod notices;
mod persistence;
mod progress;
mod queue;
mod registry;
mod scripts;
mod subscription;
mod wide;
mod windows;
mod worker;
mod written;

pub use acceptor::Acceptor;
pub use address::Address;
pub use audit::AuditEntry;
pub use breaker::{Away, Breaker, Reason};
pub use budget::{Budget, BudgetState, Vendor};
pub use config::{AcceptorConfig, Config, WorkerConfig};
pub use control::{Epoch, Pause};
pub use error::{InvalidAddress, LeaseLost, QueueError, WorkError};
pub use holds::{Hold, NewHold};
pub use index::Link;
pub use inspect::{Job, JobState, Page, Status};
pub use job::{Accepted, Add, Added, Again, Delivery, Finished, Subject, Verdict, When};
pub use key::{InvalidKey, JobKey, Line, Trigger};
pub use lease::{Claim, Lease};
pub use persistence::{Persistence, Role};
pub use queue::Queue;
pub use registry::WorkerInfo;
pub use subscription::Seen;
pub use wide::{WideJoined, WidePage, WideRow};
pub use windows::{Place, Taken};
pub use worker::work;
