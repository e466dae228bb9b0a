use std::time::Duration;

use jumpcloud::{Config, Connection, Credentials, Link, NewState, NewUser};
use secrecy::SecretString;
use serde_json::{Value, json};
use wiremock::{MockServer, Request, ResponseTemplate};

pub(crate) const KEY: &str = "jca_test_key";
pub(crate) const ID: &str = "5be9fb4ddb01290001e85109";

pub(crate) fn config(base: &str) -> Config {
    Config::new(format!("{base}/api"), Credentials::ApiKey(SecretString::from(KEY)))
}

pub(crate) async fn server() -> (MockServer, Connection) {
    let server = MockServer::start().await;
    let connection = Connection::new(config(&server.uri())).unwrap();
    (server, connection)
}

pub(crate) async fn server_with_organization(id: &str) -> (MockServer, Connection) {
    let server = MockServer::start().await;
    let mut config = config(&server.uri());
    config.organization = Some(id.to_owned());
    (server, Connection::new(config).unwrap())
}

pub(crate) fn impatient(base: &str) -> Connection {
    let mut config = config(base);
    config.timeout = Duration::from_millis(200);
    Connection::new(config).unwrap()
}

pub(crate) fn json_answer(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub(crate) fn page(users: &[Value]) -> ResponseTemplate {
    json_answer(&json!({"totalCount": users.len(), "results": users}))
}

pub(crate) fn user(id: &str, username: &str, email: &str) -> Value {
    json!({"_id": id, "username": username, "email": email, "state": "ACTIVATED"})
}

/// A user of a crowd, with an id that sorts by its number.
pub(crate) fn numbered(number: usize) -> Value {
    user(&format!("{number:024x}"), &format!("user{number}"), &format!("user{number}@x.co"))
}

pub(crate) fn new_user() -> NewUser {
    NewUser::new("ada.l", "ada@x.co", NewState::Staged, Link::EmployeeIdentifier("p-1".to_owned()))
}

pub(crate) fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

pub(crate) fn query(request: &Request, name: &str) -> Option<String> {
    request.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The rows asked for out of `all`, at most `most` at once.
pub(crate) fn slice(request: &Request, all: &[Value], most: usize) -> ResponseTemplate {
    let skip = query(request, "skip").map_or(0, |skip| skip.parse().unwrap());
    let rows: Vec<_> = all.iter().skip(skip).take(most).collect();
    json_answer(&json!({"totalCount": all.len(), "results": rows}))
}

pub(crate) async fn requests(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}
