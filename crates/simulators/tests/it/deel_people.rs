//! What HR does.

use serde_json::{Value, json};

use crate::client::{quick_deel, until};

#[tokio::test]
async fn a_hire_is_there_at_once_as_ordered() {
    let sim = quick_deel(3);
    let plain = sim.done("/_sim/hire", json!({})).await;
    assert_eq!(plain["hiring_status"], "active");
    assert!(plain["emails"][1]["value"].as_str().unwrap().contains('@'));
    assert_eq!(plain["employments"][0]["is_ended"], false);
    let ordered = sim
        .done(
            "/_sim/hire",
            json!({ "first_name": "Zed", "last_name": "Alpha", "department": { "name": "Ops" }, "team": "Blue",
                    "hiring_type": "contractor" }),
        )
        .await;
    assert_eq!(ordered["full_name"], "Zed Alpha");
    assert!(ordered["emails"][1]["value"].as_str().unwrap().starts_with("zed.alpha"));
    let id = ordered["id"].as_str().unwrap();
    let read = sim.ok(&format!("/rest/v2/people/{id}")).await;
    assert_eq!(read["data"]["department"]["name"], "Ops");
    assert_eq!(read["data"]["employments"][0]["team"]["name"], "Blue");
    assert_eq!(sim.ok("/rest/v2/people").await["page"]["total_rows"], 5);
    let without = sim.done("/_sim/hire", json!({ "work_email": null })).await;
    assert_eq!(without["emails"][1], json!({ "type": "work", "value": null }));
    let (status, _) = sim.post("/_sim/hire", json!({ "id": id })).await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn changes_take_any_value() {
    let sim = quick_deel(1);
    let id = sim.ok("/_sim/people").await["people"][0]["id"].as_str().unwrap().to_owned();
    let change = format!("/_sim/people/{id}/change");
    sim.done(&change, json!({ "job_title": "Chief", "work_email": "new@example.com", "department": "text" }))
        .await;
    sim.done(&change, json!({ "hiring_status": "on the moon", "worker_id": "W-1", "last_name": null })).await;
    let person = sim.ok(&format!("/rest/v2/people/{id}")).await["data"].clone();
    assert_eq!(person["job_title"], "Chief");
    assert_eq!(person["emails"][1]["value"], "new@example.com");
    assert_eq!(person["department"], "text");
    assert_eq!(person["hiring_status"], "on the moon");
    assert_eq!(person["worker_id"], "W-1");
    assert_eq!(person["full_name"], person["first_name"]);
    let found = sim.ok("/rest/v2/people?search=new@example.com").await;
    assert_eq!(found["page"]["total_rows"], 1);
}

fn all_ended(person: &Value) -> bool {
    person["employments"].as_array().unwrap().iter().all(|e| e["is_ended"] == true)
}

#[tokio::test]
async fn somebody_leaves_at_once_and_comes_back() {
    let sim = quick_deel(0);
    let hired = sim.done("/_sim/hire", json!({})).await;
    let id = hired["id"].as_str().unwrap();
    let left = sim.done(&format!("/_sim/people/{id}/terminate"), json!({})).await;
    assert_eq!(left["hiring_status"], "inactive");
    assert!(all_ended(&left));
    assert!(left["termination_last_day"].is_string());
    assert_eq!(left["_sim"]["events"], json!(["worker.v2.updated", "contract.terminated"]));
    let (status, _) = sim.post(&format!("/_sim/people/{id}/withdraw"), json!({})).await;
    assert_eq!(status, 409);
    let back = sim.done(&format!("/_sim/people/{id}/rehire"), json!({ "job_title": "Again" })).await;
    assert_eq!(back["hiring_status"], "active");
    assert_eq!(back["termination_last_day"], Value::Null);
    let employments = back["employments"].as_array().unwrap();
    assert_eq!(employments.len(), 2);
    assert_ne!(employments[0]["id"], employments[1]["id"]);
    assert_eq!(employments[1]["job_title"], "Again");
    sim.done(&format!("/_sim/people/{id}/remove"), json!({})).await;
    assert_eq!(sim.get(&format!("/rest/v2/people/{id}")).await.0, 404);
}

#[tokio::test]
async fn a_last_day_to_come_leaves_them_offboarding_until_it_is_taken_back() {
    let sim = quick_deel(0);
    let id = sim.done("/_sim/hire", json!({})).await["id"].as_str().unwrap().to_owned();
    let order = json!({ "last_day": "2999-12-31", "timezone": "Pacific/Kiritimati" });
    let leaving = sim.done(&format!("/_sim/people/{id}/terminate"), order).await;
    assert_eq!(leaving["hiring_status"], "offboarding");
    assert_eq!(leaving["termination_last_day"], "2999-12-31");
    assert_eq!(leaving["timezone"], "Pacific/Kiritimati");
    assert!(!all_ended(&leaving));
    let stays = sim.done(&format!("/_sim/people/{id}/withdraw"), json!({})).await;
    assert_eq!(stays["hiring_status"], "active");
    assert_eq!(stays["termination_last_day"], Value::Null);
    let only = sim.done(&format!("/_sim/people/{id}/terminate"), json!({ "contract_only": true })).await;
    assert_eq!(only["hiring_status"], "active");
    assert!(all_ended(&only));
    assert_eq!(only["_sim"]["events"], json!(["contract.terminated"]));
}

#[tokio::test]
async fn a_day_that_has_ended_in_their_zone_is_past() {
    let sim = quick_deel(0);
    let id = sim.done("/_sim/hire", json!({})).await["id"].as_str().unwrap().to_owned();
    let past = sim.done(&format!("/_sim/people/{id}/terminate"), json!({ "last_day": "2020-01-31" })).await;
    assert_eq!(past["hiring_status"], "inactive");
    assert_eq!(past["termination_last_day"], "2020-01-31");
}

#[tokio::test]
async fn reads_can_be_stale_and_are_remembered() {
    let sim = quick_deel(0);
    let id = sim.done("/_sim/hire", json!({ "job_title": "Old" })).await["id"].as_str().unwrap().to_owned();
    let path = format!("/rest/v2/people/{id}");
    sim.done("/_sim/faults", json!({ "stale_reads_ms": 600_000 })).await;
    assert_eq!(sim.get(&path).await.0, 404, "so long ago nobody was there");
    assert_eq!(sim.ok("/rest/v2/people").await["page"]["total_rows"], 0);
    sim.done("/_sim/faults", json!({ "stale_reads_ms": 1500 })).await;
    let title = async || {
        let (status, body) = sim.get(&path).await;
        (status == 200).then(|| body["data"]["job_title"].as_str().unwrap().to_owned())
    };
    until("the hire to be visible", async || title().await).await;
    sim.done(&format!("/_sim/people/{id}/change"), json!({ "job_title": "New" })).await;
    assert_eq!(title().await.as_deref(), Some("Old"));
    until("the change to be visible", async || title().await.filter(|title| title == "New")).await;
    let reads = sim.ok("/_sim/reads").await;
    let reads = reads["reads"].as_array().unwrap();
    assert_eq!(reads[0]["found"], false);
    assert_eq!(reads.last().unwrap()["hiring_status"], "active");
    assert_eq!(reads.last().unwrap()["running"], 1);
}
