//! The only place in the product that reads the clock; everything else is told the time.

use jiff::Timestamp;

/// The time now.
#[allow(clippy::disallowed_methods)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
