//! How much room there is, and for whom.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::key::Line;

/// Counts running keys per line. Some places are kept free of events, twice as many of bulk work: an urgent key must not
/// wait until a vendor has answered for somebody else's.
pub(super) struct Slots {
    all: usize,
    running: Mutex<[usize; 3]>,
    freed: Notify,
}

/// How many keys may be claimed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) all: usize,
    /// Per line; events and bulk together not more than events.
    pub(super) lines: [usize; 3],
}

impl Slots {
    pub(super) fn new(all: usize) -> Self {
        Self { all, running: Mutex::default(), freed: Notify::new() }
    }

    pub(super) fn room(&self) -> Room {
        let running = *self.running.lock().unwrap_or_else(PoisonError::into_inner);
        room(self.all, running)
    }

    /// Whether so much is free that claiming pays.
    pub(super) fn roomy(&self) -> bool {
        self.room().all * 2 >= self.all
    }

    pub(super) fn take(&self, line: Line) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)[line.index()] += 1;
    }

    pub(super) fn free(&self, line: Line) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running[line.index()] = running[line.index()].saturating_sub(1);
        drop(running);
        self.freed.notify_one();
    }

    /// Completes when a place was freed since the last call.
    pub(super) async fn freed(&self) {
        self.freed.notified().await;
    }
}

fn room(all: usize, [urgent, events, bulk]: [usize; 3]) -> Room {
    let reserved = if all < 2 { 0 } else { (all / 8).max(1) };
    let left = all.saturating_sub(urgent + events + bulk);
    let events_left = left.min((all - reserved).saturating_sub(events + bulk));
    let bulk_most = all.saturating_sub(2 * reserved).max(1);
    Room { all: left, lines: [left, events_left, events_left.min(bulk_most.saturating_sub(bulk))] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgent_keys_find_a_place_that_crowds_cannot_take() {
        for all in 1..200 {
            let mut running = [0, 0, 0];
            running[2] = room(all, running).lines[2];
            running[1] = room(all, running).lines[1];
            assert!(running[1] + running[2] <= all);
            assert!(running[2] >= 1, "bulk work is possible");
            if all > 1 {
                assert!(room(all, running).lines[0] >= 1, "{all}: nothing left for the urgent");
            }
            running[0] = room(all, running).lines[0];
            assert_eq!(running.iter().sum::<usize>(), all);
            assert_eq!(room(all, running), Room { all: 0, lines: [0; 3] });
        }
    }
}
