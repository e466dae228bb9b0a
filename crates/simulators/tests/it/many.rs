//! One order for many people or accounts.

use serde_json::{Value, json};

use crate::client::{quick_deel, quick_jumpcloud};

fn count(list: &Value, field: &str, value: &Value) -> usize {
    list.as_array().unwrap().iter().filter(|one| one.pointer(field) == Some(value)).count()
}

#[tokio::test]
async fn many_leave_at_once() {
    let deel = quick_deel(60);
    let active = async || {
        let all = deel.ok("/_sim/people").await;
        count(&all["people"], "/hiring_status", &json!("active"))
    };
    let before = active().await;
    let order = json!({ "action": "terminate", "count": 20, "who": { "status": "active", "skip": 5 } });
    let done = deel.done("/_sim/bulk", order).await;
    assert_eq!((done["count"].clone(), done["ids"].as_array().unwrap().len()), (json!(20), 20));
    assert_eq!(active().await, before - 20);
    // And come back.
    let again = json!({ "action": "rehire", "who": { "ids": done["ids"] } });
    assert_eq!(deel.done("/_sim/bulk", again).await["count"], 20);
    assert_eq!(active().await, before);
}

#[tokio::test]
async fn a_department_is_renamed_and_many_are_hired() {
    let deel = quick_deel(60);
    let named = async |name: &str| {
        let all = deel.ok("/_sim/people").await;
        count(&all["people"], "/department/name", &json!(name))
    };
    let sales = named("Sales").await;
    let rename = json!({ "action": "change", "who": { "department": "Sales" },
        "with": { "department": { "name": "Revenue" } }, "silent": true });
    assert_eq!(deel.done("/_sim/bulk", rename).await["count"], sales);
    assert_eq!((named("Sales").await, named("Revenue").await), (0, sales));
    let hires = json!({ "action": "hire", "count": 3, "with": { "first_name": "New{n}", "work_email": "new{n}@example.com" } });
    let hired = deel.done("/_sim/bulk", hires).await;
    let third = hired["ids"][2].as_str().unwrap();
    assert_eq!(deel.ok(&format!("/_sim/people/{third}")).await["first_name"], "New3");
    let (status, refused) = deel.post("/_sim/bulk", json!({ "action": "promote" })).await;
    assert_eq!((status, refused["error"].as_str()), (404, Some("no action promote")));
    assert_eq!(deel.post("/_sim/bulk", json!({ "acton": "hire" })).await.0, 400);
}

#[tokio::test]
async fn many_accounts_are_put_there_and_edited() {
    let sim = quick_jumpcloud(0);
    let list: Vec<Value> =
        (0..12).map(|n| json!({ "email": format!("p{n}@example.com"), "state": "STAGED" })).collect();
    let put = sim.done("/_sim/accounts", json!(list)).await;
    assert_eq!(put["accounts"].as_array().unwrap().len(), 12);
    let some = json!({ "who": { "linked": false, "where": { "state": "STAGED" } }, "count": 5, "set": { "state": "ACTIVATED" } });
    assert_eq!(sim.patch("/_sim/accounts", some).await.1["count"], 5);
    let all = sim.ok("/_sim/accounts").await;
    assert_eq!(count(&all["accounts"], "/state", &json!("ACTIVATED")), 5);
    let (status, _) = sim.patch("/_sim/accounts", json!({ "set": { "email": "same@example.com" } })).await;
    assert_eq!(status, 409, "addresses are unique");
    assert_eq!(sim.ok("/_sim/journal").await["entries"], json!([]), "other hands are not in the journal");
}

#[tokio::test]
async fn another_writer_puts_back_what_was_written() {
    let sim = quick_jumpcloud(3);
    let all = sim.ok("/_sim/accounts").await;
    let ids: Vec<&str> =
        all["accounts"].as_array().unwrap().iter().map(|a| a["id"].as_str().unwrap()).collect();
    for id in &ids {
        sim.patch(
            &format!("/_sim/accounts/{id}"),
            json!({ "state": "ACTIVATED", "jobTitle": "Before",
            "attributes": [{ "name": "badge", "value": "7" }] }),
        )
        .await;
        let body = json!({ "state": "SUSPENDED", "jobTitle": "After",
            "attributes": [{ "name": "badge", "value": "7" }, { "name": "deelsync", "value": "mark" }] });
        assert_eq!(sim.put(&format!("/api/systemusers/{id}"), body).await.0, 200);
    }
    let made = sim.done("/api/systemusers", json!({ "username": "n", "email": "n@example.com" })).await;
    let title = json!({ "fields": ["jobTitle"], "account": ids[0] });
    assert_eq!(sim.done("/_sim/restore", title).await["ids"], json!([ids[0]]));
    let one = async |id: &str| sim.ok(&format!("/_sim/accounts/{id}")).await;
    let first = one(ids[0]).await;
    assert_eq!((&first["jobTitle"], &first["state"]), (&json!("Before"), &json!("SUSPENDED")));

    assert_eq!(sim.done("/_sim/restore", json!({ "since": 1 })).await["count"], 2);
    let second = one(ids[1]).await;
    assert_eq!((&second["state"], &second["suspended"]), (&json!("ACTIVATED"), &json!(false)));
    assert_eq!(second["attributes"], json!([{ "name": "badge", "value": "7" }]));
    assert_eq!(one(made["_id"].as_str().unwrap()).await["username"], "n", "who was created stays");
    assert_eq!(sim.ok("/_sim/journal").await["last"], 4);
}
