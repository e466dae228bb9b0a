//! `pause` and `resume`.

use super::startup::Env;
use crate::backend;
use crate::config::Config;
use crate::exit::Exit;
use crate::out;

pub(crate) async fn pause(config: &Config, env: &Env, reason: &str) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        let pause = queue.pause(&backend::operator(env), reason).await?;
        out::line(format!(
            "Paused at {} by {}. Nothing is written to JumpCloud until `deelsync resume`; work waits.",
            out::time(pause.at_ms),
            pause.by
        ));
        Ok(Exit::Success)
    })
    .await
}

pub(crate) async fn resume(config: &Config, env: &Env) -> anyhow::Result<Exit> {
    backend::with_queue(config, env, |queue| async move {
        out::line(if queue.resume().await? { "Writes go on." } else { "Writes were not paused." });
        Ok(Exit::Success)
    })
    .await
}
