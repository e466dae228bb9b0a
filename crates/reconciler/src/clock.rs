//! The two things a run may not make up: the time, and its own id.

use jiff::Timestamp;
use provisioning::RunId;

/// Tells the time. The binary gives the wall clock, tests give what they like; nothing in this crate reads one.
pub trait Clock: Send + Sync + 'static {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

impl<F: Fn() -> Timestamp + Send + Sync + 'static> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// A ULID: sorts by start of the run, unique over processes.
pub(crate) fn run_id(now: Timestamp) -> RunId {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
    let id = ulid::Ulid::from_parts(millis, rand::random::<u128>());
    RunId::parse(&id.to_string()).unwrap_or_else(|_| unreachable!("a ULID is letters and digits"))
}
