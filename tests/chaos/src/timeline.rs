use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::now_ms;

/// What happened when, in words; ids only.
#[derive(Debug, Clone)]
pub struct Timeline {
    start: i64,
    lines: Arc<Mutex<Vec<(i64, String)>>>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { start: now_ms(), lines: Arc::default() }
    }
}

impl Timeline {
    /// Notes something that happens now.
    pub fn note(&self, what: impl Into<String>) {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push((now_ms(), what.into()));
    }

    /// One line each, with seconds since the beginning.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let line =
            |(at, what): &(i64, String)| format!("{:>9.3}  {what}\n", (at - self.start) as f64 / 1000.0);
        lines.iter().map(line).collect()
    }

    /// When it began.
    #[must_use]
    pub fn start(&self) -> i64 {
        self.start
    }
}
