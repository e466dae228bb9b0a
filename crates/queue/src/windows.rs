//! Rolling limits: how many of a kind within the last 24 hours, over all processes.

use crate::{error::QueueError, queue::Queue};

impl Queue {
    /// Takes one place in the window of `kind` for `member` (a person's id) if fewer than `max` are taken in the last
    /// 24 hours; checked and taken in one step. A member that has a place already gets `true` and counts once.
    ///
    /// # Errors
    /// As Redis says; then no change of this kind may be made.
    pub async fn window_reserve(&self, kind: &str, member: &str, max: u64) -> Result<bool, QueueError> {
        let _ = (kind, member, max);
        todo!()
    }

    /// Gives a place back, when the change was not made. `false` if there was none.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn window_release(&self, kind: &str, member: &str) -> Result<bool, QueueError> {
        let _ = (kind, member);
        todo!()
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
        let _ = (kind, member, at_ms);
        todo!()
    }

    /// How many places are taken in the last 24 hours.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn window_used(&self, kind: &str) -> Result<u64, QueueError> {
        let _ = kind;
        todo!()
    }
}
