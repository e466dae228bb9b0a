//! A world for one test: a Redis of its own, a fake Deel, a fake `JumpCloud`, and a reconciler between them.

use jiff::Timestamp;
use provisioning::ProfileId;
use queue::{Add, JobKey, Line, Queue, Trigger, Vendor};
use reconciler::{Apply, Parts, Reconciler, Report, Settings};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use test_redis::{Persistence, TestRedis};

pub(crate) const TOKEN: &str = "sim-token";
pub(crate) const KEY: &str = "sim-key";

/// What differs from test to test.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) settings: Settings,
    pub(crate) observe: bool,
    pub(crate) withhold_sensitive: bool,
    pub(crate) people: usize,
}

pub(crate) struct World {
    pub(crate) redis: TestRedis,
    pub(crate) queue: Queue,
    pub(crate) deel: Sim,
    pub(crate) jumpcloud: Sim,
    pub(crate) reconciler: Reconciler,
    pub(crate) now: Arc<Mutex<Timestamp>>,
}

/// A simulator and its control interface.
pub(crate) struct Sim {
    running: simulators::Running,
    http: reqwest::Client,
}

impl Sim {
    pub(crate) fn url(&self) -> &str {
        &self.running.base_url
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let mut request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.url()));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("the simulator answers");
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{method} {path} was answered {status}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// A call that another administrator of `JumpCloud` makes.
    pub(crate) async fn call_as_admin(&self, method: &str, path: &str, body: Value) {
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.url()));
        let answer = request.header("x-api-key", KEY).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    pub(crate) async fn faults(&self, faults: Value) {
        self.call("POST", "/_sim/faults", Some(faults)).await;
    }

    pub(crate) async fn no_faults(&self) {
        self.call("DELETE", "/_sim/faults", None).await;
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup) -> Self {
        let redis = TestRedis::private(Persistence::EverySecond).await;
        let mut config = queue::Config::new(redis.url()).unwrap();
        config.prefix = redis.prefix().to_owned();
        let queue = Queue::connect(&config).await.unwrap();
        let deel = simulators::deel::start(simulators::deel::Options {
            people: setup.people,
            rate: None,
            withhold_sensitive: setup.withhold_sensitive,
            ..simulators::deel::Options::default()
        })
        .unwrap();
        let jumpcloud = simulators::jumpcloud::start(simulators::jumpcloud::Options::default()).unwrap();
        let http = reqwest::Client::new();
        let deel = Sim { running: deel, http: http.clone() };
        let jumpcloud = Sim { running: jumpcloud, http };
        let now = Arc::new(Mutex::new(wall_clock()));
        let reconciler =
            reconciler(&queue, deel.url(), jumpcloud.url(), &now, setup.settings, !setup.observe);
        Self { redis, queue, deel, jumpcloud, reconciler, now }
    }

    /// Another reconciler over the same world, as a second process would be.
    pub(crate) fn another(&self, settings: Settings, enforce: bool) -> Reconciler {
        reconciler(&self.queue, self.deel.url(), self.jumpcloud.url(), &self.now, settings, enforce)
    }

    /// A reconciler over another Deel.
    pub(crate) fn against(&self, deel: &str, settings: Settings) -> Reconciler {
        reconciler(&self.queue, deel, self.jumpcloud.url(), &self.now, settings, true)
    }

    /// A reconciler between two other vendors.
    pub(crate) fn between(&self, deel: &str, jumpcloud: &str, settings: Settings) -> Reconciler {
        reconciler(&self.queue, deel, jumpcloud, &self.now, settings, true)
    }

    /// A reconciler that keeps these rates, in requests per second.
    pub(crate) fn limited(&self, settings: Settings, deel: f64, jumpcloud: f64) -> Reconciler {
        let (at_deel, at_jumpcloud) = (self.deel.url(), self.jumpcloud.url());
        let rates = (Some(deel), Some(jumpcloud));
        with_rates(&self.queue, at_deel, at_jumpcloud, &self.now, settings, true, rates)
    }

    pub(crate) async fn hire(&self, fields: Value) -> ProfileId {
        let person = self.deel.call("POST", "/_sim/hire", Some(fields)).await;
        ProfileId::parse(person["id"].as_str().unwrap()).unwrap()
    }

    pub(crate) async fn change(&self, person: &ProfileId, fields: Value) {
        self.deel.call("POST", &format!("/_sim/people/{person}/change"), Some(fields)).await;
    }

    pub(crate) async fn terminate(&self, person: &ProfileId, how: Value) {
        self.deel.call("POST", &format!("/_sim/people/{person}/terminate"), Some(how)).await;
    }

    pub(crate) async fn rehire(&self, person: &ProfileId) {
        self.deel.call("POST", &format!("/_sim/people/{person}/rehire"), Some(json!({}))).await;
    }

    pub(crate) async fn remove(&self, person: &ProfileId) {
        self.deel.call("POST", &format!("/_sim/people/{person}/remove"), Some(json!({}))).await;
    }

    pub(crate) async fn accounts(&self) -> Vec<Value> {
        list(self.jumpcloud.call("GET", "/_sim/accounts", None).await, "accounts")
    }

    pub(crate) async fn account_of(&self, person: &ProfileId) -> Value {
        let mut linked = self.accounts().await;
        linked.retain(|account| account["employeeIdentifier"] == person.as_str());
        assert_eq!(linked.len(), 1, "accounts linked to {person}");
        linked.remove(0)
    }

    pub(crate) async fn seed(&self, account: Value) -> Value {
        self.jumpcloud.call("POST", "/_sim/accounts", Some(account)).await
    }

    pub(crate) async fn edit(&self, account: &Value, fields: Value) {
        let id = account["_id"].as_str().unwrap();
        self.jumpcloud.call("PATCH", &format!("/_sim/accounts/{id}"), Some(fields)).await;
    }

    /// Every write that the fake `JumpCloud` received.
    pub(crate) async fn journal(&self) -> Vec<Value> {
        list(self.jumpcloud.call("GET", "/_sim/journal", None).await, "entries")
    }

    /// No write was one that a careful client would not make, and nobody got mail.
    pub(crate) async fn assert_careful(&self) {
        for write in self.journal().await {
            assert_eq!((&write["violations"], &write["mail"]), (&json!([]), &json!([])), "{write}");
            assert_ne!(write["method"], "PATCH");
        }
    }

    /// As if the change of this person were more than a day ago.
    pub(crate) async fn make_room(&self, window: &str, person: &ProfileId) {
        let key = format!("{{{}}}:window:{window}", self.redis.prefix());
        let mut redis = self.redis.connection().await;
        redis::cmd("ZREM").arg(key).arg(person.as_str()).exec_async(&mut redis).await.unwrap();
    }

    /// One run of one person under a lease, as a worker's after a webhook.
    pub(crate) async fn run(&self, person: &ProfileId) -> Report {
        run_with(&self.reconciler, &self.queue, person, None).await
    }

    /// As [`World::run`], for a lifecycle event.
    pub(crate) async fn run_event(&self, person: &ProfileId) -> Report {
        run_with(&self.reconciler, &self.queue, person, Some(0)).await
    }
}

