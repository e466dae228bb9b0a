//! Verdicts on their way to Redis: those that wait go in one call, and wait out a Redis that is away.

use tokio::sync::{mpsc, oneshot};

use crate::{error::QueueError, finish::Ending, health::Health, job::Finished, queue::Queue};

/// Verdicts in one call.
const BATCH: usize = 128;
/// How often a verdict that Redis refuses is offered again; then its lease ends by itself.
const REFUSALS: u32 = 3;

/// Hands verdicts to the task that takes them to Redis. The task ends with the last clone.
#[derive(Clone)]
pub(super) struct Endings(mpsc::UnboundedSender<Waiting>);

struct Waiting {
    ending: Ending,
    answer: oneshot::Sender<Option<Finished>>,
}

impl Endings {
    pub(super) fn start(queue: Queue) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(run(queue, receiver));
        Self(sender)
    }

    /// What became of it; `None` if Redis refuses it for good.
    pub(super) async fn end(&self, ending: Ending) -> Option<Finished> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Waiting { ending, answer }).ok()?;
        answered.await.ok().flatten()
    }
}

async fn run(queue: Queue, mut receiver: mpsc::UnboundedReceiver<Waiting>) {
    let mut health = Health::new("finish");
    loop {
        let mut waiting = Vec::new();
        if receiver.recv_many(&mut waiting, BATCH).await == 0 {
            return;
        }
        // Handlers that are ready as well may join; on an idle worker this costs nothing.
        tokio::task::yield_now().await;
        while waiting.len() < BATCH
            && let Ok(one) = receiver.try_recv()
        {
            waiting.push(one);
        }
        match offer(&queue, &mut health, &waiting, 1).await {
            Some(finished) => answer(waiting, &finished),
            // One of them is the reason; the others must not suffer from it.
            None => {
                for one in waiting {
                    let finished = offer(&queue, &mut health, std::slice::from_ref(&one), REFUSALS).await;
                    let _ = one.answer.send(finished.and_then(|finished| finished.first().copied()));
                }
            }
        }
    }
}

fn answer(waiting: Vec<Waiting>, finished: &[Finished]) {
    for (one, finished) in waiting.into_iter().zip(finished) {
        let _ = one.answer.send(Some(*finished));
    }
}

/// Tries until Redis has it; `None` after so many refusals.
async fn offer(
    queue: &Queue,
    health: &mut Health,
    waiting: &[Waiting],
    refusals: u32,
) -> Option<Vec<Finished>> {
    let endings: Vec<&Ending> = waiting.iter().map(|one| &one.ending).collect();
    let mut refused = 0;
    loop {
        match queue.finish(&endings).await {
            Ok(finished) => {
                health.good();
                return Some(finished);
            }
            Err(error) => {
                refused += u32::from(!error.is_temporary() && !matches!(error, QueueError::Busy));
                let delay = health.bad(&error);
                // A worker that has ended waits no longer; its leases run out by themselves.
                if refused >= refusals || waiting.iter().all(|one| one.answer.is_closed()) {
                    return None;
                }
                tokio::time::sleep(delay).await;
            }
        }
    }
}
