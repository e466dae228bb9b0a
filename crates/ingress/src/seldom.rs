//! Log lines that a stranger can cause at will are written seldom.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Lets one line through per `EVERY` and counts the others.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    held_back: u64,
}

const EVERY: Duration = Duration::from_secs(10);

impl Seldom {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(State { last: None, held_back: 0 }))
    }

    /// `Some(n)` if the line is to be written now, `n` of its kind having been held back before it.
    pub(crate) fn now(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().ok()?;
        if state.last.is_some_and(|last| now.saturating_duration_since(last) < EVERY) {
            state.held_back += 1;
            return None;
        }
        state.last = Some(now);
        Some(std::mem::take(&mut state.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_at_a_time() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.now(start), Some(0));
        assert_eq!(seldom.now(start), None);
        assert_eq!(seldom.now(start + EVERY / 2), None);
        assert_eq!(seldom.now(start + EVERY), Some(2));
        assert_eq!(seldom.now(start + EVERY * 2), Some(0));
    }
}
