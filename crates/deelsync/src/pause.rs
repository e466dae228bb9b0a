//! Pausing all writes, and remembering it outside of Redis: a pause holds until `resume`, also if Redis loses its data.

use crate::config::Config;
use crate::data_dir;
use queue::{Pause, Queue, QueueError};
use std::io;
use std::path::Path;

/// In the data directory.
const FILE: &str = "paused";

/// Pauses all writes.
///
/// # Errors
/// As Redis says. That it cannot be remembered here is only told: whoever works remembers it, too.
pub(crate) async fn begin(
    config: &Config,
    queue: &Queue,
    by: &str,
    reason: &str,
) -> Result<Pause, QueueError> {
    let pause = queue.pause(by, reason).await?;
    keep_if_ours(&config.data_dir, Some(&pause));
    Ok(pause)
}

/// Lets writes go on; `false` if they were not paused.
///
/// # Errors
/// As Redis says.
pub(crate) async fn end(config: &Config, queue: &Queue) -> Result<bool, QueueError> {
    let resumed = queue.resume().await?;
    keep_if_ours(&config.data_dir, None);
    Ok(resumed)
}

/// A command leaves no directory behind where no program of ours works.
fn keep_if_ours(data_dir: &Path, pause: Option<&Pause>) {
    if data_dir.is_dir()
        && let Err(error) = keep(data_dir, pause)
    {
        not_kept(data_dir, &error);
    }
}

/// Says that it could not be remembered.
pub(crate) fn not_kept(data_dir: &Path, error: &io::Error) {
    tracing::warn!(
        file = %data_dir.join(FILE).display(), error = %error,
        "whether writes are paused cannot be remembered; if Redis loses its data, a pause may end unasked or come back"
    );
}

/// What is remembered. Whatever is in the file pauses, as in Redis.
pub(crate) fn kept(data_dir: &Path) -> Option<Pause> {
    let text = std::fs::read_to_string(data_dir.join(FILE)).ok()?;
    let unknown = || Pause { by: "unknown".to_owned(), reason: String::new(), at_ms: 0 };
    Some(serde_json::from_str(&text).unwrap_or_else(|_| unknown()))
}

/// Remembers a pause, or forgets it.
///
/// # Errors
/// As the file system says.
pub(crate) fn keep(data_dir: &Path, pause: Option<&Pause>) -> io::Result<()> {
    let file = data_dir.join(FILE);
    match pause {
        Some(pause) => data_dir::replace(&file, &serde_json::to_string(pause)?),
        None => match std::fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}
