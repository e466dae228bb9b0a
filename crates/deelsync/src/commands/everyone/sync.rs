//! `sync` of everyone: run it here, or join the one that is on its way; or only ask a worker for it.

use super::follow::{counts, followed};
use crate::backend;
use crate::cli::Format;
use crate::commands::person::{named, not_paused};
use crate::commands::startup::Env;
use crate::commands::workers;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use ::queue::Trigger;
use reconciler::{FullEnd, FullReport, FullRuns, Mode, Synced};
use serde_json::json;

/// Runs or joins, and tells how it ended.
pub(crate) async fn sync(config: &Config, env: &Env, format: Format) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        not_paused(&queue).await?;
        crate::commands::away::note(&queue).await?;
        let reconciler = backend::reconciler(config, &queue)?;
        let (worker, trigger) = (backend::worker_name(), Trigger::new("operator:sync"));
        let synced = followed(async |tell| reconciler.sync_everyone(&worker, &trigger, tell).await)
            .await
            .map_err(named)?;
        let (report, joined) = match &synced {
            Synced::Ran(report) => (report, false),
            Synced::Joined(report) => (report, true),
        };
        match format {
            Format::Json => {
                let mut document = json!(report);
                if let Some(object) = document.as_object_mut() {
                    object.insert("joined".to_owned(), json!(joined));
                }
                out::json(&document)?;
            }
            Format::Table => out::line(text(report, joined)),
        }
        Ok(exit_of(report))
    })
    .await
}

fn exit_of(report: &FullReport) -> Exit {
    match report.ended {
        FullEnd::Done | FullEnd::Planned if report.counts.failed == 0 => Exit::Success,
        _ => Exit::Failure,
    }
}

fn text(report: &FullReport, joined: bool) -> String {
    let took = out::ago(report.duration_ms);
    let first = match &report.ended {
        FullEnd::Done => format!("Everyone was compared, in {took}"),
        FullEnd::Planned => format!("Everyone was compared, in {took}. Observe mode: nothing was written"),
        FullEnd::Refused(_) => "REFUSED: nothing was changed".to_owned(),
        FullEnd::Failed(_) => format!("Failed after {took}"),
        FullEnd::Interrupted => {
            format!("Interrupted after {took}: writes are paused, or another process took over")
        }
    };
    let joined = if joined { "; it was on its way already" } else { "" };
    let mut text = format!("{first} (run {}{joined})\n", report.run);
    if let Some(problem) = report.ended.problem() {
        text += &format!("  {problem}\n");
    }
    text += &counts(&report.counts, report.mode == Mode::Observe);
    for note in &report.notes {
        text += &format!("  note: {note}\n");
    }
    let mut next = Vec::new();
    if report.counts.held > 0 {
        next.push(match report.mode {
            Mode::Enforce => "`deelsync holds list` shows what waits for a decision.".to_owned(),
            Mode::Observe => "`deelsync plan` shows it person by person.".to_owned(),
        });
    }
    if report.counts.failed > 0 {
        next.push(format!(
            "`deelsync runs show {}` says what failed; it is in the queue and tried again.",
            report.run
        ));
    }
    text + &next.join("\n")
}

/// Asks a running worker for it.
pub(crate) async fn ask(config: &Config, env: &Env, format: Format) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        not_paused(&queue).await?;
        let asked = FullRuns::new(queue.clone()).request(&Trigger::new("operator:sync")).await?;
        let working = workers::living(&queue).await?;
        match format {
            Format::Json => out::json(&json!({
                "job": "reconcile", "run": asked.run, "joined": asked.joined, "workers": working,
            }))?,
            Format::Table => {
                out::line(match (&asked.run, asked.joined) {
                    (Some(run), _) => format!("Everyone is being compared at this moment (run {run})."),
                    (None, true) => "Everyone is compared next; that was asked for already.".to_owned(),
                    (None, false) => "Everyone is compared next.".to_owned(),
                });
                out::line(match working {
                    0 => "No worker runs: it is done once `deelsync run` or `deelsync work` does.".to_owned(),
                    _ => {
                        "`deelsync sync` follows it to its end, `deelsync runs` says how it ended.".to_owned()
                    }
                });
            }
        }
        Ok(Exit::Success)
    })
    .await
}
