//! `webhook register`: a subscription for our address, once, with our events and our key.

use super::{Desk, SHORTEST_KEY, asked, subscription_json};
use crate::cli::{Format, Register};
use crate::config::webhook_address;
use crate::exit::Exit;
use crate::out;
use crate::webhook::{self, NAME, Probed, Record, WANTED};
use anyhow::{Context as _, bail};
use deel::{Change, Created, NewSubscription, Subscription};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

const ABOUT: &str = "Tells deelsync, which keeps JumpCloud in step, that somebody has changed.";

/// What was done.
struct Done {
    did: &'static str,
    subscription: Subscription,
    /// Of ours, at another address.
    other: Option<(Subscription, bool)>,
    made: Option<SecretString>,
}

pub(super) async fn run(desk: &Desk<'_>, how: &Register) -> anyhow::Result<Exit> {
    let url = how.url.clone().or_else(|| desk.config.webhook.url.clone());
    let url = url
        .context("there is no address to register: set webhook.url (DEELSYNC_WEBHOOK_URL), or give --url")?;
    if let Err(unfit) = webhook_address(&url) {
        bail!("{}: {}", unfit.what, unfit.hint);
    }
    if !url.contains(ingress::PATH) {
        out::note(format!("The address does not have the path {}: a proxy has to add it.", ingress::PATH));
    }
    let key = desk.keys().into_iter().next();
    let fits = |key: &SecretString| key.expose_secret().chars().count() >= SHORTEST_KEY;
    if let Some(key) = key.as_ref().filter(|key| !fits(key)) {
        bail!(
            "the first key of DEEL_SIGNING_KEYS has {} characters, and Deel takes none below {SHORTEST_KEY}: make one with \
             `openssl rand -hex 32`, or unset it to let Deel make one",
            key.expose_secret().chars().count()
        );
    }
    let done = ensure(desk, how, &url, key.as_ref()).await?;
    let record = desk.look(Some(&url)).await?;
    let probed = match &key {
        Some(key) => Some(webhook::probe(&url, key).await),
        None => None,
    };
    tell(desk, how, &url, &done, probed.as_ref(), record.gap_since_ms.is_some()).await
}

/// Makes it what it should be, with as little as that takes.
async fn ensure(
    desk: &Desk<'_>,
    how: &Register,
    url: &str,
    key: Option<&SecretString>,
) -> anyhow::Result<Done> {
    let offered = desk.offered().await?;
    let events: Vec<String> = WANTED
        .iter()
        .filter(|event| offered.iter().any(|offer| offer == *event))
        .map(|e| (*e).to_owned())
        .collect();
    if events.is_empty() {
        bail!(
            "Deel offers none of the events that say who has changed; look at `GET /webhooks/events/types`"
        );
    }
    let all = desk.all().await?;
    let record = webhook::read(&desk.queue).await?.record;
    let replaced = match &how.replace {
        Some(id) => Some(
            all.iter().find(|one| one.id == *id).with_context(|| format!("Deel has no subscription {id}"))?,
        ),
        None => None,
    };
    if replaced.and_then(|old| old.url.as_deref()).is_some_and(|old| webhook::same(old, url)) {
        bail!("the subscription to be replaced delivers to this very address");
    }
    let mut done = at(desk, how, url, key, (&all, &record, events)).await?;
    match replaced {
        Some(old) => match desk.asking.ask(|| desk.asking.deel.delete_subscription(&old.id)).await {
            Err(error) if !error.is_not_found() => return Err(asked(error)),
            _ => done.other = Some((old.clone(), true)),
        },
        None if done.did == "created" => {
            done.other = webhook::find(&all, record.id.as_deref(), Some(url)).map(|old| (old.clone(), false));
        }
        None => {}
    }
    Ok(done)
}

