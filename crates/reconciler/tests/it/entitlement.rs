//! Managers, custom attributes and groups, from Deel to JumpCloud.

use crate::support::{Setup, World, ada};
use provisioning::{Attribute, AttributePolicy, CustomName, GroupRule, Policy, Template};
use queue::Verdict;
use reconciler::{Outcome, Settings};
use serde_json::{Value, json};

fn with(policy: Policy) -> Setup {
    Setup { settings: Settings { policy, ..Settings::default() }, ..Setup::default() }
}

fn custom(account: &Value, name: &str) -> Option<String> {
    let entries = account["attributes"].as_array()?;
    let entry = entries.iter().find(|entry| entry["name"] == name)?;
    Some(entry["value"].as_str()?.to_owned())
}

async fn members(world: &World, group: &Value) -> Vec<Value> {
    let groups = world.jumpcloud.call("GET", "/_sim/groups", None).await;
    let found = groups["groups"].as_array().unwrap().iter().find(|other| other["id"] == group["id"]);
    found.unwrap()["members"].as_array().unwrap().clone()
}

#[tokio::test]
async fn custom_attributes_are_merged_and_composed_values_written() {
    let name = |name: &str| CustomName::parse(name).unwrap();
    let template = Template::parse("{{ entity }}/{{ first_name|upper }}").unwrap();
    let policy = Policy {
        custom: [(name("size"), "T-shirt size".to_owned())].into(),
        templates: [(Attribute::Custom(name("tag")), template)].into(),
        ..Policy::default()
    };
    let world = World::with(with(policy)).await;
    let mut hire = ada();
    hire["custom_fields"] = json!([{ "name": "T-shirt size", "value": "M" }]);
    hire["client_legal_entity"] = json!({ "id": 1, "name": "Acme" });
    let ada = world.hire(hire).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    let account = world.account_of(&ada).await;
    assert_eq!(custom(&account, "size").as_deref(), Some("M"));
    assert_eq!(custom(&account, "tag").as_deref(), Some("Acme/ADA"));
    assert_eq!(world.run(&ada).await.outcome, Outcome::InSync);

    let theirs = json!([{ "name": "size", "value": "M" }, { "name": "badge", "value": "17" }]);
    world.edit(&account, json!({ "attributes": theirs })).await;
    world.change(&ada, json!({ "custom_fields": [{ "name": "T-shirt size", "value": "L" }] })).await;
    let changed = world.run(&ada).await;
    assert_eq!(changed.outcome, Outcome::Applied, "{:?}", changed.record.problem);
    let account = world.account_of(&ada).await;
    let now = ["size", "tag", "badge"].map(|name| custom(&account, name).unwrap());
    assert_eq!(now, ["L", "Acme/ADA", "17"]);
    let fields: Vec<&str> = changed.record.changes[0].fields.iter().map(|row| row.field.as_str()).collect();
    assert_eq!(fields, ["custom.size", "custom.tag"]);
    world.assert_careful().await;
}

#[tokio::test]
async fn a_manager_is_written_once_their_account_is_there() {
    let attributes = [(Attribute::Manager, AttributePolicy::Enforce)].into();
    let world = World::with(with(Policy { attributes, ..Policy::default() })).await;
    let boss = json!({ "first_name": "Grace", "last_name": "Hopper", "work_email": "grace@example.com" });
    let boss = world.hire(boss).await;
    let mut hire = ada();
    hire["direct_manager"] = json!({ "id": boss.as_str() });
    let ada = world.hire(hire).await;

    let first = world.run(&ada).await;
    assert_eq!(first.outcome, Outcome::Applied, "{:?}", first.record.problem);
    assert_eq!(world.account_of(&ada).await["manager"], Value::Null);
    let Verdict::Done { again: Some(again) } = first.verdict else { panic!("{:?}", first.verdict) };
    assert_eq!(again.look, Some(1), "looked at again, not for ever");

    world.run(&boss).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    let manager = world.account_of(&boss).await["_id"].clone();
    assert_eq!(world.account_of(&ada).await["manager"], manager);
    let third = world.run(&ada).await;
    assert_eq!(third.outcome, Outcome::InSync);
    assert!(matches!(third.verdict, Verdict::Done { again: None }), "{:?}", third.verdict);
    world.assert_careful().await;
}

#[tokio::test]
async fn memberships_follow_the_rules_and_leavers_keep_theirs() {
    let rule = |name: &str, department: &str| GroupRule {
        name: name.to_owned(),
        department: Some(department.to_owned()),
        ..GroupRule::default()
    };
    let groups = vec![rule("Makers", "R&D"), rule("Sellers", "Sales"), rule("Movers", "Sales")];
    let world = World::with(with(Policy { groups, ..Policy::default() })).await;
    let group = async |fields: Value| world.jumpcloud.call("POST", "/_sim/groups", Some(fields)).await;
    let engineering = group(json!({ "name": "Makers" })).await;
    let selling = group(json!({ "name": "Sellers" })).await;
    let moving = group(json!({ "name": "Movers", "method": "DYNAMIC_AUTOMATED" })).await;
    let mut hire = ada();
    hire["department"] = json!({ "id": "d1", "name": "R&D" });
    let ada = world.hire(hire).await;

    let hired = world.run(&ada).await;
    assert_eq!(hired.outcome, Outcome::Applied, "{:?}", hired.record.problem);
    let account = world.account_of(&ada).await["_id"].clone();
    assert_eq!(members(&world, &engineering).await, std::slice::from_ref(&account));
    assert_eq!(world.run(&ada).await.outcome, Outcome::InSync);
    let other = group(json!({ "name": "Others", "members": [account] })).await;

    world.change(&ada, json!({ "department": { "id": "d2", "name": "Sales" } })).await;
    let moved = world.run(&ada).await;
    assert_eq!(moved.outcome, Outcome::Applied, "{:?}", moved.record.problem);
    assert!(members(&world, &engineering).await.is_empty());
    assert_eq!(members(&world, &selling).await, std::slice::from_ref(&account));
    assert!(members(&world, &moving).await.is_empty());
    let row = |kind: &str| moved.record.changes.iter().find(|row| row.kind.as_str() == kind).unwrap();
    let removed = &row("group_remove").fields[0];
    assert_eq!((removed.before.as_deref(), removed.after.as_deref()), (Some("Makers"), None));
    assert_eq!(removed.field, format!("group.{}", engineering["id"].as_str().unwrap()));
    assert_eq!(row("group_add").fields[0].after.as_deref(), Some("Sellers"));

    world.terminate(&ada, json!({})).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    assert_eq!(members(&world, &selling).await, std::slice::from_ref(&account));
    assert_eq!(members(&world, &other).await, [account]);
    world.assert_careful().await;
}
