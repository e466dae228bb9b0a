//! Looking into Redis and the simulators, past all proxies.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use redis::aio::MultiplexedConnection;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::evidence::{Done, Evidence, Keys, Page};
use crate::stage::{DEEL_RATE, JUMPCLOUD_RATE, Stage};

/// A Redis that does not answer for so long is down.
const PATIENCE: Duration = Duration::from_millis(500);

async fn connect(url: &str) -> Result<MultiplexedConnection> {
    let client = redis::Client::open(url)?;
    Ok(tokio::time::timeout(PATIENCE, client.get_multiplexed_async_connection()).await??)
}

async fn ask<T: redis::FromRedisValue>(to: &mut MultiplexedConnection, words: &[&str]) -> Result<T> {
    let mut command = redis::Cmd::new();
    for word in words {
        command.arg(word);
    }
    Ok(tokio::time::timeout(PATIENCE, command.query_async(to)).await??)
}

/// The persons whose jobs the worker with this process id has.
///
/// # Errors
/// If Redis does not answer.
pub async fn leased_by(url: &str, prefix: &str, id: u32) -> Result<Vec<String>> {
    let mut redis = connect(url).await?;
    let jobs: Vec<String> = ask(&mut redis, &["ZRANGE", &format!("{{{prefix}}}:leases"), "0", "-1"]).await?;
    let mut persons = Vec::new();
    for job in jobs {
        let name = format!("{{{prefix}}}:job:{job}");
        let worker: Option<String> = ask(&mut redis, &["HGET", &name, "worker"]).await?;
        let its = worker.is_some_and(|worker| worker.ends_with(&format!(":{id}")));
        if let Some(person) = job.strip_prefix("person:").filter(|_| its) {
            persons.push(person.to_owned());
        }
    }
    Ok(persons)
}

/// What Redis holds.
async fn keys(url: &str, prefix: &str, persons: &[String]) -> Result<Keys> {
    let mut redis = connect(url).await?;
    let p = format!("{{{prefix}}}:");
    let mut keys = Keys::default();
    for line in ["urgent", "events", "bulk"] {
        keys.waiting += ask::<u64>(&mut redis, &["ZCARD", &format!("{p}waiting:{line}")]).await?;
    }
    keys.leased = ask(&mut redis, &["ZCARD", &format!("{p}leases")]).await?;
    keys.dead = ask(&mut redis, &["ZRANGE", &format!("{p}dead"), "0", "-1"]).await?;
    let delayed: Vec<(String, f64)> =
        ask(&mut redis, &["ZRANGE", &format!("{p}delayed"), "0", "-1", "WITHSCORES"]).await?;
    keys.delayed = delayed.into_iter().map(|(job, at)| (job, at as i64)).collect();
    for name in ask::<Vec<String>>(&mut redis, &["KEYS", "*"]).await? {
        let mut name = name.strip_prefix(&p).unwrap_or(&name).to_owned();
        for person in persons {
            name = name.replace(person.as_str(), "*");
        }
        *keys.names.entry(name).or_default() += 1;
    }
    Ok(keys)
}

/// Everything that is known just now.
///
/// # Errors
/// If Redis does not answer, or a simulator says what nobody understands.
pub async fn evidence(stage: &Stage, done: &Done) -> Result<Evidence> {
    let deel = &stage.deel;
    // Redis first: what came to rest there shows in what is read after it.
    let redis = keys(stage.redis.url(), stage.redis.prefix(), &done.people).await?;
    let deliveries = deel.call("GET", "/_sim/deliveries?bodies=true", None).await;
    let reads = deel.call("GET", "/_sim/reads", None).await;
    let pages = deel.call("GET", "/_sim/pages", None).await;
    Ok(Evidence {
        people: stage.people().await,
        accounts: stage.jumpcloud.accounts().await,
        journal: rows(Value::Array(stage.jumpcloud.journal().await))?,
        reads: rows(reads["reads"].clone())?,
        lists: rows(pages["pages"].clone())?.into_iter().filter_map(Page::whole).collect(),
        deliveries: rows(deliveries["deliveries"].clone())?,
        vendors: BTreeMap::from([
            ("Deel", (DEEL_RATE, stage.to_deel.traffic())),
            ("JumpCloud", (JUMPCLOUD_RATE, stage.to_jumpcloud.traffic())),
        ]),
        redis,
        done: done.clone(),
    })
}

fn rows<T: DeserializeOwned>(value: Value) -> Result<Vec<T>> {
    serde_json::from_value(value).context("the simulator's journal is as expected")
}
