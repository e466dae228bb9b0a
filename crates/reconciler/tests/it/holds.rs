//! What waits for a decision, and what becomes of the decision.

use crate::support::{Setup, World, ada};
use provisioning::{Adopt, ChangeKind, HoldKind, Limit, Limits, Policy};
use reconciler::{Hold, HoldError, HoldFilter, HoldStatus, Outcome, Settings};
use serde_json::{Value, json};
use std::collections::BTreeMap;

async fn open(world: &World) -> Vec<Hold> {
    world.reconciler.holds().list(&HoldFilter::default()).await.unwrap()
}

async fn only(world: &World, kind: HoldKind) -> Hold {
    let mut open = open(world).await;
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0].kind, kind);
    open.remove(0)
}

async fn status(world: &World, hold: &Hold) -> HoldStatus {
    world.reconciler.holds().show(&hold.id).await.unwrap().status
}

#[tokio::test]
async fn an_email_change_waits_and_is_made_once_approved() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    world.change(&ada, json!({ "work_email": "countess@example.com", "job_title": "Countess" })).await;
    let report = world.run(&ada).await;
    assert_eq!(report.outcome, Outcome::Applied, "a hold covers that change only");
    let account = world.account_of(&ada).await;
    assert_eq!(
        (account["email"].as_str(), account["jobTitle"].as_str()),
        (Some("ada@example.com"), Some("Countess"))
    );
    let hold = only(&world, HoldKind::EmailChange).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Held);
    assert_eq!(open(&world).await.len(), 1, "the same change is one hold");

    world.reconciler.holds().approve(&hold.id, "op", Some("asked HR")).await.unwrap();
    assert_eq!(world.queue.status().await.unwrap().waiting[1], 1, "a job behind those of leavers");
    let report = world.run(&ada).await;
    assert_eq!(report.record.changes[0].approved_by.as_ref(), Some(&hold.id));
    assert_eq!(world.account_of(&ada).await["email"], "countess@example.com");
    assert_eq!(status(&world, &hold).await, HoldStatus::Settled);
    let again = world.reconciler.holds().approve(&hold.id, "op", None).await;
    assert!(matches!(again, Err(HoldError::Closed { .. })));
}

#[tokio::test]
async fn a_rejected_change_stays_rejected_until_a_value_changes() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    world.change(&ada, json!({ "work_email": "countess@example.com" })).await;
    world.run(&ada).await;
    let hold = only(&world, HoldKind::EmailChange).await;
    world.reconciler.holds().reject(&hold.id, "op", None).await.unwrap();
    assert_eq!(world.run(&ada).await.outcome, Outcome::Held);
    assert_eq!(status(&world, &hold).await, HoldStatus::Rejected);
    assert!(open(&world).await.is_empty());

    world.change(&ada, json!({ "work_email": "lovelace@example.com" })).await;
    world.run(&ada).await;
    let other = only(&world, HoldKind::EmailChange).await;
    assert_ne!(other.id, hold.id);
    assert_eq!(status(&world, &hold).await, HoldStatus::Obsolete);

    world.change(&ada, json!({ "work_email": "ada@example.com" })).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::InSync);
    assert_eq!(status(&world, &other).await, HoldStatus::Obsolete);
    assert_eq!(world.account_of(&ada).await["email"], "ada@example.com");
}

#[tokio::test]
async fn a_foreign_suspension_is_held_not_undone() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    let account = world.account_of(&ada).await;
    world.edit(&account, json!({ "state": "SUSPENDED" })).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Held);
    let hold = only(&world, HoldKind::ForeignSuspension).await;
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
    world.reconciler.holds().approve(&hold.id, "op", None).await.unwrap();
    world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["state"], "ACTIVATED");
}

#[tokio::test]
async fn an_account_with_the_same_email_waits_for_review_and_is_adopted() {
    let world = World::start().await;
    world.seed(json!({ "username": "al", "email": "Ada@Example.com", "state": "ACTIVATED" })).await;
    let ada = world.hire(ada()).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Held);
    let hold = only(&world, HoldKind::Adoption).await;
    world.reconciler.holds().approve(&hold.id, "op", None).await.unwrap();
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    let account = world.account_of(&ada).await;
    assert_eq!((account["username"].as_str(), account["state"].as_str()), (Some("al"), Some("ACTIVATED")));
    assert_eq!(account["jobTitle"], "Analyst", "the same run does the rest");
    assert_eq!(status(&world, &hold).await, HoldStatus::Settled);
    assert_eq!(world.accounts().await.len(), 1);
    assert_eq!(world.run(&ada).await.outcome, Outcome::InSync);
}

