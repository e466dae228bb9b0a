//! Taking back what a run did, field by field, where nobody has changed it since.

use e2e::{World, id_of, mark};
use serde_json::json;

#[tokio::test]
async fn field_by_field_and_not_where_somebody_has_changed_it_since() {
    let world = World::empty().await;
    let people = world.staff(20).await;
    world.json(&["sync"], 0).await;
    let before = world.account_now(&people[0]).await;
    for person in &people[..2] {
        world.changed_silently(person, json!({"job_title": "Wrong", "department": {"name": "Wrong"}})).await;
    }
    world.end(&people[2..3], "2026-05-01").await;
    let run = world.json(&["sync"], 0).await["run"].as_str().expect("a run").to_owned();
    assert_eq!(world.account_now(&people[0]).await["jobTitle"], "Wrong");
    let second = id_of(&world.account_now(&people[1]).await);
    world.jumpcloud.edit(&second, json!({"jobTitle": "By hand"})).await;

    let shown = world.cli(&["undo", &run]).await;
    assert!(shown.stdout.contains("Wrong"), "the plan comes first:\n{}{}", shown.stdout, shown.stderr);
    assert_eq!(world.account_now(&people[0]).await["jobTitle"], "Wrong", "and nobody said yes");

    let undone = world.answering(&["undo", &run], "y\n").await.expect_code(0);
    assert!(undone.stdout.contains("Wrong"), "the plan, and then the answer: {}", undone.stdout);
    let first = world.account_now(&people[0]).await;
    assert_eq!((&first["jobTitle"], &first["department"]), (&before["jobTitle"], &before["department"]));
    let second = world.account_now(&people[1]).await;
    assert_eq!(second["jobTitle"], "By hand", "{}", undone.stdout);
    assert_ne!(second["department"], "Wrong", "the other field is as it was");
    let third = world.account_now(&people[2]).await;
    assert_eq!((third["state"].as_str(), mark(&third)), (Some("ACTIVATED"), None));

    // No run does it again until Deel says something new.
    let written = world.written().await;
    let synced = world.json(&["sync"], 0).await;
    let again = world.jumpcloud.journal_since(written).await;
    let by_hand = |write: &serde_json::Value| {
        write["account"] == second["_id"] && write["body"] == json!({"jobTitle": "Wrong"})
    };
    assert!(again.iter().all(by_hand), "only what somebody set by hand is drift: {synced:#}\n{again:#?}");
    world.changed_silently(&people[0], json!({"job_title": "Right"})).await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.account_now(&people[0]).await["jobTitle"], "Right");
}

#[tokio::test]
async fn a_run_of_one_person_can_be_taken_back_too() {
    let world = World::empty().await;
    let people = world.staff(10).await;
    world.json(&["sync"], 0).await;
    world.changed_silently(&people[0], json!({"job_title": "Wrong"})).await;
    let run = world.synced(&people[0]).await["run"].as_str().expect("a run").to_owned();
    let _ = world.cli(&["undo", &run, "--yes"]).await.expect_code(0);
    assert_ne!(world.account_now(&people[0]).await["jobTitle"], "Wrong");
    let unknown = world.cli(&["undo", "01J00000000000000000000000", "--yes"]).await.expect_code(1);
    assert!(unknown.stderr.contains("01J00000000000000000000000"), "{}", unknown.stderr);
}
