//! The pure core of `deelsync`: what a person in Deel means for an account in JumpCloud.
//!
//! Nothing here reads a clock, talks to a network or sleeps. [`plan`] turns what was observed ([`Desired`], [`Actual`])
//! into a [`Plan`], a value that can be printed, stored, approved and applied; [`check`] is a second, independent reading
//! of the same rules; [`plan_all`] plans everyone at once, for a full reconcile, and [`refuse`] says whether the whole of it
//! makes sense; [`guard`] decides, against what people ruled and what the limits leave, which steps may be done.
//!
//! No [`Change`] can express deleting an account or changing a username, password or privilege: the type has no such
//! variant, so no plan can contain one.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod account;
mod apply;
mod attributes;
mod change;
mod custom;
mod everyone;
mod evidence;
mod fingerprint;
mod groups;
mod guard;
mod held_values;
mod hold;
mod ids;
mod invariants;
mod lifecycle;
mod manual;
mod mark;
mod matching;
mod observed;
mod person;
mod plan;
mod planner;
mod policy;
mod quoted;
mod reason;
mod render;
mod reserved;
mod scope;
mod shared;
mod template;
mod text;
mod username;
mod values;
mod zone;
mod zone_tables;

pub use account::{Account, AccountState};
pub use apply::{applied, apply_steps};
pub use attributes::{Attribute, AttributePolicy, UnknownAttribute};
pub use change::{Change, ChangeKind, FieldChange, NewAccount, Redacted};
pub use custom::{CustomName, InvalidCustomName};
pub use everyone::{
    Census, CensusGroups, Everyone, Gone, KeptBy, LeaverActive, PersonPlan, Refusal, Unowned, plan_all,
    refuse, refuse_accounts,
};
pub use evidence::{Evidence, LastDay};
pub use groups::{Belongs, GroupRule, Membership};
pub use guard::{Guarded, Limit, Limits, Ruling, guard};
pub use held_values::Values;
pub use hold::HoldKind;
pub use ids::{
    AccountId, GroupId, InvalidEmail, InvalidId, InvalidUsername, ProfileId, RunId, Username, WorkEmail,
};
pub use invariants::{Violation, check};
pub use lifecycle::{Lifecycle, Standing, claims_email, lifecycle};
pub use manual::{ADOPTED_ATTRIBUTE, HOLD_ATTRIBUTE, ManualHold};
pub use mark::{InvalidMark, MARK_ATTRIBUTE, Mark, MarkedBy, PriorState};
pub use observed::{Actual, Claimant, Desired, OperatorOrder, ScheduledActivation, ScheduledBy, Stamp};
pub use person::{EmailState, Employment, Person, Status};
pub use plan::{Counts, Drift, LeaverAlarm, Plan, Step, WithLink};
pub use planner::{SCHEDULE_GRACE, SCHEDULE_LEAD, plan};
pub use policy::{Activation, Adopt, CreateState, EmailChange, InvalidPolicy, LinkField, Names, Policy};
pub use quoted::{Plain, Quoted, harmless};
pub use reason::{Note, SkipReason, Why};
pub use scope::Scope;
pub use shared::{Pool, Text};
pub use template::{InvalidTemplate, TEMPLATE_VARIABLES, Template, TemplateProblem, TemplateValues};

pub use username::candidates;
pub use values::{Effective, PersonNames, Untold, WantedValues, desired_values, wanted_values};
pub use zone::{InvalidTimeZone, TimeZoneName, ZoneChoice, ZoneSource};
