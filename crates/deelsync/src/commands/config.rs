//! `config example`, `config check`, `config show`.

use super::startup;
use crate::cli::{Cli, ConfigCommand, Format, FormatArg};
use crate::config::{Problem, example};
use crate::exit::Exit;
use crate::out;
use serde_json::json;

pub(crate) fn run(command: &ConfigCommand, cli: &Cli) -> anyhow::Result<Exit> {
    match command {
        ConfigCommand::Example => {
            out::line(example());
            Ok(Exit::Success)
        }
        ConfigCommand::Check(FormatArg { format }) => check(cli, *format),
        ConfigCommand::Show(FormatArg { format }) => show(cli, *format),
    }
}

fn check(cli: &Cli, format: Format) -> anyhow::Result<Exit> {
    let (mut loaded, _, path) = startup::read(cli)?;
    // Other commands go on with the value that overrides it; this one is about the file.
    for problem in std::mem::take(&mut loaded.overridden) {
        let message = format!("{} (overridden now, so without effect)", problem.message);
        loaded.problems.push(Problem { message, ..problem });
    }
    let exit = if loaded.problems.is_empty() { Exit::Success } else { Exit::Failure };
    // A file can be checked where its secrets are not; what needs them says so itself.
    let absent: Vec<String> = loaded
        .config
        .iter()
        .flat_map(crate::backend::missing)
        .map(|variable| format!("{variable} is not set here; `run` needs it"))
        .collect();
    match format {
        Format::Table => {
            for problem in &loaded.problems {
                out::line(problem.to_string());
            }
            for warning in &loaded.warnings {
                out::line(format!("warning: {warning}"));
            }
            for absent in &absent {
                out::line(format!("warning: {absent}"));
            }
            let what = path.map_or_else(
                || "the environment (no configuration file)".to_owned(),
                |path| format!("{} and the environment", path.display()),
            );
            out::line(match loaded.problems.len() {
                0 => format!("{what}: no errors"),
                1 => format!("{what}: 1 error"),
                errors => format!("{what}: {errors} errors"),
            });
        }
        Format::Json => {
            let list = |problems: &[Problem]| {
                problems
                    .iter()
                    .map(|problem| {
                        json!({
                            "where": problem.origin.to_string(),
                            "message": problem.message,
                            "hint": problem.hint,
                        })
                    })
                    .collect::<Vec<_>>()
            };
            out::json(&json!({
                "ok": loaded.problems.is_empty(),
                "file": path.map(|path| path.display().to_string()),
                "errors": list(&loaded.problems),
                "warnings": list(&loaded.warnings),
                "absent": absent,
            }))?;
        }
    }
    Ok(exit)
}

fn show(cli: &Cli, format: Format) -> anyhow::Result<Exit> {
    let (loaded, _, path) = startup::read(cli)?;
    match format {
        Format::Table => out::line(out::table(
            ["SETTING", "VALUE", "FROM"],
            loaded.shown.iter().map(|shown| {
                [
                    shown.key.clone(),
                    shown.value.clone().unwrap_or_else(|| "-".to_owned()),
                    shown.origin.clone(),
                ]
            }),
        )),
        Format::Json => out::json(&json!({
            "file": path.map(|path| path.display().to_string()),
            "settings": loaded.shown,
        }))?,
    }
    for problem in &loaded.problems {
        out::note(problem.to_string());
    }
    Ok(if loaded.problems.is_empty() { Exit::Success } else { Exit::Failure })
}
