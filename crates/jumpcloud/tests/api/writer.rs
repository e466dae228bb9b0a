use jumpcloud::{CustomAttribute, Error, Mail, Patch, ProfileField, State, UserRecord, merge_attribute};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{ID, body, json_answer, requests, server, user};

async fn put(server: &MockServer, expected: Value, state: &str) {
    let mut answer = user(ID, "ada.l", "ada@x.co");
    answer["state"] = json!(state);
    Mock::given(method("PUT"))
        .and(path(format!("/api/systemusers/{ID}")))
        .and(body_json(expected))
        .respond_with(json_answer(&answer))
        .expect(1)
        .mount(server)
        .await;
}

fn marked() -> Vec<CustomAttribute> {
    let user = UserRecord::from_json(&json!({
        "_id": ID, "attributes": [{"id": "7", "name": "badge", "value": 17}, {"name": "deelsync", "value": "old"}],
    }))
    .unwrap();
    merge_attribute(&user.attributes, "deelsync", Some("suspended at=x"))
}

#[tokio::test]
async fn an_update_carries_only_the_keys_given() {
    let (server, connection) = server().await;
    put(&server, json!({"jobTitle": "Engineer", "department": ""}), "ACTIVATED").await;
    let patch = Patch::new().set(ProfileField::JobTitle, "Engineer").set(ProfileField::Department, "");
    assert_eq!(connection.writer().update(ID, &patch).await.unwrap().id, ID);
}

#[tokio::test]
async fn an_empty_update_writes_nothing() {
    let (server, connection) = server().await;
    Mock::given(method("GET")).respond_with(json_answer(&user(ID, "a", "a@x.co"))).mount(&server).await;
    assert_eq!(connection.writer().update(ID, &Patch::new()).await.unwrap().id, ID);
    assert!(requests(&server).await.iter().all(|request| request.method.as_str() == "GET"));
}

#[tokio::test]
async fn a_suspension_is_one_put_with_the_mark_and_foreign_attributes() {
    let (server, connection) = server().await;
    let attributes = json!([{"name": "badge", "value": 17}, {"name": "deelsync", "value": "suspended at=x"}]);
    put(&server, json!({"state": "SUSPENDED", "attributes": attributes}), "SUSPENDED").await;
    let suspended = connection.writer().suspend(ID, &marked()).await.unwrap();
    assert_eq!(suspended.state, State::Suspended);
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn a_reactivation_is_one_put_without_the_mark() {
    let (server, connection) = server().await;
    put(&server, json!({"state": "ACTIVATED", "attributes": [{"name": "badge", "value": 17}]}), "ACTIVATED")
        .await;
    let attributes = merge_attribute(&marked(), "deelsync", None);
    assert_eq!(connection.writer().reactivate(ID, &attributes).await.unwrap().state, State::Activated);
    assert_eq!(requests(&server).await.len(), 1);
}

#[tokio::test]
async fn attributes_can_be_set_alone() {
    let (server, connection) = server().await;
    put(&server, json!({"attributes": [{"name": "badge", "value": 17}]}), "ACTIVATED").await;
    let attributes = merge_attribute(&marked(), "deelsync", None);
    assert!(connection.writer().set_attributes(ID, &attributes).await.is_ok());
}

#[tokio::test]
async fn an_activation_always_says_who_gets_mail() {
    for (mail, sent) in [
        (Mail::None, json!({"email": false})),
        (Mail::Default, json!({"email": true})),
        (Mail::To("home@x.co".into()), json!({"email": "home@x.co"})),
    ] {
        let (server, connection) = server().await;
        Mock::given(method("POST"))
            .and(path(format!("/api/systemusers/{ID}/state/activate")))
            .and(body_json(&sent))
            .respond_with(ResponseTemplate::new(200).set_body_string("OK"))
            .expect(1)
            .mount(&server)
            .await;
        connection.writer().activate(ID, &mail).await.unwrap();
        assert!(!format!("{mail:?}").contains("home@x.co"));
    }
}

#[tokio::test]
async fn activating_who_is_not_staged_is_rejected() {
    let (server, connection) = server().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(409)).mount(&server).await;
    let error = connection.writer().activate(ID, &Mail::None).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { status: 409, .. }));
}

#[tokio::test]
async fn a_scheduled_state_is_cancelled() {
    let (server, connection) = server().await;
    Mock::given(method("DELETE"))
        .and(path("/api/v2/bulk/userstates/j1"))
        .respond_with(ResponseTemplate::new(204))
        .expect(1)
        .mount(&server)
        .await;
    connection.writer().cancel_scheduled("j1").await.unwrap();
    Mock::given(method("DELETE"))
        .and(path("/api/v2/bulk/userstates/j2"))
        .respond_with(ResponseTemplate::new(404))
        .mount(&server)
        .await;
    assert!(matches!(connection.writer().cancel_scheduled("j2").await, Err(Error::NotFound)));
}

#[tokio::test]
async fn a_refused_update_names_fields_and_no_values() {
    let (server, connection) = server().await;
    Mock::given(method("PUT"))
        .respond_with(ResponseTemplate::new(400).set_body_json(json!({
            "code": 400, "message": "ada@x.co is used", "status": "INVALID_ARGUMENT",
            "details": [{"fieldViolationsList": [{"field": "email", "description": "ada@x.co is used"}]}],
        })))
        .mount(&server)
        .await;
    let patch = Patch::new().set(ProfileField::Email, "ada@x.co");
    let error = connection.writer().update(ID, &patch).await.unwrap_err();
    assert!(matches!(&error, Error::Rejected { status: 400, fields } if fields == &["email"]), "{error:?}");
    let shown = format!("{error} {error:?} {patch:?}");
    assert!(!shown.contains("ada@x.co"), "{shown}");
}

#[tokio::test]
async fn an_update_whose_answer_is_lost_is_not_repeated() {
    let (server, connection) = server().await;
    Mock::given(method("PUT")).respond_with(ResponseTemplate::new(500)).expect(1).mount(&server).await;
    let error = connection.writer().suspend(ID, &[]).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { status: Some(500), .. }));
    assert_eq!(body(&requests(&server).await[0]), json!({"state": "SUSPENDED", "attributes": []}));
}

#[tokio::test]
async fn a_success_that_does_not_show_the_user_is_read() {
    let answers = [
        ResponseTemplate::new(204),
        ResponseTemplate::new(200),
        json_answer(&json!({})),
        json_answer(&json!({"_id": ID, "username": "ada.l"})),
        ResponseTemplate::new(200).set_body_string("OK"),
    ];
    for answer in answers {
        let (server, connection) = server().await;
        Mock::given(method("PUT")).respond_with(answer).expect(1).mount(&server).await;
        let mut suspended = user(ID, "ada.l", "ada@x.co");
        suspended["state"] = json!("SUSPENDED");
        Mock::given(method("GET"))
            .and(path(format!("/api/systemusers/{ID}")))
            .respond_with(json_answer(&suspended))
            .expect(1)
            .mount(&server)
            .await;
        assert_eq!(connection.writer().suspend(ID, &marked()).await.unwrap().state, State::Suspended);
    }
}
