//! What operators do by hand, and observe mode.

use crate::support::{Setup, World, ada, mark};
use provisioning::{HoldKind, ProfileId};
use queue::Link;
use reconciler::trail::{ChangeResult, Record};
use reconciler::{HoldFilter, HoldStatus, Outcome, RequestError};
use serde_json::json;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(2);

#[tokio::test]
async fn observe_mode_writes_nothing_and_says_what_it_would_do() {
    let world = World::with(Setup { observe: true, ..Setup::default() }).await;
    world.seed(json!({ "username": "gr", "email": "grace@example.com", "state": "ACTIVATED" })).await;
    let ada = world.hire(ada()).await;
    let grace = world
        .hire(json!({ "first_name": "Grace", "last_name": "H", "work_email": "grace@example.com" }))
        .await;
    let report = world.run(&ada).await;
    assert_eq!(report.outcome, Outcome::Observed);
    assert_eq!(report.record.changes[0].result, ChangeResult::WouldBeDone);
    let held = world.run(&grace).await;
    assert_eq!((held.outcome, held.record.held[0].kind), (Outcome::Observed, HoldKind::Adoption));
    assert!(held.record.held[0].id.is_none());
    assert!(world.journal().await.is_empty());
    assert!(world.reconciler.holds().list(&HoldFilter::default()).await.unwrap().is_empty());
    assert_eq!(world.queue.window_used("creation").await.unwrap(), 0);
    let story = world.reconciler.trail().why(&ada, 10).await.unwrap();
    assert!(matches!(&story.entries[0].record, Record::Run(run) if run.outcome == Outcome::Observed));
    let refused = world.reconciler.suspend(&ada, "reason", "op", "cli", PATIENCE).await;
    assert!(matches!(refused, Err(RequestError::ObserveMode)));
}

#[tokio::test]
async fn a_plan_is_made_without_a_trace() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    let planned = world.reconciler.plan_person(&ada).await.unwrap();
    assert_eq!((planned.apply.len(), planned.found, planned.linked), (1, true, false));
    assert!(world.journal().await.is_empty());
    assert!(world.reconciler.trail().why(&ada, 10).await.unwrap().entries.is_empty());
    assert_eq!(world.queue.window_used("creation").await.unwrap(), 0);
}

#[tokio::test]
async fn a_sync_by_hand_takes_the_lease_and_waits_for_nobody_too_long() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    let report = world.reconciler.sync_person(&ada, "cli", PATIENCE).await.unwrap();
    assert_eq!(report.outcome, Outcome::Applied);
    let key = queue::JobKey::person(ada.as_str()).unwrap();
    let other = world.queue.claim_one(&key, "other", &"webhook:x".into()).await.unwrap().unwrap();
    let busy = world.reconciler.sync_person(&ada, "cli", Duration::from_millis(300)).await;
    assert!(matches!(busy, Err(RequestError::Busy(_))));
    other.finish(queue::Verdict::done()).await.unwrap();
}

async fn suspended(world: &World) -> (ProfileId, reconciler::HoldId) {
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    let ordered = world.reconciler.suspend(&ada, "laptop stolen", "op", "cli", PATIENCE).await.unwrap();
    assert_eq!(ordered.report.unwrap().outcome, Outcome::Applied);
    let account = world.account_of(&ada).await;
    assert_eq!(account["state"], "SUSPENDED");
    assert!(mark(&account).is_some_and(|mark| mark.contains("by=operator")));
    (ada, ordered.hold)
}

#[tokio::test]
async fn an_ordered_suspension_stays_until_it_is_released() {
    let world = World::start().await;
    let (ada, hold) = suspended(&world).await;
    world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
    let open = world.reconciler.holds().list(&HoldFilter::default()).await.unwrap();
    assert_eq!((open.len(), &open[0].id, open[0].kind), (1, &hold, HoldKind::Operator));
    assert_eq!(open[0].account_username.as_deref(), Some("ada.lovelace"));

    world.reconciler.holds().release(&hold, "op", Some("found it")).await.unwrap();
    let back = world.run(&ada).await;
    assert_eq!(back.outcome, Outcome::Applied, "{:?}", back.record);
    let account = world.account_of(&ada).await;
    assert_eq!((account["state"].as_str(), mark(&account)), (Some("ACTIVATED"), None));
    assert_eq!(world.reconciler.holds().show(&hold).await.unwrap().status, HoldStatus::Released);
    assert_eq!(world.queue.order(ada.as_str()).await.unwrap(), None, "the order is history");
    let text = world.reconciler.trail().why(&ada, 50).await.unwrap().to_string();
    assert!(text.contains("laptop stolen") && text.contains("took the order back"), "{text}");
}

