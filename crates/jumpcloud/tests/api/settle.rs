use jumpcloud::{Connection, Doubt, Error, Link, ListError, NewState, NewUser, Settled, settle_create};
use serde_json::{Value, json};
use std::cell::Cell;
use std::convert::Infallible;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{ID, body, new_user, page, requests, server, slice, user};

/// A JumpCloud that finds exactly those of `users` whose searched field has the value, as the real one does.
async fn world(users: Vec<Value>) -> (MockServer, Connection) {
    let (server, connection) = server().await;
    let found = users.clone();
    Mock::given(path("/api/search/systemusers"))
        .respond_with(move |request: &Request| {
            let query = &body(request)["filter"]["and"][0];
            let (field, wanted) = query.as_object().unwrap().iter().next().unwrap();
            let wanted = wanted["$regex"].as_str().unwrap();
            let wanted = wanted.trim_start_matches("(?i)^").trim_end_matches('$').replace('\\', "");
            let same =
                |user: &&Value| user[field].as_str().is_some_and(|value| value.eq_ignore_ascii_case(&wanted));
            page(&found.iter().filter(same).cloned().collect::<Vec<_>>())
        })
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/api/systemusers"))
        .respond_with(move |request: &Request| slice(request, &users, 100))
        .mount(&server)
        .await;
    (server, connection)
}

fn conflict() -> Doubt {
    Doubt::Conflict { status: 409, fields: vec!["email".into()] }
}

fn linked(id: &str, username: &str, email: &str, link: &str) -> Value {
    let mut user = user(id, username, email);
    user["employeeIdentifier"] = json!(link);
    user
}

async fn settled(users: Vec<Value>, doubt: Doubt) -> Settled {
    let (_server, connection) = world(users).await;
    settle_create(&connection.reader(), &new_user(), doubt, unpaced).await.unwrap()
}

async fn unpaced() -> Result<(), Infallible> {
    Ok(())
}

#[tokio::test]
async fn each_request_after_the_first_waits_for_its_pace() {
    let (server, connection) = world(vec![]).await;
    let sent = Cell::new(Vec::new());
    let pace = async || {
        let mut before = sent.take();
        before.push(requests(&server).await.len());
        sent.set(before);
        Ok::<(), Infallible>(())
    };
    settle_create(&connection.reader(), &new_user(), Doubt::LostAnswer, pace).await.unwrap();
    assert_eq!((sent.take(), requests(&server).await.len()), (vec![1, 2], 3));
}

#[tokio::test]
async fn ours_is_found_by_its_link() {
    let ours = linked(ID, "Ada.L", "ada@x.co", "P-1");
    for doubt in [Doubt::LostAnswer, conflict()] {
        let settled = settled(vec![ours.clone()], doubt).await;
        assert!(matches!(&settled, Settled::Created(user) if user.id == ID), "{settled:?}");
    }
}

#[tokio::test]
async fn each_taken_key_is_named() {
    let Settled::Taken(taken) = settled(vec![user("a1", "ADA.L", "other@x.co")], conflict()).await else {
        panic!()
    };
    assert!(taken.username && taken.email.is_none() && taken.link.is_none());

    let Settled::Taken(taken) = settled(vec![user("a2", "other", "Ada@X.co")], conflict()).await else {
        panic!()
    };
    assert!(!taken.username && taken.link.is_none());
    assert_eq!(taken.email.unwrap().id, "a2");

    let Settled::Taken(taken) = settled(vec![linked("a3", "ada.l2", "b@x.co", "p-1")], conflict()).await
    else {
        panic!()
    };
    assert!(!taken.username && taken.email.is_none());
    assert_eq!(taken.link.unwrap().id, "a3");

    let both = vec![
        user("a1", "ada.l", "x@x.co"),
        user("a2", "y", "ada@x.co"),
        linked("a4", "ada.l.x", "z@x.co", "p-10"),
    ];
    let Settled::Taken(taken) = settled(both, Doubt::LostAnswer).await else { panic!() };
    assert!(taken.username && taken.email.is_some() && taken.link.is_none());
}

#[tokio::test]
async fn nothing_there_is_a_retry_or_a_rejection() {
    assert!(matches!(settled(vec![], Doubt::LostAnswer).await, Settled::NotThere));
    let rejected = settled(vec![user("a1", "ada.lx", "xada@x.co")], conflict()).await;
    assert!(
        matches!(&rejected, Settled::Rejected { status: 409, fields } if fields == &["email"]),
        "{rejected:?}"
    );
}

#[tokio::test]
async fn a_custom_link_is_looked_for_in_the_whole_list() {
    let mut ours = user(ID, "ada.l", "ada@x.co");
    ours["attributes"] = json!([{"name": "deelId", "value": "p-1"}]);
    let (_server, connection) = world(vec![user("a1", "x", "x@x.co"), ours]).await;
    let link = Link::CustomAttribute { name: "deelId".into(), value: "p-1".into() };
    let new = NewUser::new("ada.l", "ada@x.co", NewState::Staged, link);
    let settled = settle_create(&connection.reader(), &new, Doubt::LostAnswer, unpaced).await.unwrap();
    assert!(matches!(&settled, Settled::Created(user) if user.id == ID), "{settled:?}");
}

#[tokio::test]
async fn it_stays_in_doubt_while_jumpcloud_does_not_answer() {
    let (server, connection) = server().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(503)).mount(&server).await;
    let error =
        settle_create(&connection.reader(), &new_user(), Doubt::LostAnswer, unpaced).await.unwrap_err();
    assert!(matches!(error, ListError::Client(Error::Unavailable { .. })));
    assert_eq!(requests(&server).await.len(), 1);
}
