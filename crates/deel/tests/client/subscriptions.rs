//! Subscriptions: what is sent, and what is read, after Deel's published document and after what it may be like.

use deel::{Change, Error, NewSubscription};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::{answering, client, json};

const ID: &str = "00000000-0000-0000-0000-000000000000";

fn item() -> Value {
    json!({
        "id": ID, "name": "deelsync", "description": "About it", "status": "disabled",
        "url": "https://deelsync.example/webhooks/deel", "signing_key": null, "api_version": "v2",
        "events": ["contract.created"], "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        "deleted_at": null, "hidden": false, "internal": false,
    })
}

async fn taking(verb: &str, at: &str, body: Value, answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let mock = Mock::given(method(verb)).and(path(format!("/rest/v2/{at}"))).and(body_json(body));
    mock.respond_with(answer).expect(1).mount(&server).await;
    server
}

#[tokio::test]
async fn deleted_ones_are_not_listed() {
    let mut gone = item();
    gone["deleted_at"] = "2026-02-01T00:00:00Z".into();
    let server = answering("webhooks", json(200, &json!({"data": [gone, item()]}).to_string())).await;
    let listed = client(&server).subscriptions().await.unwrap();
    assert_eq!(listed.len(), 1);
    assert!(!listed[0].is_enabled() && listed[0].description.as_deref() == Some("About it"));
}

#[tokio::test]
async fn one_is_read_wrapped_and_bare() {
    for body in [json!({"data": item()}), item()] {
        let server = answering(&format!("webhooks/{ID}"), json(200, &body.to_string())).await;
        assert_eq!(client(&server).subscription(ID).await.unwrap().id, ID);
    }
}

#[tokio::test]
async fn a_new_one_is_sent_bare_and_its_key_is_read_once() {
    let new = NewSubscription {
        name: "deelsync".to_owned(),
        description: "About it".to_owned(),
        url: "https://deelsync.example/webhooks/deel".to_owned(),
        events: vec!["contract.created".to_owned()],
        signing_key: None,
    };
    let mut body = json!({
        "name": "deelsync", "description": "About it", "status": "enabled", "api_version": "v2",
        "url": "https://deelsync.example/webhooks/deel", "events": ["contract.created"],
    });
    let mut made = item();
    made["signing_key"] = "made-by-deel".into();
    let answer = json(201, &json!({"data": made}).to_string());
    let server = taking("POST", "webhooks", body.clone(), answer.clone()).await;
    let created = client(&server).create_subscription(&new).await.unwrap();
    assert_eq!(created.signing_key.as_ref().unwrap().expose_secret(), "made-by-deel");
    assert!(!format!("{created:?}").contains("made-by-deel"));

    let key = "k".repeat(32);
    body["signing_key"] = key.clone().into();
    let server = taking("POST", "webhooks", body, answer).await;
    let with_key = NewSubscription { signing_key: Some(SecretString::from(key.clone())), ..new };
    assert!(!format!("{with_key:?}").contains(&key));
    client(&server).create_subscription(&with_key).await.unwrap();
}

#[tokio::test]
async fn a_change_is_sent_as_documented_and_without_a_null_key() {
    let mut enabled = item();
    enabled["status"] = "enabled".into();
    let body = json!({
        "name": "deelsync", "description": "About it", "status": "enabled",
        "url": "https://deelsync.example/webhooks/deel", "events": ["contract.created"],
    });
    let answer = json(200, &json!({"data": enabled}).to_string());
    let server = taking("PATCH", &format!("webhooks/{ID}"), body, answer.clone()).await;
    Mock::given(method("GET")).respond_with(json(200, &item().to_string())).mount(&server).await;
    let client = client(&server);
    let before = client.subscription(ID).await.unwrap();
    let change = Change { enabled: Some(true), ..Change::default() };
    assert!(client.change_subscription(&before, &change).await.unwrap().is_enabled());
}

#[tokio::test]
async fn a_deel_that_refuses_the_whole_is_sent_the_change_alone() {
    let server = MockServer::start().await;
    let mut enabled = item();
    enabled["status"] = "enabled".into();
    let alone = Mock::given(method("PATCH")).and(body_json(json!({"status": "enabled"})));
    alone.respond_with(json(200, &json!({"data": enabled}).to_string())).expect(1).mount(&server).await;
    let refusal = r#"{"errors":[{"message":"\"url\" is not allowed"}]}"#;
    Mock::given(method("PATCH")).respond_with(json(400, refusal)).expect(1).mount(&server).await;
    Mock::given(method("GET")).respond_with(json(200, &item().to_string())).mount(&server).await;
    let client = client(&server);
    let before = client.subscription(ID).await.unwrap();
    let change = Change { enabled: Some(true), ..Change::default() };
    assert!(client.change_subscription(&before, &change).await.unwrap().is_enabled());
}

#[tokio::test]
async fn errors_say_which_scope_is_missing() {
    let server = MockServer::start().await;
    let at = format!("/rest/v2/webhooks/{ID}");
    let mock = Mock::given(method("DELETE")).and(path(at));
    mock.respond_with(json(403, "{}")).mount(&server).await;
    let error = client(&server).delete_subscription(ID).await.unwrap_err();
    assert!(matches!(&error, Error::MissingScope { scope: Some(scope), .. } if scope == "webhooks:write"));
}

#[tokio::test]
async fn the_types_on_offer() {
    let types =
        json!({"data": [{"id": 0.8, "name": "contract.created"}, {"id": "x", "name": "worker.v2.created"}]});
    let server = answering("webhooks/events/types", json(200, &types.to_string())).await;
    let names = client(&server).event_types().await.unwrap();
    assert_eq!(names, ["contract.created", "worker.v2.created"]);
}
