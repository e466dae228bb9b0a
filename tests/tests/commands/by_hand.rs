//! `activate`, `undo`, `holds put` and `holds lift`.

use e2e::{World, custom, id_of, somebody};
use serde_json::{Value, json};

#[tokio::test]
async fn a_staged_account_is_activated_now_or_by_jumpcloud_later() {
    let world = World::empty().await;
    let (person, _) = world.created(somebody("Now", "Here")).await;
    let done = world.cli(&["activate", "now.here"]).await.expect_code(0);
    assert!(done.stdout.contains("state: \"STAGED\" → \"ACTIVATED\""), "{}", done.stdout);
    assert_eq!(world.state(&person).await, "ACTIVATED");
    let refused = world.cli(&["activate", &person]).await.expect_code(1);
    assert!(refused.stderr.contains("ACTIVATED already"), "{}", refused.stderr);

    let (person, account) = world.created(somebody("Later", "Then")).await;
    for (at, words) in [("2020-01-01T00:00:00Z", "at least one hour ahead"), ("2020-01-01", "one hour ahead")]
    {
        let refused = world.cli(&["activate", &person, "--at", at]).await.expect_code(1);
        assert!(refused.stderr.contains(words), "{}", refused.stderr);
    }
    let _ = world.cli(&["activate", &person, "--at", "soon"]).await.expect_code(64);
    let _ = world.cli(&["activate", &person, "--send-email-to", "nobody"]).await.expect_code(64);
    let at = "2999-01-01T08:00:00Z";
    let run = world.json(&["activate", &person, "--at", at], 0).await;
    assert_eq!(run["changes"][0]["fields"][0]["after"], at, "{run:#}");
    let jobs = world.scheduled().await;
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].0, id_of(&account));
    let again = world.cli(&["activate", &person, "--at", at]).await.expect_code(0);
    assert!(again.stdout.contains("Nothing had to be done"), "{}", again.stdout);
    let why = world.cli(&["why", &person]).await.expect_code(0).stdout;
    assert!(why.contains("operator:activate") && why.contains("scheduledActivation"), "{why}");
    let cancelled = world.cli(&["activate", &person, "--cancel"]).await.expect_code(0);
    assert!(cancelled.stdout.contains("cancel activation done"), "{}", cancelled.stdout);
    assert_eq!(world.scheduled().await, []);
}

#[tokio::test]
async fn a_run_is_taken_back_after_its_plan_was_shown() {
    let mut world = World::empty().await;
    let (person, _) = world.active(somebody("Undo", "Me")).await;
    world.changed_silently(&person, json!({"job_title": "Surveyor"})).await;
    let run = world.synced(&person).await["run"].as_str().expect("a run").to_owned();

    let asked = world.cli(&["undo", &run]).await.expect_code(1);
    assert!(asked.stdout.contains("jobTitle: \"Surveyor\" → \"Engineer\""), "{}", asked.stdout);
    assert!(asked.stderr.contains("--yes"), "nobody is there to say yes: {}", asked.stderr);
    assert_eq!(world.account_now(&person).await["jobTitle"], "Surveyor");
    world.settings.set("DEELSYNC_MODE", "observe");
    let planned = world.json(&["undo", &run, "--yes"], 0).await;
    assert_eq!((&planned["mode"], &planned["undone"]), (&json!("observe"), &Value::Null), "{planned:#}");
    assert_eq!(world.account_now(&person).await["jobTitle"], "Surveyor");
    world.settings.set("DEELSYNC_MODE", "enforce");

    let undone = world.json(&["undo", &run, "--yes"], 0).await;
    assert_eq!(undone["undone"]["people"][0]["record"]["outcome"], "applied", "{undone:#}");
    assert_eq!(world.account_now(&person).await["jobTitle"], "Engineer");
    assert_eq!(world.synced(&person).await["outcome"], "held");
    assert_eq!(world.account_now(&person).await["jobTitle"], "Engineer", "no sync does it again");
    let why = world.cli(&["why", &person]).await.expect_code(0).stdout;
    assert!(why.contains(&format!("taking back run {run}")), "{why}");
    let all = world.cli(&["holds", "list", "--all"]).await.expect_code(0).stdout;
    assert!(all.contains("undone") && all.contains("rejected"), "{all}");

    let nothing = world.cli(&["undo", &run, "--yes"]).await.expect_code(0);
    assert!(nothing.stdout.contains("wrote it since"), "{}", nothing.stdout);
    let unknown = world.cli(&["undo", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]).await.expect_code(1);
    assert!(unknown.stderr.contains("no run"), "{}", unknown.stderr);
}

#[tokio::test]
async fn a_hold_stands_on_the_account_beside_what_others_keep_there() {
    let world = World::empty().await;
    let (person, account) = world.active(somebody("Hold", "Still")).await;
    let badge = json!({"attributes": [{"name": "badge", "value": "17"}]});
    world.jumpcloud.edit(&id_of(&account), badge).await;
    let until = "2999-01-01T00:00:00Z";
    let put = world.cli(&["holds", "put", &person, "--reason", "legal case", "--until", until]).await;
    assert!(put.expect_code(0).stdout.contains("manual hold done"));
    let account = world.account_now(&person).await;
    assert_eq!(custom(&account, "deelsyncHold"), Some("until=2999-01-01T00:00:00Z reason=legal case"));
    assert_eq!(custom(&account, "badge"), Some("17"));
    let why = world.cli(&["why", &person]).await.expect_code(0).stdout;
    assert!(why.contains("operator:hold") && why.contains("legal case"), "{why}");

    let _ = world.cli(&["holds", "lift", &person]).await.expect_code(0);
    let account = world.account_now(&person).await;
    assert_eq!(custom(&account, "deelsyncHold"), None);
    assert_eq!(custom(&account, "badge"), Some("17"));
    let none = world.cli(&["holds", "lift", &person]).await.expect_code(1);
    assert!(none.stderr.contains("no manual hold"), "{}", none.stderr);
    let past = world.cli(&["holds", "put", &person, "--reason", "x", "--until", "2020-01-01"]).await;
    assert!(past.expect_code(1).stderr.contains("is past"));

    let nobody =
        world.hired_silently(json!({"first_name": "No", "last_name": "Account", "emails": []})).await;
    let refused = world.cli(&["holds", "put", &nobody, "--reason", "x"]).await.expect_code(1);
    assert!(refused.stderr.contains("sync.excluded"), "{}", refused.stderr);
}
