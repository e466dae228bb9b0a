//! The operator API: who may use it, what it takes, what it answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use ingress::api::{FullRun, Requested, SyncProgress};
use ingress::{Api, Operator, OperatorError};
use serde_json::{Value, json};

use crate::rig::{Answer, PERSON, Rig};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Somebody who does as told, unless Redis is said to be away.
#[derive(Default)]
struct Stub {
    away: AtomicBool,
}

impl Stub {
    fn here(&self) -> Result<(), OperatorError> {
        if self.away.load(Ordering::Relaxed) { Err(OperatorError::Unavailable) } else { Ok(()) }
    }
}

impl Operator for Stub {
    fn request_sync(&self, person: Option<String>) -> BoxFuture<'_, Result<Requested, OperatorError>> {
        async move {
            self.here()?;
            let job = match person.as_deref() {
                None => "reconcile".to_owned(),
                Some("paused") => return Err(OperatorError::Paused),
                Some(id) if id.contains(' ') => return Err(OperatorError::InvalidPerson),
                Some(id) => format!("person:{id}"),
            };
            Ok(Requested { job, run: None, joined: false, progress: Some("/api/v1/sync".to_owned()) })
        }
        .boxed()
    }

    fn progress(&self) -> BoxFuture<'_, Result<Option<SyncProgress>, OperatorError>> {
        async { self.here().map(|()| None) }.boxed()
    }

    fn runs(&self, limit: usize) -> BoxFuture<'_, Result<Vec<FullRun>, OperatorError>> {
        let run = |n| FullRun {
            run: Some(format!("run{n}")),
            started_at: "2026-11-23T02:00:00Z".to_owned(),
            duration_ms: 1,
            trigger: "nightly".to_owned(),
            mode: None,
            ended: "done".to_owned(),
            people: 0,
            accounts: 0,
            applied: 0,
            held: 0,
            failed: 0,
            skipped: 0,
            problem: None,
        };
        async move { self.here().map(|()| (0..limit).map(run).collect()) }.boxed()
    }
}

struct Asked {
    rig: Rig,
    stub: Arc<Stub>,
}

impl Asked {
    async fn start() -> Self {
        let stub = Arc::new(Stub::default());
        let rig = Rig::with_api(Api::new(&TOKEN.into(), stub.clone())).await;
        Self { rig, stub }
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let request = self.rig.request(method, self.rig.admin, &format!("/api/v1{path}"));
        self.rig.send(request.bearer_auth(TOKEN).body(body.to_owned())).await
    }
}

