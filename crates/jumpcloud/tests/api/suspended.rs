//! Everybody who is suspended, believed only if the service accounts for everybody.

use std::convert::Infallible;
use std::future::ready;

use jumpcloud::{Complete, Error, ListError, Reader, UserRecord};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{json_answer, numbered, query, requests, server, slice};

type Found = Result<Option<Complete<UserRecord>>, ListError<Infallible>>;

async fn suspended(reader: &Reader) -> Found {
    reader.suspended(|| ready(Ok(()))).await
}

fn crowd(states: &[(&str, usize)]) -> Vec<Value> {
    let states = states.iter().flat_map(|(state, count)| std::iter::repeat_n(*state, *count));
    let one = |(number, state)| {
        let mut user = numbered(number);
        user["state"] = json!(state);
        user
    };
    states.enumerate().map(one).collect()
}

/// A list whose filter works, but for one state.
async fn filtering(server: &MockServer, all: Vec<Value>, blind: Option<&'static str>) {
    Mock::given(path("/api/systemusers"))
        .respond_with(move |request: &Request| {
            let filter = query(request, "filter");
            let wanted = filter.as_deref().map(|filter| filter.strip_prefix("state:$eq:").unwrap());
            let rows = all.iter().filter(|user| wanted.is_none_or(|state| user["state"] == state));
            let rows = rows.filter(|_| wanted.is_none() || wanted != blind);
            slice(request, &rows.cloned().collect::<Vec<_>>(), 100)
        })
        .mount(server)
        .await;
}

#[tokio::test]
async fn the_suspended_are_listed_and_everybody_is_accounted_for() {
    let (server, connection) = server().await;
    filtering(&server, crowd(&[("ACTIVATED", 900), ("SUSPENDED", 150), ("STAGED", 7)]), None).await;
    let found = suspended(&connection.reader()).await.unwrap().unwrap();
    assert_eq!(found.len(), 150);
    let sent = requests(&server).await;
    assert_eq!(sent.len(), 5, "two pages and three numbers, instead of eleven pages");
    assert_eq!(query(&sent[0], "sort").as_deref(), Some("_id"));
}

#[tokio::test]
async fn nobody_suspended_is_believed_only_with_the_same_proof() {
    let (server, connection) = server().await;
    filtering(&server, crowd(&[("ACTIVATED", 30)]), None).await;
    assert!(suspended(&connection.reader()).await.unwrap().unwrap().is_empty());
}

#[tokio::test]
async fn a_filter_that_finds_too_few_is_not_believed() {
    for blind in ["SUSPENDED", "STAGED", "ACTIVATED"] {
        let (server, connection) = server().await;
        filtering(&server, crowd(&[("ACTIVATED", 30), ("SUSPENDED", 4), ("STAGED", 2)]), Some(blind)).await;
        assert!(suspended(&connection.reader()).await.unwrap().is_none(), "{blind}");
    }
}

#[tokio::test]
async fn a_state_that_nobody_documents_leaves_it_to_the_whole_list() {
    let (server, connection) = server().await;
    filtering(&server, crowd(&[("ACTIVATED", 30), ("SUSPENDED", 4), ("LOCKED", 1)]), None).await;
    assert!(suspended(&connection.reader()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_filter_that_is_ignored_or_refused_leaves_it_to_the_whole_list() {
    let everybody = crowd(&[("ACTIVATED", 30), ("SUSPENDED", 4)]);
    let only_suspended = crowd(&[("SUSPENDED", 4)]);
    for all in [everybody, only_suspended] {
        let (server, connection) = server().await;
        Mock::given(path("/api/systemusers"))
            .respond_with(move |request: &Request| slice(request, &all, 100))
            .mount(&server)
            .await;
        assert!(suspended(&connection.reader()).await.unwrap().is_none(), "ignored");
    }
    for status in [400, 404] {
        let (server, connection) = server().await;
        Mock::given(path("/api/systemusers"))
            .respond_with(ResponseTemplate::new(status).set_body_json(json!({"message": "bad filter"})))
            .mount(&server)
            .await;
        assert!(suspended(&connection.reader()).await.unwrap().is_none(), "{status}");
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_no_proof_of_anything() {
    let (server, connection) = server().await;
    Mock::given(path("/api/systemusers")).respond_with(ResponseTemplate::new(503)).mount(&server).await;
    let error = suspended(&connection.reader()).await.unwrap_err();
    assert!(matches!(error, ListError::Client(Error::Unavailable { .. })), "{error:?}");
}

#[tokio::test]
async fn a_page_that_moved_is_not_believed() {
    let (server, connection) = server().await;
    Mock::given(path("/api/systemusers"))
        .respond_with(json_answer(&json!({"totalCount": 9, "results": []})))
        .mount(&server)
        .await;
    assert!(suspended(&connection.reader()).await.unwrap().is_none());
}
