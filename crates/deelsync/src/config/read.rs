//! Reads collected values into types, and gathers what does not fit instead of stopping at the first.

use super::collect::{Collected, Value};
use super::problem::{Origin, Problem, nearest};
use super::settings::setting;
use secrecy::SecretString;
use std::fmt::Display;
use std::str::FromStr;

/// Between the parts of a list from the file.
pub(super) const LIST_SEPARATOR: &str = "\n";

/// A value that does not fit: what it is, and what would fit.
pub(crate) struct Unfit {
    pub(crate) what: String,
    pub(crate) hint: String,
}

impl Unfit {
    pub(super) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), hint: hint.into() }
    }
}

/// One pass over the collected values.
pub(super) struct Read<'a> {
    collected: &'a Collected,
    problems: Vec<Problem>,
}

impl<'a> Read<'a> {
    pub(super) fn new(collected: &'a Collected) -> Self {
        Self { collected, problems: Vec::new() }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// The value as set, or the default.
    pub(super) fn value(&self, key: &'static str) -> Option<Value> {
        self.collected.values.get(key).cloned().or_else(|| {
            let text = setting(key)?.default?.to_owned();
            Some(Value { text, origin: Origin::Default })
        })
    }

    pub(super) fn free(&self, table: &str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        let prefix = format!("{table}.");
        self.collected.free.iter().filter_map(move |(key, value)| Some((key.strip_prefix(&prefix)?, value)))
    }

    pub(super) fn secret(&self, env: &str) -> Option<(SecretString, Origin)> {
        self.collected.secrets.get(env).map(|secret| (secret.value.clone(), secret.origin.clone()))
    }

    pub(super) fn problem(&mut self, origin: Origin, message: impl Into<String>, hint: impl Into<String>) {
        self.problems.push(Problem::new(origin, message).hint(hint));
    }

    /// The problem at wherever this key was set.
    pub(super) fn problem_at(
        &mut self,
        key: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let origin = self.value(key).map_or(Origin::Default, |value| value.origin);
        self.problem(origin, message, hint);
    }

    /// Parses a value; `None` if it is unset or does not fit (then the problem is on record).
    pub(super) fn parse<T>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Unfit>,
    ) -> Option<T> {
        let value = self.value(key)?;
        match parse(&value.text) {
            Ok(parsed) => Some(parsed),
            Err(unfit) => {
                self.problem(value.origin, format!("{key}: {}", unfit.what), unfit.hint);
                None
            }
        }
    }

    /// One of a few words.
    pub(super) fn choice<T: Clone>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
        fallback: T,
    ) -> T {
        let found = self.parse(key, |text| {
            choices.iter().find(|(word, _)| *word == text).map(|(_, value)| value.clone()).ok_or_else(|| {
                let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
                let near = nearest(text, words.iter().copied());
                let hint = match near {
                    Some(near) => format!("did you mean \"{near}\"? Possible: {}", words.join(", ")),
                    None => format!("possible: {}", words.join(", ")),
                };
                Unfit::new(format!("\"{}\" is not possible", printable(text)), hint)
            })
        });
        found.unwrap_or(fallback)
    }

    /// A number within bounds.
    pub(super) fn number<T>(&mut self, key: &'static str, min: T, max: T, fallback: T) -> T
    where
        T: FromStr + PartialOrd + Display + Copy,
    {
        let found = self.parse(key, |text| {
            let hint = || format!("a number from {min} to {max}");
            match text.parse::<T>() {
                Ok(number) if number >= min && number <= max => Ok(number),
                Ok(number) => Err(Unfit::new(format!("{number} is out of range"), hint())),
                Err(_) => Err(Unfit::new(format!("\"{}\" is not such a number", printable(text)), hint())),
            }
        });
        found.unwrap_or(fallback)
    }

    /// The parts of a list. In a variable or flag they are separated by commas; in the file a part may hold one.
    pub(super) fn list(&self, key: &'static str) -> Vec<String> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let separator = if matches!(value.origin, Origin::File { .. }) { LIST_SEPARATOR } else { "," };
        let parts = value.text.split(separator).map(str::trim).filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    }

    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        self.value(key).map(|value| value.text).filter(|text| !text.is_empty())
    }
}

/// A value for an error message: short, on one line.
pub(super) fn printable(text: &str) -> String {
    let cut: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}
