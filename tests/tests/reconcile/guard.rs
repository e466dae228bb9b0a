//! What bounds a run, over all paths and nights.

use e2e::{World, id_of, mark};
use serde_json::{Value, json};
use test_redis::{Persistence, TestRedis};

async fn approve(world: &World, hold: &Value) {
    let _ = world.cli(&["holds", "approve", &id_of(hold)]).await.expect_code(0);
}

/// 120 people in one department, in step.
async fn one_department() -> (World, Vec<String>) {
    let world = World::empty().await;
    let people = world.staff_with(120, json!({"department": {"name": "Old"}})).await;
    world.json(&["sync"], 0).await;
    (world, people)
}

async fn in_department(world: &World, name: &str) -> usize {
    world.linked().await.values().filter(|account| account["department"] == name).count()
}

#[tokio::test]
async fn a_renamed_department_is_one_question() {
    let (world, people) = one_department().await;
    let rename =
        json!({"action": "change", "who": {"ids": &people[..40]}, "with": {"department": {"name": "New"}}});
    world.bulk(rename).await;
    world.changed_silently(&people[3], json!({"job_title": "Other change"})).await;
    world.json(&["sync"], 0).await;
    let hold = world.hold().await;
    assert_eq!(hold["kind"], "attribute_wide", "{hold:#}");
    assert_eq!(in_department(&world, "New").await, 0, "nothing trickles through");
    assert_eq!(
        world.account_now(&people[3]).await["jobTitle"],
        "Other change",
        "a hold covers that change only"
    );
    let shown = world.cli(&["holds", "show", &id_of(&hold)]).await.expect_code(0).stdout;
    assert!(shown.contains("department") && shown.contains("40") && shown.contains(&people[39]), "{shown}");

    approve(&world, &hold).await;
    world.json(&["sync"], 0).await;
    assert_eq!(in_department(&world, "New").await, 40, "those who were listed");
    assert_eq!(world.holds().await, Vec::<Value>::new());
    assert_eq!(world.json(&["sync"], 0).await["counts"]["applied"], 0);
}

#[tokio::test]
async fn a_rejected_rename_stays_rejected() {
    let (world, people) = one_department().await;
    let rename =
        json!({"action": "change", "who": {"ids": &people[..30]}, "with": {"department": {"name": "New"}}});
    world.bulk(rename).await;
    world.json(&["sync"], 0).await;
    let _ = world.cli(&["holds", "reject", &id_of(&world.hold().await)]).await.expect_code(0);
    world.json(&["sync"], 0).await;
    assert_eq!(in_department(&world, "New").await, 0);
    assert_eq!(world.holds().await, Vec::<Value>::new(), "the answer was no");
}

#[tokio::test]
async fn one_attribute_cannot_trickle_past_the_limit_one_by_one() {
    let (world, people) = one_department().await;
    for person in &people[..14] {
        world.changed_silently(person, json!({"department": {"name": "New"}})).await;
        world.synced(person).await;
    }
    assert_eq!(in_department(&world, "New").await, 12, "a tenth of 120");
    assert_eq!(world.held("attribute_wide").await.len(), 1, "one item, however many join it");
    approve(&world, &world.hold().await).await;
    for person in &people[12..14] {
        world.synced(person).await;
    }
    assert_eq!(in_department(&world, "New").await, 14);
}

#[tokio::test]
async fn creations_beyond_the_limit_wait() {
    let mut world = World::empty().await;
    world.settings.file("[limits.creation]\ncount = 4\npercent = 1\n");
    world.hired_many(10, json!({})).await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.jumpcloud.accounts().await.len(), 4);
    let held = world.held("limit").await;
    assert_eq!(held.len(), 6);
    // A whole kind at once.
    let _ = world.cli(&["holds", "approve", "--kind", "limit", "--yes"]).await.expect_code(0);
    world.json(&["sync"], 0).await;
    assert_eq!(world.jumpcloud.accounts().await.len(), 10);
}

#[tokio::test]
async fn holds_of_one_run_are_rejected_at_once() {
    let mut world = World::empty().await;
    world.settings.file("[limits.creation]\ncount = 1\npercent = 0\n");
    world.hired_many(3, json!({})).await;
    let run = world.json(&["sync"], 0).await["run"].as_str().expect("a run").to_owned();
    let _ = world.cli(&["holds", "reject", "--run", &run, "--yes"]).await.expect_code(0);
    assert_eq!(world.holds().await, Vec::<Value>::new());
    world.json(&["sync"], 0).await;
    assert_eq!(world.jumpcloud.accounts().await.len(), 1);
}

#[tokio::test]
async fn the_limit_is_known_again_after_redis_lost_everything() {
    let redis = TestRedis::private(Persistence::EverySecond).await;
    let world = World::on(redis, &[], &[]).await;
    let people = world.staff(20).await;
    world.end(&people[..3], "2026-05-01").await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.suspended(&people).await.len(), 3);

    let mut redis = world.redis.connection().await;
    redis::cmd("FLUSHALL").query_async::<()>(&mut redis).await.expect("Redis forgets");
    world.end(&people[3..5], "2026-05-01").await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.suspended(&people).await.len(), 3, "the marks in JumpCloud are dated");
    assert_eq!(world.held("limit").await.len(), 2);
}

