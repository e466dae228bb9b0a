//! The client against a server that answers as Deel documents it, and as it does not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod errors;
mod people;
mod subscriptions;

use std::time::Duration;

use deel::{BaseUrl, Client, Config};
use secrecy::SecretString;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const PROFILE: &str = "7b1f0a52-4d0e-4f0a-9c63-2f5b8a9d1e40";
const TOKEN: &str = "made-up-token";

fn config(server: &MockServer) -> Config {
    let base_url = BaseUrl::parse(&format!("{}/rest/v2/", server.uri())).unwrap();
    Config { timeout: Duration::from_secs(5), ..Config::new(base_url, SecretString::from(TOKEN)) }
}

fn client(server: &MockServer) -> Client {
    Client::new(config(server)).unwrap()
}

fn json(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.to_owned(), "application/json; charset=utf-8")
}

/// A server that gives `answer` to a GET of one path under the base, with one request expected.
async fn answering(under: &str, answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    let at = format!("/rest/v2/{under}");
    Mock::given(method("GET")).and(path(at)).respond_with(answer).expect(1).mount(&server).await;
    server
}
