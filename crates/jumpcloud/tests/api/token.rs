use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jumpcloud::{Config, Connection, Credentials, Error};
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::matchers::{basic_auth, body_string, header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{ID, json_answer, requests, user};

const FORM: &str = "grant_type=client_credentials&scope=api";

async fn service_account() -> (MockServer, Connection) {
    let server = MockServer::start().await;
    let credentials = Credentials::ServiceAccount {
        client_id: "client-1".into(),
        client_secret: SecretString::from("hidden"),
        // Only the host: the path of the token endpoint is added.
        oauth_url: server.uri(),
    };
    let connection = Connection::new(Config::new(format!("{}/api", server.uri()), credentials)).unwrap();
    (server, connection)
}

/// A token endpoint that numbers its tokens: `t1`, `t2`, …
async fn tokens(server: &MockServer, expires_in: Value) {
    let issued = AtomicUsize::new(0);
    Mock::given(method("POST"))
        .and(path("/oauth2/token"))
        .and(basic_auth("client-1", "hidden"))
        .and(body_string(FORM))
        .respond_with(move |_: &Request| {
            let number = issued.fetch_add(1, Ordering::SeqCst) + 1;
            json_answer(&json!({"access_token": format!("t{number}"), "expires_in": expires_in, "token_type": "bearer"}))
                .set_delay(Duration::from_millis(50))
        })
        .mount(server)
        .await;
}

async fn accepts(server: &MockServer, token: &str) {
    Mock::given(method("GET"))
        .and(path(format!("/api/systemusers/{ID}")))
        .and(header("authorization", format!("Bearer {token}").as_str()))
        .respond_with(json_answer(&user(ID, "ada", "a@x.co")))
        .mount(server)
        .await;
}

async fn refuses_the_rest(server: &MockServer) {
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(401)).mount(server).await;
}

async fn count(server: &MockServer, path: &str) -> usize {
    requests(server).await.iter().filter(|request| request.url.path() == path).count()
}

#[tokio::test]
async fn a_token_is_fetched_once_and_kept() {
    let (server, connection) = service_account().await;
    tokens(&server, json!(3600)).await;
    accepts(&server, "t1").await;
    for _ in 0..3 {
        connection.reader().account(ID).await.unwrap();
    }
    assert_eq!(count(&server, "/oauth2/token").await, 1);
    assert!(requests(&server).await.iter().all(|request| !request.headers.contains_key("x-api-key")));
    assert!(!format!("{connection:?}").contains("hidden"));
}

#[tokio::test]
async fn many_at_once_ask_for_one_token() {
    let (server, connection) = service_account().await;
    tokens(&server, json!("3600")).await;
    accepts(&server, "t1").await;
    let calls: Vec<_> = (0..30)
        .map(|_| {
            let reader = connection.clone().reader();
            tokio::spawn(async move { reader.account(ID).await.map(|user| user.id) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), ID);
    }
    assert_eq!(count(&server, "/oauth2/token").await, 1);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_for_all() {
    let (server, connection) = service_account().await;
    tokens(&server, json!(3600)).await;
    accepts(&server, "t2").await;
    refuses_the_rest(&server).await;
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let reader = connection.reader();
            tokio::spawn(async move { reader.account(ID).await.map(|user| user.id) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), ID);
    }
    assert_eq!(count(&server, "/oauth2/token").await, 2);
}

#[tokio::test]
async fn a_second_refusal_is_final() {
    let (server, connection) = service_account().await;
    tokens(&server, json!(3600)).await;
    refuses_the_rest(&server).await;
    assert!(matches!(connection.reader().account(ID).await, Err(Error::Unauthorized)));
    assert_eq!(count(&server, "/oauth2/token").await, 2);
    assert_eq!(count(&server, &format!("/api/systemusers/{ID}")).await, 2);
}

#[tokio::test]
async fn a_refused_api_key_is_not_tried_again() {
    let (server, connection) = crate::support::server().await;
    refuses_the_rest(&server).await;
    assert!(matches!(connection.reader().account(ID).await, Err(Error::Unauthorized)));
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn a_token_is_renewed_before_it_expires() {
    let (server, connection) = service_account().await;
    tokens(&server, json!(1)).await;
    Mock::given(method("GET")).respond_with(json_answer(&user(ID, "ada", "a@x.co"))).mount(&server).await;
    let deadline = Instant::now() + Duration::from_secs(20);
    while count(&server, "/oauth2/token").await < 2 {
        assert!(Instant::now() < deadline, "the token was never renewed");
        connection.reader().account(ID).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_service_account_that_is_refused_sends_nothing_to_the_api() {
    for status in [400, 401, 403] {
        let (server, connection) = service_account().await;
        Mock::given(path("/oauth2/token"))
            .respond_with(ResponseTemplate::new(status).set_body_json(json!({"error": "invalid_client"})))
            .mount(&server)
            .await;
        let error = connection.reader().account(ID).await.unwrap_err();
        assert!(matches!(error, Error::Unauthorized), "{error:?}");
        assert_eq!(requests(&server).await.len(), 1);
    }
}

#[tokio::test]
async fn a_token_endpoint_that_is_none_is_named() {
    for (answer, kind) in [
        (ResponseTemplate::new(200).set_body_raw("<html>", "text/html"), "not_the_api"),
        (ResponseTemplate::new(302), "not_the_api"),
        (ResponseTemplate::new(404), "not_the_api"),
        (ResponseTemplate::new(429).insert_header("retry-after", "5"), "rate_limited"),
        (ResponseTemplate::new(500), "unavailable"),
        (json_answer(&json!({"expires_in": 3600})), "unexpected"),
        (json_answer(&json!({"access_token": "a\nb"})), "unexpected"),
        (ResponseTemplate::new(200).set_body_string("token"), "unexpected"),
    ] {
        let (server, connection) = service_account().await;
        Mock::given(path("/oauth2/token")).respond_with(answer).mount(&server).await;
        let error = connection.reader().account(ID).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
    }
}

#[tokio::test]
async fn those_who_waited_for_a_failed_fetch_share_its_failure() {
    let (server, connection) = service_account().await;
    Mock::given(path("/oauth2/token"))
        .respond_with(ResponseTemplate::new(503).set_delay(Duration::from_millis(300)))
        .mount(&server)
        .await;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let reader = connection.reader();
            tokio::spawn(async move { reader.account(ID).await })
        })
        .collect();
    for call in calls {
        assert!(matches!(call.await.unwrap(), Err(Error::Unavailable { status: Some(503), .. })));
    }
    assert_eq!(count(&server, "/oauth2/token").await, 1);
}
