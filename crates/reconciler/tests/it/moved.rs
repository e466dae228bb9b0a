//! What changes between the look at a staged account and its activation, while that waits for a slot.

use crate::support::{Setup, World, ada, asker, leaver, run_with};
use jiff::SignedDuration;
use provisioning::{Activation, Policy, ProfileId};
use queue::{Vendor, Verdict};
use reconciler::trail::ChangeResult;
use reconciler::{Activate, RequestError, Settings};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const NOW: Activate = Activate::Now { mail_to: None };

/// What another administrator does to the account, each of which forbids the activation.
fn edits() -> [Value; 4] {
    [
        json!({ "attributes": [{ "name": "deelsyncHold", "value": "background check" }] }),
        json!({ "state": "SUSPENDED" }),
        json!({ "admin": { "_id": "a" } }),
        json!({ "employeeIdentifier": "00000000-0000-4000-8000-000000000001" }),
    ]
}

async fn staged(world: &World, mut hire: Value) -> (ProfileId, Value) {
    hire["timezone"] = json!("Europe/Madrid");
    let ada = world.hire(hire).await;
    world.run(&ada).await;
    let account = world.account_of(&ada).await;
    assert_eq!(account["state"], "STAGED");
    (ada, account)
}

/// One request a second: the look takes the first slot, and whatever comes next waits for the second.
async fn edited_meanwhile(world: &World, account: &Value, edit: &Value) {
    let budget = world.queue.budget(Vendor::JumpCloud, Some(1.0));
    let deadline = Instant::now() + Duration::from_secs(20);
    while budget.state().await.unwrap().waiting.iter().sum::<u64>() == 0 {
        assert!(Instant::now() < deadline, "nobody waits for a slot");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.edit(account, edit.clone()).await;
}

#[tokio::test]
async fn by_hand_it_is_refused() {
    for edit in edits() {
        let world = World::start().await;
        let (ada, account) = staged(&world, ada()).await;
        let writes = world.journal().await.len();
        let slow = world.limited(Settings::default(), 100.0, 1.0);
        let (end, ()) =
            tokio::join!(slow.activate(&ada, &NOW, asker()), edited_meanwhile(&world, &account, &edit));
        let Err(RequestError::Refused(words)) = &end else { panic!("{edit}: {end:?}") };
        assert!(words.contains("the account changed"), "{words}");
        assert_eq!(world.journal().await.len(), writes, "{edit}");
    }
}

fn on_start_date() -> Settings {
    Settings {
        policy: Policy { activation: Activation::OnStartDate, ..Policy::default() },
        ..Settings::default()
    }
}

/// Somebody whose account was staged ahead of a first day that is here now.
async fn due(world: &World) -> (ProfileId, Value) {
    let tomorrow = *world.now.lock().unwrap() + SignedDuration::from_hours(48);
    let mut hire = ada();
    hire["hiring_status"] = json!("onboarding");
    hire["start_date"] = json!(tomorrow.strftime("%Y-%m-%d").to_string());
    let due = staged(world, hire).await;
    *world.now.lock().unwrap() = tomorrow + SignedDuration::from_hours(24);
    due
}

#[tokio::test]
async fn on_the_start_date_it_is_planned_anew() {
    let world = World::with(Setup { settings: on_start_date(), ..Setup::default() }).await;
    let (ada, account) = due(&world).await;
    let writes = world.journal().await.len();
    let slow = world.limited(on_start_date(), 100.0, 1.0);
    let [_, _, admin, _] = edits();
    let (report, ()) =
        tokio::join!(run_with(&slow, &world.queue, &ada, None), edited_meanwhile(&world, &account, &admin));
    let tried = &report.record.changes[0];
    assert_eq!((tried.kind.as_str(), tried.result), ("activation", ChangeResult::NotBegun), "{report:?}");
    assert_eq!(world.journal().await.len(), writes);
}

#[tokio::test]
async fn reads_that_are_too_old_activate_nobody() {
    let world = World::with(Setup { settings: on_start_date(), ..Setup::default() }).await;
    let (ada, _) = due(&world).await;
    let stale = world.another(Settings { freshness: Duration::ZERO, ..on_start_date() }, true);
    let refused = stale.activate(&ada, &NOW, asker()).await;
    assert!(matches!(refused, Err(RequestError::Refused(_))), "{refused:?}");
    let report = run_with(&stale, &world.queue, &ada, None).await;
    assert!(matches!(report.verdict, Verdict::Retry { counts: false, .. }), "{:?}", report.verdict);
    assert_eq!(world.account_of(&ada).await["state"], "STAGED");
    world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["state"], "ACTIVATED");
}

/// Whom another hand has suspended meanwhile is not suspended by us, so that a rehire does not let them in.
#[tokio::test]
async fn a_suspension_by_another_hand_that_comes_first_stays_theirs() {
    let world = World::start().await;
    let (ada, account) = leaver(&world).await;
    let writes = world.journal().await.len();
    let slow = world.limited(Settings::default(), 100.0, 1.0);
    let theirs = json!({ "state": "SUSPENDED" });
    let (report, ()) =
        tokio::join!(run_with(&slow, &world.queue, &ada, None), edited_meanwhile(&world, &account, &theirs));
    assert_eq!(world.journal().await.len(), writes, "{report:?}");
    world.rehire(&ada).await;
    world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
}

/// Somebody put the account on a manual hold meanwhile: every path respects that.
#[tokio::test]
async fn a_manual_hold_that_comes_first_keeps_a_leaver_as_they_are() {
    let world = World::start().await;
    let (ada, account) = leaver(&world).await;
    let writes = world.journal().await.len();
    let slow = world.limited(Settings::default(), 100.0, 1.0);
    let hold = json!({ "attributes": [{ "name": "deelsyncHold", "value": "legal case" }] });
    let (report, ()) =
        tokio::join!(run_with(&slow, &world.queue, &ada, None), edited_meanwhile(&world, &account, &hold));
    assert_eq!(world.journal().await.len(), writes, "{report:?}");
    let held = report.record.plan.unwrap().to_string();
    assert!(held.contains("held as manual_hold"), "{held}");
}
