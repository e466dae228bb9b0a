//! Group commit: what waits is stored in one call.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::Instant,
};

use crate::{
    accept::read,
    config::AcceptorConfig,
    error::QueueError,
    job::{Accepted, Delivery},
    queue::Queue,
};

/// How many calls may be under way: while Redis runs one, the next is on its way.
const CALLS: usize = 2;
/// A call costs about as much as three deliveries, so a second one is made only for many; fewer wait for the first to
/// come back.
const WORTH_A_CALL: usize = 24;

/// Gathers deliveries of many concurrent callers and stores those that wait in one call (group commit).
/// Cheap to clone; the task behind it ends when the last clone is gone.
#[derive(Debug, Clone)]
pub struct Acceptor {
    sender: mpsc::Sender<Waiting>,
    waiting: Arc<AtomicUsize>,
    timeout: Duration,
}

#[derive(Debug)]
struct Waiting {
    delivery: Delivery,
    deadline: Instant,
    answer: oneshot::Sender<Result<Accepted, QueueError>>,
}

impl Acceptor {
    /// Starts the gathering task on the current tokio runtime.
    #[must_use]
    pub fn start(queue: Queue, config: AcceptorConfig) -> Self {
        let (sender, receiver) = mpsc::channel(config.capacity.max(1));
        tokio::spawn(gather(queue, receiver, config.batch.clamp(1, 1024)));
        Self { sender, waiting: Arc::default(), timeout: config.timeout }
    }

    /// Stores one delivery, together with the others that wait. When this returns `Ok`, Redis has it.
    ///
    /// # Errors
    /// [`QueueError::Busy`] at once if too many wait; [`QueueError::TimedOut`] after the configured time;
    /// [`QueueError::Unavailable`] or [`QueueError::Refused`] as Redis says. After an error the delivery may
    /// nevertheless be stored; the sender's next attempt is then a duplicate.
    pub async fn accept(&self, delivery: Delivery) -> Result<Accepted, QueueError> {
        let (answer, answered) = oneshot::channel();
        let deadline = Instant::now() + self.timeout;
        let _counted = Counted::new(&self.waiting);
        self.sender.try_send(Waiting { delivery, deadline, answer }).map_err(|_| QueueError::Busy)?;
        match tokio::time::timeout_at(deadline, answered).await {
            Ok(Ok(result)) => result,
            // Too slow, or the gatherer went away with its runtime: nothing is known of the delivery.
            Ok(Err(_)) | Err(_) => Err(QueueError::TimedOut),
        }
    }

    /// How many deliveries wait for their answer at the moment.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// Counts a waiting caller for as long as it waits, also if its future is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(counter: &'a AtomicUsize) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(counter)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn gather(queue: Queue, mut receiver: mpsc::Receiver<Waiting>, batch: usize) {
    let mut calls = JoinSet::new();
    let mut open = true;
    while open {
        let mut waiting = Vec::new();
        open = receiver.recv_many(&mut waiting, batch).await > 0;
        while open && !calls.is_empty() && (waiting.len() < WORTH_A_CALL.min(batch) || calls.len() >= CALLS) {
            let room = batch - waiting.len();
            tokio::select! {
                _ = calls.join_next() => {}
                more = receiver.recv_many(&mut waiting, room), if room > 0 => open = more > 0,
            }
        }
        // Whose caller has given up is not stored now: it was answered 503, and comes again.
        waiting.retain(|w| !w.answer.is_closed() && w.deadline > Instant::now());
        if !waiting.is_empty() {
            calls.spawn(store(queue.clone(), waiting));
        }
    }
    while calls.join_next().await.is_some() {}
}

async fn store(queue: Queue, waiting: Vec<Waiting>) {
    metrics::histogram!("deelsync_queue_accept_batch_size").record(waiting.len() as f64);
    match queue.accept_words(waiting.iter().map(|w| &w.delivery)).await {
        Ok(words) => {
            // A short answer drops the rest, whose callers then time out: none is answered as stored that is not.
            for (w, word) in waiting.into_iter().zip(words) {
                let _ = w.answer.send(read(&word));
            }
        }
        Err(error) => {
            for w in waiting {
                let _ = w.answer.send(Err(error.repeat()));
            }
        }
    }
}
