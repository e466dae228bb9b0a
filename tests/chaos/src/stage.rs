//! Everything that runs: two vendors, Redis, proxies between, an ingress and two workers.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use harness::{DeelSim, Deelsync, JumpCloudSim, Settings};
use serde_json::{Value, json};
use test_redis::{Persistence, TestRedis};

use crate::plan::{Place, Plan, TIMEOUT};
use crate::proxy::Proxy;
use crate::timeline::Timeline;

/// Deel's limit, as in production.
pub const DEEL_RATE: u32 = 5;
/// JumpCloud's limit, as in production.
pub const JUMPCLOUD_RATE: u32 = 20;
/// Deel's retries come so much faster: after 0.1 s, 0.5 s, 1.5 s, 3 s, 6 s, 12 s, …
const CLOCK_SPEED: &str = "600";
/// Suspensions that narrow limits allow.
pub const NARROW: usize = 3;

/// A `deelsync` that is started again when it ends.
pub struct Part {
    /// `ingress`, `worker 0` or `worker 1`.
    pub name: &'static str,
    role: &'static str,
    settings: Settings,
    /// `None` while it is down because it was killed.
    pub running: Option<Deelsync>,
}

impl Part {
    fn start(&mut self) {
        self.running = Some(self.settings.start_only(self.role));
    }
}

/// Everything that runs.
pub struct Stage {
    /// Deel.
    pub deel: DeelSim,
    /// JumpCloud.
    pub jumpcloud: JumpCloudSim,
    /// Redis itself.
    pub redis: TestRedis,
    /// The way to Deel.
    pub to_deel: Proxy,
    /// The way to JumpCloud.
    pub to_jumpcloud: Proxy,
    /// The way to Redis.
    pub to_redis: Proxy,
    /// The ingress and the two workers.
    pub parts: [Part; 3],
    base: [Value; 2],
}

impl Stage {
    /// Starts everything that this plan needs.
    ///
    /// # Errors
    /// If a proxy cannot be started.
    pub async fn set(plan: &Plan) -> Result<Self> {
        let seed = plan.seed.to_string();
        let (deel_rate, jumpcloud_rate) = (DEEL_RATE.to_string(), JUMPCLOUD_RATE.to_string());
        let deel = DeelSim::start(&[
            "--people",
            "0",
            "--seed",
            &seed,
            "--rate",
            &deel_rate,
            "--clock-speed",
            CLOCK_SPEED,
        ])
        .await;
        let jumpcloud =
            JumpCloudSim::start(&["--accounts", "0", "--seed", &seed, "--rate", &jumpcloud_rate]).await;
        let redis = TestRedis::private(Persistence::Always).await;
        let to_deel = Proxy::start(address(deel.url())).await?;
        let to_jumpcloud = Proxy::start(address(jumpcloud.url())).await?;
        let to_redis = Proxy::start(address(redis.url())).await?;
        let part = |name, role| {
            let vendor = |proxy: &Proxy, path: &str| format!("http://{}{path}", proxy.address());
            let mut settings =
                Settings::with_vendors(&vendor(&to_deel, "/rest/v2"), &vendor(&to_jumpcloud, "/api"));
            settings.redis(&format!("redis://{}", to_redis.address()), redis.prefix());
            settings.set("DEEL_RATE_LIMIT", &deel_rate).set("JUMPCLOUD_RATE_LIMIT", &jumpcloud_rate);
            settings.file(&configuration(plan));
            Part { name, role, settings, running: None }
        };
        let parts = [part("ingress", "serve"), part("worker 0", "work"), part("worker 1", "work")];
        // Our own subscribing does not count: the product cannot know of it.
        deel.call("POST", "/_sim/rate", Some(json!({"limit": null}))).await;
        deel.subscribe(&parts[0].settings.webhook_url()).await;
        deel.call("POST", "/_sim/rate", Some(json!({"limit": DEEL_RATE}))).await;
        let slow = json!({"latency_ms": plan.latency_ms, "jitter_ms": plan.latency_ms});
        let mut told = slow.clone();
        told["deliveries"] = json!({"duplicate": plan.duplicates, "reorder_ms": plan.reorder_ms});
        let stage =
            Self { deel, jumpcloud, redis, to_deel, to_jumpcloud, to_redis, parts, base: [told, slow] };
        stage.usual(Place::Deel).await;
        stage.usual(Place::JumpCloud).await;
        Ok(stage)
    }

    /// Hires people whom a run over everyone gives accounts, and starts the ingress and the workers.
    ///
    /// # Errors
    /// If that run does not come to a good end.
    pub async fn begin(&mut self, plan: &Plan) -> Result<Vec<String>> {
        let mut people = Vec::new();
        for number in 0..plan.size.people {
            let mut hire = hire(number);
            hire["silent"] = json!(true);
            people.push(id_of(&self.deel.hire(hire).await)?);
        }
        // A busy machine may send requests in a bunch, which the simulators answer with 429: then somebody is left over.
        for attempt in 0.. {
            let run = self.cli(&["sync"]).await;
            if run.code == Some(0) {
                break;
            }
            anyhow::ensure!(attempt < 5, "the first sync ended with {:?}: {}", run.code, run.stderr);
        }
        for part in &mut self.parts {
            part.start();
        }
        for part in &mut self.parts {
            part.running.as_mut().context("it was just started")?.ready().await;
        }
        Ok(people)
    }

