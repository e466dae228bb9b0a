//! HR's mistake: half of the company turns inactive at once.

use e2e::{World, id_of};
use serde_json::{Value, json};

/// 1,000 people in step, of whom five suspensions a day are allowed.
async fn company() -> (World, Vec<String>) {
    let mut world = World::empty().await;
    world.settings.file("[limits.suspension]\ncount = 3\npercent = 0.5\n");
    let people = world.staff(1000).await;
    let synced = world.json(&["sync"], 0).await;
    assert_eq!((&synced["end"], &synced["counts"]["in_sync"]), (&json!("done"), &json!(1000)), "{synced:#}");
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new(), "in step from the beginning");
    (world, people)
}

#[tokio::test]
async fn five_hundred_leave_at_once_and_five_are_suspended() {
    let (mut world, people) = company().await;
    // Among the 500 are five whose last day was long ago.
    let (gone, late) = (&people[200..700], &people[440..445]);
    world.end(gone, "2026-05-01").await;
    world.bulk(json!({"action": "rehire", "who": {"ids": late}})).await;
    world.end(late, "2020-03-01").await;
    let hires = world.hired_many(20, json!({"first_name": "New{n}", "last_name": "Hire"})).await;

    let synced = world.json(&["sync"], 0).await;
    assert_eq!(
        world.suspended(&people).await,
        late,
        "the configured few, the earliest last day first: {synced:#}"
    );
    assert_eq!(synced["counts"]["held"], 495, "{synced:#}");
    let held = world.held("limit").await;
    assert_eq!(held.len(), 495);
    assert!(held.iter().all(|hold| hold["leaver"] == true), "each is urgent");
    let linked = world.linked().await;
    for hire in &hires {
        assert!(linked.contains_key(hire), "the real hires of that night are created");
    }

    // The next night there would be room: nobody said yes, so nothing happens.
    world.settings.set("DEELSYNC_LIMITS_SUSPENSION_COUNT", "600");
    let again = world.json(&["sync"], 0).await;
    assert_eq!(
        (&again["counts"]["applied"], &again["counts"]["new_holds"]),
        (&json!(0), &json!(0)),
        "{again:#}"
    );
    assert_eq!(world.suspended(&people).await, late);
    assert_eq!(world.held("limit").await.len(), 495);

    // One is approved, and only that one is suspended.
    let one = held.iter().find(|hold| hold["person"] == people[200].as_str()).expect("a hold for the first");
    let _ = world.cli(&["holds", "approve", &id_of(one)]).await.expect_code(0);
    world.json(&["sync"], 0).await;
    assert_eq!(world.suspended(&people).await.len(), 6);
    assert_eq!(world.state(&people[200]).await, "SUSPENDED");

    // HR takes it all back: whom we suspended returns, and nothing waits any more.
    world.bulk(json!({"action": "rehire", "who": {"ids": gone}})).await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.held("limit").await, Vec::<Value>::new(), "nobody asks any more");
}

#[tokio::test]
async fn the_run_is_taken_back() {
    let (world, people) = company().await;
    world.end(&people[..400], "2026-05-01").await;
    let hires = world.hired_many(3, json!({})).await;
    let synced = world.json(&["sync"], 0).await;
    let suspended = world.suspended(&people).await;
    assert_eq!(suspended.len(), 5);
    let run = synced["run"].as_str().expect("the run's id").to_owned();

    // It says what it would do, and does nothing without a yes.
    let asked = world.cli(&["undo", &run]).await;
    assert_ne!(asked.code, Some(0), "nobody is at the terminal to say yes: {}", asked.stdout);
    assert_eq!(world.suspended(&people).await.len(), 5);

    let _ = world.cli(&["undo", &run, "--yes"]).await.expect_code(0);
    assert_eq!(world.suspended(&people).await, Vec::<String>::new());
    for person in &suspended {
        assert_eq!(world.state(person).await, "ACTIVATED");
    }
    // Nothing is deleted: who was created is there still, without access.
    let linked = world.linked().await;
    for hire in &hires {
        assert_ne!(linked[hire]["state"], "ACTIVATED");
    }
    // And the next run does not do it again.
    world.json(&["sync"], 0).await;
    assert_eq!(world.suspended(&suspended).await, Vec::<String>::new());
}
