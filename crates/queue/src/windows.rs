//! Rolling limits: how many of a kind within the last 24 hours, over all processes.

use crate::{error::QueueError, queue::Queue, scripts};

impl Queue {
    /// Takes one place in the window of `kind` for `member` (a person's id) if fewer than `max` are taken in the last
    /// 24 hours; checked and taken in one step. A member that has a place already gets `true` and counts once.
    ///
    /// # Errors
    /// As Redis says; then no change of this kind may be made.
    pub async fn window_reserve(&self, kind: &str, member: &str, max: u64) -> Result<bool, QueueError> {
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        self.run(&scripts::WINDOW_RESERVE, |s| {
            s.arg(kind).arg(member).arg(max).arg("");
        })
        .await
    }

    /// Gives a place back, when the change was not made. `false` if there was none.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn window_release(&self, kind: &str, member: &str) -> Result<bool, QueueError> {
        self.command(redis::cmd("ZREM").arg(self.key(&format!("window:{kind}"))).arg(member)).await
    }

    /// Takes a place regardless of any limit (an approved change, an operator's order, a rebuild after a loss), as
    /// of `at_ms` (`None`: now). An earlier entry of the member is replaced if it is older.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn window_record(
        &self,
        kind: &str,
        member: &str,
        at_ms: Option<u64>,
    ) -> Result<(), QueueError> {
        let at = at_ms.map_or_else(String::new, |at| at.to_string());
        self.run::<()>(&scripts::WINDOW_RESERVE, |s| {
            s.arg(kind).arg(member).arg(-1).arg(at);
        })
        .await
    }

    /// How many places are taken in the last 24 hours.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn window_used(&self, kind: &str) -> Result<u64, QueueError> {
        self.run(&scripts::WINDOW_USED, |s| {
            s.arg(kind);
        })
        .await
    }
}
