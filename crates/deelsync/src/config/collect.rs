//! Brings file, environment and flags together: each overrides the one before.

use super::file;
use super::problem::{Origin, Problem, nearest};
use super::settings::{FREE_TABLES, SECRETS, SETTINGS, Setting, setting};
use secrecy::SecretString;
use std::collections::BTreeMap;

/// What the process was given, read once by the outermost layer.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// Path and content of the file, if there is one.
    pub(crate) file: Option<(String, String)>,
    pub(crate) env: BTreeMap<String, String>,
    /// Key, value, and the flag as typed.
    pub(crate) flags: Vec<(String, String, String)>,
}

/// One value and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) text: String,
    pub(crate) origin: Origin,
}

/// One secret and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct SecretValue {
    pub(crate) value: SecretString,
    pub(crate) origin: Origin,
}

/// Everything that was set, not yet understood.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collected {
    pub(crate) values: BTreeMap<&'static str, Value>,
    /// Keys of the free tables, dotted.
    pub(crate) free: BTreeMap<String, Value>,
    pub(crate) secrets: BTreeMap<&'static str, SecretValue>,
    /// Values of the file that a variable or flag overrides.
    pub(crate) overridden: BTreeMap<&'static str, Value>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
}

/// Variables that start with `DEELSYNC_` and belong to no setting.
const OTHER_VARIABLES: &[&str] = &["DEELSYNC_CONFIG", "DEELSYNC_TEST_REDIS"];

/// A URL may carry a password, so its variable has a `_FILE` form like a secret's.
pub(super) const MAY_HOLD_SECRET: &str = "redis.url";

/// Reads everything; nothing is checked beyond its shape.
pub(crate) fn collect(sources: &Sources) -> Collected {
    let mut all = Collected::default();
    if let Some((path, text)) = &sources.file {
        let (entries, problems) = file::read(path, text);
        all.problems.extend(problems);
        for entry in entries {
            let value =
                Value { text: entry.text, origin: Origin::File { path: path.clone(), line: entry.line } };
            match setting(&entry.key) {
                Some(setting) => drop(all.values.insert(setting.key, value)),
                None => drop(all.free.insert(entry.key, value)),
            }
        }
    }
    for setting in SETTINGS {
        let name = setting.env();
        let value = if setting.key == MAY_HOLD_SECRET {
            all.secret_text(&name, &sources.env)
        } else {
            given(&sources.env, &name).map(|text| (text.to_owned(), Origin::Env(name)))
        };
        if let Some((text, origin)) = value {
            all.set(setting.key, Value { text, origin });
        }
    }
    for secret in SECRETS {
        if let Some((text, origin)) = all.secret_text(secret.env, &sources.env) {
            all.secrets.insert(secret.env, SecretValue { value: SecretString::from(text), origin });
        }
    }
    for (key, text, flag) in &sources.flags {
        all.flag(key, text, flag);
    }
    all.unknown_variables(&sources.env);
    all
}

/// A variable's value; set but empty counts as unset, since that is how a compose file leaves one out.
fn given<'a>(env: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    env.get(name).map(|text| text.trim()).filter(|text| !text.is_empty())
}

impl Collected {
    /// A value that goes before what the file says.
    fn set(&mut self, key: &'static str, value: Value) {
        if let Some(before) = self.values.insert(key, value)
            && matches!(before.origin, Origin::File { .. })
        {
            self.overridden.insert(key, before);
        }
    }

    /// The same as if nothing overrode the file.
    pub(super) fn as_in_the_file(&self) -> Option<Self> {
        if self.overridden.is_empty() {
            return None;
        }
        let mut file = self.clone();
        file.values.append(&mut file.overridden);
        Some(file)
    }

    fn secret_text(&mut self, name: &str, env: &BTreeMap<String, String>) -> Option<(String, Origin)> {
        let file_variable = format!("{name}_FILE");
        match (given(env, name), given(env, &file_variable)) {
            (Some(_), Some(_)) => {
                let problem = Problem::new(
                    Origin::Env(name.to_owned()),
                    format!("{name} and {file_variable} are both set"),
                );
                self.problems.push(problem.hint("keep one of them"));
                None
            }
            (Some(text), None) => Some((text.to_owned(), Origin::Env(name.to_owned()))),
            (None, Some(path)) => match std::fs::read_to_string(path) {
                Ok(text) if !text.trim().is_empty() => {
                    Some((text.trim().to_owned(), Origin::SecretFile(file_variable)))
                }
                Ok(_) => {
                    let problem =
                        Problem::new(Origin::SecretFile(file_variable), format!("the file {path} is empty"));
                    self.problems.push(problem.hint("write the secret into it, on one line"));
                    None
                }
                Err(error) => {
                    let problem = Problem::new(
                        Origin::SecretFile(file_variable),
                        format!("the file {path} cannot be read: {error}"),
                    );
                    self.problems.push(problem.hint("check the path, and that this user may read it"));
                    None
                }
            },
            (None, None) => None,
        }
    }

    fn flag(&mut self, key: &str, text: &str, flag: &str) {
        let origin = Origin::Flag(flag.to_owned());
        let value = Value { text: text.to_owned(), origin: origin.clone() };
        if let Some(setting) = setting(key) {
            self.set(setting.key, value);
        } else if FREE_TABLES
            .iter()
            .any(|table| key.strip_prefix(table).is_some_and(|rest| rest.starts_with('.')))
        {
            self.free.insert(key.to_owned(), value);
        } else if SECRETS.iter().any(|secret| secret.key == key) {
            let problem =
                Problem::new(origin, format!("{key} is a secret: other users of this machine see flags"));
            self.problems.push(problem.hint("set it in the environment"));
        } else {
            let problem = Problem::new(origin, format!("{key} is not a setting"));
            let hint = nearest(key, SETTINGS.iter().map(|setting| setting.key)).map_or_else(
                || "`deelsync config example` lists every setting".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            self.problems.push(problem.hint(hint));
        }
    }

    /// A slip in a variable's name would silently mean its default, so it is at least said.
    fn unknown_variables(&mut self, env: &BTreeMap<String, String>) {
        let mut known: Vec<String> = SETTINGS.iter().map(Setting::env).collect();
        known.extend(SECRETS.iter().map(|secret| secret.env.to_owned()));
        let secret_files = SECRETS.iter().map(|secret| secret.env).chain(["REDIS_URL"]);
        known.extend(secret_files.map(|name| format!("{name}_FILE")).collect::<Vec<_>>());
        known.extend(OTHER_VARIABLES.iter().map(|name| (*name).to_owned()));
        for name in env.keys() {
            let ours = ["DEELSYNC_", "DEEL_", "JUMPCLOUD_"].iter().any(|prefix| name.starts_with(prefix));
            if ours && !known.contains(name) {
                let problem = Problem::new(
                    Origin::Env(name.clone()),
                    format!("{name} is not a variable of deelsync, and ignored"),
                );
                let near = nearest(name, known.iter().map(String::as_str));
                self.warnings.push(match near {
                    Some(near) => problem.hint(format!("did you mean {near}?")),
                    None => problem,
                });
            }
        }
    }
}
