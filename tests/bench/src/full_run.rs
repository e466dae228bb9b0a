//! A sync of everyone: how close to the vendors' limits, at what cost, and whether a leaver waits behind it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use harness::{DeelSim, JumpCloudSim, Process, Settings, eventually};
use serde_json::{Value, json};

use crate::figures::{Figure, milliseconds, percentile};

/// What Deel documents for an organization.
const DEEL_PER_SECOND: usize = 5;
const PAGE: usize = 100;
const MIB: f64 = 1024.0 * 1024.0;

pub(crate) async fn figures() -> Result<Vec<Figure>> {
    let mut all = vec![without_drift().await.context("without drift")?];
    all.extend(many(100_000).await.context("100,000 people")?);
    all.extend(a_leaver_meanwhile().await.context("a leaver meanwhile")?);
    Ok(all)
}

/// Both sides of one company, every account linked, with this share of job titles that differ.
async fn company(people: usize, drift: &str, limits: bool) -> (DeelSim, JumpCloudSim, Settings) {
    let people = people.to_string();
    let (deel_rate, jumpcloud_rate) = if limits { ("5", "20") } else { ("off", "off") };
    let deel = DeelSim::start(&["--people", &people, "--rate", deel_rate]).await;
    let jumpcloud = JumpCloudSim::start(&[
        "--accounts",
        &people,
        "--population",
        "linked",
        "--drift",
        drift,
        "--rate",
        jumpcloud_rate,
    ])
    .await;
    let mut settings = Settings::new(&deel, &jumpcloud);
    settings.set("DEEL_RATE_LIMIT", deel_rate).set("JUMPCLOUD_RATE_LIMIT", jumpcloud_rate);
    (deel, jumpcloud, settings)
}

async fn synced(settings: &Settings) -> Result<Value> {
    let output = settings.cli(&["sync", "--format", "json"]).await;
    ensure!(output.code == Some(0), "sync ended with {:?}: {}", output.code, output.stderr);
    Ok(output.json())
}

/// 10,000 people of whom nobody has to be changed, at the vendors' limits: reading Deel's pages is all there is to it.
async fn without_drift() -> Result<Figure> {
    const PEOPLE: usize = 10_000;
    let (_deel, jumpcloud, settings) = company(PEOPLE, "0", true).await;
    // The first requests of a second are free: what came before must not be counted with them.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let started = Instant::now();
    let report = synced(&settings).await?;
    let took = started.elapsed().as_secs_f64();
    ensure!(jumpcloud.journal().await.is_empty(), "something was written: {report:#}");
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let floor = (PEOPLE / PAGE) as f64 / DEEL_PER_SECOND as f64;
    Ok(Figure::new("sync of 10,000 without drift, limits on", "s", took)
        .against(floor, "100 pages at Deel's 5/s")
        .target("≤ 115 %", |figure| figure.ratio.is_some_and(|ratio| ratio <= 1.15)))
}

/// What a sync of so many costs in this process, with one of a hundred to change.
async fn many(people: usize) -> Result<Vec<Figure>> {
    let (_deel, jumpcloud, settings) = company(people, "1", false).await;
    let mut process = settings.start_only("sync").process;
    let started = Instant::now();
    let used = followed(&process).await;
    let took = started.elapsed().as_secs_f64();
    let status = process.ended(Duration::from_secs(5)).await;
    ensure!(status.success(), "sync ended with {status}:\n{}", process.log());
    let written = jumpcloud.journal().await.len();
    ensure!(written >= people / 100, "only {written} writes");
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let each = used.cpu.as_secs_f64() * 1e6 / people as f64;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let peak = used.peak_bytes as f64 / MIB;
    Ok(vec![
        Figure::new("sync of 100,000, 1 % drift, limits off: CPU a person", "µs", each),
        Figure::new("  its peak resident memory", "MiB", peak).target("< 300 MiB", |f| f.measured < 300.0),
        Figure::new("  the whole of it", "s", took),
    ])
}

