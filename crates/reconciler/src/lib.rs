//! The imperative shell of deelsync: observe a person in Deel and `JumpCloud`, plan, check, guard, apply, and write
//! down what happened.
//!
//! The decisions live in [`provisioning`], which is pure; this crate reads, paces itself, takes care that nobody else
//! works on the same person, and carries out the plan without choosing anything.
//!
//! - [`Reconciler::handle`] runs one job of the queue and says what becomes of it.
//! - [`Reconciler::plan_person`] says what a sync would do; it records nothing.
//! - [`Reconciler::sync_person`] and [`Reconciler::suspend`] are the same path started by an operator.
//! - [`Holds`] are the changes that wait for someone's decision; [`Trail`] is the audit trail.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod acts;
mod anybody;
mod apply;
mod asking;
mod clock;
mod contested;
mod convert;
mod emails;
mod fields;
pub mod full;
mod groups;
pub mod holds;
mod linked;
mod metrics;
mod observe;
mod operator;
mod orders;
pub mod planfile;
mod reconciler;
mod run;
mod schedules;
mod session;
mod settings;
mod stop;
pub mod trail;
pub mod undo;
mod vendor;

pub(crate) use provisioning::{ADOPTED_ATTRIBUTE, HOLD_ATTRIBUTE};

pub use acts::Asker;
pub use asking::{FullRuns, Waiting};
pub use clock::Clock;
pub use convert::link_of;
pub use fields::fields_of;
pub use full::{
    ApplyReport, EveryonePlanned, FullCounts, FullEnd, FullReport, Organizations, PersonPlanned, Phase,
    Progress, Requested, Synced,
};
pub use groups::{Groups, UnusableGroup, usable};
pub use holds::{
    Hold, HoldError, HoldFilter, HoldId, HoldStatus, Holds, Transition, Wide, WideChange, WideTable, WithIt,
};
pub use linked::LinkedAccounts;
pub use metrics::describe as describe_metrics;
pub use orders::Order;
pub use planfile::{PlanFile, PlanFileError};
pub use reconciler::{Ordered, Parts, Planned, PlannedHold, Reconciler, Report, RequestError};
pub use run::{Activate, At};
pub use settings::{Apply, Mode, Settings};
pub use trail::{Outcome, Trail};
