//! Without `REDIS_URL`: a private server of our own, which outlives a crash and nothing else.

#![allow(clippy::expect_used, clippy::panic)] // a failure in a helper is the test's failure

use std::collections::BTreeSet;

use e2e::{SOON, World, deliver, event, id_of, somebody};
use harness::{Settings, eventually};
use serde_json::json;

/// A world whose processes start their own Redis.
async fn embedded() -> Embedded {
    let mut world = World::empty().await;
    world.settings.unset("REDIS_URL").unset("DEELSYNC_REDIS_PREFIX");
    Embedded { world }
}

/// Kills what is left of its servers at the end: a failed test must not leave a process behind.
struct Embedded {
    world: World,
}

impl Drop for Embedded {
    fn drop(&mut self) {
        for server in servers(&self.world.settings) {
            let id = i32::try_from(server).ok().and_then(rustix::process::Pid::from_raw);
            if let Some(id) = id {
                let _ = rustix::process::kill_process(id, rustix::process::Signal::KILL);
            }
        }
    }
}

/// The servers of this data directory: processes that work in it.
fn servers(settings: &Settings) -> BTreeSet<u32> {
    let data = settings.folder().canonicalize().expect("the folder is there").join("data");
    let all = std::fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    all.filter(|id: &u32| {
        std::fs::read_link(format!("/proc/{id}/cwd")).is_ok_and(|cwd| cwd.starts_with(&data))
    })
    .collect()
}

#[tokio::test]
async fn an_answered_webhook_survives_kill_9_and_the_orphan_is_adopted() {
    let here = embedded().await;
    let world = &here.world;
    let person = world.hired_silently(somebody("Orphan", "Adopted")).await;
    let mut serving = world.settings.start("serve").await;
    let before = servers(&world.settings);
    assert_eq!(before.len(), 1, "one server: {before:?}");
    let body = event("worker.v2.created", &json!({"id": person}), "survives");
    assert_eq!(deliver(&world.settings.webhook_url(), body).await.0, 200);

    serving.process.kill();
    assert_eq!(servers(&world.settings), before, "it outlives whoever started it");
    let mut running = world.run().await;
    assert_eq!(servers(&world.settings), before, "and is used, not replaced");
    world.account(&person, "the account of the stored hire", |_| true).await;
    assert_eq!(running.stop().await, Some(0));
    assert_eq!(servers(&world.settings), BTreeSet::new(), "whoever leaves last ends it");
}

#[tokio::test]
async fn what_was_stored_is_on_disk_when_server_and_program_are_killed() {
    let here = embedded().await;
    let world = &here.world;
    let person = world.hired_silently(somebody("On", "Disk")).await;
    let mut serving = world.settings.start("serve").await;
    let body = event("worker.v2.created", &json!({"id": person}), "on disk");
    assert_eq!(deliver(&world.settings.webhook_url(), body).await.0, 200);
    let before = servers(&world.settings);
    // The program first, so that it cannot start its server anew.
    serving.process.kill();
    for server in &before {
        let id = rustix::process::Pid::from_raw(i32::try_from(*server).expect("an id")).expect("an id");
        rustix::process::kill_process(id, rustix::process::Signal::KILL).expect("it is ours");
    }
    eventually("the server is gone", SOON, async || servers(&world.settings).is_empty().then_some(())).await;

    // What waits is there for a single command, which takes its server with it.
    assert_eq!(world.job_keys("waiting").await, [format!("person:{person}")]);
    assert_eq!(servers(&world.settings), BTreeSet::new());
    let _running = world.run().await;
    world.account(&person, "the account", |_| true).await;
}

#[tokio::test]
async fn commands_beside_a_running_program_use_its_server() {
    let here = embedded().await;
    let world = &here.world;
    let mut running = world.run().await;
    let one = servers(&world.settings);
    let (person, account) = world.hired(somebody("Same", "Server")).await;
    world.jumpcloud.edit(&id_of(&account), json!({"state": "ACTIVATED"})).await;
    world.settled().await;
    let hold = world.json(&["suspend", &person, "--reason", "beside"], 0).await["hold"].clone();
    assert_eq!(world.state(&person).await, "SUSPENDED");
    let story = ["why", person.as_str()];
    // Several at once, and the program after them all.
    let (listed, status, why) =
        tokio::join!(world.holds(), world.json(&["queue", "status"], 0), world.json(&story, 0),);
    assert_eq!((&listed[0]["id"], &status["holds"]), (&hold, &json!(1)), "{status:#}");
    assert!(why["entries"].as_array().is_some_and(|entries| entries.len() >= 3), "{why:#}");
    assert_eq!(servers(&world.settings), one);
    running.process.assert_running();
    assert_eq!(running.stop().await, Some(0));
    assert_eq!(servers(&world.settings), BTreeSet::new());
}

#[tokio::test]
async fn a_command_alone_starts_a_server_and_ends_it() {
    let here = embedded().await;
    let world = &here.world;
    let person = world.hired_silently(somebody("All", "Alone")).await;
    let first = world.synced(&person).await;
    let checked = world.json(&["check"], 0).await;
    let findings = checked["findings"].to_string();
    assert!(
        findings.contains("embedded, in the data directory") && findings.contains("on disk"),
        "{findings}"
    );
    assert_eq!(first["outcome"], "applied");
    assert_eq!(servers(&world.settings), BTreeSet::new());
    // The next one finds what the first one left.
    assert!(world.cli(&["why", &person]).await.expect_code(0).stdout.contains("all.alone"));
    assert_eq!(servers(&world.settings), BTreeSet::new());
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(world.settings.folder().join("data/redis"))
        .expect("the directory")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else's");
}

#[tokio::test]
async fn many_commands_at_once_share_one_server() {
    let here = embedded().await;
    let world = &here.world;
    let status = || world.json(&["queue", "status"], 0);
    let all = tokio::join!(status(), status(), status(), status(), status(), status());
    assert_eq!((&all.0["dead"], &all.5["dead"]), (&json!(0), &json!(0)));
    assert_eq!(servers(&world.settings), BTreeSet::new());
}
