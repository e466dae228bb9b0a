use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use e2e::{event, strings};
use harness::{DeelSim, Deelsync, JumpCloudSim, SIGNING_KEY, Settings, eventually, post_webhook};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// How long anything that should happen within seconds may take on a busy machine.
pub const SOON: Duration = Duration::from_secs(60);

/// One receiver and two workers on a Redis of the test's choice, with both simulators.
pub struct Site {
    /// Where people are hired.
    pub deel: DeelSim,
    /// Where accounts appear.
    pub jumpcloud: JumpCloudSim,
    /// The environment of the last process that was started.
    pub settings: Settings,
    /// `deelsync serve`.
    pub ingress: Deelsync,
    /// `deelsync work`, twice.
    pub workers: Vec<Deelsync>,
    webhooks: String,
}

/// What whoever delivered webhooks saw.
#[derive(Clone, Copy, Debug)]
pub struct Poured {
    /// Answers other than 200; each such webhook was sent again, as Deel would.
    pub refused: u32,
    /// The longest time between two answers 200.
    pub silence: Duration,
}

impl Site {
    /// All of it, ready.
    pub async fn start(redis: &str) -> Self {
        let deel = DeelSim::start(&["--people", "0", "--rate", "off"]).await;
        let jumpcloud = JumpCloudSim::start(&["--accounts", "0"]).await;
        let mut settings = Settings::new(&deel, &jumpcloud);
        settings.set("REDIS_URL", redis);
        settings.set("DEEL_RATE_LIMIT", "off").set("JUMPCLOUD_RATE_LIMIT", "off");
        let webhooks = settings.webhook_url();
        let ingress = settings.start("serve").await;
        let mut workers = Vec::new();
        for _ in 0..2 {
            workers.push(settings.other_ports().start("work").await);
        }
        Self { deel, jumpcloud, settings, ingress, workers, webhooks }
    }

    /// Hires so many whom nobody is told of.
    pub async fn hire(&self, count: usize) -> Vec<String> {
        let order = json!({"action": "hire", "count": count, "with": {}, "silent": true});
        let done = self.deel.call("POST", "/_sim/bulk", Some(order)).await;
        strings(&done["ids"])
    }

    /// Delivers a webhook about each, one after the other with a pause, each until it is answered 200.
    #[must_use]
    pub fn pour(&self, people: &[String], pause: Duration) -> JoinHandle<Poured> {
        let (url, people) = (self.webhooks.clone(), people.to_vec());
        tokio::spawn(async move {
            let http = reqwest::Client::new();
            let mut seen = Poured { refused: 0, silence: Duration::ZERO };
            let mut last = Instant::now();
            for person in people {
                let body = event("worker.v2.created", &json!({"id": person}), &person).to_string();
                loop {
                    let answer = post_webhook(&http, &url, SIGNING_KEY, body.clone()).await;
                    let status = answer.expect("the receiver always answers").status().as_u16();
                    if status == 200 {
                        break;
                    }
                    assert_eq!(status, 503, "without Redis the answer is 503");
                    seen.refused += 1;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                seen.silence = seen.silence.max(last.elapsed());
                last = Instant::now();
                tokio::time::sleep(pause).await;
            }
            seen
        })
    }

    /// How many accounts there are per linked person.
    pub async fn accounts(&self) -> BTreeMap<String, usize> {
        let mut count = BTreeMap::new();
        for account in self.jumpcloud.accounts().await {
            *count
                .entry(account["employeeIdentifier"].as_str().unwrap_or_default().to_owned())
                .or_default() += 1;
        }
        count
    }

    /// Waits until each of these people has one account and nobody else has any; how long that took.
    ///
    /// # Panics
    /// If it does not come to that, or somebody has two.
    pub async fn each_has_one(&self, people: &[String]) -> Duration {
        let started = Instant::now();
        eventually("everyone has an account", SOON, async || {
            let accounts = self.accounts().await;
            assert!(accounts.values().all(|count| *count == 1), "two accounts for one person: {accounts:?}");
            (people.iter().all(|person| accounts.contains_key(person)) && accounts.len() == people.len())
                .then_some(())
        })
        .await;
        started.elapsed()
    }

    /// What asked for the comparisons of everyone that there were.
    pub async fn comparisons(&self) -> Vec<String> {
        let said = self.settings.cli(&["runs", "--format", "json"]).await.expect_code(0).json();
        let runs = said.as_array().expect("a list of runs");
        runs.iter().filter_map(|run: &Value| run["trigger"].as_str()).map(str::to_owned).collect()
    }

    /// Waits until a comparison of everyone that this asked for has ended.
    pub async fn compared_because(&self, trigger: &str) {
        eventually(&format!("a comparison because of {trigger}"), SOON, async || {
            self.comparisons().await.iter().any(|asked| asked == trigger).then_some(())
        })
        .await;
    }

    /// Nothing is left waiting, leased or dead.
    pub async fn settled(&self) {
        eventually("the queue is worked off", SOON, async || {
            let status =
                self.settings.cli(&["queue", "status", "--format", "json"]).await.expect_code(0).json();
            let waiting = status["waiting"].as_object().expect("a count per line");
            (status["running"] == 0 && status["dead"] == 0 && waiting.values().all(|count| *count == 0))
                .then_some(())
        })
        .await;
    }
}
