//! Looking at jobs, and acting on them by hand.

use std::collections::HashMap;

use crate::{breaker::Breaker, control::Pause, error::QueueError, key::Line, queue::Queue, scripts};

/// Where a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobState {
    /// In a line.
    Waiting,
    /// Comes at its time.
    Delayed,
    /// With a worker.
    Leased,
    /// Given up, kept with its reason.
    Dead,
}

impl JobState {
    /// `waiting`, `delayed`, `leased`, `dead`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delayed => "delayed",
            Self::Leased => "leased",
            Self::Dead => "dead",
        }
    }
}

/// What is known of one job. Times in milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Job {
    /// The key as it is in Redis; not necessarily a valid one if somebody wrote it by hand.
    pub key: String,
    /// Where it is.
    pub state: JobState,
    /// Its line.
    pub line: Line,
    /// What asked for it.
    pub trigger: String,
    /// The earliest acceptance that this run serves.
    pub accepted_at_ms: Option<u64>,
    /// Attempts so far, the running one included.
    pub attempts: u32,
    /// Which look it is.
    pub look: Option<u8>,
    /// Leased: by which worker.
    pub worker: Option<String>,
    /// Waiting: since when; delayed: due when; leased: until when unless renewed; dead: since when.
    pub at_ms: u64,
    /// Runs again after the present run.
    pub again: bool,
    /// A run arranged for a later time.
    pub scheduled_ms: Option<u64>,
    /// The last error.
    pub error: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Page<T> {
    /// How many there are in all.
    pub total: u64,
    /// Those of this page.
    pub items: Vec<T>,
}

/// The state of the queue.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Status {
    /// Waiting keys per line: urgent, events, bulk.
    pub waiting: [u64; 3],
    /// Age of the oldest waiting key since its acceptance, in ms, over all lines; `None` if none waits.
    pub oldest_waiting_ms: Option<u64>,
    /// Keys with a time to come.
    pub delayed: u64,
    /// Of these, how many are overdue (nobody fetches them: no worker, or paused).
    pub overdue: u64,
    /// Keys with a worker.
    pub leased: u64,
    /// Dead keys.
    pub dead: u64,
    /// Open holds.
    pub holds: u64,
    /// Whether writes are paused.
    pub paused: Option<Pause>,
    /// Vendors that are away.
    pub breakers: Vec<Breaker>,
    /// Redis's clock.
    pub now_ms: u64,
}

type Fields = HashMap<String, Vec<u8>>;
type RawJob = (Vec<u8>, f64, Fields);
type RawStatus = (u64, u64, u64, i64, u64, u64, u64, u64, u64, Option<String>, u64);

impl JobState {
    fn read(text: &str) -> Self {
        match text {
            "waiting" => Self::Waiting,
            "leased" => Self::Leased,
            "dead" => Self::Dead,
            _ => Self::Delayed,
        }
    }
}

impl Job {
    /// Of whatever is there: an operator who looks at a damaged queue has to see the damage, not an error.
    fn read(key: &[u8], state: JobState, score: f64, mut fields: Fields) -> Self {
        let mut text =
            |name: &str| fields.remove(name).map(|value| String::from_utf8_lossy(&value).into_owned());
        let line = Line::read(text("line").or_else(|| text("sched_line")).as_deref());
        Self {
            key: String::from_utf8_lossy(key).into_owned(),
            state,
            line,
            trigger: text("trigger").or_else(|| text("sched_trigger")).unwrap_or_default(),
            accepted_at_ms: text("accepted").and_then(|v| v.parse().ok()),
            attempts: text("attempts").and_then(|v| v.parse().ok()).unwrap_or(0),
            look: text("look").or_else(|| text("sched_look")).and_then(|v| v.parse().ok()),
            worker: text("worker"),
            at_ms: score as u64,
            again: text("again").is_some(),
            scheduled_ms: text("sched").or_else(|| text("kept")).and_then(|v| v.parse().ok()),
            error: text("error"),
        }
    }
}

impl Queue {
    /// Depths and ages, in two calls of constant cost.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn status(&self) -> Result<Status, QueueError> {
        let answer: RawStatus = self.run(&scripts::STATUS, |_| {}).await?;
        let (urgent, events, bulk, oldest, delayed, overdue, leased, dead, holds, paused, now_ms) = answer;
        Ok(Status {
            waiting: [urgent, events, bulk],
            oldest_waiting_ms: u64::try_from(oldest).ok(),
            delayed,
            overdue,
            leased,
            dead,
            holds,
            paused: paused.as_deref().map(Pause::read),
            breakers: self.breakers().await?,
            now_ms,
        })
    }

    /// A page of the jobs in one state: waiting (most urgent line first, the oldest first), delayed and leased (the
    /// next due first), dead (the latest first). At most 1,000 at once.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn list(&self, state: JobState, offset: usize, limit: usize) -> Result<Page<Job>, QueueError> {
        let (total, jobs): (u64, Vec<RawJob>) = self
            .run(&scripts::LIST, |s| {
                s.arg(state.as_str()).arg(offset).arg(limit.clamp(1, 1000));
            })
            .await?;
        let items =
            jobs.into_iter().map(|(key, score, fields)| Job::read(&key, state, score, fields)).collect();
        Ok(Page { total, items })
    }

    /// One job, by its key as `list` shows it.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn show(&self, key: &str) -> Result<Option<Job>, QueueError> {
        let found: Option<(String, f64, Fields)> = self
            .run(&scripts::SHOW, |s| {
                s.arg(key);
            })
            .await?;
        Ok(found
            .map(|(state, score, fields)| Job::read(key.as_bytes(), JobState::read(&state), score, fields)))
    }

    /// Runs a dead or delayed job now, with its attempts counted anew. `false` if it is neither.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn retry(&self, key: &str) -> Result<bool, QueueError> {
        self.run(&scripts::RETRY, |s| {
            s.arg(key);
        })
        .await
    }

    /// Forgets a dead, delayed or waiting job. `false` if it is none of these; one that is being run is left alone.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn discard(&self, key: &str) -> Result<bool, QueueError> {
        self.run(&scripts::DISCARD, |s| {
            s.arg(key);
        })
        .await
    }
}
