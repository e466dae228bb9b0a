//! Reads `deelsync.toml` into flat keys with the line each came from.

use super::problem::{Origin, Problem, nearest};
use super::read::LIST_SEPARATOR;
use super::settings::{FREE_TABLES, LIST_TABLES, SECRETS, SETTINGS, Shape, is_section, setting};
use toml::de::{DeTable, DeValue};

/// One value of the file, as text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Dotted key: a setting's, or one inside a free table.
    pub(super) key: String,
    pub(super) text: String,
    pub(super) line: usize,
}

/// All values of the file, and everything that is wrong with it.
pub(super) fn read(path: &str, input: &str) -> (Vec<Entry>, Vec<Problem>) {
    let (table, errors) = DeTable::parse_recoverable(input);
    let mut reader = Reader { path, input, entries: Vec::new(), problems: Vec::new() };
    for error in errors {
        let origin = reader.origin(error.span().map_or(0, |span| span.start));
        let message = error.message().replace('\n', ", ");
        let hint = if message.contains("array") || message.contains('[') {
            "a list is in brackets and its texts are in quotes: key = [\"a\", \"b\"]"
        } else if message.contains("quote") || message.contains("string") {
            "text values need quotes: key = \"value\""
        } else {
            "each line is key = value; `deelsync config example` shows every one"
        };
        reader.problems.push(Problem::new(origin, format!("not TOML: {message}")).hint(hint));
    }
    // What a broken file means is anyone's guess: its other errors may be echoes of the first.
    if reader.problems.is_empty() {
        reader.table("", table.get_ref());
    }
    (reader.entries, reader.problems)
}

