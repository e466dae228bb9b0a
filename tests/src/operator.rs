//! What an operator does at a terminal, and what they see.

use harness::Output;
use serde_json::Value;

use crate::{World, id_of};

impl World {
    /// Hires somebody without telling anyone; gives the id.
    pub async fn hired_silently(&self, mut fields: Value) -> String {
        fields["silent"] = true.into();
        id_of(&self.deel.hire(fields).await)
    }

    /// Changes a person without telling anyone.
    pub async fn changed_silently(&self, person: &str, mut fields: Value) {
        fields["silent"] = true.into();
        self.deel.change(person, fields).await;
    }

    /// Ends somebody's work without telling anyone.
    pub async fn terminated_silently(&self, person: &str, mut how: Value) {
        how["silent"] = true.into();
        self.deel.terminate(person, how).await;
    }

    /// `deelsync` with these arguments.
    pub async fn cli(&self, arguments: &[&str]) -> Output {
        self.settings.cli(arguments).await
    }

    /// `deelsync` with this on its standard input.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn answering(&self, arguments: &[&str], answer: &'static str) -> Output {
        self.settings.answering(arguments, answer).await
    }

    /// `deelsync … --format json`, which has to end with this exit code; its document.
    ///
    /// # Panics
    /// If it ends otherwise, or prints anything else.
    pub async fn json(&self, arguments: &[&str], code: i32) -> Value {
        self.cli(&[arguments, &["--format", "json"]].concat()).await.expect_code(code).json()
    }

    /// `deelsync sync --person`, which has to end with 0; the run.
    ///
    /// # Panics
    /// If it ends otherwise.
    pub async fn synced(&self, person: &str) -> Value {
        self.json(&["sync", "--person", person], 0).await
    }

    /// Hires somebody whom a sync by hand, and no webhook, gives an account.
    ///
    /// # Panics
    /// If there is none afterwards.
    pub async fn created(&self, fields: Value) -> (String, Value) {
        let person = self.hired_silently(fields).await;
        let run = self.synced(&person).await;
        let account = self.jumpcloud.account_of(&person).await;
        (person, account.unwrap_or_else(|| panic!("no account: {run:#}")))
    }

    /// The same, with the account activated by hand.
    ///
    /// # Panics
    /// As above.
    pub async fn active(&self, fields: Value) -> (String, Value) {
        let (person, account) = self.created(fields).await;
        self.jumpcloud.edit(&id_of(&account), serde_json::json!({"state": "ACTIVATED"})).await;
        (person, account)
    }

    /// The account of somebody who has one.
    ///
    /// # Panics
    /// If there is none.
    pub async fn account_now(&self, person: &str) -> Value {
        self.jumpcloud.account_of(person).await.unwrap_or_else(|| panic!("{person} has no account"))
    }

    /// The state of that account.
    pub async fn state(&self, person: &str) -> String {
        self.account_now(person).await["state"].as_str().unwrap_or_default().to_owned()
    }

    /// How often this person was read in Deel.
    pub async fn reads_of(&self, person: &str) -> usize {
        let reads = self.deel.call("GET", "/_sim/reads", None).await;
        reads["reads"].as_array().into_iter().flatten().filter(|read| read["id"] == person).count()
    }

    /// What waits for a decision.
    pub async fn holds(&self) -> Vec<Value> {
        list(self.json(&["holds", "list"], 0).await)
    }

    /// The one hold there is.
    ///
    /// # Panics
    /// If there is none, or another one.
    pub async fn hold(&self) -> Value {
        let mut holds = self.holds().await;
        assert_eq!(holds.len(), 1, "{holds:#?}");
        holds.remove(0)
    }

    /// The jobs in this state, by key.
    pub async fn jobs(&self, state: &str) -> Vec<Value> {
        let mut page = self.json(&["queue", "list", state], 0).await;
        let mut jobs = list(page["items"].take());
        jobs.sort_by_key(|job| job["key"].to_string());
        jobs
    }

    /// The keys of the jobs in this state, sorted.
    pub async fn job_keys(&self, state: &str) -> Vec<String> {
        let jobs = self.jobs(state).await;
        jobs.iter().map(|job| job["key"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

fn list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => panic!("not a list: {other}"),
    }
}

/// A request to the operator API at `url`: the status, and the document or null.
///
/// # Panics
/// If nothing answers.
pub async fn api(url: &str, method: &str, path: &str, token: Option<&str>, body: &str) -> (u16, Value) {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let method = method.parse().expect("a method");
    let mut request = client.request(method, format!("{url}/api/v1{path}")).body(body.to_owned());
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
}
