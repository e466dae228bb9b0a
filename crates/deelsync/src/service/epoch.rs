//! Notices that Redis has lost its data, and asks for a full comparison then.

use crate::telemetry::Chain;
use queue::{Add, JobKey, Line, Queue, QueueError, Trigger};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Between two looks. One small command, so a loss is answered within seconds.
const EVERY: Duration = Duration::from_secs(5);

/// Looks for ever. What it has seen is remembered here, and in a file for the time when this process was not there.
pub(super) async fn watch(queue: Queue, data_dir: PathBuf) {
    let file = data_dir.join("epoch");
    let mut remembered = read(&file);
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        match look(&queue, remembered.as_deref()).await {
            Ok(Some(id)) => {
                if let Err(error) = write(&file, &id) {
                    tracing::warn!(
                        file = %file.display(),
                        error = %error,
                        "Redis's epoch cannot be remembered; a loss of its data while this process is down goes unnoticed"
                    );
                }
                remembered = Some(id);
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(error = %Chain(&error), "the epoch cannot be read"),
        }
    }
}

/// The epoch if it is new to us; by then the comparison is asked for, so that a crash in between asks twice, not never.
async fn look(queue: &Queue, remembered: Option<&str>) -> Result<Option<String>, QueueError> {
    let epoch = queue.epoch().await?;
    if remembered == Some(epoch.id.as_str()) {
        return Ok(None);
    }
    if epoch.lost_since(remembered) {
        tracing::error!("Redis has lost its data, or is another one; everyone is compared");
        let add = Add {
            key: JobKey::Reconcile,
            line: Line::Events,
            trigger: Trigger::new("redis:data-lost"),
            look: None,
        };
        queue.add(&add).await?;
    }
    Ok(Some(epoch.id))
}

fn read(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let id = text.trim();
    (!id.is_empty()).then(|| id.to_owned())
}

fn write(file: &Path, id: &str) -> std::io::Result<()> {
    if let Some(dir) = file.parent() {
        std::os::unix::fs::DirBuilderExt::mode(std::fs::DirBuilder::new().recursive(true), 0o700)
            .create(dir)?;
    }
    // Several processes may share the directory.
    let fresh = file.with_extension(format!("new-{}", std::process::id()));
    std::fs::write(&fresh, format!("{id}\n"))?;
    std::fs::rename(&fresh, file)
}
