//! Staged, activated, suspended; mails; schedules; groups.

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::client::{Sim, quick_jumpcloud, until};

async fn user(sim: &Sim, number: u32, more: Value) -> String {
    let mut body = json!({ "username": format!("u{number}"), "email": format!("u{number}@example.com") });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    sim.done("/api/systemusers", body).await["_id"].as_str().unwrap().to_owned()
}

#[expect(clippy::disallowed_methods, reason = "a test of what is an hour ahead")]
fn now() -> Timestamp {
    Timestamp::now()
}

#[tokio::test]
async fn without_a_state_the_organizations_default_counts() {
    let sim = quick_jumpcloud(0);
    let id = user(&sim, 1, json!({})).await;
    assert_eq!(sim.ok(&format!("/api/systemusers/{id}")).await["state"], "ACTIVATED");
    sim.patch("/_sim/settings", json!({ "default_state": "STAGED" })).await;
    let id = user(&sim, 2, json!({})).await;
    assert_eq!(sim.ok(&format!("/api/systemusers/{id}")).await["state"], "STAGED");
    let id = user(&sim, 3, json!({ "state": "SUSPENDED" })).await;
    assert_eq!(sim.ok(&format!("/api/systemusers/{id}")).await["suspended"], true);
}

#[tokio::test]
async fn mails_go_to_the_activated() {
    let sim = quick_jumpcloud(0);
    user(&sim, 1, json!({ "state": "ACTIVATED" })).await;
    assert_eq!(sim.last_write().await["mail"], json!([{ "kind": "activation", "to": "u1@example.com" }]));
    user(&sim, 2, json!({ "state": "ACTIVATED", "password": "correct horse battery" })).await;
    assert_eq!(sim.last_write().await["mail"], json!([{ "kind": "welcome", "to": "u2@example.com" }]));
    let activate = async |number: u32, body: Value| {
        let more = json!({ "state": "STAGED", "alternateEmail": format!("u{number}@example.org") });
        let id = user(&sim, number, more).await;
        assert_eq!(sim.last_write().await["mail"], json!([]), "staged: no mail");
        let answer = sim.post(&format!("/api/systemusers/{id}/state/activate"), body).await;
        assert_eq!(answer.0, 200);
        assert_eq!(sim.ok(&format!("/api/systemusers/{id}")).await["state"], "ACTIVATED");
        let again =
            sim.post(&format!("/api/systemusers/{id}/state/activate"), json!({ "email": false })).await;
        assert_eq!(again.0, 409, "only staged users can be activated");
        let journal = sim.ok(&format!("/_sim/journal?account={id}")).await;
        journal["entries"][1]["mail"].clone()
    };
    assert_eq!(activate(3, json!({ "email": false })).await, json!([]));
    assert_eq!(activate(4, json!({})).await, json!([{ "kind": "activation", "to": "u4@example.org" }]));
    assert_eq!(
        activate(5, json!({ "email": "else@example.com" })).await,
        json!([{ "kind": "activation", "to": "else@example.com" }])
    );
    let id = user(&sim, 6, json!({ "state": "STAGED" })).await;
    sim.put(&format!("/api/systemusers/{id}"), json!({ "state": "ACTIVATED" })).await;
    assert_eq!(sim.last_write().await["mail"][0]["to"], "u6@example.com", "a PUT says nothing about mail");
}

#[tokio::test]
async fn state_and_suspended_are_one_thing() {
    let sim = quick_jumpcloud(0);
    let id = user(&sim, 1, json!({ "state": "ACTIVATED" })).await;
    let path = format!("/api/systemusers/{id}");
    for (body, state) in [
        (json!({ "state": "SUSPENDED" }), "SUSPENDED"),
        (json!({ "state": "ACTIVATED" }), "ACTIVATED"),
        (json!({ "suspended": true }), "SUSPENDED"),
        (json!({ "suspended": false }), "ACTIVATED"),
        (json!({ "state": "SUSPENDED", "suspended": true }), "SUSPENDED"),
    ] {
        let (status, user) = sim.put(&path, body).await;
        assert_eq!((status, &user["state"]), (200, &json!(state)));
        assert_eq!(user["suspended"], state == "SUSPENDED");
    }
    let (status, answer) = sim.put(&path, json!({ "state": "ACTIVATED", "suspended": true })).await;
    assert_eq!(status, 400);
    assert!(answer["message"].as_str().unwrap().contains("conflicting state and suspended"));
    let mark = json!({ "state": "ACTIVATED", "attributes": [{ "name": "deelsync", "value": "gone" }] });
    assert_eq!(sim.put(&path, mark).await.1["attributes"][0]["value"], "gone", "state and mark in one PUT");
}

