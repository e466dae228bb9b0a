//! Notices that Redis has lost its data, or that a replica has taken over, and asks for a full comparison then.

use crate::telemetry::Chain;
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

/// Looks for ever. What it has seen is remembered here, and in a file for the time when this process was not there.
pub(super) async fn watch(queue: Queue, data_dir: PathBuf) {
    let file = data_dir.join("epoch");
    let mut seen = read(&file);
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        match look(&queue, &seen).await {
            Ok(now) if now == seen => {}
            Ok(now) => {
                if let Err(error) = write(&file, &now) {
                    tracing::warn!(
                        file = %file.display(),
                        error = %error,
                        "Redis's epoch cannot be remembered; a loss of its data while this process is down goes unnoticed"
                    );
                }
                seen = now;
            }
            Err(error) => tracing::debug!(error = %Chain(&error), "the epoch cannot be read"),
        }
    }
}

/// What is to be seen now. If it is a reason, everything is done about it by then, so that a crash in between does it twice,
/// not never.
async fn look(queue: &Queue, seen: &Seen) -> Result<Seen, QueueError> {
    answer(queue, queue.epoch().await?, seen).await
}

async fn answer(queue: &Queue, epoch: Epoch, seen: &Seen) -> Result<Seen, QueueError> {
    if epoch.lost_since(seen.epoch.as_deref()) {
        tracing::error!("Redis has lost its data, or is another one; everyone is compared");
        compare(queue, "redis:data-lost").await?;
    } else if epoch.failed_over_since(seen.replication.as_deref()) {
        tracing::warn!(
            "a replica of Redis has taken over, and may lack what was accepted last; everyone is compared"
        );
        // The last suspensions may be missing in them; the accounts' marks know.
        queue.windows_doubted().await?;
        compare(queue, "redis:failover").await?;
    }
    let replication = epoch.replication.map(|(own, _)| own).or_else(|| seen.replication.clone());
    Ok(Seen { epoch: Some(epoch.id), replication })
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
    if let Some(dir) = file.parent() {
        std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700)
            .create(dir)?;
    }
    // Several processes may share the directory.
    let fresh = file.with_extension(format!("new-{}", std::process::id()));
    let lines = [&seen.epoch, &seen.replication].map(|line| line.as_deref().unwrap_or_default());
    std::fs::write(&fresh, format!("{}\n", lines.join("\n").trim_end()))?;
    std::fs::rename(&fresh, file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_redis::TestRedis;

    async fn queue(redis: &TestRedis) -> Queue {
        let mut config = queue::Config::new(redis.url()).unwrap();
        config.prefix = redis.prefix().to_owned();
        Queue::connect(&config).await.unwrap()
    }

    /// What asked for a comparison of everyone.
    async fn asked(queue: &Queue) -> Option<String> {
        queue.show("reconcile").await.unwrap().map(|job| job.trigger.to_string())
    }

    #[tokio::test]
    async fn after_a_failover_the_windows_are_not_trusted() {
        let redis = TestRedis::start().await;
        let queue = queue(&redis).await;
        queue.windows_restored().await.unwrap();
        let (old, new) = ("a".repeat(40), "b".repeat(40));
        let epoch = Epoch { replication: Some((new.clone(), old.clone())), ..queue.epoch().await.unwrap() };
        let seen = Seen { epoch: Some(epoch.id.clone()), replication: Some(old) };
        let now = answer(&queue, epoch.clone(), &seen).await.unwrap();
        assert!(!queue.windows_known().await.unwrap());
        assert_eq!(asked(&queue).await.as_deref(), Some("redis:failover"));
        // Once.
        queue.windows_restored().await.unwrap();
        assert_eq!(answer(&queue, epoch, &now).await.unwrap(), now);
        assert!(queue.windows_known().await.unwrap());
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
