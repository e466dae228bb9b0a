//! `webhook status|register|rotate`: the subscription in Deel.

mod register;
mod rotate;

use super::person::PATIENCE;
use super::startup::Env;
use crate::backend;
use crate::cli::{Format, WebhookCommand};
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use crate::webhook::{self, AskError, Asking, Found, Record, State, Watchdog};
use ::queue::{Queue, Seen};
use deel::Subscription;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// The shortest key that Deel takes, in characters (Deel's OpenAPI document, `CreateWebhookRequest`).
const SHORTEST_KEY: usize = 32;

pub(crate) async fn run(config: &Config, env: &Env, command: WebhookCommand) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        let desk = Desk { config, asking: Asking::new(config, &queue, PATIENCE)?, queue };
        match command {
            WebhookCommand::Status(format) => status(&desk, format.format).await,
            WebhookCommand::Register(how) => register::run(&desk, &how).await,
            WebhookCommand::Rotate(how) => rotate::run(&desk, &how).await,
        }
    })
    .await
}

/// What the commands work with.
struct Desk<'a> {
    config: &'a Config,
    queue: Queue,
    asking: Asking,
}

impl Desk<'_> {
    /// All subscriptions.
    async fn all(&self) -> anyhow::Result<Vec<Subscription>> {
        self.asking.ask(|| self.asking.deel.subscriptions()).await.map_err(asked)
    }

    /// The event types that Deel offers.
    async fn offered(&self) -> anyhow::Result<Vec<String>> {
        self.asking.ask(|| self.asking.deel.event_types()).await.map_err(asked)
    }

    /// Ours among them, and how it is.
    async fn judged(
        &self,
        all: &[Subscription],
        record: &Record,
        url: Option<&str>,
    ) -> anyhow::Result<Found> {
        let mut found = webhook::judge(all, record.id.as_deref(), url);
        if found.state == State::Incomplete {
            found.offered(&self.offered().await?);
        }
        Ok(found)
    }

    /// Has it put on record at once, as the next look would.
    async fn look(&self, url: Option<&str>) -> anyhow::Result<Record> {
        let mut config = self.config.clone();
        if let Some(url) = url {
            config.webhook.url = Some(url.to_owned());
        }
        Ok(Watchdog::new(&config, &self.queue)?.look().await?)
    }

    /// The configured signing keys.
    fn keys(&self) -> Vec<SecretString> {
        let keys =
            self.config.deel.signing_keys.as_ref().map(ExposeSecret::expose_secret).unwrap_or_default();
        keys.split(',').map(str::trim).filter(|key| !key.is_empty()).map(SecretString::from).collect()
    }
}

/// Words for whoever asked, with what to do.
fn asked(error: AskError) -> anyhow::Error {
    let remedy = match &error {
        AskError::Deel(deel::Error::MissingScope { scope, .. }) => format!(
            "Make a new organization token that has the scope {} as well.",
            scope.as_deref().unwrap_or("webhooks:write")
        ),
        other => other.remedy().to_owned(),
    };
    anyhow::Error::new(error).context(remedy)
}

async fn status(desk: &Desk<'_>, format: Format) -> anyhow::Result<Exit> {
    let all = desk.all().await?;
    let record = webhook::read(&desk.queue).await?.record;
    let found = desk.judged(&all, &record, desk.config.webhook.url.as_deref()).await?;
    let seen = desk.queue.ingress_seen().await?;
    match format {
        Format::Json => out::json(&status_json(&found, &record, &seen))?,
        Format::Table => out::line(status_text(&found, &record, &seen, all.len(), desk.config)),
    }
    let well = found.state == State::Enabled && record.refused_since_ms.is_none();
    Ok(if well { Exit::Success } else { Exit::Failure })
}

fn subscription_json(subscription: &Subscription) -> Value {
    json!({
        "id": subscription.id, "name": subscription.name, "url": subscription.url, "status": subscription.status,
        "api_version": subscription.api_version, "events": subscription.events,
    })
}

