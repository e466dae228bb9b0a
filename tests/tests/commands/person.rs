//! `plan --person` and `sync --person`.

use e2e::{World, id_of, somebody};
use harness::free_port;
use serde_json::{Value, json};

#[tokio::test]
async fn a_plan_says_what_would_be_done_and_does_nothing() {
    let world = World::empty().await;
    let person = world.hired_silently(somebody("Plan", "Ned")).await;
    let planned = world.cli(&["plan", "--person", &person]).await.expect_code(2);
    for word in [person.as_str(), "plan.ned", "plan.ned@example.com", "Changes pending"] {
        assert!(planned.stdout.contains(word), "{word}:\n{}", planned.stdout);
    }
    let planned = world.json(&["plan", "--person", &person], 2).await;
    assert_eq!((&planned["pending"], &planned["mode"]), (&json!(true), &json!("enforce")));
    assert_eq!(planned["apply"].as_array().map(Vec::len), Some(1), "{planned:#}");
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new());
    assert_eq!(world.job_keys("waiting").await, Vec::<String>::new());

    world.synced(&person).await;
    let planned = world.cli(&["plan", "--person", &person]).await.expect_code(0);
    assert!(planned.stdout.contains("In sync"), "{}", planned.stdout);
    let planned = world.json(&["plan", "--person", &person], 0).await;
    assert_eq!((&planned["pending"], &planned["apply"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn a_plan_of_something_to_decide_is_pending_and_makes_no_hold() {
    let world = World::empty().await;
    let (person, _) = world.created(somebody("Wed", "Ding")).await;
    world.changed_silently(&person, json!({"work_email": "wed.newname@example.com"})).await;
    let planned = world.json(&["plan", "--person", &person], 2).await;
    assert_eq!(planned["held"][0]["kind"], "email_change", "{planned:#}");
    assert_eq!(planned["apply"], json!([]));
    assert_eq!(world.holds().await, Vec::<Value>::new(), "only a sync puts a hold on record");
    let planned = world.cli(&["plan", "--person", &person]).await.expect_code(2);
    assert!(planned.stdout.contains("would be held as email_change"), "{}", planned.stdout);
}

#[tokio::test]
async fn a_sync_tells_each_field_and_ends_with_0() {
    let world = World::empty().await;
    let (person, account) = world.created(somebody("Field", "Worker")).await;
    world.changed_silently(&person, json!({"job_title": "Surveyor"})).await;
    let synced = world.cli(&["sync", "--person", &person]).await.expect_code(0);
    assert!(synced.stdout.contains("is brought in sync"), "{}", synced.stdout);
    assert!(synced.stdout.contains("jobTitle: \"Engineer\" → \"Surveyor\""), "{}", synced.stdout);
    assert!(synced.stdout.contains(&id_of(&account)), "{}", synced.stdout);
    let again = world.cli(&["sync", "--person", &person]).await.expect_code(0);
    assert!(again.stdout.contains("is in sync"), "{}", again.stdout);
}

#[tokio::test]
async fn what_is_held_is_said_and_ends_with_0() {
    let world = World::empty().await;
    let (person, _) = world.created(somebody("Held", "Back")).await;
    world.changed_silently(&person, json!({"work_email": "other@example.com"})).await;
    let synced = world.cli(&["sync", "--person", &person]).await.expect_code(0);
    let hold = id_of(&world.hold().await);
    assert!(
        synced.stdout.contains(&format!("held as email_change, `deelsync holds show {hold}`")),
        "{}",
        synced.stdout
    );
    assert_eq!(world.synced(&person).await["outcome"], "held", "and stays so");
    assert_eq!(world.account_now(&person).await["email"], "held.back@example.com");
}

#[tokio::test]
async fn a_hold_keeps_no_other_change_back() {
    let world = World::empty().await;
    let (person, _) = world.created(somebody("Partly", "Held")).await;
    world.changed_silently(&person, json!({"work_email": "other@example.com", "job_title": "Poet"})).await;
    let run = world.synced(&person).await;
    assert_eq!(
        (run["outcome"].as_str(), run["held"].as_array().map(Vec::len)),
        (Some("applied"), Some(1)),
        "{run:#}"
    );
    let account = world.account_now(&person).await;
    assert_eq!(
        (&account["jobTitle"], &account["email"]),
        (&json!("Poet"), &json!("partly.held@example.com"))
    );
}

#[tokio::test]
async fn while_writes_are_paused_a_sync_is_refused() {
    let world = World::empty().await;
    let person = world.hired_silently(somebody("Paused", "Person")).await;
    let _ = world.cli(&["pause", "--reason", "a migration"]).await.expect_code(0);
    for command in [&["sync", "--person", &person][..], &["sync"]] {
        let refused = world.cli(command).await.expect_code(1);
        assert!(
            refused.stderr.contains("paused") && refused.stderr.contains("deelsync resume"),
            "{}",
            refused.stderr
        );
    }
    // A plan only reads.
    let _ = world.cli(&["plan", "--person", &person]).await.expect_code(2);
    let paused = world.json(&["queue", "status"], 0).await;
    assert_eq!(paused["paused"]["reason"], "a migration", "{paused:#}");
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new());
    assert_eq!(world.cli(&["resume"]).await.expect_code(0).stdout, "Writes go on.\n");
    assert_eq!(world.synced(&person).await["outcome"], "applied");
}

#[tokio::test]
async fn observe_mode_plans_and_says_so() {
    let mut world = World::empty().await;
    world.settings.set("DEELSYNC_MODE", "observe");
    let person = world.hired_silently(somebody("Only", "Watched")).await;
    let synced = world.cli(&["sync", "--person", &person]).await.expect_code(0);
    assert!(synced.stdout.contains("observe mode, nothing written"), "{}", synced.stdout);
    assert!(synced.stdout.contains("only.watched"), "{}", synced.stdout);
    let run = world.synced(&person).await;
    assert_eq!(
        (run["outcome"].as_str(), run["changes"][0]["result"].as_str()),
        (Some("observed"), Some("would-be-done"))
    );
    let planned = world.cli(&["plan", "--person", &person]).await.expect_code(2);
    assert!(planned.stdout.contains("nothing is written until mode = \"enforce\""), "{}", planned.stdout);
    let suspended = world.cli(&["suspend", &person, "--reason", "try"]).await.expect_code(1);
    assert!(suspended.stderr.contains("observe mode"), "{}", suspended.stderr);
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new());
    assert_eq!(world.holds().await, Vec::<Value>::new(), "an order that is not carried out is not on record");
}

#[tokio::test]
async fn a_vendor_that_is_away_for_a_moment_is_waited_for() {
    let world = World::empty().await;
    let person = world.hired_silently(somebody("Patient", "Person")).await;
    let fault = json!({"status_5xx": {"count": 1}});
    world.deel.faults(fault.clone()).await;
    assert_eq!(world.synced(&person).await["outcome"], "applied");
    world.changed_silently(&person, json!({"job_title": "Waiter"})).await;
    world.jumpcloud.faults(fault).await;
    assert_eq!(world.synced(&person).await["outcome"], "applied");
    assert_eq!(world.job_keys("delayed").await, Vec::<String>::new(), "done is done");
}

/// What operators' scripts rely on is a minute long, and so is this test: both vendors at once.
#[tokio::test]
async fn a_vendor_that_stays_away_for_a_minute_is_an_error_and_the_work_stays() {
    tokio::join!(
        given_up("DEEL_BASE_URL", "Deel is unavailable"),
        given_up("JUMPCLOUD_BASE_URL", "JumpCloud is unavailable"),
    );
}

async fn given_up(variable: &str, words: &str) {
    let mut world = World::empty().await;
    let person = world.hired_silently(somebody("Patient", "Person")).await;
    let right =
        world.settings.variables().find(|(name, _)| *name == variable).expect("it is set").1.to_owned();
    world.settings.set(variable, &format!("http://127.0.0.1:{}/api", free_port()));
    let planned = world.cli(&["plan", "--person", &person]).await.expect_code(1);
    assert!(planned.stderr.contains(words), "a plan does not wait: {}", planned.stderr);
    let run = world.json(&["sync", "--person", &person], 1).await;
    assert_eq!((&run["outcome"], &run["person"]), (&json!("failed"), &json!(person)), "{run:#}");
    assert!(run["problem"].as_str().is_some_and(|problem| problem.contains(words)), "{run:#}");
    assert_eq!(world.job_keys("delayed").await, [format!("person:{person}")], "it is tried again");
    world.settings.set(variable, &right);
    assert_eq!(world.synced(&person).await["outcome"], "applied");
    assert_eq!(world.job_keys("delayed").await, Vec::<String>::new(), "done is done");
}

#[tokio::test]
async fn refused_credentials_are_an_error_with_the_remedy() {
    let mut world = World::empty().await;
    let person = world.hired_silently(somebody("Locked", "Out")).await;
    for (variable, remedy) in
        [("JUMPCLOUD_API_KEY", "Check the API key"), ("DEEL_API_TOKEN", "set DEEL_API_TOKEN")]
    {
        let right =
            world.settings.variables().find(|(name, _)| *name == variable).expect("it is set").1.to_owned();
        world.settings.set(variable, "wrong-credential");
        let failed = world.cli(&["sync", "--person", &person]).await.expect_code(1);
        assert!(failed.stdout.contains("refuses access; nobody is changed"), "{}", failed.stdout);
        assert!(failed.stdout.contains(remedy), "{}", failed.stdout);
        assert!(!(failed.stdout + &failed.stderr).contains("wrong-credential"));
        world.settings.set(variable, &right);
    }
    assert_eq!(world.synced(&person).await["outcome"], "applied");
}

#[tokio::test]
async fn people_are_found_by_account_id_username_and_email() {
    let world = World::empty().await;
    let (person, account) = world.created(somebody("Known", "Byname")).await;
    for name in [&person, &id_of(&account), "known.byname", "KNOWN.byname@example.com"] {
        assert_eq!(world.synced(name).await["person"], person.as_str(), "{name}");
    }
    let unlinked = world.jumpcloud.seed(json!({"username": "nobody", "email": "nobody@example.com"})).await;
    for (name, words) in [
        (id_of(&unlinked).as_str(), "not linked to a person in Deel"),
        ("nobody@example.com", "not linked to a person in Deel"),
        ("stranger@example.com", "no JumpCloud account has that id, username or email"),
    ] {
        let failed = world.cli(&["sync", "--person", name]).await.expect_code(1);
        assert!(failed.stderr.contains(words), "{name}: {}", failed.stderr);
    }
}
