//! Claiming keys, as many as there is room for, when there are any.

use std::{str::FromStr, sync::Arc, time::Duration};

use tokio::sync::{mpsc, watch};

use crate::{
    control::ms,
    error::QueueError,
    finish::Ending,
    health::Health,
    job::Verdict,
    key::{InvalidKey, JobKey, Line, Trigger},
    lease::Lease,
    scripts,
    worker::{Shared, slots::Room, wake::Wakers},
};

/// Nobody sleeps longer, so that the keys of a worker that was killed come back within seconds.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// How long places may stay free to be filled together.
const MOMENT: Duration = Duration::from_millis(1);

type RawClaim = (u64, bool, i64, [bool; 3], Vec<RawJob>, u64);
type RawJob = (Vec<u8>, u64, u32, String, String, String, u64);

/// What a claim found.
struct Found {
    /// Until something else is due.
    next: Option<Duration>,
    /// Lines in which keys still wait.
    left: [bool; 3],
    any: bool,
}

/// Claims until the worker stops, and hands the leases on.
pub(super) async fn pump(shared: Arc<Shared>, leases: mpsc::Sender<Lease>) {
    let wakers = Wakers::start(&shared.queue);
    let mut health = Health::new("claim");
    let mut stop = shared.stop.subscribe();
    let mut nudged = false;
    while !*stop.borrow_and_update() {
        let room = shared.slots.room();
        if room.all == 0 && !nudged {
            tokio::select! {
                () = shared.slots.freed() => {}
                // Somebody else may have room: the claim puts the token back.
                () = wakers.woken() => nudged = true,
                _ = stop.changed() => {}
            }
            continue;
        }
        nudged = false;
        match claim(&shared, room, &leases).await {
            Err(error) => {
                let delay = health.bad(&error);
                tokio::select! {
                    () = tokio::time::sleep(delay) => {}
                    _ = stop.changed() => {}
                }
            }
            Ok(found) => {
                health.good();
                nudged = rest(&shared, &wakers, &mut stop, &found).await;
            }
        }
    }
    // A token that a reader has taken and nobody acted upon is put back.
    let _ = claim(&shared, Room { all: 0, lines: [0; 3] }, &leases).await;
}

/// Sleeps until there can be something to claim. Says whether a token was taken.
async fn rest(shared: &Shared, wakers: &Wakers, stop: &mut watch::Receiver<bool>, found: &Found) -> bool {
    let room = shared.slots.room();
    let claimable = Line::ALL.iter().any(|line| found.left[line.index()] && room.lines[line.index()] > 0);
    if claimable && found.any {
        gather(shared).await;
        return false;
    }
    for line in Line::ALL {
        if room.lines[line.index()] > 0 && !found.left[line.index()] {
            wakers.arm(line);
        }
    }
    let full = found.left.contains(&true) || room.all == 0;
    let sleep = found.next.map_or(LONGEST_SLEEP, |next| next.min(LONGEST_SLEEP)) + Duration::from_millis(1);
    tokio::select! {
        () = wakers.woken() => true,
        () = shared.slots.freed(), if full => false,
        () = tokio::time::sleep(sleep) => false,
        _ = stop.changed() => false,
    }
}

/// Where more waits than there is room for, one call per finished key would cost more than the keys do: so for a moment
/// others may finish too.
async fn gather(shared: &Shared) {
    let enough = async {
        while !shared.slots.roomy() {
            shared.slots.freed().await;
        }
    };
    let _ = tokio::time::timeout(MOMENT, enough).await;
}

async fn claim(shared: &Arc<Shared>, room: Room, leases: &mpsc::Sender<Lease>) -> Result<Found, QueueError> {
    let config = shared.queue.config();
    let (_now, _paused, next, left, jobs, tries): RawClaim = shared
        .queue
        .run(&scripts::CLAIM, |s| {
            s.arg(&shared.name)
                .arg(ms(config.lease))
                .arg(room.all)
                .arg(&room.lines[..])
                .arg(config.max_attempts);
        })
        .await?;
    let any = !jobs.is_empty();
    for job in jobs {
        hand_over(shared, job, tries, leases).await;
    }
    Ok(Found { next: u64::try_from(next).ok().map(Duration::from_millis), left, any })
}

async fn hand_over(shared: &Arc<Shared>, job: RawJob, tries: u64, leases: &mpsc::Sender<Lease>) {
    let (name, fence, attempt, line, trigger, look, accepted_at_ms) = job;
    let line = Line::read(Some(&line));
    let Some(key) = std::str::from_utf8(&name).ok().and_then(|name| JobKey::from_str(name).ok()) else {
        bury(shared, name, fence);
        return;
    };
    let lease = Lease {
        key,
        fence,
        attempt,
        line,
        trigger: Trigger::new(&trigger),
        look: look.parse().ok(),
        accepted_at_ms,
        took_over: false,
        tries: fence == tries,
        lost: Arc::default(),
        queue: shared.queue.clone(),
    };
    shared.slots.take(line);
    shared.held.add(fence, name, lease.lost.clone());
    if let Err(mpsc::error::SendError(lease)) = leases.send(lease).await {
        give_back(shared, &lease).await;
    }
}

/// A key that somebody wrote by hand, or another version did: an operator has to see it, and it may end nobody.
fn bury(shared: &Arc<Shared>, key: Vec<u8>, fence: u64) {
    tracing::error!(job.fence = fence, "a key in the queue is no job key; it is moved to the dead");
    let error = InvalidKey.to_string();
    let ending = Ending { key, fence, verdict: Verdict::Dead { error } };
    let shared = shared.clone();
    tokio::spawn(async move { shared.endings.end(ending).await });
}

/// For a lease that no handler has seen.
pub(super) async fn give_back(shared: &Shared, lease: &Lease) {
    shared.endings.end(Ending::new(lease, Verdict::Release)).await;
    settle(shared, lease).await;
    shared.held.remove(lease.fence);
    shared.slots.free(lease.line);
}

/// Who was let through to try a vendor has ended. Had the vendor answered, or failed again, that is known already; else
/// the next one may try. If Redis does not hear of it, the end of the lease says the same a little later.
pub(super) async fn settle(shared: &Shared, lease: &Lease) {
    if lease.tries {
        let _ = shared.queue.breaker_settle(lease.fence).await;
    }
}
