//! `runs list` and `runs show`: how the latest full runs ended. Needs Redis only.

use super::number;
use crate::backend;
use crate::cli::{Format, RunsCommand};
use crate::commands::person::run_text;
use crate::commands::startup::{Env, note_trail};
use crate::commands::why::what;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use provisioning::{Redacted, RunId};
use reconciler::Mode;
use reconciler::trail::{OfRun, ReconcileRecord, RunRecord, Trail};
use serde_json::json;

pub(crate) async fn runs(config: &Config, env: &Env, command: RunsCommand) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        let trail = backend::trail(config, &queue);
        note_trail(config);
        match command {
            RunsCommand::List { limit, format } => list(&trail, usize::from(limit), format.format).await,
            RunsCommand::Show { run, format } => show(&trail, &run, format.format).await,
        }
    })
    .await
}

/// The newest first.
async fn list(trail: &Trail, limit: usize, format: Format) -> anyhow::Result<Exit> {
    let mut runs = trail.full_runs(limit).await?;
    runs.reverse();
    match format {
        Format::Json => out::json(&runs)?,
        Format::Table if runs.is_empty() => out::line("No full run is on record yet."),
        Format::Table => {
            let head =
                ["RUN", "STARTED", "TOOK", "BY", "END", "PEOPLE", "CHANGED", "HELD", "FAILED", "SKIPPED"];
            out::line(out::table(head, runs.iter().map(row)));
            out::note("`deelsync runs show RUN` says more of one.");
        }
    }
    Ok(Exit::Success)
}

fn row(run: &ReconcileRecord) -> [String; 10] {
    [
        run.run.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        format!("{:.0}", run.started_at),
        out::ago(run.duration_ms),
        run.trigger.clone(),
        end(run),
        number(run.people),
        number(run.counts.applied),
        number(run.counts.held),
        number(run.counts.failed),
        number(run.counts.skipped),
    ]
}

fn end(run: &ReconcileRecord) -> String {
    let end = if run.ended.is_empty() { "-" } else { run.ended.as_str() };
    match run.mode {
        Some(Mode::Observe) => format!("{end} (observe)"),
        _ => end.to_owned(),
    }
}

/// One full run with those of single people inside it; or one of a single person.
async fn show(trail: &Trail, id: &str, format: Format) -> anyhow::Result<Exit> {
    let found = match RunId::parse(id) {
        Ok(run) => trail.of_run(&run).await?,
        Err(_) => OfRun::default(),
    };
    let OfRun { whole: full, people, .. } = found;
    if full.is_none() && people.is_empty() {
        out::note(format!("There is no run {id} on the trail; `deelsync runs` lists the full ones."));
        return Ok(Exit::Failure);
    }
    match format {
        Format::Json => out::json(&json!({ "run": full, "people": people }))?,
        Format::Table => out::line(text(full.as_ref(), &people)),
    }
    Ok(Exit::Success)
}

fn text(full: Option<&ReconcileRecord>, people: &[RunRecord]) -> String {
    let Some(full) = full else {
        return people.iter().map(run_text).collect();
    };
    let mut text = String::new();
    for (name, value) in [
        ("run", full.run.as_ref().map(ToString::to_string)),
        ("started", Some(format!("{:.0}", full.started_at))),
        ("took", Some(out::ago(full.duration_ms))),
        ("by", Some(full.trigger.clone())),
        ("end", Some(end(full))),
        ("problem", full.problem.clone()),
    ] {
        if let Some(value) = value {
            text += &format!("{name:<10} {value}\n");
        }
    }
    for note in &full.notes {
        text += &format!("note       {note}\n");
    }
    text += "\n";
    text += &super::follow::counts(&full.counts, full.mode == Some(Mode::Observe));
    let shown =
        |value: &Option<Redacted>| value.as_ref().map_or_else(|| "-".to_owned(), |value| value.0.clone());
    let rows = people.iter().map(|run| {
        [run.person.to_string(), shown(&run.name), shown(&run.username), run.outcome.to_string(), told(run)]
    });
    let table = out::table(["PERSON", "NAME", "USERNAME", "OUTCOME", "WHAT"], rows);
    if !table.is_empty() {
        text += "\n";
        text += &table;
    }
    text
}

/// What was done and held, or what went wrong.
fn told(run: &RunRecord) -> String {
    let what = what(run);
    match &run.problem {
        Some(problem) if what.is_empty() => problem.clone(),
        Some(problem) => format!("{what}; {problem}"),
        None => what,
    }
}
