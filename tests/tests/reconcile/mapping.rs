//! What an organization adds to the map: the manager, groups by rule, custom fields, composed values.

use e2e::{World, id_of, strings};
use serde_json::json;

const CONFIGURATION: &str = r#"
[attributes]
manager = "enforce"

[attributes.custom]
shirt = "T-shirt size"

[templates]
displayname = "{{ first_name }} {{ last_name }} ({{ department }})"

[[groups]]
name = "Engineering"
department = "Engineering"
"#;

#[tokio::test]
async fn all_of_it_in_one_company() {
    let mut world = World::empty().await;
    world.settings.file(CONFIGURATION);
    let engineer = json!({
        "first_name": "Number{n}", "last_name": "Engineer", "department": {"name": "Engineering"},
        "custom_fields": [{"name": "T-shirt size", "value": "L"}],
    });
    let people = world.hired_many(3, engineer).await;
    for person in &people[1..] {
        world.changed_silently(person, json!({"direct_manager": {"id": people[0]}})).await;
    }
    // The manager's account has to be there first: a second pass, and then nothing is left.
    world.json(&["sync"], 0).await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.json(&["sync"], 0).await["counts"]["applied"], 0);
    let boss = world.account_now(&people[0]).await;
    let report = world.account_now(&people[1]).await;
    assert_eq!(report["manager"], boss["_id"], "{report:#}");
    assert_eq!(report["displayname"], "Number2 Engineer (Engineering)");
    let shirt = json!({"name": "shirt", "value": "L"});
    assert!(report["attributes"].as_array().is_some_and(|all| all.contains(&shirt)), "{report:#}");
    let mut members = strings(&world.group("Engineering").await["members"]);
    members.sort();
    let mut accounts: Vec<String> = Vec::new();
    for person in &people {
        accounts.push(id_of(&world.account_now(person).await));
    }
    accounts.sort();
    assert_eq!(members, accounts);

    // Groups that the configuration does not name are nobody's business.
    let vpn = world.group("VPN").await;
    let by_hand = json!({"id": vpn["id"], "name": "VPN", "members": [id_of(&report)]});
    world.jumpcloud.call("POST", "/_sim/groups", Some(by_hand)).await;
    world.changed_silently(&people[1], json!({"department": {"name": "Finance"}})).await;
    world.json(&["sync"], 0).await;
    let engineering = strings(&world.group("Engineering").await["members"]);
    assert!(!engineering.contains(&id_of(&report)), "{engineering:?}");
    assert_eq!(strings(&world.group("VPN").await["members"]), [id_of(&report)]);
    assert_eq!(world.account_now(&people[1]).await["displayname"], "Number2 Engineer (Finance)");
}

#[tokio::test]
async fn groups_that_cannot_be_kept_and_those_that_follow_us_are_told_by_check() {
    let mut world = World::empty().await;
    world.settings.file("[[groups]]\nname = \"Nowhere\"\ndepartment = \"Sales\"\n");
    let checked = world.cli(&["check"]).await;
    for words in ["Nowhere", "Sales (automatic)"] {
        assert!(checked.stdout.contains(words), "{words}:\n{}", checked.stdout);
    }
    // Whoever asks for a plan or a sync and not for a check is told, too.
    for command in ["plan", "sync"] {
        let said = world.cli(&[command]).await.stdout;
        assert!(
            said.contains("\"Nowhere\" of [[groups]] is left alone: JumpCloud has no such group"),
            "{said}"
        );
    }
}