    /// A command with a worker's settings.
    pub async fn cli(&self, arguments: &[&str]) -> harness::Output {
        self.parts[1].settings.cli(arguments).await
    }

    /// A command with a worker's settings, to be waited for elsewhere.
    pub fn command(&self, arguments: &[&str]) -> std::process::Command {
        self.parts[1].settings.command(arguments)
    }

    /// Where webhooks go.
    #[must_use]
    pub fn webhook_url(&self) -> String {
        self.parts[0].settings.webhook_url()
    }

    /// `kill -9` of the ingress (0) or a worker (1, 2).
    pub fn kill(&mut self, part: usize) {
        if let Some(mut running) = self.parts[part].running.take() {
            running.process.kill();
        }
    }

    /// Starts it again.
    pub fn restart(&mut self, part: usize) {
        self.parts[part].start();
    }

    /// The process id of a part that is up.
    #[must_use]
    pub fn process_id(&self, part: usize) -> Option<u32> {
        self.parts[part].running.as_ref().map(|running| running.process.id())
    }

    /// SIGSTOP, or SIGCONT.
    pub fn freeze(&self, part: usize, on: bool) {
        if let Some(running) = &self.parts[part].running {
            if on { running.process.freeze() } else { running.process.thaw() }
        }
    }

    /// Starts again whoever ended without having been told to, as a service manager would; gives their names.
    pub fn supervise(&mut self, timeline: &Timeline) -> Vec<String> {
        let mut ended = Vec::new();
        for part in &mut self.parts {
            if let Some(status) = part.running.as_mut().and_then(|running| running.process.has_ended()) {
                timeline.note(format!("{} ended by itself: {status}", part.name));
                ended.push(part.name.to_owned());
                part.start();
            }
        }
        ended
    }

    /// A vendor with these faults beside its usual slowness.
    pub async fn strike(&self, vendor: Place, faults: Value) {
        let mut set = self.base[usize::from(vendor == Place::JumpCloud)].clone();
        if let (Some(set), Value::Object(faults)) = (set.as_object_mut(), faults) {
            set.extend(faults);
        }
        match vendor {
            Place::JumpCloud => self.jumpcloud.faults(set).await,
            _ => self.deel.faults(set).await,
        }
    }

    /// A vendor with nothing but its usual slowness.
    pub async fn usual(&self, vendor: Place) {
        self.strike(vendor, json!({})).await;
    }

    /// The proxy to a place.
    #[must_use]
    pub fn proxy(&self, place: Place) -> &Proxy {
        match place {
            Place::Deel => &self.to_deel,
            Place::JumpCloud => &self.to_jumpcloud,
            _ => &self.to_redis,
        }
    }

    /// Keeps the folders with the logs when this value is dropped, and says where they are.
    pub fn keep_logs(&mut self) -> Vec<PathBuf> {
        self.parts.iter_mut().map(|part| part.settings.keep_folder()).collect()
    }

    /// Everybody, as Deel would show them.
    pub async fn people(&self) -> Vec<Value> {
        match self.deel.call("GET", "/_sim/people", None).await["people"].take() {
            Value::Array(people) => people,
            _ => Vec::new(),
        }
    }
}

/// The made-up fields of the person with this number.
#[must_use]
pub fn hire(number: usize) -> Value {
    json!({
        "first_name": format!("First{}", letters(number)),
        "last_name": format!("Last{}", letters(number)),
        "work_email": format!("person{number}@example.com"),
        "job_title": "Engineer",
        // Not today: whether today has begun where they are is not what this is about.
        "start_date": "2026-01-05",
    })
}

/// A number in letters, for names.
#[must_use]
pub fn letters(number: usize) -> String {
    number.to_string().bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
}

/// A person's or an account's id.
///
/// # Errors
/// If there is none.
pub fn id_of(record: &Value) -> Result<String> {
    let id = record["id"].as_str().or_else(|| record["_id"].as_str());
    id.map(str::to_owned).context("the simulator's answer has an id")
}

/// Host and port of a URL without a path.
fn address(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest)
}

fn configuration(plan: &Plan) -> String {
    let state = if plan.activated { "activated" } else { "staged" };
    let kinds =
        ["suspension", "reactivation", "email_change", "link", "creation", "group_removal", "attribute"];
    let limits: String = kinds
        .iter()
        .filter(|kind| !(plan.guarded && **kind == "suspension"))
        .map(|kind| format!("[limits.{kind}]\ncount = 1000\n"))
        .collect();
    let timeout = TIMEOUT.as_secs();
    let vendors = format!("[deel]\ntimeout_seconds = {timeout}\n[jumpcloud]\ntimeout_seconds = {timeout}\n");
    format!(
        "{vendors}[sync]\ncreate_state = \"{state}\"\nemail_change = \"apply\"\nnightly_at = \"off\"\n{limits}"
    )
}

/// How long the whole may take to come to rest.
#[must_use]
pub fn patience(plan: &Plan) -> Duration {
    // A look that a stale read made necessary comes a minute later, and another nine minutes after that.
    Duration::from_secs(if plan.size.stale { 150 } else { 40 })
}