/// One run with this reconciler.
pub(crate) async fn run_with(
    reconciler: &Reconciler,
    queue: &Queue,
    person: &ProfileId,
    look: Option<u8>,
) -> Report {
    let key = JobKey::person(person.as_str()).unwrap();
    let trigger = Trigger::new("webhook:worker.v2.updated");
    let add = Add { key: key.clone(), line: Line::Events, trigger: trigger.clone(), look };
    queue.add(&add).await.unwrap();
    let claim = queue.claim_one(&key, "test", &trigger).await.unwrap().expect("nobody else has the person");
    let report = reconciler.run(person, &claim).await;
    claim.finish(report.verdict.clone()).await.unwrap();
    report
}

fn reconciler(
    queue: &Queue,
    deel: &str,
    jumpcloud: &str,
    now: &Arc<Mutex<Timestamp>>,
    settings: Settings,
    enforce: bool,
) -> Reconciler {
    with_rates(queue, deel, jumpcloud, now, settings, enforce, (None, None))
}

fn with_rates(
    queue: &Queue,
    deel: &str,
    jumpcloud: &str,
    now: &Arc<Mutex<Timestamp>>,
    settings: Settings,
    enforce: bool,
    (deel_rate, jumpcloud_rate): (Option<f64>, Option<f64>),
) -> Reconciler {
    let base = deel::BaseUrl::parse(&format!("{deel}/rest/v2")).unwrap();
    let mut deel = deel::Config::new(base, TOKEN.to_owned().into());
    deel.custom_fields = settings.policy.reads_custom_fields();
    let deel = deel::Client::new(deel).unwrap();
    let credentials = jumpcloud::Credentials::ApiKey(KEY.to_owned().into());
    let mut config = jumpcloud::Config::new(format!("{jumpcloud}/api"), credentials);
    config.timeout = Duration::from_secs(5);
    let connection = jumpcloud::Connection::new(config).unwrap();
    let clock = Arc::clone(now);
    Reconciler::new(Parts {
        deel,
        jumpcloud: connection.reader(),
        apply: if enforce { Apply::Enforce(connection.writer()) } else { Apply::Observe },
        queue: queue.clone(),
        deel_budget: queue.budget(Vendor::Deel, deel_rate),
        jumpcloud_budget: queue.budget(Vendor::JumpCloud, jumpcloud_rate),
        settings,
        linked: reconciler::LinkedAccounts::default(),
        groups: reconciler::Groups::default(),
        clock: Arc::new(move || *clock.lock().unwrap()),
    })
}

#[allow(clippy::disallowed_methods)] // a test's outermost layer
fn wall_clock() -> Timestamp {
    Timestamp::now()
}

fn list(answer: Value, name: &str) -> Vec<Value> {
    match answer {
        Value::Array(rows) => rows,
        Value::Object(mut rows) => match rows.remove(name) {
            Some(Value::Array(rows)) => rows,
            other => panic!("{name} is {other:?}"),
        },
        other => panic!("expected {name}, got {other}"),
    }
}

/// The value of our mark on an account as the simulator shows it.
pub(crate) fn mark(account: &Value) -> Option<&str> {
    let attributes = account["attributes"].as_array()?;
    attributes.iter().find(|entry| entry["name"] == "deelsync")?["value"].as_str()
}

/// What is remembered of somebody who has this account.
pub(crate) fn link_to(account: &Value) -> queue::Link {
    queue::Link::Account(account["_id"].as_str().unwrap().to_owned())
}

/// A hire whose name and address are known.
pub(crate) fn ada() -> Value {
    json!({ "first_name": "Ada", "last_name": "Lovelace", "work_email": "ada@example.com", "job_title": "Analyst" })
}

/// Somebody whose account is in use, and who has just left.
pub(crate) async fn leaver(world: &World) -> (ProfileId, Value) {
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    let account = world.account_of(&ada).await;
    world.edit(&account, json!({ "state": "ACTIVATED" })).await;
    world.terminate(&ada, json!({ "at_once": true })).await;
    (ada, account)
}

/// How long an operator's command waits for a lease.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// Somebody at a terminal.
pub(crate) fn asker() -> reconciler::Asker<'static> {
    reconciler::Asker { by: "op", worker: "cli", patience: PATIENCE }
}
