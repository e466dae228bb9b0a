//! Deel's paging, errors, tokens and limits.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use simulators::deel::Options;

use crate::client::{deel, http, quick_deel, read};

#[tokio::test]
async fn pages_hold_at_most_100_and_add_up() {
    let sim = quick_deel(250);
    let mut ids = BTreeSet::new();
    let mut offset = 0;
    loop {
        let page = sim.ok(&format!("/rest/v2/people?offset={offset}&limit=500")).await;
        assert_eq!(page["page"]["total_rows"], 250);
        assert_eq!(page["page"]["items_per_page"], 100);
        assert_eq!(
            page["page"]["offset"],
            json!(offset.to_string()),
            "the offset comes back as it was given"
        );
        let rows = page["data"].as_array().unwrap();
        if rows.is_empty() {
            break;
        }
        ids.extend(rows.iter().map(|person| person["id"].as_str().unwrap().to_owned()));
        offset += rows.len();
    }
    assert_eq!(ids.len(), 250);
    let first = sim.ok("/rest/v2/people").await;
    assert_eq!(first["page"]["offset"], 0);
}

#[tokio::test]
async fn lists_sort_filter_and_search() {
    let sim = quick_deel(80);
    let names = |page: &Value, key: &str| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|p| p[key].as_str().unwrap().to_owned()).collect()
    };
    let up = names(&sim.ok("/rest/v2/people?sort_by=id&sort_order=asc").await, "id");
    assert!(up.is_sorted());
    let mut down = names(&sim.ok("/rest/v2/people?sort_by=id&sort_order=desc").await, "id");
    down.reverse();
    assert_eq!(up, down);
    assert!(names(&sim.ok("/rest/v2/people?sort_by=start_date").await, "start_date").is_sorted());
    let gone = sim.ok("/rest/v2/people?hiring_statuses[]=inactive").await;
    assert!(!names(&gone, "hiring_status").is_empty());
    assert!(names(&gone, "hiring_status").iter().all(|status| status == "inactive"));
    let everybody = sim.ok("/rest/v2/people").await;
    let person =
        everybody["data"].as_array().unwrap().iter().find(|p| p["emails"][1]["value"].is_string()).unwrap();
    let address = person["emails"][1]["value"].as_str().unwrap().to_uppercase();
    let found = sim.ok(&format!("/rest/v2/people?search={address}")).await;
    assert_eq!(found["page"]["total_rows"], 1);
    assert_eq!(found["data"][0]["id"], person["id"]);
    for wrong in ["limit=0", "limit=x", "offset=-1", "sort_by=shoe_size", "sort_order=up"] {
        let (status, body) = sim.get(&format!("/rest/v2/people?{wrong}")).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(body["errors"][0]["path"].is_string(), "{wrong}");
    }
}

