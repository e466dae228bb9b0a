//! `queue status|list|show|retry|discard`.

use super::startup::Env;
use crate::backend;
use crate::cli::{Format, Keys, QueueCommand, State};
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use crate::webhook;
use ::queue::{Job, JobKey, JobState, Page, Queue, Status, WorkerInfo};
use provisioning::ProfileId;
use reconciler::{HoldFilter, HoldStatus, Holds};
use serde_json::json;

pub(crate) async fn run(config: &Config, env: &Env, command: QueueCommand) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        match command {
            QueueCommand::Status(format) => {
                status(&queue, &backend::holds(config, &queue), format.format).await
            }
            QueueCommand::List { state, offset, limit, format } => {
                let states = match state {
                    None => &[JobState::Leased, JobState::Waiting, JobState::Delayed, JobState::Dead][..],
                    Some(State::Waiting) => &[JobState::Waiting],
                    Some(State::Delayed) => &[JobState::Delayed],
                    Some(State::Running) => &[JobState::Leased],
                    Some(State::Dead) => &[JobState::Dead],
                };
                list(&queue, states, offset, usize::from(limit), format.format).await
            }
            QueueCommand::Show { key, format } => show(&queue, &key, format.format).await,
            QueueCommand::Retry(keys) => {
                each(
                    &keys,
                    "waits again, its attempts counted anew",
                    "is neither dead nor delayed",
                    async |key| Ok(if queue.retry(key).await? { Act::Done } else { Act::NotThere }),
                )
                .await
            }
            QueueCommand::Discard(keys) => {
                let holds = backend::holds(config, &queue);
                each(&keys, "is discarded", "is neither dead, delayed nor waiting", async |key| {
                    discard(&queue, &holds, key).await
                })
                .await
            }
        }
    })
    .await
}

/// A person's id stands for that person's job.
fn key(text: &str) -> String {
    match text.parse::<JobKey>() {
        Ok(key) => key.to_string(),
        Err(_) => JobKey::person(text).map_or_else(|_| text.to_owned(), |key| key.to_string()),
    }
}

/// What became of one key.
enum Act {
    Done,
    NotThere,
    Refused(String),
}

/// The job of a person under an order to suspend is what carries the order out: it is not thrown away.
async fn discard(queue: &Queue, holds: &Holds, key: &str) -> anyhow::Result<Act> {
    let person = key.strip_prefix("person:").and_then(|id| ProfileId::parse(id).ok());
    if let Some(person) = person
        && let Some(hold) = holds.order_in_force(&person).await?
    {
        return Ok(Act::Refused(format!(
            "is kept: an operator's order to suspend the person is in force; `deelsync holds release {hold}` takes it back"
        )));
    }
    Ok(if queue.discard(key).await? { Act::Done } else { Act::NotThere })
}

async fn each(
    keys: &Keys,
    done: &str,
    not: &str,
    act: impl AsyncFn(&str) -> anyhow::Result<Act>,
) -> anyhow::Result<Exit> {
    let json = keys.format.format == Format::Json;
    let (mut worked, mut refused) = (Vec::new(), Vec::new());
    for text in &keys.keys {
        let key = key(text);
        let problem = match act(&key).await? {
            Act::Done => {
                if !json {
                    out::line(format!("{key} {done}."));
                }
                worked.push(key);
                continue;
            }
            Act::NotThere => not.to_owned(),
            Act::Refused(why) => why,
        };
        out::note(format!("{key} {problem}."));
        refused.push(json!({ "key": key, "problem": problem }));
    }
    let exit = if refused.is_empty() { Exit::Success } else { Exit::Failure };
    if json {
        out::json(&json!({ "done": worked, "refused": refused }))?;
    }
    Ok(exit)
}

/// The holds that have a say, by what they want of people.
#[derive(Debug, Default, PartialEq, Eq)]
struct Held {
    to_decide: u64,
    information: u64,
    orders: u64,
    decided: u64,
}

impl Held {
    async fn read(holds: &Holds) -> anyhow::Result<Self> {
        let statuses = vec![HoldStatus::Open, HoldStatus::Approved, HoldStatus::Rejected];
        let mut held = Self::default();
        for hold in holds.list(&HoldFilter { statuses, ..HoldFilter::default() }).await? {
            let count = match hold.status {
                _ if hold.is_order() => &mut held.orders,
                HoldStatus::Open if hold.approvable() => &mut held.to_decide,
                HoldStatus::Open => &mut held.information,
                _ => &mut held.decided,
            };
            *count += 1;
        }
        Ok(held)
    }

