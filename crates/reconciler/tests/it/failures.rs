//! What goes wrong between us and the vendors, and that nobody is harmed by it.

use crate::support::{Setup, World, ada, run_with};
use queue::{JobKey, Trigger, Verdict};
use reconciler::Outcome;
use reconciler::trail::ChangeResult;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_lost_answer_to_a_creation_makes_no_second_account() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    // Not of a search, which is a POST too.
    let lost = json!({ "lost_answers": { "count": 1, "when": "after" }, "methods": ["POST"], "path": "/api/systemusers" });
    world.jumpcloud.faults(lost).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied, "it is looked for, and found to be ours");
    world.jumpcloud.no_faults().await;
    world.run(&ada).await;
    assert_eq!(world.accounts().await.len(), 1);
    assert_eq!(world.run(&ada).await.outcome, Outcome::InSync);
}

#[tokio::test]
async fn creations_that_jumpcloud_is_away_for_cost_no_attempt() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    let only_writes = json!({ "status_5xx": { "status": 503, "retry_after": 30 }, "methods": ["POST"], "path": "/api/systemusers" });
    world.jumpcloud.faults(only_writes).await;
    let verdict = world.run(&ada).await.verdict;
    let away = Some(queue::Vendor::JumpCloud);
    assert!(
        matches!(&verdict, Verdict::Retry { counts: false, away: told, .. } if *told == away),
        "{verdict:?}"
    );
    world.jumpcloud.no_faults().await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    assert_eq!(world.accounts().await.len(), 1);
}

#[tokio::test]
async fn a_lost_creation_is_looked_for_at_the_budgets_pace() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    let lost =
        json!({ "lost_answers": { "when": "before" }, "methods": ["POST"], "path": "/api/systemusers" });
    world.jumpcloud.faults(lost).await;
    let slow = world.limited(reconciler::Settings::default(), 100.0, 2.0);
    let run = run_with(&slow, &world.queue, &ada, None);
    // Three searches before the creation, three after it.
    let searched = async |times: u64| {
        while searches(&world).await < times {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Instant::now()
    };
    let watch = async { (searched(4).await, searched(6).await) };
    let (report, (first, last)) = tokio::join!(run, watch);
    assert_eq!(report.outcome, Outcome::Failed, "{report:?}");
    assert_eq!(searches(&world).await, 6);
    let apart = last.duration_since(first);
    assert!(apart > Duration::from_millis(400), "two requests a second, and three within {apart:?}");
}

async fn searches(world: &World) -> u64 {
    let requests = world.jumpcloud.call("GET", "/_sim/requests", None).await;
    let routes = requests["by_route"].as_object().unwrap().iter();
    routes.filter(|(route, _)| route.contains("/search/systemusers")).filter_map(|(_, n)| n.as_u64()).sum()
}

#[tokio::test]
async fn with_the_lease_lost_before_the_write_nothing_is_written() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    let writes = world.journal().await.len();
    world.change(&ada, json!({ "job_title": "Countess" })).await;
    let key = JobKey::person(ada.as_str()).unwrap();
    let claim = world.queue.claim_one(&key, "test", &Trigger::new("webhook:test")).await.unwrap().unwrap();
    // The lease runs out unseen, and another worker takes the person.
    let mut redis = world.redis.connection().await;
    let _: i64 = redis::cmd("ZADD")
        .arg(format!("{{{}}}:leases", world.redis.prefix()))
        .arg(1)
        .arg(key.to_string())
        .query_async(&mut redis)
        .await
        .unwrap();
    let other = world.queue.claim_one(&key, "other", &Trigger::new("webhook:test")).await.unwrap();
    let _other = other.expect("the lease has run out");
    let report = world.reconciler.run(&ada, &claim).await;
    assert_eq!(report.outcome, Outcome::Interrupted, "{:?}", report.record.problem);
    assert_eq!(report.verdict, Verdict::Release);
    assert_eq!(world.journal().await.len(), writes);
    assert_eq!(world.account_of(&ada).await["jobTitle"], "Analyst");
}

