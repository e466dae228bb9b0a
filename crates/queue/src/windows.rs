//! Rolling limits: how many of a kind within the last 24 hours, over all processes.

use crate::{error::QueueError, queue::Queue, scripts};

/// The length of a window.
const DAY_MS: u64 = 86_400_000;

/// What asking for a place in a window came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// As many as may be have one.
    Full,
    /// The member had one already, from an earlier change within 24 hours.
    Had,
    /// The member got one, which is to be given back if the change is not made.
    Taken(Taken),
}

/// A place that was taken, and nobody else came upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken(u64);

impl Queue {
    /// Takes one place in the window of `kind` for `member` (a person's id) if fewer than `max` are taken in the last
    /// 24 hours; checked and taken in one step, over all processes.
    ///
    /// # Errors
    /// As Redis says; then no change of this kind may be made.
    pub async fn window_take(&self, kind: &str, member: &str, max: u64) -> Result<Place, QueueError> {
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let answer: u64 = self
            .run(&scripts::WINDOW_RESERVE, |s| {
                s.arg(kind).arg(member).arg(max).arg("");
            })
            .await?;
        Ok(match answer {
            0 => Place::Full,
            1 => Place::Had,
            at => Place::Taken(Taken(at)),
        })
    }

    /// Whose places are taken in the last 24 hours.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn window_members(&self, kind: &str) -> Result<Vec<String>, QueueError> {
        let since = self.now_ms().await?.saturating_sub(DAY_MS);
        let mut command = redis::cmd("ZRANGEBYSCORE");
        command.arg(self.key(&format!("window:{kind}"))).arg(format!("({since}")).arg("+inf");
        self.command(&command).await
    }

    /// Whether the windows hold what is known from elsewhere. Redis is new, or has lost its data, until
    /// [`Queue::windows_restored`].
    ///
    /// # Errors
    /// As Redis says; then no change with a limit may be made.
    pub async fn windows_known(&self) -> Result<bool, QueueError> {
        self.command(redis::cmd("EXISTS").arg(self.key("windows"))).await
    }

    /// Remembers that the windows hold what is known from elsewhere.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn windows_restored(&self) -> Result<(), QueueError> {
        let now = self.now_ms().await?;
        self.command(redis::cmd("SET").arg(self.key("windows")).arg(now)).await
    }

    /// Forgets that: what was done lately may be missing in the windows. Their places stay taken, and are added to.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn windows_doubted(&self) -> Result<(), QueueError> {
        self.command(redis::cmd("DEL").arg(self.key("windows"))).await
    }

    /// Gives a place back, when the change was not made. `false`, and nothing is done, if it has gone or another run has
    /// come upon it meanwhile and may have made a change of its own.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn window_release(&self, kind: &str, member: &str, taken: Taken) -> Result<bool, QueueError> {
        self.run(&scripts::WINDOW_RELEASE, |s| {
            s.arg(kind).arg(member).arg(taken.0);
        })
        .await
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
