//! Who has to go when there are too many.
//!
//! A stranger can open connections faster than any deadline ends them. Were new ones kept waiting at the limit, a thousand
//! silent connections would keep Deel out. So the newest always gets in, and the oldest goes that never brought a signed
//! webhook: those that did are kept, since nobody without a key can become one of them.
//!
//! Everything here is of one thread: actix serves a connection on the thread that accepted it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use crate::connection::Connection;
use crate::seldom::Seldom;

thread_local! {
    /// By age; some may be gone.
    static CROWD: RefCell<VecDeque<Weak<Connection>>> = const { RefCell::new(VecDeque::new()) };
    static ALIVE: Cell<usize> = const { Cell::new(0) };
}

static CROWDED: Seldom = Seldom::new();

/// Adds a connection, and ends another if they are more than `most` by then.
pub(crate) fn enter(connection: &Rc<Connection>, most: usize) {
    let alive = ALIVE.get() + 1;
    ALIVE.set(alive);
    CROWD.with_borrow_mut(|crowd| {
        crowd.push_back(Rc::downgrade(connection));
        if alive > most {
            if let Some(held_back) = CROWDED.now(Instant::now()) {
                tracing::warn!(
                    connections.limit = most,
                    also = held_back,
                    "too many connections: the oldest ends that never brought a signed webhook"
                );
            }
            end_oldest(crowd);
        }
        if crowd.len() > most * 2 {
            crowd.retain(|member| member.strong_count() > 0);
        }
    });
}

/// To be called once for each that entered, when it ends.
pub(crate) fn leave() {
    // The thread may be at its end.
    let _ = ALIVE.try_with(|alive| alive.set(alive.get().saturating_sub(1)));
}

/// Ends the oldest that is not proven; the oldest of all if each is.
fn end_oldest(crowd: &mut VecDeque<Weak<Connection>>) {
    for _ in 0..crowd.len() {
        let Some(member) = crowd.pop_front() else { return };
        let Some(connection) = member.upgrade().filter(|connection| !connection.is_ended()) else { continue };
        if !connection.is_proven() {
            connection.end();
            return;
        }
        crowd.push_back(member);
    }
    if let Some(connection) = crowd.pop_front().and_then(|member| member.upgrade()) {
        connection.end();
    }
}

/// Ends the connection whose request has been arriving the longest, if that is longer than `slow`. Returns whether there
/// was one.
pub(crate) fn end_slowest(slow: Duration) -> bool {
    CROWD.with_borrow(|crowd| {
        let arriving = crowd.iter().filter_map(Weak::upgrade);
        let slowest = arriving
            .filter_map(|connection| Some((connection.arriving_for()?, connection)))
            .max_by_key(|(taken, _)| *taken);
        match slowest {
            Some((taken, connection)) if taken > slow => {
                connection.end();
                true
            }
            _ => false,
        }
    })
}
