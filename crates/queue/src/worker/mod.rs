//! The worker: apalis's worker and monitor on our own backend.
//!
//! A pump claims as many keys as there is room for and hands them to apalis; apalis calls the handler through our
//! layer, which takes the verdict to Redis. The pump sleeps on Redis, not on a timer. No Redis error reaches apalis,
//! which would end the worker over it.

mod backend;
mod ending;
mod held;
mod layer;
mod pump;
mod slots;
mod wake;

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use apalis_core::{monitor::Monitor, worker::builder::WorkerBuilder};
use tokio::sync::watch;

use crate::{
    config::WorkerConfig,
    error::WorkError,
    job::Verdict,
    lease::Lease,
    queue::Queue,
    worker::{backend::Source, ending::Endings, held::Held, layer::Handle, slots::Slots},
};

/// After the grace, so long for giving back what was cancelled.
const GIVE_BACK: Duration = Duration::from_secs(3);

/// What the parts of one worker share.
struct Shared {
    queue: Queue,
    name: String,
    slots: Slots,
    held: Held,
    endings: Endings,
    /// No more claims.
    stop: watch::Sender<bool>,
    /// No more patience with handlers.
    cut: watch::Sender<bool>,
}

/// Claims keys and runs `handler` on them until `shutdown` completes; then claims nothing more, lets handlers finish
/// for [`WorkerConfig::grace`], cancels what still runs, and gives it back without counting the attempt. A panic
/// of a handler is a counted retry. Redis being away is waited out. A handler that is cancelled is dropped at its next
/// `.await`.
///
/// # Errors
/// [`WorkError`]; a shutdown is `Ok`.
pub async fn work<H, F, S>(
    queue: Queue,
    config: WorkerConfig,
    handler: H,
    shutdown: S,
) -> Result<(), WorkError>
where
    H: Fn(Lease) -> F + Send + Sync + 'static,
    F: Future<Output = Verdict> + Send + 'static,
    S: Future<Output = ()> + Send + 'static,
{
    let shared = Arc::new(Shared {
        endings: Endings::start(queue.clone()),
        slots: Slots::new(config.concurrency.clamp(1, 1024)),
        held: Held::default(),
        stop: watch::Sender::new(false),
        cut: watch::Sender::new(false),
        name: config.name.clone(),
        queue,
    });
    let keeper = AbortOnDrop(tokio::spawn(held::keep(shared.clone())));
    let handler = Arc::new(handler);
    let monitor = Monitor::new()
        .register({
            let shared = shared.clone();
            move |restart| {
                // Only a defect restarts it. The name has to differ, in case something of the former still lives.
                WorkerBuilder::new(format!("{}-{restart}", shared.name))
                    .backend(Source::new(shared.clone()))
                    .build(Handle::new(handler.clone()))
            }
        })
        .should_restart(|_, error| {
            tracing::error!(%error, "the worker stopped unexpectedly; starting it again");
            true
        });
    let context = monitor.context();
    let mut running = pin!(monitor.run());
    tokio::select! {
        ended = &mut running => {
            let text = ended.map_or_else(|error| error.to_string(), |()| "no error".to_owned());
            return Err(WorkError::Stopped(text));
        }
        () = shutdown => {}
    }
    tracing::info!(
        queue.running = shared.held.len(),
        "shutdown: claiming nothing more, waiting for what runs"
    );
    shared.stop.send_replace(true);
    let _ = context.shutdown();
    let drained = match tokio::time::timeout(config.grace, &mut running).await {
        Ok(_) => true,
        Err(_) => {
            tracing::warn!(
                queue.running = shared.held.len(),
                "the grace is over; giving back what still runs"
            );
            shared.cut.send_replace(true);
            tokio::time::timeout(GIVE_BACK, &mut running).await.is_ok()
        }
    };
    drop(keeper);
    // Otherwise it would be listed for an hour.
    let _ = tokio::time::timeout(GIVE_BACK, shared.queue.leave(&shared.name)).await;
    if drained { Ok(()) } else { Err(WorkError::DrainTimedOut) }
}

/// A task that does not outlive its owner.
struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
