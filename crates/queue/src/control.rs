//! What holds for all processes: pause, epoch, ticks, the clock.

use std::time::Duration;

use crate::{
    error::QueueError,
    job::{Add, Added, When},
    key::Trigger,
    queue::Queue,
    scripts,
};

/// All writes are paused.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pause {
    /// Who paused (an operator's name for themselves, or a program's).
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when, in milliseconds since 1970.
    pub at_ms: u64,
}

/// The identity of the data in Redis; another one (or a new one) means that Redis has lost its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Opaque, 32 hex digits; the same until the data are lost.
    pub id: String,
    /// Whether this call created it: there was none, so Redis is new or has lost its data.
    pub created: bool,
    /// The server's own replication id and the one it took over from another master (`INFO replication`), 40 hex digits
    /// each; `None` if it does not tell. A restart gives a new id that continues none.
    pub replication: Option<(String, String)>,
    /// Whether writes were paused in these data when they were looked at.
    pub paused: Option<Pause>,
}

impl Epoch {
    /// Whether the data were lost since `remembered` was read.
    #[must_use]
    pub fn lost_since(&self, remembered: Option<&str>) -> bool {
        remembered.is_some_and(|id| id != self.id)
    }

    /// Whether a replica has taken over since `earlier` was the server's own replication id. Replication is asynchronous:
    /// what the former master accepted in its last moments may be lost.
    #[must_use]
    pub fn failed_over_since(&self, earlier: Option<&str>) -> bool {
        match (earlier, &self.replication) {
            (Some(earlier), Some((id, continued))) => {
                id != earlier && continued.bytes().any(|digit| digit != b'0')
            }
            _ => false,
        }
    }
}

impl Pause {
    /// Whatever is in the key pauses, also what an operator has put there with `redis-cli`.
    pub(crate) fn read(stored: &str) -> Self {
        serde_json::from_str(stored).unwrap_or_else(|_| Self {
            by: "unknown".to_owned(),
            reason: stored.chars().take(200).collect(),
            at_ms: 0,
        })
    }
}

/// Scripts take a missing look as an empty argument.
pub(crate) fn look_arg(look: Option<u8>) -> String {
    look.map_or_else(String::new, |look| look.to_string())
}

/// Whole milliseconds; the longest that Lua's numbers hold exactly is far beyond any sensible duration.
pub(crate) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).min(1 << 50)
}

impl When {
    /// As the scripts take it.
    pub(crate) fn parts(self) -> (&'static str, u64) {
        match self {
            Self::After(duration) => ("after", ms(duration)),
            Self::At(at) => ("at", at.min(1 << 50)),
        }
    }
}

impl Queue {
    /// Adds a key, as an event would.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn add(&self, add: &Add) -> Result<Added, QueueError> {
        let word: String = self
            .run(&scripts::ADD, |s| {
                s.arg(add.key.to_string())
                    .arg(add.line.as_str())
                    .arg(add.trigger.as_str())
                    .arg(look_arg(add.look));
            })
            .await?;
        match word.as_str() {
            "stored" => Ok(Added::Stored),
            "coalesced" => Ok(Added::Coalesced),
            "rerun" => Ok(Added::Rerun),
            _ => Err(QueueError::Data("an unknown answer to add")),
        }
    }

    /// Arranges a run at a time. If one is arranged already, the earlier holds; a key that waits keeps waiting, and
    /// the arranged time stays with it through retries and death, until it has come or a run that was claimed after
    /// the arrangement ends with another one or none. A time with a look ([`Add::look`]) stays
    /// unless that run asks for a look of its own.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn delay(&self, add: &Add, when: When) -> Result<(), QueueError> {
        self.put_many([(add, Some(when))]).await
    }

    /// Asks for a reconcile because somebody is unknown: at once if none was asked for within
    /// [`crate::Config::reconcile_every`], else when that time is over. `true` if this call arranged it.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn request_reconcile(&self, trigger: &Trigger) -> Result<bool, QueueError> {
        let every = ms(self.config().reconcile_every);
        self.run(&scripts::RECONCILE, |s| {
            s.arg(trigger.as_str()).arg(every);
        })
        .await
    }

    /// A scheduled run that was due at `due_ms`: adds the key if this due time (or a later one) has not been served,
    /// by whatever replica, and says whether this call did. The first call ever for a name only records, since a program that
    /// never ran has missed nothing. Call it at start and when a due time comes, with the latest due time that has passed.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn tick(&self, name: &str, due_ms: u64, add: &Add) -> Result<bool, QueueError> {
        self.run(&scripts::TICK, |s| {
            s.arg(name).arg(due_ms).arg(add.key.to_string()).arg(add.line.as_str());
            s.arg(add.trigger.as_str()).arg(look_arg(add.look));
        })
        .await
    }

    /// Stops all writes of all processes: nothing is claimed, and [`crate::Lease::check`] refuses. Pausing again
    /// keeps the time, and replaces who and why only if a reason is given.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn pause(&self, by: &str, reason: &str) -> Result<Pause, QueueError> {
        let json = |text: &str| serde_json::Value::from(text).to_string();
        let stored: String = self
            .run(&scripts::PAUSE, |s| {
                s.arg(json(by)).arg(json(reason));
            })
            .await?;
        Ok(Pause::read(&stored))
    }

    /// Pauses as somebody did whose word was lost with Redis's data. `false` if writes are paused already.
    ///
    /// # Errors
    /// As Redis says; then writes may go on.
    pub async fn pause_again(&self, pause: &Pause) -> Result<bool, QueueError> {
        let json = serde_json::to_string(pause).map_err(|_| QueueError::Data("a pause that is no JSON"))?;
        let mut command = redis::cmd("SET");
        command.arg(self.key("paused")).arg(json).arg("NX");
        Ok(self.command::<Option<String>>(&command).await?.is_some())
    }

    /// Lets writes go on. `false` if they were not paused.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn resume(&self) -> Result<bool, QueueError> {
        self.run(&scripts::RESUME, |_| {}).await
    }

    /// Whether, by whom and why writes are paused.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn paused(&self) -> Result<Option<Pause>, QueueError> {
        let stored: Option<String> = self.command(redis::cmd("GET").arg(self.key("paused"))).await?;
        Ok(stored.as_deref().map(Pause::read))
    }

    /// Reads the epoch, creating it if there is none.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn epoch(&self) -> Result<Epoch, QueueError> {
        let fresh = format!("{:032x}", rand::random::<u128>());
        let (id, created, own, continued, paused): (String, bool, String, String, Option<String>) = self
            .run(&scripts::EPOCH, |s| {
                s.arg(fresh);
            })
            .await?;
        let replication = (!own.is_empty()).then_some((own, continued));
        Ok(Epoch { id, created, replication, paused: paused.as_deref().map(Pause::read) })
    }

    /// Redis's clock, in milliseconds since 1970.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn now_ms(&self) -> Result<u64, QueueError> {
        let (seconds, micros): (u64, u64) = self.command(&redis::cmd("TIME")).await?;
        Ok(seconds * 1000 + micros / 1000)
    }
}
