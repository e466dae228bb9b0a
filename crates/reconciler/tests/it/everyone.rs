//! The run over everyone: what it brings in step, what it refuses, and what it leaves for somebody's decision.

use crate::support::{Setup, World, ada, asker};
use provisioning::{ChangeKind, HoldKind, KeptBy, Limit, Limits, ProfileId};
use queue::Trigger;
use reconciler::full::silent;
use reconciler::{FullEnd, FullReport, Hold, HoldFilter, RequestError, Settings, Synced};
use serde_json::{Value, json};
use std::time::Duration;

/// Creations unlimited, so that a company can be brought in; short patience with vendors.
pub(crate) fn settings() -> Settings {
    let mut limits = Limits::default();
    limits.kinds.insert(ChangeKind::Creation, Limit { count: 5000, percent: 100.0 });
    Settings { limits, patience: Duration::from_millis(700), ..Settings::default() }
}

pub(crate) async fn company(people: usize) -> World {
    let world = World::with(Setup { people, settings: settings(), ..Setup::default() }).await;
    // Who has left before has no account, and is nobody's business here.
    let everybody = json!({ "action": "remove", "who": { "status": "inactive" }, "silent": true });
    world.deel.call("POST", "/_sim/bulk", Some(everybody)).await;
    let report = sync(&world).await;
    assert_eq!(report.ended, FullEnd::Done, "{report:?}");
    world
}

pub(crate) async fn sync(world: &World) -> FullReport {
    match world.reconciler.sync_everyone("test", &Trigger::new("operator:sync"), &silent).await.unwrap() {
        Synced::Ran(report) => report,
        Synced::Joined(report) => panic!("nobody else runs: {report:?}"),
    }
}

pub(crate) async fn bulk(world: &World, order: Value) -> Value {
    world.deel.call("POST", "/_sim/bulk", Some(order)).await
}

/// So many who work here.
async fn active(world: &World, count: usize) -> Vec<ProfileId> {
    let people = world.deel.call("GET", "/_sim/people", None).await["people"].as_array().unwrap().clone();
    let active = people.iter().filter(|person| person["hiring_status"] == "active").take(count);
    let active: Vec<_> =
        active.map(|person| ProfileId::parse(person["id"].as_str().unwrap()).unwrap()).collect();
    assert_eq!(active.len(), count);
    active
}

async fn open(world: &World) -> Vec<Hold> {
    world.reconciler.holds().list(&HoldFilter::default()).await.unwrap()
}

async fn suspended(world: &World) -> Vec<String> {
    let accounts = world.accounts().await.into_iter();
    let suspended = accounts.filter(|account| account["state"] == "SUSPENDED");
    suspended.map(|account| account["employeeIdentifier"].as_str().unwrap_or_default().to_owned()).collect()
}

/// How often single people were read at Deel.
async fn reads(world: &World) -> usize {
    world.deel.call("GET", "/_sim/reads", None).await["reads"].as_array().unwrap().len()
}

/// A run that is refused, and after which the directory is as it was.
async fn refused(world: &World) -> String {
    let before = world.journal().await.len();
    let report = sync(world).await;
    assert_eq!(world.journal().await.len(), before, "nothing is written");
    match report.ended {
        FullEnd::Refused(words) => words,
        other => panic!("not refused: {other:?}"),
    }
}

/// A run that failed, and after which the directory is as it was.
async fn failed(world: &World) -> String {
    let before = world.journal().await.len();
    let report = sync(world).await;
    assert_eq!(world.journal().await.len(), before, "nothing is written");
    match report.ended {
        FullEnd::Failed(words) => words,
        other => panic!("not failed: {other:?}"),
    }
}