struct Reader<'a> {
    path: &'a str,
    input: &'a str,
    entries: Vec<Entry>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        1 + self.input.bytes().take(offset).filter(|byte| *byte == b'\n').count()
    }

    fn origin(&self, offset: usize) -> Origin {
        Origin::File { path: self.path.to_owned(), line: self.line(offset) }
    }

    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = if prefix.is_empty() {
                name.get_ref().to_string()
            } else {
                format!("{prefix}.{}", name.get_ref())
            };
            let offset = name.span().start;
            if let (DeValue::Table(inner), true) = (value.get_ref(), FREE_TABLES.contains(&key.as_str())) {
                self.table(&key, inner);
            } else if let Some((_, fields)) = LIST_TABLES.iter().find(|(name, _)| *name == key) {
                self.list(&key, fields, value.get_ref(), offset);
            } else if FREE_TABLES.contains(&prefix) {
                self.scalar(&key, Shape::Text, value.get_ref(), offset);
            } else if let Some(setting) = setting(&key) {
                self.scalar(&key, setting.shape, value.get_ref(), offset);
            } else if let Some(secret) = SECRETS
                .iter()
                .find(|secret| secret.key == key || secret.env.eq_ignore_ascii_case(name.get_ref()))
            {
                let env = secret.env;
                let problem = Problem::new(
                    self.origin(offset),
                    format!("{key} is a secret, and secrets do not belong in this file"),
                );
                self.problems.push(problem.hint(format!(
                    "remove it here, and set {env} in the environment, or {env}_FILE to the path of a file that \
                     holds it; what stood here should be replaced by a new one"
                )));
            } else if let (DeValue::Table(inner), true) = (value.get_ref(), is_section(&key)) {
                self.table(&key, inner);
            } else if is_section(&key) {
                let problem = Problem::new(self.origin(offset), format!("{key} is a section, not a value"));
                self.problems.push(problem.hint(format!("write [{key}] on a line of its own")));
            } else {
                self.unknown(&key, offset);
            }
        }
    }

    /// `[[key]]`, any number of times.
    fn list(&mut self, key: &str, fields: &[&str], value: &DeValue<'_>, offset: usize) {
        let DeValue::Array(items) = value else {
            let problem = Problem::new(self.origin(offset), format!("{key} is a list of sections"));
            self.problems.push(problem.hint(format!("write [[{key}]] on a line of its own, once for each")));
            return;
        };
        for (number, item) in items.iter().enumerate() {
            let DeValue::Table(table) = item.get_ref() else {
                let problem =
                    Problem::new(self.origin(item.span().start), format!("{key} is a list of sections"));
                self.problems
                    .push(problem.hint(format!("write [[{key}]] on a line of its own, once for each")));
                continue;
            };
            for (name, value) in table {
                let (name, offset) = (name.get_ref(), name.span().start);
                if fields.contains(&name.as_ref()) {
                    self.scalar(&format!("{key}.{number}.{name}"), Shape::Text, value.get_ref(), offset);
                } else {
                    let what = format!("{name} is not a setting of [[{key}]]");
                    let problem = Problem::new(self.origin(offset), what);
                    let hint = match nearest(name, fields.iter().copied()) {
                        Some(near) => format!("did you mean {near}?"),
                        None => format!("possible: {}", fields.join(", ")),
                    };
                    self.problems.push(problem.hint(hint));
                }
            }
            if table.is_empty() {
                let problem = Problem::new(self.origin(item.span().start), format!("[[{key}]] is empty"));
                self.problems.push(problem.hint(format!("give it: {}", fields.join(", "))));
            }
        }
    }

    fn scalar(&mut self, key: &str, shape: Shape, value: &DeValue<'_>, offset: usize) {
        let text = match (shape, value) {
            (Shape::Text, DeValue::String(text)) => Some(text.to_string()),
            // TOML has times of its own: nightly_at = 02:00 needs no quotes.
            (Shape::Text, DeValue::Datetime(time)) => Some(time.to_string()),
            (Shape::NumberOrOff, DeValue::String(text)) if text == "off" => Some(text.to_string()),
            (Shape::Integer | Shape::Number | Shape::NumberOrOff, DeValue::Integer(number)) => {
                i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number.to_string())
            }
            (Shape::Number | Shape::NumberOrOff, DeValue::Float(number)) => Some(number.as_str().to_owned()),
            (Shape::Bool, DeValue::Boolean(flag)) => Some(flag.to_string()),
            (Shape::List, DeValue::Array(items)) => items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(text) => Some(text.to_string()),
                    _ => None,
                })
                .collect::<Option<Vec<_>>>()
                .map(|texts| texts.join(LIST_SEPARATOR)),
            _ => None,
        };
        match text {
            Some(text) => self.entries.push(Entry { key: key.to_owned(), text, line: self.line(offset) }),
            None => {
                let wanted = match shape {
                    Shape::Text => "text in quotes",
                    Shape::Integer => "a whole number without quotes",
                    Shape::Number => "a number without quotes",
                    Shape::NumberOrOff => "a number without quotes, or \"off\"",
                    Shape::Bool => "true or false without quotes",
                    Shape::List => "a list of texts in quotes",
                };
                let mut problem = Problem::new(self.origin(offset), format!("{key} must be {wanted}"));
                if let Some(setting) = setting(key) {
                    problem = problem.hint(format!("for example: {}", super::example::assignment(setting)));
                }
                self.problems.push(problem);
            }
        }
    }

    fn unknown(&mut self, key: &str, offset: usize) {
        let problem = Problem::new(self.origin(offset), format!("{key} is not a setting"));
        let sections =
            SETTINGS.iter().filter_map(|setting| setting.key.rsplit_once('.').map(|(name, _)| name));
        let known: Vec<&str> = SETTINGS.iter().map(|setting| setting.key).chain(sections).collect();
        let last = key.rsplit('.').next().unwrap_or(key);
        // A right name in a wrong section is the commonest slip after a wrong letter.
        let elsewhere = SETTINGS
            .iter()
            .map(|setting| setting.key)
            .find(|known| known.rsplit('.').next().is_some_and(|name| name.eq_ignore_ascii_case(last)));
        let hint = nearest(key, known.iter().copied()).or(elsewhere).map_or_else(
            || "`deelsync config example` lists every setting".to_owned(),
            |near| format!("did you mean {near}?"),
        );
        self.problems.push(problem.hint(hint));
    }
}
