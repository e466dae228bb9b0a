//! The simulators' only look at the clock.

use jiff::Timestamp;

/// The present moment.
#[expect(clippy::disallowed_methods, reason = "the simulators' one reader of the clock")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// RFC 3339 in UTC with milliseconds, as both vendors print times.
pub(crate) fn stamp(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// [`stamp`] of [`now`].
pub(crate) fn now_stamp() -> String {
    stamp(now())
}
