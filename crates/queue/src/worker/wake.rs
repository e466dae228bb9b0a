//! Sleeping on Redis: one blocking reader per line, each on its own connection.
//!
//! A reader is armed when the pump has nothing to do and room for that line, takes one token, tells the pump, and
//! rests until it is armed again. So a worker without room takes no token that another could use, and a token that it
//! took nevertheless is put back by the claim that follows.

use std::{sync::Arc, time::Duration};

use redis::aio::ConnectionLike;
use tokio::sync::{Notify, watch};

use crate::{
    conn::{self, Conn},
    error::QueueError,
    health::Health,
    key::Line,
    queue::Queue,
    worker::AbortOnDrop,
};

/// One blocking read; afterwards it is simply asked again. Also how long a dead connection may go unnoticed.
const BLOCK: Duration = Duration::from_secs(20);

/// The three readers of a worker. They end when this is dropped.
pub(super) struct Wakers {
    armed: [watch::Sender<bool>; 3],
    woken: Arc<Notify>,
    _tasks: [AbortOnDrop<()>; 3],
}

impl Wakers {
    pub(super) fn start(queue: &Queue) -> Self {
        let woken = Arc::new(Notify::new());
        let armed = Line::ALL.map(|_| watch::Sender::new(false));
        let tasks = Line::ALL.map(|line| {
            let task = read(queue.clone(), line, armed[line.index()].clone(), woken.clone());
            AbortOnDrop(tokio::spawn(task))
        });
        Self { armed, woken, _tasks: tasks }
    }

    /// From now on, work in this line wakes.
    pub(super) fn arm(&self, line: Line) {
        self.armed[line.index()].send_if_modified(|armed| !std::mem::replace(armed, true));
    }

    /// Completes when a token was taken since the last call.
    pub(super) async fn woken(&self) {
        self.woken.notified().await;
    }
}

async fn read(queue: Queue, line: Line, armed: watch::Sender<bool>, woken: Arc<Notify>) {
    let mut health = Health::new("wake");
    let list = queue.key(&format!("wake:{line}"));
    let mut connection = None;
    let mut changes = armed.subscribe();
    loop {
        if changes.wait_for(|armed| *armed).await.is_err() {
            return;
        }
        match take(&queue, &mut connection, &list).await {
            Ok(taken) => {
                health.good();
                if taken {
                    armed.send_replace(false);
                    woken.notify_one();
                }
            }
            Err(error) => {
                connection = None;
                // What came meanwhile may have been told to the dead connection.
                woken.notify_one();
                tokio::time::sleep(health.bad(&error)).await;
            }
        }
    }
}

async fn take(queue: &Queue, connection: &mut Option<Conn>, list: &str) -> Result<bool, QueueError> {
    let conn = match connection {
        Some(conn) => conn,
        None => connection.insert(conn::blocking(queue.config(), BLOCK).await?),
    };
    let mut command = redis::cmd("BLPOP");
    command.arg(list).arg(BLOCK.as_secs());
    let answer = conn.req_packed_command(&command).await?;
    Ok(!matches!(answer.extract_error()?, redis::Value::Nil))
}
