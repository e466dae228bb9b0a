//! What goes wrong when told.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use simulators::jumpcloud::Options;

use crate::client::{jumpcloud, quick_deel, quick_jumpcloud};

#[tokio::test]
async fn latency_and_counts() {
    let sim = quick_jumpcloud(1);
    sim.done("/_sim/faults", json!({ "latency_ms": 120, "count": 1 })).await;
    let started = Instant::now();
    sim.ok("/api/systemusers").await;
    assert!(started.elapsed() >= Duration::from_millis(120));
    sim.ok("/api/systemusers").await;
    assert_eq!(sim.ok("/_sim/faults").await["latency_ms"], 0, "the set has taken itself back");
    let (status, _) = sim.post("/_sim/faults", json!({ "latncy_ms": 1 })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn limits_and_breakdowns_in_the_vendors_words() {
    let sim = quick_jumpcloud(1);
    sim.done("/_sim/faults", json!({ "rate_429": { "count": 1, "retry_after": 7 } })).await;
    let limited = sim.request(Method::GET, "/api/systemusers").send().await.unwrap();
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(sim.get("/api/systemusers").await.0, 200);
    sim.done("/_sim/faults", json!({ "status_5xx": { "status": 502, "html": true } })).await;
    let (status, body) = sim.get("/api/systemusers").await;
    assert_eq!(status, 502);
    assert!(body.as_str().unwrap().starts_with("<html>"));
    let deel = quick_deel(1);
    deel.done("/_sim/faults", json!({ "status_5xx": { "count": 1 } })).await;
    let (status, body) = deel.get("/rest/v2/people").await;
    assert_eq!((status, body["errors"][0]["message"].is_string()), (503, true));
    let (status, _) = deel.get("/rest/v2/people").await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn jumpclouds_limit_says_when_to_come_back() {
    let sim = jumpcloud(Options { rate: Some(3), ..Options::default() });
    let mut last = None;
    for _ in 0..5 {
        last = Some(sim.request(Method::GET, "/api/systemusers").send().await.unwrap());
    }
    let last = last.unwrap();
    assert_eq!(last.status(), 429);
    assert_eq!(last.headers()["retry-after"], "1");
}

#[tokio::test]
async fn an_answer_can_be_lost_before_and_after_it_took_effect() {
    let sim = quick_jumpcloud(0);
    let create = async |name: &str| {
        let body = json!({ "username": name, "email": format!("{name}@example.com") });
        sim.request(Method::POST, "/api/systemusers").json(&body).send().await
    };
    let lost = |when: &str| json!({ "lost_answers": { "count": 1, "when": when }, "methods": ["POST"] });
    sim.done("/_sim/faults", lost("before")).await;
    assert!(create("a").await.is_err());
    assert_eq!(sim.ok("/_sim/accounts").await["total"], 0);
    assert_eq!(create("a").await.unwrap().status(), 200);
    sim.done("/_sim/faults", lost("after")).await;
    sim.ok("/api/systemusers").await;
    assert!(create("b").await.is_err());
    assert_eq!(sim.ok("/_sim/accounts").await["total"], 2);
    assert_eq!(create("b").await.unwrap().status(), 400, "it exists by now");
    let held = json!({ "lost_answers": { "count": 1, "hold_ms": 200 } });
    sim.done("/_sim/faults", held).await;
    let started = Instant::now();
    assert!(create("c").await.is_err());
    assert!(started.elapsed() >= Duration::from_millis(200));
}

#[tokio::test]
async fn lists_can_lie() {
    let deel = quick_deel(30);
    let jumpcloud = quick_jumpcloud(30);
    for (sim, first, second, total, rows, id) in [
        (
            &deel,
            "/rest/v2/people?limit=10",
            "/rest/v2/people?limit=10&offset=10",
            "/page/total_rows",
            "data",
            "id",
        ),
        (
            &jumpcloud,
            "/api/systemusers?limit=10&sort=_id",
            "/api/systemusers?limit=10&sort=_id&skip=10",
            "/totalCount",
            "results",
            "_id",
        ),
    ] {
        let count = |page: &Value| page[rows].as_array().unwrap().len();
        let fault = async |list: Value| sim.done("/_sim/faults", json!({ "list": list })).await;
        fault(json!({ "total_delta": 5 })).await;
        assert_eq!(sim.ok(first).await.pointer(total), Some(&json!(35)));
        fault(json!({ "repeat_rows": true })).await;
        let (a, b) = (sim.ok(first).await, sim.ok(second).await);
        assert_eq!(a[rows][9][id], b[rows][0][id]);
        fault(json!({ "drop_rows": 2 })).await;
        assert_eq!(count(&sim.ok(first).await), 8);
        fault(json!({ "fail_from": 10 })).await;
        assert_eq!(sim.get(first).await.0, 200);
        assert_eq!(sim.get(second).await.0, 500);
        fault(json!({ "empty": true })).await;
        assert_eq!((count(&sim.ok(first).await), sim.ok(first).await.pointer(total)), (0, Some(&json!(0))));
        fault(json!({ "visible_every": 2 })).await;
        assert_eq!(sim.ok(first).await.pointer(total), Some(&json!(15)));
        // Lists that move between pages: which row comes after the first page's last, and what the total says.
        fault(json!({})).await;
        let (a, b) = (sim.ok(first).await, sim.ok(second).await);
        for (lie, before, after, next) in [
            ("shrink", 30, 29, &b[rows][1][id]),
            ("grow", 29, 30, &b[rows][0][id]),
            ("exchange", 29, 29, &b[rows][1][id]),
        ] {
            fault(json!({ lie: 1 })).await;
            let (one, two) = (sim.ok(first).await, sim.ok(second).await);
            assert_eq!((one.pointer(total), two.pointer(total)), (Some(&json!(before)), Some(&json!(after))));
            assert_eq!(&two[rows][0][id], next, "{lie}");
            let repeated = &one[rows][9][id] == next;
            assert_eq!(repeated, lie == "grow", "{lie}");
            assert_eq!(one[rows][0][id] == a[rows][0][id], lie != "grow", "{lie}");
        }
    }
    deel.done("/_sim/faults", json!({ "list": { "emails_gone": true } })).await;
    let page = deel.ok("/rest/v2/people").await;
    let bare = page["data"].as_array().unwrap().iter().filter(|p| p["emails"] == json!([])).count();
    assert_eq!(bare, 15);
    let one = deel.ok(&format!("/rest/v2/people/{}", page["data"][0]["id"].as_str().unwrap())).await;
    assert_eq!(one["data"]["emails"], json!([]), "one by one, too");
    let second = format!("/rest/v2/people/{}", page["data"][1]["id"].as_str().unwrap());
    assert_ne!(deel.ok(&second).await["data"]["emails"], json!([]));
    deel.done("/_sim/faults", json!({ "list": { "visible_every": 2 } })).await;
    assert_eq!(deel.get(&second).await.0, 404, "whom the token does not see");
}

#[tokio::test]
async fn deels_list_and_single_reads_agree_on_whom_a_token_sees() {
    let deel = quick_deel(30);
    let ids = |page: &Value| -> Vec<String> {
        let rows = page["data"].as_array().unwrap().iter();
        rows.map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    let sorted = "/rest/v2/people?sort_by=id";
    let all = ids(&deel.ok(sorted).await);
    assert_ne!(all, ids(&deel.ok("/rest/v2/people").await), "another order than that in which they came");
    deel.done("/_sim/faults", json!({ "list": { "visible_every": 3, "emails_gone": true } })).await;
    let listed = deel.ok(sorted).await;
    let seen = ids(&listed);
    assert_eq!((seen.len(), &listed["page"]["total_rows"]), (10, &json!(10)));
    for id in &all {
        let (status, one) = deel.get(&format!("/rest/v2/people/{id}")).await;
        match seen.iter().position(|listed| listed == id) {
            Some(at) => assert_eq!((status, &one["data"]["emails"]), (200, &listed["data"][at]["emails"])),
            None => assert_eq!(status, 404, "{id}"),
        }
    }
    let bare = listed["data"].as_array().unwrap().iter().filter(|row| row["emails"] == json!([])).count();
    assert_eq!(bare, 5);
}

#[tokio::test]
async fn jumpclouds_reads_can_be_stale() {
    let sim = quick_jumpcloud(1);
    let id = sim.ok("/_sim/accounts").await["accounts"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/systemusers/{id}");
    let old = sim.ok(&path).await["jobTitle"].clone();
    sim.done("/_sim/faults", json!({ "stale_reads_ms": 600_000 })).await;
    sim.put(&path, json!({ "jobTitle": "New" })).await;
    let made = sim.done("/api/systemusers", json!({ "username": "n", "email": "n@example.com" })).await;
    assert_eq!(sim.ok(&path).await["jobTitle"], old);
    let by_name = json!({ "filter": { "and": [{ "username": "n" }] } });
    assert_eq!(sim.done("/api/search/systemusers", by_name.clone()).await["totalCount"], 0);
    sim.delete("/_sim/faults").await;
    assert_eq!(sim.ok(&path).await["jobTitle"], "New");
    assert_eq!(sim.done("/api/search/systemusers", by_name).await["results"][0]["_id"], made["_id"]);
}

#[tokio::test]
async fn both_list_what_they_can_be_told() {
    for (sim, call) in [(quick_deel(0), "POST /_sim/hire"), (quick_jumpcloud(0), "GET /_sim/journal")] {
        let help = sim.ok("/_sim/").await;
        assert!(help["control"][call].is_string());
        assert!(help["control"]["POST /_sim/faults"].is_string());
    }
}
