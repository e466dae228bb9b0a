//! Taking a run back.

use crate::support::{Setup, World, ada, asker, mark};
use provisioning::{GroupRule, HoldKind, Policy, ProfileId, RunId};
use reconciler::undo::{UndoPlan, UndoReport};
use reconciler::{Activate, HoldFilter, HoldStatus, Outcome, RequestError, Settings};
use serde_json::json;

async fn planned(world: &World, run: &RunId) -> UndoPlan {
    world.reconciler.undo_plan(run, &|_, _| {}).await.unwrap()
}

async fn undone(world: &World, run: &RunId) -> UndoReport {
    let plan = planned(world, run).await;
    world.reconciler.undo(&plan, asker(), &|_, _| {}).await.unwrap()
}

async fn active(world: &World) -> ProfileId {
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    world.edit(&world.account_of(&ada).await, json!({ "state": "ACTIVATED" })).await;
    ada
}

fn whys(plan: &UndoPlan) -> Vec<String> {
    plan.people[0].left.iter().map(|left| left.why.clone()).collect()
}

#[tokio::test]
async fn field_by_field_where_nobody_changed_it_since() {
    let world = World::start().await;
    let ada = active(&world).await;
    let changed = json!({ "job_title": "Countess", "last_name": "Byron", "full_name": "Ada Byron" });
    world.change(&ada, changed).await;
    let run = world.run(&ada).await.run;
    world.edit(&world.account_of(&ada).await, json!({ "displayname": "A. Byron" })).await;

    let plan = planned(&world, &run).await;
    assert_eq!((plan.steps(), whys(&plan)), (1, vec!["it was changed since".to_owned()]));
    let report = world.reconciler.undo(&plan, asker(), &|_, _| {}).await.unwrap();
    assert_eq!(report.people[0].problem, None);
    let account = world.account_of(&ada).await;
    let shown = (&account["jobTitle"], &account["lastname"], &account["displayname"]);
    assert_eq!(shown, (&json!("Analyst"), &json!("Lovelace"), &json!("A. Byron")));

    // No run does it again …
    let later = world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["jobTitle"], "Analyst", "{:?}", later.record);
    let filter = HoldFilter { statuses: vec![HoldStatus::Rejected], ..HoldFilter::default() };
    let rejected = world.reconciler.holds().list(&filter).await.unwrap();
    assert!(
        rejected.iter().all(|hold| hold.kind == HoldKind::Undone && hold.decided_by.as_deref() == Some("op"))
    );
    assert_eq!(rejected.len(), 2, "one per attribute");
    // … not even beside another change …
    world.change(&ada, json!({ "department": "Mathematics" })).await;
    world.run(&ada).await;
    let account = world.account_of(&ada).await;
    assert_eq!((&account["jobTitle"], &account["department"]), (&json!("Analyst"), &json!("Mathematics")));
    // … until the value changes, or somebody says yes.
    world.change(&ada, json!({ "job_title": "Programmer" })).await;
    world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["jobTitle"], "Programmer");
    assert_eq!(world.account_of(&ada).await["lastname"], "Lovelace");
    let still = world.reconciler.holds().list(&filter).await.unwrap();
    world.reconciler.holds().approve(&still[0].id, "op", None).await.unwrap();
    world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["lastname"], "Byron");

    let why = world.reconciler.trail().why(&ada, 50).await.unwrap().to_string();
    assert!(why.contains(&format!("by op, taking back run {run}")), "{why}");
}

