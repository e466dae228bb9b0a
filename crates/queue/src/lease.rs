//! The right to work on one key.

use std::ops::Deref;

use crate::{
    error::{LeaseLost, QueueError},
    job::{Finished, Verdict},
    key::{JobKey, Line, Trigger},
    queue::Queue,
};

/// The right to work on one key, for as long as it is renewed (which the worker does). Cheap to clone.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Lease {
    /// The key.
    pub key: JobKey,
    /// Higher than that of every earlier lease, of any key.
    pub fence: u64,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The line it waited in; the class of its calls to the vendors.
    pub line: Line,
    /// What asked for it.
    pub trigger: Trigger,
    /// See [`crate::Add::look`].
    pub look: Option<u8>,
    /// The earliest acceptance that this run serves, in milliseconds since 1970 by Redis's clock.
    pub accepted_at_ms: u64,
    queue: Queue,
}

impl Lease {
    /// Asks Redis whether a write may be made now, and renews the lease. To be called before every write.
    ///
    /// # Errors
    /// [`LeaseLost`]: do not write.
    pub async fn check(&self) -> Result<(), LeaseLost> {
        todo!()
    }

    /// Whether a renewal has already found the lease lost. Costs nothing; `false` proves nothing.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        todo!()
    }
}

/// A key that was claimed directly, not by [`crate::work`]; renewed in the background. Dropped without
/// [`Claim::finish`], it is given back as well as possible (at the latest when its lease ends).
#[derive(Debug)]
pub struct Claim {
    lease: Lease,
}

impl Deref for Claim {
    type Target = Lease;

    fn deref(&self) -> &Lease {
        &self.lease
    }
}

impl Claim {
    /// Ends the run. A lost lease adds the key again, since something may have been written under it.
    ///
    /// # Errors
    /// As Redis says; then the lease ends by itself and counts as an attempt.
    pub async fn finish(self, verdict: Verdict) -> Result<Finished, QueueError> {
        let _ = verdict;
        todo!()
    }
}

impl Queue {
    /// Claims one key now, wherever it is (waiting, delayed, dead or nowhere), for a run in the urgent line with
    /// `trigger`. `None` if somebody else has it; the caller may try again or wait. A pause does not prevent
    /// it, but [`Lease::check`] refuses writes.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn claim_one(
        &self,
        key: &JobKey,
        worker: &str,
        trigger: &Trigger,
    ) -> Result<Option<Claim>, QueueError> {
        let _ = (key, worker, trigger);
        todo!()
    }
}
