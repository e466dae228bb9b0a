//! Starts the server again when it ends. Any number of processes may watch: the lock lets one of them act.

use super::place::Place;
use super::server;
use std::fs::File;
use std::time::{Duration, Instant};
use tokio::process::Child;
use tokio::sync::oneshot;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A server that lived so long has not failed at starting.
const SETTLED: Duration = Duration::from_secs(30);

/// Runs until aborted.
pub(super) async fn watch(place: Place, program: String, mut child: Option<Child>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let begun = Instant::now();
        let Some(lock) = gone(&place).await else {
            tokio::time::sleep(LONGEST_PAUSE).await;
            continue;
        };
        // Holding the lock: nobody else starts one meanwhile.
        if let Some(mut ended) = child.take() {
            let _ = ended.wait().await;
        }
        pause = if begun.elapsed() > SETTLED { FIRST_PAUSE } else { pause };
        tracing::warn!(log = %place.log().display(), "the embedded Redis ended; starting it again");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        match server::spawn(&place, &program, lock) {
            Ok(started) => child = Some(started),
            Err(error) => {
                tracing::error!(error = %crate::telemetry::Chain(&error), "the embedded Redis did not start");
            }
        }
    }
}

/// Returns the server's lock once no server holds it. The thread sleeps in the kernel; if the process ends first, it
/// ends with it.
async fn gone(place: &Place) -> Option<File> {
    let lock = place.server_lock().ok()?;
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new()
        .name("redis-watch".into())
        .stack_size(64 * 1024)
        .spawn(move || {
            if lock.lock().is_ok() {
                let _ = sender.send(lock);
            }
        })
        .ok()?;
    receiver.await.ok()
}