#[tokio::test]
async fn everyone_is_brought_in_step_and_then_nothing_is_left() {
    let world = company(60).await;
    let created = world.accounts().await.len();
    assert!(created > 40, "{created}");
    let before = (world.journal().await.len(), reads(&world).await);
    let report = sync(&world).await;
    assert_eq!(report.ended, FullEnd::Done);
    assert_eq!((report.counts.to_do, report.counts.failed), (0, 0), "{report:?}");
    assert_eq!((world.journal().await.len(), reads(&world).await), before, "who is in step costs no request");

    let hired = world.hire(ada()).await;
    let report = sync(&world).await;
    assert_eq!((report.counts.to_do, report.counts.applied), (1, 1), "{report:?}");
    assert_eq!(world.account_of(&hired).await["jobTitle"], "Analyst");
    world.assert_careful().await;
    let runs = world.reconciler.runs(10).await.unwrap();
    assert_eq!(runs.len(), 3);
    let story = world.reconciler.trail().why(&hired, 10).await.unwrap().to_string();
    assert_eq!(runs[2].run.as_ref(), Some(&report.run));
    assert!(story.contains("creation"), "{story}");
    let entries = world.reconciler.trail().latest(1000).await.unwrap();
    let of = entries.iter().filter_map(|entry| match &entry.record {
        reconciler::trail::Record::Run(run) if run.person == hired => run.of.clone(),
        _ => None,
    });
    assert_eq!(of.collect::<Vec<_>>(), [report.run], "a person's run names the run over everyone");
}

#[tokio::test]
async fn many_leavers_at_once_are_suspended_up_to_the_limit_the_earliest_first() {
    let world = company(120).await;
    let linked = world.accounts().await.len() as u64;
    // Half of the company by mistake, with last days a day apart from each other.
    let leavers = active(&world, 40).await;
    for (n, person) in leavers.iter().enumerate() {
        // The later in this list, the earlier the last day.
        let day = format!("2026-0{}-{:02}", 1 + (39 - n) / 20, 1 + (39 - n) % 20);
        world.terminate(person, json!({ "last_day": day, "at_once": true })).await;
    }
    let hired = world.hire(ada()).await;
    let allowed = (linked * 5 / 100).max(3) as usize;
    let before = reads(&world).await;
    let report = sync(&world).await;
    assert_eq!(report.ended, FullEnd::Done);
    let mut expected: Vec<String> = leavers.iter().rev().take(allowed).map(ToString::to_string).collect();
    let mut suspended_now = suspended(&world).await;
    expected.sort_unstable();
    suspended_now.sort_unstable();
    assert_eq!(suspended_now, expected, "the earliest last days");
    let holds = open(&world).await;
    assert_eq!(holds.len(), 40 - allowed);
    assert!(
        holds
            .iter()
            .all(|hold| hold.kind == HoldKind::Limit && hold.leaver && hold.account_username.is_some())
    );
    assert_eq!(report.counts.new_holds, holds.len() as u64);
    assert!(reads(&world).await - before < 3 * (allowed + 1), "who is held costs no request");
    world.account_of(&hired).await;

    // The next night: nothing is let through, nobody is held twice.
    let again = sync(&world).await;
    assert_eq!((again.counts.to_do, again.counts.new_holds), (0, 0), "{again:?}");
    assert_eq!((suspended(&world).await.len(), open(&world).await.len()), (allowed, 40 - allowed));

    // Whoever plans sees who is still in, a no included.
    world.reconciler.holds().reject(&holds[1].id, "op", None).await.unwrap();
    let planned = world.reconciler.plan_everyone(&silent).await.unwrap();
    let kept: Vec<_> = planned.leavers_active.iter().map(|leaver| &leaver.because).collect();
    assert_eq!(kept.len(), 40 - allowed, "{kept:?}");
    assert_eq!(kept.iter().filter(|because| ***because == KeptBy::Rejected).count(), 1);

    // One is approved; and HR takes the mistake back.
    let approved = &holds[0];
    world.reconciler.holds().approve(&approved.id, "op", None).await.unwrap();
    sync(&world).await;
    assert!(suspended(&world).await.contains(&approved.person.as_ref().unwrap().to_string()));
    for person in &leavers {
        world.rehire(person).await;
    }
    sync(&world).await;
    let left = open(&world).await;
    assert!(
        left.iter().all(|hold| hold.step.as_ref().unwrap().change.kind() != ChangeKind::Suspension),
        "{left:?}"
    );
    world.assert_careful().await;
}

