//! Lists that lie, and lists that are true but not to be believed: a run is refused, says why, and changes nothing.

use e2e::World;
use harness::DeelSim;
use serde_json::{Value, json};

/// A company in step with something to do: one leaver, one hire, one change. Whatever is refused must not do it.
async fn busy(count: usize) -> World {
    let world = World::empty().await;
    let people = world.staff(count).await;
    world.json(&["sync"], 0).await;
    world.end(&people[1..2], "2026-05-01").await;
    world.changed_silently(&people[2], json!({"job_title": "Changed"})).await;
    world.hired_many(1, json!({})).await;
    world
}

/// A plan and a sync both end with 1 and say these words; the directory is as it was.
async fn refused(world: &World, words: &[&str]) {
    let (before, written) = (world.directory().await, world.written().await);
    let planned = world.cli(&["plan"]).await.expect_code(1);
    let synced = world.cli(&["sync"]).await.expect_code(1);
    let held = "held for a decision";
    assert!(!synced.stdout.contains(held), "nothing is held by a run that is refused:\n{}", synced.stdout);
    for output in [planned, synced] {
        let said = (output.stdout + &output.stderr).to_lowercase();
        for word in words {
            assert!(said.contains(&word.to_lowercase()), "{word:?} is not in:\n{said}");
        }
    }
    assert_eq!(world.written().await, written, "nothing was written");
    assert_eq!(world.directory().await, before);
}

async fn strike(world: &World, deel: bool, faults: Value) {
    if deel {
        world.deel.faults(faults).await;
    } else {
        world.jumpcloud.faults(faults).await;
    }
}

/// What was to be done is done once the fault is gone.
async fn carried_on(world: &World) {
    world.deel.no_faults().await;
    world.jumpcloud.no_faults().await;
    let synced = world.json(&["sync"], 0).await;
    assert_eq!(synced["counts"]["applied"], 3, "{synced:#}");
}

#[tokio::test]
async fn deel_lists_nobody() {
    let world = busy(12).await;
    world.deel.faults(json!({"list": {"empty": true}})).await;
    refused(&world, &["Deel lists nobody"]).await;
    carried_on(&world).await;
}

#[tokio::test]
async fn a_token_that_sees_half_of_the_company() {
    let world = busy(40).await;
    world.deel.faults(json!({"list": {"visible_every": 2}})).await;
    refused(&world, &["20", "missing"]).await;
    carried_on(&world).await;
}

#[tokio::test]
async fn half_of_the_emails_are_gone() {
    let world = busy(40).await;
    world.deel.faults(json!({"list": {"emails_gone": true}})).await;
    refused(&world, &["email"]).await;
    carried_on(&world).await;
}

#[tokio::test]
async fn a_token_without_sensitive_data() {
    let world = busy(12).await;
    world.deel.faults(json!({"withhold_sensitive": true})).await;
    refused(&world, &["withholds"]).await;
    carried_on(&world).await;
}

#[tokio::test]
async fn everyone_is_inactive_at_once() {
    let world = World::empty().await;
    let people = world.staff(12).await;
    world.json(&["sync"], 0).await;
    world.end(&people, "2026-05-01").await;
    refused(&world, &["suspend", "12"]).await;
    assert_eq!(world.holds().await, Vec::<Value>::new(), "nothing was put on record either");
}

#[tokio::test]
async fn another_organization_in_deel() {
    let mut world = busy(6).await;
    let other = DeelSim::start(&["--people", "6", "--seed", "7", "--rate", "off"]).await;
    world.settings.set("DEEL_BASE_URL", &format!("{}/rest/v2", other.url()));
    refused(&world, &["organization"]).await;
}

#[tokio::test]
async fn lists_that_move_while_they_are_read() {
    let world = busy(250).await;
    for (fault, words) in [
        (json!({"shrink": 3}), "changed from"),
        (json!({"grow": 3}), "changed from"),
        (json!({"total_delta": 5}), "of 2"),
        (json!({"total_delta": -5}), "were"),
        (json!({"repeat_rows": true}), "twice"),
        (json!({"drop_rows": 1}), "of 2"),
    ] {
        for deel in [true, false] {
            let faults = json!({"list": fault});
            strike(&world, deel, faults).await;
            let before = world.written().await;
            let planned = world.cli(&["plan"]).await;
            assert_eq!(planned.code, Some(1), "{fault} {}", planned.stderr);
            let said = planned.stdout + &planned.stderr;
            assert!(said.contains(words), "{words:?} is not in:\n{said}");
            assert_eq!(world.written().await, before);
            world.deel.no_faults().await;
            world.jumpcloud.no_faults().await;
        }
    }
    carried_on(&world).await;
}

#[tokio::test]
async fn a_row_that_slips_through_suspends_nobody() {
    let world = World::empty().await;
    let people = world.staff(220).await;
    world.json(&["sync"], 0).await;
    // One goes and one comes between two pages: the numbers fit, and one person is not on the list.
    world.hired_many(1, json!({})).await;
    world.deel.faults(json!({"list": {"exchange": 1}})).await;
    let synced = world.json(&["sync"], 0).await;
    assert_eq!(synced["counts"]["gone"], 1, "{synced:#}");
    assert_eq!(world.suspended(&people).await, Vec::<String>::new());
    assert_eq!(world.held("gone").await, Vec::<Value>::new(), "asked for by name, they are there");
}

/// A vendor that fails is waited for during most of a minute: both sides at once.
#[tokio::test]
async fn page_7_of_12_never_comes() {
    tokio::join!(never_comes(true), never_comes(false));
}

async fn never_comes(deel: bool) {
    let world = World::empty().await;
    let people = world.staff(1150).await;
    world.end(&people[..2], "2026-05-01").await;
    let before = world.directory().await;
    strike(&world, deel, json!({"list": {"fail_from": 600}})).await;
    let planned = world.cli(&["plan"]).await.expect_code(1);
    let vendor = if deel { "Deel" } else { "JumpCloud" };
    assert!(planned.stderr.contains(vendor), "{}", planned.stderr);
    assert_eq!(world.directory().await, before);
}

#[tokio::test]
async fn an_organization_of_nobody_on_either_side() {
    let world = World::empty().await;
    let synced = world.json(&["sync"], 0).await;
    assert_eq!(
        (&synced["counts"]["people"], &synced["counts"]["accounts"]),
        (&json!(0), &json!(0)),
        "{synced:#}"
    );
    // People, and not one account yet: that is how it begins.
    world.hired_many(3, json!({})).await;
    assert_eq!(world.json(&["sync"], 0).await["counts"]["applied"], 3);
}

#[tokio::test]
async fn jumpcloud_lists_nobody_where_there_were_accounts() {
    let world = busy(12).await;
    world.jumpcloud.faults(json!({"list": {"empty": true}})).await;
    let (before, synced) = (world.directory().await.len(), world.cli(&["sync"]).await);
    assert_eq!(synced.code, Some(1), "{}{}", synced.stdout, synced.stderr);
    assert!(synced.stdout.contains("missing from JumpCloud's list"), "{}", synced.stdout);
    assert_eq!(world.directory().await.len(), before, "nothing is created");
}
