//! What people and we write on an account besides the suspension mark: a manual hold, and the sign that the account
//! existed before it was linked. Both are custom attributes in JumpCloud, so that they survive the loss of everything else
//! and an administrator can see and set them there.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The name of the custom attribute of a manual hold (letters and digits, under 32: JumpCloud help, "Custom attributes").
pub const HOLD_ATTRIBUTE: &str = "deelsyncHold";

/// The name of the custom attribute that an account gets when it is linked although it existed before; its value is the time
/// (RFC 3339).
pub const ADOPTED_ATTRIBUTE: &str = "deelsyncAdopted";

/// The most characters of a reason that are kept. JumpCloud takes 1024 in a custom attribute's value (JumpCloud API 1.0).
const REASON_MAX: usize = 500;

/// A person asked that an account be left alone. `Debug` hides the reason, which is free text.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ManualHold {
    /// When it ends; `None` for one without end.
    pub until: Option<Timestamp>,
    /// Why, in the words of whoever set it; may be empty.
    pub reason: String,
}

impl ManualHold {
    /// Reads the attribute's value: `until=TIME reason=TEXT`, either part alone, or any other text, which is the reason of a
    /// hold without end. `TIME` is RFC 3339, or a date, which ends with its day in UTC. An end that cannot be read is none: a
    /// typing error must not lift a hold. `None` when nothing but white space is there.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let whole = || Self { until: None, reason: shorten(text) };
        let Some(rest) = text.strip_prefix("until=") else {
            return Some(match text.strip_prefix("reason=") {
                Some(reason) => Self { until: None, reason: shorten(reason) },
                None => whole(),
            });
        };
        let (time, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let Some(until) = end(time) else { return Some(whole()) };
        let reason = rest.trim_start();
        let reason = reason.strip_prefix("reason=").unwrap_or(reason);
        Some(Self { until: Some(until), reason: shorten(reason) })
    }

    /// The attribute's value; [`ManualHold::parse`] reads it back.
    #[must_use]
    pub fn render(&self) -> String {
        let reason = shorten(&self.reason);
        match (self.until, reason.is_empty()) {
            (Some(until), true) => format!("until={until}"),
            (Some(until), false) => format!("until={until} reason={reason}"),
            (None, _) => format!("reason={reason}"),
        }
    }

    /// Whether it is in force at this time; at its end it is not.
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

impl fmt::Debug for ManualHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            Some(until) => write!(f, "ManualHold(until {until})"),
            None => f.write_str("ManualHold(without end)"),
        }
    }
}

/// A time, or a date, whose hold lasts until it is over in UTC.
fn end(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let date: Date = text.parse().ok()?;
    let next = date.tomorrow().ok()?;
    next.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok().map(|day| day.timestamp())
}

/// One line of at most [`REASON_MAX`] characters.
fn shorten(text: &str) -> String {
    let line = text.replace(char::is_control, " ");
    let line = line.trim();
    line.char_indices().nth(REASON_MAX).map_or(line, |(end, _)| line[..end].trim_end()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        ManualHold::parse(text).map_or_else(
            || "none".to_owned(),
            |hold| match hold.until {
                Some(until) => format!("until {until}: {}", hold.reason),
                None => format!("without end: {}", hold.reason),
            },
        )
    }

    #[test]
    fn ours_and_an_administrators_words_are_read() {
        insta::assert_snapshot!(read("until=2026-12-01T08:00:00Z reason=parental leave, ask Ana"), @"until 2026-12-01T08:00:00Z: parental leave, ask Ana");
        insta::assert_snapshot!(read("until=2026-12-01"), @"until 2026-12-02T00:00:00Z: ");
        insta::assert_snapshot!(read("until=2026-12-01 see ticket 7"), @"until 2026-12-02T00:00:00Z: see ticket 7");
        insta::assert_snapshot!(read(" reason=legal hold "), @"without end: legal hold");
        insta::assert_snapshot!(read("do not touch"), @"without end: do not touch");
        insta::assert_snapshot!(read("until=soon reason=x"), @"without end: until=soon reason=x");
        insta::assert_snapshot!(read(" \t"), @"none");
    }

    #[test]
    fn what_is_written_is_read_back() {
        for (until, reason) in
            [(Some("2026-12-01T08:00:00Z"), "why"), (Some("2026-12-01T08:00:00Z"), ""), (None, "a=b")]
        {
            let hold = ManualHold { until: until.map(|at| at.parse().unwrap()), reason: reason.to_owned() };
            assert_eq!(ManualHold::parse(&hold.render()), Some(hold));
        }
        assert_eq!(ManualHold::parse("reason=").map(|hold| hold.in_force(Timestamp::MAX)), Some(true));
    }

    #[test]
    fn at_its_end_it_is_over() {
        let end: Timestamp = "2026-12-01T08:00:00Z".parse().unwrap();
        let hold = ManualHold { until: Some(end), reason: "secret".to_owned() };
        assert!(hold.in_force("2026-12-01T07:59:59Z".parse().unwrap()) && !hold.in_force(end));
        assert!(!format!("{hold:?}").contains("secret"));
    }
}
