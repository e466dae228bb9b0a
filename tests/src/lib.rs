//! End-to-end tests: the real binary, a real Redis, and both simulators. The tests are in `tests/tests`, one file a
//! topic; this is what they share.

#![allow(clippy::expect_used, clippy::panic)] // test support: a failure here is the test's failure

mod everyone;
mod operator;
mod stub;
mod times;
mod webhook;

use std::time::Duration;

use harness::{DeelSim, Deelsync, JumpCloudSim, Settings, eventually};
use serde_json::{Value, json};
use test_redis::TestRedis;

pub use everyone::{account_like, strings, unlinked_account};
pub use operator::api;
pub use stub::Stub;
pub use webhook::{deliver, event, post, raw};

/// How long anything that should happen within seconds may take on a busy machine.
pub const SOON: Duration = Duration::from_secs(20);

/// A Deel, a JumpCloud, a Redis and the settings that join them. Nothing of the product runs yet.
pub struct World {
    /// Where people are hired and let go.
    pub deel: DeelSim,
    /// Where accounts are.
    pub jumpcloud: JumpCloudSim,
    /// Where jobs are.
    pub redis: TestRedis,
    /// The product's environment: writes allowed, vendors' rates off.
    pub settings: Settings,
}

impl World {
    /// Both simulators empty.
    pub async fn empty() -> Self {
        Self::with(&[], &[]).await
    }

    /// Both simulators with these further arguments.
    pub async fn with(deel: &[&str], jumpcloud: &[&str]) -> Self {
        Self::on(TestRedis::start().await, deel, jumpcloud).await
    }

    /// The same on a Redis that the caller chose.
    pub async fn on(redis: TestRedis, deel: &[&str], jumpcloud: &[&str]) -> Self {
        let deel = DeelSim::start(&unless_given(deel, &[["--people", "0"], ["--rate", "off"]])).await;
        let jumpcloud = JumpCloudSim::start(&unless_given(jumpcloud, &[["--accounts", "0"]])).await;
        let mut settings = Settings::new(&deel, &jumpcloud);
        settings.redis(redis.url(), redis.prefix());
        settings.set("DEEL_RATE_LIMIT", "off").set("JUMPCLOUD_RATE_LIMIT", "off");
        // Its requests would be among those that a test counts or lets fail.
        settings.set("DEELSYNC_WEBHOOK_CHECK_EVERY", "off");
        deel.subscribe(&settings.webhook_url()).await;
        Self { deel, jumpcloud, redis, settings }
    }

    /// `deelsync run`, ready.
    pub async fn run(&self) -> Deelsync {
        self.settings.start("run").await
    }

    /// Hires somebody and waits for the account.
    ///
    /// # Panics
    /// If it does not arrive.
    pub async fn hired(&self, fields: Value) -> (String, Value) {
        let person = id_of(&self.deel.hire(fields).await);
        let account = self.account(&person, "an account for the hire", |_| true).await;
        (person, account)
    }

    /// Waits until this person's account is as wanted.
    ///
    /// # Panics
    /// If it is not within [`SOON`].
    pub async fn account(&self, person: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        eventually(what, SOON, async || self.jumpcloud.account_of(person).await.filter(&wanted)).await
    }

    /// Waits until nothing waits or runs; what is delayed may stay.
    ///
    /// # Panics
    /// If that is not so within [`SOON`].
    pub async fn settled(&self) {
        eventually("the queue is worked off", SOON, async || {
            let status =
                self.settings.cli(&["queue", "status", "--format", "json"]).await.expect_code(0).json();
            let waiting = status["waiting"].as_object().expect("a count per line");
            let idle = status["running"] == 0 && waiting.values().all(|count| *count == 0);
            idle.then_some(())
        })
        .await;
    }
}

/// Arguments of a simulator, with defaults for those that are not given.
fn unless_given<'a>(given: &[&'a str], defaults: &[[&'a str; 2]]) -> Vec<&'a str> {
    let missing = defaults.iter().filter(|default| !given.contains(&default[0]));
    missing.flatten().chain(given).copied().collect()
}

/// A person's or an account's id.
///
/// # Panics
/// If it has none.
#[must_use]
pub fn id_of(record: &Value) -> String {
    let id = record["id"].as_str().or_else(|| record["_id"].as_str());
    id.unwrap_or_else(|| panic!("no id in {record}")).to_owned()
}

/// Our mark on an account: the value of its custom attribute `deelsync`.
#[must_use]
pub fn mark(account: &Value) -> Option<&str> {
    custom(account, "deelsync")
}

/// The value of an account's custom attribute.
#[must_use]
pub fn custom<'a>(account: &'a Value, name: &str) -> Option<&'a str> {
    let attributes = account["attributes"].as_array()?;
    attributes.iter().find(|attribute| attribute["name"] == name)?["value"].as_str()
}

/// Made-up fields of a hire.
#[must_use]
pub fn somebody(first: &str, last: &str) -> Value {
    let address = format!("{}.{}@example.com", first.to_lowercase(), last.to_lowercase());
    json!({"first_name": first, "last_name": last, "work_email": address, "job_title": "Engineer"})
}