#[tokio::test]
async fn lists_that_do_not_look_right_are_refused_with_nothing_changed() {
    let world = company(150).await;
    world.deel.faults(json!({ "list": { "empty": true } })).await;
    let words = refused(&world).await;
    assert!(words.contains("lists nobody"), "{words}");
    world.deel.faults(json!({ "list": { "visible_every": 2 } })).await;
    let words = refused(&world).await;
    assert!(words.contains("missing from Deel's list"), "{words}");
    world.deel.faults(json!({ "list": { "emails_gone": true } })).await;
    let words = refused(&world).await;
    assert!(words.contains("work email"), "{words}");
    world.deel.no_faults().await;
    bulk(&world, json!({ "action": "terminate", "silent": true })).await;
    let words = refused(&world).await;
    assert!(words.contains("suspended at once"), "{words}");
    assert!(open(&world).await.is_empty(), "a refused run holds nobody");
    let progress = world.reconciler.progress().await.unwrap().unwrap();
    assert_eq!(progress.phase, reconciler::Phase::Refused);
    assert!(progress.problem.unwrap().contains("suspended at once"));
}

#[tokio::test]
async fn a_directory_that_lost_its_accounts_is_not_filled_again() {
    let world = company(40).await;
    let ids: Vec<String> =
        world.accounts().await.iter().map(|account| account["_id"].as_str().unwrap().to_owned()).collect();
    let (few, most) = ids.split_at(8);
    for id in few {
        world.jumpcloud.call("DELETE", &format!("/_sim/accounts/{id}"), None).await;
    }
    let created = world.journal().await.len();
    assert_eq!(sync(&world).await.ended, FullEnd::Done, "some are deleted by hand every now and then");
    assert!(world.journal().await.len() > created, "and made again for those who work here");
    for id in most {
        world.jumpcloud.call("DELETE", &format!("/_sim/accounts/{id}"), None).await;
    }
    let words = refused(&world).await;
    assert!(words.contains("missing from JumpCloud's list"), "{words}");
}

#[tokio::test]
async fn another_organization_is_refused() {
    let world = company(20).await;
    world.queue.organization_set("deel:listed", "another").await.unwrap();
    let words = refused(&world).await;
    assert!(words.contains("Deel answers for organization") && words.contains("another"), "{words}");
    world.queue.organization_set("deel:listed", "").await.unwrap();
    world.queue.organization_set("jumpcloud:listed", "another").await.unwrap();
    let words = refused(&world).await;
    assert!(words.contains("organization"), "{words}");
}

#[tokio::test]
async fn lists_that_cannot_be_proved_complete_change_nobody() {
    let world = company(350).await;
    world.hire(ada()).await;
    world.deel.faults(json!({ "list": { "fail_from": 200 } })).await;
    let words = failed(&world).await;
    assert!(words.contains("page 3 of 4"), "{words}");
    world.deel.faults(json!({ "list": { "total_delta": 7 } })).await;
    let words = failed(&world).await;
    assert!(words.contains("changed each of the 4 times"), "{words}");
    for fault in [
        json!({ "repeat_rows": true }),
        json!({ "drop_rows": 2 }),
        json!({ "shrink": 3 }),
        json!({ "grow": 3 }),
    ] {
        world.deel.faults(json!({ "list": fault })).await;
        let words = failed(&world).await;
        assert!(words.contains("Deel's list of people"), "{fault}: {words}");
    }
    world.deel.no_faults().await;
    world.jumpcloud.faults(json!({ "list": { "fail_from": 100 } })).await;
    let words = failed(&world).await;
    assert!(words.contains("JumpCloud's list of users") && words.contains("page 2 of"), "{words}");
    world.jumpcloud.no_faults().await;
    assert_eq!(sync(&world).await.counts.applied, 1);
}

