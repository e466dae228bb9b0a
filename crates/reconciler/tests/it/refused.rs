//! A `JumpCloud` that refuses what matters, or fails beside it.

use crate::support::{World, ada, link_to, run_with};
use provisioning::{HoldKind, ProfileId};
use queue::{Add, JobKey, Line, Trigger, Verdict};
use reconciler::{Hold, HoldError, HoldFilter, HoldStatus, Outcome};
use serde_json::{Value, json};

async fn leaver(world: &World) -> ProfileId {
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    world.terminate(&ada, json!({})).await;
    ada
}

async fn open(world: &World) -> Vec<Hold> {
    world.reconciler.holds().list(&HoldFilter::default()).await.unwrap()
}

fn writes_answered(status: u16) -> Value {
    json!({ "status_5xx": { "status": status }, "methods": ["PUT"] })
}

fn schedule_answered(fault: Value) -> Value {
    let mut faults = fault;
    faults["path"] = json!("/bulk/userstates");
    faults
}

#[tokio::test]
async fn a_refused_suspension_is_an_alarm_until_it_succeeds() {
    for status in [400, 401, 403] {
        let world = World::start().await;
        let ada = leaver(&world).await;
        world.jumpcloud.faults(writes_answered(status)).await;
        let report = world.run(&ada).await;
        assert_eq!(report.outcome, Outcome::Failed);
        assert!(matches!(report.verdict, Verdict::Retry { .. }), "{:?}", report.verdict);
        let holds = open(&world).await;
        assert_eq!(holds.len(), 1, "{status}: {holds:?}");
        assert!(holds[0].kind == HoldKind::Refused && holds[0].leaver && !holds[0].approvable());
        assert_eq!(report.record.held[0].kind, HoldKind::Refused);
        let approved = world.reconciler.holds().approve(&holds[0].id, "op", None).await;
        assert!(matches!(approved, Err(HoldError::NotApprovable(_))));

        world.run(&ada).await;
        assert_eq!(open(&world).await.len(), 1, "the same refusal is one hold");
        world.jumpcloud.no_faults().await;
        assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
        assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
        assert_eq!(world.reconciler.holds().show(&holds[0].id).await.unwrap().status, HoldStatus::Settled);
        assert!(open(&world).await.is_empty());
    }
}

#[tokio::test]
async fn a_refused_suspension_shows_in_the_gauges() {
    let world = World::start().await;
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let shown = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let ada = leaver(&world).await;
    for (refused, count) in [(true, 1), (false, 0)] {
        world.jumpcloud.no_faults().await;
        if refused {
            world.jumpcloud.faults(writes_answered(403)).await;
        }
        world.run(&ada).await;
        world.reconciler.refresh_gauges().await.unwrap();
        let text = shown.render();
        let line = format!("deelsync_leavers_not_suspended{{reason=\"refused\"}} {count}");
        assert!(text.contains(&line), "{text}");
        assert!(text.contains(&format!("deelsync_holds{{kind=\"refused\"}} {count}")), "{text}");
    }
}

#[tokio::test]
async fn a_refusal_is_moot_once_the_person_is_back() {
    let world = World::start().await;
    let ada = leaver(&world).await;
    world.jumpcloud.faults(writes_answered(400)).await;
    world.run(&ada).await;
    let hold = open(&world).await.remove(0);
    world.rehire(&ada).await;
    world.jumpcloud.no_faults().await;
    world.run(&ada).await;
    assert_eq!(world.reconciler.holds().show(&hold.id).await.unwrap().status, HoldStatus::Obsolete);
}

#[tokio::test]
async fn what_usually_passes_is_an_alarm_once_it_lasts() {
    let world = World::start().await;
    let ada = leaver(&world).await;
    world.jumpcloud.faults(writes_answered(503)).await;
    let report = world.run(&ada).await;
    assert!(matches!(report.verdict, Verdict::Retry { counts: false, .. }));
    assert!(open(&world).await.is_empty());
    let later = *world.now.lock().unwrap() + jiff::SignedDuration::from_mins(6);
    *world.now.lock().unwrap() = later;
    world.run(&ada).await;
    assert_eq!(open(&world).await[0].kind, HoldKind::Refused);
}

