//! `disconnect`: Deel tells us nothing any more, nothing starts by itself, and what we leave in JumpCloud is listed.

use super::person::PATIENCE;
use super::startup::Env;
use crate::backend;
use crate::cli::Format;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use crate::webhook::{self, Asking, Record};
use ::queue::{Line, Queue, Vendor};
use anyhow::Context as _;
use deel::Subscription;
use jumpcloud::UserRecord;
use serde_json::json;
use std::io::IsTerminal as _;

/// All our custom attributes begin with it: marks of suspensions, manual holds, adoptions.
const OURS: &str = provisioning::MARK_ATTRIBUTE;
/// Accounts that are listed at a terminal; the rest is counted.
const SHOWN: usize = 50;

/// What stays.
#[derive(Debug, Default, serde::Serialize)]
struct Left {
    /// Accounts that carry attributes of ours.
    marked: Vec<Marked>,
    /// How many accounts are linked to a person in Deel.
    linked: usize,
    /// People whose activation `JumpCloud` carries out by itself, as we scheduled it.
    scheduled: Vec<String>,
    /// Looks at people that were arranged for later.
    arranged: u64,
}

#[derive(Debug, serde::Serialize)]
struct Marked {
    account: String,
    state: String,
    attributes: Vec<String>,
}

pub(crate) async fn run(config: &Config, env: &Env, yes: bool, format: Format) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        let asking = Asking::new(config, &queue, PATIENCE)?;
        let all = asking.ask(|| asking.deel.subscriptions()).await?;
        let record = webhook::read(&queue).await?.record;
        let ours = webhook::own(&all, record.id.as_deref(), config.webhook.url.as_deref()).cloned();
        if !yes && !confirmed(ours.as_ref()).await? {
            out::note("Nothing is changed. `--yes` disconnects without asking.");
            return Ok(Exit::Failure);
        }
        // First of all: what still comes must not start anything.
        crate::pause::begin(config, &queue, &backend::operator(env), "disconnected").await?;
        if let Some(ours) = &ours {
            match asking.ask(|| asking.deel.delete_subscription(&ours.id)).await {
                Err(error) if !error.is_not_found() => {
                    return Err(anyhow::Error::new(error).context(
                        "writes are paused, but the subscription is not deleted; delete it in Deel, or run this again",
                    ));
                }
                _ => {}
            }
        }
        let schedules = queue.ticks_forget().await?;
        forget(&queue).await?;
        let left = left(config, &queue).await;
        match format {
            Format::Json => out::json(&json!({
                "subscription": ours.as_ref().map(|one| json!({ "id": one.id, "url": one.url })),
                "schedules": schedules,
                "paused": true,
                "left": left.as_ref().ok(),
                "problem": left.as_ref().err().map(|error| format!("{error:#}")),
            }))?,
            Format::Table => tell(ours.as_ref(), &schedules, left.as_ref().ok()),
        }
        match left {
            Ok(_) => Ok(Exit::Success),
            Err(error) => Err(error.context("disconnected, but what is left in JumpCloud cannot be listed")),
        }
    })
    .await
}

async fn confirmed(ours: Option<&Subscription>) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    let what = ours.map_or_else(
        || "There is no subscription of ours in Deel.".to_owned(),
        |one| {
            format!("Deletes the subscription {} to {} in Deel.", one.id, one.url.as_deref().unwrap_or("-"))
        },
    );
    out::ask(format!("{what} Ends our schedules, and pauses all writes. Disconnect? [y/N] ")).await
}

/// On record: what is missing from now on is meant to be, and whoever connects again has everyone compared.
async fn forget(queue: &Queue) -> anyhow::Result<()> {
    // Another process may look at the same moment.
    for _ in 0..10 {
        let stored = webhook::read(queue).await?;
        let now = queue.now_ms().await?;
        let record = Record {
            state: webhook::State::Missing,
            since_ms: now,
            disconnected_ms: Some(now),
            gap_since_ms: Some(now),
            silent_since_ms: None,
            refused_since_ms: None,
            problem: None,
            ..stored.record.clone()
        };
        if stored.replace(queue, record, false).await?.is_some() {
            return Ok(());
        }
    }
    anyhow::bail!("the record in Redis changes all the time; run this again")
}

/// Reads what stays. All accounts, so that none is forgotten.
async fn left(config: &Config, queue: &Queue) -> anyhow::Result<Left> {
    let mut scheduled: Vec<String> = queue.schedules().await?.into_keys().collect();
    scheduled.sort();
    let arranged = queue.status().await?.delayed;
    let reader = backend::jumpcloud(config)?.reader();
    let budget = backend::budget(config, queue, Vendor::JumpCloud);
    let users = reader.users(|| budget.acquire(Line::Bulk)).await.context("JumpCloud's accounts")?;
    let linked = users.iter().filter(|user| reconciler::link_of(user, &config.policy.link).is_some()).count();
    let mut marked: Vec<Marked> = users.iter().filter_map(marks).collect();
    marked.sort_by(|a, b| a.account.cmp(&b.account));
    Ok(Left { marked, linked, scheduled, arranged })
}

fn marks(user: &UserRecord) -> Option<Marked> {
    let ours = |name: &str| name.get(..OURS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OURS));
    let names = user.attributes.iter().map(|attribute| attribute.name().to_owned());
    let attributes: Vec<String> = names.filter(|name| ours(name)).collect();
    let state = user.state.as_str().to_owned();
    (!attributes.is_empty()).then(|| Marked { account: user.id.clone(), state, attributes })
}

fn tell(ours: Option<&Subscription>, schedules: &[String], left: Option<&Left>) {
    out::line(ours.map_or_else(
        || "Deel had no subscription of ours.".to_owned(),
        |one| format!("The subscription {} is deleted in Deel.", one.id),
    ));
    if !schedules.is_empty() {
        out::line(format!("Schedules ended: {}.", schedules.join(", ")));
    }
    out::line(
        "Writes are paused: whatever still runs, or is started, changes nothing in JumpCloud until `deelsync resume`. Stop \
         `deelsync run`. To connect again: `deelsync webhook register`, then `deelsync resume`.",
    );
    let Some(left) = left else { return };
    out::line(format!("\nLeft in JumpCloud: {} accounts with their link to Deel", left.linked));
    if left.marked.is_empty() {
        out::line("and no mark of ours.");
    } else {
        out::line(format!("and our marks on {} accounts:", left.marked.len()));
        let rows = left.marked.iter().take(SHOWN);
        let rows = rows.map(|one| [one.account.clone(), one.state.clone(), one.attributes.join(", ")]);
        out::line(out::table(["ACCOUNT", "STATE", "CUSTOM ATTRIBUTES"], rows));
        if left.marked.len() > SHOWN {
            out::line(format!("and {} more; `--format json` has all", left.marked.len() - SHOWN));
        }
        out::line("They may be deleted by hand; without its mark, a suspension counts as somebody else's.");
    }
    for person in &left.scheduled {
        out::line(format!(
            "JumpCloud still activates {person} as scheduled; `deelsync activate {person} --cancel` after a resume deletes \
             that."
        ));
    }
    if left.arranged > 0 {
        out::line(format!(
            "{} looks are arranged for later in Redis; they wait for `deelsync resume`.",
            left.arranged
        ));
    }
}