    fn words(&self) -> String {
        let parts = [
            (self.to_decide, "to approve or reject"),
            (self.information, "for information"),
            (self.orders, if self.orders == 1 { "order to suspend" } else { "orders to suspend" }),
            (self.decided, "decided"),
        ];
        let parts: Vec<String> =
            parts.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("{n} {words}")).collect();
        if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
    }
}

async fn status(queue: &Queue, holds: &Holds, format: Format) -> anyhow::Result<Exit> {
    let status = queue.status().await?;
    let held = Held::read(holds).await?;
    let workers = queue.workers().await?;
    let webhook = webhook::read(queue).await?.record;
    match format {
        Format::Json => out::json(&json!({
            "now": out::time(status.now_ms),
            "waiting": { "urgent": status.waiting[0], "events": status.waiting[1], "bulk": status.waiting[2] },
            "oldest_waiting_ms": status.oldest_waiting_ms,
            "delayed": status.delayed,
            "overdue": status.overdue,
            "running": status.leased,
            "dead": status.dead,
            "holds": status.holds,
            "holds_by": {
                "to_decide": held.to_decide, "information": held.information, "orders": held.orders,
                "decided": held.decided,
            },
            "paused": status.paused.as_ref().map(|pause| json!({
                "by": pause.by, "reason": pause.reason, "at": out::time(pause.at_ms),
            })),
            "webhook": json!({
                "state": webhook.state,
                "checked_at": (webhook.checked_ms > 0).then(|| out::time(webhook.checked_ms)),
            }),
            "away": status.breakers.iter().map(|away| json!({
                "vendor": away.vendor, "reason": away.reason, "since": out::time(away.since_ms),
                "next_try": out::time(away.next_try_ms), "trying": away.trying, "tries": away.tries,
                "error": away.words,
            })).collect::<Vec<_>>(),
            "workers": workers.iter().map(|worker| json!({
                "name": worker.name, "seen": out::time(worker.seen_ms),
            })).collect::<Vec<_>>(),
        }))?,
        Format::Table => out::line(status_text(&status, &held, &workers, &webhook)),
    }
    Ok(Exit::Success)
}

fn status_text(status: &Status, held: &Held, workers: &[WorkerInfo], webhook: &webhook::Record) -> String {
    let mut lines = Vec::new();
    if let Some(pause) = &status.paused {
        let why = if pause.reason.is_empty() { String::new() } else { format!(": {}", pause.reason) };
        lines.push(format!("PAUSED    since {} by {}{why}", out::time(pause.at_ms), pause.by));
    }
    for away in &status.breakers {
        let next = match away.trying {
            true => "being tried now".to_owned(),
            false if away.next_try_ms <= status.now_ms => "tried when the next job comes".to_owned(),
            false => format!("tried again in {}", out::ago(away.next_try_ms - status.now_ms)),
        };
        lines.push(format!(
            "AWAY      {}; work waits in line, {next} ({} tries so far)",
            super::away::words(away, status.now_ms),
            away.tries
        ));
    }
    let [urgent, events, bulk] = status.waiting;
    let oldest =
        status.oldest_waiting_ms.map_or_else(String::new, |ms| format!(", the oldest for {}", out::ago(ms)));
    lines.push(format!(
        "waiting   {} (urgent {urgent}, events {events}, bulk {bulk}){oldest}",
        urgent + events + bulk
    ));
    lines.push(format!("running   {}", status.leased));
    let overdue = if status.overdue == 0 { String::new() } else { format!(", {} overdue", status.overdue) };
    lines.push(format!("delayed   {}{overdue}", status.delayed));
    lines.push(format!("dead      {}", status.dead));
    lines.push(format!("holds     {}", held.words()));
    if webhook.state.is_amiss() {
        lines.push(format!("webhook   {}; see `deelsync webhook status`", webhook::state_words(webhook)));
    }
    for worker in workers {
        let silent = out::ago(status.now_ms.saturating_sub(worker.seen_ms));
        lines.push(format!("worker    {}, last seen {silent} ago", worker.name));
    }
    if workers.is_empty() {
        lines.push("worker    none; start `deelsync run` or `deelsync work`".to_owned());
    }
    lines.join("\n")
}

