//! Creating and changing users, and what the journal says about it.

use serde_json::{Value, json};

use crate::client::{Sim, quick_jumpcloud};

async fn ada(sim: &Sim) -> (String, Value) {
    let body = json!({ "username": "ada.l", "email": "ada@example.com", "firstname": "Ada", "lastname": "L",
        "state": "STAGED", "employeeIdentifier": "p-1", "alternateEmail": "ada@example.org", "department": "R&D",
        "attributes": [{ "name": "badge", "value": "B-1" }, { "name": "deelsync", "value": "x" }],
        "phoneNumbers": [{ "type": "work", "number": "+1" }, { "type": "home", "number": "+2" }] });
    let made = sim.done("/api/systemusers", body).await;
    (format!("/api/systemusers/{}", made["_id"].as_str().unwrap()), made)
}

#[tokio::test]
async fn a_created_user_comes_back_whole() {
    let sim = quick_jumpcloud(0);
    let (path, made) = ada(&sim).await;
    assert_eq!(made["_id"], made["id"]);
    assert_eq!(made["state"], "STAGED");
    assert_eq!(made["suspended"], false);
    assert_eq!(made["jobTitle"], "");
    assert_eq!(made["admin"], Value::Null);
    assert!(made["phoneNumbers"][0]["id"].is_string(), "entries come back with an id");
    assert!(made.get("password").is_none());
    assert_eq!(sim.ok(&path).await, made);
    assert_eq!(sim.get("/api/systemusers/65a0c0de5eedffffffffffff").await.0, 404);
    let write = sim.last_write().await;
    assert_eq!(write["method"], "POST");
    assert_eq!(write["account"], made["_id"]);
    assert_eq!(write["mail"], json!([]));
    assert_eq!(write["violations"], json!([]));
    assert_eq!(write["actor"], "api-key");
    let field = |name: &str| {
        let changes = write["changes"].as_array().unwrap();
        changes.iter().find(|change| change["field"] == name).cloned().unwrap_or_default()
    };
    assert_eq!(field("email"), json!({ "field": "email", "before": null, "after": "ada@example.com" }));
    assert_eq!(field("attributes.badge")["after"], "B-1");
}

