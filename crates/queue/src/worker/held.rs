//! What this worker holds, and its renewal.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{control::ms, health::Health, scripts, worker::Shared};

/// Leases renewed in one call.
const BATCH: usize = 256;
/// How often the worker gives a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How often retentions are enforced.
const TRIM: Duration = Duration::from_secs(60);

/// The leases of this worker by fence, until their verdict is in Redis.
#[derive(Default)]
pub(super) struct Held(Mutex<HashMap<u64, Entry>>);

#[derive(Clone)]
struct Entry {
    key: Vec<u8>,
    lost: Arc<AtomicBool>,
}

impl Held {
    pub(super) fn add(&self, fence: u64, key: Vec<u8>, lost: Arc<AtomicBool>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(fence, Entry { key, lost });
    }

    pub(super) fn remove(&self, fence: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&fence);
    }

    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn all(&self) -> Vec<(u64, Entry)> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.iter().map(|(fence, entry)| (*fence, entry.clone())).collect()
    }
}

/// Renews leases every third of their time, gives signs of life, trims. Runs until it is aborted.
pub(super) async fn keep(shared: Arc<Shared>) {
    let interval = shared.queue.config().lease / 3;
    let (mut health, mut delay) = (Health::new("renew"), Duration::ZERO);
    let (mut heartbeat, mut trim) = (None, None);
    loop {
        tokio::time::sleep(delay).await;
        delay = match renew(&shared).await {
            Ok(()) => {
                health.good();
                interval
            }
            Err(error) => health.bad(&error).min(interval),
        };
        if due(&mut heartbeat, HEARTBEAT) {
            let info =
                serde_json::json!({ "running": shared.held.len(), "version": env!("CARGO_PKG_VERSION") });
            let _ = shared.queue.heartbeat(&shared.name, &info.to_string()).await;
        }
        if due(&mut trim, TRIM) {
            let config = shared.queue.config();
            for script in [&scripts::TRIM, &scripts::HOLD_TRIM] {
                let trimmed = shared.queue.run::<()>(script, |s| {
                    s.arg(config.dead_max).arg(ms(config.retention));
                });
                let _ = trimmed.await;
            }
        }
    }
}

fn due(last: &mut Option<Instant>, interval: Duration) -> bool {
    let due = last.is_none_or(|last| last.elapsed() >= interval);
    if due {
        *last = Some(Instant::now());
    }
    due
}

async fn renew(shared: &Shared) -> Result<(), crate::error::QueueError> {
    for chunk in shared.held.all().chunks(BATCH) {
        let leases: Vec<_> = chunk.iter().map(|(fence, entry)| (entry.key.clone(), *fence)).collect();
        for place in shared.queue.renew(&leases).await? {
            if let Some((fence, entry)) = chunk.get(place) {
                entry.lost.store(true, Ordering::Relaxed);
                shared.held.remove(*fence);
            }
        }
    }
    Ok(())
}
