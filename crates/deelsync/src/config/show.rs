//! The effective configuration: each value and where it came from, secrets masked.

use super::collect::Collected;
use super::read::LIST_SEPARATOR;
use super::settings::{SECRETS, SETTINGS};

/// One line of `config show`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Shown {
    /// The setting's key, or the secret's variable.
    pub(crate) key: String,
    /// As text; none if unset. For a secret, only that it is set.
    pub(crate) value: Option<String>,
    /// `default`, `deelsync.toml:12`, a variable or a flag.
    pub(crate) origin: String,
}

/// Every setting in the table's order, then the operator's own keys, then the secrets.
pub(crate) fn effective(collected: &Collected) -> Vec<Shown> {
    let mut shown = Vec::new();
    for setting in SETTINGS {
        let set = collected.values.get(setting.key);
        let text = set.map(|value| value.text.clone()).or_else(|| setting.default.map(str::to_owned));
        // Not only where a password may be: also where one was put by mistake, and is refused.
        let value = text.as_deref().map(without_password).filter(|text| !text.is_empty());
        let value = value.map(|text| text.replace(LIST_SEPARATOR, ", "));
        let origin = set.map_or_else(|| "default".to_owned(), |value| value.origin.to_string());
        shown.push(Shown { key: setting.key.to_owned(), value, origin });
    }
    for (key, value) in &collected.free {
        let origin = value.origin.to_string();
        shown.push(Shown { key: key.clone(), value: Some(value.text.clone()), origin });
    }
    for secret in SECRETS {
        let set = collected.secrets.get(secret.env);
        shown.push(Shown {
            key: secret.env.to_owned(),
            value: set.map(|_| "********".to_owned()),
            origin: set.map_or_else(|| "not set".to_owned(), |secret| secret.origin.to_string()),
        });
    }
    shown
}

/// A URL with its user part masked. Everything up to the last `@` is taken for a password: better too much.
pub(super) fn without_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://********@{host}"),
        _ => url.to_owned(),
    }
}

/// Whether a URL carries a password or user.
pub(super) fn holds_password(url: &str) -> bool {
    url.contains('@')
}
