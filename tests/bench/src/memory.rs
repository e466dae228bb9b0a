//! Resident memory of `deelsync run`, with the embedded Redis as a process of its own.

use std::time::Duration;

use anyhow::{Context as _, Result};
use harness::{DeelSim, Deelsync, JumpCloudSim, Settings, eventually};

use crate::figures::Figure;
use crate::load;

const WEBHOOKS: usize = 200_000;
const PEOPLE: usize = 2_000;
const MIB: f64 = 1024.0 * 1024.0;

pub(crate) async fn figures() -> Result<Vec<Figure>> {
    let deel = DeelSim::start(&["--people", "50", "--rate", "off"]).await;
    let jumpcloud = JumpCloudSim::start(&[]).await;
    let mut settings = Settings::new(&deel, &jumpcloud);
    settings.set("DEEL_RATE_LIMIT", "off").set("JUMPCLOUD_RATE_LIMIT", "off");
    let mut running = settings.start("run").await;
    let address = settings.webhook_url();
    let address = address.trim_start_matches("http://").trim_end_matches("/webhooks/deel").parse()?;

    let idle = resident(&running);
    let mut after = Vec::new();
    for half in 0..2 {
        // Many events for few people, most of whom Deel does not know: the worker is busy, and writes nothing.
        let requests = load::requests(WEBHOOKS / 2, PEOPLE, &format!("memory-{half}"));
        let round = load::run(address, requests, Duration::from_secs(240)).await.context("webhooks")?;
        anyhow::ensure!(round.answered == WEBHOOKS / 2, "only {} webhooks were answered", round.answered);
        eventually("the queue is worked off", Duration::from_secs(120), async || {
            let depth = running.metric("deelsync_queue_oldest_age_seconds").await;
            (depth == Some(0.0)).then_some(())
        })
        .await;
        after.push(resident(&running));
    }
    // Killed, it would leave its embedded Redis behind.
    running.stop().await;
    let [half, full] = after[..] else { unreachable!("two halves") };
    let below_40 = |figure: &Figure| figure.measured < 40.0;
    Ok(vec![
        Figure::new("resident memory of run, idle", "MiB", idle).target("< 40 MiB", below_40),
        Figure::new("  after 100,000 webhooks", "MiB", half).target("< 40 MiB", below_40),
        Figure::new("  after 200,000 webhooks", "MiB", full)
            .against(half, "after the first 100,000")
            .target("< 40 MiB, level", |figure| figure.measured < 40.0 && figure.measured < half + 2.0),
    ])
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn resident(running: &Deelsync) -> f64 {
    running.process.resident_bytes() as f64 / MIB
}