#[tokio::test]
async fn no_answer_about_schedules_delays_a_suspension() {
    let faults = [
        json!({ "status_5xx": { "status": 404 } }),
        json!({ "status_5xx": { "status": 404, "html": true } }),
        json!({ "status_5xx": { "status": 403 } }),
        json!({ "status_5xx": { "status": 400 } }),
        json!({ "status_5xx": { "status": 500 } }),
        json!({ "rate_429": { "retry_after": 60 } }),
        json!({ "lost_answers": { "hold_ms": 20_000, "when": "before" } }),
    ];
    for fault in faults {
        let world = World::start().await;
        let ada = leaver(&world).await;
        world.jumpcloud.faults(schedule_answered(fault.clone())).await;
        let report = world.run(&ada).await;
        assert_eq!(report.outcome, Outcome::Applied, "{fault}: {:?}", report.record);
        assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED", "{fault}");
        assert!(report.record.notes.concat().contains("scheduled"), "{fault}: {:?}", report.record.notes);
        assert!(report.record.accepted_to_write_ms.unwrap() < 4000, "{fault}");
        assert!(open(&world).await.is_empty());
    }
}

#[tokio::test]
async fn an_activation_that_could_not_be_cancelled_before_is_cancelled_after_or_later() {
    for (strikes, later) in [(1, false), (2, true)] {
        let world = World::start().await;
        let ada = world.hire(ada()).await;
        world.run(&ada).await;
        let id = world.account_of(&ada).await["_id"].clone();
        let schedule =
            json!({ "user_ids": [id], "state": "ACTIVATED", "start_date": "2999-01-01T00:00:00Z" });
        world.jumpcloud.call_as_admin("POST", "/api/v2/bulk/userstates", schedule).await;
        world.terminate(&ada, json!({})).await;
        world
            .jumpcloud
            .faults(schedule_answered(json!({ "status_5xx": { "status": 503, "count": strikes } })))
            .await;
        let report = world.run(&ada).await;
        assert_eq!(report.outcome, Outcome::Applied);
        let writes = || async {
            let journal = world.journal().await;
            journal
                .iter()
                .skip(2)
                .map(|write| write["method"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        if !later {
            assert_eq!(writes().await, ["PUT", "DELETE"]);
            assert_eq!(report.verdict, Verdict::Done { again: None });
            continue;
        }
        assert_eq!(writes().await, ["PUT"]);
        let Verdict::Done { again: Some(again) } = report.verdict else { panic!("{:?}", report.verdict) };
        let key = JobKey::person(ada.as_str()).unwrap();
        let claim = world.queue.claim_one(&key, "test", &again.trigger).await.unwrap().unwrap();
        let report = world.reconciler.run(&ada, &claim).await;
        assert_eq!(report.outcome, Outcome::InSync);
        assert_eq!(report.verdict, Verdict::Done { again: None });
        assert_eq!(writes().await, ["PUT", "DELETE"]);
    }
}

#[tokio::test]
async fn a_sync_by_hand_keeps_a_look_that_is_still_to_come() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    // A lifecycle event whose read was stale.
    world.run_event(&ada).await;
    let due = world.queue.show(&format!("person:{ada}")).await.unwrap().unwrap().scheduled_ms;
    assert!(due.is_some());
    let patience = std::time::Duration::from_secs(2);
    let report = world.reconciler.sync_person(&ada, "cli", patience).await.unwrap();
    assert_eq!(report.outcome, Outcome::InSync);
    assert_eq!(world.queue.show(&format!("person:{ada}")).await.unwrap().unwrap().scheduled_ms, due);
}

#[tokio::test]
async fn what_redis_lost_is_learned_again_by_a_full_run() {
    let world = World::with(crate::support::Setup { people: 120, ..Default::default() }).await;
    let people = world.deel.call("GET", "/_sim/people?limit=1000", None).await;
    let mut known = Vec::new();
    for person in people["people"].as_array().unwrap() {
        for employment in person["employments"].as_array().unwrap() {
            known.push((employment["id"].as_str().unwrap(), person["id"].as_str().unwrap()));
        }
    }
    assert!(known.len() >= 120);
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    let mut redis = world.redis.connection().await;
    let _: () = redis::cmd("FLUSHALL").query_async(&mut redis).await.unwrap();
    assert_eq!(world.queue.link(ada.as_str()).await.unwrap(), None);

    let key = JobKey::Reconcile;
    let add = Add { key: key.clone(), line: Line::Bulk, trigger: Trigger::new("epoch"), look: None };
    world.queue.add(&add).await.unwrap();
    let claim = world.queue.claim_one(&key, "test", &add.trigger).await.unwrap().unwrap();
    let verdict = world.reconciler.handle((*claim).clone()).await;
    claim.finish(verdict).await.unwrap();
    for (contract, person) in known {
        assert_eq!(world.queue.person_of_contract(contract).await.unwrap().as_deref(), Some(person));
    }
    assert_eq!(run_with(&world.reconciler, &world.queue, &ada, None).await.outcome, Outcome::InSync);
    let account = world.account_of(&ada).await;
    assert_eq!(world.queue.link(ada.as_str()).await.unwrap(), Some(link_to(&account)));
}
