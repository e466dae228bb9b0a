//! `plan`, `sync`, `apply` and `runs` of everyone.

use std::os::unix::fs::PermissionsExt as _;

use e2e::{World, somebody};
use serde_json::{Value, json};

/// Three hires that nobody was told of.
async fn three_hires() -> (World, Vec<String>) {
    let world = World::empty().await;
    let mut people = Vec::new();
    for (first, last) in [("Ada", "One"), ("Bea", "Two"), ("Cleo", "Three")] {
        people.push(world.hired_silently(somebody(first, last)).await);
    }
    (world, people)
}

fn plan_file(world: &World) -> String {
    world.settings.folder().join("plan.json").display().to_string()
}

#[tokio::test]
async fn a_plan_of_everyone_is_read_from_the_counts_down_and_writes_nothing() {
    let (world, people) = three_hires().await;
    let planned = world.cli(&["plan"]).await.expect_code(2);
    let text = &planned.stdout;
    assert!(text.starts_with("3 people in Deel, 0 accounts in JumpCloud, 0 linked\n"), "{text}");
    for words in
        ["3  creations", "Creations (3)", "Ada One, ada.one, ", "ada.one@example.com, STAGED", &people[0]]
    {
        assert!(text.contains(words), "{words}:\n{text}");
    }
    assert!(planned.stderr.contains("listing: "), "progress is told on stderr: {}", planned.stderr);
    let document = world.json(&["plan"], 2).await;
    assert_eq!(
        (&document["pending"], &document["counts"]["people"]),
        (&json!(true), &json!(3)),
        "{document:#}"
    );
    assert_eq!(document["people"].as_array().map(Vec::len), Some(3), "{document:#}");
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new());
    assert_eq!(world.json(&["queue", "list"], 0).await["total"], 0);
    assert_eq!(world.json(&["runs"], 0).await, json!([]), "a plan is no run");
}

#[tokio::test]
async fn a_sync_of_everyone_needs_no_worker_and_tells_its_end() {
    let (world, people) = three_hires().await;
    let synced = world.cli(&["sync"]).await.expect_code(0);
    assert!(synced.stdout.starts_with("Everyone was compared"), "{}", synced.stdout);
    assert!(synced.stdout.contains("3  changed"), "{}", synced.stdout);
    assert_eq!(world.jumpcloud.accounts().await.len(), 3);
    let again = world.json(&["sync"], 0).await;
    assert_eq!(
        (&again["end"], &again["counts"]["in_sync"], &again["joined"]),
        (&json!("done"), &json!(3), &json!(false)),
        "{again:#}"
    );
    let planned = world.cli(&["plan"]).await.expect_code(0);
    assert!(planned.stdout.contains("In sync: there is nothing to do."), "{}", planned.stdout);

    let runs = world.json(&["runs"], 0).await;
    assert_eq!(runs.as_array().map(Vec::len), Some(2), "{runs:#}");
    assert_eq!(runs[0]["run"], again["run"], "the newest first");
    let first = runs[1]["run"].as_str().expect("an id");
    let shown = world.json(&["runs", "show", first], 0).await;
    assert_eq!(shown["people"].as_array().map(Vec::len), Some(3), "{shown:#}");
    let shown = world.cli(&["runs", "show", first]).await.expect_code(0).stdout;
    for words in ["operator:sync", "done", people[0].as_str(), "creation", "Ada One", "ada.one"] {
        assert!(shown.contains(words), "{words}:\n{shown}");
    }
    let listed = world.cli(&["runs", "list", "--limit", "1"]).await.expect_code(0).stdout;
    assert!(!listed.contains(first) && listed.contains("operator:sync"), "{listed}");
    let unknown = world.cli(&["runs", "show", "nothing"]).await.expect_code(1);
    assert!(unknown.stderr.contains("no run nothing"), "{}", unknown.stderr);
    world.changed_silently(&people[0], json!({"job_title": "Captain"})).await;
    let changed = world.json(&["sync"], 0).await;
    let undone = world.json(&["undo", changed["run"].as_str().expect("an id"), "--yes"], 0).await;
    let listed = world.cli(&["runs"]).await.expect_code(0).stdout;
    assert!(listed.contains("operator:undo"), "an undo is a run: {undone:#}\n{listed}");
}