#[tokio::test]
async fn a_vendor_that_stumbles_is_waited_for() {
    let world = company(150).await;
    world.hire(ada()).await;
    let patient = world.another(Settings { patience: Duration::from_secs(60), ..settings() }, true);
    world.deel.faults(json!({ "status_5xx": { "count": 2 } })).await;
    world.jumpcloud.faults(json!({ "status_5xx": { "count": 2 } })).await;
    let synced = patient.sync_everyone("test", &Trigger::new("operator:sync"), &silent).await.unwrap();
    assert_eq!((&synced.report().ended, synced.report().counts.applied), (&FullEnd::Done, 1));
}

/// Patience is counted from the first call that hangs, however long that is waited for.
#[tokio::test]
async fn a_vendor_that_hangs_is_given_up_after_the_patience_and_not_a_call_later() {
    let world = company(20).await;
    world.jumpcloud.faults(json!({ "latency_ms": 60_000, "path": "/systemusers" })).await;
    let began = std::time::Instant::now();
    let words = failed(&world).await;
    // One call hangs for five seconds here.
    assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    assert!(words.contains("JumpCloud's list of users"), "{words}");
}

#[tokio::test]
async fn who_is_gone_is_read_and_held_and_never_suspended() {
    let world = company(40).await;
    let ada = world.hire(ada()).await;
    sync(&world).await;
    world.remove(&ada).await;
    let report = sync(&world).await;
    assert_eq!(report.counts.gone, 1);
    assert_ne!(world.account_of(&ada).await["state"], "SUSPENDED");
    let holds = open(&world).await;
    assert_eq!(holds.len(), 1);
    assert_eq!((holds[0].kind, holds[0].person.as_ref()), (HoldKind::Gone, Some(&ada)));
}

#[tokio::test]
async fn paused_writes_are_not_made_and_the_run_waits() {
    let world = company(20).await;
    world.queue.pause("op", "because").await.unwrap();
    let paused = world.reconciler.sync_everyone("test", &Trigger::new("operator:sync"), &silent).await;
    assert!(matches!(paused, Err(RequestError::Paused)));
}

#[tokio::test]
async fn an_attribute_that_changes_on_everybody_is_one_item_and_none_of_it_trickles_through() {
    let world = company(60).await;
    let writes = world.journal().await.len();
    bulk(&world, json!({ "action": "change", "with": { "job_title": "Colleague" }, "silent": true })).await;
    let hired = world.hire(ada()).await;
    let report = sync(&world).await;
    assert_eq!((report.counts.to_do, report.counts.applied), (1, 1), "{report:?}");
    let holds = open(&world).await;
    assert_eq!(holds.len(), 1, "{holds:?}");
    let item = &holds[0];
    let listed = item.wide.as_ref().unwrap().people;
    assert_eq!((item.kind, item.is_of_run(&report.run)), (HoldKind::AttributeWide, true));
    assert!(listed > 40, "{listed}");
    assert_eq!(world.journal().await.len(), writes + 1, "only the hire is written");
    assert_eq!(world.account_of(&hired).await["jobTitle"], "Analyst");

    let again = sync(&world).await;
    assert_eq!((again.counts.to_do, again.counts.new_holds, open(&world).await.len()), (0, 0, 1));
    world.reconciler.holds().approve(&item.id, "op", None).await.unwrap();
    let report = sync(&world).await;
    assert_eq!(report.counts.applied, listed, "{report:?}");
    assert!(open(&world).await.is_empty());
}

