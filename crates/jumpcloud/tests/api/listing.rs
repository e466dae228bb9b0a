use std::convert::Infallible;
use std::future::ready;

use jumpcloud::{Complete, Error, Gap, ListError, Reader, UserRecord};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, Request, ResponseTemplate};

use crate::support::{json_answer, numbered, query, requests, server, server_with_organization, slice};

async fn all(reader: &Reader) -> Result<Complete<UserRecord>, ListError<Infallible>> {
    reader.users(|| ready(Ok(()))).await
}

/// Answers each request with the next of `pages`: the total and the rows.
async fn incomplete(pages: Vec<(Value, Vec<Value>)>) -> Gap {
    let (server, connection) = server_with_organization("5a01").await;
    for (total, rows) in pages {
        Mock::given(path("/api/systemusers"))
            .respond_with(json_answer(&json!({"totalCount": total, "results": rows})))
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    match all(&connection.reader()).await {
        Err(ListError::Incomplete(gap)) => gap,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn pages_advance_by_the_rows_received_and_are_sorted() {
    let (server, connection) = server().await;
    let everyone: Vec<Value> = (0..250).map(numbered).collect();
    Mock::given(path("/api/systemusers"))
        .respond_with(move |request: &Request| slice(request, &everyone, 40))
        .mount(&server)
        .await;
    let users = all(&connection.reader()).await.unwrap();
    assert_eq!(users.len(), 250);
    let sent = requests(&server).await;
    let skips: Vec<_> = sent.iter().map(|request| query(request, "skip").unwrap()).collect();
    assert_eq!(skips, ["0", "40", "80", "120", "160", "200", "240"]);
    for request in &sent {
        assert_eq!(query(request, "limit").as_deref(), Some("100"));
        assert_eq!(query(request, "sort").as_deref(), Some("_id"));
    }
}

#[tokio::test]
async fn nobody_is_complete_too() {
    let (server, connection) = server().await;
    Mock::given(path("/api/systemusers"))
        .respond_with(json_answer(&json!({"totalCount": 0, "results": []})))
        .expect(1)
        .mount(&server)
        .await;
    assert!(all(&connection.reader()).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_does_not_add_up_is_not_complete() {
    let rows = |range: std::ops::Range<usize>| range.map(numbered).collect::<Vec<_>>();
    let of = |organization: &str| {
        let mut user = numbered(7);
        user["organization"] = json!(organization);
        user
    };
    assert_eq!(incomplete(vec![(json!(null), rows(0..2))]).await, Gap::NoTotal);
    assert_eq!(
        incomplete(vec![(json!(4), rows(0..2)), (json!(5), rows(2..4))]).await,
        Gap::TotalChanged { from: 4, to: 5 }
    );
    assert_eq!(incomplete(vec![(json!(4), rows(0..2)), (json!(4), rows(1..3))]).await, Gap::Repeated);
    assert_eq!(
        incomplete(vec![(json!(4), rows(0..2)), (json!(4), vec![])]).await,
        Gap::Short { received: 2, total: 4 }
    );
    assert_eq!(incomplete(vec![(json!(1), rows(0..2))]).await, Gap::Excess { received: 2, total: 1 });
    assert_eq!(incomplete(vec![(json!(1), vec![of("5a02")])]).await, Gap::ForeignOrganization);
}

#[tokio::test]
async fn two_organizations_are_noticed_without_a_configured_one() {
    let (server, connection) = server().await;
    let mut users = [numbered(1), numbered(2)];
    users[0]["organization"] = json!("5a01");
    users[1]["organization"] = json!("5a02");
    Mock::given(path("/api/systemusers"))
        .respond_with(json_answer(&json!({"totalCount": 2, "results": users})))
        .mount(&server)
        .await;
    assert!(matches!(all(&connection.reader()).await, Err(ListError::Incomplete(Gap::ForeignOrganization))));
}

#[tokio::test]
async fn a_row_that_cannot_be_read_spoils_the_page() {
    let (server, connection) = server().await;
    Mock::given(path("/api/systemusers"))
        .respond_with(json_answer(&json!({"totalCount": 2, "results": [numbered(1), {"email": "no id"}]})))
        .mount(&server)
        .await;
    assert!(matches!(all(&connection.reader()).await, Err(ListError::Client(Error::Unexpected { .. }))));
}

#[tokio::test]
async fn a_failed_page_fails_the_listing() {
    let (server, connection) = server().await;
    Mock::given(path("/api/systemusers"))
        .respond_with(json_answer(&json!({"totalCount": 2, "results": [numbered(1)]})))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    Mock::given(path("/api/systemusers")).respond_with(ResponseTemplate::new(502)).mount(&server).await;
    assert!(matches!(
        all(&connection.reader()).await,
        Err(ListError::Client(Error::Unavailable { status: Some(502), .. }))
    ));
}

#[tokio::test]
async fn every_page_is_paced_and_the_listing_can_be_spawned() {
    let (server, connection) = server().await;
    let everyone: Vec<Value> = (0..120).map(numbered).collect();
    Mock::given(path("/api/systemusers"))
        .respond_with(move |request: &Request| slice(request, &everyone, 100))
        .mount(&server)
        .await;
    let reader = connection.reader();
    let (paid, mut payments) = tokio::sync::mpsc::unbounded_channel();
    let listing = tokio::spawn(async move {
        reader
            .users(|| {
                let paid = paid.clone();
                async move {
                    tokio::task::yield_now().await;
                    paid.send(()).map_err(|_| std::io::Error::other("closed"))
                }
            })
            .await
            .map(|users| users.len())
    });
    assert_eq!(listing.await.unwrap().unwrap(), 120);
    let mut count = 0;
    while payments.recv().await.is_some() {
        count += 1;
    }
    assert_eq!(count, 2);
}

#[tokio::test]
async fn a_refused_pace_sends_nothing() {
    let (server, connection) = server().await;
    let stopped = connection.reader().users(|| ready(Err(std::io::Error::other("paused")))).await;
    assert!(matches!(stopped, Err(ListError::Pace(_))));
    assert!(requests(&server).await.is_empty());
}