fn status_json(found: &Found, record: &Record, seen: &Seen) -> Value {
    let time = |ms: Option<u64>| ms.map(out::time);
    json!({
        "state": found.state,
        "subscription": found.subscription.as_ref().map(subscription_json),
        "lacking": found.lacking,
        "watchdog": {
            "state": record.state,
            "since": time((record.since_ms > 0).then_some(record.since_ms)),
            "checked_at": time((record.checked_ms > 0).then_some(record.checked_ms)),
            "gap_since": time(record.gap_since_ms),
            "mended": record.mended.map(|mended| json!({
                "at": out::time(mended.at_ms), "was": mended.was, "by_us": mended.by_us,
            })),
            "problem": record.problem,
            "silent_since": time(record.silent_since_ms),
            "refused_since": time(record.refused_since_ms),
            "unheard": record.unheard,
            "disconnected_at": time(record.disconnected_ms),
        },
        "last_webhook_at": time(seen.accepted_ms),
        "refused": { "count": seen.refused, "first": time(seen.refused_first_ms), "last": time(seen.refused_last_ms) },
    })
}

fn status_text(found: &Found, record: &Record, seen: &Seen, all: usize, config: &Config) -> String {
    let mut lines = Vec::new();
    match &found.subscription {
        Some(one) => {
            let name = one.name.as_deref().unwrap_or("without a name");
            lines.push(format!("subscription {name} ({})", one.id));
            lines.push(format!("address      {}", one.url.as_deref().unwrap_or("-")));
            let lacking = match found.lacking.as_slice() {
                [] => String::new(),
                lacking => format!("; lacking: {}", lacking.join(", ")),
            };
            lines.push(format!("events       {}{lacking}", one.events.len()));
        }
        None => lines.push(format!("subscription none of ours among {all}")),
    }
    let remedy = match found.state {
        State::Disabled if config.webhook.reenable && config.webhook.check_every.is_some() => {
            "; a running worker enables it again, or `deelsync webhook register`"
        }
        State::Disabled | State::Incomplete => "; `deelsync webhook register` mends it",
        State::Elsewhere => "; `deelsync webhook register` makes one for the configured address",
        State::Missing => "; `deelsync webhook register` makes one",
        State::Enabled | State::Unknown => "",
    };
    let state = serde_json::to_value(found.state).unwrap_or_default();
    lines.push(format!("state        {}{remedy}", state.as_str().unwrap_or_default()));
    let last = seen.accepted_ms.map_or_else(|| "none known".to_owned(), out::time);
    let silent = if record.silent_since_ms.is_some() { ", unusually long ago" } else { "" };
    lines.push(format!("last webhook {last}{silent}"));
    if let Some(last) = seen.refused_last_ms {
        lines.push(format!(
            "refused      {} with a wrong signature since then, the last at {}: if they come from Deel, \
             DEEL_SIGNING_KEYS lacks its key",
            seen.refused,
            out::time(last)
        ));
    }
    lines.push(match record.checked_ms {
        0 => "watchdog     has not looked yet; a running worker does".to_owned(),
        at => format!("watchdog     looked at {}: {}", out::time(at), webhook::state_words(record)),
    });
    if let Some(since) = record.gap_since_ms {
        lines.push(format!(
            "gap          since {}; everyone is compared when Deel delivers again",
            out::time(since)
        ));
    }
    if let Some(mended) = record.mended {
        let how = if mended.by_us { "enabled again by deelsync" } else { "delivers again" };
        lines.push(format!("mended       {how} at {}", out::time(mended.at_ms)));
    }
    if let Some(problem) = &record.problem {
        lines.push(format!("problem      {problem}"));
    }
    if let Some(unheard) = &record.unheard {
        lines.push(format!(
            "unheard      run {} changed {} people, and no webhook had come since the run before",
            unheard.run, unheard.applied
        ));
    }
    lines.join("\n")
}
