//! Each error, from the answer that causes it.

use std::time::Duration;

use deel::{BaseUrl, Client, Config, ConfigError, Error, Surprise, Transport};
use secrecy::SecretString;
use wiremock::{MockServer, ResponseTemplate};

use crate::{PROFILE, answering, client, config, json};

const REQUEST: &str = r#"{"request":{"method":"GET","url":"/rest/v2/people","status":0,"api_req_id":"req-7f","docs":"https://developer.deel.com"},"errors":[{"message":"MESSAGE"}]}"#;

async fn refused(answer: ResponseTemplate) -> Error {
    let server = answering(&format!("people/{PROFILE}"), answer).await;
    client(&server).person(PROFILE).await.unwrap_err()
}

async fn documented(status: u16, message: &str) -> Error {
    refused(json(status, &REQUEST.replace("MESSAGE", message))).await
}

#[tokio::test]
async fn a_refused_token() {
    let error = documented(401, "Not authorized: Ann Example").await;
    assert!(matches!(&error, Error::Unauthorized { request_id: Some(id) } if id == "req-7f"));
    assert_eq!(
        (error.kind(), error.request_id(), error.is_transient()),
        ("unauthorized", Some("req-7f"), false)
    );
    insta::assert_snapshot!(error, @"Deel refused the token (401), api_req_id req-7f");
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let named = documented(403, "Token is missing scope contracts:read for Ann Example").await;
    assert!(matches!(&named, Error::MissingScope { scope: Some(scope), .. } if scope == "contracts:read"));
    insta::assert_snapshot!(named, @"Deel refused this to the token (403), scope contracts:read, api_req_id req-7f");
    for body in ["", r#"{"error":"Forbidden"}"#, r#"{"errors":{"errors":["no"]}}"#, "Forbidden"] {
        let error = refused(json(403, body)).await;
        assert!(
            matches!(&error, Error::MissingScope { scope: Some(scope), .. } if scope == "people:read"),
            "{body}"
        );
    }
    let server = answering("organizations", json(403, "{}")).await;
    let error = client(&server).organizations().await.unwrap_err();
    assert!(
        matches!(&error, Error::MissingScope { scope: Some(scope), .. } if scope == "organizations:read")
    );
}

#[tokio::test]
async fn a_token_of_the_wrong_type() {
    let error = documented(403, "TOKEN_TYPE_NOT_ALLOWED").await;
    assert!(matches!(&error, Error::TokenType { request_id: Some(_) }));
    assert!(error.remedy().contains("organization token"));
    let shape = refused(json(403, r#"{"error":{"code":"TOKEN_TYPE_NOT_ALLOWED"}}"#)).await;
    assert!(matches!(shape, Error::TokenType { request_id: None }));
}

#[tokio::test]
async fn nobody_of_that_id() {
    let error = documented(404, "Profile not found").await;
    assert!(matches!(error, Error::NotFound { .. }));
    assert!(matches!(refused(ResponseTemplate::new(404)).await, Error::NotFound { request_id: None }));
}

#[tokio::test]
async fn a_404_page_of_a_proxy_is_not_a_person_who_is_gone() {
    let page = ResponseTemplate::new(404).set_body_raw("<html>nginx</html>", "text/html");
    let error = refused(page).await;
    assert!(matches!(error, Error::Unexpected { what: Surprise::Html, status: Some(404), .. }));
}

#[tokio::test]
async fn the_rate_limit_with_its_wait() {
    let wait = |error: Error| match error {
        Error::RateLimited { retry_after } => retry_after,
        other => panic!("{other}"),
    };
    let seconds = json(429, "{}").insert_header("retry-after", "3");
    assert_eq!(wait(refused(seconds).await), Some(Duration::from_secs(3)));
    let date = json(429, "{}")
        .insert_header("date", "Mon, 02 Mar 2026 10:00:00 GMT")
        .insert_header("retry-after", "Mon, 02 Mar 2026 10:00:20 GMT");
    assert_eq!(wait(refused(date).await), Some(Duration::from_secs(20)));
    let page = ResponseTemplate::new(429).set_body_raw("<html>slow down</html>", "text/html");
    assert_eq!(wait(refused(page).await), None);
}

#[tokio::test]
async fn trouble_at_deel_passes() {
    for status in [408, 500, 502, 503, 504, 599] {
        let answer = ResponseTemplate::new(status).set_body_raw("<html>gateway</html>", "text/html");
        let error = refused(answer.insert_header("retry-after", "9")).await;
        assert!(matches!(error, Error::Unavailable { status: Some(at), source: None, .. } if at == status));
        assert_eq!((error.is_transient(), error.retry_after()), (true, Some(Duration::from_secs(9))));
    }
}

#[tokio::test]
async fn no_answer_in_time() {
    let server =
        answering(&format!("people/{PROFILE}"), json(200, "{}").set_delay(Duration::from_secs(30))).await;
    let config = Config { timeout: Duration::from_millis(200), ..config(&server) };
    let error = Client::new(config).unwrap().person(PROFILE).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { status: None, source: Some(Transport::Timeout), .. }));
}

