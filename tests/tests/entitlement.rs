//! What an organization adds to the mapping, from its configuration to JumpCloud.

#![allow(clippy::expect_used, clippy::panic)] // a failure in a helper is the test's failure

use e2e::{SOON, World, somebody};
use harness::eventually;
use serde_json::{Value, json};

const CONFIGURATION: &str = r#"
[attributes]
manager = "enforce"
[attributes.custom]
shirtSize = "T-shirt size"
[templates]
displayname = "{{ last_name|upper }}, {{ first_name }}"
[[groups]]
name = "Makers"
department = "Making"
[[groups]]
name = "Sellers"
department = "Selling"
"#;

async fn members(world: &World, name: &str) -> Vec<Value> {
    world.group(name).await["members"].as_array().expect("members").clone()
}

#[tokio::test]
async fn composed_values_managers_and_groups_follow_deel() {
    let mut world = World::empty().await;
    world.settings.file(CONFIGURATION);
    let dynamic = json!({ "name": "Departments", "method": "DYNAMIC_AUTOMATED",
        "query": { "queryType": "FilterQuery", "filters": [{ "field": "department", "operator": "eq", "value": "x" }] } });
    for group in [json!({ "name": "Makers" }), json!({ "name": "Sellers" }), dynamic] {
        world.jumpcloud.call("POST", "/_sim/groups", Some(group)).await;
    }
    let check = world.settings.cli(&["check"]).await.expect_code(0).stdout;
    assert!(check.contains("\"Makers\" is kept by rule"), "{check}");
    assert!(
        check.contains("the dynamic group \"Departments\"") && check.contains("asks for department"),
        "{check}"
    );

    let _running = world.run().await;
    let (boss, boss_account) = world.hired(somebody("Grace", "Hopper")).await;
    let mut fields = somebody("Ada", "Lovelace");
    fields["department"] = json!({ "id": "d1", "name": "Making" });
    fields["direct_manager"] = json!({ "id": boss });
    fields["custom_fields"] = json!([{ "name": "T-shirt size", "value": "M" }]);
    let (ada, account) = world.hired(fields).await;
    assert_eq!(account["displayname"], "LOVELACE, Ada");
    assert_eq!(account["manager"], boss_account["_id"]);
    assert!(account["attributes"].to_string().contains("\"M\""), "{account}");
    let makes = async || (members(&world, "Makers").await == [account["_id"].clone()]).then_some(());
    eventually("the new account is a member", SOON, makes).await;

    let moves = json!({ "department": { "id": "d2", "name": "Selling" } });
    world.deel.call("POST", &format!("/_sim/people/{ada}/change"), Some(moves)).await;
    let sells = async || (members(&world, "Sellers").await == [account["_id"].clone()]).then_some(());
    eventually("the account moved to the other group", SOON, sells).await;
    eventually("and left the first", SOON, async || members(&world, "Makers").await.is_empty().then_some(()))
        .await;
    let why = world.settings.cli(&["why", &ada]).await.expect_code(0).stdout;
    assert!(why.contains("group_remove") && why.contains("Makers"), "{why}");
}

#[tokio::test]
async fn a_template_that_cannot_work_is_refused_with_its_line() {
    let mut world = World::empty().await;
    world.settings.file("[templates]\ndisplayname = \"{{ frist_name }}\"\n");
    let refused = world.settings.cli(&["config", "check"]).await;
    let said = format!("{}{}", refused.stdout, refused.stderr);
    assert_ne!(refused.code, Some(0));
    assert!(said.contains(":2: templates.displayname: there is no variable frist_name"), "{said}");
    assert!(said.contains("did you mean first_name?"), "{said}");
}
