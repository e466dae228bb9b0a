//! Our mark on an account we suspended: a custom attribute in JumpCloud, written in the same PUT as the state. It lives
//! with the account, so it survives a crash and the loss of everything else.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::account::AccountState;
use crate::ids::RunId;

/// The name of the custom attribute. JumpCloud wants letters and digits, under 32 (JumpCloud help, "Custom attributes").
pub const MARK_ATTRIBUTE: &str = "deelsync";

/// The most characters a custom attribute's value may have (JumpCloud API 1.0).
const MAX: usize = 1024;

/// Whose decision a suspension was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkedBy {
    /// Deel's data said so.
    Deel,
    /// A person ordered it with `deelsync suspend`.
    Operator,
}

/// The state an account had before it was suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PriorState {
    /// `STAGED`.
    Staged,
    /// `ACTIVATED`, or a state this program does not know.
    Activated,
}

impl PriorState {
    /// The state to remember for an account about to be suspended.
    #[must_use]
    pub fn of(state: &AccountState) -> Self {
        match state {
            AccountState::Staged => Self::Staged,
            _ => Self::Activated,
        }
    }

    /// JumpCloud's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staged => "STAGED",
            Self::Activated => "ACTIVATED",
        }
    }
}

/// When, by which run, from which state and on whose decision we suspended an account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Mark {
    /// When the suspension was planned; whole seconds.
    pub at: Timestamp,
    /// The run that did it.
    pub run: RunId,
    /// What the account was before.
    pub was: PriorState,
    /// Whose decision it was.
    pub by: MarkedBy,
}

/// Why an attribute's value is not one of our marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMark {
    /// It does not begin with the word `suspended`, or is over 1024 characters.
    #[error("the deelsync attribute is not a suspension mark")]
    NotAMark,
    /// A part is missing, or its value cannot be read.
    #[error("the deelsync attribute lacks a readable '{0}'")]
    Part(&'static str),
}

impl Mark {
    /// A mark for now. The time is cut to whole seconds, which is what [`Mark::render`] keeps.
    #[must_use]
    pub fn new(now: Timestamp, run: RunId, was: PriorState, by: MarkedBy) -> Self {
        let at =
            now.checked_sub(SignedDuration::from_nanos(i64::from(now.subsec_nanosecond()))).unwrap_or(now);
        Self { at, run, was, by }
    }

    /// The attribute's value: one line, at most 1024 characters.
    #[must_use]
    pub fn render(&self) -> String {
        let by = match self.by {
            MarkedBy::Deel => "deel",
            MarkedBy::Operator => "operator",
        };
        format!("suspended at={} run={} was={} by={by}", self.at, self.run, self.was.as_str())
    }

    /// Reads an attribute's value. Parts may stand in any order and unknown ones are passed over, so that a later
    /// version's mark is still a mark.
    ///
    /// # Errors
    /// [`InvalidMark`] when it is something else, or a part is missing or unreadable.
    pub fn parse(text: &str) -> Result<Self, InvalidMark> {
        let mut words = text.split_whitespace();
        if text.len() > MAX || !words.next().is_some_and(|word| word.eq_ignore_ascii_case("suspended")) {
            return Err(InvalidMark::NotAMark);
        }
        let (mut at, mut run, mut was, mut by) = (None, None, None, None);
        for (key, value) in words.filter_map(|word| word.split_once('=')) {
            match key {
                "at" => at = value.parse().ok(),
                "run" => run = RunId::parse(value).ok(),
                "was" => was = prior(value),
                "by" => by = marked_by(value),
                _ => {}
            }
        }
        Ok(Self {
            at: at.ok_or(InvalidMark::Part("at"))?,
            run: run.ok_or(InvalidMark::Part("run"))?,
            was: was.ok_or(InvalidMark::Part("was"))?,
            by: by.ok_or(InvalidMark::Part("by"))?,
        })
    }
}

fn prior(text: &str) -> Option<PriorState> {
    match AccountState::parse(text) {
        AccountState::Staged => Some(PriorState::Staged),
        AccountState::Activated => Some(PriorState::Activated),
        AccountState::Suspended | AccountState::Unknown(_) => None,
    }
}

fn marked_by(text: &str) -> Option<MarkedBy> {
    match text {
        "deel" => Some(MarkedBy::Deel),
        "operator" => Some(MarkedBy::Operator),
        _ => None,
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_back_as_it_was_written() {
        let now: Timestamp = "2026-11-23T09:14:03.25Z".parse().unwrap();
        let mark = Mark::new(now, RunId::parse("01JRUN").unwrap(), PriorState::Activated, MarkedBy::Deel);
        insta::assert_snapshot!(mark.render(), @"suspended at=2026-11-23T09:14:03Z run=01JRUN was=ACTIVATED by=deel");
        assert_eq!(Mark::parse(&mark.render()), Ok(mark));
    }

    #[test]
    fn a_later_versions_mark_is_still_a_mark() {
        let text = "suspended by=operator more=1 was=STAGED run=r at=2026-11-23T09:14:03Z and words";
        assert_eq!(Mark::parse(text).map(|m| (m.by, m.was)), Ok((MarkedBy::Operator, PriorState::Staged)));
    }

    #[test]
    fn anything_else_is_not_a_mark() {
        assert_eq!(Mark::parse(""), Err(InvalidMark::NotAMark));
        assert_eq!(Mark::parse("hello"), Err(InvalidMark::NotAMark));
        assert_eq!(Mark::parse("suspended"), Err(InvalidMark::Part("at")));
        let gone = "suspended at=2026-11-23T09:14:03Z run=r was=SUSPENDED by=deel";
        assert_eq!(Mark::parse(gone), Err(InvalidMark::Part("was")));
        assert_eq!(Mark::parse(&format!("suspended {}", "x".repeat(2000))), Err(InvalidMark::NotAMark));
    }
}
