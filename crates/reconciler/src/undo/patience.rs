//! Waiting for a vendor that limits requests or does not answer, as everything else does.

use crate::stop::Stop;
use std::time::{Duration, Instant};

/// The first wait, doubled for each further one.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// For how long a vendor is still waited for, since it last answered.
pub(super) struct Patience {
    most: Duration,
    since: Option<Instant>,
    wait: Duration,
}

impl Patience {
    pub(super) fn new(most: Duration) -> Self {
        Self { most, since: None, wait: FIRST_WAIT }
    }

    /// The vendor answers.
    pub(super) fn good(&mut self) {
        *self = Self::new(self.most);
    }

    /// Waits, if that may help without anybody's doing and there is patience left; else `false`, at once. Who asks next
    /// waits longer of their own where the vendor named a time: the rate budget sees to that.
    pub(super) async fn wait_out(&mut self, stop: Option<&Stop>) -> bool {
        let after = match stop {
            Some(Stop::Limited { after, .. } | Stop::Unavailable { after, .. }) => *after,
            _ => return false,
        };
        let since = *self.since.get_or_insert_with(Instant::now);
        let left = self.most.saturating_sub(since.elapsed());
        let wait = self.wait.max(after.unwrap_or_default().min(LONGEST_WAIT));
        if wait > left {
            return false;
        }
        tokio::time::sleep(wait).await;
        self.wait = (self.wait * 2).min(LONGEST_WAIT);
        true
    }
}
