//! What falls due while a vendor is away: the end of a last day, and the night.

use std::time::{Duration, Instant};

use e2e::{SOON, World, id_of, somebody};
use harness::{eventually, holds_for};
use serde_json::{Value, json};

/// The leaver's last day ends so long after the outage has begun.
const DUE: Duration = Duration::from_secs(2);
const OUTAGE: Duration = Duration::from_secs(6);

/// Somebody whose last day this is, in the zone whose days end first.
fn leaving(last_day: &str) -> Value {
    json!({
        "hiring_status": "offboarding", "termination_last_day": last_day, "timezone": "Pacific/Kiritimati",
        "employments": [{"id": "c1", "is_ended": false, "hiring_status": "offboarding"}],
    })
}

#[tokio::test]
async fn a_last_day_and_a_night_that_end_meanwhile_are_made_up() {
    let mut world = World::empty().await;
    world.settings.file("[queue]\nprobe_seconds = 1\n");
    let (leaver, _) = world.active(somebody("Lea", "Lastday")).await;
    world.changed_silently(&leaver, leaving("2999-12-31")).await;
    world.synced(&leaver).await;
    assert_eq!(world.job_keys("delayed").await, [format!("person:{leaver}")]);
    let mut running = world.run().await;
    eventually("the first start is recorded", SOON, async || world.tick("nightly").await).await;

    world.jumpcloud.faults(json!({"status_5xx": {"status": 503}})).await;
    let mut hired = Vec::new();
    for name in ["One", "Two", "Three", "Four"] {
        let mut hire = somebody(name, "Newcomer");
        // An event that names nobody would ask for a comparison of everyone by itself.
        hire["only"] = json!(["worker.v2.created"]);
        hired.push(id_of(&world.deel.hire(hire).await));
    }
    eventually("JumpCloud is away", SOON, async || {
        let status = world.json(&["queue", "status"], 0).await;
        (status["away"][0]["vendor"] == "jumpcloud").then_some(())
    })
    .await;
    // Years are not waited for: the day is over in Deel, and its instant, arranged as it was, is seconds away.
    world.changed_silently(&leaver, leaving("2020-12-31")).await;
    world.due_in(&leaver, DUE.as_millis() as u64).await;
    // Nobody told of this one; only the night finds them. A process starts in the middle, and the night is due.
    let untold = world.hired_silently(somebody("Una", "Untold")).await;
    assert_eq!(running.stop().await, Some(0));
    world.two_days_down().await;
    let mut running = world.run().await;
    holds_for("nothing is written, and nothing is given up", OUTAGE, async || {
        world.state(&leaver).await == "ACTIVATED" && world.job_keys("dead").await.is_empty()
    })
    .await;
    let job = eventually("the last day's instant has come: it waits in line", SOON, async || {
        let job = world.json(&["queue", "show", &leaver], 0).await;
        (job["state"] == "waiting").then_some(job)
    })
    .await;
    assert_eq!((&job["trigger"], &job["line"]), (&json!("timer"), &json!("urgent")), "{job:#}");
    assert_eq!(world.runs_of("nightly").await, 0, "the night has not been a good one yet");

    world.jumpcloud.no_faults().await;
    let ended = Instant::now();
    world.account(&leaver, "the leaver's suspension", |account| account["state"] == "SUSPENDED").await;
    let suspended = ended.elapsed();
    world.account(&untold, "the account that only the night makes", |_| true).await;
    println!(
        "due during an outage: the leaver was suspended {suspended:.1?} after its end, the night was made up \
         {:.1?} after it",
        ended.elapsed()
    );
    world.settled().await;
    assert_eq!(world.runs_of("nightly").await, 1, "one night is enough");
    assert_eq!(world.jumpcloud.accounts().await.len(), hired.len() + 2, "one account each");
    assert_eq!(running.stop().await, Some(0));
}
