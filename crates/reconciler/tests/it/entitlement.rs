//! Managers, custom attributes and groups, from Deel to JumpCloud.

use crate::everyone;
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

/// One run of everyone creates a manager and whom they manage: no worker is needed for the link between them.
#[tokio::test]
async fn one_run_that_creates_a_manager_sets_them_on_whom_they_manage() {
    let attributes = [(Attribute::Manager, AttributePolicy::Enforce)].into();
    let world = World::with(with(Policy { attributes, ..Policy::default() })).await;
    let mut before = ada();
    before["work_email"] = json!("earlier@example.com");
    let before = world.hire(before).await;
    assert_eq!(everyone::sync(&world).await.counts.applied, 1);
    let boss = json!({ "first_name": "Grace", "last_name": "Hopper", "work_email": "grace@example.com" });
    let boss = world.hire(boss).await;
    let managed = json!({ "direct_manager": { "id": boss.as_str() } });
    let mut hire = ada();
    hire["direct_manager"] = managed["direct_manager"].clone();
    let ada = world.hire(hire).await;
    // Who has an account, and is in step but for the manager, too.
    world.change(&before, managed).await;
    let report = everyone::sync(&world).await;
    assert_eq!((report.counts.applied, report.counts.failed), (3, 0), "each is counted once: {report:?}");
    let manager = world.account_of(&boss).await["_id"].clone();
    for person in [&ada, &before] {
        assert_eq!(world.account_of(person).await["manager"], manager);
    }
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

#[tokio::test]
async fn groups_that_do_not_answer_for_a_moment_leave_nothing_half_done() {
    let rule = |name: &str, department: &str| GroupRule {
        name: name.to_owned(),
        department: Some(department.to_owned()),
        ..GroupRule::default()
    };
    let groups = vec![rule("Makers", "R&D"), rule("Sellers", "Sales")];
    let world = World::with(with(Policy { groups, ..Policy::default() })).await;
    let group =
        async |name: &str| world.jumpcloud.call("POST", "/_sim/groups", Some(json!({ "name": name }))).await;
    let (engineering, selling) = (group("Makers").await, group("Sellers").await);
    let mut hire = ada();
    hire["department"] = json!({ "id": "d1", "name": "R&D" });
    let ada = world.hire(hire).await;
    world.run(&ada).await;
    let account = world.account_of(&ada).await["_id"].clone();

    // In the middle of a move from one group to the other, and at each read before it.
    for (fault, methods) in
        [("rate_429", "POST"), ("status_5xx", "POST"), ("rate_429", "GET"), ("status_5xx", "GET")]
    {
        let before = members(&world, &engineering).await.is_empty();
        let department = if before {
            json!({ "id": "d1", "name": "R&D" })
        } else {
            json!({ "id": "d2", "name": "Sales" })
        };
        world.change(&ada, json!({ "department": department })).await;
        let path = if methods == "POST" { "members" } else { "memberof" };
        let faults = json!({ fault: { "count": 1 }, "methods": [methods], "path": path });
        world.jumpcloud.faults(faults).await;
        let report = world.run(&ada).await;
        assert!(
            matches!(report.verdict, Verdict::Retry { counts: false, .. }),
            "{fault} {methods}: {:?}",
            report.verdict
        );
        assert_eq!(world.run(&ada).await.outcome, Outcome::Applied, "{fault} {methods}");
        let (from, to) = if before { (&selling, &engineering) } else { (&engineering, &selling) };
        assert_eq!(members(&world, to).await, std::slice::from_ref(&account), "{fault} {methods}");
        assert!(members(&world, from).await.is_empty(), "{fault} {methods}");
    }
    world.assert_careful().await;
}

#[tokio::test]
async fn a_sync_of_everyone_waits_for_groups_that_do_not_answer_for_a_moment() {
    let rule =
        GroupRule { name: "Makers".to_owned(), department: Some("R&D".to_owned()), ..GroupRule::default() };
    let world = World::with(with(Policy { groups: vec![rule], ..Policy::default() })).await;
    let group = world.jumpcloud.call("POST", "/_sim/groups", Some(json!({ "name": "Makers" }))).await;
    let mut hire = ada();
    hire["department"] = json!({ "id": "d1", "name": "R&D" });
    world.hire(hire).await;
    world
        .jumpcloud
        .faults(json!({ "status_5xx": { "count": 3 }, "methods": ["GET"], "path": "usergroups" }))
        .await;
    let trigger = queue::Trigger::new("operator:sync");
    let synced = world.reconciler.sync_everyone("test", &trigger, &reconciler::full::silent).await.unwrap();
    assert_eq!(synced.report().ended, reconciler::FullEnd::Done);
    assert_eq!(members(&world, &group).await.len(), 1);
}
