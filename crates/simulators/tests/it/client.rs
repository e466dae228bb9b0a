//! A plain HTTP client for one simulator.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use simulators::{Running, deel, jumpcloud};

pub(crate) struct Sim {
    pub(crate) http: Client,
    pub(crate) base: String,
    header: (&'static str, String),
    _running: Running,
}

pub(crate) fn http() -> Client {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap()
}

/// A fake Deel without a limit, unless the options say otherwise.
pub(crate) fn deel(options: deel::Options) -> Sim {
    let header = ("authorization", format!("Bearer {}", options.token));
    let running = deel::start(options).unwrap();
    Sim { http: http(), base: running.base_url.clone(), header, _running: running }
}

pub(crate) fn quick_deel(people: usize) -> Sim {
    deel(deel::Options { people, rate: None, ..deel::Options::default() })
}

pub(crate) fn jumpcloud(options: jumpcloud::Options) -> Sim {
    let header = ("x-api-key", options.key.clone());
    let running = jumpcloud::start(options).unwrap();
    Sim { http: http(), base: running.base_url.clone(), header, _running: running }
}

pub(crate) fn quick_jumpcloud(accounts: usize) -> Sim {
    jumpcloud(jumpcloud::Options { accounts, ..jumpcloud::Options::default() })
}

impl Sim {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        if path.starts_with("/_sim") { request } else { request.header(self.header.0, &self.header.1) }
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.request(method, path);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        read(request.send().await.unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.send(Method::DELETE, path, None).await
    }

    /// The body of an answer that must be a success.
    pub(crate) async fn ok(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The body of a POST that must succeed.
    pub(crate) async fn done(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    pub(crate) async fn last_write(&self) -> Value {
        let journal = self.ok("/_sim/journal").await;
        journal["entries"].as_array().unwrap().last().unwrap().clone()
    }
}

pub(crate) async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Waits until `check` gives something, at most ten seconds.
pub(crate) async fn until<T>(what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = check().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
