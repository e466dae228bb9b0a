//! `plan`, `sync`, `suspend`: one person, seen or acted on now.

use super::startup::Env;
use super::workers;
use crate::backend;
use crate::cli::Format;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use ::queue::{Queue, Verdict};
use anyhow::bail;
use provisioning::{HoldKind, ProfileId, Quoted, SkipReason, Step};
use reconciler::trail::{FieldRecord, RunRecord};
use reconciler::{Mode, Outcome, Planned, PlannedHold, Reconciler, Report, RequestError};
use serde_json::json;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// How long a command waits for a person that another process works on. A vendor's request ends after 30 s.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// Between two attempts of a command while a vendor limits or is unavailable, unless it asks for more.
const BETWEEN: Duration = Duration::from_secs(2);

pub(crate) async fn plan(config: &Config, env: &Env, person: &str, format: Format) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        super::away::note(&queue).await?;
        let reconciler = backend::reconciler(config, &queue)?;
        let person = reconciler.resolve_person(person).await.map_err(named)?;
        let planned = reconciler.plan_person(&person).await.map_err(named)?;
        let pending = is_pending(&planned.apply, &planned.held);
        match format {
            Format::Json => out::json(&plan_json(&planned, config.mode, pending))?,
            Format::Table if nobody(&planned) => {}
            Format::Table => out::line(plan_text(&planned, config.mode, pending)),
        }
        if nobody(&planned) {
            out::note(format!("{}.", RequestError::Nobody(person)));
            return Ok(Exit::Failure);
        }
        Ok(if pending { Exit::Pending } else { Exit::Success })
    })
    .await
}

/// Whether a sync, or somebody's yes, would change something. What nobody can decide is no reason to come back.
pub(super) fn is_pending(apply: &[Step], held: &[PlannedHold]) -> bool {
    !apply.is_empty() || held.iter().any(|held| held.approvable)
}

/// Neither side has anything: a wrong id, most likely.
fn nobody(planned: &Planned) -> bool {
    !planned.found && !planned.linked && planned.apply.is_empty() && planned.held.is_empty()
}

fn plan_text(planned: &Planned, mode: Mode, pending: bool) -> String {
    let mut text = String::new();
    if let Some(hold) = &planned.order {
        let _ = writeln!(
            text,
            "Under an operator's order to suspend, until `deelsync holds release {hold}`, whatever Deel says.\n"
        );
    }
    let _ = writeln!(text, "{}", planned.plan.to_string().trim_end());
    for held in &planned.held {
        let _ = match (&planned.order, held.kind) {
            (Some(order), HoldKind::Operator) => {
                writeln!(text, "\nHeld as {}: see `deelsync holds show {order}`.", held.kind)
            }
            _ if !held.approvable && held.on_record => {
                writeln!(text, "\nLeft alone as {}: see `deelsync holds show {}`.", held.kind, held.id)
            }
            _ if !held.approvable => writeln!(text, "\nLeft alone as {}.", held.kind),
            _ if held.on_record => {
                writeln!(text, "\nHeld as {}: see `deelsync holds show {}`.", held.kind, held.id)
            }
            _ => writeln!(text, "\nThe {} would be held as {}.", held.step.change.kind(), held.kind),
        };
    }
    for step in &planned.rejected {
        let _ = writeln!(text, "\nRejected by an operator: {}", step.change.kind());
    }
    let last = match (pending, planned.apply.is_empty(), mode) {
        (false, ..) if planned.plan.skipped.is_some() => "Skipped: nothing would be done.".to_owned(),
        (false, ..) if planned.order.is_some() => "Nothing to do while the order is in force.".to_owned(),
        (false, ..) if !planned.held.is_empty() => {
            "Left alone: nobody can approve it; its cause has to be mended in Deel or JumpCloud.".to_owned()
        }
        (false, ..) if !planned.rejected.is_empty() => {
            "Nothing to do: what is left was rejected, until a value on either side changes.".to_owned()
        }
        (false, ..) => "In sync: there is nothing to do.".to_owned(),
        (true, true, Mode::Observe) => {
            "Nothing would be written: it would wait for a decision. Observe mode: no holds are made either."
                .to_owned()
        }
        (true, true, Mode::Enforce) => "Nothing would be written: it waits for a decision.".to_owned(),
        (true, false, Mode::Observe) => {
            "Changes pending. Observe mode: nothing is written until mode = \"enforce\".".to_owned()
        }
        (true, false, Mode::Enforce) => {
            let waits = planned.held.iter().any(|held| held.approvable);
            let rest = if waits { "; what is held waits for a decision" } else { "" };
            format!(
                "Changes pending. `deelsync sync --person {}` makes them now{rest}.",
                planned.plan.subject
            )
        }
    };
    let _ = write!(text, "\n{last}");
    text
}

