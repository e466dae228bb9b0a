//! From the process's surroundings to a configuration.

use crate::cli::{Cli, Command};
use crate::config::{Config, Loaded, Sources, load};
use crate::out;
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The environment, as far as it is text.
pub(crate) type Env = BTreeMap<String, String>;

/// Where the file is looked for if nobody names one.
const DEFAULT_FILE: &str = "deelsync.toml";

/// Reads file, environment and flags, and checks them. `strict` is for the command that reports on the file itself.
///
/// # Errors
/// If the file was named and cannot be read.
pub(crate) fn read(cli: &Cli) -> anyhow::Result<(Loaded, Env, Option<PathBuf>)> {
    let env: Env = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let named = cli.global.config.clone().or_else(|| {
        env.get("DEELSYNC_CONFIG").map(|path| path.trim()).filter(|path| !path.is_empty()).map(PathBuf::from)
    });
    let path = named.or_else(|| Path::new(DEFAULT_FILE).is_file().then(|| PathBuf::from(DEFAULT_FILE)));
    let file = match &path {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("the configuration file {} cannot be read", path.display()))?;
            Some((path.display().to_string(), text))
        }
        None => None,
    };
    let sources = Sources { file, env, flags: flags(cli) };
    let loaded = load(&sources);
    Ok((loaded, sources.env, path))
}

fn flags(cli: &Cli) -> Vec<(String, String, String)> {
    let mut flags: Vec<_> = cli
        .global
        .set
        .iter()
        .map(|(key, value)| (key.clone(), value.clone(), format!("--set {key}")))
        .collect();
    let mut named = vec![
        ("data_dir", &cli.global.data_dir, "--data-dir"),
        ("log.filter", &cli.global.log, "--log"),
        ("log.format", &cli.global.log_format, "--log-format"),
    ];
    if let Command::Run(args) | Command::Serve(args) | Command::Work(args) = &cli.command {
        named.push(("sync.mode", &args.mode, "--mode"));
        named.push(("server.listen", &args.listen, "--listen"));
        named.push(("server.admin_listen", &args.admin_listen, "--admin-listen"));
    }
    for (key, value, flag) in named {
        if let Some(value) = value {
            flags.push((key.to_owned(), value.clone(), flag.to_owned()));
        }
    }
    flags
}

/// The configuration. Its errors are on stderr then.
///
/// # Errors
/// If it has any.
pub(crate) fn configuration(cli: &Cli) -> anyhow::Result<(Config, Env)> {
    let (loaded, env, _) = read(cli)?;
    for warning in &loaded.warnings {
        out::note(format!("warning: {warning}"));
    }
    for problem in &loaded.problems {
        out::note(problem.to_string());
    }
    let config = loaded.config.context(
        "the configuration has errors; `deelsync config check` lists them, `deelsync config example` shows a good one",
    )?;
    Ok((config, env))
}

/// Says so where the trail is read and nothing is written to it.
pub(crate) fn note_trail(config: &Config) {
    if !config.audit.enabled {
        out::note("The audit trail is off (audit.enabled = false).");
    }
}
