//! `plan` of everyone.

use super::follow::followed;
use super::{file, render};
use crate::backend;
use crate::cli::Format;
use crate::commands::person::{is_pending, named};
use crate::commands::startup::Env;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use reconciler::{EveryonePlanned, PlanFile};
use serde_json::{Value, json};
use std::path::Path;

/// What of a plan is wanted.
pub(crate) struct Wanted<'a> {
    /// Where to save it.
    pub(crate) out: Option<&'a Path>,
    /// Over a file that is there.
    pub(crate) force: bool,
    /// Everyone in the table, however many.
    pub(crate) all: bool,
}

/// Says what a sync would do. Exit 0 in sync, 2 pending, 1 refused or not everyone could be read.
pub(crate) async fn plan(
    config: &Config,
    env: &Env,
    wanted: Wanted<'_>,
    format: Format,
) -> anyhow::Result<Exit> {
    if let Some(path) = wanted.out {
        file::check_free(path, wanted.force)?;
    }
    backend::with_queue(config, env, |queue| async move {
        crate::commands::away::note(&queue).await?;
        let reconciler = backend::reconciler(config, &queue)?;
        let planned = followed(async |tell| reconciler.plan_everyone(tell).await).await.map_err(named)?;
        let pending = planned.people.iter().any(|one| is_pending(&one.apply, &one.held));
        match format {
            Format::Json => out::json(&document(&planned, pending))?,
            Format::Table => out::line(render::plan(&planned, &config.policy.link, &wanted)),
        }
        if let Some(refused) = &planned.refused {
            // The table says it, too; here it is for whoever reads only what went wrong.
            out::note(format!("Refused: {refused}"));
            if wanted.out.is_some() {
                out::note("No plan file was written.");
            }
            return Ok(Exit::Failure);
        }
        if let Some(path) = wanted.out {
            let plan = PlanFile::make(&planned, &config.policy, &config.limits)?;
            file::write(path, &plan.to_json(), wanted.force)?;
            let also = match render::held_suspensions(&planned) {
                0 => String::new(),
                n => format!(", with the {}", render::suspensions_over_limit(n)),
            };
            out::note(format!(
                "Saved. `deelsync apply {}` does exactly this{also}, within 24 hours.",
                path.display()
            ));
        }
        if !planned.unreadable.is_empty() {
            // Nobody knows what a sync would do for them.
            return Ok(Exit::Failure);
        }
        Ok(if pending { Exit::Pending } else { Exit::Success })
    })
    .await
}

fn document(planned: &EveryonePlanned, pending: bool) -> Value {
    let people: Vec<Value> = planned
        .people
        .iter()
        .map(|person| {
            json!({
                "person": person.person,
                "name": person.name,
                "username": person.username,
                "email": person.email,
                "last_day": person.last_day,
                "plan": person.plan,
                "apply": person.apply,
                "held": person.held,
                "rejected": person.rejected,
            })
        })
        .collect();
    json!({
        "pending": pending,
        "refused": planned.refused,
        "run": planned.run,
        "made_at": planned.made_at,
        "mode": planned.mode,
        "organizations": planned.organizations,
        "counts": planned.counts,
        "notes": planned.notes,
        "people": people,
        "leavers_active": planned.leavers_active,
        "unowned": planned.unowned,
        "gone": planned.gone,
        "unreadable": planned.unreadable,
    })
}
