//! One run's calls to the vendors: each takes a slot of the shared rate budget first, is counted, and is written down.

use crate::metrics;
use crate::stop::{Stop, chain};
use crate::trail::CallRecord;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use queue::{Away, Budget, Lease, Line, QueueError, Reason, Vendor};
use std::future::Future;
use std::time::{Duration, Instant};

/// What a run carries from call to call.
pub(crate) struct Session {
    /// Whose slots the run takes: the line of its job, lifted to urgent for a leaver.
    pub(crate) class: Line,
    /// Every call so far.
    pub(crate) calls: Vec<CallRecord>,
    /// Whose run this is, as the queue knows it; none for a look outside the queue.
    pub(crate) job: Option<String>,
    /// What else the trail should tell; without values.
    pub(crate) notes: Vec<String>,
    /// Carries out an operator's order, which does not wait for Deel.
    pub(crate) for_order: bool,
    deel: Budget,
    jumpcloud: Budget,
}

/// What an error of a vendor's client means for counting and for the budget.
pub(crate) trait Failure: std::error::Error {
    /// The label of `deelsync_vendor_calls_total`.
    fn label(&self) -> &'static str;
    /// Set for a 429: how long the vendor asks us to wait, if it said so.
    fn limited(&self) -> Option<Option<Duration>>;
    /// What it says of the vendor as such.
    fn heard(&self) -> Heard;
}

/// What an error says of the vendor as such, whoever was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It answered.
    Answer,
    /// It did not answer, or something else did in its place; with its `Retry-After`.
    Away(Option<Duration>),
    /// It refuses us altogether.
    Denied,
    /// The error is none of the vendor's.
    Nothing,
}

impl Session {
    pub(crate) fn new(class: Line, deel: Budget, jumpcloud: Budget) -> Self {
        Self { class, calls: Vec::new(), job: None, for_order: false, notes: Vec::new(), deel, jumpcloud }
    }

    /// As the run of this lease.
    pub(crate) fn under(mut self, lease: &Lease) -> Self {
        self.deel = self.deel.of_run(lease);
        self.jumpcloud = self.jumpcloud.of_run(lease);
        self.of(&lease.key)
    }

    /// As a part of this job.
    pub(crate) fn of(mut self, job: &queue::JobKey) -> Self {
        self.job = Some(job.to_string());
        self
    }

    /// Notes something for the trail, once per run.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(crate) fn budget(&self, vendor: Vendor) -> &Budget {
        match vendor {
            Vendor::Deel => &self.deel,
            Vendor::JumpCloud => &self.jumpcloud,
        }
    }

    /// Waits for a slot of that vendor's budget.
    pub(crate) async fn slot(&self, vendor: Vendor) -> Result<(), Stop> {
        Ok(self.budget(vendor).acquire(self.class).await?)
    }

    /// For a call that makes several requests: takes a slot for each of them.
    pub(crate) fn pace(
        &self,
        vendor: Vendor,
    ) -> impl Fn() -> BoxFuture<'static, Result<(), QueueError>> + use<> {
        let (budget, class) = (self.budget(vendor).clone(), self.class);
        move || {
            let budget = budget.clone();
            async move { budget.acquire(class).await }.boxed()
        }
    }

    /// Takes a slot, then makes the call. The future must not have been polled before: clients do their work lazily.
    pub(crate) async fn call<T, E: Failure>(
        &mut self,
        vendor: Vendor,
        operation: &'static str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<Result<T, E>, Stop> {
        self.slot(vendor).await?;
        Ok(self.made(vendor, operation, call).await)
    }

    /// Makes a call whose slot is already taken.
    pub(crate) async fn made<T, E: Failure>(
        &mut self,
        vendor: Vendor,
        operation: &'static str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let result = self.counted(vendor, operation, call).await;
        // The budget's bookkeeping is advice to other processes; failing to give it does not change this call's answer.
        let told = match result.as_ref().err().and_then(Failure::limited) {
            Some(after) => self.budget(vendor).limited(after).await,
            None if result.is_ok() => self.budget(vendor).ok().await,
            None => Ok(()),
        };
        if let Err(error) = told {
            tracing::debug!(vendor = vendor.as_str(), error = %error, "the rate budget could not be told");
        }
        result
    }

    /// Makes a call whose slot is already taken, and does not let its answer slow down what comes next.
    pub(crate) async fn counted<T, E: Failure>(
        &mut self,
        vendor: Vendor,
        operation: &'static str,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let started = Instant::now();
        let result = call.await;
        let duration = started.elapsed();
        self.hear(vendor, result.as_ref().err()).await;
        let outcome = match &result {
            Ok(_) => "ok",
            Err(error) => error.label(),
        };
        metrics::call(vendor.as_str(), operation, outcome);
        self.calls.push(CallRecord {
            vendor: vendor.as_str().to_owned(),
            operation: operation.to_owned(),
            outcome: outcome.to_owned(),
            duration_ms: millis(duration),
        });
        result
    }
}

impl Session {
    /// Tells all processes whether the vendor is there. Nothing goes to Redis as long as it is.
    async fn hear<E: Failure>(&self, vendor: Vendor, error: Option<&E>) {
        let budget = self.budget(vendor);
        let told = match error.map_or(Heard::Answer, Failure::heard) {
            Heard::Answer => budget.answered().await,
            Heard::Away(after) => self.away(budget, Reason::Unavailable, after, error).await,
            Heard::Denied => self.away(budget, Reason::Denied, None, error).await,
            Heard::Nothing => Ok(()),
        };
        if let Err(error) = told {
            tracing::debug!(vendor = vendor.as_str(), error = %error, "whether the vendor is away could not be told");
        }
    }

    async fn away<E: Failure>(
        &self,
        budget: &Budget,
        reason: Reason,
        after: Option<Duration>,
        error: Option<&E>,
    ) -> Result<(), QueueError> {
        let words = error.map(|error| chain(error)).unwrap_or_default();
        budget.away(&Away { reason, after, job: self.job.as_deref(), words: &words }).await
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
