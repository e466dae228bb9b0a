//! The commented configuration that `config example` prints.

use super::settings::{FREE_TABLES, LIST_TABLES, SECRETS, SECTIONS, SETTINGS, Setting, Shape};
use std::fmt::Write as _;

/// `name = value` as it would stand in the file.
pub(super) fn assignment(setting: &Setting) -> String {
    let name = setting.key.rsplit('.').next().unwrap_or(setting.key);
    let value = setting.default.unwrap_or(setting.sample);
    match setting.shape {
        Shape::Text => format!("{name} = \"{value}\""),
        Shape::List => format!("{name} = [{value}]"),
        Shape::Integer | Shape::Number | Shape::NumberOrOff | Shape::Bool => format!("{name} = {value}"),
    }
}

/// A file with every setting at its default, the unset ones commented out. It passes `config check`.
pub(crate) fn example() -> String {
    let mut out = String::from(
        "# deelsync.toml: every setting, with its default. All of it is optional.\n\
         # The environment overrides this file, flags override the environment; each setting names its variable.\n\
         #\n\
         # Secrets do not belong here. They come from the environment, or from the file that NAME_FILE names:\n",
    );
    for secret in SECRETS {
        let _ = writeln!(out, "#   {:<24} {}", secret.env, secret.about);
    }
    let _ = writeln!(out, "#   {:<24} a Redis URL with a password in it", "REDIS_URL");
    out.push('\n');
    for setting in SETTINGS.iter().filter(|setting| !setting.key.contains('.')) {
        entry(&mut out, setting);
    }
    for (section, about) in SECTIONS {
        out.push('\n');
        comment(&mut out, about);
        // An empty one of a list would be a member of it.
        if LIST_TABLES.iter().any(|(name, _)| name == section) {
            continue;
        }
        let _ = writeln!(out, "[{section}]");
        if FREE_TABLES.contains(section) {
            continue;
        }
        for setting in SETTINGS {
            if setting.key.rsplit_once('.').is_some_and(|(parent, _)| parent == *section) {
                entry(&mut out, setting);
            }
        }
    }
    out
}

fn comment(out: &mut String, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "# {line}");
    }
}

fn entry(out: &mut String, setting: &Setting) {
    comment(out, setting.about);
    let unset = if setting.default.is_none() { "# " } else { "" };
    let _ = writeln!(out, "{unset}{:<40} # {}", assignment(setting), setting.env());
}
