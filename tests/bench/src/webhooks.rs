//! Signed webhooks accepted per second, each stored before its 200.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use harness::{Deelsync, Process, SIGNING_KEY, Settings, free_port};
use ingress::ceiling::Ceiling;
use test_redis::{Persistence, TestRedis};

use crate::figures::{Figure, median, milliseconds, percentile};
use crate::load;

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1500);
/// More than any round can send; each is another delivery.
const REQUESTS: usize = 150_000;
/// Whom they are about: a company as large as the one whose sync is measured. Many of the webhooks that wait are about one
/// person then, and become one job.
const PEOPLE: usize = 10_000;

/// One thing that answers webhooks.
struct Target {
    name: &'static str,
    address: SocketAddr,
    redis: Option<TestRedis>,
    people: usize,
    rates: Vec<f64>,
    latencies: Vec<f64>,
    _process: Process,
    /// Its folder holds the log.
    _settings: Option<Settings>,
}

pub(crate) async fn figures() -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let mut targets = vec![
        ceiling("bare", folder.path()).await,
        ceiling("signature", folder.path()).await,
        product("everysec", Persistence::EverySecond, PEOPLE).await?,
        product("always", Persistence::Always, PEOPLE).await?,
        product("always", Persistence::Always, REQUESTS).await?,
    ];
    // Turn about, so that what else the machine does meets all of them alike.
    for round in 0..ROUNDS {
        for target in &mut targets {
            let requests = load::requests(REQUESTS, target.people, &format!("{}-{round}", target.name));
            let done = load::run(target.address, requests, ROUND).await.context(target.name)?;
            target.rates.push(done.per_second());
            target.latencies.extend(milliseconds(&done.latencies));
            if let Some(redis) = &target.redis {
                let mut connection = redis.connection().await;
                redis::cmd("FLUSHALL").query_async::<()>(&mut connection).await?;
            }
        }
    }
    let [bare, signature, everysec, always, strangers] = &targets[..] else { unreachable!("five were made") };
    let ceiling = median(&signature.rates);
    let mut figures = vec![
        Figure::new("webhooks: signature check alone", "/s", ceiling)
            .against(median(&bare.rates), "a bare actix app"),
    ];
    for (target, share) in [(everysec, 0.50), (always, 0.35)] {
        let name = target.name;
        let rate = Figure::new(
            &format!("webhooks stored, appendfsync {name}, 64 connections"),
            "/s",
            median(&target.rates),
        )
        .against(ceiling, "signature check, no Redis")
        .target(&format!("≥ {:.0} %", share * 100.0), |figure| {
            figure.ratio.is_some_and(|ratio| ratio >= share)
        });
        figures.push(rate);
        for percent in [50.0, 99.0] {
            let name = format!("  their answer, p{percent:.0}");
            let figure = Figure::new(&name, "ms", percentile(&target.latencies, percent))
                .against(percentile(&signature.latencies, percent), "signature check, no Redis");
            figures.push(figure);
        }
    }
    figures.push(
        Figure::new("  always, each webhook about another person", "/s", median(&strangers.rates))
            .against(ceiling, "signature check, no Redis"),
    );
    Ok(figures)
}

async fn product(name: &'static str, persistence: Persistence, people: usize) -> Result<Target> {
    let redis = TestRedis::private(persistence).await;
    let mut settings = Settings::with_vendors("http://127.0.0.1:9/rest/v2", "http://127.0.0.1:9/api");
    settings.redis(redis.url(), redis.prefix());
    let Deelsync { process, .. } = settings.start("serve").await;
    let address = settings.webhook_url();
    let address = address.trim_start_matches("http://").trim_end_matches("/webhooks/deel").parse()?;
    Ok(Target {
        name,
        address,
        redis: Some(redis),
        people,
        rates: Vec::new(),
        latencies: Vec::new(),
        _process: process,
        _settings: Some(settings),
    })
}

async fn ceiling(name: &'static str, folder: &std::path::Path) -> Target {
    let here = std::env::current_exe().expect("the running program has a path");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
    let mut command = Command::new(here);
    command.args(["ceiling", name, &address.to_string()]);
    let mut process = Process::start(name, &mut command, folder);
    process.line_after("listening").await;
    Target {
        name,
        address,
        redis: None,
        people: PEOPLE,
        rates: Vec::new(),
        latencies: Vec::new(),
        _process: process,
        _settings: None,
    }
}

/// The child process that serves a ceiling until it is killed.
pub(crate) async fn serve_ceiling(name: &str, address: &str) -> Result<()> {
    let config = ingress::Config { listen: address.parse()?, ..ingress::Config::default() };
    let keys = deel::signature::SigningKeys::parse(SIGNING_KEY)?;
    let ceiling = if name == "bare" { Ceiling::Bare } else { Ceiling::SignatureOnly };
    let running = ingress::ceiling::start(&config, keys, ceiling)?;
    println!("listening {}", running.addr());
    std::future::pending().await
}
