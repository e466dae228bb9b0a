//! Notices that Redis has lost its data, or that a replica has taken over: asks for a full comparison then, and pauses writes
//! again if they were paused before.

use crate::telemetry::Chain;
use crate::{data_dir, pause};
use queue::{Add, Epoch, JobKey, Line, Queue, QueueError, Trigger};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Between two looks. One small command, so a loss is answered within seconds.
const EVERY: Duration = Duration::from_secs(5);

/// What was seen last.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Seen {
    epoch: Option<String>,
    /// The replication id of the server that held it, if it told.
    replication: Option<String>,
}

/// Looks, and remembers what it has seen: here, and in files for the time when this process was not there.
pub(super) struct Watch {
    queue: Queue,
    data_dir: PathBuf,
    seen: Seen,
    /// Whether the pause could not be remembered when that was last tried.
    failing: bool,
}

impl Watch {
    pub(super) fn new(queue: Queue, data_dir: PathBuf) -> Self {
        let seen = read(&data_dir.join("epoch"));
        Self { queue, data_dir, seen, failing: false }
    }

    /// Looks for ever.
    pub(super) async fn keep(mut self) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            self.look().await;
        }
    }

    /// Looks once. Before anything is written at the start, so that a pause that Redis lost meanwhile holds.
    pub(super) async fn look(&mut self) {
        let looked = match self.queue.epoch().await {
            Ok(epoch) => self.answer(epoch).await,
            Err(error) => Err(error),
        };
        if let Err(error) = looked {
            tracing::debug!(error = %Chain(&error), "the epoch cannot be read");
        }
    }

    /// Remembers an epoch. If it is a reason, everything is done about it by then, so that a crash in between does it twice,
    /// not never.
    async fn answer(&mut self, epoch: Epoch) -> Result<(), QueueError> {
        let (queue, seen) = (&self.queue, &self.seen);
        if epoch.lost_since(seen.epoch.as_deref()) {
            tracing::error!("Redis has lost its data, or is another one; everyone is compared");
            self.pause_again(&epoch).await?;
            compare(queue, "redis:data-lost").await?;
        } else if epoch.failed_over_since(seen.replication.as_deref()) {
            tracing::warn!(
                "a replica of Redis has taken over, and may lack what was accepted last; everyone is compared"
            );
            self.pause_again(&epoch).await?;
            // The last suspensions may be missing in them; the accounts' marks know.
            queue.windows_doubted().await?;
            compare(queue, "redis:failover").await?;
        } else {
            self.keep_pause(&epoch);
        }
        let replication = epoch.replication.map(|(own, _)| own).or_else(|| self.seen.replication.clone());
        self.remember(Seen { epoch: Some(epoch.id), replication });
        Ok(())
    }

    /// A pause that was remembered, and that these data do not know of, goes on: nobody has said `resume`.
    async fn pause_again(&self, epoch: &Epoch) -> Result<(), QueueError> {
        let lost = pause::kept(&self.data_dir).filter(|_| epoch.paused.is_none());
        if let Some(pause) = lost
            && self.queue.pause_again(&pause).await?
        {
            tracing::error!(
                "writes were paused, which Redis has lost; they are paused again until `deelsync resume`"
            );
        }
        Ok(())
    }

    /// Remembers whether writes are paused, by whichever process or hand.
    fn keep_pause(&mut self, epoch: &Epoch) {
        if pause::kept(&self.data_dir) == epoch.paused {
            return;
        }
        let kept = pause::keep(&self.data_dir, epoch.paused.as_ref());
        if let Err(error) = &kept
            && !self.failing
        {
            pause::not_kept(&self.data_dir, error);
        }
        self.failing = kept.is_err();
    }

    fn remember(&mut self, now: Seen) {
        if now == self.seen {
            return;
        }
        let file = self.data_dir.join("epoch");
        if let Err(error) = write(&file, &now) {
            tracing::warn!(
                file = %file.display(),
                error = %error,
                "Redis's epoch cannot be remembered; a loss of its data while this process is down goes unnoticed"
            );
        }
        self.seen = now;
    }
}

async fn compare(queue: &Queue, why: &str) -> Result<(), QueueError> {
    let add = Add { key: JobKey::Reconcile, line: Line::Events, trigger: Trigger::new(why), look: None };
    queue.add(&add).await.map(drop)
}

/// The epoch's line, and that of the replication id.
fn read(file: &Path) -> Seen {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut lines =
        text.lines().map(|line| Some(line.trim()).filter(|line| !line.is_empty()).map(str::to_owned));
    Seen { epoch: lines.next().flatten(), replication: lines.next().flatten() }
}

