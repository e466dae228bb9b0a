//! Staged accounts activated by hand, by `JumpCloud` at a time, and by policy.

use crate::support::{PATIENCE, Setup, World, ada, asker};
use jiff::{SignedDuration, Timestamp, Unit};
use provisioning::{Activation, Policy, ProfileId};
use queue::Trigger;
use reconciler::full::silent;
use reconciler::trail::RunRecord;
use reconciler::{Activate, At, Outcome, RequestError, Settings};
use serde_json::{Value, json};

async fn staged(world: &World) -> ProfileId {
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["state"], "STAGED");
    ada
}

fn at(world: &World, hours: i64) -> Timestamp {
    let now = world.now.lock().unwrap().round(Unit::Second).unwrap();
    now + SignedDuration::from_hours(hours)
}

fn order(at: Timestamp) -> Activate {
    Activate::At { at: At::Instant(at), mail_to: None }
}

async fn activate(world: &World, person: &ProfileId, how: &Activate) -> Result<RunRecord, RequestError> {
    world.reconciler.activate(person, how, asker()).await
}

async fn refusal(world: &World, person: &ProfileId, how: &Activate) -> String {
    match activate(world, person, how).await {
        Err(RequestError::Refused(words)) => words,
        other => panic!("not refused: {other:?}"),
    }
}

/// When JumpCloud activates whom.
async fn schedule(world: &World) -> Vec<Timestamp> {
    let all = world.jumpcloud.call("GET", "/_sim/schedule", None).await;
    let all = all["scheduled"].as_array().unwrap().clone();
    all.iter().map(|job| job["scheduledDate"].as_str().unwrap().parse().unwrap()).collect()
}

async fn mails(world: &World) -> Vec<Value> {
    let mails = world.journal().await.into_iter().flat_map(|write| write["mail"].as_array().unwrap().clone());
    mails.collect()
}

#[tokio::test]
async fn now_without_mail_unless_asked() {
    let world = World::start().await;
    let ada = staged(&world).await;
    let record = activate(&world, &ada, &Activate::Now { mail_to: None }).await.unwrap();
    assert_eq!((record.outcome, record.by.as_deref()), (Outcome::Applied, Some("op")));
    assert_eq!(world.account_of(&ada).await["state"], "ACTIVATED");
    assert_eq!(mails(&world).await, Vec::<Value>::new());
    world.assert_careful().await;
    let words = refusal(&world, &ada, &Activate::Now { mail_to: None }).await;
    assert!(words.contains("ACTIVATED already"), "{words}");
    assert_eq!(world.run(&ada).await.outcome, Outcome::InSync);
    let why = world.reconciler.trail().why(&ada, 10).await.unwrap().to_string();
    assert!(why.contains("operator:activate") && why.contains("by op"), "{why}");

    let bo =
        world.hire(json!({ "first_name": "Bo", "last_name": "B", "work_email": "bo@example.com" })).await;
    world.run(&bo).await;
    let mail_to = Some("private@example.org".to_owned());
    activate(&world, &bo, &Activate::Now { mail_to }).await.unwrap();
    assert_eq!(mails(&world).await[0]["to"], "private@example.org");
}

#[tokio::test]
async fn at_a_time_by_jumpcloud_itself() {
    let world = World::start().await;
    let ada = staged(&world).await;
    let (first, second) = (at(&world, 30), at(&world, 40));
    let record = activate(&world, &ada, &order(first)).await.unwrap();
    assert_eq!(record.changes[0].fields[0].after, Some(first.to_string()));
    assert_eq!(schedule(&world).await, [first]);
    // The same once more is nothing; another time replaces it; syncs leave it.
    let writes = world.journal().await.len();
    let again = activate(&world, &ada, &order(first)).await.unwrap();
    assert_eq!((again.outcome, again.changes.len()), (Outcome::InSync, 0));
    assert_eq!(world.journal().await.len(), writes);
    activate(&world, &ada, &order(second)).await.unwrap();
    assert_eq!(schedule(&world).await, [second]);
    let looked = world.run(&ada).await;
    assert_eq!((looked.outcome, schedule(&world).await), (Outcome::InSync, vec![second]));
    let next = looked.record.plan.unwrap().next_look;
    assert_eq!(next, Some(second + provisioning::SCHEDULE_GRACE), "what became of it is looked at");

    world.jumpcloud.call("POST", "/_sim/schedule/run", Some(json!({ "until": second }))).await;
    assert_eq!(world.account_of(&ada).await["state"], "ACTIVATED");
    assert_eq!(mails(&world).await, Vec::<Value>::new());
    world.assert_careful().await;
}

