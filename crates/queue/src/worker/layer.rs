//! The tower layer that runs a handler to its verdict and takes the verdict to Redis, and the service below it.

use std::{
    convert::Infallible,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use apalis_core::{error::BoxDynError, task::Task};
use tower::{Layer, Service};

use crate::{
    finish::Ending,
    job::{Finished, Verdict},
    lease::Lease,
    worker::{AbortOnDrop, Shared, pump::settle},
};

/// So long a cancelled handler may take to let go (it does so at its next `.await`).
const LET_GO: Duration = Duration::from_secs(1);

/// The layer of our backend.
pub(super) struct Ack {
    shared: Arc<Shared>,
}

impl Ack {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }
}

impl<S> Layer<S> for Ack {
    type Service = AckService<S>;

    fn layer(&self, inner: S) -> AckService<S> {
        AckService { inner, shared: self.shared.clone() }
    }
}

/// A service that ends in Redis.
pub(super) struct AckService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S> Service<Task<Lease>> for AckService<S>
where
    S: Service<Task<Lease>, Response = Verdict>,
    S::Error: Into<BoxDynError>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = BoxDynError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxDynError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxDynError>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, task: Task<Lease>) -> Self::Future {
        let (lease, shared) = (task.args.clone(), self.shared.clone());
        let run = self.inner.call(task);
        Box::pin(async move {
            // A task of its own: handlers run on all threads, and a panic ends with it.
            let run = tokio::spawn(async move {
                run.await.unwrap_or_else(|error| {
                    let error = error.into();
                    Verdict::Retry {
                        after: None,
                        counts: true,
                        away: None,
                        error: format!("the worker failed: {error}"),
                    }
                })
            });
            conclude(&shared, &lease, AbortOnDrop(run)).await;
            Ok(())
        })
    }
}

async fn conclude(shared: &Shared, lease: &Lease, mut run: AbortOnDrop<Verdict>) {
    let started = Instant::now();
    let mut cut = shared.cut.subscribe();
    let cut_off = async {
        // Without its sender the worker is gone as well.
        let _ = cut.wait_for(|cut| *cut).await;
    };
    let verdict = tokio::select! {
        verdict = &mut run.0 => verdict,
        () = cut_off => {
            run.0.abort();
            // It must not run on while another worker begins.
            match tokio::time::timeout(LET_GO, &mut run.0).await {
                Ok(verdict) => verdict,
                Err(_) => Ok(Verdict::Release),
            }
        }
    };
    shared.slots.free(lease.line);
    let verdict = verdict.unwrap_or_else(|error| {
        if error.is_cancelled() {
            return Verdict::Release;
        }
        // The text of a panic may hold anything, a person's data too: it is not kept.
        tracing::error!(job.key = %lease.key, job.attempt = lease.attempt, "the handler panicked");
        Verdict::Retry {
            after: None,
            counts: true,
            away: None,
            error: "the handler panicked; see the process's log".to_owned(),
        }
    });
    let (line, result) = (lease.line.as_str(), name(&verdict));
    metrics::histogram!("deelsync_queue_job_duration_seconds", "line" => line)
        .record(started.elapsed().as_secs_f64());
    metrics::counter!("deelsync_queue_jobs_total", "line" => line, "verdict" => result).increment(1);
    let finished = shared.endings.end(Ending::new(lease, verdict)).await;
    shared.held.remove(lease.fence);
    settle(shared, lease).await;
    if finished == Some(Finished::Stale) {
        lost(shared, lease).await;
    }
}

/// Something may have been written under a lease that was lost: the key is run once more.
async fn lost(shared: &Shared, lease: &Lease) {
    metrics::counter!("deelsync_queue_leases_lost_total").increment(1);
    tracing::warn!(job.key = %lease.key, job.fence = lease.fence, "the lease was lost before the verdict; running again");
    let mut health = crate::health::Health::new("add");
    while let Err(error) = shared.queue.add(&lease.again()).await {
        let delay = health.bad(&error);
        if !error.is_temporary() {
            return;
        }
        tokio::time::sleep(delay).await;
    }
}

fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Done { .. } => "done",
        Verdict::Retry { .. } => "retry",
        Verdict::Dead { .. } => "dead",
        Verdict::Release => "release",
    }
}

/// The handler as a service.
pub(super) struct Handle<H, F> {
    handler: Arc<H>,
    future: PhantomData<fn() -> F>,
}

impl<H, F> Handle<H, F> {
    pub(super) fn new(handler: Arc<H>) -> Self {
        Self { handler, future: PhantomData }
    }
}

impl<H, F> Service<Task<Lease>> for Handle<H, F>
where
    H: Fn(Lease) -> F + Send + Sync + 'static,
    F: Future<Output = Verdict> + Send + 'static,
{
    type Response = Verdict;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Verdict, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, task: Task<Lease>) -> Self::Future {
        let handler = self.handler.clone();
        // The call itself belongs into the task too: it may panic before its first `.await`.
        Box::pin(async move { Ok(handler(task.args).await) })
    }
}
