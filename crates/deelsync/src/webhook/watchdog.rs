//! Looks after the subscription: every few minutes, one process for all. Deel gives it up after ten failed deliveries; then
//! it is enabled again, and everyone is compared, since nobody knows what was not told.

use super::record::{self, Record, Stored};
use super::{AskError, Asking, Found, State, history, judge, words};
use crate::config::{Config, WebhookConfig};
use crate::telemetry::Chain;
use deel::Change;
use queue::{Queue, QueueError};
use reconciler::FullRuns;
use std::time::Duration;

/// How long a look tries on; the next one is not far.
const PATIENCE: Duration = Duration::from_secs(10);
/// Gauge: 1 if our subscription is enabled, here, and has all that is needed, else 0.
const OK: &str = "deelsync_webhook_subscription_ok";
/// Gauge: when a genuine webhook was accepted last, in seconds since 1970, to the minute.
const ACCEPTED: &str = "deelsync_webhook_last_accepted_timestamp_seconds";

/// Who looks after it.
#[derive(Clone, Debug)]
pub(crate) struct Watchdog {
    queue: Queue,
    asking: Asking,
    runs: FullRuns,
    settings: WebhookConfig,
}

impl Watchdog {
    pub(crate) fn new(config: &Config, queue: &Queue) -> anyhow::Result<Self> {
        Ok(Self {
            queue: queue.clone(),
            asking: Asking::new(config, queue, PATIENCE)?,
            runs: FullRuns::new(queue.clone()),
            settings: config.webhook.clone(),
        })
    }

    /// Looks for ever, this often; whenever another process has not.
    pub(crate) async fn keep(self, every: Duration) {
        metrics::describe_gauge!(
            OK,
            "1 if our webhook subscription in Deel is enabled and complete, 0 if something is amiss with it"
        );
        metrics::describe_gauge!(
            ACCEPTED,
            metrics::Unit::Seconds,
            "When a genuine webhook was accepted last"
        );
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // A little shorter than the interval, so that who had the last turn is in time for the next.
            let looked = match self.queue.subscription_turn(every * 9 / 10).await {
                Ok(true) => self.look().await.map(drop),
                other => other.map(drop),
            };
            let shown = async {
                looked?;
                self.gauges().await
            };
            if let Err(error) = shown.await {
                tracing::debug!(error = %Chain(&error), "the subscription was not looked at");
            }
        }
    }

    async fn gauges(&self) -> Result<(), QueueError> {
        let record = record::read(&self.queue).await?.record;
        if record.state != State::Unknown {
            metrics::gauge!(OK).set(if record.state.is_amiss() { 0.0 } else { 1.0 });
        }
        if let Some(at) = self.queue.ingress_seen().await?.accepted_ms {
            #[allow(clippy::cast_precision_loss)] // milliseconds of a date are far below 2^53
            metrics::gauge!(ACCEPTED).set(at as f64 / 1000.0);
        }
        Ok(())
    }

    /// One look: puts it on record, mends what may be mended, and tells what has changed. What cannot be asked leaves what is
    /// known.
    pub(crate) async fn look(&self) -> Result<Record, QueueError> {
        let mut stored = record::read(&self.queue).await?;
        let before = stored.record.clone();
        let now = self.queue.now_ms().await?;
        let (mut after, compare) = match self.seen(&mut stored, now).await? {
            None => return Ok(before),
            Some(Ok((found, by_us, problem))) => {
                let (after, compare) = stored.record.after(&found, by_us, now);
                (Record { problem, ..after }, compare)
            }
            Some(Err(error)) => {
                let problem = Some(Chain(&error).to_string());
                (Record { problem, ..stored.record.clone() }, false)
            }
        };
        self.history(&mut after, now).await?;
        let Some(stored) = stored.replace(&self.queue, after, compare).await? else {
            return Ok(before);
        };
        words::log(&before, &stored.record, compare);
        Ok(stored.record)
    }

    /// What Deel says of it, after what may be mended is. None if another process is at it.
    async fn seen(
        &self,
        stored: &mut Stored,
        now: u64,
    ) -> Result<Option<Result<(Found, bool, Option<String>), AskError>>, QueueError> {
        let deel = &self.asking.deel;
        let (id, url) = (stored.record.id.clone(), self.settings.url.as_deref());
        let all = match self.asking.ask(|| deel.subscriptions()).await {
            Ok(all) => all,
            Err(error) => return Ok(Some(Err(error))),
        };
        let mut found = judge(&all, id.as_deref(), url);
        let (mut by_us, mut problem) = (false, None);
        if let Some(disabled) = found.subscription.clone()
            && found.state == State::Disabled
            && self.settings.reenable
        {
            // On record first: should this process die now, the next look knows that a gap is to be served.
            let gap_since_ms = Some(stored.record.gap_from(now));
            let open = Record { gap_since_ms, ..stored.record.clone() };
            match stored.replace(&self.queue, open, false).await? {
                Some(replaced) => *stored = replaced,
                None => return Ok(None),
            }
            let change = Change { enabled: Some(true), ..Change::default() };
            match self.asking.ask(|| deel.change_subscription(&disabled, &change)).await {
                Ok(enabled) => {
                    found = judge(&[enabled], Some(&disabled.id), url);
                    by_us = found.state.delivers();
                }
                Err(error) => problem = Some(format!("it cannot be enabled: {}", Chain(&error))),
            }
        }
        if found.state == State::Incomplete
            && let Ok(types) = self.asking.ask(|| deel.event_types()).await
        {
            found.offered(&types);
        }
        Ok(Some(Ok((found, by_us, problem))))
    }

    /// What comes, and what does not.
    async fn history(&self, record: &mut Record, now: u64) -> Result<(), QueueError> {
        let seen = self.queue.ingress_seen().await?;
        let every = self.settings.check_every.unwrap_or(Duration::from_secs(300));
        let people = self.queue.link_count().await?;
        record.silent_since_ms = history::silent(&seen, people, self.settings.silence, now)
            .filter(|_| record.disconnected_ms.is_none());
        record.refused_since_ms = history::refused(&seen, every, now);
        let last = self.runs.progress().await?;
        let settled = 2 * report_every(&self.settings);
        if let Some((run, unheard)) = history::run(record, last.as_ref(), &seen, settled, now) {
            record.run = Some(run);
            record.unheard = unheard;
        }
        Ok(())
    }
}

/// How often ingresses report: once a minute, and as often as somebody looks.
pub(crate) fn report_every(settings: &WebhookConfig) -> Duration {
    const MINUTE: Duration = Duration::from_secs(60);
    settings.check_every.map_or(MINUTE, |every| every.min(MINUTE))
}
