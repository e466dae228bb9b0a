//! `why` tells one person's story, by whatever name the person is known.

use e2e::{World, id_of, somebody};
use serde_json::{Value, json};

#[tokio::test]
async fn a_story_has_the_evidence_and_each_field_whatever_name_is_given() {
    let world = World::empty().await;
    let (person, account) = world.active(somebody("Story", "Teller")).await;
    world.changed_silently(&person, json!({"job_title": "Bard"})).await;
    world.synced(&person).await;
    world.terminated_silently(&person, json!({"at_once": true})).await;
    world.synced(&person).await;
    for name in [
        person.as_str(),
        &person.to_uppercase(),
        "story.teller",
        "story.teller@example.com",
        &id_of(&account),
    ] {
        let why = world.cli(&["why", name]).await.expect_code(0).stdout;
        for word in [
            person.as_str(),
            "operator:sync",
            "story.teller@example.com",
            "jobTitle: \"Engineer\" → \"Bard\"",
            "Deel: status inactive",
            "SUSPENDED",
            &id_of(&account),
        ] {
            assert!(why.contains(word), "{name}: {word}:\n{why}");
        }
    }
    let story = world.json(&["why", "story.teller"], 0).await;
    assert_eq!(story["person"], person.as_str());
    let kinds: Vec<&Value> = story["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| &entry["changes"][0]["kind"])
        .collect();
    assert_eq!(kinds, [&json!("creation"), &json!("update"), &json!("suspension")]);
    let last = world.json(&["why", &person, "--limit", "1"], 0).await;
    assert_eq!(last["entries"][0]["changes"][0]["kind"], "suspension", "the latest: {last:#}");
}

#[tokio::test]
async fn nobody_has_no_story() {
    let world = World::empty().await;
    let nobody = world.cli(&["why", "0b9f6a0e-5f43-4a52-8a64-2f1f6a6f7d01"]).await.expect_code(0);
    assert!(nobody.stdout.contains("Nothing is on record"), "{}", nobody.stdout);
    let stranger = world.cli(&["why", "stranger@example.com"]).await.expect_code(1);
    assert!(stranger.stderr.contains("no JumpCloud account has that"), "{}", stranger.stderr);
}

#[tokio::test]
async fn a_story_needs_no_vendor() {
    let world = World::empty().await;
    let (person, _) = world.created(somebody("Off", "Line")).await;
    world.deel.faults(json!({"status_5xx": {"ratio": 1.0}})).await;
    world.jumpcloud.faults(json!({"status_5xx": {"ratio": 1.0}})).await;
    let why = world.cli(&["why", &person]).await.expect_code(0).stdout;
    assert!(why.contains("off.line@example.com"), "{why}");
}

#[tokio::test]
async fn without_a_trail_it_says_so() {
    let mut world = World::empty().await;
    world.settings.file("[audit]\nenabled = false\n");
    let (person, _) = world.created(somebody("Un", "Recorded")).await;
    let why = world.cli(&["why", &person]).await.expect_code(0);
    assert!(why.stderr.contains("audit.enabled = false"), "{}", why.stderr);
    assert!(!why.stdout.contains("un.recorded"), "{}", why.stdout);
}

#[tokio::test]
async fn somebody_without_an_account_is_found_by_what_is_on_record() {
    let mut world = World::empty().await;
    world.settings.set("DEELSYNC_MODE", "observe");
    let person = world.hired_silently(somebody("Not", "Yet")).await;
    world.synced(&person).await;
    for name in ["not.yet@example.com", "Not Yet", "not.yet"] {
        let why = world.cli(&["why", name]).await.expect_code(0).stdout;
        assert!(why.starts_with(&format!("Person {person}")), "{name}:\n{why}");
    }
    let twin = world.hired_silently(json!({"first_name": "Not", "last_name": "Yet", "full_name": "Not Yet", "work_email": "not.yet2@example.com"})).await;
    world.synced(&twin).await;
    let both = world.cli(&["why", "Not Yet"]).await.expect_code(1).stderr;
    assert!(
        both.contains("more than one person") && both.contains(&person) && both.contains(&twin),
        "{both}"
    );
}
