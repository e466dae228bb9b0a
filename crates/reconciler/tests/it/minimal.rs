//! A `JumpCloud` that answers as little as its documents ask for: no search, no API 2.0, records of a few fields without
//! `state`, writes answered with `{}`.

use crate::support::{World, ada, run_with};
use reconciler::{Outcome, Settings};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

#[derive(Clone, Default)]
struct Minimal {
    users: Arc<Mutex<Vec<Value>>>,
}

impl Minimal {
    fn answer(body: Value) -> ResponseTemplate {
        ResponseTemplate::new(200).set_body_json(body)
    }
}

impl Respond for Minimal {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut users = self.users.lock().unwrap();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let path = request.url.path();
        match (request.method.as_str(), path.strip_prefix("/api/systemusers")) {
            ("POST", Some("")) => {
                let mut user = json!({ "_id": format!("{:024X}", users.len() + 0xABC), "attributes": null });
                merge(&mut user, &body);
                users.push(user.clone());
                ResponseTemplate::new(201).set_body_json(json!({ "_id": user["_id"] }))
            }
            ("GET", Some("")) => {
                let query = |name: &str| request.url.query_pairs().find(|(key, _)| key == name);
                let filter = query("filter").map(|(_, filter)| filter.into_owned());
                let wanted = filter.as_deref().map(|filter| filter.split_once(":$eq:").unwrap());
                let found: Vec<_> = users
                    .iter()
                    .filter(|user| wanted.is_none_or(|(key, value)| user[key] == value))
                    .collect();
                Self::answer(json!({ "results": found, "totalCount": found.len() }))
            }
            (method, Some(id)) => {
                let Some(user) = users.iter_mut().find(|user| user["_id"] == id[1..]) else {
                    return ResponseTemplate::new(404).set_body_json(json!({ "message": "Not Found" }));
                };
                if method == "PUT" {
                    merge(user, &body);
                    return Self::answer(json!({}));
                }
                Self::answer(user.clone())
            }
            ("POST", None) => ResponseTemplate::new(400).set_body_json(json!({ "message": "bad filter" })),
            _ => ResponseTemplate::new(404),
        }
    }
}

/// What is written is kept; the state only as the older flags.
fn merge(user: &mut Value, written: &Value) {
    for (key, value) in written.as_object().unwrap() {
        match key.as_str() {
            "state" => {
                user["suspended"] = json!(value == "SUSPENDED");
                user["activated"] = json!(value != "STAGED");
            }
            key => user[key] = value.clone(),
        }
    }
}

#[tokio::test]
async fn a_whole_life_with_the_least_that_answers() {
    let world = World::start().await;
    let (server, fake) = (MockServer::start().await, Minimal::default());
    Mock::given(any()).respond_with(fake.clone()).mount(&server).await;
    let reconciler = world.between(world.deel.url(), &server.uri(), Settings::default());
    let ada = world.hire(ada()).await;
    let user = || {
        let users = fake.users.lock().unwrap();
        assert_eq!(users.len(), 1);
        users[0].clone()
    };
    let run = async || run_with(&reconciler, &world.queue, &ada, None).await;

    let hired = run().await;
    assert_eq!(hired.outcome, Outcome::Applied, "{:?}", hired.record);
    assert_eq!((&user()["username"], &user()["suspended"]), (&json!("ada.lovelace"), &json!(false)));
    assert_eq!(run().await.outcome, Outcome::InSync);
    world.change(&ada, json!({ "job_title": "Countess" })).await;
    assert_eq!(run().await.outcome, Outcome::Applied);
    assert_eq!(user()["jobTitle"], "Countess");
    world.terminate(&ada, json!({})).await;
    let left = run().await;
    assert_eq!(left.outcome, Outcome::Applied, "{:?}", left.record);
    assert_eq!(user()["suspended"], true);
    assert_eq!(user()["attributes"][0]["name"], "deelsync");
    assert_eq!(run().await.outcome, Outcome::InSync);
    world.rehire(&ada).await;
    assert_eq!(run().await.outcome, Outcome::Applied);
    assert_eq!((&user()["suspended"], &user()["attributes"]), (&json!(false), &json!([])));
    assert_eq!(run().await.outcome, Outcome::InSync);

    // Without what Redis remembered of the link, the list shows it.
    world.queue.link_remove(ada.as_str()).await.unwrap();
    assert_eq!(run().await.outcome, Outcome::InSync);
}
