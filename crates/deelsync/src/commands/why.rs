//! `why`: one person's story, or what was changed and held lately, from the audit trail.

use super::person::named;
use super::startup::{Env, note_trail};
use crate::backend;
use crate::cli::Format;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use ::queue::Queue;
use anyhow::Context as _;
use provisioning::{ProfileId, Quoted};
use reconciler::trail::{ChangeResult, FieldRecord, Record, RunRecord};
use reconciler::{HoldFilter, HoldStatus, Mode, Reconciler};
use std::collections::BTreeSet;

pub(crate) async fn person(
    config: &Config,
    env: &Env,
    text: &str,
    limit: usize,
    format: Format,
) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        let trail = backend::trail(config, &queue);
        let known = match ProfileId::parse(text) {
            Ok(person) => Some(trail.why(&person, limit).await?),
            Err(_) => None,
        };
        let story = match known {
            Some(story) if !story.entries.is_empty() => story,
            // Perhaps a username or an address: JumpCloud knows whose.
            known => match resolve(config, &queue, text).await {
                Ok(person) => trail.why(&person, limit).await?,
                Err(error) => match (on_record(config, &queue, text).await?.as_slice(), known) {
                    ([person], _) => trail.why(person, limit).await?,
                    ([], Some(empty)) => empty,
                    ([], None) => return Err(error),
                    (several, _) => {
                        let ids: Vec<&str> = several.iter().map(ProfileId::as_str).collect();
                        anyhow::bail!("more than one person on record answers to that: {}", ids.join(", "))
                    }
                },
            },
        };
        match format {
            Format::Json => out::json(&story)?,
            Format::Table => out::line(story.to_string()),
        }
        note_trail(config);
        Ok(Exit::Success)
    })
    .await
}

async fn resolve(config: &Config, queue: &Queue, text: &str) -> anyhow::Result<ProfileId> {
    let reconciler: Reconciler = backend::reconciler(config, queue).with_context(|| {
        format!("{} is no Deel profile id on record, and JumpCloud cannot be asked", Quoted(text))
    })?;
    reconciler.resolve_person(text).await.map_err(named)
}

/// Who answers to a name, an address or a username on the trail or in a hold: people without an account have no other.
async fn on_record(config: &Config, queue: &Queue, text: &str) -> anyhow::Result<Vec<ProfileId>> {
    let text = text.trim().to_lowercase();
    let is = |value: &str| value.trim().to_lowercase() == text;
    let any = |value: Option<&String>| value.is_some_and(|value| is(value));
    let mut found = BTreeSet::new();
    let filter = HoldFilter { statuses: HoldStatus::ALL.to_vec(), ..HoldFilter::default() };
    for hold in backend::holds(config, queue).list(&filter).await? {
        if any(hold.person_name.as_ref())
            || any(hold.account_username.as_ref())
            || any(hold.account_email.as_ref())
        {
            found.extend(hold.person);
        }
    }
    let wanted = |record: &Record| {
        let Record::Run(run) = record else { return false };
        let held = run.held.iter().flat_map(|held| &held.fields);
        let mut fields = run.changes.iter().flat_map(|change| &change.fields).chain(held);
        let named = |field: &FieldRecord| {
            matches!(field.field.as_str(), "email" | "username" | "displayname")
                && (any(field.before.as_ref()) || any(field.after.as_ref()))
        };
        any(run.name.as_ref().map(|name| &name.0))
            || any(run.username.as_ref().map(|name| &name.0))
            || fields.any(named)
    };
    let entries = backend::trail(config, queue).latest_of(usize::MAX, wanted).await?;
    found.extend(entries.iter().filter_map(|entry| entry.record.person().cloned()));
    Ok(found.into_iter().collect())
}

/// The latest runs that changed or held something, or would have.
pub(crate) async fn lately(config: &Config, env: &Env, limit: usize, format: Format) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        let entries = backend::trail(config, &queue).latest_of(limit, worth_showing).await?;
        match format {
            Format::Json => out::json(&entries)?,
            Format::Table if entries.is_empty() => out::line("Nothing was changed or held lately."),
            Format::Table => {
                let rows = entries.iter().filter_map(|entry| match &entry.record {
                    Record::Run(run) => Some([
                        format!("{:.0}", run.started_at),
                        run.person.to_string(),
                        run.outcome.to_string(),
                        what(run),
                    ]),
                    _ => None,
                });
                out::line(out::table(["TIME", "PERSON", "OUTCOME", "WHAT"], rows));
                out::note("`deelsync why PERSON` tells one person's story, with the values.");
            }
        }
        note_trail(config);
        Ok(Exit::Success)
    })
    .await
}

fn worth_showing(record: &Record) -> bool {
    let Record::Run(run) = record else { return false };
    // What was given back before it began comes again as a run of its own.
    !run.held.is_empty() || run.changes.iter().any(|change| change.result != ChangeResult::NotBegun)
}

/// The kinds of what was done and held, without values.
pub(super) fn what(run: &RunRecord) -> String {
    let would = if run.mode == Mode::Observe { "would be " } else { "" };
    let changes = run.changes.iter().map(|change| format!("{} {}", change.kind, change.result.words()));
    let held = run.held.iter().map(|held| format!("{} {would}held as {}", held.change, held.kind));
    changes.chain(held).collect::<Vec<_>>().join(", ")
}