#[tokio::test]
async fn a_forgotten_leaver_is_linked_and_suspended_with_one_yes() {
    let world = World::start().await;
    world.seed(json!({ "username": "al", "email": "ada@example.com", "state": "ACTIVATED" })).await;
    let ada = world.hire(ada()).await;
    world.terminate(&ada, json!({})).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Held);
    let suspension =
        open(&world).await.into_iter().find(|hold| hold.change() == ChangeKind::Suspension).unwrap();
    assert_eq!(suspension.kind, HoldKind::Adoption);
    world.reconciler.holds().approve(&suspension.id, "op", None).await.unwrap();
    assert_eq!(world.queue.status().await.unwrap().waiting, [1, 0, 0], "it is urgent");
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    let account = world.account_of(&ada).await;
    assert_eq!((account["username"].as_str(), account["state"].as_str()), (Some("al"), Some("SUSPENDED")));
}

#[tokio::test]
async fn an_automatic_adoption_and_a_relink_do_the_rest_in_the_same_run() {
    let policy = Policy { adopt: Adopt::Automatic, ..Policy::default() };
    let world =
        World::with(Setup { settings: Settings { policy, ..Settings::default() }, ..Setup::default() }).await;
    world.seed(json!({ "username": "al", "email": "ada@example.com", "state": "ACTIVATED" })).await;
    let ada = world.hire(ada()).await;
    let report = world.run(&ada).await;
    assert_eq!((report.outcome, report.record.changes.len()), (Outcome::Applied, 2), "{:?}", report.record);
    assert_eq!(world.account_of(&ada).await["jobTitle"], "Analyst");
    assert_eq!(world.run(&ada).await.outcome, Outcome::InSync);
}

#[tokio::test]
async fn an_account_linked_elsewhere_is_held_as_relink() {
    let world = World::start().await;
    world
        .seed(json!({
            "username": "al", "email": "ada@example.com", "state": "ACTIVATED", "employeeIdentifier": "E-17",
        }))
        .await;
    let ada = world.hire(ada()).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Held);
    let hold = only(&world, HoldKind::Relink).await;
    assert_eq!(
        (hold.person_name.as_deref(), hold.account_username.as_deref(), hold.account_email.as_deref()),
        (Some("Ada Lovelace"), Some("al"), Some("ada@example.com"))
    );
    assert!(world.journal().await.is_empty());
    let planned = world.reconciler.plan_person(&ada).await.unwrap();
    assert!(planned.apply.is_empty() && planned.held[0].on_record && planned.held[0].id == hold.id);
    world.reconciler.holds().approve(&hold.id, "op", None).await.unwrap();
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    assert_eq!(world.account_of(&ada).await["jobTitle"], "Analyst");
    assert_eq!(status(&world, &hold).await, HoldStatus::Settled);
}

