use std::time::Duration;

use jumpcloud::{
    Config, Connection, CreateError, Credentials, CustomAttribute, Doubt, Error, Link, NewState, NewUser,
    ProfileField,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, ResponseTemplate};

use crate::support::{ID, impatient, json_answer, new_user, requests, server, user};

async fn answered(answer: ResponseTemplate) -> CreateError {
    let (server, connection) = server().await;
    Mock::given(method("POST"))
        .and(path("/api/systemusers"))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    connection.writer().create(&new_user()).await.unwrap_err()
}

#[tokio::test]
async fn a_creation_sends_the_state_the_link_and_what_was_set() {
    let (server, connection) = server().await;
    Mock::given(method("POST"))
        .and(path("/api/systemusers"))
        .and(body_json(json!({
            "username": "ada.l", "email": "ada@x.co", "state": "STAGED", "employeeIdentifier": "p-1",
            "firstname": "Ada", "attributes": [{"name": "badge", "value": "1"}],
        })))
        .respond_with(json_answer(&user(ID, "ada.l", "ada@x.co")))
        .expect(1)
        .mount(&server)
        .await;
    let user = new_user()
        .set(ProfileField::Firstname, "Ada")
        .set(ProfileField::Email, "ignored@x.co")
        .set(ProfileField::EmployeeIdentifier, "ignored")
        .attribute(CustomAttribute::new("badge", "1"));
    assert_eq!(connection.writer().create(&user).await.unwrap().id, ID);
    let shown = format!("{user:?}");
    assert!(!shown.contains("ada") && !shown.contains("p-1"), "{shown}");
}

#[test]
fn a_custom_link_is_an_attribute() {
    let link = Link::CustomAttribute { name: "deelId".into(), value: "p-1".into() };
    let user =
        NewUser::new("ada", "a@x.co", NewState::Activated, link).set(ProfileField::EmployeeIdentifier, "HR7");
    assert_eq!(
        serde_json::to_value(&user).unwrap(),
        json!({
            "username": "ada", "email": "a@x.co", "state": "ACTIVATED", "employeeIdentifier": "HR7",
            "attributes": [{"name": "deelId", "value": "p-1"}],
        })
    );
}

#[tokio::test]
async fn exists_and_bad_request_are_in_doubt() {
    for status in [400, 409] {
        let body = json!({"details": [{"fieldViolationsList": [{"field": "username", "description": "ada.l taken"}]}]});
        let error = answered(ResponseTemplate::new(status).set_body_json(body)).await;
        let doubt = Doubt::Conflict { status, fields: vec!["username".into()] };
        assert_eq!(error.doubt(), Some(doubt), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("ada.l"));
    }
}

#[tokio::test]
async fn another_refusal_is_final() {
    for status in [402, 413, 422] {
        let error = answered(ResponseTemplate::new(status)).await;
        assert!(matches!(error, CreateError::Rejected { status: s, .. } if s == status), "{error:?}");
        assert_eq!(error.doubt(), None);
    }
}

#[tokio::test]
async fn what_is_not_about_the_user_is_told_apart() {
    for (status, kind) in [
        (401, "unauthorized"),
        (403, "forbidden"),
        (429, "rate_limited"),
        (302, "not_the_api"),
        (404, "not_the_api"),
    ] {
        let error = answered(ResponseTemplate::new(status)).await;
        assert!(matches!(&error, CreateError::Other(error) if error.kind() == kind), "{status}: {error:?}");
        assert_eq!(error.doubt(), None);
    }
}

#[tokio::test]
async fn a_server_error_or_an_unreadable_answer_is_a_lost_one() {
    for answer in [
        ResponseTemplate::new(500),
        ResponseTemplate::new(502).set_body_raw("<html>bad gateway</html>", "text/html"),
        ResponseTemplate::new(504),
        ResponseTemplate::new(408),
        ResponseTemplate::new(200).set_body_string("{\"_id\": \"5be9"),
        ResponseTemplate::new(200),
        json_answer(&json!({"username": "ada.l"})),
    ] {
        let error = answered(answer).await;
        assert!(matches!(error, CreateError::LostAnswer { .. }), "{error:?}");
        assert_eq!(error.doubt(), Some(Doubt::LostAnswer));
    }
}

#[tokio::test]
async fn a_timeout_is_a_lost_answer() {
    let (server, _) = server().await;
    let slow = json_answer(&Value::Null).set_delay(Duration::from_secs(20));
    Mock::given(method("POST")).respond_with(slow).mount(&server).await;
    let error = impatient(&server.uri()).writer().create(&new_user()).await.unwrap_err();
    assert!(matches!(error, CreateError::LostAnswer { status: None, .. }), "{error:?}");
    assert_eq!(requests(&server).await.len(), 1);
}

/// Takes one request, writes `answer` and hangs up.
async fn hang_up_after(answer: &'static [u8]) -> CreateError {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let peer = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"}") {
            let mut chunk = [0; 4096];
            let read = stream.read(&mut chunk).await.unwrap();
            seen.extend_from_slice(&chunk[..read]);
        }
        stream.write_all(answer).await.unwrap();
    });
    let error = impatient(&base).writer().create(&new_user()).await.unwrap_err();
    peer.await.unwrap();
    error
}

#[tokio::test]
async fn a_connection_closed_after_sending_is_a_lost_answer() {
    for answer in [&b""[..], b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"_id\":"] {
        let error = hang_up_after(answer).await;
        assert!(matches!(error, CreateError::LostAnswer { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_connection_never_made_created_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = impatient(&base).writer().create(&new_user()).await.unwrap_err();
    let CreateError::Other(Error::Unavailable { status: None, source: Some(source), .. }) = &error else {
        panic!("{error:?}")
    };
    assert!(!source.to_string().contains("systemusers"), "no URL in errors");
}

#[tokio::test]
async fn without_a_token_nothing_was_created() {
    let (server, _) = server().await;
    let credentials = Credentials::ServiceAccount {
        client_id: "id".into(),
        client_secret: SecretString::from("s"),
        oauth_url: format!("{}/oauth2/token", server.uri()),
    };
    Mock::given(path("/oauth2/token")).respond_with(ResponseTemplate::new(503)).mount(&server).await;
    let connection = Connection::new(Config::new(format!("{}/api", server.uri()), credentials)).unwrap();
    let error = connection.writer().create(&new_user()).await.unwrap_err();
    assert!(matches!(error, CreateError::Other(Error::Unavailable { status: Some(503), .. })), "{error:?}");
}
