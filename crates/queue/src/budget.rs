//! A vendor's request rate, shared by all processes through Redis.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{Cmd, Script};

use crate::{control::ms, error::QueueError, health::Health, key::Line, lease::Lease, queue::Queue, scripts};

/// How long an acquisition waits for a Redis that is away.
const PATIENCE: Duration = Duration::from_secs(30);

/// A grant that took longer to come is not used: the request would leave later than the budget counts it, by as long as, for
/// instance, Redis needed to sync its file after it had granted. Windows are a tenth of a second longer than a second.
const LATE: Duration = Duration::from_millis(50);
/// Where every answer takes longer, all requests are equally late, and that is in order.
const MOST_LATE: u32 = 2;

/// Whose rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Vendor {
    /// Deel: 5 requests a second and organization (Deel API, rate limits).
    Deel,
    /// JumpCloud publishes no number; its rate is lowered by itself when it answers 429, and raised again.
    JumpCloud,
}

impl Vendor {
    /// `deel` or `jumpcloud`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deel => "deel",
            Self::JumpCloud => "jumpcloud",
        }
    }

    /// As people spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deel => "Deel",
            Self::JumpCloud => "JumpCloud",
        }
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The right to send requests to a vendor. Cheap to clone.
#[derive(Clone)]
pub struct Budget {
    pub(crate) queue: Queue,
    pub(crate) vendor: Vendor,
    /// Requests per second; 0 is off.
    limit: f64,
    /// Where its requests stand in their line, in microseconds since 1970 by Redis's clock; 0 is at their end.
    since: u64,
    /// Whether this process saw a 429 since the last call of [`Budget::ok`] that had one to forget.
    limited: Arc<AtomicBool>,
    /// Whether some process had no answer of the vendor lately, as far as this one has heard.
    pub(crate) troubled: Arc<AtomicBool>,
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("vendor", &self.vendor)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// What a budget is doing.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct BudgetState {
    /// The configured limit in requests per second; `None`: off.
    pub limit_per_second: Option<f64>,
    /// What is allowed at the moment, lower than the limit after a 429 of JumpCloud.
    pub effective_per_second: Option<f64>,
    /// Nobody may ask for so long.
    pub blocked_for: Option<Duration>,
    /// Requests granted in the last 1.1 s.
    pub granted: u64,
    /// How many wait, per line (urgent, events, bulk).
    pub waiting: [u64; 3],
}

impl Queue {
    /// A vendor's budget. `limit_per_second` may be a fraction (`0.5`: one request in two seconds); `None`, zero or
    /// less, or not a number is off: no limit, but a `Retry-After` still holds for everybody.
    #[must_use]
    pub fn budget(&self, vendor: Vendor, limit_per_second: Option<f64>) -> Budget {
        let limit = limit_per_second.filter(|limit| limit.is_finite() && *limit > 0.0).unwrap_or(0.0);
        Budget {
            queue: self.clone(),
            vendor,
            limit,
            since: 0,
            limited: Arc::default(),
            troubled: Arc::default(),
        }
    }
}

impl Budget {
    async fn run<T: redis::FromRedisValue>(
        &self,
        script: &Script,
        fill: impl FnOnce(&mut Cmd),
    ) -> Result<T, QueueError> {
        let adapts = u8::from(self.vendor == Vendor::JumpCloud);
        self.queue
            .run(script, |s| {
                s.arg(self.vendor.as_str()).arg(self.limit).arg(adapts);
                fill(s);
            })
            .await
    }

    /// The configured limit in requests per second; `None`: off.
    #[must_use]
    pub fn limit_per_second(&self) -> Option<f64> {
        (self.limit > 0.0).then_some(self.limit)
    }

    /// The same budget for the requests of one run: each of them stands in its line where the first would, so that who began
    /// earlier ends earlier. Otherwise many runs that share a low rate take turns until what each of them has read is old.
    #[must_use]
    pub fn of_run(&self, lease: &Lease) -> Self {
        // Fences are at least the microseconds at which they were given.
        Self { since: lease.fence, ..self.clone() }
    }