/// While somebody is held by hand nothing is planned for them, which takes no decision back.
#[tokio::test]
async fn a_no_outlives_a_manual_hold() {
    let world = company(60).await;
    bulk(&world, json!({ "action": "change", "with": { "job_title": "Colleague" }, "silent": true })).await;
    sync(&world).await;
    let item = open(&world).await.remove(0);
    world.reconciler.holds().reject(&item.id, "op", None).await.unwrap();
    let [person] = active(&world, 1).await.try_into().unwrap();
    for look in ["one", "everyone"] {
        world.reconciler.hold_person(&person, "audit", None, asker()).await.unwrap();
        match look {
            "one" => drop(world.run(&person).await),
            _ => drop(sync(&world).await),
        }
        world.reconciler.lift_hold(&person, asker()).await.unwrap();
        let after = world.run(&person).await;
        assert!(
            after.record.held.is_empty() && after.record.changes.is_empty(),
            "{look}: {:?}",
            after.record
        );
        sync(&world).await;
        assert_eq!(open(&world).await.len(), 0, "{look}");
    }
}

#[tokio::test]
async fn one_attribute_of_many_is_held_and_of_a_few_is_not() {
    for (few, held) in [(10, 0), (11, 1)] {
        let world = company(40).await;
        for person in active(&world, few).await {
            world.change(&person, json!({ "job_title": "One of a few" })).await;
        }
        sync(&world).await;
        assert_eq!(open(&world).await.len(), held, "{few}");
    }
}

#[tokio::test]
async fn what_an_undo_took_back_of_everybody_is_not_asked_about_again() {
    let world = company(60).await;
    let with = json!({ "job_title": "Colleague", "department": { "id": "d", "name": "Everything" } });
    bulk(&world, json!({ "action": "change", "with": with, "silent": true })).await;
    sync(&world).await;
    let items = open(&world).await;
    assert_eq!(items.len(), 2, "{items:?}");
    for item in &items {
        world.reconciler.holds().approve(&item.id, "op", None).await.unwrap();
    }
    let written = sync(&world).await;
    assert!(written.counts.applied > 40, "{written:?}");

    let plan = world.reconciler.undo_plan(&written.run, &|_, _| {}).await.unwrap();
    let undone = world.reconciler.undo(&plan, asker(), &|_, _| {}).await.unwrap();
    assert!(undone.people.iter().all(|person| person.problem.is_none()), "{undone:?}");
    let writes = world.journal().await.len();
    let hired = world.hire(ada()).await;
    let later = sync(&world).await;
    assert_eq!((later.counts.to_do, later.counts.new_holds), (1, 0), "{later:?}");
    assert!(open(&world).await.is_empty(), "{:?}", open(&world).await);
    assert_eq!(world.journal().await.len(), writes + 1, "only the hire is written");
    assert_eq!(world.account_of(&hired).await["jobTitle"], "Analyst");
    // The path of one person says the same.
    let one = &plan.people[0].person;
    world.run(one).await;
    assert_eq!(world.journal().await.len(), writes + 1);
    assert!(open(&world).await.is_empty());
}

#[tokio::test]
async fn a_leaver_whose_link_was_approved_comes_before_everybody_else() {
    let world = company(20).await;
    world.seed(json!({ "username": "al", "email": "ada@example.com", "state": "ACTIVATED" })).await;
    let leaver = world.hire(ada()).await;
    world.terminate(&leaver, json!({})).await;
    sync(&world).await;
    let holds = open(&world).await;
    let suspension = holds.iter().find(|hold| hold.change() == ChangeKind::Suspension).unwrap();
    world.reconciler.holds().approve(&suspension.id, "op", None).await.unwrap();
    for person in ["Bo", "Cy", "Di"] {
        let email = format!("{}@example.com", person.to_lowercase());
        world.hire(json!({ "first_name": person, "last_name": "Nye", "work_email": email })).await;
    }
    let planned = world.reconciler.plan_everyone(&silent).await.unwrap();
    let busy: Vec<_> = planned.people.iter().filter(|person| !person.apply.is_empty()).collect();
    assert!(busy.len() > 3 && busy[0].person == leaver, "{busy:?}");
    sync(&world).await;
    assert_eq!(suspended(&world).await, [leaver.to_string()]);
}
