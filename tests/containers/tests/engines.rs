//! What the product does while its Redis is killed, frozen, emptied or failed over.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::time::{Duration, Instant};

use containers::{Cluster, Engine, Node, Poured, Replicated, SOON, Site};
use harness::eventually;

/// Enough to be at it for some seconds, and fewer than the guard lets be created.
const PEOPLE: usize = 80;
const PAUSE: Duration = Duration::from_millis(40);

/// In the middle of the webhooks does something to Redis; afterwards nothing is missing. `lossless`: nothing had to be
/// compared for that.
async fn through(engine: Engine, what: &str, url: &str, lossless: bool, fault: impl AsyncFnOnce()) {
    let site = Site::start(url).await;
    let people = site.hire(PEOPLE).await;
    let pouring = site.pour(&people, PAUSE);
    eventually("some are done", SOON, async || (site.accounts().await.len() >= 15).then_some(())).await;
    let started = Instant::now();
    fault().await;
    let took = started.elapsed();
    let Poured { refused, silence } = pouring.await.unwrap();
    let rest = site.each_has_one(&people).await;
    site.settled().await;
    let comparisons = site.comparisons().await;
    assert!(!lossless || comparisons.is_empty(), "{comparisons:?} hides what was lost");
    println!(
        "{what} ({}): away {took:.1?}, longest without a 200 {silence:.1?}, refused {refused}, all {} accounts {rest:.1?} \
         after the last webhook",
        engine.image(),
        people.len(),
    );
    assert!(silence < took + Duration::from_secs(5), "{silence:?} without a 200, {took:?} without Redis");
}

async fn killed_and_restarted_with_its_data(engine: Engine) {
    let node = Node::start(engine, &[]).await;
    let url = format!("redis://127.0.0.1:{}", node.port);
    through(engine, "killed, started again", &url, true, async || {
        node.kill().await;
        node.restart().await;
    })
    .await;
}

async fn paused(engine: Engine) {
    let node = Node::start(engine, &[]).await;
    let url = format!("redis://127.0.0.1:{}", node.port);
    through(engine, "paused", &url, true, async || {
        node.pause().await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        node.unpause().await;
    })
    .await;
}

/// The workers stand still, so that Redis is all that knows of the webhooks when it goes.
async fn restarted_empty(engine: Engine) {
    let node = Node::start(engine, &[]).await;
    let (port, url) = (node.port, format!("redis://127.0.0.1:{}", node.port));
    let site = Site::start(&url).await;
    let people = site.hire(20).await;
    site.pour(&people[..10], Duration::ZERO).await.unwrap();
    site.each_has_one(&people[..10]).await;
    site.workers.iter().for_each(|worker| worker.process.freeze());
    site.pour(&people[10..], Duration::ZERO).await.unwrap();

    node.remove().await;
    let _empty = Node::start_on(engine, port, &[]).await;
    site.workers.iter().for_each(|worker| worker.process.thaw());
    let healed = site.each_has_one(&people).await;
    site.compared_because("redis:data-lost").await;
    println!("restarted empty ({}): noticed, everyone compared, healed after {healed:.1?}", engine.image());
}

async fn a_failover_costs_seconds(engine: Engine) {
    let redis = Replicated::start(engine).await;
    through(engine, "Sentinel failover", &redis.url(), false, async || {
        redis.master.kill().await;
        redis.replica.answers("INFO replication", "role:master").await;
    })
    .await;
}

async fn what_a_failover_lost_is_made_up_for(engine: Engine) {
    let redis = Replicated::start(engine).await;
    let site = Site::start(&redis.url()).await;
    let people = site.hire(15).await;
    site.pour(&people[..10], Duration::ZERO).await.unwrap();
    site.each_has_one(&people[..10]).await;
    let warned = site.settings.cli(&["check"]).await;
    assert!(warned.stdout.contains("replication is asynchronous"), "{}", warned.stdout);

    // Nobody but Redis knows of what comes next, and of two servers only one.
    site.workers.iter().for_each(|worker| worker.process.freeze());
    redis.part().await;
    let poured = site.pour(&people[10..], Duration::ZERO).await.unwrap();
    assert_eq!(poured.refused, 0, "the master accepts");
    redis.master.kill().await;
    redis.replica.answers("INFO replication", "role:master").await;
    for person in &people[10..] {
        let key = format!("EXISTS {{deelsync}}:job:person:{person}");
        assert!(redis.replica.tell(&key).await.unwrap().contains("int(0)"));
        for line in ["urgent", "events", "bulk"] {
            let waiting = format!("ZSCORE {{deelsync}}:waiting:{line} person:{person}");
            assert_eq!(redis.replica.tell(&waiting).await.unwrap(), "nil", "it was accepted, and is lost");
        }
    }

    site.workers.iter().for_each(|worker| worker.process.thaw());
    let healed = site.each_has_one(&people).await;
    site.compared_because("redis:failover").await;
    println!(
        "failover that lost 5 accepted webhooks ({}): noticed, everyone compared, healed after {healed:.1?}",
        engine.image()
    );
}

async fn a_cluster_loses_and_regains_a_node(engine: Engine) {
    let cluster = Cluster::start(engine).await;
    through(engine, "node of a Cluster killed, started again", &cluster.url(), true, async || {
        let holder = cluster.holder().await;
        holder.kill().await;
        holder.restart().await;
        holder.answers("CLUSTER INFO", "cluster_state:ok").await;
    })
    .await;
}

macro_rules! on {
    ($module:ident, $engine:expr, [$($test:ident),* $(,)?]) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test($engine).await;
                }
            )*
        }
    };
    ($engine:ident as $module:ident) => {
        on!($module, containers::$engine, [
            killed_and_restarted_with_its_data,
            paused,
            restarted_empty,
            a_failover_costs_seconds,
            what_a_failover_lost_is_made_up_for,
            a_cluster_loses_and_regains_a_node,
        ]);
    };
}

on!(REDIS as redis);
on!(VALKEY as valkey);
