//! Who comes: namesakes, one name alone, a start date to come, an address that comes later.

use e2e::{SOON, World, id_of, somebody};
use harness::eventually;
use serde_json::{Value, json};

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

#[tokio::test]
async fn one_name_is_enough() {
    let world = World::empty().await;
    for (first, last, username) in [("Suharto", "", "suharto"), ("", "Björk", "bjork")] {
        let address = format!("{username}@example.com");
        let (person, account) =
            world.created(json!({"first_name": first, "last_name": last, "work_email": address})).await;
        assert_eq!(account["username"], username);
        assert_eq!(account["displayname"], format!("{first}{last}"));
        assert_eq!(world.synced(&person).await["outcome"], "in-sync");
    }
}

#[tokio::test]
async fn whoever_gets_a_work_email_later_gets_an_account_then() {
    let world = World::empty().await;
    let _running = world.run().await;
    let mut fields = somebody("Late", "Address");
    fields["work_email"] = Value::Null;
    let person = id_of(&world.deel.hire(fields).await);
    eventually("it is on record that they have none", SOON, async || {
        world.cli(&["why", &person]).await.stdout.contains("no work email").then_some(())
    })
    .await;
    assert_eq!(world.jumpcloud.accounts().await, Vec::<Value>::new());
    world.deel.change(&person, json!({"work_email": "late.address@example.com"})).await;
    let account = world.account(&person, "the account", |_| true).await;
    assert_eq!(
        (&account["username"], &account["email"]),
        (&json!("late.address"), &json!("late.address@example.com"))
    );
}

#[tokio::test]
async fn a_future_hire_is_staged_whatever_accounts_start_as() {
    let mut world = World::empty().await;
    world.settings.file("[sync]\ncreate_state = \"activated\"\nactivation = \"on-start-date\"\n");
    let mut future = somebody("Next", "Year");
    for (key, value) in [("start_date", "2999-01-02"), ("hiring_status", "onboarding"), ("timezone", "UTC")] {
        future[key] = json!(value);
    }
    let (person, account) = world.created(future).await;
    assert_eq!(account["state"], "STAGED");
    let job = world.json(&["queue", "show", &person], 0).await;
    assert_eq!((&job["state"], &job["at"]), (&json!("delayed"), &json!("2999-01-02T00:00:00Z")), "{job:#}");
    let (_, present) = world.created(somebody("This", "Year")).await;
    assert_eq!(present["state"], "ACTIVATED");

    // The start date is moved to the past: the same account is activated, and nobody is mailed.
    let started = json!({"start_date": "2020-01-02", "hiring_status": "active"});
    world.changed_silently(&person, started).await;
    world.synced(&person).await;
    let after = world.account_now(&person).await;
    assert_eq!((&after["_id"], &after["state"]), (&account["_id"], &json!("ACTIVATED")));
    let writes = world.jumpcloud.journal().await;
    let activation =
        writes.iter().find(|write| write["path"].as_str().is_some_and(|path| path.ends_with("/activate")));
    assert_eq!(activation.expect("the activation")["mail"], json!([]), "{activation:#?}");
}

#[tokio::test]
async fn a_future_hire_is_activated_by_hand_unless_configured() {
    let world = World::empty().await;
    let (person, account) = world.created(somebody("Staged", "First")).await;
    assert_eq!(account["state"], "STAGED");
    assert_eq!(world.synced(&person).await["outcome"], "in-sync");
    assert_eq!(world.state(&person).await, "STAGED");
}
