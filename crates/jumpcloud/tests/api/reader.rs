use jumpcloud::{Error, Organization, State};
use serde_json::json;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, ResponseTemplate};

use crate::support::{ID, KEY, json_answer, requests, server, server_with_organization, user};

#[tokio::test]
async fn an_account_is_read_with_key_and_organization() {
    let (server, connection) = server_with_organization("5a01").await;
    let mut ada = user(ID, "ada.l", "ada@x.co");
    ada["organization"] = json!("5a01");
    Mock::given(method("GET"))
        .and(path(format!("/api/systemusers/{ID}")))
        .and(header("x-api-key", KEY))
        .and(header("x-org-id", "5a01"))
        .and(header("accept", "application/json"))
        .respond_with(json_answer(&ada))
        .expect(1)
        .mount(&server)
        .await;
    let account = connection.reader().account(ID).await.unwrap();
    assert_eq!((account.id.as_str(), account.state), (ID, State::Activated));
}

#[tokio::test]
async fn an_account_of_another_organization_or_id_is_refused() {
    let (server, connection) = server_with_organization("5a01").await;
    let mut ada = user(ID, "ada.l", "ada@x.co");
    ada["organization"] = json!("5a02");
    Mock::given(method("GET")).respond_with(json_answer(&ada)).mount(&server).await;
    let error = connection.reader().account(ID).await.unwrap_err();
    assert!(matches!(error, Error::WrongOrganization { status: None }), "{error:?}");
    let error = connection.reader().account("5be9fb4ddb01290001e85100").await.unwrap_err();
    assert!(matches!(error, Error::Unexpected { .. }), "{error:?}");
}

#[tokio::test]
async fn an_id_that_would_change_the_path_is_never_sent() {
    let (server, connection) = server().await;
    for id in ["", ".", "..", "a/b", "a?limit=1", "a b", "%2e", "ü", &"a".repeat(200)] {
        assert!(matches!(connection.reader().account(id).await, Err(Error::Unexpected { .. })), "{id}");
        assert!(
            matches!(connection.reader().scheduled_states(id).await, Err(Error::Unexpected { .. })),
            "{id}"
        );
        assert!(
            matches!(connection.writer().cancel_scheduled(id).await, Err(Error::Unexpected { .. })),
            "{id}"
        );
        assert!(matches!(connection.writer().suspend(id, &[]).await, Err(Error::Unexpected { .. })), "{id}");
    }
    assert!(requests(&server).await.is_empty());
}

#[tokio::test]
async fn organizations_come_in_two_shapes() {
    for body in [
        json!({"totalCount": 1, "results": [{"_id": "5a01", "displayName": "Acme", "logoUrl": null}]}),
        json!([{"id": "5a01", "settings": {"name": "Acme"}}]),
    ] {
        let (server, connection) = server().await;
        Mock::given(path("/api/organizations")).respond_with(json_answer(&body)).mount(&server).await;
        let organizations = connection.reader().organizations().await.unwrap();
        assert_eq!(organizations, [Organization { id: "5a01".into(), name: "Acme".into() }]);
    }
}

#[tokio::test]
async fn something_else_than_organizations_is_an_error() {
    for body in
        [json!({}), json!({"results": {}}), json!([{"displayName": "no id"}]), json!(null), json!("x")]
    {
        let (server, connection) = server().await;
        Mock::given(path("/api/organizations")).respond_with(json_answer(&body)).mount(&server).await;
        assert!(matches!(connection.reader().organizations().await, Err(Error::Unexpected { .. })), "{body}");
    }
}

#[tokio::test]
async fn an_organization_has_the_state_of_new_users() {
    let (server, connection) = server().await;
    Mock::given(path("/api/organizations/5a01"))
        .respond_with(json_answer(&json!({
            "_id": "5a01", "displayName": "Acme",
            "settings": {"newSystemUserStateDefaults": {"manualEntry": "STAGED"}},
        })))
        .mount(&server)
        .await;
    let organization = connection.reader().organization("5a01").await.unwrap();
    assert_eq!(
        (organization.name.as_str(), organization.manual_entry_state.as_deref()),
        ("Acme", Some("STAGED"))
    );
}

#[tokio::test]
async fn scheduled_states_of_one_user() {
    let job = |job: &str, user: &str, state: &str| {
        json!({
            "scheduledJobId": job, "systemUserId": user, "state": state,
            "scheduledDate": "2030-01-01T00:00:00Z",
        })
    };
    let jobs =
        [job("j1", ID, "ACTIVATED"), job("j2", "someoneelse", "SUSPENDED"), job("j3", ID, "SUSPENDED")];
    for body in [json!({"events_count": 3, "results": jobs}), json!(jobs)] {
        let (server, connection) = server().await;
        Mock::given(method("GET"))
            .and(path("/api/v2/bulk/userstates/eventlist/next"))
            .and(query_param("users", ID))
            .respond_with(json_answer(&body))
            .expect(1)
            .mount(&server)
            .await;
        let scheduled = connection.reader().scheduled_states(ID).await.unwrap();
        let read: Vec<_> = scheduled.iter().map(|job| (job.job_id.as_str(), job.state.clone())).collect();
        assert_eq!(read, [("j1", State::Activated), ("j3", State::Suspended)]);
        assert_eq!(scheduled[0].at.unwrap().to_string(), "2030-01-01T00:00:00Z");
    }
}

#[tokio::test]
async fn an_unreadable_schedule_is_not_an_empty_one() {
    for body in [json!({"events_count": 1}), json!({"results": [{"state": "ACTIVATED"}]})] {
        let (server, connection) = server().await;
        Mock::given(method("GET")).respond_with(json_answer(&body)).mount(&server).await;
        assert!(matches!(connection.reader().scheduled_states(ID).await, Err(Error::Unexpected { .. })));
    }
}

#[tokio::test]
async fn a_base_url_may_end_with_a_slash() {
    let (server, _) = server().await;
    Mock::given(path(format!("/api/systemusers/{ID}")))
        .respond_with(json_answer(&user(ID, "a", "a@x.co")))
        .mount(&server)
        .await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(500)).mount(&server).await;
    let mut config = crate::support::config(&server.uri());
    config.base_url.push('/');
    assert!(jumpcloud::Connection::new(config).unwrap().reader().account(ID).await.is_ok());
}