#[tokio::test]
async fn what_is_unique_stays_unique_whatever_the_case() {
    let sim = quick_jumpcloud(0);
    ada(&sim).await;
    let base = json!({ "username": "b", "email": "b@example.com", "state": "STAGED" });
    for (field, value) in [
        ("username", "ADA.L"),
        ("email", "ADA@Example.com"),
        ("email", "ada@example.org"),
        ("alternateEmail", "Ada@example.org"),
        ("employeeIdentifier", "p-1"),
    ] {
        let mut body = base.clone();
        body[field] = json!(value);
        let (status, answer) = sim.post("/api/systemusers", body.clone()).await;
        assert_eq!(status, 400, "{field}");
        assert!(answer["message"].is_string());
        assert_eq!(sim.last_write().await["status"], 400);
        sim.patch("/_sim/settings", json!({ "duplicate_status": 409 })).await;
        assert_eq!(sim.post("/api/systemusers", body).await.0, 409, "{field}");
        sim.patch("/_sim/settings", json!({ "duplicate_status": 400 })).await;
    }
    let other = sim.done("/api/systemusers", base).await;
    let path = format!("/api/systemusers/{}", other["_id"].as_str().unwrap());
    assert_eq!(sim.put(&path, json!({ "email": "ada@EXAMPLE.com" })).await.0, 400);
    assert_eq!(sim.put(&path, json!({ "email": "b@example.com" })).await.0, 200, "one's own is not taken");
    assert_eq!(sim.ok("/api/systemusers").await["totalCount"], 2);
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused() {
    let sim = quick_jumpcloud(0);
    let (path, before) = ada(&sim).await;
    let long = |n: usize| "x".repeat(n);
    for (field, value) in [
        ("email", json!("")),
        ("email", json!("no address")),
        ("email", json!(format!("{}@example.com", long(1020)))),
        ("jobTitle", json!(long(1025))),
        ("employeeIdentifier", json!(long(257))),
        ("department", json!(7)),
        ("attributes", json!([{ "name": "under_score", "value": "" }])),
        ("attributes", json!([{ "name": long(32), "value": "" }])),
        ("attributes", json!([{ "name": "a", "value": long(1025) }])),
        ("attributes", json!([{ "name": "a", "value": 1 }])),
        ("attributes", json!({ "a": "b" })),
        ("manager", json!("ada.l")),
        ("state", json!("STAGED")),
        ("state", json!("suspended")),
        ("suspended", json!("yes")),
    ] {
        let (status, answer) = sim.put(&path, json!({ field: value })).await;
        assert_eq!(status, 400, "{field}: {answer}");
        assert_eq!(answer["details"][0]["fieldViolationsList"][0]["field"], field);
    }
    for (field, value) in [("username", json!("9a")), ("username", json!("a b")), ("username", Value::Null)] {
        let mut body = json!({ "username": "c", "email": "c@example.com" });
        body[field] = value;
        assert_eq!(sim.post("/api/systemusers", body).await.0, 400);
    }
    assert_eq!(sim.ok(&path).await, before);
}

#[tokio::test]
async fn a_put_merges_fields_and_replaces_lists() {
    let sim = quick_jumpcloud(0);
    let (path, _) = ada(&sim).await;
    let body = json!({ "jobTitle": "Chief", "department": "", "alternateEmail": null,
        "attributes": [{ "name": "badge", "value": "B-2" }], "phoneNumbers": [{ "type": "work", "number": "+3" }] });
    let (status, after) = sim.put(&path, body).await;
    assert_eq!(status, 200);
    assert_eq!(after["lastname"], "L", "what is not named stays");
    assert_eq!(after["department"], "");
    assert_eq!(after["alternateEmail"], Value::Null);
    assert_eq!(after["attributes"], json!([{ "name": "badge", "value": "B-2" }]));
    assert_eq!(after["phoneNumbers"].as_array().unwrap().len(), 1);
    let write = sim.last_write().await;
    let fields: Vec<&str> =
        write["changes"].as_array().unwrap().iter().map(|change| change["field"].as_str().unwrap()).collect();
    let expected = [
        "alternateEmail",
        "attributes.badge",
        "attributes.deelsync",
        "department",
        "jobTitle",
        "phoneNumbers",
    ];
    assert_eq!(fields, expected);
    assert_eq!(write["changes"][2], json!({ "field": "attributes.deelsync", "before": "x", "after": null }));
    let nothing = sim.put(&path, json!({ "jobTitle": "Chief" })).await;
    assert_eq!(nothing.0, 200);
    assert_eq!(sim.last_write().await["changes"], json!([]));
}

#[tokio::test]
async fn what_must_not_be_done_is_done_or_refused_but_always_written_down() {
    let sim = quick_jumpcloud(0);
    let (path, made) = ada(&sim).await;
    let id = made["_id"].as_str().unwrap();
    let (status, _) = sim.put(&path, json!({ "username": "ada2" })).await;
    assert_eq!((status, sim.last_write().await["violations"].clone()), (200, json!(["username_in_put"])));
    sim.patch(&format!("/_sim/accounts/{id}"), json!({ "bound": true })).await;
    assert_eq!(sim.put(&path, json!({ "username": "ada3" })).await.0, 400);
    assert_eq!(sim.last_write().await["violations"], json!(["username_in_put"]));
    let harm = json!({ "password": "hunter2hunter2", "sudo": true, "mfa": { "configured": true }, "unix_uid": 7000,
        "shoeSize": 44 });
    assert_eq!(sim.put(&path, harm).await.0, 200);
    let write = sim.last_write().await;
    let mut violations: Vec<&str> =
        write["violations"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    violations.sort_unstable();
    assert_eq!(violations, ["mfa", "password", "sudo", "unix", "unknown_field:shoeSize"]);
    assert!(!write.to_string().contains("hunter2"));
    let edit = json!({ "admin": { "id": id, "roleName": "Help Desk" }, "externally_managed": true,
        "restrictedFields": [{ "field": "department", "type": "active_directory", "id": "x" }] });
    sim.patch(&format!("/_sim/accounts/{id}"), edit).await;
    assert_eq!(sim.put(&path, json!({ "department": "X" })).await.0, 400);
    assert_eq!(
        sim.last_write().await["violations"],
        json!(["administrator", "externally_managed", "restricted_field:department"])
    );
    let (status, gone) = sim.delete(&path).await;
    assert_eq!((status, &gone["_id"]), (200, &made["_id"]));
    assert_eq!(sim.last_write().await["violations"], json!(["delete"]));
    assert_eq!(sim.get(&path).await.0, 404);
    assert_eq!(sim.post("/api/systemgroups", json!({})).await.0, 404);
    assert_eq!(sim.last_write().await["violations"], json!(["unknown_write"]));
}

#[tokio::test]
async fn the_journal_can_be_read_on_and_cleared_and_edits_by_hand_are_not_in_it() {
    let sim = quick_jumpcloud(0);
    let (path, made) = ada(&sim).await;
    let seen = sim.ok("/_sim/journal").await["last"].as_u64().unwrap();
    sim.patch(&format!("/_sim/accounts/{}", made["id"].as_str().unwrap()), json!({ "jobTitle": "By hand" }))
        .await;
    assert_eq!(sim.ok(&path).await["jobTitle"], "By hand");
    sim.put(&path, json!({ "jobTitle": "By API" })).await;
    let news = sim.ok(&format!("/_sim/journal?since={seen}")).await;
    assert_eq!(news["entries"].as_array().unwrap().len(), 1);
    let expected = json!([{ "field": "jobTitle", "before": "By hand", "after": "By API" }]);
    assert_eq!(news["entries"][0]["changes"], expected);
    assert!(news["entries"][0]["at"].as_str().unwrap().len() == "2026-11-23T16:00:00.000Z".len());
    sim.delete("/_sim/journal").await;
    let empty = sim.ok("/_sim/journal").await;
    assert_eq!(empty["entries"], json!([]));
    assert_eq!(empty["last"], news["last"]);
}

#[tokio::test]
async fn accounts_can_be_put_there() {
    let sim = quick_jumpcloud(0);
    let seeded = sim.done("/_sim/accounts", json!({ "email": "x@example.com", "state": "SUSPENDED" })).await;
    assert_eq!(seeded["suspended"], true);
    assert_eq!(sim.ok("/_sim/journal").await["entries"], json!([]));
    assert_eq!(sim.post("/_sim/accounts", json!({ "email": "X@example.com" })).await.0, 409);
    assert_eq!(sim.post("/_sim/accounts", json!({ "shoeSize": 1 })).await.0, 400);
    let path = format!("/_sim/accounts/{}", seeded["id"].as_str().unwrap());
    assert_eq!(sim.delete(&path).await.0, 200);
    assert_eq!(sim.ok("/_sim/accounts").await["total"], 0);
}

#[tokio::test]
async fn linked_accounts_are_deels_people() {
    let people = crate::client::quick_deel(60).ok("/_sim/people").await;
    let sim = crate::client::jumpcloud(simulators::jumpcloud::Options {
        accounts: 60,
        population: simulators::jumpcloud::Population::Linked,
        drift_percent: 5.0,
        ..Default::default()
    });
    let accounts = sim.ok("/_sim/accounts").await;
    let mut drifted = 0;
    for (person, account) in
        people["people"].as_array().unwrap().iter().zip(accounts["accounts"].as_array().unwrap())
    {
        assert_eq!(account["employeeIdentifier"], person["id"]);
        assert_eq!(account["displayname"], person["full_name"]);
        if let Some(address) = person["emails"][1]["value"].as_str() {
            assert_eq!(account["email"], address.to_lowercase());
        }
        drifted += usize::from(account["jobTitle"] != person["job_title"]);
    }
    assert_eq!(drifted, 3);
}
