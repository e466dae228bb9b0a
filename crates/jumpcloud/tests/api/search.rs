use std::cell::Cell;
use std::future::ready;

use jumpcloud::{Error, Key, ListError};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{body, json_answer, numbered, page, query, requests, server, slice, user};

async fn searching(server: &MockServer, answer: ResponseTemplate) {
    Mock::given(method("POST")).and(path("/api/search/systemusers")).respond_with(answer).mount(server).await;
}

#[tokio::test]
async fn a_search_is_sent_in_the_official_form() {
    for (key, field) in
        [(Key::Email, "email"), (Key::Username, "username"), (Key::EmployeeIdentifier, "employeeIdentifier")]
    {
        let (server, connection) = server().await;
        Mock::given(method("POST"))
            .and(path("/api/search/systemusers"))
            .and(header("x-eventually-consistent", "false"))
            .and(header("content-type", "application/json"))
            .and(body_json(json!({
                "filter": {"and": [{field: {"$regex": "(?i)^a\\+b@x\\.co$"}}]}, "limit": 100, "skip": 0,
            })))
            .respond_with(page(&[]))
            .expect(1)
            .mount(&server)
            .await;
        assert!(connection.reader().find(key, " a+b@x.co ").await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn only_exact_matches_are_handed_out() {
    let (server, connection) = server().await;
    searching(
        &server,
        page(&[
            user("a1", "x", "Ada@X.co"),
            user("a2", "y", "xada@x.co"),
            user("a3", "z", "ada@x.com"),
            json!({"_id": "a4"}),
        ]),
    )
    .await;
    let found = connection.reader().find(Key::Email, "ada@x.co").await.unwrap();
    assert_eq!(found.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), ["a1"]);
}

#[tokio::test]
async fn a_value_that_cannot_be_searched_is_not_sent() {
    let (server, connection) = server().await;
    for value in ["", "  ", "a\nb", "a\0b"] {
        assert!(matches!(connection.reader().find(Key::Email, value).await, Err(Error::Unexpected { .. })));
    }
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn a_search_is_paged_by_the_rows_received() {
    let (server, connection) = server().await;
    let mut all: Vec<Value> = (0..150).map(numbered).collect();
    all[149]["email"] = json!("Wanted@x.co");
    Mock::given(path("/api/search/systemusers"))
        .respond_with(move |request: &Request| {
            let skip = usize::try_from(body(request)["skip"].as_u64().unwrap()).unwrap();
            let rows: Vec<_> = all.iter().skip(skip).take(60).collect();
            json_answer(&json!({"totalCount": all.len(), "results": rows}))
        })
        .expect(3)
        .mount(&server)
        .await;
    let found = connection.reader().find(Key::Email, "wanted@x.co").await.unwrap();
    assert_eq!(found.len(), 1);
}

#[tokio::test]
async fn a_search_that_ends_early_is_not_an_empty_one() {
    let (server, connection) = server().await;
    searching(&server, json_answer(&json!({"totalCount": 1, "results": []}))).await;
    assert!(matches!(connection.reader().find(Key::Email, "a@x.co").await, Err(Error::Unexpected { .. })));
}

#[tokio::test]
async fn a_search_that_is_not_narrowed_is_given_up() {
    let (server, connection) = server().await;
    let all: Vec<Value> = (0..2_000).map(numbered).collect();
    Mock::given(path("/api/search/systemusers"))
        .respond_with(move |request: &Request| {
            let skip = usize::try_from(body(request)["skip"].as_u64().unwrap()).unwrap();
            let rows: Vec<_> = all.iter().skip(skip).take(100).collect();
            json_answer(&json!({"totalCount": all.len(), "results": rows}))
        })
        .expect(10)
        .mount(&server)
        .await;
    assert!(matches!(connection.reader().find(Key::Username, "nobody").await, Err(Error::Unexpected { .. })));
}

#[tokio::test]
async fn a_missing_total_is_made_up_from_a_page_that_is_not_full() {
    let (server, connection) = server().await;
    searching(&server, json_answer(&json!({"results": [user("a1", "ada", "a@x.co")]}))).await;
    assert_eq!(connection.reader().find(Key::Username, "ADA").await.unwrap().len(), 1);
}

fn linked(id: &str, value: &str) -> Value {
    let mut user = user(id, id, &format!("{id}@x.co"));
    user["attributes"] = json!([{"name": "deelId", "value": value}]);
    user
}

#[tokio::test]
async fn a_custom_attribute_found_by_the_filter_needs_no_listing() {
    let (server, connection) = server().await;
    searching(&server, page(&[linked("a1", "P-1")])).await;
    let found = connection.reader().find(Key::CustomAttribute { name: "deelId" }, "p-1").await.unwrap();
    assert_eq!(found[0].id, "a1");
    let sent = requests(&server).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(body(&sent[0])["filter"], json!({"and": [{"attributes.value": {"$regex": "(?i)^p-1$"}}]}));
}

#[tokio::test]
async fn a_custom_attribute_is_only_absent_if_the_whole_list_lacks_it() {
    // Found nothing, found the same value under another name, refused, ignored: each time the list decides.
    let crowd: Vec<Value> = (0..100).map(numbered).collect();
    let mut other_name = linked("a9", "p-1");
    other_name["attributes"][0]["name"] = json!("deelid");
    for answer in [
        page(&[]),
        page(&[other_name]),
        ResponseTemplate::new(400).set_body_json(json!({"message": "bad filter"})),
        json_answer(&json!({"totalCount": 5_000, "results": []})),
        json_answer(&json!({"totalCount": 5_000, "results": crowd})),
    ] {
        let (server, connection) = server().await;
        searching(&server, answer).await;
        let mut all: Vec<Value> = (0..130).map(numbered).collect();
        all[120] = linked("a1", "P-1");
        Mock::given(path("/api/systemusers"))
            .respond_with(move |request: &Request| slice(request, &all, 100))
            .expect(4)
            .mount(&server)
            .await;
        let reader = connection.reader();
        let paid = Cell::new(0);
        let pace = || {
            paid.set(paid.get() + 1);
            ready(Ok::<(), Error>(()))
        };
        let found = reader.find_paced(Key::CustomAttribute { name: "deelId" }, "p-1", pace).await.unwrap();
        assert_eq!(found.iter().map(|user| user.id.as_str()).collect::<Vec<_>>(), ["a1"]);
        let absent = reader.find(Key::CustomAttribute { name: "deelId" }, "p-2").await.unwrap();
        assert!(absent.is_empty());
        assert!(paid.get() >= 2, "every request after the first is paid for");
    }
}

#[tokio::test]
async fn a_refused_pace_stops_a_search() {
    let (server, connection) = server().await;
    searching(&server, page(&[])).await;
    let error = connection
        .reader()
        .find_paced(Key::CustomAttribute { name: "deelId" }, "p-1", async || {
            Err(std::io::Error::other("paused"))
        })
        .await
        .unwrap_err();
    assert!(matches!(error, ListError::Pace(_)));
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn an_outage_during_a_custom_search_does_not_lead_to_a_listing() {
    let (server, connection) = server().await;
    searching(&server, ResponseTemplate::new(503)).await;
    let error = connection.reader().find(Key::CustomAttribute { name: "deelId" }, "p-1").await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { status: Some(503), .. }));
    assert_eq!(requests(&server).await.len(), 1);
}

/// A server without the search; its list shows all, or those of whom a filter's value is the email, in that case.
async fn only_listing(status: u16, filters: bool) -> (MockServer, jumpcloud::Connection) {
    let (server, connection) = server().await;
    searching(&server, ResponseTemplate::new(status).set_body_json(json!({"message": "no"}))).await;
    let mut all: Vec<Value> = (0..150).map(numbered).collect();
    all[149]["email"] = json!("Wanted@x.co");
    Mock::given(method("GET"))
        .and(path("/api/systemusers"))
        .respond_with(move |request: &Request| match query(request, "filter") {
            Some(_) if !filters => ResponseTemplate::new(400).set_body_json(json!({"message": "no"})),
            Some(filter) => {
                let wanted = filter.strip_prefix("email:$eq:").expect("the documented form");
                let rows: Vec<_> = all.iter().filter(|user| user["email"] == wanted).cloned().collect();
                page(&rows)
            }
            None => slice(request, &all, 100),
        })
        .mount(&server)
        .await;
    (server, connection)
}

#[tokio::test]
async fn without_the_search_the_list_is_asked() {
    for status in [400, 404] {
        let (server, connection) = only_listing(status, true).await;
        assert_eq!(connection.reader().find(Key::Email, "user7@x.co").await.unwrap().len(), 1);
        assert_eq!(requests(&server).await.len(), 2);
        // The filter knows another case only; whoever it does not show is looked for among all.
        assert_eq!(connection.reader().find(Key::Email, "wanted@x.co").await.unwrap().len(), 1);
        assert!(connection.reader().find(Key::Email, "nobody@x.co").await.unwrap().is_empty());
    }
    let (_server, connection) = only_listing(400, false).await;
    let paced = Cell::new(0);
    let pace = || {
        paced.set(paced.get() + 1);
        ready(Ok::<(), std::convert::Infallible>(()))
    };
    assert_eq!(connection.reader().find_paced(Key::Email, "WANTED@x.co", pace).await.unwrap().len(), 1);
    assert_eq!(paced.get(), 3, "the filter and two pages; the search was paid for");
}

#[tokio::test]
async fn without_search_and_list_there_is_no_answer() {
    let (server, connection) = server().await;
    searching(&server, ResponseTemplate::new(404)).await;
    assert!(matches!(
        connection.reader().find(Key::Email, "a@x.co").await,
        Err(Error::NotTheApi { status: 404 })
    ));
}
