//! `activate`, `holds put` and `holds lift`: what an operator does to one person.

use super::person::{PATIENCE, fields, named};
use super::startup::Env;
use crate::backend;
use crate::cli::Format;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use ::queue::Queue;
use jiff::Timestamp;
use provisioning::ProfileId;
use reconciler::trail::RunRecord;
use reconciler::{Activate, Asker, At, Reconciler, RequestError};
use std::fmt::Write as _;

/// What the arguments of `activate` ask for.
pub(crate) fn how(at: Option<At>, mail_to: Option<String>, cancel: bool) -> Activate {
    match at {
        _ if cancel => Activate::Cancel,
        Some(at) => Activate::At { at, mail_to },
        None => Activate::Now { mail_to },
    }
}

pub(crate) async fn activate(
    config: &Config,
    env: &Env,
    person: &str,
    how: &Activate,
    format: Format,
) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        by_hand(config, env, &queue, person, format, async |reconciler, person, asker| {
            reconciler.activate(person, how, asker).await
        })
        .await
    })
    .await
}

pub(super) async fn put(
    config: &Config,
    env: &Env,
    queue: &Queue,
    person: &str,
    reason: &str,
    until: Option<Timestamp>,
    format: Format,
) -> anyhow::Result<Exit> {
    by_hand(config, env, queue, person, format, async |reconciler, person, asker| {
        reconciler.hold_person(person, reason, until, asker).await
    })
    .await
}

pub(super) async fn lift(
    config: &Config,
    env: &Env,
    queue: &Queue,
    person: &str,
    format: Format,
) -> anyhow::Result<Exit> {
    by_hand(config, env, queue, person, format, async |reconciler, person, asker| {
        reconciler.lift_hold(person, asker).await
    })
    .await
}

async fn by_hand(
    config: &Config,
    env: &Env,
    queue: &Queue,
    person: &str,
    format: Format,
    act: impl AsyncFnOnce(&Reconciler, &ProfileId, Asker<'_>) -> Result<RunRecord, RequestError>,
) -> anyhow::Result<Exit> {
    let reconciler = backend::reconciler(config, queue)?;
    let person = reconciler.resolve_person(person).await.map_err(named)?;
    let (by, worker) = (backend::operator(env), backend::worker_name());
    let asker = Asker { by: &by, worker: &worker, patience: PATIENCE };
    let record = act(&reconciler, &person, asker).await.map_err(named)?;
    match format {
        Format::Json => out::json(&record)?,
        Format::Table => out::line(told(&record)),
    }
    Ok(Exit::Success)
}

/// What was done, for people.
fn told(run: &RunRecord) -> String {
    let person = &run.person;
    let mut text = match run.changes.as_slice() {
        [] => format!("Nothing had to be done for person {person}.\n"),
        _ => format!("Done for person {person} in {} ms (run {}).\n", run.duration_ms, run.run),
    };
    if let Some(account) = &run.account {
        let _ = writeln!(text, "  JumpCloud account {account}");
    }
    for change in &run.changes {
        let _ = writeln!(text, "  {} {}", change.kind.words(), change.result.words());
        fields(&mut text, &change.fields);
    }
    for note in &run.notes {
        let _ = writeln!(text, "  note: {note}");
    }
    text
}
