//! Whether anybody is there to do what a command asks for.

use crate::out;
use ::queue::{Queue, QueueError};

/// A worker that was not seen for longer is gone.
const LIVING_MS: u64 = 60_000;

/// How many workers live, of all processes.
pub(super) async fn living(queue: &Queue) -> Result<usize, QueueError> {
    let now = queue.now_ms().await?;
    let workers = queue.workers().await?;
    Ok(workers.iter().filter(|worker| now.saturating_sub(worker.seen_ms) < LIVING_MS).count())
}

/// Says so if there is none: what was asked for waits until somebody starts one.
pub(super) async fn note_if_none(queue: &Queue) -> Result<(), QueueError> {
    if living(queue).await? == 0 {
        out::note(
            "No worker runs: nothing will happen until one does (`deelsync run`, `deelsync work`), or until the next `deelsync sync`.",
        );
    }
    Ok(())
}