#[tokio::test]
async fn what_another_writer_restores_is_left_to_a_decision() {
    let world = World::empty().await;
    let people = world.staff(20).await;
    world.json(&["sync"], 0).await;
    world.changed_silently(&people[0], json!({"job_title": "From Deel"})).await;
    world.json(&["sync"], 0).await;
    world.jumpcloud.call("POST", "/_sim/restore", None).await;
    let before = world.written().await;
    world.json(&["sync"], 0).await;
    let hold = world.hold().await;
    assert_eq!(hold["kind"], "contested", "{hold:#}");
    assert_eq!(world.written().await, before, "not written again");
    world.json(&["sync"], 0).await;
    assert_eq!(world.written().await, before, "nor the next time");

    // A new value in Deel is nobody's restoration.
    world.changed_silently(&people[0], json!({"job_title": "Newer"})).await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.account_now(&people[0]).await["jobTitle"], "Newer");
    assert_eq!(world.holds().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_suspension_that_somebody_undid_is_an_alarm_and_not_a_fight() {
    let world = World::empty().await;
    let people = world.staff(20).await;
    world.end(&people[..1], "2026-05-01").await;
    world.json(&["sync"], 0).await;
    assert!(mark(&world.account_now(&people[0]).await).is_some());
    world.jumpcloud.call("POST", "/_sim/restore", None).await;
    assert_eq!(world.state(&people[0]).await, "ACTIVATED");
    world.json(&["sync"], 0).await;
    let hold = world.hold().await;
    assert_eq!((&hold["kind"], &hold["leaver"]), (&json!("contested"), &json!(true)), "{hold:#}");
    assert_eq!(world.state(&people[0]).await, "ACTIVATED");
    approve(&world, &hold).await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.state(&people[0]).await, "SUSPENDED");
}

/// Sets the custom attribute by hand, as an administrator would in JumpCloud.
async fn hold_by_hand(world: &World, person: &str, value: &str) {
    let account = id_of(&world.account_now(person).await);
    let attributes =
        json!({"attributes": [{"name": "badge", "value": "7"}, {"name": "deelsyncHold", "value": value}]});
    world.jumpcloud.edit(&account, attributes).await;
}

#[tokio::test]
async fn a_hold_in_jumpcloud_is_respected_until_it_ends() {
    let world = World::empty().await;
    let people = world.staff(20).await;
    world.json(&["sync"], 0).await;
    hold_by_hand(&world, &people[0], "until=2999-01-01 reason=legal").await;
    hold_by_hand(&world, &people[1], "do not touch").await;
    hold_by_hand(&world, &people[2], "until=2020-01-01T00:00:00Z reason=over").await;
    let change = json!({"action": "change", "who": {"ids": &people[..3]}, "with": {"job_title": "New"}});
    world.bulk(change).await;
    world.json(&["sync"], 0).await;
    let title = async |person: &str| world.account_now(person).await["jobTitle"].clone();
    assert_ne!(title(&people[0]).await, "New");
    assert_ne!(title(&people[1]).await, "New");
    assert_eq!(title(&people[2]).await, "New", "what is over is over");

    // A leaver who is held is an alarm, on every path.
    world.end(&people[..1], "2026-05-01").await;
    world.synced(&people[0]).await;
    assert_eq!(world.state(&people[0]).await, "ACTIVATED");
    let hold = world.hold().await;
    assert_eq!((&hold["kind"], &hold["leaver"]), (&json!("manual_hold"), &json!(true)), "{hold:#}");
    // An order goes past it.
    let _ = world.cli(&["suspend", &people[0], "--reason", "legal agreed"]).await.expect_code(0);
    assert_eq!(world.state(&people[0]).await, "SUSPENDED");
}

#[tokio::test]
async fn a_hold_can_be_set_and_lifted_from_here() {
    let world = World::empty().await;
    let people = world.staff(5).await;
    world.json(&["sync"], 0).await;
    let _ = world
        .cli(&["holds", "put", &people[0], "--reason", "parental leave", "--until", "2999-01-01"])
        .await
        .expect_code(0);
    let account = world.account_now(&people[0]).await;
    assert!(account["attributes"].to_string().contains("deelsyncHold"), "{account:#}");
    world.changed_silently(&people[0], json!({"job_title": "New"})).await;
    world.json(&["sync"], 0).await;
    assert_ne!(world.account_now(&people[0]).await["jobTitle"], "New");
    let _ = world.cli(&["holds", "lift", &people[0]]).await.expect_code(0);
    world.json(&["sync"], 0).await;
    assert_eq!(world.account_now(&people[0]).await["jobTitle"], "New");
}