#[tokio::test]
async fn nobody_there() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let config = Config::new(BaseUrl::parse(&base).unwrap(), SecretString::from("t"));
    let error = Client::new(config).unwrap().people_page(0, 1).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { source: Some(Transport::Connect), .. }), "{error:?}");
    assert!(error.remedy().contains("DEEL_BASE_URL"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = MockServer::start().await;
    for status in [301, 302, 307, 308] {
        let answer = ResponseTemplate::new(status).insert_header("location", elsewhere.uri());
        let error = refused(answer).await;
        assert!(matches!(error, Error::Unexpected { what: Surprise::Redirect, .. }));
    }
    assert_eq!(elsewhere.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn answers_that_are_not_deels() {
    let what = |error: Error| match error {
        Error::Unexpected { what, .. } => what,
        other => panic!("{other}"),
    };
    let html = ResponseTemplate::new(200).set_body_raw("\n<!doctype html>", "application/json");
    assert_eq!(what(refused(html).await), Surprise::Html);
    for body in ["", "{\"data\":", "{} {}", "OK"] {
        assert_eq!(what(refused(json(200, body)).await), Surprise::NotJson, "{body}");
    }
    for body in ["{}", "[]", "null", r#"{"data":null}"#, r#"{"data":[]}"#, r#"{"data":"x"}"#] {
        assert_eq!(what(refused(json(200, body)).await), Surprise::Shape, "{body}");
    }
    assert_eq!(what(documented(400, "unknown version").await), Surprise::Status);
    let large = format!("{{\"data\":\"{}\"}}", "x".repeat(33 << 20));
    assert_eq!(what(refused(json(200, &large)).await), Surprise::TooLarge);
}

#[tokio::test]
async fn no_body_shows_in_an_error() {
    for status in [400, 401, 403, 404, 409, 422, 429, 500, 200] {
        let error =
            refused(json(status, r#"{"errors":[{"message":"Ann Example <ann@home.example>"}]}"#)).await;
        let shown = format!("{error} {error:?} {}", error.remedy());
        assert!(!shown.contains("Ann") && !shown.contains("home.example"), "{shown}");
        assert!(!shown.contains("127.0.0.1"), "{shown}");
    }
}

#[test]
fn settings_that_cannot_work() {
    let with = |token: &str, version: Option<&str>| {
        let base_url = BaseUrl::parse(BaseUrl::PRODUCTION).unwrap();
        let api_version = version.map(str::to_owned);
        Client::new(Config { api_version, ..Config::new(base_url, SecretString::from(token)) })
    };
    assert!(with(" token\n", Some("2026-01-01")).is_ok());
    for token in ["", "  ", "two words", "line\nbreak", "nul\0"] {
        assert!(matches!(with(token, None), Err(ConfigError::Token)), "{token:?}");
    }
    assert!(with("t", Some(" 2026-01-01\n")).is_ok());
    assert!(matches!(with("t", Some("20\n26")), Err(ConfigError::ApiVersion)));
    assert!(!format!("{:?}", with("sesame", None)).contains("sesame"));
    let config = Config::new(BaseUrl::parse(BaseUrl::PRODUCTION).unwrap(), SecretString::from("sesame"));
    assert!(!format!("{config:?}").contains("sesame"));
}