#[tokio::test]
async fn without_a_token_configured_there_is_no_api() {
    let rig = Rig::start().await;
    for path in ["/api/v1/sync", "/api/v1/runs", "/api/v1/openapi.json", "/api/v1"] {
        let request = rig.request("GET", rig.admin, path).bearer_auth(TOKEN);
        assert_eq!(rig.send(request).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn without_the_token_nothing_is_answered_not_even_what_there_is() {
    let asked = Asked::start().await;
    let rig = &asked.rig;
    for path in ["/api/v1/sync", "/api/v1/runs", "/api/v1/openapi.json", "/api/v1/odd", "/api/v1"] {
        let answer = rig.get(rig.admin, path).await;
        assert_eq!(
            (answer.status, answer.headers["www-authenticate"].as_bytes()),
            (401, &b"Bearer"[..]),
            "{path}"
        );
        for token in ["", "wrong", &TOKEN[1..], &format!("{TOKEN}0")] {
            let request = rig.request("POST", rig.admin, path).bearer_auth(token).body("{}");
            assert_eq!(rig.send(request).await.status, 401, "{path} {token}");
        }
    }
    // Nor is any of it on the listener that the world sees.
    let request = rig.request("GET", rig.public, "/api/v1/sync").bearer_auth(TOKEN);
    assert_eq!(rig.send(request).await.status, 404);
    assert_eq!(rig.get(rig.admin, "/metrics").await.status, 200, "metrics need none");
}

#[tokio::test]
async fn a_sync_is_asked_for_everyone_or_one() {
    let asked = Asked::start().await;
    for body in ["", "{}", r#"{"person":null}"#] {
        let answer = asked.ask("POST", "/sync", body).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        assert_eq!(answer.json()["job"], "reconcile");
        assert_eq!(answer.json()["progress"], "/api/v1/sync");
    }
    let answer = asked.ask("POST", "/sync", &json!({ "person": PERSON }).to_string()).await;
    assert_eq!((answer.status, &answer.json()["job"]), (202, &json!(format!("person:{PERSON}"))));
}

#[tokio::test]
async fn what_cannot_be_done_is_told_in_words_without_repeating_what_was_sent() {
    let asked = Asked::start().await;
    let long = format!(r#"{{"person":"{}"}}"#, "x".repeat(5000));
    for body in
        ["[", "[]", "1", r#"{"people":"secret"}"#, r#"{"person":1}"#, r#"{"person":"a secret"}"#, &long]
    {
        let answer = asked.ask("POST", "/sync", body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        let words = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(!words.is_empty() && !words.contains("secret"), "{words}");
    }
    let answer = asked.ask("POST", "/sync", r#"{"person":"paused"}"#).await;
    assert_eq!(answer.status, 409, "{}", answer.text);
    assert_eq!(asked.ask("GET", "/sync", "").await.status, 404, "nothing ran yet");
    let answer = asked.ask("DELETE", "/sync", "").await;
    assert_eq!((answer.status, answer.headers["allow"].as_bytes()), (405, &b"GET, POST"[..]));
    assert_eq!(asked.ask("POST", "/runs", "{}").await.status, 405);
    for limit in ["0", "201", "-1", "many"] {
        assert_eq!(asked.ask("GET", &format!("/runs?limit={limit}"), "").await.status, 400, "{limit}");
    }
    asked.stub.away.store(true, Ordering::Relaxed);
    for (method, path) in [("POST", "/sync"), ("GET", "/sync"), ("GET", "/runs")] {
        let answer = asked.ask(method, path, "").await;
        assert_eq!((answer.status, answer.headers["retry-after"].as_bytes()), (503, &b"5"[..]), "{path}");
    }
}

#[tokio::test]
async fn hostile_bodies_ask_for_nothing() {
    let asked = Asked::start().await;
    let bodies = [
        format!(r#"{{"person":{}"x"{}}}"#, "[".repeat(1500), "]".repeat(1500)),
        r#"{"person":"a","person":"b"}{}"#.to_owned(),
        r#"{"person":1e999}"#.to_owned(),
        r#"{"person":"\ud800"}"#.to_owned(),
        r#"{"__proto__":{},"person":"a"}"#.to_owned(),
        "\u{feff}{}".to_owned(),
        "{}\0".to_owned(),
        "x".repeat(100_000),
    ];
    for body in bodies {
        let answer = asked.ask("POST", "/sync", &body).await;
        assert_eq!(answer.status, 400, "{}: {}", &body[..body.len().min(40)], answer.text);
        assert!(answer.text.len() < 200, "{}", answer.text);
    }
}

#[tokio::test]
async fn without_the_token_no_body_is_awaited() {
    let asked = Asked::start().await;
    let mut client = crate::raw::Raw::connect(asked.rig.admin).await;
    client.send(b"POST /api/v1/sync HTTP/1.1\r\nHost: x\r\ncontent-length: 1000000000\r\n\r\n{").await;
    assert_eq!(client.answer().await.0, 401);
    client.closed().await;
}

#[tokio::test]
async fn runs_are_listed() {
    let asked = Asked::start().await;
    let count = async |path: &str| asked.ask("GET", path, "").await.json().as_array().map(Vec::len);
    assert_eq!(count("/runs").await, Some(20));
    assert_eq!(count("/runs?limit=3").await, Some(3));
}

#[tokio::test]
async fn the_description_names_every_path_and_every_answer() {
    let asked = Asked::start().await;
    let answer = asked.ask("GET", "/openapi.json", "").await;
    assert_eq!((answer.status, answer.headers["content-type"].as_bytes()), (200, &b"application/json"[..]));
    let description = answer.json();
    assert!(description["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let paths = description["paths"].as_object().unwrap();
    assert_eq!(paths.keys().collect::<Vec<_>>(), ["/api/v1/runs", "/api/v1/sync"]);
    assert_eq!(description["security"], json!([{ "token": [] }]));
    assert_eq!(description["components"]["securitySchemes"]["token"]["scheme"], "bearer");
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let answers = operation["responses"].as_object().unwrap();
            for status in ["401", "503"] {
                assert!(answers.contains_key(status), "{method} {path}: {status}");
            }
        }
    }
    // Each reference leads somewhere.
    let text = answer.text.clone();
    for name in text.split("#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(description["components"]["schemas"][name] != Value::Null, "{name}");
    }
}