    /// Waits for the right to send one request now. Over all processes no second sees more than the limit; a waiting urgent
    /// request gets the next slot, an ordinary one the one after, bulk what nobody else waits for, half a window at once and
    /// the rest evenly; within a line, whose run began first, or who came first. Redis errors that pass are waited out, up to
    /// 30 s. Dropping the future gives up the place.
    ///
    /// # Errors
    /// [`QueueError::Unavailable`] if Redis stays away; [`QueueError::Refused`]. Then the request must not be sent.
    pub async fn acquire(&self, class: Line) -> Result<(), QueueError> {
        let mut place =
            Place { budget: self, class, id: format!("{:016x}", rand::random::<u64>()), taken: false };
        let (mut health, started) = (Health::new("budget"), Instant::now());
        let mut late = 0;
        loop {
            let sent = Instant::now();
            let asked: Result<(bool, u64, bool), _> = self
                .run(&scripts::BUDGET_ACQUIRE, |s| {
                    s.arg(class.as_str()).arg(&place.id).arg(self.since);
                })
                .await;
            match asked {
                Ok((true, ..)) if sent.elapsed() > LATE && late < MOST_LATE && self.limit > 0.0 => {
                    late += 1;
                    place.taken = false;
                }
                Ok((true, _, troubled)) => {
                    place.taken = false;
                    if troubled {
                        self.troubled.store(true, Ordering::Relaxed);
                    }
                    return Ok(());
                }
                Ok((false, wait, _)) => {
                    health.good();
                    place.taken = true;
                    // The hint is exact where nobody gives up; a little jitter keeps processes from asking in step.
                    let jitter = rand::random::<f64>() * 2.0;
                    tokio::time::sleep(
                        Duration::from_millis(wait) + Duration::from_secs_f64(jitter / 1000.0),
                    )
                    .await;
                }
                Err(error) if error.is_temporary() && started.elapsed() < PATIENCE => {
                    tokio::time::sleep(health.bad(&error)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The vendor answered 429: nobody asks it until `retry_after` has passed (without one: 1 s, doubled by each
    /// further 429 within a minute, at most 30 s; longer than an hour counts as an hour). JumpCloud's effective limit is
    /// halved (not below 1/s), at most once in five seconds, and raised by a tenth of the limit for each ten quiet seconds.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn limited(&self, retry_after: Option<Duration>) -> Result<(), QueueError> {
        metrics::counter!("deelsync_budget_limited_total", "vendor" => self.vendor.as_str()).increment(1);
        let after = retry_after.map_or(-1, |after| i64::try_from(ms(after)).unwrap_or(i64::MAX));
        self.run::<()>(&scripts::BUDGET_LIMITED, |s| {
            s.arg(after);
        })
        .await?;
        self.limited.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The vendor answered without limiting: the next 429 without `Retry-After` starts at 1 s again. Costs nothing
    /// unless this process saw a 429 before.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn ok(&self) -> Result<(), QueueError> {
        if !self.limited.swap(false, Ordering::Relaxed) {
            return Ok(());
        }
        let key = self.queue.key(&format!("budget:{}:state", self.vendor.as_str()));
        self.queue.command::<()>(redis::cmd("HDEL").arg(key).arg("strikes")).await
    }

    /// What the budget is doing, for `check`, metrics and people.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn state(&self) -> Result<BudgetState, QueueError> {
        let (effective, blocked, granted, urgent, events, bulk): (String, u64, u64, u64, u64, u64) =
            self.run(&scripts::BUDGET_STATE, |_| {}).await?;
        let on = self.limit > 0.0;
        Ok(BudgetState {
            limit_per_second: on.then_some(self.limit),
            effective_per_second: on.then(|| effective.parse().unwrap_or(self.limit)),
            blocked_for: (blocked > 0).then(|| Duration::from_millis(blocked)),
            granted,
            waiting: [urgent, events, bulk],
        })
    }
}

/// A place in a waiting line, given up when the future that waits is dropped. A process that dies cannot do that; its
/// places expire.
struct Place<'a> {
    budget: &'a Budget,
    class: Line,
    id: String,
    taken: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.taken {
            return;
        }
        let (budget, class, id) = (self.budget.clone(), self.class, std::mem::take(&mut self.id));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let cancelled = budget.run::<()>(&scripts::BUDGET_CANCEL, |s| {
                    s.arg(class.as_str()).arg(&id);
                });
                let _ = cancelled.await;
            });
        }
    }
}
