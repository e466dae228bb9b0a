//! Tells people of what cannot wait, and again until it is settled: a leaver whose account stays in use, a comparison of
//! everyone that was refused, an urgent job that is dead, webhooks that do not come. Once over all replicas, ids only, one message for many.

mod message;
mod send;

use crate::config::NotifyConfig;
use crate::telemetry::Chain;
use crate::webhook;
use message::Notice;
use queue::{JobState, Line, Queue, Reason};
use reconciler::{HoldFilter, HoldStatus, Phase, Reconciler};
use send::Channel;
use std::collections::BTreeSet;
use std::time::Duration;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(5);
/// How long a replica's turn lasts; a message takes less.
const TURN: Duration = Duration::from_secs(20);
/// How long a vendor may be away before that is told.
const AWAY_MS: u64 = 15 * 60 * 1000;
/// Dead jobs that are looked at.
const MOST_DEAD: usize = 1000;

/// Looks for ever. Without a channel there is nobody to tell.
pub(crate) async fn keep(config: NotifyConfig, reconciler: Reconciler, queue: Queue) {
    let channels = match send::channels(&config) {
        Ok(channels) => channels,
        Err(error) => {
            tracing::error!(error = %format!("{error:#}"), "nobody can be notified");
            return;
        }
    };
    if channels.is_empty() {
        return;
    }
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        // Read once for all channels, and only if it is this replica's turn at one.
        let mut read = None;
        for channel in &channels {
            match queue.notice_turn(channel.name(), TURN).await {
                Ok(true) => {}
                Ok(false) => continue,
                Err(error) => {
                    tracing::debug!(error = %Chain(&error), "whose turn it is to notify cannot be read");
                    continue;
                }
            }
            let told = async {
                let notices = match &mut read {
                    Some(notices) => notices,
                    None => read.insert(notices(&config, &reconciler, &queue).await?),
                };
                tell(&config, notices, &queue, channel).await
            };
            if let Err(error) = told.await {
                tracing::error!(
                    channel = channel.name(),
                    error = %format!("{error:#}"),
                    "a notification was not sent; it is tried again"
                );
            }
        }
    }
}

/// Sends a test message through every channel, and says what became of each.
pub(crate) async fn test(config: &NotifyConfig) -> anyhow::Result<Vec<(&'static str, anyhow::Result<()>)>> {
    let mut sent = Vec::new();
    for channel in send::channels(config)? {
        let text = "deelsync: this is a test; what cannot wait is told here";
        sent.push((channel.name(), channel.send("deelsync: a test", text).await));
    }
    Ok(sent)
}

/// Tells through one channel what was not told there lately.
async fn tell(
    config: &NotifyConfig,
    notices: &[Notice],
    queue: &Queue,
    channel: &Channel,
) -> anyhow::Result<()> {
    let told = queue.notices(channel.name()).await?;
    let names: BTreeSet<&str> = notices.iter().map(|notice| notice.name.as_str()).collect();
    let settled: Vec<String> = told.keys().filter(|name| !names.contains(name.as_str())).cloned().collect();
    let back: Vec<Notice> = settled.iter().filter_map(|name| Notice::back(name)).collect();
    let (ends, others): (Vec<String>, Vec<String>) =
        settled.into_iter().partition(|name| back.iter().any(|notice| notice.name == *name));
    queue.notices_forget(channel.name(), &others).await?;
    let now = queue.now_ms().await?;
    let repeat = u64::try_from(config.repeat.as_millis()).unwrap_or(u64::MAX);
    let due: Vec<&Notice> = notices
        .iter()
        .filter(|notice| told.get(&notice.name).is_none_or(|at| now.saturating_sub(*at) >= repeat))
        .chain(&back)
        .collect();
    if due.is_empty() {
        return Ok(());
    }
    channel.send(&message::subject(&due), &message::text(&due)).await?;
    let names: Vec<String> = due.iter().map(|notice| notice.name.clone()).collect();
    let names: Vec<String> = names.into_iter().filter(|name| !ends.contains(name)).collect();
    // If this fails the message is sent again: better twice than never.
    queue.notices_told(channel.name(), &names).await?;
    queue.notices_forget(channel.name(), &ends).await?;
    tracing::info!(channel = channel.name(), notices = due.len(), "people were notified");
    Ok(())
}

/// What cannot wait, now.
async fn notices(
    config: &NotifyConfig,
    reconciler: &Reconciler,
    queue: &Queue,
) -> anyhow::Result<Vec<Notice>> {
    let filter = HoldFilter { statuses: vec![HoldStatus::Open], ..HoldFilter::default() };
    let holds = reconciler.holds().list(&filter).await?;
    let mut notices: Vec<Notice> = holds.iter().filter(|hold| hold.leaver).map(Notice::leaver).collect();
    if let Some(run) = reconciler.progress().await?.filter(|run| run.phase == Phase::Refused) {
        notices.push(Notice::refused(&run.run, run.started_at));
    }
    let dead = queue.list(JobState::Dead, 0, MOST_DEAD).await?;
    notices.extend(dead.items.iter().filter(|job| job.line == Line::Urgent).map(Notice::dead));
    let record = webhook::read(queue).await?.record;
    let news = webhook::news(&record, config.repeat, queue.now_ms().await?);
    notices.extend(news.into_iter().map(|(name, line)| Notice::webhook(name, line)));
    let now = queue.now_ms().await?;
    let lasting = queue.breakers().await?.into_iter().filter(|away| {
        // A refusal lasts until somebody mends it.
        away.reason == Reason::Denied || now.saturating_sub(away.since_ms) >= AWAY_MS
    });
    notices.extend(lasting.map(|away| Notice::away(&away, now)));
    Ok(notices)
}