fn plan_json(planned: &Planned, mode: Mode, pending: bool) -> serde_json::Value {
    json!({
        "pending": pending,
        "found": planned.found,
        "linked": planned.linked,
        "order": planned.order,
        "mode": mode,
        "plan": planned.plan,
        "apply": planned.apply,
        "held": planned.held,
        "rejected": planned.rejected,
    })
}

pub(crate) async fn sync(config: &Config, env: &Env, person: &str, format: Format) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        not_paused(&queue).await?;
        super::away::note(&queue).await?;
        let reconciler = backend::reconciler(config, &queue)?;
        let person = reconciler.resolve_person(person).await.map_err(named)?;
        if format == Format::Table {
            out::note(format!("Looking at person {person} ({} mode) …", config.mode));
        }
        let report = patiently(&reconciler, &queue, &person).await.map_err(named)?;
        print_run(&report.record, format)?;
        if is_nobodys(&report.record) {
            out::note(format!("{}.", RequestError::Nobody(person)));
            return Ok(Exit::Failure);
        }
        Ok(exit_of(report.outcome))
    })
    .await
}

/// Neither side has anything, as far as the run has seen.
fn is_nobodys(run: &RunRecord) -> bool {
    let skipped = run.plan.as_ref().and_then(|plan| plan.skipped.as_ref());
    run.account.is_none() && matches!(skipped, Some(SkipReason::Gone))
}

/// A vendor that limits or is unavailable is waited for, a minute in all; one that is known to be away is tried once.
async fn patiently(
    reconciler: &Reconciler,
    queue: &Queue,
    person: &ProfileId,
) -> Result<Report, RequestError> {
    let until = Instant::now() + PATIENCE;
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let report = reconciler.sync_person(person, &backend::worker_name(), left).await?;
        let Verdict::Retry { after, counts: false, away, .. } = report.verdict else { return Ok(report) };
        if let Some(vendor) = away
            && queue.breaker(vendor).await?.is_some()
        {
            return Ok(report);
        }
        let pause = after.unwrap_or(BETWEEN).max(BETWEEN);
        if report.outcome != Outcome::Failed || Instant::now() + pause > until {
            return Ok(report);
        }
        let problem = report.record.problem.as_deref().unwrap_or("not done");
        out::note(format!("{problem}; trying again in {} s …", pause.as_secs()));
        tokio::time::sleep(pause).await;
    }
}

/// Refuses while writes are paused.
pub(super) async fn not_paused(queue: &Queue) -> anyhow::Result<()> {
    if let Some(pause) = queue.paused().await? {
        let since = out::time(pause.at_ms);
        bail!("refused: writes are paused since {since} by {}; `deelsync resume` lets them go on", pause.by);
    }
    Ok(())
}

