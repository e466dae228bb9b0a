//! A hire, a change, a termination and a rehire in Deel arrive in JumpCloud.

use e2e::{World, custom, mark, somebody};
use serde_json::json;

#[tokio::test]
async fn a_hire_gets_a_staged_account_with_the_mapped_values() {
    let world = World::empty().await;
    let _running = world.run().await;

    let (person, account) = world.hired(somebody("Ada", "Lovelace")).await;

    assert_eq!(account["username"], "ada.lovelace");
    assert_eq!(account["email"], "ada.lovelace@example.com");
    assert_eq!(account["state"], "STAGED");
    assert_eq!(account["employeeIdentifier"], person.as_str());
    assert_eq!(account["firstname"], "Ada");
    assert_eq!(account["lastname"], "Lovelace");
    assert_eq!(account["jobTitle"], "Engineer");
    assert_eq!(mark(&account), None, "an account that was never suspended carries no mark");
}

#[tokio::test]
async fn a_change_writes_the_changed_fields_and_nothing_else() {
    let world = World::empty().await;
    let _running = world.run().await;
    let (person, _) = world.hired(somebody("Grace", "Hopper")).await;
    world.settled().await;
    let before = world.jumpcloud.journal().await.len();

    world.deel.change(&person, json!({"job_title": "Rear Admiral"})).await;
    world.account(&person, "the new title", |account| account["jobTitle"] == "Rear Admiral").await;

    let writes = world.jumpcloud.journal().await.split_off(before);
    assert_eq!(writes.len(), 1, "{writes:#?}");
    assert_eq!(writes[0]["body"], json!({"jobTitle": "Rear Admiral"}));
}

#[tokio::test]
async fn a_termination_suspends_at_once_and_a_rehire_gets_the_same_account_back() {
    let world = World::empty().await;
    let _running = world.run().await;
    let (person, account) = world.hired(somebody("Alan", "Turing")).await;
    let id = account["_id"].as_str().expect("an id").to_owned();
    // Somebody activated it, as it is after the first day, and put an attribute of their own there.
    let own = json!({"state": "ACTIVATED", "attributes": [{"name": "badge", "value": "17"}]});
    world.jumpcloud.edit(&id, own).await;

    world.deel.terminate(&person, json!({"at_once": true})).await;
    let account = world.account(&person, "the suspension", |account| account["state"] == "SUSPENDED").await;
    let words = mark(&account).expect("the mark travels with the state");
    assert!(words.contains("was=ACTIVATED"), "{words}");
    assert_eq!(custom(&account, "badge"), Some("17"), "foreign attributes stay");

    world.deel.rehire(&person).await;
    let account = world.account(&person, "the return", |account| account["state"] == "ACTIVATED").await;
    assert_eq!(account["_id"], id.as_str(), "the same account");
    assert_eq!(account["username"], "alan.turing");
    assert_eq!(mark(&account), None, "the mark went with the suspension");
    assert_eq!(world.jumpcloud.accounts().await.len(), 1);
}
