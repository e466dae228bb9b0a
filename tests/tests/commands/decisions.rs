//! `holds list|show|approve|reject`, on the change of an email.

use e2e::{World, id_of, somebody};
use serde_json::{Value, json};

const BEFORE: &str = "mar.ried@example.com";
const AFTER: &str = "mar.newname@example.com";

/// Somebody whose work email changed, and the hold of it.
async fn renamed() -> (World, String, String) {
    let world = World::empty().await;
    let (person, _) = world.created(somebody("Mar", "Ried")).await;
    world.changed_silently(&person, json!({"work_email": AFTER})).await;
    world.synced(&person).await;
    let hold = id_of(&world.hold().await);
    (world, person, hold)
}

async fn email(world: &World, person: &str) -> String {
    world.account_now(person).await["email"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_hold_is_listed_and_shown_with_both_values() {
    let (world, person, hold) = renamed().await;
    let listed = world.cli(&["holds", "list"]).await.expect_code(0).stdout;
    for word in [hold.as_str(), "email_change", person.as_str(), "open", "Mar Ried", BEFORE] {
        assert!(listed.contains(word), "{word}:\n{listed}");
    }
    assert!(!listed.contains(AFTER), "whom it is about; the change itself is shown one by one: {listed}");
    let shown = world.cli(&["holds", "show", &hold]).await.expect_code(0).stdout;
    for word in [BEFORE, AFTER, &format!("holds approve {hold}"), &format!("holds reject {hold}")] {
        assert!(shown.contains(word), "{word}:\n{shown}");
    }
    let shown = world.json(&["holds", "show", &hold], 0).await;
    assert_eq!((&shown["status"], &shown["approvable"]), (&json!("open"), &json!(true)), "{shown:#}");
    assert_eq!(
        world.json(&["holds", "list", "--person", &person], 0).await.as_array().map(Vec::len),
        Some(1)
    );
    assert_eq!(world.json(&["holds", "list", "--person", "someone-else"], 0).await, json!([]));
}

#[tokio::test]
async fn a_yes_is_carried_out_by_the_running_worker() {
    let (world, person, hold) = renamed().await;
    let _running = world.run().await;
    let approved = world.cli(&["holds", "approve", &hold, "--note", "asked her"]).await.expect_code(0).stdout;
    assert!(approved.contains(&hold) && approved.contains("approved"), "{approved}");
    world.account(&person, "the new address", |account| account["email"] == AFTER).await;
    world.settled().await;
    let shown = world.json(&["holds", "show", &hold], 0).await;
    assert_eq!((&shown["status"], &shown["note"]), (&json!("settled"), &json!("asked her")), "{shown:#}");
    assert_eq!(world.holds().await, Vec::<Value>::new());
    let why = world.cli(&["why", &person]).await.expect_code(0).stdout;
    assert!(why.contains("approved by ") && why.contains(&format!("approved with hold {hold}")), "{why}");
    // What is settled cannot be decided again.
    let refused = world.cli(&["holds", "reject", &hold]).await.expect_code(1);
    assert!(refused.stderr.contains("is settled"), "{}", refused.stderr);
}

#[tokio::test]
async fn a_no_stays_until_deels_value_changes() {
    let (world, person, hold) = renamed().await;
    let _ = world.cli(&["holds", "reject", &hold]).await.expect_code(0);
    for _ in 0..2 {
        world.synced(&person).await;
        assert_eq!(world.holds().await, Vec::<Value>::new(), "nobody is asked twice");
    }
    assert_eq!(email(&world, &person).await, BEFORE);

    world.changed_silently(&person, json!({"work_email": "mar.third@example.com"})).await;
    world.synced(&person).await;
    let other = world.hold().await;
    assert_ne!(id_of(&other), hold, "another value is another question");
    let all = world.json(&["holds", "list", "--all"], 0).await;
    assert_eq!(all.as_array().map(Vec::len), Some(2), "{all:#}");
}

#[tokio::test]
async fn a_no_stays_until_jumpclouds_value_changes() {
    let (world, person, hold) = renamed().await;
    let _ = world.cli(&["holds", "reject", &hold]).await.expect_code(0);
    world.synced(&person).await;
    let account = id_of(&world.account_now(&person).await);
    world.jumpcloud.edit(&account, json!({"email": "by.hand@example.com"})).await;
    world.synced(&person).await;
    assert_ne!(id_of(&world.hold().await), hold);
    assert_eq!(email(&world, &person).await, "by.hand@example.com");
}

#[tokio::test]
async fn a_change_that_is_taken_back_needs_no_decision() {
    let (world, person, hold) = renamed().await;
    world.changed_silently(&person, json!({"work_email": BEFORE})).await;
    assert_eq!(world.synced(&person).await["outcome"], "in-sync");
    assert_eq!(world.holds().await, Vec::<Value>::new());
    assert_eq!(world.json(&["holds", "show", &hold], 0).await["status"], "obsolete");
    // A yes that comes too late changes nothing.
    let refused = world.cli(&["holds", "approve", &hold]).await.expect_code(1);
    assert!(refused.stderr.contains("is obsolete"), "{}", refused.stderr);
    assert_eq!(email(&world, &person).await, BEFORE);
    // The same question is asked again when it comes up again.
    world.changed_silently(&person, json!({"work_email": AFTER})).await;
    world.synced(&person).await;
    assert_eq!(id_of(&world.hold().await), hold);
}

#[tokio::test]
async fn a_yes_is_to_the_values_that_were_shown() {
    let (world, person, hold) = renamed().await;
    let _ = world.cli(&["holds", "approve", &hold]).await.expect_code(0);
    // Before the next run, Deel changes its mind.
    world.changed_silently(&person, json!({"work_email": "mar.third@example.com"})).await;
    world.synced(&person).await;
    assert_eq!(email(&world, &person).await, BEFORE, "nobody agreed to that address");
    assert_ne!(id_of(&world.hold().await), hold);
}

#[tokio::test]
async fn several_are_decided_at_once_and_what_is_none_is_said() {
    let (world, person, hold) = renamed().await;
    let decided = world.cli(&["holds", "approve", "000000000000", &hold]).await.expect_code(1);
    assert!(decided.stderr.contains("there is no hold 000000000000"), "{}", decided.stderr);
    assert!(decided.stdout.contains(&hold), "the other one is decided: {}", decided.stdout);
    world.synced(&person).await;
    assert_eq!(email(&world, &person).await, AFTER);
    let odd = world.cli(&["holds", "show", "not-a-hold"]).await.expect_code(1);
    assert!(odd.stderr.contains("deelsync holds list"), "{}", odd.stderr);
    let release = world.cli(&["holds", "release", &hold]).await.expect_code(1);
    assert!(!release.stderr.is_empty());
}

#[tokio::test]
async fn an_address_that_is_taken_is_nobodys_to_approve() {
    let world = World::empty().await;
    let (person, _) = world.created(somebody("Mar", "Ried")).await;
    world.jumpcloud.seed(json!({"username": "other", "email": AFTER})).await;
    world.changed_silently(&person, json!({"work_email": AFTER})).await;
    world.synced(&person).await;
    let hold = world.hold().await;
    assert_eq!((&hold["kind"], &hold["approvable"]), (&json!("relink"), &json!(false)), "{hold:#}");
    assert_eq!(email(&world, &person).await, BEFORE);
}

#[tokio::test]
async fn one_kind_is_listed_at_a_time() {
    let (world, _, hold) = renamed().await;
    let list = async |kind: &str| world.json(&["holds", "list", "--kind", kind], 0).await;
    assert_eq!(id_of(&list("email_change").await[0]), hold);
    assert_eq!(list("adoption").await, json!([]));
    let unknown = world.cli(&["holds", "list", "--kind", "nonsense"]).await.expect_code(1);
    assert!(unknown.stderr.contains("email_change"), "the kinds there are: {}", unknown.stderr);
}
