//! The only place in the product that reads the clock; everything else is told the time.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};

/// The time now.
#[allow(clippy::disallowed_methods)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A length of time as people write it: `30m`, `4h`, `1d 12h`; a day has 24 hours. None if it is something else.
pub(crate) fn length(text: &str) -> Option<SignedDuration> {
    text.parse::<Span>().ok()?.to_duration(SpanRelativeTo::days_are_24_hours()).ok()
}
