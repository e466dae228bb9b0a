//! The worker: apalis on our own backend.

use std::future::Future;

use crate::{config::WorkerConfig, error::WorkError, job::Verdict, lease::Lease, queue::Queue};

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
    let _ = (queue, config, handler, shutdown);
    todo!()
}
