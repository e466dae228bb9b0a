//! The run over everyone beside others: who joins it, what a crash leaves, what a leaver waits for.

use crate::everyone::{bulk, company, settings, sync};
use crate::support::ada;
use queue::{Add, JobKey, Line, Trigger, Verdict, WorkerConfig};
use reconciler::full::silent;
use reconciler::{FullEnd, Mode, Phase, Synced};
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(30);

async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let deadline = Instant::now() + SOON;
    while !condition().await {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn trigger() -> Trigger {
    Trigger::new("operator:sync")
}

#[tokio::test]
async fn a_second_request_joins_the_run_that_is_on_its_way() {
    let world = company(150).await;
    world.hire(ada()).await;
    world.deel.faults(json!({ "latency_ms": 400 })).await;
    let (first, other) = (world.reconciler.clone(), world.another(settings(), true));
    let running = tokio::spawn(async move { first.sync_everyone("first", &trigger(), &silent).await });
    eventually("the run says where it is", || async {
        other.progress().await.unwrap().is_some_and(|now| now.phase == Phase::Listing && now.people > 0)
    })
    .await;
    let asked = other.request_sync(&trigger()).await.unwrap();
    assert!(asked.joined && asked.run.is_some(), "{asked:?}");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tell = {
        let seen = Arc::clone(&seen);
        move |now: &reconciler::Progress| seen.lock().unwrap().push(now.phase)
    };
    let Synced::Joined(joined) = other.sync_everyone("second", &trigger(), &tell).await.unwrap() else {
        panic!("two runs at once");
    };
    let Synced::Ran(ran) = running.await.unwrap().unwrap() else { panic!("the first one runs") };
    assert_eq!(joined, ran);
    assert_eq!(joined.counts.applied, 1);
    assert_eq!(seen.lock().unwrap().last(), Some(&Phase::Done));
    assert!(world.queue.show("reconcile").await.unwrap().is_none(), "whoever joined leaves no further run");
    let last = other.progress().await.unwrap().unwrap();
    assert_eq!((last.run, last.phase, last.applied), (ran.run, Phase::Done, 1));
}

/// The run over everyone has a place for a leaver whom a webhook's run suspends in the meantime.
#[tokio::test]
async fn a_webhook_that_meets_the_run_over_everyone_does_not_cost_the_guard_a_place() {
    let world = company(20).await;
    let leaver = world.hire(ada()).await;
    world.run(&leaver).await;
    world.terminate(&leaver, json!({})).await;
    let key = JobKey::person(leaver.as_str()).unwrap();
    let webhook = Trigger::new("webhook:worker.v2.updated");
    let claim = world.queue.claim_one(&key, "webhook", &webhook).await.unwrap().unwrap();
    let reconciler = world.reconciler.clone();
    let running = tokio::spawn(async move { reconciler.sync_everyone("all", &trigger(), &silent).await });
    let used = || async { world.queue.window_used("suspension").await.unwrap() };
    eventually("a place is taken for the leaver", || async { used().await == 1 }).await;
    let report = world.reconciler.run(&leaver, &claim).await;
    claim.finish(report.verdict.clone()).await.unwrap();
    assert_eq!(world.account_of(&leaver).await["state"], "SUSPENDED", "{report:?}");
    assert_eq!(running.await.unwrap().unwrap().report().ended, FullEnd::Done);
    assert_eq!(used().await, 1, "the suspension that was made counts");
}

#[tokio::test]
async fn a_request_waits_for_a_worker_and_is_made_once() {
    let world = company(20).await;
    let first = world.reconciler.request_sync(&trigger()).await.unwrap();
    let second = world.reconciler.request_sync(&trigger()).await.unwrap();
    assert_eq!((first.joined, second.joined), (false, true));
    let claim = world.queue.claim_one(&JobKey::Reconcile, "w", &trigger()).await.unwrap().unwrap();
    let verdict = world.reconciler.handle((*claim).clone()).await;
    assert_eq!(verdict, Verdict::done());
    claim.finish(verdict).await.unwrap();
    assert!(world.queue.show("reconcile").await.unwrap().is_none());
}

#[tokio::test]
async fn a_run_that_dies_in_the_middle_is_started_again_and_converges() {
    let world = company(60).await;
    bulk(&world, json!({ "action": "hire", "count": 30, "silent": true })).await;
    world.jumpcloud.faults(json!({ "latency_ms": 40 })).await;
    let reconciler = world.reconciler.clone();
    let before = world.accounts().await.len();
    let task = tokio::spawn(async move { reconciler.sync_everyone("dies", &trigger(), &silent).await });
    eventually("some are created", || async { world.accounts().await.len() > before + 3 }).await;
    // As a process that is killed: nothing is given back.
    task.abort();
    let _ = task.await;
    world.jumpcloud.no_faults().await;
    let created = world.accounts().await.len() - before;
    assert!(created < 30, "it died in the middle");

    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let reconciler = world.reconciler.clone();
    let handler = move |lease| {
        let reconciler = reconciler.clone();
        async move { reconciler.handle(lease).await }
    };
    let work = queue::work(world.queue.clone(), WorkerConfig::new("w", 8), handler, async {
        let _ = stopped.await;
    });
    let worker = tokio::spawn(work);
    eventually("everybody has an account", || async { world.accounts().await.len() == before + 30 }).await;
    eventually("nothing is left", || async {
        let status = world.queue.status().await.unwrap();
        status.waiting == [0; 3] && status.leased == 0
    })
    .await;
    stop.send(()).unwrap();
    worker.await.unwrap().unwrap();
    assert_eq!(sync(&world).await.counts.to_do, 0, "nothing is left to be done");
    world.assert_careful().await;
}

#[tokio::test]
async fn what_a_vendor_keeps_from_being_done_waits_in_the_queue() {
    let world = company(40).await;
    bulk(&world, json!({ "action": "hire", "count": 60, "silent": true })).await;
    let looks = world.queue.status().await.unwrap().delayed;
    // Lists answer, single people do not.
    world.deel.faults(json!({ "path": "/people/", "status_5xx": { "ratio": 1.0 } })).await;
    let report = sync(&world).await;
    let FullEnd::Failed(words) = &report.ended else { panic!("{report:?}") };
    assert!(words.contains("they are in the queue"), "{words}");
    let status = world.queue.status().await.unwrap();
    assert_eq!(status.waiting.iter().sum::<u64>() + status.delayed, 60 + looks, "{status:?}");
    world.deel.no_faults().await;
    assert_eq!(sync(&world).await.counts.applied, 60);
}

#[tokio::test]
async fn a_pause_in_the_middle_interrupts_the_run() {
    let world = company(40).await;
    bulk(&world, json!({ "action": "hire", "count": 30, "silent": true })).await;
    world.jumpcloud.faults(json!({ "latency_ms": 40 })).await;
    let (before, queue) = (world.accounts().await.len(), world.queue.clone());
    let running = tokio::spawn({
        let reconciler = world.reconciler.clone();
        async move { reconciler.sync_everyone("w", &trigger(), &silent).await }
    });
    eventually("some are created", || async { world.accounts().await.len() > before }).await;
    queue.pause("op", "stop").await.unwrap();
    let report = running.await.unwrap().unwrap();
    assert_eq!(report.report().ended, FullEnd::Interrupted);
    assert!(world.accounts().await.len() < before + 30);
    let waiting = queue.show("reconcile").await.unwrap().expect("it waits for resume");
    assert_eq!(waiting.state, queue::JobState::Waiting);
    queue.resume().await.unwrap();
    world.jumpcloud.no_faults().await;
    sync(&world).await;
    assert_eq!(world.accounts().await.len(), before + 30);
}

#[tokio::test]
async fn in_observe_mode_everything_is_on_the_trail_and_nothing_is_written_or_held() {
    let world = company(40).await;
    let hired = world.hire(ada()).await;
    let writes = world.journal().await.len();
    let observe = world.another(settings(), false);
    let Synced::Ran(report) = observe.sync_everyone("w", &trigger(), &silent).await.unwrap() else {
        panic!("nobody else runs");
    };
    assert_eq!((&report.ended, report.mode, report.counts.applied), (&FullEnd::Planned, Mode::Observe, 1));
    assert_eq!(world.journal().await.len(), writes);
    assert_eq!(world.queue.status().await.unwrap().holds, 0);
    let story = observe.trail().why(&hired, 5).await.unwrap().to_string();
    assert!(story.contains("would be done"), "{story}");
}

#[tokio::test]
async fn last_days_and_later_looks_are_arranged_again_by_each_run() {
    let world = company(20).await;
    let ada = world.hire(ada()).await;
    sync(&world).await;
    let now = *world.now.lock().unwrap();
    let day = (now + Duration::from_secs(40 * 86_400)).to_string();
    world.terminate(&ada, json!({ "last_day": &day[..10] })).await;
    let report = sync(&world).await;
    assert!(report.counts.looks >= 1, "{report:?}");
    let key = format!("person:{ada}");
    let job = world.queue.show(&key).await.unwrap().expect("a later look");
    assert_eq!((job.state, job.line), (queue::JobState::Delayed, Line::Urgent));
    world.queue.discard(&key).await.unwrap();
    sync(&world).await;
    assert!(world.queue.show(&key).await.unwrap().is_some(), "Redis that lost it learns it again");
}

#[tokio::test]
async fn a_leaver_does_not_wait_behind_the_list_of_everyone() {
    let world = company(700).await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    // Deel's real limit, and JumpCloud's default.
    let limited = world.limited(settings(), 5.0, 20.0);
    let running = tokio::spawn({
        let limited = limited.clone();
        async move { limited.sync_everyone("w", &trigger(), &silent).await }
    });
    eventually("everyone is being listed", || async {
        limited.progress().await.unwrap().is_some_and(|now| now.phase == Phase::Listing && now.people > 0)
    })
    .await;
    world.terminate(&ada, json!({})).await;
    let asked = Instant::now();
    let key = JobKey::Person(ada.to_string());
    let webhook = Trigger::new("webhook:worker.v2.terminated");
    let add = Add { key: key.clone(), line: Line::Urgent, trigger: webhook.clone(), look: Some(0) };
    world.queue.add(&add).await.unwrap();
    let claim = world.queue.claim_one(&key, "urgent", &webhook).await.unwrap().unwrap();
    let report = limited.run(&ada, &claim).await;
    let took = asked.elapsed();
    claim.finish(report.verdict.clone()).await.unwrap();
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED", "{report:?}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(limited.progress().await.unwrap().unwrap().phase, Phase::Listing, "the lists were still read");
    assert_eq!(running.await.unwrap().unwrap().report().ended, FullEnd::Done);
}