fn write(file: &Path, seen: &Seen) -> std::io::Result<()> {
    let lines = [&seen.epoch, &seen.replication].map(|line| line.as_deref().unwrap_or_default());
    data_dir::replace(file, &lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_redis::{Persistence, TestRedis};

    /// Other data each time, as after a loss.
    async fn queue(redis: &TestRedis, data: u32) -> Queue {
        let mut config = queue::Config::new(redis.url()).unwrap();
        config.prefix = format!("{}-{data}", redis.prefix());
        Queue::connect(&config).await.unwrap()
    }

    /// What asked for a comparison of everyone.
    async fn asked(queue: &Queue) -> Option<String> {
        queue.show("reconcile").await.unwrap().map(|job| job.trigger.to_string())
    }

    fn watch(queue: &Queue, dir: &Path) -> Watch {
        Watch::new(queue.clone(), dir.to_owned())
    }

    /// The epoch after a replica took over from the server that an earlier one was read from.
    fn failed_over(before: Epoch) -> Epoch {
        let (old, _) = before.replication.clone().unwrap();
        Epoch { replication: Some(("b".repeat(40), old)), ..before }
    }

    #[tokio::test]
    async fn after_a_failover_the_windows_are_not_trusted() {
        let (redis, dir) = (TestRedis::private(Persistence::EverySecond).await, tempfile::tempdir().unwrap());
        let queue = queue(&redis, 0).await;
        let mut watch = watch(&queue, dir.path());
        watch.look().await;
        queue.windows_restored().await.unwrap();
        let epoch = failed_over(queue.epoch().await.unwrap());
        watch.answer(epoch.clone()).await.unwrap();
        assert!(!queue.windows_known().await.unwrap());
        assert_eq!(asked(&queue).await.as_deref(), Some("redis:failover"));
        // Once.
        queue.windows_restored().await.unwrap();
        watch.answer(epoch).await.unwrap();
        assert!(queue.windows_known().await.unwrap());
    }

    #[tokio::test]
    async fn a_pause_outlives_the_data() {
        let (redis, dir) = (TestRedis::private(Persistence::EverySecond).await, tempfile::tempdir().unwrap());
        let (data, after, later) = (queue(&redis, 0).await, queue(&redis, 1).await, queue(&redis, 2).await);
        let mut there = watch(&data, dir.path());
        there.look().await;
        let pause = data.pause("op", "payroll").await.unwrap();
        there.look().await;
        // The data are lost. It is noticed by a process of the same directory that was not there before.
        watch(&after, dir.path()).look().await;
        assert_eq!(after.paused().await.unwrap(), Some(pause.clone()), "by whom, why, and since when");
        assert_eq!(asked(&after).await.as_deref(), Some("redis:data-lost"));
        // And by one that was.
        there.queue = after.clone();
        there.look().await;
        assert_eq!(after.paused().await.unwrap(), Some(pause));
        // What was taken back does not come again.
        after.resume().await.unwrap();
        there.look().await;
        there.queue = later.clone();
        there.look().await;
        assert_eq!(asked(&later).await.as_deref(), Some("redis:data-lost"));
        assert_eq!(later.paused().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_pause_that_a_failover_lost_goes_on_and_a_newer_one_stays() {
        let (redis, dir) = (TestRedis::private(Persistence::EverySecond).await, tempfile::tempdir().unwrap());
        let queue = queue(&redis, 0).await;
        let mut watch = watch(&queue, dir.path());
        let lost = queue.pause("op", "lost").await.unwrap();
        watch.look().await;
        queue.resume().await.unwrap();
        let before = queue.epoch().await.unwrap();
        watch.answer(failed_over(before.clone())).await.unwrap();
        assert_eq!(queue.paused().await.unwrap(), Some(lost));

        queue.resume().await.unwrap();
        let newer = queue.pause("op", "newer").await.unwrap();
        let other = Epoch { id: "other".to_owned(), paused: Some(newer.clone()), ..before };
        watch.answer(other).await.unwrap();
        assert_eq!(queue.paused().await.unwrap(), Some(newer));
    }

    #[test]
    fn what_was_seen_is_read_back_and_so_is_a_file_of_one_line() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("data/epoch");
        assert_eq!(read(&file), Seen::default());
        for replication in [None, Some("b".to_owned())] {
            let seen = Seen { epoch: Some("a".to_owned()), replication };
            write(&file, &seen).unwrap();
            assert_eq!(read(&file), seen);
        }
    }
}
