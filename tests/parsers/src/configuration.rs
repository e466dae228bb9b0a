//! The configuration.

use std::collections::BTreeMap;

use crate::config::{Loaded, Sources, load};

/// Unlike anything else that could be printed.
const SECRET: &str = "sEcReT-7f3a9c0e5b1d-sEcReT";

const SECRETS: [&str; 7] = [
    "DEEL_API_TOKEN",
    "DEEL_SIGNING_KEYS",
    "JUMPCLOUD_API_KEY",
    "JUMPCLOUD_CLIENT_SECRET",
    "DEELSYNC_ADMIN_TOKEN",
    "NOTIFY_WEBHOOK_URL",
    "NOTIFY_SMTP_PASSWORD",
];

/// Any file, beside an environment full of secrets.
pub fn configuration(data: &[u8]) {
    let env = SECRETS.iter().map(|name| ((*name).to_owned(), SECRET.to_owned()));
    let redis = ("REDIS_URL".to_owned(), format!("redis://:{SECRET}@localhost:6379"));
    configured(&String::from_utf8_lossy(data), env.chain([redis]).collect());
}

/// Reads `file` under `env`. It comes to a configuration, or to problems that name a place in the file; reading again
/// comes to the same; and no secret is in anything that may be printed.
pub fn configured(file: &str, env: BTreeMap<String, String>) {
    let sources =
        Sources { file: Some(("deelsync.toml".to_owned(), file.to_owned())), env, ..Sources::default() };
    let loaded = load(&sources);
    assert_eq!(loaded.config.is_none(), !loaded.problems.is_empty());
    let printed = printed(&loaded);
    assert!(!printed.contains(SECRET), "a secret prints:\n{printed}");
    assert!(printed.len() <= 400_000 + 40 * file.len(), "{} bytes for {}", printed.len(), file.len());
    assert_eq!(printed, self::printed(&load(&sources)), "the same file says the same");
    let lines = file.lines().count().max(1) + 1;
    for problem in loaded.problems.iter().chain(&loaded.warnings).chain(&loaded.overridden) {
        let text = problem.to_string();
        let line = text.strip_prefix("deelsync.toml:").and_then(|rest| rest.split(':').next()?.parse().ok());
        assert!(line.is_none_or(|line: usize| (1..=lines).contains(&line)), "{text}");
    }
}

/// Everything of it that a command, a log or a panic could show.
fn printed(loaded: &Loaded) -> String {
    let shown = serde_json::to_string(&loaded.shown).expect("what is shown is JSON");
    let said: Vec<String> = [&loaded.problems, &loaded.warnings, &loaded.overridden]
        .into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    format!("{shown}\n{}\n{:?}", said.join("\n"), loaded.config)
}