#[tokio::test]
async fn an_order_does_not_need_deel() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    world.deel.faults(json!({ "status_5xx": { "status": 503 }, "path": "/people" })).await;
    let ordered = world.reconciler.suspend(&ada, "now", "op", "cli", PATIENCE).await.unwrap();
    assert_eq!(ordered.report.unwrap().outcome, Outcome::Applied);
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
    world.deel.no_faults().await;

    let grace =
        world.hire(json!({ "first_name": "Grace", "last_name": "H", "work_email": "g@example.com" })).await;
    world.run(&grace).await;
    world.remove(&grace).await;
    world.reconciler.suspend(&grace, "gone", "op", "cli", PATIENCE).await.unwrap();
    assert_eq!(world.account_of(&grace).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn an_order_about_somebody_whose_account_is_deleted_and_whom_deel_does_not_know_is_refused() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    let account = world.account_of(&ada).await;
    let id = account["_id"].as_str().unwrap();
    world.jumpcloud.call_as_admin("DELETE", &format!("/api/systemusers/{id}"), json!(null)).await;
    world.queue.link_deleted(ada.as_str(), id).await.unwrap();
    world.remove(&ada).await;

    let refused = world.reconciler.suspend(&ada, "who?", "op", "cli", PATIENCE).await;
    assert!(matches!(&refused, Err(RequestError::Nobody(person)) if *person == ada), "{refused:?}");
    assert_eq!(world.queue.order(ada.as_str()).await.unwrap(), None, "no order lies in wait");
    let kept = world.queue.link(ada.as_str()).await.unwrap();
    assert_eq!(kept, Some(Link::Deleted(id.to_owned())), "the deleted account stays known");
}

#[tokio::test]
async fn an_order_under_a_pause_waits_for_resume() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    world.queue.pause("op", "looking into it").await.unwrap();
    let refused = world.reconciler.suspend(&ada, "now", "op", "cli", PATIENCE).await;
    let Err(RequestError::OrderWaits { hold, .. }) = &refused else { panic!("{refused:?}") };
    let words = refused.as_ref().unwrap_err().to_string();
    assert!(words.contains("on record") && words.contains(&format!("holds release {hold}")), "{words}");
    assert_eq!(world.reconciler.holds().order_in_force(&ada).await.unwrap().as_ref(), Some(hold));
    assert_ne!(world.account_of(&ada).await["state"], "SUSPENDED");
    world.queue.resume().await.unwrap();
    assert_eq!(world.queue.status().await.unwrap().waiting[0], 1, "the job waits in the urgent line");
    world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn an_order_goes_past_the_limit() {
    use provisioning::{ChangeKind, Limit, Limits};
    let none = Limits {
        kinds: [(ChangeKind::Suspension, Limit { count: 0, percent: 0.0 })].into(),
        ..Limits::default()
    };
    let settings = reconciler::Settings { limits: none, ..reconciler::Settings::default() };
    let world = World::with(Setup { settings, ..Setup::default() }).await;
    suspended(&world).await;
}

#[tokio::test]
async fn a_person_is_found_by_profile_id_account_id_username_and_email() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    let account = world.account_of(&ada).await;
    let id = account["_id"].as_str().unwrap();
    for text in [ada.as_str(), id, "ada.lovelace", "ADA@example.com"] {
        assert_eq!(world.reconciler.resolve_person(text).await.unwrap(), ada, "{text}");
    }
    let unknown = world.reconciler.resolve_person("nobody@example.com").await;
    assert!(matches!(unknown, Err(RequestError::UnknownPerson(_))));
}
