//! Vendors that answer, and slowly: whoever has left is suspended all the same, on a read that is still fresh.

use crate::support::{World, leaver, run_with};
use jiff::SignedDuration;
use provisioning::{HoldKind, ProfileId};
use queue::Verdict;
use reconciler::{HoldFilter, Outcome, Settings};
use serde_json::json;
use std::time::{Duration, Instant};

/// Each of Deel's answers takes this long.
const DEEL: u64 = 600;

/// Somebody who has just left, at vendors that are slow by now.
async fn slow_leaver(world: &World) -> ProfileId {
    let (ada, _) = leaver(world).await;
    world.deel.faults(json!({ "latency_ms": DEEL })).await;
    world.jumpcloud.faults(json!({ "latency_ms": DEEL / 3 })).await;
    ada
}

/// All reads together take longer than a read may be old, and each alone does not.
fn hasty() -> Settings {
    Settings { freshness: Duration::from_millis(3 * DEEL), ..Settings::default() }
}

#[tokio::test]
async fn a_leaver_is_suspended_though_all_reads_together_take_too_long() {
    let world = World::start().await;
    let ada = slow_leaver(&world).await;
    let report = run_with(&world.another(hasty(), true), &world.queue, &ada, None).await;
    assert_eq!(report.outcome, Outcome::Applied, "{report:?}");
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
    let reads = report.record.calls.iter().filter(|call| call.operation == "person").count();
    assert!(reads > 1, "the person was read again before it");
}

#[tokio::test]
async fn who_is_hired_again_before_that_last_read_is_left_in() {
    let world = World::start().await;
    let ada = slow_leaver(&world).await;
    let before = reads(&world).await;
    let slow = world.another(hasty(), true);
    let back = async {
        let deadline = Instant::now() + Duration::from_secs(20);
        while reads(&world).await == before {
            assert!(Instant::now() < deadline, "nobody reads the person");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        world.rehire(&ada).await;
    };
    let (report, ()) = tokio::join!(run_with(&slow, &world.queue, &ada, None), back);
    assert_eq!(world.account_of(&ada).await["state"], "ACTIVATED", "{report:?}");
}

async fn open(world: &World) -> Vec<HoldKind> {
    let holds = world.reconciler.holds().list(&HoldFilter::default()).await.unwrap();
    holds.iter().map(|hold| hold.kind).collect()
}

async fn reads(world: &World) -> usize {
    world.deel.call("GET", "/_sim/reads", None).await["reads"].as_array().map_or(0, Vec::len)
}

/// Too slow even for that: after five minutes it is told as a leaver who could not be suspended.
#[tokio::test]
async fn a_leaver_who_cannot_be_suspended_on_a_fresh_read_becomes_an_alarm() {
    let world = World::start().await;
    let ada = slow_leaver(&world).await;
    let never = Settings { freshness: Duration::from_millis(DEEL / 2), ..Settings::default() };
    let slow = world.another(never, true);
    let report = run_with(&slow, &world.queue, &ada, None).await;
    assert!(matches!(report.verdict, Verdict::Retry { counts: false, .. }), "{:?}", report.verdict);
    assert!(report.answered, "nobody was silent");
    assert_eq!(open(&world).await, []);
    *world.now.lock().unwrap() += SignedDuration::from_mins(6);
    run_with(&slow, &world.queue, &ada, None).await;
    assert_eq!(open(&world).await, [HoldKind::Refused]);
    world.deel.no_faults().await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    assert_eq!(open(&world).await, []);
}