#[tokio::test]
async fn a_local_time_is_the_persons() {
    let world = World::start().await;
    let mut hire = ada();
    hire["timezone"] = json!("Asia/Tokyo");
    let ada = world.hire(hire).await;
    world.run(&ada).await;
    let local = "2999-03-01T09:00".parse().unwrap();
    let how = Activate::At { at: At::Local(local), mail_to: None };
    activate(&world, &ada, &how).await.unwrap();
    assert_eq!(schedule(&world).await, ["2999-03-01T00:00:00Z".parse::<Timestamp>().unwrap()]);
}

#[tokio::test]
async fn it_can_be_taken_back() {
    let world = World::start().await;
    let ada = staged(&world).await;
    assert!(refusal(&world, &ada, &Activate::Cancel).await.contains("no activation"));
    activate(&world, &ada, &order(at(&world, 5))).await.unwrap();
    let record = activate(&world, &ada, &Activate::Cancel).await.unwrap();
    assert_eq!(record.changes[0].kind.as_str(), "cancel_activation");
    assert_eq!(schedule(&world).await, []);
    // Activated at once, nothing is left to happen later.
    activate(&world, &ada, &order(at(&world, 5))).await.unwrap();
    activate(&world, &ada, &Activate::Now { mail_to: None }).await.unwrap();
    assert_eq!(schedule(&world).await, []);
    assert_eq!(world.queue.schedule(ada.as_str()).await.unwrap(), None);
}

#[tokio::test]
async fn what_may_not_be_is_refused_with_the_reason() {
    let world = World::start().await;
    let ada = staged(&world).await;
    let now = Activate::Now { mail_to: None };
    let soon = *world.now.lock().unwrap() + SignedDuration::from_mins(59);
    assert!(refusal(&world, &ada, &order(soon)).await.contains("at least one hour ahead"));

    world.queue.pause("op", "reason").await.unwrap();
    assert!(matches!(activate(&world, &ada, &now).await, Err(RequestError::Paused)));
    world.queue.resume().await.unwrap();
    let observing = world.another(Settings::default(), false);
    assert!(matches!(observing.activate(&ada, &now, asker()).await, Err(RequestError::ObserveMode)));

    world.terminate(&ada, json!({})).await;
    assert!(refusal(&world, &ada, &now).await.contains("not to have access: left"));
    world.rehire(&ada).await;
    world.reconciler.suspend(&ada, "lost", "op", "cli", PATIENCE).await.unwrap();
    assert!(refusal(&world, &ada, &now).await.contains("holds release"));

    let bo =
        world.hire(json!({ "first_name": "Bo", "last_name": "B", "work_email": "bo@example.com" })).await;
    assert!(refusal(&world, &bo, &now).await.contains("no account yet"));
    assert_eq!(schedule(&world).await, []);
}

#[tokio::test]
async fn an_answer_that_was_lost_makes_no_second_job() {
    let world = World::start().await;
    let ada = staged(&world).await;
    let when = at(&world, 30);
    let fault = json!({ "lost_answers": { "count": 1 }, "methods": ["POST"], "path": "/bulk/userstates" });
    world.jumpcloud.faults(fault).await;
    assert!(activate(&world, &ada, &order(when)).await.is_err());
    world.jumpcloud.no_faults().await;
    assert_eq!(schedule(&world).await, [when], "it was done all the same");
    activate(&world, &ada, &order(when)).await.unwrap();
    assert_eq!(schedule(&world).await, [when]);
    activate(&world, &ada, &Activate::Cancel).await.unwrap();
    assert_eq!(schedule(&world).await, [], "and is known as ours");
}

