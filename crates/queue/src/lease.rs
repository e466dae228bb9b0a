//! The right to work on one key.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::task::JoinHandle;

use crate::{
    control::ms,
    error::{LeaseLost, QueueError},
    finish::Ending,
    health::Health,
    job::{Add, Finished, Verdict},
    key::{JobKey, Line, Trigger},
    queue::Queue,
    scripts,
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
    /// Claimed by name although a job of the key waited for something: a run that does not do all that is due must end with
    /// [`crate::Verdict::Release`], or that job is lost.
    pub took_over: bool,
    /// Let through to try a vendor that is away.
    pub(crate) tries: bool,
    pub(crate) lost: Arc<AtomicBool>,
    pub(crate) queue: Queue,
}

impl Lease {
    /// Asks Redis whether a write may be made now, and renews the lease. To be called before every write.
    ///
    /// # Errors
    /// [`LeaseLost`]: do not write.
    pub async fn check(&self) -> Result<(), LeaseLost> {
        let lease = ms(self.queue.config().lease);
        let answer = self.queue.run::<u8>(&scripts::CHECK, |s| {
            s.arg(lease).arg(self.key.to_string()).arg(self.fence);
        });
        match answer.await.map_err(LeaseLost::Unavailable)? {
            0 => Ok(()),
            2 => Err(LeaseLost::Paused),
            _ => {
                self.lost.store(true, Ordering::Relaxed);
                Err(LeaseLost::Lost)
            }
        }
    }

    /// Whether a check or a renewal has already found the lease lost. Costs nothing; `false` proves nothing.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    /// The same request again: for a lease that was lost, under which something may have been written.
    pub(crate) fn again(&self) -> Add {
        Add { key: self.key.clone(), line: self.line, trigger: self.trigger.clone(), look: self.look }
    }
}

/// A key that was claimed directly, not by [`crate::work`]; renewed in the background. Dropped without
/// [`Claim::finish`], it is given back as well as possible (at the latest when its lease ends).
#[derive(Debug)]
pub struct Claim {
    lease: Lease,
    renewal: JoinHandle<()>,
    finished: bool,
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
    pub async fn finish(mut self, verdict: Verdict) -> Result<Finished, QueueError> {
        let ending = Ending::new(&self.lease, verdict);
        let finished = self.lease.queue.finish(&[&ending]).await?.first().copied();
        self.finished = true;
        if finished == Some(Finished::Stale) {
            self.lease.queue.add(&self.lease.again()).await?;
        }
        finished.ok_or(QueueError::Data("no answer to finish"))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.renewal.abort();
        if self.finished {
            return;
        }
        let lease = self.lease.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = lease.queue.finish(&[&Ending::new(&lease, Verdict::Release)]).await;
            });
        }
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
        self.claim_one_in(key, worker, trigger, Line::Urgent).await
    }

    /// As [`Queue::claim_one`], for a run in `line`, or in the more urgent one in which the key waits.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn claim_one_in(
        &self,
        key: &JobKey,
        worker: &str,
        trigger: &Trigger,
        line: Line,
    ) -> Result<Option<Claim>, QueueError> {
        let lease = ms(self.config().lease);
        let claimed: Option<(u64, u32, String, u64, String, String, bool)> = self
            .run(&scripts::CLAIM_ONE, |s| {
                s.arg(key.to_string())
                    .arg(worker)
                    .arg(lease)
                    .arg(trigger.as_str())
                    .arg(self.config().max_attempts)
                    .arg(line.as_str());
            })
            .await?;
        Ok(claimed.map(|(fence, attempt, look, accepted_at_ms, line, trigger, took_over)| {
            let lease = Lease {
                key: key.clone(),
                fence,
                attempt,
                line: Line::read(Some(&line)),
                trigger: Trigger::new(&trigger),
                look: look.parse().ok(),
                accepted_at_ms,
                took_over,
                tries: false,
                lost: Arc::default(),
                queue: self.clone(),
            };
            let renewal = tokio::spawn(renew(lease.clone()));
            Claim { lease, renewal, finished: false }
        }))
    }

    /// Renews leases, given as key and fence; the places of the lost ones are answered.
    pub(crate) async fn renew(&self, leases: &[(Vec<u8>, u64)]) -> Result<Vec<usize>, QueueError> {
        let lease = ms(self.config().lease);
        self.run(&scripts::RENEW, |s| {
            s.arg(lease);
            for (key, fence) in leases {
                s.arg(&key[..]).arg(fence);
            }
        })
        .await
    }
}

async fn renew(lease: Lease) {
    let (mut health, key) = (Health::new("renew"), lease.key.to_string().into_bytes());
    let mut delay = lease.queue.config().lease / 3;
    loop {
        tokio::time::sleep(delay).await;
        match lease.queue.renew(&[(key.clone(), lease.fence)]).await {
            Ok(lost) if lost.is_empty() => {
                health.good();
                delay = lease.queue.config().lease / 3;
            }
            Ok(_) => {
                lease.lost.store(true, Ordering::Relaxed);
                return;
            }
            Err(error) => delay = health.bad(&error),
        }
    }
}