#[tokio::test]
async fn the_last_day_has_two_names() {
    let sim = quick_deel(100);
    let page = sim.ok("/rest/v2/people").await;
    let leaver = page["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|p| p["hiring_status"] == "offboarding")
        .unwrap()
        .clone();
    assert!(leaver["direct_employee_termination_last_day"].as_str().unwrap().ends_with("T00:00:00.000Z"));
    assert!(leaver.get("termination_last_day").is_none());
    let id = leaver["id"].as_str().unwrap();
    let one = sim.ok(&format!("/rest/v2/people/{id}")).await;
    assert_eq!(one["data"]["termination_last_day"].as_str().unwrap().len(), "2026-11-23".len());
    assert!(one["data"].get("direct_employee_termination_last_day").is_none());
}

#[tokio::test]
async fn errors_have_deels_shape() {
    let sim = quick_deel(1);
    let (status, body) = sim.get("/rest/v2/people/00000000-0000-4000-8000-000000000000").await;
    assert_eq!(status, 404);
    assert_eq!(body["request"]["status"], 404);
    assert_eq!(body["request"]["method"], "GET");
    assert!(body["request"]["api_req_id"].is_string());
    assert!(body["errors"][0]["message"].is_string());
    assert_eq!(sim.get("/rest/v2/nothing").await.0, 404);
    assert_eq!(sim.delete("/rest/v2/people").await.0, 405);
}

#[tokio::test]
async fn tokens_scopes_and_versions() {
    let sim = deel(Options {
        people: 1,
        rate: None,
        missing_scopes: vec!["contracts:read".to_owned()],
        ..Options::default()
    });
    let url = |path: &str| format!("{}/rest/v2{path}", sim.base);
    let (status, body) = read(http().get(url("/people")).send().await.unwrap()).await;
    assert_eq!((status, body["errors"][0]["message"].is_string()), (401, true));
    let (status, body) =
        read(http().get(url("/organizations")).bearer_auth("other").send().await.unwrap()).await;
    assert_eq!((status, body["error"].is_string()), (401, true));
    let (status, body) = sim.get("/rest/v2/contracts").await;
    assert_eq!(status, 403);
    assert!(body["errors"][0]["message"].as_str().unwrap().contains("contracts:read"));
    let versioned = |version: &str| {
        http().get(url("/people")).bearer_auth("sim-token").header("x-version", version.to_owned()).send()
    };
    assert_eq!(versioned("2026-01-01").await.unwrap().status(), 200);
    assert_eq!(versioned("1999-01-01").await.unwrap().status(), 400);
    sim.done("/_sim/faults", json!({ "token_type_not_allowed": true })).await;
    let (status, body) = sim.get("/rest/v2/people").await;
    assert_eq!((status, &body["errors"][0]["message"]), (403, &json!("TOKEN_TYPE_NOT_ALLOWED")));
    sim.done("/_sim/faults", json!({ "missing_scope": "people:read" })).await;
    assert_eq!(sim.get("/rest/v2/people").await.0, 403);
    sim.done("/_sim/faults", json!({ "revoked": true })).await;
    assert_eq!(sim.get("/rest/v2/people").await.0, 401);
    sim.delete("/_sim/faults").await;
    assert_eq!(sim.get("/rest/v2/people").await.0, 200);
}

#[tokio::test]
async fn without_the_sensitive_data_box_keys_are_missing() {
    let sim = deel(Options { people: 1, rate: None, withhold_sensitive: true, ..Options::default() });
    let page = sim.ok("/rest/v2/people").await;
    let id = page["data"][0]["id"].as_str().unwrap();
    let one = sim.ok(&format!("/rest/v2/people/{id}")).await;
    for person in [&page["data"][0], &one["data"]] {
        for key in ["first_name", "last_name", "full_name", "emails", "preferred_first_name"] {
            assert!(person.get(key).is_none(), "{key}");
        }
        assert!(person["employments"][0].get("work_email").is_none());
        assert!(person["hiring_status"].is_string());
    }
}

#[tokio::test]
async fn five_a_second_then_429() {
    let sim = deel(Options { people: 1, ..Options::default() });
    let request = || sim.request(reqwest::Method::GET, "/rest/v2/organizations").send();
    let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(request())).collect();
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap().unwrap().status().as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses[..5], [200; 5]);
    assert!(statuses[5..].contains(&429), "{statuses:?}");
    let seen = sim.ok("/_sim/requests").await;
    assert_eq!(seen["total"], 8);
    assert!(seen["max_in_one_second"].as_u64().unwrap() > 5);
    assert!(seen["limited"].as_u64().unwrap() >= 1);
    assert_eq!(seen["by_route"]["GET /rest/v2/organizations"], 8);
    assert_eq!(seen["by_status"]["200"], statuses.iter().filter(|status| **status == 200).count());
    sim.done("/_sim/rate", json!({ "limit": null })).await;
    assert_eq!(sim.get("/rest/v2/organizations").await.0, 200);
}

#[tokio::test]
async fn the_company_around_people() {
    let sim = deel(Options {
        people: 30,
        rate: None,
        organization: Some("org-1".to_owned()),
        ..Options::default()
    });
    assert_eq!(sim.ok("/rest/v2/organizations").await["data"][0]["id"], "org-1");
    for path in ["departments", "teams", "legal-entities", "working-locations"] {
        let list = sim.ok(&format!("/rest/v2/{path}")).await;
        assert!(list["data"].as_array().unwrap().iter().all(|row| row["name"].is_string()), "{path}");
    }
    let mut contracts = BTreeSet::new();
    let mut cursor = String::new();
    loop {
        let page = sim.ok(&format!("/rest/v2/contracts?limit=7&after_cursor={cursor}")).await;
        contracts
            .extend(page["data"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()));
        match page["page"]["cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let people = sim.ok("/_sim/people").await;
    let employments =
        people["people"].as_array().unwrap().iter().flat_map(|p| p["employments"].as_array().unwrap());
    assert_eq!(contracts, employments.map(|e| e["id"].as_str().unwrap().to_owned()).collect());
}

#[tokio::test]
async fn a_seed_decides_who_is_there() {
    let people = async |seed| {
        let sim = deel(Options { people: 40, seed, rate: None, ..Options::default() });
        sim.ok("/rest/v2/people").await
    };
    assert_eq!(people(3).await, people(3).await);
    assert_ne!(people(3).await, people(4).await);
}
