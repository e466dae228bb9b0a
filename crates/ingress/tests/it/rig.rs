//! A running ingress with a Redis of its own, and somebody who plays Deel.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use deel::signature::SigningKeys;
use hmac::{Hmac, KeyInit, Mac};
use ingress::{Config, Limits, Running};
use queue::{Job, JobState, Queue};
use serde_json::{Value, json};
use sha2::Sha256;
use test_redis::{Persistence, TestRedis};

pub(crate) const KEY: &str = "first-key-0123456789abcdef0123456789";
pub(crate) const OTHER_KEY: &str = "second-key-0123456789abcdef012345678";
pub(crate) const PERSON: &str = "dfd65727-e0f2-4e2e-94e3-91a19962d446";

pub(crate) struct Rig {
    pub(crate) running: Option<Running>,
    pub(crate) public: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) queue: Queue,
    pub(crate) redis: TestRedis,
    client: reqwest::Client,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(crate) fn outcome(&self) -> String {
        let answer = self.json();
        let word = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
        match word("reason").as_str() {
            "" => word("outcome"),
            reason => format!("{}: {reason}", word("outcome")),
        }
    }
}

pub(crate) fn config(limits: Limits) -> Config {
    let any = "127.0.0.1:0".parse().unwrap();
    Config {
        listen: any,
        admin_listen: any,
        workers: 2,
        limits,
        organizations_every: Duration::from_millis(50),
        report_every: Duration::from_secs(60),
        api: None,
    }
}

impl Rig {
    pub(crate) async fn start() -> Self {
        Self::on(TestRedis::start().await, config(Limits::default())).await
    }

    pub(crate) async fn with_api(api: ingress::Api) -> Self {
        Self::on(TestRedis::start().await, Config { api: Some(api), ..config(Limits::default()) }).await
    }

    /// Tells others quickly what it saw.
    pub(crate) async fn telling() -> Self {
        let report_every = Duration::from_millis(20);
        Self::on(TestRedis::start().await, Config { report_every, ..config(Limits::default()) }).await
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        Self::on(TestRedis::start().await, config(limits)).await
    }

    /// With a Redis that may be frozen and killed.
    pub(crate) async fn private() -> Self {
        Self::on(TestRedis::private(Persistence::EverySecond).await, config(Limits::default())).await
    }

    async fn on(redis: TestRedis, config: Config) -> Self {
        let mut connect = queue::Config::new(redis.url()).unwrap();
        connect.prefix = redis.prefix().to_owned();
        let queue = Queue::connect(&connect).await.unwrap();
        let keys = SigningKeys::parse(&format!("{OTHER_KEY},{KEY}")).unwrap();
        let recorder = ingress::metrics::builder().unwrap().build_recorder();
        let running = metrics::with_local_recorder(&recorder, || {
            ingress::start(&config, keys, queue.clone(), recorder.handle()).unwrap()
        });
        Self {
            public: running.public_addr,
            admin: running.admin_addr,
            running: Some(running),
            queue,
            redis,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
        }
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn request(&self, method: &str, addr: SocketAddr, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("http://{addr}{path}"))
    }

    pub(crate) async fn get(&self, addr: SocketAddr, path: &str) -> Answer {
        self.send(self.request("GET", addr, path)).await
    }

    pub(crate) fn post(&self, body: impl Into<Vec<u8>>) -> reqwest::RequestBuilder {
        self.request("POST", self.public, "/webhooks/deel").body(body.into())
    }

    /// Delivers as Deel does: signed.
    pub(crate) async fn deliver(&self, body: impl Into<Vec<u8>>) -> Answer {
        let body = body.into();
        let signature = sign(KEY, &body);
        self.send(self.post(body).header("x-deel-signature", signature)).await
    }

    pub(crate) async fn waiting(&self) -> Vec<Job> {
        self.queue.list(JobState::Waiting, 0, 1000).await.unwrap().items
    }

    pub(crate) async fn waiting_keys(&self) -> Vec<String> {
        self.waiting().await.into_iter().map(|job| job.key).collect()
    }

    /// The value of a line of the metrics page.
    pub(crate) async fn metric(&self, line: &str) -> f64 {
        let page = self.get(self.admin, "/metrics").await.text;
        let value = page.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {line} in:\n{page}")).parse().unwrap()
    }
}

/// By the documentation: hex of HMAC-SHA256 over "POST" and the raw body.
pub(crate) fn sign(key: &str, body: &[u8]) -> String {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(b"POST");
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// An event as Deel writes it; `nonce` makes two of them differ.
pub(crate) fn event(kind: &str, resource: &Value, nonce: usize) -> Value {
    json!({
        "data": {
            "meta": {
                "event_type": kind,
                "event_type_id": "a3271a64-7a3f-4c54-8a3c-5f8f6f4c9b11",
                "organization_id": "3e214829-1111-4a4a-8b8b-0123456789ab",
                "organization_name": "White Label Demo",
                "tracking_id": format!("0b39d6e2-0000-4000-8000-{nonce:012}"),
            },
            "resource": resource,
        },
        "timestamp": "2025-08-29T14:30:00.029Z",
    })
}

pub(crate) fn updated(person: &str, nonce: usize) -> String {
    event("worker.v2.updated", &json!({ "id": person }), nonce).to_string()
}

/// Waits for `done`, at most ten seconds.
pub(crate) async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !done().await {
        assert!(start.elapsed() < Duration::from_secs(10), "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