/// Only the trail holds an address; a schedule that follows the start date takes it from there.
#[tokio::test]
async fn the_address_of_a_schedule_that_moves_is_kept() {
    let world = World::start().await;
    let ada = world.hire(hire_from("2999-03-01")).await;
    world.run(&ada).await;
    let mail_to = Some("home@example.org".to_owned());
    let how = Activate::At { at: At::Instant(madrid("2999-03-01")), mail_to };
    activate(&world, &ada, &how).await.unwrap();
    for date in ["2999-03-11", "2999-03-21"] {
        world.change(&ada, json!({ "start_date": date })).await;
        assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    }
    let until = madrid("2999-03-21");
    assert_eq!(schedule(&world).await, [until]);
    world.jumpcloud.call("POST", "/_sim/schedule/run", Some(json!({ "until": until }))).await;
    let to: Vec<Value> = mails(&world).await.iter().map(|mail| mail["to"].clone()).collect();
    assert_eq!(to, ["home@example.org"]);
    let kept = world.queue.schedule(ada.as_str()).await.unwrap().unwrap();
    assert!(!kept.contains("example.org"), "{kept}");
}

/// JumpCloud fails while an activation moves: whoever looks next makes it, in a run of everyone too.
#[tokio::test]
async fn one_that_could_not_be_moved_is_made_by_the_next_look() {
    let world = World::start().await;
    let ada = world.hire(hire_from("2999-03-01")).await;
    world.run(&ada).await;
    let nine = SignedDuration::from_hours(9);
    activate(&world, &ada, &order(madrid("2999-03-01") + nine)).await.unwrap();
    let down = json!({ "status_5xx": { "status": 500 }, "methods": ["POST"], "path": "/bulk/userstates" });
    for (date, everyone) in [("2999-03-11", false), ("2999-03-21", true)] {
        world.jumpcloud.faults(down.clone()).await;
        world.change(&ada, json!({ "start_date": date })).await;
        assert_ne!(world.run(&ada).await.outcome, Outcome::Applied);
        world.jumpcloud.no_faults().await;
        let everybody = world.another(crate::everyone::settings(), true);
        if everyone {
            everybody.sync_everyone("t", &Trigger::new("operator:sync"), &silent).await.unwrap();
        } else {
            world.run(&ada).await;
        }
        assert_eq!(schedule(&world).await, [madrid(date) + nine]);
        assert_eq!(world.run(&ada).await.outcome, Outcome::InSync);
    }
    // An operator's own move, too.
    world.jumpcloud.faults(down).await;
    let other = madrid("2999-05-01");
    assert!(activate(&world, &ada, &order(other)).await.is_err());
    world.jumpcloud.no_faults().await;
    world.run(&ada).await;
    assert_eq!(schedule(&world).await, [other]);
    world.assert_careful().await;
}

/// A process dies while the run of everyone has JumpCloud schedule somebody's activation.
#[tokio::test]
async fn one_that_was_never_made_is_made_by_the_next_run_over_everyone() {
    let world = World::with(by_jumpcloud()).await;
    let ada = world.hire(hire_from("2999-03-01")).await;
    let down = json!({ "status_5xx": { "status": 503 }, "methods": ["POST"], "path": "/bulk/userstates" });
    world.jumpcloud.faults(down).await;
    world.run(&ada).await;
    assert_eq!(schedule(&world).await, []);
    world.jumpcloud.no_faults().await;
    let all = world.reconciler.sync_everyone("t", &Trigger::new("operator:sync"), &silent).await.unwrap();
    assert_eq!(schedule(&world).await, [madrid("2999-03-01")], "{all:?}");
}

fn by_jumpcloud() -> Setup {
    let policy = Policy { activation: Activation::Scheduled, ..Policy::default() };
    Setup { settings: Settings { policy, ..Settings::default() }, ..Setup::default() }
}

fn hire_from(date: &str) -> Value {
    let mut hire = ada();
    hire["start_date"] = json!(date);
    hire["hiring_status"] = json!("onboarding");
    hire["timezone"] = json!("Europe/Madrid");
    hire
}

