//! `pause` and `resume`.

use super::startup::Env;
use super::workers;
use crate::backend;
use crate::cli::Format;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;
use serde_json::json;

pub(crate) async fn pause(config: &Config, env: &Env, reason: &str, format: Format) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        let before = queue.paused().await?;
        let pause = crate::pause::begin(config, &queue, &backend::operator(env), reason).await?;
        let at = out::time(pause.at_ms);
        match format {
            Format::Json => out::json(&json!({
                "paused": true, "already": before.is_some(), "at": at, "by": pause.by, "reason": pause.reason,
            }))?,
            Format::Table => {
                let first = if before.is_some() { "Paused already, since" } else { "Paused at" };
                let why = if pause.reason.is_empty() { String::new() } else { format!(" ({})", pause.reason) };
                out::line(format!(
                    "{first} {at} by {}{why}. Nothing is written to JumpCloud until `deelsync resume`; work waits.",
                    pause.by
                ));
            }
        }
        Ok(Exit::Success)
    })
    .await
}

pub(crate) async fn resume(config: &Config, env: &Env, format: Format) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        let resumed = crate::pause::end(config, &queue).await?;
        match format {
            Format::Json => out::json(&json!({
                "paused": false, "resumed": resumed, "workers": workers::living(&queue).await?,
            }))?,
            Format::Table => {
                out::line(if resumed { "Writes go on." } else { "Writes were not paused." });
                workers::note_if_none(&queue).await?;
            }
        }
        Ok(Exit::Success)
    })
    .await
}