pub(crate) async fn suspend(
    config: &Config,
    env: &Env,
    person: &str,
    reason: &str,
    format: Format,
) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        let reconciler = backend::reconciler(config, &queue)?;
        let person = reconciler.resolve_person(person).await.map_err(named)?;
        let by = backend::operator(env);
        let ordered = reconciler.suspend(&person, reason, &by, &backend::worker_name(), PATIENCE).await;
        let ordered = match ordered {
            Err(RequestError::OrderWaits { hold, .. }) if format == Format::Json => {
                out::json(&json!({ "hold": hold, "run": null, "paused": true }))?;
                workers::note_if_none(&queue).await?;
                return Ok(Exit::Failure);
            }
            Err(error @ RequestError::OrderWaits { .. }) => {
                workers::note_if_none(&queue).await?;
                return Err(named(error));
            }
            ordered => ordered.map_err(named)?,
        };
        let run = ordered.report.as_ref().map(|report| &report.record);
        match format {
            Format::Json => out::json(&json!({ "hold": ordered.hold, "run": run }))?,
            Format::Table => {
                out::line(run.map_or_else(
                    || {
                        "Another worker has the person; it carries the order out right after its present run."
                            .to_owned()
                    },
                    run_text,
                ));
                out::line(format!(
                    "Person {person} stays suspended until `deelsync holds release {}`.",
                    ordered.hold
                ));
            }
        }
        let exit = run.map_or(Exit::Success, |run| exit_of(run.outcome));
        // What is left to be done is a job.
        if run.is_none() || exit != Exit::Success {
            workers::note_if_none(&queue).await?;
        }
        Ok(exit)
    })
    .await
}

/// The words of a request error are for the operator; its cause, if it has one, follows.
pub(super) fn named(error: RequestError) -> anyhow::Error {
    anyhow::Error::new(error)
}

fn exit_of(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Failed | Outcome::Interrupted => Exit::Failure,
        Outcome::InSync | Outcome::Applied | Outcome::Held | Outcome::Skipped | Outcome::Observed => {
            Exit::Success
        }
    }
}

fn print_run(run: &RunRecord, format: Format) -> anyhow::Result<()> {
    match format {
        Format::Json => out::json(run)?,
        Format::Table => out::line(run_text(run)),
    }
    Ok(())
}

/// One run for people.
pub(super) fn run_text(run: &RunRecord) -> String {
    let mut text = format!("{} in {} ms (run {})\n", outcome_words(run), run.duration_ms, run.run);
    if let Some(account) = &run.account {
        let _ = writeln!(text, "  JumpCloud account {account}");
    }
    if let Some(skipped) = run.plan.as_ref().and_then(|plan| plan.skipped.as_ref()) {
        let _ = writeln!(text, "  skipped: {skipped}");
    }
    for change in &run.changes {
        let _ = writeln!(text, "  {} {}: {}", change.kind, change.result.words(), change.why);
        fields(&mut text, &change.fields);
        if let Some(problem) = &change.problem {
            let _ = writeln!(text, "      problem: {problem}");
        }
    }
    for held in &run.held {
        let id = held.id.as_ref().map_or_else(String::new, |id| format!(", `deelsync holds show {id}`"));
        let would = if run.mode == Mode::Observe { "would be " } else { "" };
        let _ = writeln!(text, "  {} {would}held as {}{id}: {}", held.change, held.kind, held.why);
        fields(&mut text, &held.fields);
    }
    if let Some(problem) = &run.problem {
        let _ = writeln!(text, "  problem: {problem}");
    }
    text
}

fn outcome_words(run: &RunRecord) -> String {
    let person = &run.person;
    match run.outcome {
        Outcome::InSync => format!("Person {person} is in sync"),
        Outcome::Applied if run.held.is_empty() => format!("Person {person} is brought in sync"),
        Outcome::Applied => format!("Person {person}: changes made, others held for a decision"),
        Outcome::Held => format!("Person {person}: held for a decision, nothing written"),
        Outcome::Skipped => format!("Person {person} is skipped"),
        Outcome::Failed => format!("Person {person}: failed"),
        Outcome::Interrupted => {
            format!(
                "Person {person}: given back unfinished; the writes are paused, or another worker took over"
            )
        }
        Outcome::Observed => format!("Person {person}: observe mode, nothing written; this would be done"),
    }
}

pub(super) fn fields(text: &mut String, fields: &[FieldRecord]) {
    for one in fields {
        let _ = writeln!(text, "      {}", field(one));
    }
}

/// One field with both values.
pub(super) fn field(field: &FieldRecord) -> String {
    let show = |value: &Option<String>| {
        value.as_ref().map_or_else(|| "(none)".to_owned(), |value| Quoted(value).to_string())
    };
    format!("{}: {} → {}", field.field, show(&field.before), show(&field.after))
}
