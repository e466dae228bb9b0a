//! From the webhook to the write at JumpCloud, with simulators at no latency.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use harness::{DeelSim, JumpCloudSim, KEY, SIGNING_KEY, Settings, TOKEN, eventually, post_webhook};
use serde_json::{Value, json};

use crate::figures::{Figure, milliseconds, percentile};

const SAMPLES: usize = 300;

pub(crate) async fn figures() -> Result<Vec<Figure>> {
    let deel = DeelSim::start(&["--people", "0", "--rate", "off"]).await;
    let jumpcloud = JumpCloudSim::start(&[]).await;
    let mut settings = Settings::new(&deel, &jumpcloud);
    settings.set("DEEL_RATE_LIMIT", "off").set("JUMPCLOUD_RATE_LIMIT", "off");
    let mut running = settings.start("run").await;
    let http = reqwest::Client::new();

    let person = deel
        .hire(json!({"first_name": "Bench", "last_name": "Mark", "work_email": "bench.mark@example.com", "silent": true}))
        .await;
    let id = person["id"].as_str().context("a hired person has an id")?.to_owned();
    let mut latencies = Vec::with_capacity(SAMPLES);
    for number in 0..=SAMPLES {
        if number > 0 {
            deel.change(&id, json!({"job_title": format!("Title {number}"), "silent": true})).await;
        }
        let before = jumpcloud.journal().await.last().map_or(0, |write| write["seq"].as_u64().unwrap_or(0));
        let body = json!({
            "data": {"meta": {"event_type": "worker.v2.updated", "tracking_id": format!("e2e-{number}")},
                     "resource": {"id": id}},
            "timestamp": "2026-05-04T09:15:00.000Z",
        });
        let sent = Instant::now();
        let answer = post_webhook(&http, &settings.webhook_url(), SIGNING_KEY, body.to_string()).await?;
        anyhow::ensure!(answer.status().is_success(), "the webhook was answered {}", answer.status());
        // Seen from outside, so the time to look is part of the figure: it is an upper bound.
        eventually("the write arrives", Duration::from_secs(10), async || {
            (!jumpcloud.journal_since(before).await.is_empty()).then_some(())
        })
        .await;
        if number > 0 {
            latencies.push(sent.elapsed());
        }
    }
    // Killed, it would leave its embedded Redis behind.
    running.stop().await;
    let latencies = milliseconds(&latencies);
    let ceiling = milliseconds(&bare_calls(&http, &deel, &jumpcloud, &id).await?);
    let against = "the same three calls, one after the other";
    Ok(vec![
        Figure::new("webhook to JumpCloud write, p50", "ms", percentile(&latencies, 50.0))
            .against(percentile(&ceiling, 50.0), against),
        Figure::new("webhook to JumpCloud write, p99", "ms", percentile(&latencies, 99.0))
            .against(percentile(&ceiling, 99.0), against)
            .target("< 100 ms", |figure| figure.measured < 100.0),
    ])
}

/// What the vendors' side of it costs by itself: read the person, read the account, write it.
async fn bare_calls(
    http: &reqwest::Client,
    deel: &DeelSim,
    jumpcloud: &JumpCloudSim,
    person: &str,
) -> Result<Vec<Duration>> {
    let account = jumpcloud.account_of(person).await.context("the account is there")?;
    let account =
        format!("{}/api/systemusers/{}", jumpcloud.url(), account["_id"].as_str().context("an id")?);
    let person = format!("{}/rest/v2/people/{person}", deel.url());
    let mut latencies = Vec::with_capacity(SAMPLES);
    for number in 0..SAMPLES {
        let started = Instant::now();
        http.get(&person).bearer_auth(TOKEN).send().await?.error_for_status()?.json::<Value>().await?;
        http.get(&account).header("x-api-key", KEY).send().await?.error_for_status()?.json::<Value>().await?;
        http.put(&account)
            .header("x-api-key", KEY)
            .json(&json!({"jobTitle": format!("Bare {number}")}))
            .send()
            .await?
            .error_for_status()?;
        latencies.push(started.elapsed());
    }
    Ok(latencies)
}