async fn list(
    queue: &Queue,
    states: &[JobState],
    offset: usize,
    limit: usize,
    format: Format,
) -> anyhow::Result<Exit> {
    let mut pages = Vec::new();
    for state in states {
        pages.push((*state, queue.list(*state, offset, limit).await?));
    }
    match format {
        Format::Json => {
            let total: u64 = pages.iter().map(|(_, page)| page.total).sum();
            let items: Vec<_> = pages.iter().flat_map(|(_, page)| &page.items).map(job_json).collect();
            out::json(&json!({ "total": total, "items": items }))?;
        }
        Format::Table => out::line(lists_text(&pages)),
    }
    Ok(Exit::Success)
}

/// One state by itself; several each under its name, without those that are empty.
fn lists_text(pages: &[(JobState, Page<Job>)]) -> String {
    if let [(state, page)] = pages {
        return list_text(*state, page);
    }
    let full = pages.iter().filter(|(_, page)| page.total > 0);
    let shown: Vec<String> = full
        .map(|(state, page)| format!("{} ({})\n{}", state_name(*state), page.total, list_text(*state, page)))
        .collect();
    if shown.is_empty() { "No jobs.".to_owned() } else { shown.join("\n") }
}

fn list_text(state: JobState, page: &Page<Job>) -> String {
    if page.items.is_empty() {
        return format!("None ({} in all).", page.total);
    }
    let when = match state {
        JobState::Waiting => "WAITING SINCE",
        JobState::Delayed => "DUE",
        JobState::Leased => "LEASED UNTIL",
        JobState::Dead => "DEAD SINCE",
    };
    let rows = page.items.iter().map(|job| {
        [
            job.key.clone(),
            job.line.to_string(),
            out::time(job.at_ms),
            job.attempts.to_string(),
            job.trigger.clone(),
            job.error.clone().or_else(|| job.worker.clone()).unwrap_or_default(),
        ]
    });
    let table = out::table(["JOB", "LINE", when, "ATTEMPTS", "TRIGGER", "ERROR OR WORKER"], rows);
    let shown = u64::try_from(page.items.len()).unwrap_or(u64::MAX);
    if shown < page.total { format!("{table}{shown} of {}", page.total) } else { table }
}

fn job_json(job: &Job) -> serde_json::Value {
    json!({
        "key": job.key,
        "state": state_name(job.state),
        "line": job.line,
        "trigger": job.trigger,
        "accepted_at": job.accepted_at_ms.map(out::time),
        "attempts": job.attempts,
        "worker": job.worker,
        "at": out::time(job.at_ms),
        "again": job.again,
        "scheduled_at": job.scheduled_ms.map(out::time),
        "error": job.error,
    })
}

/// As `queue list` takes it.
fn state_name(state: JobState) -> &'static str {
    match state {
        JobState::Leased => "running",
        other => other.as_str(),
    }
}

async fn show(queue: &Queue, text: &str, format: Format) -> anyhow::Result<Exit> {
    let key = key(text);
    let Some(job) = queue.show(&key).await? else {
        out::note(format!("There is no job {key}: nothing waits for it, runs, or failed."));
        return Ok(Exit::Failure);
    };
    match format {
        Format::Json => out::json(&job_json(&job))?,
        Format::Table => {
            let mut lines = vec![
                format!("job        {}", job.key),
                format!("state      {} ({})", state_name(job.state), out::time(job.at_ms)),
                format!("line       {}", job.line),
                format!("trigger    {}", job.trigger),
                format!("attempts   {}", job.attempts),
            ];
            let more = [
                ("accepted   ", job.accepted_at_ms.map(out::time)),
                ("worker     ", job.worker.clone()),
                ("again      ", job.again.then(|| "runs once more after this run".to_owned())),
                ("scheduled  ", job.scheduled_ms.map(out::time)),
                ("error      ", job.error.clone()),
            ];
            lines.extend(more.into_iter().filter_map(|(name, value)| Some(format!("{name}{}", value?))));
            out::line(lines.join("\n"));
        }
    }
    Ok(Exit::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_people_is_told_apart_from_what_informs_them() {
        let held = Held { to_decide: 3, information: 2, orders: 1, decided: 4 };
        insta::assert_snapshot!(held.words(), @"3 to approve or reject, 2 for information, 1 order to suspend, 4 decided");
        assert_eq!(Held::default().words(), "none");
    }
}