struct Used {
    cpu: Duration,
    peak_bytes: u64,
}

/// Follows a child to its end. What it used stays readable until it is waited for.
async fn followed(process: &Process) -> Used {
    let stat = format!("/proc/{}/stat", process.id());
    let mut used = Used { cpu: Duration::ZERO, peak_bytes: 0 };
    loop {
        let stat = std::fs::read_to_string(&stat).unwrap_or_default();
        // The name in parentheses may hold anything; the fields follow it.
        let fields: Vec<&str> =
            stat.rsplit_once(')').map_or(stat.as_str(), |(_, rest)| rest).split_whitespace().collect();
        let ticks =
            |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default();
        // proc(5): utime and stime are the 14th and 15th, in hundredths of a second on Linux.
        used.cpu = Duration::from_millis((ticks(11) + ticks(12)) * 10).max(used.cpu);
        used.peak_bytes = used.peak_bytes.max(process.status_bytes("VmHWM").unwrap_or_default());
        if matches!(fields.first(), None | Some(&"Z" | &"X")) {
            return used;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Terminations that arrive while everyone is being synced at the vendors' limits, from the webhook to the write.
async fn a_leaver_meanwhile() -> Result<Vec<Figure>> {
    const PEOPLE: usize = 3_000;
    const LEAVERS: usize = 12;
    // A run of about 40 s: six to list, the rest to change 150 people.
    let (deel, jumpcloud, settings) = company(PEOPLE, "5", true).await;
    deel.subscribe(&settings.webhook_url()).await;
    // Deel counts that request too, and nobody but this test has made it: it must not cost a 429.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let mut running = settings.start("run").await;
    let active: Vec<(String, String)> = jumpcloud
        .accounts()
        .await
        .iter()
        .filter(|account| account["state"] == "ACTIVATED" && account["jobTitle"] != "Something Else")
        .filter_map(|account| {
            let text = |name: &str| account[name].as_str().map(str::to_owned);
            Some((text("employeeIdentifier")?, text("_id")?))
        })
        .take(LEAVERS)
        .collect();
    let syncing = async {
        let report = synced(&settings).await?;
        anyhow::Ok((report, Instant::now()))
    };
    let leaving = async {
        let mut latencies = Vec::new();
        for (person, account) in &active {
            tokio::time::sleep(Duration::from_secs(2)).await;
            latencies.push(one_leaver(&deel, &jumpcloud, person, account).await);
        }
        (latencies, Instant::now())
    };
    let (synced, left) = tokio::join!(syncing, leaving);
    let ((report, run_ended), (latencies, last_left)) = (synced?, left);
    ensure!(last_left < run_ended, "the run was over before the last leaver: {report:#}");
    running.stop().await;
    let latencies = milliseconds(&latencies);
    let each: Vec<String> = latencies.iter().map(|ms| format!("{ms:.0}")).collect();
    eprintln!("  leavers, in order: {} ms", each.join(", "));
    Ok(vec![
        Figure::new(
            "termination during a sync of everyone, limits on, p50",
            "ms",
            percentile(&latencies, 50.0),
        ),
        Figure::new("  the slowest of 12", "ms", percentile(&latencies, 100.0))
            .target("< 2000 ms", |figure| figure.measured < 2000.0),
    ])
}

/// With the webhooks that Deel sends of its own accord.
async fn one_leaver(deel: &DeelSim, jumpcloud: &JumpCloudSim, person: &str, account: &str) -> Duration {
    deel.terminate(person, json!({"at_once": true})).await;
    let happened = Instant::now();
    eventually("the suspension", Duration::from_secs(30), async || {
        let account = jumpcloud.call("GET", &format!("/_sim/accounts/{account}"), None).await;
        (account["state"] == "SUSPENDED").then_some(())
    })
    .await;
    happened.elapsed()
}
