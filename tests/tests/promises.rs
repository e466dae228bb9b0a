//! What must always hold, each with a test that fails when it is broken.

use std::time::Duration;

use e2e::{SOON, World, deliver, id_of, mark, somebody};
use harness::{SIGNING_KEY, eventually, holds_for, post_webhook};
use serde_json::{Value, json};
use test_redis::{Persistence, TestRedis};

fn activated() -> Value {
    json!({"state": "ACTIVATED"})
}

/// A body as Deel's, about this person.
fn webhook(event: &str, person: &str, tracking: &str) -> String {
    json!({
        "data": {
            "meta": {"event_type": event, "tracking_id": tracking},
            "resource": {"id": person},
        },
        "timestamp": "2026-05-04T09:15:00.000Z",
    })
    .to_string()
}

#[tokio::test]
async fn an_answered_webhook_survives_kill_9_of_everything() {
    let redis = TestRedis::private(Persistence::Always).await;
    let mut world = World::on(redis, &[], &[]).await;
    let person = {
        let mut hire = somebody("Frances", "Allen");
        hire["silent"] = json!(true);
        id_of(&world.deel.hire(hire).await)
    };
    // Only the ingress runs: nobody can have worked on the job before everything dies.
    let mut ingress = world.settings.start("serve").await;
    let body = webhook("worker.v2.created", &person, "survives");
    let answer =
        post_webhook(&reqwest::Client::new(), &world.settings.webhook_url(), SIGNING_KEY, body).await;
    assert_eq!(answer.expect("an answer").status(), 200);

    world.redis.server().kill();
    ingress.process.kill();
    world.redis.server().restart().await;

    let _running = world.run().await;
    world.account(&person, "the account of the stored hire", |_| true).await;
}

#[tokio::test]
async fn without_redis_a_webhook_is_refused_and_taken_once_it_is_back() {
    let redis = TestRedis::private(Persistence::Always).await;
    let mut world = World::on(redis, &[], &[]).await;
    let _running = world.run().await;
    let mut hire = somebody("Jean", "Bartik");
    hire["silent"] = json!(true);
    let person = id_of(&world.deel.hire(hire).await);
    let body = webhook("worker.v2.created", &person, "outage");
    let http = reqwest::Client::new();

    world.redis.server().kill();
    let refused = post_webhook(&http, &world.settings.webhook_url(), SIGNING_KEY, body.clone()).await;
    let refused = refused.expect("an answer");
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));

    world.redis.server().restart().await;
    eventually("the same delivery is taken", SOON, async || {
        let answer = post_webhook(&http, &world.settings.webhook_url(), SIGNING_KEY, body.clone()).await;
        answer.is_ok_and(|answer| answer.status() == 200).then_some(())
    })
    .await;
    world.account(&person, "the account", |_| true).await;
}

