//! The calls that succeed, and listings.

use std::cell::Cell;
use std::io;

use deel::{Client, Config, Error, ListError, Surprise, unpaced};
use wiremock::matchers::{header, header_exists, method, path, query_param};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::{PROFILE, TOKEN, answering, client, config, json};

const SINGLE: &str = include_str!("../fixtures/people/single.json");

#[tokio::test]
async fn one_person() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(format!("/rest/v2/people/{PROFILE}")))
        .and(header("authorization", format!("Bearer {TOKEN}").as_str()))
        .and(header("accept", "application/json"))
        .and(header_exists("user-agent"))
        .respond_with(json(200, SINGLE))
        .expect(2)
        .mount(&server)
        .await;
    let person = client(&server).person(PROFILE).await.unwrap();
    assert_eq!(person.work_email(), Some("Ines.Madeup@kestrel.example"));
    client(&server).person(&PROFILE.to_uppercase().to_lowercase()).await.unwrap();
    let requests = server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| !request.headers.contains_key("x-version")));
}

#[tokio::test]
async fn the_version_is_sent_if_configured() {
    let server = MockServer::start().await;
    Mock::given(header("x-version", "2026-01-01"))
        .respond_with(json(200, SINGLE))
        .expect(1)
        .mount(&server)
        .await;
    let config = Config { api_version: Some("2026-01-01".to_owned()), ..config(&server) };
    Client::new(config).unwrap().person(PROFILE).await.unwrap();
}

