//! Contracts begin and end; whether somebody is at work is another question.

use std::time::Duration;

use e2e::{World, deliver, event, id_of, mark, somebody};
use harness::holds_for;
use serde_json::{Value, json};

fn ended(person: &Value) -> bool {
    person["employments"].as_array().is_some_and(|all| all.iter().all(|one| one["is_ended"] == true))
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
async fn a_contractor_who_becomes_an_employee_keeps_the_account() {
    let world = World::empty().await;
    let mut fields = somebody("Con", "Tractor");
    fields["hiring_type"] = json!("contractor");
    let (person, account) = world.active(fields).await;
    assert_eq!(account["employeeType"], "contractor");

    // The contract ends, with the dates of a contract that ended; the person stays.
    world.terminated_silently(&person, json!({"contract_only": true})).await;
    world.synced(&person).await;
    assert_eq!(world.state(&person).await, "ACTIVATED");
    world.changed_silently(&person, json!({"completion_date": "2020-01-01T00:00:00.000Z"})).await;
    world.synced(&person).await;
    assert_eq!(world.state(&person).await, "ACTIVATED", "a completion date is about pay");

    let rehired = json!({"hiring_type": "direct_employee", "job_title": "Employee", "silent": true});
    world.deel.call("POST", &format!("/_sim/people/{person}/rehire"), Some(rehired)).await;
    world.synced(&person).await;
    let after = world.account_now(&person).await;
    assert_eq!(after["_id"], account["_id"]);
    assert_eq!((&after["employeeType"], &after["jobTitle"]), (&json!("direct_employee"), &json!("Employee")));
    assert_eq!((&after["state"], mark(&after)), (&json!("ACTIVATED"), None));
    assert_eq!(world.jumpcloud.accounts().await.len(), 1);
    let writes = world.jumpcloud.journal().await;
    assert!(!writes.iter().any(|write| write["body"].to_string().contains("SUSPENDED")), "{writes:#?}");
}

#[tokio::test]
async fn a_contract_is_followed_to_exactly_its_person() {
    let world = World::empty().await;
    let (one, _) = world.created(somebody("First", "Contract")).await;
    let (two, _) = world.created(somebody("Second", "Contract")).await;
    let person = world.deel.call("GET", &format!("/_sim/people/{two}"), None).await;
    let contract = id_of(&person["employments"][0]);
    let serving = world.settings.start("serve").await;
    let body = event("contract.terminated", &json!({"id": contract}), "known");
    let answer = deliver(&world.settings.webhook_url(), body).await;
    assert_eq!(answer, (200, json!({"outcome": "stored"})));
    assert_eq!(world.job_keys("waiting").await, [format!("person:{two}")], "and not {one}, nor everyone");
    drop(serving);
}

#[tokio::test]
async fn a_contract_event_alone_suspends_whom_it_ends() {
    let world = World::empty().await;
    let _running = world.run().await;
    let (person, account) = world.hired(somebody("By", "Contract")).await;
    world.jumpcloud.edit(&id_of(&account), json!({"state": "ACTIVATED"})).await;
    let gone = world.deel.terminate(&person, json!({"at_once": true, "only": ["contract.terminated"]})).await;
    assert!(ended(&gone), "{gone}");
    world.account(&person, "the suspension", |account| account["state"] == "SUSPENDED").await;
}
