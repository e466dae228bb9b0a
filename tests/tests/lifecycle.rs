//! A hire, a change, a termination and a rehire in Deel arrive in JumpCloud.

use std::time::Duration;

use e2e::{World, custom, mark, somebody};
use harness::holds_for;
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

#[tokio::test]
async fn a_last_day_to_come_suspends_nobody_and_leaves_a_job_for_the_instant() {
    let world = World::empty().await;
    let (person, _) = world.active(somebody("Edsger", "Dijkstra")).await;

    // Silently: an event is looked at again after a minute, which comes first and finds the same instant.
    let how = json!({"last_day": "2999-12-31", "timezone": "Europe/Amsterdam"});
    world.terminated_silently(&person, how).await;
    let _ = world.settings.cli(&["sync", "--person", &person]).await.expect_code(0);
    // 2999-12-31 ends in Amsterdam at 23:00 UTC.
    let job = world.settings.cli(&["queue", "show", &person, "--format", "json"]).await.expect_code(0).json();
    assert_eq!(job["state"], "delayed", "{job:#}");
    assert_eq!(job["at"], "2999-12-31T23:00:00Z", "{job:#}");
    assert_eq!(job["trigger"], "timer", "{job:#}");
    assert_eq!(job["line"], "urgent", "{job:#}");
    let account = world.jumpcloud.account_of(&person).await.expect("the account");
    assert_eq!(account["state"], "ACTIVATED");
}

#[tokio::test]
async fn the_end_of_one_of_two_contracts_ends_nothing() {
    let world = World::empty().await;
    let _running = world.run().await;
    let (person, account) = world.hired(somebody("Barbara", "Liskov")).await;
    world.jumpcloud.edit(account["_id"].as_str().expect("an id"), json!({"state": "ACTIVATED"})).await;

    world.deel.terminate(&person, json!({"contract_only": true})).await;
    // Something later that did happen shows that the event was worked on.
    world.deel.change(&person, json!({"job_title": "Professor"})).await;
    world.account(&person, "the later change", |account| account["jobTitle"] == "Professor").await;
    world.settled().await;

    holds_for("she stays active", Duration::from_millis(300), async || {
        world.jumpcloud.account_of(&person).await.is_some_and(|account| account["state"] == "ACTIVATED")
    })
    .await;
}

#[tokio::test]
async fn namesakes_hired_at_one_moment_get_two_usernames() {
    let world = World::empty().await;
    let _running = world.run().await;

    let (first, second) = tokio::join!(
        world.hired(json!({"first_name": "Kim", "last_name": "Lee", "work_email": "kim1@example.com"})),
        world.hired(json!({"first_name": "Kim", "last_name": "Lee", "work_email": "kim2@example.com"})),
    );

    let mut names = [first.1["username"].clone(), second.1["username"].clone()];
    names.sort_by_key(ToString::to_string);
    assert_eq!(names, ["kim.lee", "kim.lee1"]);
}