fn madrid(date: &str) -> Timestamp {
    let date: jiff::civil::Date = date.parse().unwrap();
    date.to_zoned_datetime(jiff::tz::TimeZone::get("Europe/Madrid").unwrap()).unwrap().timestamp()
}

#[tokio::test]
async fn by_policy_the_start_date_is_scheduled_moved_and_deleted() {
    let world = World::with(by_jumpcloud()).await;
    let ada = world.hire(hire_from("2999-03-01")).await;
    let hired = world.run(&ada).await;
    let kinds: Vec<_> = hired.record.changes.iter().map(|change| change.kind.as_str()).collect();
    assert_eq!(kinds, ["creation", "schedule_activation"]);
    assert_eq!(schedule(&world).await, [madrid("2999-03-01")]);
    assert_eq!(world.run(&ada).await.outcome, Outcome::InSync);

    world.change(&ada, json!({ "start_date": "2999-04-01" })).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    assert_eq!(schedule(&world).await, [madrid("2999-04-01")]);

    // Somebody else's is never deleted; ours is, once the hire is taken back.
    let id = world.account_of(&ada).await["_id"].clone();
    let other = json!({ "user_ids": [id], "state": "ACTIVATED", "start_date": "2999-02-01T00:00:00Z" });
    world.jumpcloud.call_as_admin("POST", "/api/v2/bulk/userstates", other).await;
    world.change(&ada, json!({ "hiring_status": "inactive" })).await;
    let back = world.run(&ada).await;
    assert_eq!(schedule(&world).await, ["2999-02-01T00:00:00Z".parse().unwrap()], "{:?}", back.record.plan);
    assert_eq!(world.account_of(&ada).await["state"], "STAGED");
}

#[tokio::test]
async fn what_we_scheduled_is_deleted_though_jumpcloud_does_not_tell_of_it() {
    let world = World::with(by_jumpcloud()).await;
    let ada = world.hire(hire_from("2999-03-01")).await;
    world.run(&ada).await;
    assert_eq!(schedule(&world).await.len(), 1);
    let silent = json!({ "status_5xx": { "status": 503 }, "methods": ["GET"], "path": "/bulk/userstates" });
    world.jumpcloud.faults(silent).await;
    world.change(&ada, json!({ "hiring_status": "inactive" })).await;
    world.run(&ada).await;
    assert_eq!(schedule(&world).await, []);
}

#[tokio::test]
async fn an_operators_time_keeps_its_distance_from_the_start() {
    let world = World::start().await;
    let ada = world.hire(hire_from("2999-03-01")).await;
    world.run(&ada).await;
    let chosen = madrid("2999-03-01") + SignedDuration::from_hours(9);
    activate(&world, &ada, &order(chosen)).await.unwrap();
    for date in ["2999-03-11", "2999-03-04"] {
        world.change(&ada, json!({ "start_date": date })).await;
        world.run(&ada).await;
        assert_eq!(schedule(&world).await, [madrid(date) + SignedDuration::from_hours(9)]);
    }
}

/// JumpCloud schedules an hour ahead; a start that is nearer than that, or past, is followed as soon as it can be.
#[tokio::test]
async fn an_operators_time_follows_a_start_that_is_near_or_past_as_soon_as_it_can() {
    for (days, status) in [(-1, "onboarding"), (-1, "active"), (0, "active")] {
        let world = World::start().await;
        let ada = world.hire(hire_from("2999-03-01")).await;
        world.run(&ada).await;
        activate(&world, &ada, &order(madrid("2999-03-01") + SignedDuration::from_mins(30))).await.unwrap();
        let now = *world.now.lock().unwrap();
        let date = jiff::tz::TimeZone::UTC.to_datetime(now + SignedDuration::from_hours(24 * days)).date();
        let mut moved = hire_from(&date.to_string());
        moved["hiring_status"] = json!(status);
        moved["timezone"] = json!("UTC");
        world.change(&ada, moved).await;
        let run = world.run(&ada).await;
        let at = schedule(&world).await;
        let ahead = at[0].duration_since(now);
        assert_eq!(at.len(), 1);
        assert!(ahead >= SignedDuration::from_mins(65), "{ahead}");
        assert!(ahead <= SignedDuration::from_mins(66), "{ahead}");
        let plan = run.record.plan.unwrap().to_string();
        assert!(plan.contains("too near for JumpCloud to follow: as soon as it schedules"), "{plan}");
        *world.now.lock().unwrap() += SignedDuration::from_mins(3);
        assert_eq!(world.run(&ada).await.outcome, Outcome::InSync, "and stays so");
        assert_eq!(schedule(&world).await, at);
    }
}