#[tokio::test]
async fn states_can_be_scheduled() {
    let sim = quick_jumpcloud(0);
    let first = user(&sim, 1, json!({ "state": "STAGED" })).await;
    let second = user(&sim, 2, json!({ "state": "ACTIVATED" })).await;
    let base = "/api/v2/bulk/userstates";
    let at = |hours: i64| (now() + hours.hours()).to_string();
    let order = |ids: &[&String], state: &str, hours: i64| json!({ "user_ids": ids, "state": state, "start_date": at(hours) });
    let (status, made) = sim.post(base, order(&[&first], "ACTIVATED", 3)).await;
    assert_eq!(status, 201);
    assert_eq!(made[0]["systemUserId"], json!(first));
    assert!(made[0]["scheduledJobId"].is_string());
    for wrong in [
        order(&[], "ACTIVATED", 3),
        order(&[&first], "STAGED", 3),
        order(&[&first], "ACTIVATED", 0),
        json!({ "user_ids": [first], "state": "ACTIVATED", "start_date": "tomorrow" }),
        json!({ "user_ids": ["65a0c0de5eedffffffffffff"], "state": "ACTIVATED", "start_date": at(3) }),
        json!({ "user_ids": [first], "state": "SUSPENDED", "start_date": at(3), "send_activation_emails": true }),
        json!({ "user_ids": [first, second], "state": "ACTIVATED", "start_date": at(3), "activation_email_override": "a@b" }),
    ] {
        assert_eq!(sim.post(base, wrong.clone()).await.0, 400, "{wrong}");
    }
    sim.done(base, order(&[&first], "ACTIVATED", 2)).await;
    sim.done(base, order(&[&first, &second], "SUSPENDED", 5)).await;
    let of_first = sim.ok(&format!("{base}?userid={first}")).await;
    assert_eq!(of_first.as_array().unwrap().len(), 3);
    let next = sim.ok(&format!("{base}/eventlist/next?users={first},{second}")).await;
    assert_eq!(next["events_count"], 3, "one of each kind for each user");
    let all = sim.ok("/_sim/schedule").await;
    let first_of_all = &all["scheduled"][0];
    assert_eq!(
        (all["scheduled"].as_array().unwrap().len(), first_of_all["systemUserId"].as_str()),
        (4, Some(&*first))
    );
    let job = of_first[0]["scheduledJobId"].as_str().unwrap();
    assert_eq!(sim.delete(&format!("{base}/{job}")).await.0, 204);
    assert_eq!(sim.delete(&format!("{base}/{job}")).await.0, 404);
    assert_eq!(sim.done("/_sim/schedule/run", json!({ "until": at(4) })).await["done"], 1);
    assert_eq!(sim.ok(&format!("/api/systemusers/{first}")).await["state"], "ACTIVATED");
    let write = sim.last_write().await;
    assert_eq!((&write["actor"], &write["mail"][0]["kind"]), (&json!("jumpcloud"), &json!("activation")));
    assert_eq!(sim.done("/_sim/schedule/run", json!({ "until": at(6) })).await["done"], 2);
    assert_eq!(sim.ok(&format!("/api/systemusers/{second}")).await["state"], "SUSPENDED");
    // With no lead asked for, the time may be now, and then it happens by itself.
    sim.patch("/_sim/settings", json!({ "schedule_lead_s": 0 })).await;
    let soon = (now() + 100.milliseconds()).to_string();
    sim.done(base, json!({ "user_ids": [second], "state": "ACTIVATED", "start_date": soon })).await;
    let path = format!("/api/systemusers/{second}");
    until("the schedule", async || (sim.ok(&path).await["state"] == "ACTIVATED").then_some(())).await;
}

#[tokio::test]
async fn groups_have_members() {
    let sim = quick_jumpcloud(0);
    let id = user(&sim, 1, json!({ "state": "STAGED" })).await;
    let groups = sim.ok("/api/v2/usergroups?sort=name").await;
    assert!(groups.is_array());
    assert_eq!(sim.get("/api/v2/usergroups?sort=id").await.0, 400);
    let staff = sim.ok("/api/v2/usergroups?filter=name:eq:All%20staff").await;
    let members = format!("/api/v2/usergroups/{}/members", staff[0]["id"].as_str().unwrap());
    let change = |op: &str| json!({ "op": op, "type": "user", "id": id });
    assert_eq!(sim.post(&members, change("add")).await.0, 204);
    assert_eq!(sim.post(&members, change("add")).await.0, 409);
    assert_eq!(sim.ok(&members).await[0]["to"], json!({ "id": id, "type": "user" }));
    assert_eq!(sim.ok(&format!("/api/v2/users/{id}/memberof")).await[0]["id"], staff[0]["id"]);
    assert_eq!(sim.post(&members, change("remove")).await.0, 204);
    assert_eq!(sim.post(&members, change("remove")).await.0, 404);
    let dynamic = sim.done("/_sim/groups", json!({ "name": "Auto", "method": "DYNAMIC_AUTOMATED" })).await;
    sim.post(&format!("/api/v2/usergroups/{}/members", dynamic["id"].as_str().unwrap()), change("add")).await;
    assert_eq!(sim.last_write().await["violations"], json!(["dynamic_group"]));
}
