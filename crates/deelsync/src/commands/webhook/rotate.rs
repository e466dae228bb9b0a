//! `webhook rotate`: gives Deel the first of the configured keys. Deel documents no overlap, so ours has to be there before:
//! both keys are configured, the new one first, and the process at the address is asked whether it takes it.

use super::{Desk, SHORTEST_KEY, asked, subscription_json};
use crate::cli::{Format, Rotate};
use crate::exit::Exit;
use crate::out;
use crate::webhook::{self, Probed};
use anyhow::{Context as _, bail};
use deel::Change;
use secrecy::ExposeSecret as _;
use serde_json::json;

pub(super) async fn run(desk: &Desk<'_>, how: &Rotate) -> anyhow::Result<Exit> {
    let keys = desk.keys();
    let new = keys.first().context(
        "DEEL_SIGNING_KEYS is not set: put the new key first and the present one after it, separated by a comma",
    )?;
    if new.expose_secret().chars().count() < SHORTEST_KEY {
        bail!(
            "the first key of DEEL_SIGNING_KEYS is below {SHORTEST_KEY} characters; make one with `openssl rand -hex 32`"
        );
    }
    let all = desk.all().await?;
    let record = webhook::read(&desk.queue).await?.record;
    let configured = desk.config.webhook.url.as_deref();
    let ours = webhook::own(&all, record.id.as_deref(), configured)
        .context("Deel has no subscription of ours; `deelsync webhook register` makes one")?;
    let url = ours.url.as_deref().or(configured).context("the subscription has no address")?;
    let probed = webhook::probe(url, new).await;
    match &probed {
        Probed::Accepted => {}
        Probed::Refused => bail!(
            "the process at the address refuses the new key, so Deel's webhooks would be refused: restart every `run` and \
             `serve` with DEEL_SIGNING_KEYS=NEW,OLD first"
        ),
        Probed::Unknown(words) if !how.unseen => bail!(
            "whether the address takes the new key cannot be told: it {words}. If every `run` and `serve` has it, say --unseen"
        ),
        Probed::Unknown(_) => {}
    }
    let change = Change { signing_key: Some(new.clone()), ..Change::default() };
    let changed =
        desk.asking.ask(|| desk.asking.deel.change_subscription(ours, &change)).await.map_err(asked)?;
    match how.format.format {
        Format::Json => out::json(&json!({
            "rotated": true,
            "subscription": subscription_json(&changed),
            "probe": if probed == Probed::Accepted { "accepted" } else { "unknown" },
            "keys": keys.len(),
        }))?,
        Format::Table => {
            out::line(format!(
                "Deel signs the webhooks of subscription {} with the first of your keys from now on.",
                changed.id
            ));
            out::line(if keys.len() > 1 {
                "What it signed before is still accepted. When `deelsync webhook status` shows a webhook after now and none \
                 refused, at the latest after the 32 hours in which Deel repeats a delivery, remove the old key from \
                 DEEL_SIGNING_KEYS and restart."
            } else {
                "Only this key is configured: a delivery that Deel signed with the one before is refused, and the comparison \
                 of everyone makes up for it."
            });
            if !changed.is_enabled() {
                out::note("The subscription is disabled; `deelsync webhook register` enables it.");
            }
        }
    }
    Ok(Exit::Success)
}