#[tokio::test]
async fn a_first_day_that_has_come_counts_whatever_the_status_still_says() {
    for activation in [Activation::OnStartDate, Activation::Scheduled, Activation::Manual] {
        let policy = Policy { activation, ..Policy::default() };
        let settings = Settings { policy, ..Settings::default() };
        let world = World::with(Setup { settings, ..Setup::default() }).await;
        let ada = world.hire(hire_from("2020-03-01")).await;
        let run = world.run(&ada).await;
        let expected = if activation == Activation::Manual { "STAGED" } else { "ACTIVATED" };
        assert_eq!(world.account_of(&ada).await["state"], expected, "{:?}", run.record);
        let plan = world.run(&ada).await.record.plan.unwrap();
        assert!(plan.is_empty() && plan.next_look.is_none());
    }
}

#[tokio::test]
async fn a_schedule_by_policy_goes_with_a_manual_hold_and_comes_back_after_it() {
    let world = World::with(by_jumpcloud()).await;
    let ada = world.hire(hire_from("2999-03-01")).await;
    world.run(&ada).await;
    assert_eq!(schedule(&world).await, [madrid("2999-03-01")]);
    let put = world.reconciler.hold_person(&ada, "background check", None, asker()).await.unwrap();
    let kinds: Vec<_> = put.changes.iter().map(|change| change.kind.as_str()).collect();
    assert_eq!(kinds, ["manual_hold", "cancel_activation"]);
    assert_eq!(schedule(&world).await, []);
    assert_eq!(world.run(&ada).await.outcome, Outcome::Skipped);
    world.reconciler.lift_hold(&ada, asker()).await.unwrap();
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    assert_eq!(schedule(&world).await, [madrid("2999-03-01")]);
    world.assert_careful().await;
}

/// What is remembered of our schedules is lost with Redis's data: the next look finds the same time at JumpCloud, and takes it
/// for ours again instead of making a second one.
#[tokio::test]
async fn a_schedule_by_policy_is_found_again_after_redis_lost_its_data() {
    let world = World::with(by_jumpcloud()).await;
    let ada = world.hire(hire_from("2999-03-01")).await;
    world.run(&ada).await;
    world.queue.schedule_remove(ada.as_str()).await.unwrap();
    world.run(&ada).await;
    assert_eq!(schedule(&world).await, [madrid("2999-03-01")]);
    world.change(&ada, json!({ "start_date": "2999-04-01" })).await;
    world.run(&ada).await;
    assert_eq!(schedule(&world).await, [madrid("2999-04-01")]);
}

/// The hold stands, so its end is looked at, whatever becomes of the schedule.
#[tokio::test]
async fn the_end_of_a_manual_hold_is_looked_at_though_the_schedule_stays() {
    let world = World::with(by_jumpcloud()).await;
    let ada = world.hire(hire_from("2999-03-01")).await;
    world.run(&ada).await;
    let broken =
        json!({ "status_5xx": { "status": 503 }, "methods": ["DELETE"], "path": "/bulk/userstates" });
    world.jumpcloud.faults(broken).await;
    // Sooner than the look at what became of the activation.
    let until = madrid("2999-03-01") + SignedDuration::from_mins(5);
    let put = world.reconciler.hold_person(&ada, "background check", Some(until), asker()).await;
    assert!(put.is_err(), "{put:?}");
    let job = world.queue.show(&format!("person:{ada}")).await.unwrap().unwrap();
    let due = u64::try_from(until.as_millisecond()).unwrap();
    assert!(job.at_ms == due || job.scheduled_ms == Some(due), "{job:?}");
    world.jumpcloud.no_faults().await;
    world.run(&ada).await;
    assert_eq!(schedule(&world).await, []);
}
