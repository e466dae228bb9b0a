//! Group commit: what waits is stored in one call.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use redis::Cmd;
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
/// A call costs about as much as six deliveries, so a second one is made only for more; fewer wait for the first to
/// come back.
const WORTH_A_CALL: usize = 12;
/// Between two tries to reach a Redis that is away, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

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
    /// Starts the gathering task on the current tokio runtime, with a connection of its own that is made at the first
    /// delivery: on a runtime of one thread no answer has to be carried from one thread to another.
    #[must_use]
    pub fn start(queue: Queue, config: AcceptorConfig) -> Self {
        let (sender, receiver) = mpsc::channel(config.capacity.max(1));
        let queue = queue.on_own_connection();
        tokio::spawn(gather(queue, receiver, config.batch.clamp(1, 1024)));
        Self { sender, waiting: Arc::default(), timeout: config.timeout }
    }

    /// Stores one delivery, together with the others that wait. When this returns `Ok`, Redis has it.
    ///
    /// # Errors
    /// [`QueueError::Busy`] at once if too many wait; [`QueueError::TimedOut`] or [`QueueError::Unavailable`] after the
    /// configured time, in which a Redis that is away is tried again; [`QueueError::Refused`] as Redis says. After an error the delivery may
    /// nevertheless be stored; the sender's next attempt is then a duplicate.
    pub async fn accept(&self, delivery: Delivery) -> Result<Accepted, QueueError> {
        let (answer, answered) = oneshot::channel();
        let deadline = Instant::now() + self.timeout;
        let _counted = Counted::new(&self.waiting);
        self.sender.try_send(Waiting { delivery, deadline, answer }).map_err(|_| QueueError::Busy)?;
        // No timer of its own: the gatherer keeps to the deadlines. If it drops the answer it gave up, or went away with
        // its runtime: nothing is known of the delivery.
        answered.await.unwrap_or(Err(QueueError::TimedOut))
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

/// Everybody is answered in time: who comes later has a later deadline, and no call outlives the last deadline of its own.
async fn gather(queue: Queue, mut receiver: mpsc::Receiver<Waiting>, batch: usize) {
    let sizes = metrics::histogram!("deelsync_queue_accept_batch_size");
    let mut calls = JoinSet::new();
    let mut open = true;
    while open {
        let mut waiting = Vec::with_capacity(batch.min(64));
        open = receiver.recv_many(&mut waiting, batch).await > 0;
        while open && !calls.is_empty() && (waiting.len() < WORTH_A_CALL.min(batch) || calls.len() >= CALLS) {
            let room = batch - waiting.len();
            tokio::select! {
                _ = calls.join_next() => {}
                more = receiver.recv_many(&mut waiting, room), if room > 0 => open = more > 0,
            }
        }
        // Whose caller has given up is not stored now: it was answered 503, and comes again.
        let now = Instant::now();
        waiting.retain(|w| !w.answer.is_closed() && w.deadline > now);
        if !waiting.is_empty() {
            sizes.record(waiting.len() as f64);
            let command = queue.accept_command(waiting.iter().map(|w| &w.delivery));
            let answers = waiting.into_iter().map(|w| (w.deadline, w.answer)).collect();
            calls.spawn(store(queue.clone(), command, answers));
        }
    }
    while calls.join_next().await.is_some() {}
}

async fn attempt(queue: &Queue, command: &Cmd, pause: Duration) -> Result<Vec<u8>, QueueError> {
    if !pause.is_zero() {
        tokio::time::sleep(pause).await;
    }
    queue.accept_with(command).await
}

type Answer = oneshot::Sender<Result<Accepted, QueueError>>;

/// Tried again for as long as somebody waits: the first call after a restart of Redis meets a connection that is dead, and
/// a 503 would cost the minute until Deel comes again. What was stored without an answer is a duplicate then.
async fn store(queue: Queue, command: Cmd, mut answers: VecDeque<(Instant, Answer)>) {
    let (mut late, mut pause, mut last) = (0, Duration::ZERO, None::<QueueError>);
    let mut call = pin!(attempt(&queue, &command, pause));
    let result = loop {
        let Some(&(deadline, _)) = answers.front() else { return };
        tokio::select! {
            biased;
            result = &mut call => match result {
                Err(error) if error.is_temporary() => {
                    last = Some(error);
                    pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
                    call.set(attempt(&queue, &command, pause));
                }
                result => break result,
            },
            () = tokio::time::sleep_until(deadline) => {
                // Its caller has waited long enough.
                if let (Some((_, answer)), Some(error)) = (answers.pop_front(), &last) {
                    let _ = answer.send(Err(error.repeat()));
                }
                late += 1;
            }
        }
    };
    match result {
        Ok(letters) => {
            // A short answer drops the rest: none is answered as stored that is not.
            for ((_, answer), letter) in answers.into_iter().zip(letters.into_iter().skip(late)) {
                let _ = answer.send(read(letter));
            }
        }
        Err(error) => {
            for (_, answer) in answers {
                let _ = answer.send(Err(error.repeat()));
            }
        }
    }
}
