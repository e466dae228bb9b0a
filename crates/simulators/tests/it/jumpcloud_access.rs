//! Keys, tokens, organizations.

use std::time::Duration;

use serde_json::json;
use simulators::jumpcloud::Options;

use crate::client::{http, jumpcloud, quick_jumpcloud, read, until};

const ORGANIZATION: &str = "5e0000000000000000000001";

#[tokio::test]
async fn without_a_key_there_is_a_login_page_and_with_a_wrong_one_a_refusal() {
    let sim = quick_jumpcloud(1);
    let url = format!("{}/api/systemusers", sim.base);
    let redirected = http().get(&url).send().await.unwrap();
    assert_eq!(redirected.status(), 302);
    assert_eq!(redirected.headers()["location"], "/login");
    let page = http().get(format!("{}/login", sim.base)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("<html>"));
    let (status, body) = read(http().get(&url).header("x-api-key", "other").send().await.unwrap()).await;
    assert_eq!(status, 401);
    assert_eq!(body, json!({ "error": "Unauthorized", "message": "Unauthorized: api key user not found" }));
    sim.done("/_sim/faults", json!({ "revoked": true })).await;
    assert_eq!(sim.get("/api/systemusers").await.0, 401);
}

#[tokio::test]
async fn the_organization_header_is_checked() {
    let sim = quick_jumpcloud(1);
    let with = async |id: &str| {
        let request = sim.request(reqwest::Method::GET, "/api/systemusers").header("x-org-id", id.to_owned());
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(with(ORGANIZATION).await, 200);
    assert_eq!(with("nonsense").await, 400);
    assert_eq!(with("5e00000000000000000000ff").await, 404);
    let strict = jumpcloud(Options { organization_required: true, ..Options::default() });
    assert_eq!(strict.get("/api/systemusers").await.0, 401);
}

#[tokio::test]
async fn there_is_one_organization_with_defaults() {
    let sim = quick_jumpcloud(0);
    let list = sim.ok("/api/organizations").await;
    assert_eq!(list["totalCount"], 1);
    let id = list["results"][0]["_id"].as_str().unwrap().to_owned();
    let one = sim.ok(&format!("/api/organizations/{id}")).await;
    assert_eq!(one["settings"]["newSystemUserStateDefaults"]["manualEntry"], "ACTIVATED");
    sim.patch("/_sim/settings", json!({ "default_state": "STAGED", "bare_organizations": true })).await;
    let one = sim.ok(&format!("/api/organizations/{id}")).await;
    assert_eq!(one["settings"]["newSystemUserStateDefaults"]["manualEntry"], "STAGED");
    assert!(sim.ok("/api/organizations").await.is_array());
    assert_eq!(sim.get("/api/organizations/5e00000000000000000000ff").await.0, 404);
}

#[tokio::test]
async fn service_accounts_get_tokens_that_expire() {
    let sim = jumpcloud(Options {
        service_account: Some(("client".to_owned(), "secret".to_owned())),
        token_ttl: Duration::from_millis(1500),
        ..Options::default()
    });
    let ask = async |secret: &str, form: &[(&str, &str)]| {
        let request = http().post(format!("{}/oauth2/token", sim.base)).basic_auth("client", Some(secret));
        read(request.form(form).send().await.unwrap()).await
    };
    let form = [("grant_type", "client_credentials"), ("scope", "api")];
    assert_eq!(ask("wrong", &form).await.0, 401);
    assert_eq!(ask("secret", &[("grant_type", "password"), ("scope", "api")]).await.0, 400);
    assert_eq!(ask("secret", &form[..1]).await.0, 400);
    let (status, granted) = ask("secret", &form).await;
    assert_eq!((status, &granted["token_type"]), (200, &json!("bearer")));
    let token = granted["access_token"].as_str().unwrap();
    let read = async || {
        let request = http().get(format!("{}/api/systemusers", sim.base)).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(read().await, 200);
    until("the token to expire", async || (read().await == 401).then_some(())).await;
    let (_, again) = ask("secret", &form).await;
    sim.delete("/_sim/tokens").await;
    let request = http().get(format!("{}/api/systemusers", sim.base));
    let request = request.bearer_auth(again["access_token"].as_str().unwrap());
    assert_eq!(request.send().await.unwrap().status(), 401);
}