#[tokio::test]
async fn a_sync_that_holds_something_says_so_and_ends_with_0() {
    let mut world = World::empty().await;
    world.settings.file("[limits.creation]\ncount = 1\npercent = 0\n");
    for (first, last) in [("Ada", "One"), ("Bea", "Two")] {
        world.hired_silently(somebody(first, last)).await;
    }
    let planned = world.cli(&["plan"]).await.expect_code(2).stdout;
    assert!(planned.contains("Held: creation as limit (1)"), "{planned}");
    let synced = world.cli(&["sync"]).await.expect_code(0).stdout;
    assert!(synced.contains("1  changed") && synced.contains("1  held for a decision"), "{synced}");
    assert!(synced.contains("deelsync holds list"), "{synced}");
    assert_eq!(world.holds().await.len(), 1);
    let planned = world.cli(&["plan"]).await.expect_code(2).stdout;
    assert!(planned.contains("deelsync holds show"), "{planned}");
}

#[tokio::test]
async fn observe_mode_plans_everyone_and_says_so() {
    let (mut world, _) = three_hires().await;
    world.settings.set("DEELSYNC_MODE", "observe");
    let synced = world.cli(&["sync"]).await.expect_code(0).stdout;
    assert!(synced.contains("Observe mode: nothing was written"), "{synced}");
    assert!(synced.contains("3  would be changed"), "{synced}");
    let planned = world.cli(&["plan", "--out", &plan_file(&world)]).await.expect_code(2).stdout;
    assert!(planned.contains("Observe mode: nothing is written until"), "{planned}");
    let refused = world.cli(&["apply", &plan_file(&world)]).await.expect_code(1);
    assert!(refused.stderr.contains("observe mode"), "{}", refused.stderr);
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_saved_plan_is_private_and_applied_exactly() {
    let (world, people) = three_hires().await;
    let file = plan_file(&world);
    let _ = world.cli(&["plan", "--out", &file]).await.expect_code(2);
    let mode = std::fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let taken = world.cli(&["plan", "--out", &file]).await.expect_code(1);
    assert!(
        taken.stderr.contains("is there already") && taken.stderr.contains("--force"),
        "{}",
        taken.stderr
    );
    let _ = world.cli(&["plan", "--out", &file, "--force"]).await.expect_code(2);

    // One changes, one is new: the first is refused and listed, the second is not in the plan.
    world.changed_silently(&people[0], json!({"last_name": "Renamed"})).await;
    world.hired_silently(somebody("Too", "Late")).await;
    let applied = world.cli(&["apply", &file]).await.expect_code(1).stdout;
    let again = world.cli(&["apply", &file]).await.expect_code(1).stdout;
    assert!(again.contains("nothing of this is left to do, perhaps it was done before: creation"), "{again}");
    assert!(applied.contains("3 changes for 3 people"), "{applied}");
    assert!(applied.contains("2 applied") && applied.contains("1 refused"), "{applied}");
    assert!(applied.contains("refused: Ada One"), "{applied}");
    assert_eq!(world.jumpcloud.accounts().await.len(), 2);
    for person in &people[1..] {
        world.account_now(person).await;
    }
}

#[tokio::test]
async fn a_plan_that_was_edited_or_is_too_old_is_refused_as_a_whole() {
    let (world, _) = three_hires().await;
    let file = plan_file(&world);
    let _ = world.cli(&["plan", "--out", &file]).await.expect_code(2);
    let text = std::fs::read_to_string(&file).expect("the plan");
    std::fs::write(&file, text.replace("ada.one", "eve.one")).expect("it can be written");
    let refused = world.cli(&["apply", &file]).await.expect_code(1);
    assert!(refused.stderr.contains("was changed after it was made"), "{}", refused.stderr);
    std::fs::write(&file, &text).expect("it can be written");
    let refused = world.cli(&["apply", &file, "--max-age", "1ms"]).await.expect_code(1);
    assert!(refused.stderr.contains("plan again"), "{}", refused.stderr);
    for wrong in ["-1h", "0s", "soon"] {
        let _ = world.cli(&["apply", &file, &format!("--max-age={wrong}")]).await.expect_code(64);
    }
    std::fs::write(&file, "{}").expect("it can be written");
    let refused = world.cli(&["apply", &file]).await.expect_code(1);
    assert!(refused.stderr.contains("not a plan file"), "{}", refused.stderr);
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_cannot_be_right_is_refused_and_says_why() {
    let (world, people) = three_hires().await;
    let _ = world.cli(&["sync"]).await.expect_code(0);
    let before = world.jumpcloud.journal().await.len();
    for person in &people {
        world
            .deel
            .call("POST", &format!("/_sim/people/{person}/remove"), Some(json!({"silent": true})))
            .await;
    }
    let planned = world.cli(&["plan", "--out", &plan_file(&world)]).await.expect_code(1);
    assert!(planned.stdout.starts_with("REFUSED"), "{}", planned.stdout);
    assert!(
        planned.stderr.contains("Refused: ") && planned.stderr.contains("No plan file"),
        "{}",
        planned.stderr
    );
    let document = world.json(&["plan"], 1).await;
    assert!(document["refused"].is_string(), "{document:#}");
    let synced = world.cli(&["sync"]).await.expect_code(1).stdout;
    assert!(synced.starts_with("REFUSED: nothing was changed"), "{synced}");
    let runs = world.json(&["runs"], 0).await;
    assert_eq!(runs[0]["ended"], "refused", "{runs:#}");
    assert_eq!(world.jumpcloud.journal().await.len(), before, "the directory is as it was");
    assert!(!std::path::Path::new(&plan_file(&world)).exists());
}

#[tokio::test]
async fn who_cannot_be_read_is_named_and_nobody_is_told_that_all_is_in_sync() {
    let (world, people) = three_hires().await;
    let _ = world.cli(&["sync"]).await.expect_code(0);
    let odd = &people[1];
    world.changed_silently(odd, json!({"termination_last_day": "soon"})).await;
    let planned = world.cli(&["plan"]).await.expect_code(1).stdout;
    assert!(planned.contains("cannot be read"), "{planned}");
    assert!(planned.contains(odd.as_str()) && !planned.contains("In sync"), "{planned}");
    let document = world.json(&["plan"], 1).await;
    assert_eq!((&document["unreadable"], &document["counts"]["failed"]), (&json!([odd]), &json!(1)));
}

#[tokio::test]
async fn for_programs_every_refusal_is_a_document() {
    let world = World::empty().await;
    let nobody = ["suspend", "nobody-we-know", "--reason", "test"];
    for (arguments, words) in [
        (&["plan", "--set", "sync.mode=both"][..], "configuration"),
        (&["apply", "no-such-file.json"][..], "no-such-file"),
        (&nobody[..], "nobody-we-know"),
        (&["holds", "show", "nothing"][..], "nothing"),
        (&["undo", "01J00000000000000000000000", "--yes"][..], "01J0"),
    ] {
        let document = world.json(arguments, 1).await;
        let error = document["error"].as_str().unwrap_or_else(|| panic!("{arguments:?}: {document:#}"));
        assert!(error.contains(words), "{arguments:?}: {error}");
    }
    let _ = world.cli(&["pause", "--reason", "test"]).await.expect_code(0);
    for arguments in [&["sync"][..], &["sync", "--person", "nobody-we-know"][..], &["sync", "--no-wait"][..]]
    {
        let document = world.json(arguments, 1).await;
        assert!(document["error"].as_str().is_some_and(|error| error.contains("paused")), "{document:#}");
    }
}

#[tokio::test]
async fn what_no_command_can_mean_is_wrong_usage() {
    let world = World::empty().await;
    for wrong in [
        &["run", "--mode", "nope"][..],
        &["serve", "--listen", "somewhere"][..],
        &["plan", "--person", ""][..],
        &["sync", "--person", " "][..],
        &["suspend", "", "--reason", "test"][..],
        &["holds", "list", "--person", ""][..],
    ] {
        let _ = world.cli(wrong).await.expect_code(64);
    }
}

#[tokio::test]
async fn asking_without_waiting_is_a_job_for_the_workers() {
    let (world, _) = three_hires().await;
    let asked = world.json(&["sync", "--no-wait"], 0).await;
    assert_eq!((&asked["joined"], &asked["workers"]), (&json!(false), &json!(0)), "{asked:#}");
    let asked = world.cli(&["sync", "--no-wait"]).await.expect_code(0).stdout;
    assert!(asked.contains("asked for already") && asked.contains("No worker runs"), "{asked}");
    assert_eq!(world.job_keys("waiting").await, ["reconcile"]);
    let _running = world.run().await;
    harness::eventually("everyone has an account", e2e::SOON, async || {
        (world.jumpcloud.accounts().await.len() == 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_nobody_can_decide_is_left_alone_and_not_pending() {
    let world = World::empty().await;
    let (boss, account) = world.created(somebody("Root", "Boss")).await;
    let (plain, _) = world.created(somebody("Plain", "One")).await;
    world
        .jumpcloud
        .edit(&e2e::id_of(&account), json!({"admin": {"id": "a1", "email": "x@example.com"}}))
        .await;
    world.terminated_silently(&boss, json!({"at_once": true})).await;
    for _ in 0..2 {
        let planned = world.cli(&["plan"]).await.expect_code(0).stdout;
        for words in [
            "1  left alone (1 administrator)",
            "Left alone",
            "nothing to decide",
            "Leavers who keep access (1)",
        ] {
            assert!(planned.contains(words), "{words}:\n{planned}");
        }
        assert!(!planned.contains("held for a decision"), "{planned}");
        let planned = world.cli(&["plan", "--person", &boss]).await.expect_code(0).stdout;
        assert!(planned.contains("Left alone as administrator"), "{planned}");
        let document = world.json(&["plan"], 0).await;
        assert_eq!(
            (&document["pending"], &document["counts"]["held"]),
            (&json!(false), &json!(1)),
            "{document:#}"
        );
        assert_eq!(document["counts"]["left_alone"], 1, "{document:#}");
        let held =
            document["people"].as_array().and_then(|people| people.iter().find(|one| one["person"] == *boss));
        assert_eq!(held.map(|one| &one["held"][0]["approvable"]), Some(&json!(false)), "{document:#}");
        let synced = world.cli(&["sync"]).await.expect_code(0).stdout;
        assert!(synced.contains("1  left alone") && !synced.contains("held for a decision"), "{synced}");
    }
    // What waits for a decision is pending, and no more once somebody said no.
    world.changed_silently(&plain, json!({"work_email": "plain.other@example.com"})).await;
    let _ = world.json(&["plan"], 2).await;
    let _ = world.cli(&["sync"]).await.expect_code(0);
    let held = world.held("email_change").await;
    let _ = world.cli(&["holds", "reject", &e2e::id_of(&held[0])]).await.expect_code(0);
    let planned = world.cli(&["plan"]).await.expect_code(0).stdout;
    assert!(planned.contains("1  rejected"), "{planned}");
}

#[tokio::test]
async fn a_creation_whose_name_somebody_elses_account_has_is_pointed_out() {
    let world = World::empty().await;
    let by_hand = json!({
        "username": "adaone", "email": "ada@elsewhere.example.com", "firstname": "ADA", "lastname": "One",
    });
    world.jumpcloud.seed(by_hand).await;
    for (first, last) in [("Ada", "One"), ("Bea", "Two")] {
        world.hired_silently(somebody(first, last)).await;
    }
    let planned = world.cli(&["plan"]).await.expect_code(2).stdout;
    let hints = planned.matches("an account with this name exists and is not linked: adaone").count();
    assert_eq!(hints, 1, "{planned}");
}