#[tokio::test]
async fn a_suspension_and_its_undo() {
    let world = World::start().await;
    let ada = active(&world).await;
    world.terminate(&ada, json!({})).await;
    let left = world.run(&ada).await;
    let before = mark(&world.account_of(&ada).await).unwrap().to_owned();
    let report = undone(&world, &left.run).await;
    let account = world.account_of(&ada).await;
    assert_eq!((account["state"].as_str(), mark(&account)), (Some("ACTIVATED"), None));
    assert_eq!(world.run(&ada).await.outcome, Outcome::Held, "Deel still says that they left");
    assert_eq!(world.account_of(&ada).await["state"], "ACTIVATED");
    let filter = HoldFilter { statuses: vec![HoldStatus::Rejected], ..HoldFilter::default() };
    assert!(world.reconciler.holds().list(&filter).await.unwrap()[0].leaver, "and somebody hears of it");

    // The undo is a run, and can be taken back as well.
    let again = undone(&world, &report.run).await;
    assert_eq!(again.people[0].problem, None);
    let account = world.account_of(&ada).await;
    assert_eq!((account["state"].as_str(), mark(&account)), (Some("SUSPENDED"), Some(before.as_str())));
    assert_eq!(world.run(&ada).await.outcome, Outcome::InSync);
}

#[tokio::test]
async fn a_suspension_that_is_no_longer_ours_or_never_was_in_use_is_left() {
    let world = World::start().await;
    let ada = active(&world).await;
    world.terminate(&ada, json!({})).await;
    let run = world.run(&ada).await.run;
    let other = [{
        json!({ "name": "deelsync", "value": "suspended at=2020-01-01T00:00:00Z run=x was=ACTIVATED by=deel" })
    }];
    world.edit(&world.account_of(&ada).await, json!({ "attributes": other })).await;
    assert_eq!(whys(&planned(&world, &run).await), ["the mark on it is not that of this run"]);

    let bo =
        world.hire(json!({ "first_name": "Bo", "last_name": "B", "work_email": "bo@example.com" })).await;
    world.run(&bo).await;
    world.terminate(&bo, json!({})).await;
    let run = world.run(&bo).await.run;
    assert!(whys(&planned(&world, &run).await)[0].contains("STAGED"));
    world.rehire(&bo).await;
    world.run(&bo).await;
    let ordered = world.reconciler.suspend(&bo, "lost", "op", "cli", crate::support::PATIENCE).await.unwrap();
    let run = ordered.report.unwrap().run;
    assert!(whys(&planned(&world, &run).await)[0].contains("holds release"));
}

#[tokio::test]
async fn a_reactivation_is_suspended_again_and_stays_so() {
    let world = World::start().await;
    let ada = active(&world).await;
    world.terminate(&ada, json!({})).await;
    world.run(&ada).await;
    world.rehire(&ada).await;
    let back = world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["state"], "ACTIVATED");
    undone(&world, &back.run).await;
    let account = world.account_of(&ada).await;
    assert!(account["state"] == "SUSPENDED" && mark(&account).is_some());
    world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED", "although Deel says active");
}

#[tokio::test]
async fn a_link_and_an_email_get_what_they_had() {
    let policy = Policy {
        adopt: provisioning::Adopt::Automatic,
        email_change: provisioning::EmailChange::Apply,
        ..Policy::default()
    };
    let world =
        World::with(Setup { settings: Settings { policy, ..Settings::default() }, ..Setup::default() }).await;
    let seeded = json!({ "username": "al", "email": "ada@example.com", "state": "ACTIVATED" });
    let account = world.seed(seeded).await;
    let ada = world.hire(ada()).await;
    let adopted = world.run(&ada).await;
    world.change(&ada, json!({ "work_email": "countess@example.com" })).await;
    let mailed = world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["email"], "countess@example.com");
    undone(&world, &mailed.run).await;
    assert_eq!(world.account_of(&ada).await["email"], "ada@example.com");
    world.run(&ada).await;
    assert_eq!(world.account_of(&ada).await["email"], "ada@example.com");

    world.change(&ada, json!({ "work_email": "ada@example.com" })).await;
    let report = undone(&world, &adopted.run).await;
    assert_eq!(report.people[0].problem, None, "{report:?}");
    let now = world.accounts().await.into_iter().find(|one| one["_id"] == account["_id"]).unwrap();
    assert!(now["employeeIdentifier"].as_str().unwrap_or_default().is_empty(), "{now}");
    let later = world.run(&ada).await;
    assert_eq!(world.accounts().await.len(), 1, "{:?}", later.record);
    let now = world.accounts().await.remove(0);
    assert!(now["employeeIdentifier"].as_str().unwrap_or_default().is_empty(), "not adopted again: {now}");
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_said() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    let created = world.run(&ada).await.run;
    assert_eq!(whys(&planned(&world, &created).await), ["an account is never deleted; it stays as it is"]);
    let activated = world.reconciler.activate(&ada, &Activate::Now { mail_to: None }, asker()).await.unwrap();
    assert_eq!(whys(&planned(&world, &activated.run).await), ["JumpCloud has no way back to STAGED"]);
    let unknown = RunId::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV").unwrap();
    let refused = world.reconciler.undo_plan(&unknown, &|_, _| {}).await;
    assert!(matches!(refused, Err(RequestError::Refused(_))));
}

