//! The first hour on 400 accounts that are there already, as README.md and docs/migrate.md walk through it.

use e2e::{World, id_of};
use serde_json::{Value, json};

#[tokio::test]
async fn four_hundred_accounts_are_adopted_without_a_surprise() {
    let mut world =
        World::with(&["--people", "400", "--seed", "1"], &["--accounts", "400", "--seed", "1"]).await;
    let started = world.directory().await;

    // 1. Check, in observe mode, which is the default.
    world.settings.unset("DEELSYNC_MODE");
    let checked = world.cli(&["check"]).await.expect_code(0);
    assert!(checked.stdout.contains("observe"), "{}", checked.stdout);

    // 2. Plan: to look at, and to a file.
    let file = world.settings.folder().join("first.json").display().to_string();
    let planned = world.cli(&["plan"]).await.expect_code(2).stdout;
    let _ = world.cli(&["plan", "--out", &file]).await.expect_code(2);
    for word in ["adoption", "accounts that nobody in Deel owns", "leavers who keep access"] {
        assert!(planned.contains(word), "{word} is not in:\n{planned}");
    }
    // A sync in observe mode says so and writes nothing either.
    let observed = world.cli(&["sync"]).await.expect_code(0);
    assert!((observed.stdout + &observed.stderr).contains("Observe mode: nothing was written"));
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new());
    assert_eq!(world.directory().await, started);

    // 6. Decide: the first sync links nobody by itself, and creates those who have no account.
    world.settings.set("DEELSYNC_MODE", "enforce");
    let first = world.json(&["sync"], 0).await;
    let known: Vec<String> = started.iter().map(id_of).collect();
    let writes = world.jumpcloud.journal().await;
    let touched = writes
        .iter()
        .filter(|write| write["account"].as_str().is_some_and(|id| known.iter().any(|k| k == id)));
    assert_eq!(touched.count(), 0, "accounts that were there are as they were: {first:#}");
    assert!(!writes.is_empty(), "whoever has none gets one");
    let adoptions = world.json(&["holds", "list", "--kind", "adoption"], 0).await;
    // A leaver's is two: the link, and the suspension that needs it.
    let links = |hold: &&Value| hold["step"]["change"]["link"].is_object();
    let adoptions = adoptions.as_array().map_or(0, |all| all.iter().filter(links).count());
    assert!(adoptions > 200, "{adoptions}");

    // The report is reviewed, and agreed to.
    let _ = world.cli(&["holds", "approve", "--kind", "adoption", "--yes"]).await.expect_code(0);
    // 7. Sync again; Deel's values are compared now, and attribute by attribute they are questions.
    world.json(&["sync"], 0).await;
    assert_eq!(world.held("adoption").await, Vec::<Value>::new());
    assert_eq!(world.linked().await.len(), adoptions + writes.len());
    let wide = world.held("attribute_wide").await;
    assert!(!wide.is_empty() && wide.len() <= 8, "a few questions, not four hundred: {}", wide.len());
    let asked: Vec<&Value> = wide.iter().map(|hold| &hold["wide"]["attribute"]).collect();
    for write in world.jumpcloud.journal().await.iter().skip(writes.len()) {
        for change in write["changes"].as_array().unwrap() {
            assert!(!asked.contains(&&change["field"]), "asked before the first is written: {write:#}");
        }
    }
    world.json(&["sync"], 0).await;
    assert_eq!(world.held("attribute_wide").await.len(), wide.len(), "the same questions");
    let _ = world.cli(&["holds", "approve", "--kind", "attribute_wide", "--yes"]).await.expect_code(0);

    // 8. The last one of the hour finds nothing left to do.
    world.json(&["sync"], 0).await;
    let last = world.json(&["sync"], 0).await;
    assert_eq!((&last["end"], &last["counts"]["applied"]), (&json!("done"), &json!(0)), "{last:#}");

    // No surprise: nothing was deleted or renamed, no administrator touched, nobody mailed, nobody suspended who works here.
    let ended = world.directory().await;
    assert!(ended.len() >= started.len());
    for before in &started {
        let after = ended.iter().find(|account| account["_id"] == before["_id"]).expect("nobody is deleted");
        assert_eq!(after["username"], before["username"]);
        for field in ["firstname", "lastname", "displayname"] {
            assert_eq!(after[field], before[field], "names are people's own");
        }
        if before["state"] == "STAGED" {
            assert_eq!(after["state"], "STAGED");
        }
    }
    for write in world.jumpcloud.journal().await {
        assert_eq!((&write["violations"], &write["mail"]), (&json!([]), &json!([])), "{write:#}");
    }
}

#[tokio::test]
async fn after_deels_own_connection_the_accounts_are_linked_already() {
    let world = World::with(
        &["--people", "120", "--seed", "3"],
        &["--accounts", "120", "--seed", "3", "--population", "linked"],
    )
    .await;
    let started = world.directory().await;
    let synced = world.json(&["sync"], 0).await;
    assert_eq!(synced["end"], "done", "{synced:#}");
    assert_eq!(world.held("adoption").await, Vec::<Value>::new());
    let states = |all: &[Value]| {
        all.iter().map(|account| (id_of(account), account["state"].clone())).collect::<Vec<_>>()
    };
    let ended = world.directory().await;
    assert_eq!(states(&ended), states(&started), "nobody changes state");
    // Whoever was suspended by the other connection and is hired again is a question.
    let people = world.deel.call("GET", "/_sim/people", None).await;
    let gone = people["people"].as_array().expect("people").iter().find(|person| {
        person["hiring_status"] == "inactive"
            && started.iter().any(|a| a["employeeIdentifier"] == person["id"])
    });
    let gone = id_of(gone.expect("somebody has left"));
    world.bulk(json!({"action": "rehire", "who": {"ids": [gone]}})).await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.held("foreign_suspension").await.len(), 1);
    assert_eq!(world.state(&gone).await, "SUSPENDED");
}
