//! Vendors that are away, in words.

use crate::out;
use ::queue::{Breaker, Queue, Reason};

/// Which, how, since when and why.
pub(crate) fn words(away: &Breaker, now_ms: u64) -> String {
    let what = match away.reason {
        Reason::Unavailable => "has not answered",
        Reason::Denied => "has refused us altogether",
    };
    format!(
        "{} {what} since {} ({}): {}",
        away.vendor,
        out::time(away.since_ms),
        out::ago(now_ms.saturating_sub(away.since_ms)),
        away.words
    )
}

/// Tells whoever is about to ask a vendor that it is away; it is tried all the same, since a person wants it.
pub(crate) async fn note(queue: &Queue) -> anyhow::Result<()> {
    let breakers = queue.breakers().await?;
    if breakers.is_empty() {
        return Ok(());
    }
    let now = queue.now_ms().await?;
    for away in &breakers {
        out::note(format!("{}; trying all the same …", words(away, now)));
    }
    Ok(())
}
