//! Lists, filters and search.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::client::{Sim, quick_jumpcloud};

fn column(page: &Value, key: &str) -> Vec<String> {
    page["results"].as_array().unwrap().iter().map(|row| row[key].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_hold_10_unless_asked_and_100_at_most() {
    let sim = quick_jumpcloud(230);
    let usual = sim.ok("/api/systemusers").await;
    assert_eq!((usual["totalCount"].as_u64(), column(&usual, "_id").len()), (Some(230), 10));
    let mut ids = BTreeSet::new();
    let mut skip = 0;
    while skip < 230 {
        let page = sim.ok(&format!("/api/systemusers?limit=1000&skip={skip}&sort=_id")).await;
        let rows = column(&page, "_id");
        assert!(rows.len() <= 100 && rows.is_sorted());
        skip += rows.len();
        ids.extend(rows);
    }
    assert_eq!(ids.len(), 230);
    let down = sim.ok("/api/systemusers?limit=100&sort=-_id").await;
    assert_eq!(column(&down, "_id")[0], *ids.last().unwrap());
    let (status, _) = sim.get("/api/systemusers?limit=many").await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn unsorted_lists_move_when_somebody_writes() {
    let sim = quick_jumpcloud(5);
    let before = column(&sim.ok("/api/systemusers").await, "_id");
    let path = format!("/api/systemusers/{}", before[0]);
    assert_eq!(sim.put(&path, json!({ "jobTitle": "Moved" })).await.0, 200);
    let after = column(&sim.ok("/api/systemusers").await, "_id");
    assert_eq!(after.last(), Some(&before[0]));
    assert_eq!(after[0], before[1]);
}

#[tokio::test]
async fn fields_are_separated_by_spaces() {
    let sim = quick_jumpcloud(1);
    let some = sim.ok("/api/systemusers?fields=email%20username").await;
    let keys: Vec<&String> = some["results"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["_id", "email", "username"]);
    let commas = sim.ok("/api/systemusers?fields=email,username").await;
    assert!(commas["results"][0].get("jobTitle").is_some(), "commas are not understood: everything is shown");
}

#[tokio::test]
async fn filters_in_the_query() {
    let sim = quick_jumpcloud(60);
    let count = async |query: &str| {
        sim.ok(&format!("/api/systemusers?{query}")).await["totalCount"].as_u64().unwrap()
    };
    let staged = count("filter=state:$eq:STAGED").await;
    let active = count("filter=state:$eq:ACTIVATED").await;
    let gone = count("filter=state:$eq:SUSPENDED").await;
    assert!(staged > 0 && active > 0 && gone > 0);
    assert_eq!(staged + active + gone, 60);
    assert_eq!(
        count("filter[or][0]=state:$eq:STAGED&filter[or][1]=state:$eq:SUSPENDED").await,
        staged + gone
    );
    assert_eq!(count("filter[0]=state:$eq:STAGED&filter[1]=state:$eq:SUSPENDED").await, 0);
    assert_eq!(count("filter=state:$eq:staged").await, 0, "values are case-sensitive");
    assert_eq!(sim.get("/api/systemusers?filter=state:eq:STAGED").await.0, 400);
}

async fn search(sim: &Sim, body: Value) -> Value {
    sim.done("/api/search/systemusers", body).await
}

#[tokio::test]
async fn exact_search_ignores_case_when_told_and_only_then() {
    let sim = quick_jumpcloud(120);
    let user = json!({ "username": "Ada.L", "email": "Ada.L+x@Example.com", "employeeIdentifier": "p-1",
        "attributes": [{ "name": "deelId", "value": "P-9" }], "state": "STAGED" });
    let made = sim.done("/api/systemusers", user).await;
    let found = async |field: &str, pattern: &str| {
        let body =
            json!({ "filter": { "and": [{ field: { "$regex": pattern } }] }, "limit": 100, "skip": 0 });
        let page = search(&sim, body).await;
        assert_eq!(page["totalCount"].as_u64().unwrap() as usize, column(&page, "_id").len());
        column(&page, "_id").contains(&made["_id"].as_str().unwrap().to_owned())
    };
    assert!(found("email", r"(?i)^ada\.l\+x@example\.com$").await);
    assert!(!found("email", r"^ada\.l\+x@example\.com$").await);
    assert!(!found("email", r"(?i)^ada\.l\+x@example\.co$").await);
    assert!(found("username", r"(?i)^ada\.l$").await);
    assert!(found("employeeIdentifier", r"(?i)^P-1$").await);
    assert!(found("attributes.value", r"(?i)^p-9$").await);
    let exact = search(&sim, json!({ "filter": [{ "email": "ada.l+x@example.com" }] })).await;
    assert_eq!(exact["totalCount"], 0);
    let mixed =
        json!({ "filter": { "and": ["username:$eq:Ada.L", { "state": "STAGED" }] }, "fields": "email" });
    assert_eq!(search(&sim, mixed).await["results"][0]["email"], "Ada.L+x@Example.com");
    let either = json!({ "filter": { "or": [{ "username": "Ada.L" }, { "employeeIdentifier": "nobody" }] } });
    assert_eq!(search(&sim, either).await["totalCount"], 1);
    let (status, _) =
        sim.post("/api/search/systemusers", json!({ "filter": { "email": { "$regex": "(" } } })).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn the_search_term_is_a_part_of_a_text() {
    let sim = quick_jumpcloud(50);
    let body = json!({ "searchFilter": { "searchTerm": "EXAMPLE", "fields": ["email"] }, "limit": 1000 });
    assert_eq!(search(&sim, body).await["totalCount"], 50);
    let body = json!({ "searchFilter": { "searchTerm": ["service32", "nobody"], "fields": ["email"] } });
    assert_eq!(search(&sim, body).await["totalCount"], 1);
    let both = json!({ "searchFilter": { "searchTerm": "example", "fields": ["email"] },
        "filter": { "and": [{ "state": "STAGED" }] }, "limit": 1000 });
    assert!(search(&sim, both).await["totalCount"].as_u64().unwrap() < 50);
}

#[tokio::test]
async fn the_directory_has_what_real_ones_have() {
    let sim = quick_jumpcloud(200);
    let all = sim.ok("/_sim/accounts").await["accounts"].clone();
    let all = all.as_array().unwrap();
    let some = |what: &dyn Fn(&Value) -> bool| all.iter().any(what);
    assert!(some(&|a| !a["admin"].is_null()));
    assert!(some(&|a| a["externally_managed"] == true));
    assert!(some(&|a| !a["restrictedFields"].as_array().unwrap().is_empty()));
    assert!(some(&|a| a["attributes"].as_array().unwrap().iter().any(|x| x["name"] == "badge")));
    assert!(some(&|a| a["phoneNumbers"].as_array().unwrap().iter().any(|x| x["id"].is_string())));
    assert!(some(&|a| a["email"].as_str().unwrap().starts_with("service")));
    assert!(all.iter().all(|a| a["employeeIdentifier"].is_null()));
    let names: BTreeSet<_> = all.iter().map(|a| a["username"].as_str().unwrap().to_lowercase()).collect();
    assert_eq!(names.len(), 200);
    let again = quick_jumpcloud(200);
    assert_eq!(again.ok("/_sim/accounts").await["accounts"].as_array().unwrap(), all, "by the seed alone");
}
