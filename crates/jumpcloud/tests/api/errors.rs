use std::time::Duration;

use jumpcloud::{Connection, Error};
use serde_json::json;
use wiremock::matchers::method;
use wiremock::{Mock, ResponseTemplate};

use crate::support::{ID, KEY, config, impatient, json_answer, requests, server, server_with_organization};

async fn account(answer: ResponseTemplate) -> Error {
    let (server, connection) = server().await;
    Mock::given(method("GET")).respond_with(answer).expect(1).mount(&server).await;
    connection.reader().account(ID).await.unwrap_err()
}

fn html(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_raw("<!doctype html><title>JumpCloud</title>", "text/html; charset=utf-8")
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    // JumpCloud's answer to a request without any key.
    let error = account(ResponseTemplate::new(302).insert_header("location", "/login")).await;
    assert!(matches!(error, Error::NotTheApi { status: 302 }), "{error:?}");
    for word in ["key", "base URL", "region"] {
        assert!(error.remedy().contains(word), "{word}");
    }
}

#[tokio::test]
async fn a_web_page_is_never_an_answer() {
    for answer in [
        html(200),
        html(404),
        html(400),
        ResponseTemplate::new(200).set_body_raw("  \n<html></html>", "application/json"),
        ResponseTemplate::new(200).set_body_raw("\u{feff}<html></html>", "text/plain"),
    ] {
        let error = account(answer).await;
        assert!(matches!(error, Error::NotTheApi { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_web_page_is_no_success_for_a_write_without_an_answer() {
    let (server, connection) = server().await;
    Mock::given(method("DELETE")).respond_with(html(200)).mount(&server).await;
    assert!(matches!(
        connection.writer().cancel_scheduled("j1").await,
        Err(Error::NotTheApi { status: 200 })
    ));
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let denied = json!({"error": "Unauthorized", "message": "Unauthorized: api key user not found"});
    let kind = |error: Error| error.kind();
    assert_eq!(kind(account(ResponseTemplate::new(401).set_body_json(denied)).await), "unauthorized");
    assert_eq!(
        kind(account(ResponseTemplate::new(403).set_body_json(json!({"message": "no"}))).await),
        "forbidden"
    );
    assert_eq!(kind(account(html(403)).await), "blocked");
    assert_eq!(kind(account(ResponseTemplate::new(404)).await), "not_found");
    assert_eq!(kind(account(ResponseTemplate::new(418)).await), "rejected");
    assert_eq!(kind(account(html(503)).await), "unavailable");
    assert_eq!(kind(account(ResponseTemplate::new(200).set_body_string("{")).await), "unexpected");
    assert_eq!(kind(account(ResponseTemplate::new(200)).await), "unexpected");
    assert_eq!(kind(account(json_answer(&json!({"username": "no id"}))).await), "unexpected");
}

#[tokio::test]
async fn a_time_to_wait_is_honoured_in_both_forms() {
    for status in [429, 503, 403] {
        let seconds = account(ResponseTemplate::new(status).insert_header("retry-after", "120")).await;
        assert_eq!(seconds.retry_after(), Some(Duration::from_secs(120)), "{seconds:?}");
        let date = ResponseTemplate::new(status)
            .insert_header("date", "Mon, 23 Nov 2026 09:00:00 GMT")
            .insert_header("retry-after", "Mon, 23 Nov 2026 09:00:30 GMT");
        assert_eq!(account(date).await.retry_after(), Some(Duration::from_secs(30)));
    }
    assert_eq!(account(ResponseTemplate::new(429)).await.retry_after(), None);
}

#[tokio::test]
async fn a_wrong_organization_is_told_from_an_absent_record() {
    for status in [400, 404] {
        let (server, connection) = server_with_organization("5a01").await;
        Mock::given(method("GET")).respond_with(ResponseTemplate::new(status)).mount(&server).await;
        let error = connection.reader().users_page(0, 1).await.unwrap_err();
        assert!(matches!(error, Error::WrongOrganization { status: Some(s) } if s == status), "{error:?}");
        assert!(error.remedy().contains("organization id"));
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let error = account(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 17 * 1024 * 1024])).await;
    assert!(matches!(error, Error::Unexpected { status: Some(200), .. }), "{error:?}");
    let error = account(ResponseTemplate::new(400).set_body_bytes(vec![b' '; 1024 * 1024])).await;
    assert!(matches!(error, Error::Rejected { status: 400, .. }), "{error:?}");
}

#[tokio::test]
async fn deep_json_is_an_error_and_no_crash() {
    let error = account(ResponseTemplate::new(200).set_body_string("[".repeat(10_000))).await;
    assert!(matches!(error, Error::Unexpected { .. }), "{error:?}");
}

#[tokio::test]
async fn silence_ends_at_the_timeout() {
    let (server, _) = server().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(20));
    Mock::given(method("GET")).respond_with(slow).mount(&server).await;
    let error = impatient(&server.uri()).reader().account(ID).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { status: None, .. }), "{error:?}");
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn nothing_printed_holds_a_body_a_url_or_the_key() {
    let (server, connection) = server().await;
    for status in [200, 302, 400, 401, 403, 404, 409, 422, 429, 500, 503] {
        server.reset().await;
        let body = json!({"message": "ada@x.co", "details": [{"fieldViolationsList": [{"field": "ok"}]}]});
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(status).set_body_json(body))
            .mount(&server)
            .await;
        let error = connection.reader().account(ID).await.unwrap_err();
        let mut shown = format!("{error} {error:?} {connection:?} {:?}", config(&server.uri()));
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            shown.push_str(&cause.to_string());
            source = cause.source();
        }
        for secret in ["ada@x.co", KEY, ID, "systemusers"] {
            assert!(!shown.contains(secret), "{status}: {shown}");
        }
    }
}

#[test]
fn a_bad_configuration_is_named() {
    use jumpcloud::{ConfigError, Credentials};
    use secrecy::SecretString;

    let refused = |change: &dyn Fn(&mut jumpcloud::Config)| {
        let mut config = config("https://console.jumpcloud.com");
        change(&mut config);
        Connection::new(config).unwrap_err()
    };
    assert_eq!(refused(&|c| c.base_url = "http://console.jumpcloud.com/api".into()), ConfigError::Insecure);
    assert_eq!(refused(&|c| c.base_url = "nonsense".into()), ConfigError::BaseUrl);
    for key in ["", "  ", "a\nb"] {
        let error = refused(&|c| c.credentials = Credentials::ApiKey(SecretString::from(key)));
        assert_eq!(error, ConfigError::Value("API key"));
    }
    for organization in ["", "a b", "a\r\nx: y"] {
        assert_eq!(
            refused(&|c| c.organization = Some(organization.into())),
            ConfigError::Value("organization id")
        );
    }
}
