//! Ending runs, many in one call.

use crate::{
    budget::Vendor,
    control::{look_arg, ms},
    error::QueueError,
    job::{Finished, Verdict},
    lease::Lease,
    queue::Queue,
    scripts,
};

/// The longest error text that is kept, in characters.
const MAX_ERROR: usize = 500;

/// A verdict on its way to Redis.
#[derive(Debug)]
pub(crate) struct Ending {
    /// As Redis has it; a key that is no [`crate::JobKey`] has to be ended too.
    pub(crate) key: Vec<u8>,
    pub(crate) fence: u64,
    pub(crate) verdict: Verdict,
}

impl Ending {
    pub(crate) fn new(lease: &Lease, verdict: Verdict) -> Self {
        Self { key: lease.key.to_string().into_bytes(), fence: lease.fence, verdict }
    }
}

/// As `finish.lua` takes it: verdict, kind of time, ms, line, trigger, look, error.
fn arguments(verdict: &Verdict) -> (&'static str, &'static str, i64, &'static str, String, String, String) {
    let cut = |error: &str| error.chars().take(MAX_ERROR).collect::<String>();
    let plain = |word, ms, error| (word, "after", ms, "", String::new(), String::new(), error);
    match verdict {
        Verdict::Done { again: None } => plain("done", -1, String::new()),
        Verdict::Done { again: Some(again) } => {
            let (kind, at) = again.when.parts();
            let at = i64::try_from(at).unwrap_or(i64::MAX);
            let (trigger, look) = (again.trigger.as_str().to_owned(), look_arg(again.look));
            ("again", kind, at, again.line.as_str(), trigger, look, String::new())
        }
        Verdict::Retry { after, counts, away, error } => {
            let after = after.map_or(-1, |after| i64::try_from(ms(after)).unwrap_or(i64::MAX));
            let (word, away) =
                (if *counts { "retry" } else { "retry-free" }, away.map_or("", Vendor::as_str));
            (word, "after", after, away, String::new(), String::new(), cut(error))
        }
        Verdict::Dead { error } => plain("dead", -1, cut(error)),
        Verdict::Release => plain("release", -1, String::new()),
    }
}

impl Queue {
    /// Ends runs, in one call; the answers are in order.
    pub(crate) async fn finish(&self, endings: &[&Ending]) -> Result<Vec<Finished>, QueueError> {
        let config = self.config();
        let words: Vec<String> = self
            .run(&scripts::FINISH, |s| {
                s.arg(config.max_attempts).arg(ms(config.backoff_base)).arg(ms(config.backoff_cap));
                s.arg(config.dead_max).arg(ms(config.retention)).arg(ms(config.probe_every));
                for ending in endings {
                    let (verdict, kind, at, line, trigger, look, error) = arguments(&ending.verdict);
                    s.arg(&ending.key[..]).arg(ending.fence).arg(verdict).arg(kind).arg(at);
                    s.arg(line).arg(trigger).arg(look).arg(error).arg(rand::random::<f64>());
                }
            })
            .await?;
        if words.len() != endings.len() {
            return Err(QueueError::Data("finish answered for another number of keys"));
        }
        words
            .iter()
            .map(|word| match word.as_str() {
                "gone" => Ok(Finished::Gone),
                "waiting" => Ok(Finished::Waiting),
                "delayed" => Ok(Finished::Delayed),
                "dead" => Ok(Finished::Dead),
                "stale" => Ok(Finished::Stale),
                _ => Err(QueueError::Data("an unknown answer to finish")),
            })
            .collect()
    }
}
