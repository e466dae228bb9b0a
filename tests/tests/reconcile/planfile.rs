//! `plan --out FILE` and `apply FILE`: exactly that, or nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use e2e::{World, id_of};
use harness::DeelSim;
use serde_json::{Value, json};

/// 60 people in step, of whom six leave, one is renamed a job, and one is new; and the plan of that.
struct Planned {
    world: World,
    people: Vec<String>,
    hire: String,
    file: PathBuf,
}

async fn planned() -> Planned {
    let world = World::empty().await;
    let people = world.staff(60).await;
    world.json(&["sync"], 0).await;
    world.end(&people[..6], "2026-05-01").await;
    world.changed_silently(&people[10], json!({"job_title": "Planned"})).await;
    let hire = world.hired_many(1, json!({})).await.remove(0);
    let file = world.settings.folder().join("plan.json");
    let _ = world.cli(&["plan", "--out", name(&file)]).await.expect_code(2);
    Planned { world, people, hire, file }
}

fn name(file: &Path) -> &str {
    file.to_str().expect("a temporary path is text")
}

impl Planned {
    async fn apply(&self, code: i32) -> String {
        let output = self.world.cli(&["apply", name(&self.file)]).await.expect_code(code);
        output.stdout + &output.stderr
    }

    /// Refused as a whole, in these words; nothing was written.
    async fn refused(&self, words: &str) {
        let (before, written) = (self.world.directory().await, self.world.written().await);
        let said = self.apply(1).await;
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
        assert_eq!(self.world.written().await, written);
        assert_eq!(self.world.directory().await, before);
    }
}

#[tokio::test]
async fn a_plan_is_done_exactly_and_its_suspensions_count_as_approved() {
    let planned = planned().await;
    let (world, people) = (&planned.world, &planned.people);
    let mode = std::fs::metadata(&planned.file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "names and addresses are in it");
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new());
    // What happens after the plan was made is not in it.
    world.changed_silently(&people[20], json!({"job_title": "Later"})).await;
    let late = world.hired_many(1, json!({})).await.remove(0);

    let said = planned.apply(0).await;
    assert_eq!(world.suspended(people).await, &people[..6], "six, where three are allowed: {said}");
    assert_eq!(world.account_now(&people[10]).await["jobTitle"], "Planned");
    assert_ne!(world.account_now(&people[20]).await["jobTitle"], "Later");
    let linked = world.linked().await;
    assert!(linked.contains_key(&planned.hire) && !linked.contains_key(&late));
    assert_eq!(world.held("limit").await, Vec::<Value>::new());
}

/// After a sync nothing but the limit's holds is left, and applying the file would make them all the same.
#[tokio::test]
async fn a_plan_says_which_held_suspensions_its_file_makes() {
    let planned = planned().await;
    let world = &planned.world;
    world.json(&["sync"], 0).await;
    let file = world.settings.folder().join("later.json");
    let said = world.cli(&["plan", "--out", name(&file)]).await.expect_code(2);
    let said = said.stdout + &said.stderr;
    assert!(said.contains("A sync would write nothing: it waits for a decision."), "{said}");
    let also =
        format!("`deelsync apply {}` counts as approval, and also makes the 3 suspensions", name(&file));
    assert!(said.contains(&also), "{said}");
    assert!(said.contains("does exactly this, with the 3 suspensions that only a limit holds"), "{said}");
    let _ = world.cli(&["apply", name(&file)]).await.expect_code(0);
    assert_eq!(world.suspended(&planned.people).await, &planned.people[..6]);
}

