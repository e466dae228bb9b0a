use std::time::Duration;

/// The present moment, in milliseconds since 1970.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the harness's one reader of the clock, which it shares with the simulators"
)]
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// A time as the simulators print it, in milliseconds since 1970.
///
/// # Errors
/// If it is not RFC 3339.
pub fn parse_ms(text: &str) -> anyhow::Result<i64> {
    Ok(text.parse::<jiff::Timestamp>()?.as_millisecond())
}

/// A duration in whole milliseconds.
#[must_use]
pub fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