/// The one at the address.
async fn at(
    desk: &Desk<'_>,
    how: &Register,
    url: &str,
    key: Option<&SecretString>,
    (all, record, events): (&[Subscription], &Record, Vec<String>),
) -> anyhow::Result<Done> {
    let here: Vec<Subscription> = all
        .iter()
        .filter(|one| one.url.as_deref().is_some_and(|have| webhook::same(have, url)))
        .cloned()
        .collect();
    // Of several at the address, the one that is remembered, or enabled.
    if let Some(ours) = webhook::find(&here, record.id.as_deref(), Some(url)) {
        let lacks = |event: &&String| !ours.events.contains(event);
        let more: Vec<String> = events.iter().filter(lacks).cloned().collect();
        let change = Change {
            enabled: (!ours.is_enabled()).then_some(true),
            events: (!more.is_empty()).then(|| ours.events.iter().cloned().chain(more).collect()),
            signing_key: None,
        };
        if change.enabled.is_none() && change.events.is_none() {
            return Ok(Done { did: "unchanged", subscription: ours.clone(), other: None, made: None });
        }
        let changed = desk.asking.ask(|| desk.asking.deel.change_subscription(ours, &change)).await;
        return Ok(Done { did: "changed", subscription: changed.map_err(asked)?, other: None, made: None });
    }
    let mut file = match (key, &how.key_file) {
        (None, None) if !how.show_key => bail!(
            "DEEL_SIGNING_KEYS is not set, so Deel will make the key, and shows it once: say with --key-file FILE where to \
             write it, or set DEEL_SIGNING_KEYS first (`openssl rand -hex 32`)"
        ),
        (None, Some(path)) => Some(create(path)?),
        _ => None,
    };
    let new = NewSubscription {
        name: NAME.to_owned(),
        description: ABOUT.to_owned(),
        url: url.to_owned(),
        events,
        signing_key: key.cloned(),
    };
    // Once: whoever repeats the command after a lost answer finds what was made.
    let created = desk.asking.once(desk.asking.deel.create_subscription(&new)).await.map_err(asked);
    let Created { subscription, signing_key } = match (created, &how.key_file) {
        (Err(error), Some(path)) if file.is_some() => {
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
        (created, _) => created?,
    };
    if let (Some(file), Some(key)) = (&mut file, &signing_key) {
        writeln!(file, "{}", key.expose_secret())
            .and_then(|()| file.sync_all())
            .context("the key cannot be written")?;
    }
    let made = if key.is_none() { signing_key } else { None };
    Ok(Done { did: "created", subscription, other: None, made })
}

/// A file that only its owner reads, and never over another one.
fn create(path: &Path) -> anyhow::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    file.with_context(|| format!("the key cannot be written to {}", path.display()))
}

async fn tell(
    desk: &Desk<'_>,
    how: &Register,
    url: &str,
    done: &Done,
    probed: Option<&Probed>,
    gap: bool,
) -> anyhow::Result<Exit> {
    let paused = desk.queue.paused().await?.is_some();
    let shown = done.made.as_ref().filter(|_| how.show_key).map(SecretString::expose_secret);
    let written = how.key_file.as_ref().filter(|_| done.made.is_some());
    let probed_word = probed.map(|probed| match probed {
        Probed::Accepted => "accepted",
        Probed::Refused => "refused",
        Probed::Unknown(_) => "unknown",
    });
    if how.format.format == Format::Json {
        let mut answer = json!({
            "did": done.did,
            "subscription": subscription_json(&done.subscription),
            "key": match (&done.made, probed) { (Some(_), _) => "made", (None, Some(_)) => "configured", _ => "unknown" },
            "key_file": written,
            "probe": probed_word,
            "other": done.other.as_ref().map(|(old, deleted)| json!({
                "id": old.id, "url": old.url, "deleted": deleted,
            })),
            "gap_open": gap,
            "paused": paused,
        });
        if let Some(key) = shown {
            answer["signing_key"] = key.into();
        }
        out::json(&answer)?;
        return Ok(Exit::Success);
    }
    let id = &done.subscription.id;
    let events = done.subscription.events.len();
    let first = match done.did {
        "created" => format!("Deel delivers to {url} now: subscription {id}, {events} events."),
        "changed" => format!("The subscription {id} is enabled, with {events} events."),
        _ => format!("The subscription {id} delivers to {url} already; nothing is changed."),
    };
    out::line(first);
    match (&done.made, written, shown) {
        (Some(_), Some(path), _) => out::line(format!(
            "Its signing key is in {}: set DEEL_SIGNING_KEYS, or DEEL_SIGNING_KEYS_FILE to that path, and restart every \
             `run` and `serve`.",
            path.display()
        )),
        (Some(_), None, Some(key)) => out::line(format!("Its signing key, for DEEL_SIGNING_KEYS: {key}")),
        _ => {}
    }
    if done.did == "created" && probed.is_none() && done.made.is_none() {
        out::note(
            "Deel did not show the key that it made: take it from Deel, or set one with `deelsync webhook rotate`.",
        );
    }
    match probed {
        Some(Probed::Accepted) => out::line("The address answers, and takes what our key signs."),
        Some(Probed::Refused) => out::note(
            "The process at the address refuses our key: restart it with the DEEL_SIGNING_KEYS of this command.",
        ),
        Some(Probed::Unknown(words)) => out::note(format!(
            "Whether the address takes our key cannot be told: it {words}. Deel tries each webhook ten times."
        )),
        None => {}
    }
    if done.did != "created" {
        out::line(
            "Whether Deel signs with our key is not known; if webhooks are refused, `deelsync webhook rotate`.",
        );
    }
    match &done.other {
        Some((old, true)) => out::line(format!("The one before, {}, is deleted.", old.id)),
        Some((old, false)) => out::note(format!(
            "The subscription {} to {} stays; if it is of no more use, `deelsync webhook register --replace {}`.",
            old.id,
            old.url.as_deref().unwrap_or("-"),
            old.id
        )),
        None => {}
    }
    if paused {
        out::note("Writes are paused; `deelsync resume` lets them go on.");
    }
    Ok(Exit::Success)
}