#[tokio::test]
async fn a_linked_person_who_is_gone_from_deel_is_held_never_suspended() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    let writes = world.journal().await.len();
    world.remove(&ada).await;
    let report = world.run(&ada).await;
    assert_eq!(report.outcome, Outcome::Held);
    only(&world, HoldKind::Gone).await;
    assert!(matches!(report.verdict, queue::Verdict::Done { again: Some(_) }), "a 404 is looked at again");
    assert_eq!(world.journal().await.len(), writes);
    assert_ne!(world.account_of(&ada).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn a_contradiction_in_deel_is_held() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    world.change(&ada, json!({ "termination_last_day": "2020-01-31" })).await;
    world.change(&ada, json!({ "start_date": "2019-01-01" })).await;
    let mut person = world.deel.call("GET", &format!("/_sim/people/{ada}"), None).await;
    person["employments"][0]["start_date"] = json!("2019-01-01");
    world.change(&ada, json!({ "employments": person["employments"] })).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Held);
    only(&world, HoldKind::Contradiction).await;
    assert_ne!(world.account_of(&ada).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn an_administrators_account_is_left_alone_and_a_leaver_among_them_is_an_alarm() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    let account = world.account_of(&ada).await;
    world.edit(&account, json!({ "admin": { "id": "x", "roleName": "Administrator" } })).await;
    world.terminate(&ada, json!({})).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Held);
    let hold = only(&world, HoldKind::Administrator).await;
    assert!(hold.leaver);
    assert!(matches!(
        world.reconciler.holds().approve(&hold.id, "op", None).await,
        Err(HoldError::NotApprovable(_))
    ));
    assert_ne!(world.account_of(&ada).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn while_an_active_person_has_the_accounts_email_it_is_not_suspended_for_another() {
    let world = World::start().await;
    let old = world.hire(ada()).await;
    world.run(&old).await;
    let _new = world.hire(ada()).await;
    world.terminate(&old, json!({})).await;
    assert_eq!(world.run(&old).await.outcome, Outcome::Held);
    let hold = only(&world, HoldKind::SharedEmail).await;
    assert!(hold.leaver);
    assert_ne!(world.account_of(&old).await["state"], "SUSPENDED");
}

fn three_suspensions() -> Settings {
    let limits = Limits {
        kinds: BTreeMap::from([(ChangeKind::Suspension, Limit { count: 3, percent: 5.0 })]),
        ..Limits::default()
    };
    Settings { limits, ..Settings::default() }
}

#[tokio::test]
async fn the_fourth_suspension_is_held_and_a_later_window_does_not_release_it() {
    let world = World::with(Setup { settings: three_suspensions(), ..Setup::default() }).await;
    let mut people = Vec::new();
    for n in 0..4 {
        let fields = json!({ "first_name": "P", "last_name": format!("N{n}"), "work_email": format!("p{n}@example.com") });
        people.push(world.hire(fields).await);
    }
    for person in &people {
        world.run(person).await;
        world.terminate(person, json!({})).await;
    }
    let runs = futures::future::join_all(people.iter().map(|person| world.run(person))).await;
    let held: Vec<_> = people.iter().zip(&runs).filter(|(_, run)| run.outcome == Outcome::Held).collect();
    assert_eq!(held.len(), 1);
    let person = held[0].0;
    let hold = only(&world, HoldKind::Limit).await;
    assert!(hold.leaver && hold.person.as_ref() == Some(person));

    // A later window: as if the three were more than a day ago.
    for other in &people {
        world.make_room("suspension", other).await;
    }
    assert_eq!(world.run(person).await.outcome, Outcome::Held);
    assert_ne!(world.account_of(person).await["state"], "SUSPENDED");

    world.reconciler.holds().approve(&hold.id, "op", None).await.unwrap();
    assert_eq!(world.run(person).await.outcome, Outcome::Applied);
    assert_eq!(world.account_of(person).await["state"], "SUSPENDED");
    assert_eq!(status(&world, &hold).await, HoldStatus::Settled);
    let suspended =
        world.accounts().await.iter().filter(|account: &&Value| account["state"] == "SUSPENDED").count();
    assert_eq!(suspended, 4);
}

#[tokio::test]
async fn the_limit_is_a_share_of_all_linked_accounts_seen_or_not() {
    let world = World::with(Setup { settings: three_suspensions(), ..Setup::default() }).await;
    let mut leavers = Vec::new();
    for n in 0..4 {
        let leaver = world.hire(json!({ "work_email": format!("leaver{n}@example.com") })).await;
        let account =
            json!({ "email": format!("leaver{n}@example.com"), "employeeIdentifier": leaver.as_str() });
        world.seed(account).await;
        world.terminate(&leaver, json!({ "at_once": true })).await;
        leavers.push(leaver);
    }
    // Nobody has looked at these: 5 % of all the linked accounts are four, more than the three that are always free.
    for n in 0..80 {
        world.seed(json!({ "employeeIdentifier": format!("someone-{n}") })).await;
    }
    for leaver in &leavers {
        assert_eq!(world.run(leaver).await.outcome, Outcome::Applied);
    }
}

#[tokio::test]
async fn a_leaver_whose_link_was_approved_needs_no_second_approval() {
    let world = World::start().await;
    let account = json!({ "username": "al", "email": "ada@example.com", "state": "ACTIVATED" });
    world.seed(account).await;
    let ada = world.hire(ada()).await;
    world.terminate(&ada, json!({ "at_once": true })).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Held);
    let holds = open(&world).await;
    let link = holds.iter().find(|hold| hold.change() == ChangeKind::Link).expect("the link is held");
    world.reconciler.holds().approve(&link.id, "op", None).await.unwrap();
    world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
    assert!(open(&world).await.is_empty(), "{:?}", open(&world).await);
}