#[tokio::test]
async fn while_paused_nothing_is_written_and_the_job_goes_back() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.queue.pause("op", "looking into it").await.unwrap();
    let report = world.run(&ada).await;
    assert_eq!((report.outcome, &report.verdict), (Outcome::Interrupted, &Verdict::Release));
    assert!(world.journal().await.is_empty());
    let job = world.queue.show(&format!("person:{ada}")).await.unwrap().unwrap();
    assert_eq!(job.state, queue::JobState::Waiting);
    world.queue.resume().await.unwrap();
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
}

#[tokio::test]
async fn with_sensitive_data_withheld_nobody_is_changed() {
    let world = World::with(Setup { withhold_sensitive: true, people: 1, ..Setup::default() }).await;
    let people = world.deel.call("GET", "/_sim/people", None).await;
    let person = provisioning::ProfileId::parse(people["people"][0]["id"].as_str().unwrap()).unwrap();
    let report = world.run(&person).await;
    assert_eq!(report.outcome, Outcome::Failed);
    let Verdict::Retry { after, counts: false, error, .. } = &report.verdict else {
        panic!("{:?}", report.verdict)
    };
    assert_eq!(*after, Some(Duration::from_secs(60)));
    assert!(error.contains("sensitive") || error.contains("withholds"), "{error}");
    assert!(world.journal().await.is_empty());
}

#[tokio::test]
async fn a_vendor_that_limits_or_is_away_costs_no_attempt_and_its_wait_is_honoured() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.jumpcloud.faults(json!({ "status_5xx": { "status": 503 } })).await;
    let away = world.run(&ada).await.verdict;
    assert!(matches!(&away, Verdict::Retry { counts: false, .. }), "{away:?}");
    world.deel.faults(json!({ "rate_429": { "count": 1, "retry_after": 7 }, "path": "/people" })).await;
    let limited = world.run(&ada).await.verdict;
    let seven = Some(Duration::from_secs(7));
    assert!(
        matches!(&limited, Verdict::Retry { after, counts: false, .. } if *after == seven),
        "{limited:?}"
    );
    let budget = world.queue.budget(queue::Vendor::Deel, None).state().await.unwrap();
    assert!(budget.blocked_for.is_some(), "the other processes hear of it");
}

#[tokio::test]
async fn one_refused_step_does_not_keep_the_others_from_being_done() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    let account = world.account_of(&ada).await;
    world.edit(&account, json!({ "state": "ACTIVATED" })).await;
    world.change(&ada, json!({ "job_title": "x".repeat(200) })).await;
    world.terminate(&ada, json!({})).await;
    let report = world.run(&ada).await;
    let done = report.record.changes.iter().filter(|change| change.result == ChangeResult::Done).count();
    assert_eq!(done, 2, "{:?}", report.record.changes);
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn reads_that_are_too_old_let_nobody_in_again() {
    let settings = reconciler::Settings { freshness: Duration::ZERO, ..reconciler::Settings::default() };
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    world.terminate(&ada, json!({ "at_once": true })).await;
    world.run(&ada).await;
    world.rehire(&ada).await;
    let report = run_with(&world.another(settings, true), &world.queue, &ada, None).await;
    assert!(matches!(report.verdict, Verdict::Retry { counts: false, .. }), "{:?}", report.verdict);
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    assert_ne!(world.account_of(&ada).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn reads_that_are_too_old_do_not_suspend() {
    let settings = reconciler::Settings { freshness: Duration::ZERO, ..reconciler::Settings::default() };
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    world.terminate(&ada, json!({})).await;
    let stale = world.another(settings, true);
    let report = run_with(&stale, &world.queue, &ada, None).await;
    assert!(matches!(report.verdict, Verdict::Retry { counts: false, .. }), "{:?}", report.verdict);
    assert_ne!(world.account_of(&ada).await["state"], "SUSPENDED");
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
}