#[tokio::test]
async fn nothing_is_taken_back_in_observe_mode_or_a_pause() {
    let world = World::start().await;
    let ada = active(&world).await;
    world.change(&ada, json!({ "job_title": "Countess" })).await;
    let run = world.run(&ada).await.run;
    let plan = planned(&world, &run).await;
    let observing = world.another(Settings::default(), false);
    let refused = observing.undo(&plan, asker(), &|_, _| {}).await;
    assert!(matches!(refused, Err(RequestError::ObserveMode)));
    world.queue.pause("op", "reason").await.unwrap();
    let refused = world.reconciler.undo(&plan, asker(), &|_, _| {}).await;
    assert!(matches!(refused, Err(RequestError::Paused)));
    assert_eq!(world.account_of(&ada).await["jobTitle"], "Countess");
}

#[tokio::test]
async fn memberships_are_taken_back_group_by_group() {
    let rule = |name: &str, department: &str| GroupRule {
        name: name.to_owned(),
        department: Some(department.to_owned()),
        ..GroupRule::default()
    };
    let groups = vec![rule("Makers", "Making"), rule("Sellers", "Selling"), rule("Callers", "Selling")];
    let settings = Settings { policy: Policy { groups, ..Policy::default() }, ..Settings::default() };
    let world = World::with(Setup { settings, ..Setup::default() }).await;
    for name in ["Makers", "Sellers", "Callers"] {
        world.jumpcloud.call("POST", "/_sim/groups", Some(json!({ "name": name }))).await;
    }
    let department = |name: &str| json!({ "department": { "id": "d", "name": name } });
    let ada = active(&world).await;
    world.change(&ada, department("Making")).await;
    world.run(&ada).await;
    world.change(&ada, department("Selling")).await;
    let run = world.run(&ada).await.run;
    let account = world.account_of(&ada).await["_id"].clone();
    assert_eq!(groups_of(&world, &account).await, ["Callers", "Sellers"]);

    let plan = planned(&world, &run).await;
    assert_eq!(whys(&plan), Vec::<String>::new());
    undone(&world, &run).await;
    assert_eq!(groups_of(&world, &account).await, ["Makers"]);
    world.run(&ada).await;
    assert_eq!(groups_of(&world, &account).await, ["Makers"], "no run does it again");

    // What was written since is not taken back, be it by the undo.
    let again = planned(&world, &run).await;
    assert_eq!(again.steps(), 0);
    assert!(whys(&again).iter().all(|why| why.ends_with("wrote it since")), "{again:?}");
}