#[tokio::test]
async fn whoever_has_changed_since_is_refused_and_named() {
    let planned = planned().await;
    let (world, people) = (&planned.world, &planned.people);
    world.bulk(json!({"action": "rehire", "who": {"ids": &people[..1]}})).await;
    world.changed_silently(&people[10], json!({"job_title": "Changed again"})).await;
    let by_hand = id_of(&world.account_now(&people[2]).await);
    world.jumpcloud.edit(&by_hand, json!({"state": "SUSPENDED"})).await;

    let said = planned.apply(1).await;
    for person in [&people[0], &people[10], &people[2]] {
        assert!(said.contains(person.as_str()), "{person} is named:\n{said}");
    }
    assert_eq!(
        world.state(&people[0]).await,
        "ACTIVATED",
        "who came back is not suspended on the word of a file"
    );
    assert_ne!(world.account_now(&people[10]).await["jobTitle"], "Changed again");
    assert_eq!(world.suspended(people).await.len(), 4, "the others are done");
}

#[tokio::test]
async fn a_plan_that_somebody_edited_is_refused() {
    let planned = planned().await;
    let text = std::fs::read_to_string(&planned.file).expect("it can be read");
    for edited in [
        text.replacen("\"Planned\"", "\"Boss\"", 1),
        text.replacen(&planned.people[0], &planned.people[30], 1),
    ] {
        assert_ne!(edited, text);
        std::fs::write(&planned.file, edited).expect("it can be written");
        planned.refused("changed after it was made").await;
    }
    for (garbage, words) in [("", "not a plan"), ("{\"version\": 99}", "version"), ("[]", "not a plan")] {
        std::fs::write(&planned.file, garbage).expect("it can be written");
        planned.refused(words).await;
    }
    std::fs::remove_file(&planned.file).expect("it can be removed");
    planned.refused("plan.json").await;
}

#[tokio::test]
async fn a_plan_of_another_organization_is_refused() {
    let mut planned = planned().await;
    let other = DeelSim::start(&["--people", "3", "--seed", "7", "--rate", "off"]).await;
    planned.world.settings.set("DEEL_BASE_URL", &format!("{}/rest/v2", other.url()));
    planned.refused("organization").await;
}

#[tokio::test]
async fn a_plan_that_is_old_is_refused() {
    let planned = planned().await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let (before, file) = (planned.world.written().await, name(&planned.file));
    let output = planned.world.cli(&["apply", file, "--max-age", "1s"]).await.expect_code(1);
    assert!(output.stderr.contains("plan again"), "{}", output.stderr);
    assert_eq!(planned.world.written().await, before);
}

#[tokio::test]
async fn a_plan_for_another_configuration_is_refused() {
    let mut planned = planned().await;
    planned.world.settings.set("DEELSYNC_ATTRIBUTES_JOBTITLE", "report");
    planned.refused("configuration").await;
}

#[tokio::test]
async fn observe_mode_and_a_pause_apply_nothing() {
    let mut planned = planned().await;
    let _ = planned.world.cli(&["pause", "--reason", "audit"]).await.expect_code(0);
    planned.refused("paused").await;
    let _ = planned.world.cli(&["resume"]).await.expect_code(0);
    planned.world.settings.set("DEELSYNC_MODE", "observe");
    planned.refused("observe").await;
}

#[tokio::test]
async fn a_diff_can_be_read_in_a_minute() {
    let planned = planned().await;
    let world = &planned.world;
    world.jumpcloud.seed(json!({"username": "printer", "email": "printer@example.com"})).await;
    let shown = world.cli(&["plan"]).await.expect_code(2).stdout;
    let at = |word: &str| {
        shown.to_lowercase().find(word).unwrap_or_else(|| panic!("{word:?} is not in:\n{shown}"))
    };
    assert!(at("suspensions (3)") < at("creations (1)") && at("creations (1)") < at("printer"), "{shown}");
    assert!(shown.lines().count() < 60, "{shown}");
    for word in ["Planned", "2026-05-01", "held"] {
        assert!(shown.contains(word), "{word:?} is not in:\n{shown}");
    }
    let document = world.json(&["plan"], 2).await;
    assert!(document["counts"].is_object(), "{document:#}");
    // In step, nothing is pending.
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new());
}
