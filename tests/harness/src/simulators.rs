use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Process, binary};

/// The bearer token that the fake Deel takes.
pub const TOKEN: &str = "sim-token";
/// The API key that the fake JumpCloud takes.
pub const KEY: &str = "sim-key";
/// The key that deliveries are signed with. Deel takes none shorter than 32 characters.
pub const SIGNING_KEY: &str = "sim-signing-key-0123456789abcdef";

/// `deelsync-sim` as a child process, and its control interface.
struct Simulator {
    process: Process,
    url: String,
    http: reqwest::Client,
    _folder: TempDir,
}

impl Simulator {
    async fn start(name: &'static str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = Command::new(binary("deelsync-sim"));
        command.arg(name).args(["--listen", "127.0.0.1:0"]).args(arguments);
        let mut process = Process::start(name, &mut command, folder.path());
        let url = process.line_after("listening on").await;
        // A simulator closes what was idle for five seconds, perhaps in the moment in which it would be used again.
        let http = reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(2)).build();
        let http = http.expect("a client");
        Self { process, url, http, _folder: folder }
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let method = method.parse().expect("an HTTP method");
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("the simulator answers");
        let (status, text) = (answer.status(), answer.text().await.expect("the answer is text"));
        assert!(status.is_success(), "{path} was answered {status}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

/// A fake Deel that delivers webhooks.
pub struct DeelSim(Simulator);

impl DeelSim {
    /// Starts one with the arguments of `deelsync-sim deel` (beyond `--listen`).
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(arguments: &[&str]) -> Self {
        Self(Simulator::start("deel", arguments).await)
    }

    /// Its address, without a path.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Its process.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.0.process
    }

    /// Lets it run on when this value is dropped.
    pub fn leave_running(self) {
        self.0.process.leave_running();
    }

    /// Any call of its control interface (`/_sim/…`) or of its API.
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.0.call(method, path, body).await
    }

    /// A call of its API, with the token; gives the answer's status and body.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn api(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let url = format!("{}/rest/v2{path}", self.url());
        let mut request =
            self.0.http.request(method.parse().expect("an HTTP method"), url).bearer_auth(TOKEN);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("the simulator answers");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or(Value::Null))
    }

    /// The webhook subscriptions.
    pub async fn subscriptions(&self) -> Vec<Value> {
        rows(self.api("GET", "/webhooks", None).await.1, "data")
    }

    /// Subscribes `url` to all events.
    pub async fn subscribe(&self, url: &str) {
        self.0
            .http
            .post(format!("{}/rest/v2/webhooks", self.url()))
            .bearer_auth(TOKEN)
            .json(&json!({
                "name": "deelsync", "description": "deelsync", "status": "enabled", "url": url,
                "signing_key": SIGNING_KEY, "api_version": "v2", "events": ALL_EVENTS,
            }))
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .expect("the subscription is made");
    }

    /// Hires somebody with these fields; gives the person as the API would.
    pub async fn hire(&self, fields: Value) -> Value {
        self.call("POST", "/_sim/hire", Some(fields)).await
    }

    /// Changes fields of a person.
    pub async fn change(&self, id: &str, fields: Value) -> Value {
        self.call("POST", &format!("/_sim/people/{id}/change"), Some(fields)).await
    }

    /// Ends a person's employment.
    pub async fn terminate(&self, id: &str, how: Value) -> Value {
        self.call("POST", &format!("/_sim/people/{id}/terminate"), Some(how)).await
    }

    /// Hires a person again.
    pub async fn rehire(&self, id: &str) -> Value {
        self.call("POST", &format!("/_sim/people/{id}/rehire"), Some(json!({}))).await
    }

    /// Sets faults.
    pub async fn faults(&self, faults: Value) {
        self.call("POST", "/_sim/faults", Some(faults)).await;
    }

    /// Takes all faults back.
    pub async fn no_faults(&self) {
        self.call("DELETE", "/_sim/faults", None).await;
    }
}

const ALL_EVENTS: &[&str] = &[
    "worker.v2.created",
    "worker.v2.updated",
    "worker.v2.deleted",
    "employee.created.direct",
    "contract.created",
    "contract.terminated",
    "onboarding.status.updated",
];

/// A fake JumpCloud with a journal of what was written to it.
pub struct JumpCloudSim(Simulator);

impl JumpCloudSim {
    /// Starts one with the arguments of `deelsync-sim jumpcloud` (beyond `--listen`).
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(arguments: &[&str]) -> Self {
        Self(Simulator::start("jumpcloud", arguments).await)
    }

    /// Its address, without a path.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Its process.
    #[must_use]
    pub fn process(&self) -> &Process {
        &self.0.process
    }

    /// Lets it run on when this value is dropped.
    pub fn leave_running(self) {
        self.0.process.leave_running();
    }

    /// Any call of its control interface (`/_sim/…`).
    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.0.call(method, path, body).await
    }

    /// Every write it received, refused ones too, oldest first.
    pub async fn journal(&self) -> Vec<Value> {
        self.journal_since(0).await
    }

    /// Every write after the one with this number.
    pub async fn journal_since(&self, sequence: u64) -> Vec<Value> {
        rows(self.call("GET", &format!("/_sim/journal?since={sequence}"), None).await, "entries")
    }

    /// All accounts.
    pub async fn accounts(&self) -> Vec<Value> {
        rows(self.call("GET", "/_sim/accounts", None).await, "accounts")
    }

    /// The account that is linked to this person, if there is exactly one.
    ///
    /// # Panics
    /// If there are two.
    pub async fn account_of(&self, person: &str) -> Option<Value> {
        let mut linked = self.accounts().await;
        linked.retain(|account| account["employeeIdentifier"] == person);
        assert!(linked.len() < 2, "two accounts are linked to {person}");
        linked.pop()
    }

    /// Puts an account there, as somebody who set it up by hand would.
    pub async fn seed(&self, account: Value) -> Value {
        self.call("POST", "/_sim/accounts", Some(account)).await
    }

    /// Changes an account by another hand.
    pub async fn edit(&self, id: &str, fields: Value) -> Value {
        self.call("PATCH", &format!("/_sim/accounts/{id}"), Some(fields)).await
    }

    /// Sets faults.
    pub async fn faults(&self, faults: Value) {
        self.call("POST", "/_sim/faults", Some(faults)).await;
    }

    /// Takes all faults back.
    pub async fn no_faults(&self) {
        self.call("DELETE", "/_sim/faults", None).await;
    }
}

fn rows(mut value: Value, name: &str) -> Vec<Value> {
    match value[name].take() {
        Value::Array(rows) => rows,
        _ => panic!("expected a list of {name} in {value}"),
    }
}