#[tokio::test]
async fn somebody_else_is_not_the_person() {
    let what = |result: Result<_, Error>| match result {
        Err(Error::Unexpected { what, .. }) => what,
        other => panic!("{other:?}"),
    };
    let server = answering("people/p1", json(200, SINGLE)).await;
    assert_eq!(what(client(&server).person("p1").await), Surprise::OtherPerson);
    let server = answering("people/p1", json(200, r#"{"data":{"first_name":"x"}}"#)).await;
    assert_eq!(what(client(&server).person("p1").await), Surprise::OtherPerson);
    let server = MockServer::start().await;
    for id in ["", "..", "a/b", "a b", "ü", &"x".repeat(129)] {
        assert_eq!(what(client(&server).person(id).await), Surprise::InvalidId, "{id}");
    }
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn withheld_data_is_an_error_and_no_person() {
    let withheld = include_str!("../fixtures/people/withheld.json");
    let server = answering(&format!("people/{PROFILE}"), json(200, withheld)).await;
    let error = client(&server).person(PROFILE).await.unwrap_err();
    assert!(matches!(error, Error::SensitiveDataWithheld));
    assert!(error.remedy().contains("sensitive data"));
}

/// Serves `total` people, at most `most` per page whatever is asked for.
struct Everyone {
    total: usize,
    most: usize,
}

impl Respond for Everyone {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let number = |key: &str| {
            let (_, value) = request.url.query_pairs().find(|(name, _)| name == key).unwrap();
            value.parse::<usize>().unwrap()
        };
        let (offset, limit) = (number("offset"), number("limit"));
        let rows: Vec<String> = (offset..self.total)
            .take(limit.min(self.most))
            .map(|n| {
                format!(r#"{{"id":"p{n}","emails":[{{"type":"work","value":"W{n}@kestrel.example"}}]}}"#)
            })
            .collect();
        // Deel sends the offset as a string.
        let page = format!(r#"{{"offset":"{offset}","total_rows":{},"items_per_page":{limit}}}"#, self.total);
        json(200, &format!(r#"{{"data":[{}],"page":{page}}}"#, rows.join(",")))
    }
}

async fn serving(total: usize, most: usize) -> MockServer {
    let server = MockServer::start().await;
    let asked = Mock::given(method("GET")).and(path("/rest/v2/people")).and(query_param("sort_by", "id"));
    asked.respond_with(Everyone { total, most }).mount(&server).await;
    server
}

#[tokio::test]
async fn everyone_page_by_page_at_the_callers_pace() {
    for (total, most, requests) in
        [(0, 100, 1), (1, 100, 1), (100, 100, 1), (250, 100, 3), (250, 99, 3), (250, 7, 36)]
    {
        let server = serving(total, most).await;
        let paced = Cell::new(0);
        let pace = || {
            paced.set(paced.get() + 1);
            unpaced()
        };
        let people = client(&server).people(pace).await.unwrap();
        assert_eq!((people.len(), people.is_empty()), (total, total == 0));
        assert_eq!(paced.get(), requests, "{total} by {most}");
        assert_eq!(server.received_requests().await.unwrap().len(), requests);
    }
}

#[tokio::test]
async fn a_listing_can_be_spawned() {
    let server = serving(3, 100).await;
    let client = client(&server);
    let listed = tokio::spawn(async move { client.people(unpaced).await.map(|people| people.len()) });
    assert_eq!(listed.await.unwrap().unwrap(), 3);
}

#[tokio::test]
async fn the_limit_is_cut() {
    let server = serving(500, 1_000).await;
    assert_eq!(client(&server).people_page(0, 5_000).await.unwrap().rows.len(), 100);
    assert_eq!(client(&server).people_page(490, 0).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn pacing_that_gives_up_ends_the_listing() {
    let server = serving(3, 100).await;
    let error = client(&server).people(|| async { Err(io::Error::other("no budget")) }).await.unwrap_err();
    assert!(matches!(error, ListError::Pace(_)));
    assert_eq!(server.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_page_that_fails_ends_the_listing() {
    let server = MockServer::start().await;
    Mock::given(query_param("offset", "0"))
        .respond_with(Everyone { total: 150, most: 100 })
        .mount(&server)
        .await;
    let limited = json(429, "{}").insert_header("retry-after", "1");
    Mock::given(query_param("offset", "100")).respond_with(limited).mount(&server).await;
    let error = client(&server).people(unpaced).await.unwrap_err();
    assert!(
        matches!(&error, ListError::Fetch { collected: 100, source: Error::RateLimited { .. } }),
        "{error:?}"
    );
    assert!(error.is_transient());
}

#[tokio::test]
async fn without_a_total_or_with_odd_rows_nothing_is_proved() {
    let server =
        answering("people", json(200, include_str!("../fixtures/people/list-without-page.json"))).await;
    assert!(matches!(client(&server).people(unpaced).await, Err(ListError::NoTotal { collected: 1 })));
    let odd = r#"{"data":[{"id":"p1"},7,null],"page":{"total_rows":"3"}}"#;
    let server = answering("people", json(200, odd)).await;
    assert!(matches!(client(&server).people(unpaced).await, Err(ListError::BadRow { rows: 2 })));
    let shape = r#"{"data":{},"page":{"total_rows":0}}"#;
    let server = answering("people", json(200, shape)).await;
    let error = client(&server).people(unpaced).await.unwrap_err();
    assert!(matches!(
        error,
        ListError::Fetch { source: Error::Unexpected { what: Surprise::Shape, .. }, .. }
    ));
}

#[tokio::test]
async fn a_search_keeps_whom_the_address_is_of() {
    let server = serving(250, 100).await;
    let found = client(&server)
        .people_by_search("w7@kestrel.example", " w7@Kestrel.example", 250, unpaced)
        .await
        .unwrap();
    assert_eq!(found.iter().map(|person| person.id.as_deref().unwrap()).collect::<Vec<_>>(), ["p7"]);
    let requests = server.received_requests().await.unwrap();
    let sought = |request: &Request| {
        request.url.query_pairs().any(|(k, v)| k == "search" && v == "w7@kestrel.example")
    };
    assert!(requests.len() == 3 && requests.iter().all(sought));
    let nobody = "nobody@kestrel.example";
    assert!(client(&server).people_by_search(nobody, nobody, 250, unpaced).await.unwrap().is_empty());
}

#[tokio::test]
async fn more_people_than_wanted_cost_one_request() {
    let server = serving(250, 100).await;
    let listed = client(&server).people_at_most(249, unpaced).await;
    assert!(matches!(listed, Err(ListError::TooMany { total: 250, most: 249 })), "{listed:?}");
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
    assert_eq!(client(&server).people_at_most(250, unpaced).await.unwrap().len(), 250);
    let sought = client(&server).people_by_search("w7", "w7@kestrel.example", 9, unpaced).await;
    assert!(matches!(sought, Err(ListError::TooMany { most: 9, .. })));
}

#[tokio::test]
async fn the_organization() {
    let server =
        answering("organizations", json(200, r#"{"data":[{"id":90210,"name":"Kestrel Works"}]}"#)).await;
    let organizations = client(&server).organizations().await.unwrap();
    assert_eq!(
        (organizations[0].id.as_str(), organizations[0].name.as_deref()),
        ("90210", Some("Kestrel Works"))
    );
    let server = answering("organizations", json(200, r#"{"data":{"id":"o-1","name":null}}"#)).await;
    assert_eq!(client(&server).organizations().await.unwrap()[0].id, "o-1");
    let server = answering("organizations", json(200, r#"{"data":[{"name":"x"}]}"#)).await;
    assert!(client(&server).organizations().await.is_err());
}

#[tokio::test]
async fn the_subscriptions() {
    let body = r#"{"data":[{"id":"s-1","name":"sync","description":null,"status":"enabled","url":"https://hooks.kestrel.example/deel",
        "signing_key":"never kept","api_version":"v2","events":["worker.v2.updated",3,"contract.terminated"],"hidden":false},{"id":2}]}"#;
    let server = answering("webhooks", json(200, body)).await;
    let subscriptions = client(&server).subscriptions().await.unwrap();
    assert_eq!(subscriptions[0].events, ["worker.v2.updated", "contract.terminated"]);
    assert_eq!((subscriptions[0].is_enabled(), subscriptions[1].is_enabled()), (true, false));
    assert_eq!(subscriptions[1].id, "2");
    assert!(!format!("{subscriptions:?}").contains("never kept"));
    let server = answering("webhooks", json(200, r#"{"data":[]}"#)).await;
    assert!(client(&server).subscriptions().await.unwrap().is_empty());
}
