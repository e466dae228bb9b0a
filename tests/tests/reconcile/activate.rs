//! Staged accounts: activated by hand, by JumpCloud at a time, or on the start date.

use e2e::{World, id_of, somebody};
use serde_json::{Value, json};

async fn mails(world: &World) -> Vec<Value> {
    let writes = world.jumpcloud.journal().await;
    writes.iter().flat_map(|write| write["mail"].as_array().cloned().unwrap_or_default()).collect()
}

#[tokio::test]
async fn by_hand_and_nobody_is_mailed_unless_it_is_asked() {
    let world = World::empty().await;
    let (one, _) = world.created(somebody("First", "Day")).await;
    let (two, _) = world.created(somebody("Second", "Day")).await;
    let _ = world.cli(&["activate", &one]).await.expect_code(0);
    assert_eq!(world.state(&one).await, "ACTIVATED");
    assert_eq!(mails(&world).await, Vec::<Value>::new());
    let _ = world.cli(&["activate", &two, "--send-email-to", "home@example.org"]).await.expect_code(0);
    assert_eq!(world.state(&two).await, "ACTIVATED");
    assert_eq!(mails(&world).await[0]["to"], "home@example.org");
    // Once more is nothing to be done; and the next look agrees.
    let again = world.cli(&["activate", &one]).await.expect_code(1);
    assert!(again.stderr.contains("ACTIVATED already"), "{}", again.stderr);
    assert_eq!(world.synced(&one).await["outcome"], "in-sync");
    assert_eq!(mails(&world).await.len(), 1);
}

#[tokio::test]
async fn at_a_time_jumpcloud_does_it_even_if_we_are_down() {
    let world = World::empty().await;
    let (person, account) = world.created(somebody("Next", "Century")).await;
    let account = id_of(&account);
    let soon = world.cli(&["activate", &person, "--at", "2000-01-01T09:00:00Z"]).await;
    assert_ne!(soon.code, Some(0), "at least an hour ahead: {}", soon.stdout);
    let _ = world.cli(&["activate", &person, "--at", "2999-01-01T09:00:00Z"]).await.expect_code(0);
    assert_eq!(world.state(&person).await, "STAGED");
    // Moved: the first one goes.
    let _ = world.cli(&["activate", &person, "--at", "2999-02-01T09:00:00Z"]).await.expect_code(0);
    let all = world.scheduled().await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0].0 == account && all[0].1.starts_with("2999-02-01T09:00:00"), "{all:?}");
    // A sync leaves it.
    world.json(&["sync"], 0).await;
    assert_eq!(world.scheduled().await.len(), 1);
    let run = json!({"until": "2999-03-01T00:00:00Z"});
    world.jumpcloud.call("POST", "/_sim/schedule/run", Some(run)).await;
    assert_eq!(world.state(&person).await, "ACTIVATED");
}

#[tokio::test]
async fn a_hire_that_is_moved_or_taken_back_moves_or_deletes_the_schedule() {
    let mut world = World::empty().await;
    world.settings.file("[sync]\nactivation = \"on-start-date\"\n");
    world.staff(10).await;
    let mut future = somebody("Starts", "Later");
    for (key, value) in [("start_date", "2999-06-01"), ("hiring_status", "onboarding"), ("timezone", "UTC")] {
        future[key] = json!(value);
    }
    let person = world.hired_silently(future).await;
    world.json(&["sync"], 0).await;
    let account = id_of(&world.account_now(&person).await);
    let _ = world.cli(&["activate", &person, "--at", "2999-06-01T08:00:00Z"]).await.expect_code(0);
    assert_eq!(world.scheduled().await.len(), 1);

    world.changed_silently(&person, json!({"start_date": "2999-09-01"})).await;
    world.json(&["sync"], 0).await;
    let moved = world.scheduled().await;
    assert!(moved.iter().all(|(id, at)| *id == account && !at.starts_with("2999-06-01")), "{moved:?}");

    // The offer is taken back before the first day.
    world.end(std::slice::from_ref(&person), "2026-05-01").await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.scheduled().await, []);
    let run = json!({"until": "2999-12-31T00:00:00Z"});
    world.jumpcloud.call("POST", "/_sim/schedule/run", Some(run)).await;
    assert_ne!(world.state(&person).await, "ACTIVATED");
}

/// JumpCloud would activate the account though every path of ours leaves it alone.
#[tokio::test]
async fn a_manual_hold_takes_back_what_was_scheduled_within_it() {
    let world = World::empty().await;
    let (ordered, _) = world.created(somebody("Held", "Here")).await;
    let (set, account) = world.created(somebody("Held", "There")).await;
    for person in [&ordered, &set] {
        let _ = world.cli(&["activate", person, "--at", "2999-01-01T09:00:00Z"]).await.expect_code(0);
    }
    let put = ["holds", "put", &ordered, "--reason", "background check"];
    let _ = world.cli(&[&put[..], &["--until", "2998-01-01"]].concat()).await.expect_code(0);
    assert_eq!(world.scheduled().await.len(), 2, "the hold ends before");
    let _ = world.cli(&put).await.expect_code(0);
    let left = world.scheduled().await;
    assert_eq!(left.iter().map(|(id, _)| id).collect::<Vec<_>>(), [&id_of(&account)]);

    let mut attributes = account["attributes"].as_array().cloned().unwrap_or_default();
    attributes.push(json!({ "name": "deelsyncHold", "value": "background check" }));
    world.jumpcloud.edit(&id_of(&account), json!({ "attributes": attributes })).await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.scheduled().await, []);
    for person in [&ordered, &set] {
        assert_eq!(world.state(person).await, "STAGED");
    }
}
