//! `apply FILE`: exactly that plan.

use super::follow::followed;
use super::render::{Who, who};
use super::{count, file};
use crate::backend;
use crate::cli::Format;
use crate::clock;
use crate::commands::person::{fields, named, not_paused};
use crate::commands::startup::Env;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use anyhow::{Context as _, bail};
use jiff::SignedDuration;
use provisioning::{ChangeKind, ProfileId};
use reconciler::full::PersonResult;
use reconciler::{ApplyReport, FullEnd, Mode, PlanFile, fields_of};
use std::collections::BTreeMap;
use std::path::Path;

/// Says what it will do, does it, and lists who was refused.
pub(crate) async fn apply(
    config: &Config,
    env: &Env,
    path: &Path,
    max_age: Option<SignedDuration>,
    format: Format,
) -> anyhow::Result<Exit> {
    let plan = file::read(path)?;
    let refusal = || format!("the plan {} is refused; nothing was changed", path.display());
    plan.check_age(clock::now(), max_age.unwrap_or(PlanFile::MAX_AGE)).with_context(refusal)?;
    plan.check_policy(&config.policy, &config.limits).with_context(refusal)?;
    if config.mode == Mode::Observe {
        bail!("observe mode: nothing is written; set mode = \"enforce\"");
    }
    if format == Format::Table {
        out::line(intent(&plan, config));
    }
    backend::with_queue(config, env, |queue| async move {
        not_paused(&queue).await?;
        let reconciler = backend::reconciler(config, &queue)?;
        let worker = backend::worker_name();
        let report =
            followed(async |tell| reconciler.apply_plan(&plan, &worker, tell).await).await.map_err(named)?;
        match format {
            Format::Json => out::json(&report)?,
            Format::Table => out::line(text(&report, &plan)),
        }
        Ok(exit_of(&report))
    })
    .await
}

fn exit_of(report: &ApplyReport) -> Exit {
    let good = |result: &PersonResult| matches!(result, PersonResult::Applied | PersonResult::Held);
    match report.ended {
        FullEnd::Done if report.people.iter().all(|person| good(&person.result)) => Exit::Success,
        _ => Exit::Failure,
    }
}

/// Each change of the plan, with both values.
fn intent(plan: &PlanFile, config: &Config) -> String {
    let changes = plan.people().iter().map(|person| person.apply.len() as u64).sum();
    let mut text = format!(
        "Plan of {:.0} (run {}): {} for {}\n",
        plan.made_at(),
        plan.run(),
        count(changes, "change", "changes"),
        count(
            plan.people().iter().filter(|person| !person.apply.is_empty()).count() as u64,
            "person",
            "people"
        ),
    );
    for person in plan.people() {
        for step in &person.apply {
            let kind = step.change.kind();
            text += &format!(
                "  {kind} {}\n",
                who(&person.person, person.name.as_deref(), person.username.as_deref())
            );
            // Of a suspension the state says it all; its mark is for machines.
            if kind != ChangeKind::Suspension {
                fields(&mut text, &fields_of(step, &config.policy.link));
            }
        }
    }
    text
}

fn text(report: &ApplyReport, plan: &PlanFile) -> String {
    let names: BTreeMap<&ProfileId, Who> = plan
        .people()
        .iter()
        .map(|person| {
            (&person.person, who(&person.person, person.name.as_deref(), person.username.as_deref()))
        })
        .collect();
    let named = |id: &ProfileId| names.get(id).map_or_else(|| id.to_string(), ToString::to_string);
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut rows = String::new();
    for person in &report.people {
        let (word, why) = match &person.result {
            PersonResult::Applied => ("applied", None),
            PersonResult::Held => ("held", Some("a limit, or a decision on record")),
            PersonResult::Refused(why) => ("refused", Some(why.as_str())),
            PersonResult::Failed(why) => ("failed", Some(why.as_str())),
            PersonResult::NotBegun => ("not begun", Some("the run ended before")),
        };
        *counts.entry(word).or_default() += 1;
        if let Some(why) = why {
            rows += &format!("  {word}: {}: {why}\n", named(&person.person));
        }
    }
    let counts: Vec<String> = counts.iter().map(|(word, n)| format!("{n} {word}")).collect();
    let end = match &report.ended {
        FullEnd::Done | FullEnd::Planned => "Done".to_owned(),
        FullEnd::Refused(why) => format!("REFUSED, nothing was changed: {why}"),
        FullEnd::Failed(why) => format!("Failed: {why}"),
        FullEnd::Interrupted => "Interrupted: writes are paused, or another process took over".to_owned(),
    };
    let counts = if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") };
    format!("{end} (run {}): {counts}\n{rows}", report.run)
}