#[tokio::test]
async fn a_worker_that_dies_in_the_middle_is_followed_by_another() {
    let world = World::empty().await;
    let mut first = world.run().await;
    // JumpCloud takes its time, so that the worker is certainly in the middle.
    world.jumpcloud.faults(json!({"latency_ms": 400})).await;
    let person = id_of(&world.deel.hire(somebody("Katherine", "Johnson")).await);
    eventually("the worker has begun", SOON, async || {
        let seen = world.jumpcloud.call("GET", "/_sim/requests", None).await;
        (seen["total"].as_u64() > Some(0)).then_some(())
    })
    .await;
    first.process.kill();
    world.jumpcloud.no_faults().await;

    let _second = world.run().await;
    world.account(&person, "the account", |_| true).await;
    assert_eq!(world.jumpcloud.accounts().await.len(), 1, "and only one");
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_makes_one_account() {
    let world = World::empty().await;
    let _running = world.run().await;
    world
        .jumpcloud
        .faults(json!({"lost_answers": {"count": 1, "when": "after"}, "methods": ["POST"], "path": "/api/systemusers"}))
        .await;
    let (_, account) = world.hired(somebody("Radia", "Perlman")).await;
    world.settled().await;
    assert_eq!(account["username"], "radia.perlman");
    assert_eq!(world.jumpcloud.accounts().await.len(), 1);
}

/// After seven days a body is forgotten: then it is as good as new, and speaks of somebody who is at work again.
#[tokio::test]
async fn a_termination_recorded_and_replayed_a_week_later_harms_nobody() {
    let world = World::empty().await;
    let _running = world.run().await;
    let (person, account) = world.hired(somebody("Evelyn", "Boyd")).await;
    world.jumpcloud.edit(&id_of(&account), activated()).await;
    let left = world.deel.terminate(&person, json!({})).await;
    world.account(&person, "the suspension", |account| account["state"] == "SUSPENDED").await;
    world.deel.rehire(&person).await;
    world.account(&person, "the return", |account| account["state"] == "ACTIVATED").await;
    world.settled().await;

    // The bytes, as a capture has them; whoever has the bytes has their signature.
    let deliveries = world.deel.call("GET", "/_sim/deliveries?bodies=true", None).await;
    let of_leaving = deliveries["deliveries"].as_array().expect("a list").iter();
    let recorded: Vec<String> = of_leaving
        .filter(|one| left["_sim"]["deliveries"].as_array().is_some_and(|all| all.contains(&one["id"])))
        .map(|one| one["body"].as_str().expect("a body").to_owned())
        .collect();
    assert_eq!(left["_sim"]["events"], json!(["worker.v2.updated", "contract.terminated"]));
    assert_eq!(recorded.len(), 2);
    let url = world.settings.webhook_url();
    for body in &recorded {
        assert_eq!(deliver(&url, body).await, (200, json!({"outcome": "duplicate"})));
    }

    world.a_week_later().await;
    let (reads, writes) = (world.reads_of(&person).await, world.jumpcloud.journal().await.len());
    for (number, body) in (1..).zip(&recorded) {
        let (status, said) = deliver(&url, body).await;
        assert_eq!(status, 200);
        assert_ne!(said["outcome"], "duplicate", "it is forgotten");
        eventually("the person is read again", SOON, async || {
            (world.reads_of(&person).await >= reads + number).then_some(())
        })
        .await;
        world.settled().await;
    }
    assert_eq!(world.state(&person).await, "ACTIVATED");
    assert_eq!(world.jumpcloud.journal().await.len(), writes, "nothing is written");
}

#[tokio::test]
async fn absent_is_not_terminated() {
    let world = World::empty().await;
    let _running = world.run().await;
    let (person, account) = world.hired(somebody("Margaret", "Hamilton")).await;
    world.jumpcloud.edit(&id_of(&account), activated()).await;

    // Gone from Deel: a 404 is held and reported.
    world.deel.call("POST", &format!("/_sim/people/{person}/remove"), Some(json!({}))).await;
    let held = eventually("a hold for a person who is gone", SOON, async || {
        let holds = world.settings.cli(&["holds", "list", "--format", "json"]).await;
        (holds.code == Some(0) && holds.stdout.contains("gone")).then_some(holds.stdout)
    })
    .await;
    assert!(held.contains(&person), "{held}");
    world.settled().await;
    assert_eq!(world.jumpcloud.account_of(&person).await.expect("the account")["state"], "ACTIVATED");
}

#[tokio::test]
async fn a_token_that_sees_no_names_changes_nobody() {
    let world = World::empty().await;
    let _running = world.run().await;
    let (person, account) = world.hired(somebody("Adele", "Goldberg")).await;
    world.jumpcloud.edit(&id_of(&account), activated()).await;
    world.settled().await;
    let before = world.jumpcloud.journal().await.len();

    world.deel.faults(json!({"withhold_sensitive": true})).await;
    world.deel.terminate(&person, json!({"at_once": true})).await;
    eventually("the run was recorded", SOON, async || {
        let why = world.settings.cli(&["why", &person]).await;
        why.stdout.to_lowercase().contains("sensitive").then_some(())
    })
    .await;
    assert_eq!(world.jumpcloud.journal().await.len(), before, "nothing was written");

    // The token is mended: the leaver is suspended without anybody's help.
    world.deel.no_faults().await;
    let synced = world.settings.cli(&["sync", "--person", &person]).await.expect_code(0);
    let account = world.jumpcloud.account_of(&person).await.expect("the account");
    assert_eq!(account["state"], "SUSPENDED", "{}{}", synced.stdout, synced.stderr);
}

#[tokio::test]
async fn a_suspension_by_another_hand_is_held_and_not_undone() {
    let world = World::empty().await;
    let _running = world.run().await;
    let (person, account) = world.hired(somebody("Karen", "Jones")).await;
    world.jumpcloud.edit(&id_of(&account), json!({"state": "SUSPENDED"})).await;

    world.deel.change(&person, json!({"job_title": "Researcher"})).await;
    let account =
        world.account(&person, "the other change", |account| account["jobTitle"] == "Researcher").await;
    assert_eq!(account["state"], "SUSPENDED");
    world.settled().await;
    let holds = world.settings.cli(&["holds", "list", "--format", "json"]).await.expect_code(0);
    assert!(holds.stdout.contains("foreign_suspension"), "{}", holds.stdout);
    assert_eq!(world.jumpcloud.account_of(&person).await.expect("it")["state"], "SUSPENDED");
}

#[tokio::test]
async fn a_stale_mark_is_cleared_and_reactivates_nobody() {
    let world = World::empty().await;
    let _running = world.run().await;
    let (person, account) = world.hired(somebody("Lynn", "Conway")).await;
    let stale = "suspended at=2026-01-01T00:00:00Z run=01J00000000000000000000000 was=ACTIVATED by=deel";
    let own = json!({"state": "STAGED", "attributes": [{"name": "deelsync", "value": stale}]});
    world.jumpcloud.edit(&id_of(&account), own).await;

    world.deel.change(&person, json!({"job_title": "Architect"})).await;
    let account = world.account(&person, "the mark is gone", |account| mark(account).is_none()).await;
    assert_eq!(account["state"], "STAGED");
}

#[tokio::test]
async fn the_fourth_leaver_of_a_day_is_held_until_somebody_approves() {
    let world = World::empty().await;
    let running = world.run().await;
    let mut people = Vec::new();
    for name in ["One", "Two", "Three", "Four"] {
        let (person, account) = world.hired(somebody("Leaver", name)).await;
        world.jumpcloud.edit(&id_of(&account), activated()).await;
        people.push(person);
    }
    for person in &people[..3] {
        world.deel.terminate(person, json!({"at_once": true})).await;
        world.account(person, "a suspension", |account| account["state"] == "SUSPENDED").await;
    }
    world.deel.terminate(&people[3], json!({"at_once": true})).await;
    let hold = eventually("the fourth is held", SOON, async || {
        let holds = world.settings.cli(&["holds", "list", "--format", "json"]).await;
        holds.json().as_array()?.iter().find(|hold| hold["kind"] == "limit").cloned()
    })
    .await;
    assert_eq!(hold["person"], people[3].as_str());
    world.settled().await;
    let account = world.jumpcloud.account_of(&people[3]).await.expect("the account");
    assert_eq!(account["state"], "ACTIVATED");
    eventually("the alarm shows in the metrics", SOON, async || {
        let page = running.metrics().await;
        let mut alarms = page.lines().filter(|line| line.starts_with("deelsync_leavers_not_suspended{"));
        alarms.any(|line| line.ends_with(" 1")).then_some(())
    })
    .await;

    let id = hold["id"].as_str().expect("an id");
    let _ = world.settings.cli(&["holds", "approve", id]).await.expect_code(0);
    world.account(&people[3], "the approved suspension", |account| account["state"] == "SUSPENDED").await;
}

#[tokio::test]
async fn observe_is_the_default_and_writes_nothing() {
    let mut world = World::empty().await;
    world.settings.unset("DEELSYNC_MODE");
    let _running = world.run().await;
    let person = id_of(&world.deel.hire(somebody("Joan", "Clarke")).await);
    eventually("the trail says what would be done", SOON, async || {
        let why = world.settings.cli(&["why", &person]).await;
        why.stdout.contains("joan.clarke").then_some(())
    })
    .await;
    world.settled().await;
    assert_eq!(world.jumpcloud.journal().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_pause_stops_all_writes_and_loses_nothing() {
    let world = World::empty().await;
    let _running = world.run().await;
    let _ = world.settings.cli(&["pause"]).await.expect_code(0);
    let person = id_of(&world.deel.hire(somebody("Mary", "Jackson")).await);
    eventually("the event waits", SOON, async || {
        let status = world.settings.cli(&["queue", "status", "--format", "json"]).await;
        status.stdout.contains("\"paused\"").then_some(())
    })
    .await;
    holds_for("nothing is written", Duration::from_millis(500), async || {
        world.jumpcloud.journal().await.is_empty()
    })
    .await;

    let _ = world.settings.cli(&["resume"]).await.expect_code(0);
    world.account(&person, "the account", |_| true).await;
}

#[tokio::test]
async fn an_event_with_an_unknown_contract_leads_to_a_reconcile_and_never_to_a_guess() {
    let world = World::empty().await;
    let _running = world.run().await;
    // Nobody was told of this hire: only a reconcile can find it.
    let mut hire = somebody("Hedy", "Lamarr");
    hire["silent"] = json!(true);
    let person = id_of(&world.deel.hire(hire).await);
    let body = json!({
        "data": {"meta": {"event_type": "contract.created"}, "resource": {"id": "zz9unknown"}},
        "timestamp": "2026-05-04T09:15:00.000Z",
    });
    let http = reqwest::Client::new();
    let answer = post_webhook(&http, &world.settings.webhook_url(), SIGNING_KEY, body.to_string()).await;
    assert_eq!(answer.expect("an answer").status(), 200);
    world.account(&person, "the account that the reconcile found", |_| true).await;
}

#[tokio::test]
async fn the_vendors_limits_hold_over_two_workers() {
    let mut world = World::with(&["--rate", "5"], &["--rate", "20"]).await;
    world.settings.set("DEEL_RATE_LIMIT", "5").set("JUMPCLOUD_RATE_LIMIT", "20");
    // Our own subscribing was a request too, which the product cannot know of: let its second pass.
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let _one = world.run().await;
    world.settings.other_ports();
    let _two = world.settings.start("work").await;
    let mut people = Vec::new();
    for number in 0..12 {
        people.push(id_of(&world.deel.hire(somebody("Crowd", &format!("Member{number}"))).await));
    }
    for person in &people {
        eventually("everybody has an account", Duration::from_secs(60), async || {
            world.jumpcloud.account_of(person).await
        })
        .await;
    }
    for answered in [
        world.deel.call("GET", "/_sim/requests", None).await,
        world.jumpcloud.call("GET", "/_sim/requests", None).await,
    ] {
        assert_eq!(answered["limited"], 0, "a limit was exceeded: {answered:#}");
    }
}

#[tokio::test]
async fn sigterm_finishes_what_runs_and_gives_the_rest_back() {
    let world = World::empty().await;
    let mut running = world.run().await;
    world.jumpcloud.faults(json!({"latency_ms": 300})).await;
    let mut people = Vec::new();
    for number in 0..30 {
        people.push(id_of(&world.deel.hire(somebody("Shift", &format!("Worker{number}"))).await));
    }
    eventually("work has begun", SOON, async || (!world.jumpcloud.journal().await.is_empty()).then_some(()))
        .await;
    assert_eq!(running.stop().await, Some(0), "{}", running.process.log());
    world.jumpcloud.no_faults().await;

    let _again = world.run().await;
    for person in &people {
        world.account(person, "everybody has an account", |_| true).await;
    }
    assert_eq!(world.jumpcloud.accounts().await.len(), people.len(), "and only one each");
}