async fn groups_of(world: &World, account: &serde_json::Value) -> Vec<String> {
    let groups = world.jumpcloud.call("GET", "/_sim/groups", None).await;
    let mine = groups["groups"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|group| group["members"].as_array().is_some_and(|members| members.contains(account)));
    let mut names: Vec<String> = mine.map(|group| group["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_vendor_that_limits_or_stumbles_is_waited_for() {
    let world = World::start().await;
    let ada = active(&world).await;
    world.change(&ada, json!({ "job_title": "Countess" })).await;
    let run = world.run(&ada).await.run;
    world.jumpcloud.faults(json!({ "status_5xx": { "count": 2 }, "methods": ["GET"] })).await;
    let plan = planned(&world, &run).await;
    assert_eq!(plan.steps(), 1);
    for fault in ["rate_429", "status_5xx"] {
        world.jumpcloud.faults(json!({ fault: { "count": 1 }, "methods": ["PUT"] })).await;
        let report = world.reconciler.undo(&plan, asker(), &|_, _| {}).await.unwrap();
        assert_eq!((report.people[0].problem.as_deref(), report.people[0].left.len()), (None, 0), "{fault}");
        assert_eq!(world.account_of(&ada).await["jobTitle"], "Analyst");
        world.edit(&world.account_of(&ada).await, json!({ "jobTitle": "Countess" })).await;
    }
    // One that stays away is not waited for for ever.
    let patience = std::time::Duration::from_millis(300);
    let impatient = world.another(Settings { patience, ..Settings::default() }, true);
    world.jumpcloud.faults(json!({ "status_5xx": { "ratio": 1.0 } })).await;
    let report = impatient.undo(&plan, asker(), &|_, _| {}).await.unwrap();
    assert!(report.people[0].problem.as_deref().unwrap().contains("unavailable"), "{report:?}");
}

#[tokio::test]
async fn an_equal_value_that_a_later_run_wrote_is_the_later_runs() {
    let world = World::start().await;
    let ada = active(&world).await;
    world.change(&ada, json!({ "job_title": "Countess" })).await;
    let run = world.run(&ada).await.run;
    undone(&world, &run).await;
    let filter = HoldFilter { statuses: vec![HoldStatus::Rejected], ..HoldFilter::default() };
    let rejected = world.reconciler.holds().list(&filter).await.unwrap();
    world.reconciler.holds().approve(&rejected[0].id, "op", None).await.unwrap();
    let later = world.run(&ada).await.run;
    assert_eq!(world.account_of(&ada).await["jobTitle"], "Countess");

    let again = planned(&world, &run).await;
    assert_eq!((again.steps(), whys(&again)), (0, vec![format!("run {later} wrote it since")]));
    let its_own = undone(&world, &later).await;
    assert_eq!(its_own.people[0].problem, None);
    assert_eq!(world.account_of(&ada).await["jobTitle"], "Analyst");
}

#[tokio::test]
async fn after_an_undo_another_last_day_is_deels_own_change_and_contests_nobody() {
    let world = World::start().await;
    let ada = active(&world).await;
    world.terminate(&ada, json!({ "last_day": "2026-03-02" })).await;
    let left = world.run(&ada).await.run;
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
    undone(&world, &left).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Held, "Deel says the same as before");
    world.terminate(&ada, json!({ "last_day": "2026-03-03" })).await;
    let report = world.run(&ada).await;
    assert_eq!(report.outcome, Outcome::Applied, "{:?}", report.record.held);
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn who_is_held_by_hand_is_left_as_they_are() {
    let world = World::start().await;
    let ada = active(&world).await;
    world.change(&ada, json!({ "job_title": "Countess" })).await;
    let run = world.run(&ada).await.run;
    let account = world.account_of(&ada).await;
    let attributes = json!([{ "name": "deelsyncHold", "value": "reason=audit" }]);
    world.edit(&account, json!({ "attributes": attributes })).await;
    let plan = planned(&world, &run).await;
    assert_eq!(plan.steps(), 0);
    assert!(whys(&plan).iter().all(|why| why.contains("held by hand")), "{:?}", whys(&plan));
    assert_eq!(world.account_of(&ada).await["jobTitle"], "Countess");
}
