//! A vendor that is away: the work waits in its lines instead of being tried in vain, and one job at a time tries it.
//!
//! By failures in a row, over all processes, of at least [`JOBS`] different jobs; one job at which a vendor stumbles
//! closes the door for nobody. While it is closed, a claim gives nothing but, after each cool-down, one job (the most
//! urgent that has not tried lately), and operators' orders to suspend, which do without Deel. Any answer of the
//! vendor's own, an error too, to whomever, opens it again and wakes all workers.

use std::{sync::atomic::Ordering, time::Duration};

use crate::{
    budget::{Budget, Vendor},
    control::ms,
    error::QueueError,
    lease::Lease,
    queue::Queue,
    scripts,
};

/// How many different jobs have to fail in a row.
const JOBS: u32 = 3;
/// The first cool-down; doubled up to [`crate::Config::probe_every`].
const FIRST: Duration = Duration::from_secs(1);
/// The longest words that are kept, in characters.
const MAX_WORDS: usize = 300;

/// Why a vendor is taken to be away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// It does not answer, answers 5xx, or something else answers in its place.
    Unavailable,
    /// It refuses us altogether (401, 403): somebody has to mend a credential, a scope or a setting.
    Denied,
}

impl Reason {
    /// `unavailable` or `denied`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
        }
    }
}

/// A request that got no answer of the vendor's own.
#[derive(Debug, Clone, Copy)]
pub struct Away<'a> {
    /// Why.
    pub reason: Reason,
    /// What it asked for (`Retry-After`); nobody tries earlier, up to an hour.
    pub after: Option<Duration>,
    /// The job that asked; without one (a command that looks somebody up) it proves nothing about the others.
    pub job: Option<&'a str>,
    /// For people; ids only. Cut to 300 characters.
    pub words: &'a str,
}

/// A vendor that is away.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Breaker {
    /// Which.
    pub vendor: Vendor,
    /// Why.
    pub reason: Reason,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// When it is tried next, in milliseconds since 1970, if a job waits by then.
    pub next_try_ms: u64,
    /// A job is trying it now.
    pub trying: bool,
    /// How often it was tried in vain.
    pub tries: u64,
    /// The last failure, in words.
    pub words: String,
}

impl Budget {
    /// The vendor answered, if only with an error: it is not away. Costs nothing unless some process had no answer
    /// lately.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn answered(&self) -> Result<(), QueueError> {
        if !self.troubled.load(Ordering::Relaxed) {
            return Ok(());
        }
        let nothing = Away { reason: Reason::Unavailable, after: None, job: None, words: "" };
        self.note("ok", &nothing).await?;
        self.troubled.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// The vendor did not answer, or refuses us altogether. To be called before the job's verdict.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn away(&self, away: &Away<'_>) -> Result<(), QueueError> {
        self.troubled.store(true, Ordering::Relaxed);
        self.note(away.reason.as_str(), away).await
    }

    async fn note(&self, how: &str, away: &Away<'_>) -> Result<(), QueueError> {
        let words: String = away.words.chars().take(MAX_WORDS).collect();
        let longest = self.queue.config().probe_every;
        let after = away.after.map_or(-1, |after| i64::try_from(ms(after)).unwrap_or(i64::MAX));
        let (change, since, tries): (String, u64, u64) = self
            .queue
            .run(&scripts::BREAKER_NOTE, |s| {
                s.arg(self.vendor.as_str()).arg(how).arg(away.job.unwrap_or_default()).arg(&words);
                s.arg(after)
                    .arg(rand::random::<f64>())
                    .arg(ms(FIRST.min(longest)))
                    .arg(ms(longest))
                    .arg(JOBS);
            })
            .await?;
        let vendor = self.vendor.as_str();
        match change.as_str() {
            "opened" => {
                metrics::counter!("deelsync_breaker_opened_total", "vendor" => vendor).increment(1);
                match away.reason {
                    Reason::Unavailable => tracing::error!(
                        vendor,
                        error = words,
                        "the vendor is away; work waits in line until it answers"
                    ),
                    Reason::Denied => tracing::error!(
                        vendor,
                        error = words,
                        "the vendor refuses us altogether; work waits in line until that is mended"
                    ),
                }
            }
            "closed" => {
                let now = self.queue.now_ms().await.unwrap_or(since);
                tracing::warn!(
                    vendor,
                    away_ms = now.saturating_sub(since),
                    tries,
                    "the vendor answers again; work goes on"
                );
            }
            _ => {}
        }
        Ok(())
    }
}

impl Queue {
    /// The vendors that are away; none is the rule.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn breakers(&self) -> Result<Vec<Breaker>, QueueError> {
        type Row = (String, String, u64, u64, bool, u64, String);
        let rows: Vec<Row> = self.run(&scripts::BREAKER_READ, |_| {}).await?;
        let of = |(vendor, reason, since_ms, next_try_ms, trying, tries, words): Row| Breaker {
            vendor: if vendor == "deel" { Vendor::Deel } else { Vendor::JumpCloud },
            reason: if reason == "denied" { Reason::Denied } else { Reason::Unavailable },
            since_ms,
            next_try_ms,
            trying,
            tries,
            words,
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// Whether that vendor is away.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn breaker(&self, vendor: Vendor) -> Result<Option<Breaker>, QueueError> {
        Ok(self.breakers().await?.into_iter().find(|breaker| breaker.vendor == vendor))
    }

    /// For a long run that met a vendor that is away, and has other people or pages to go: how long it has to wait before
    /// it asks again. `None`: now, perhaps as the one job that tries.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn may_ask(&self, vendor: Vendor, lease: &Lease) -> Result<Option<Duration>, QueueError> {
        let wait: u64 = self
            .run(&scripts::BREAKER_ASK, |s| {
                s.arg(vendor.as_str()).arg(lease.key.to_string()).arg(lease.fence);
            })
            .await?;
        Ok((wait > 0).then(|| Duration::from_millis(wait)))
    }

    /// Whoever was let through with this fence has ended.
    pub(crate) async fn breaker_settle(&self, fence: u64) -> Result<(), QueueError> {
        self.run(&scripts::BREAKER_SETTLE, |s| {
            s.arg(fence);
        })
        .await
    }
}
