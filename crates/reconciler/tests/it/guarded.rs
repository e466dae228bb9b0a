//! What keeps many accounts from being changed, or one from being changed back and forth.

use crate::everyone::sync;
use crate::support::{Setup, World, ada, link_to, run_with};
use provisioning::{ChangeKind, HoldKind, Limit, Limits, ProfileId};
use reconciler::{Hold, HoldFilter, HoldStatus, Outcome, Settings};
use serde_json::json;

async fn open(world: &World) -> Vec<Hold> {
    world.reconciler.holds().list(&HoldFilter::default()).await.unwrap()
}

/// Room for so many changes of an attribute and so many suspensions.
fn room(attribute: u32, suspensions: u32) -> Settings {
    let mut limits = Limits { attribute: Limit { count: attribute, percent: 0.0 }, ..Limits::default() };
    limits.kinds.insert(ChangeKind::Suspension, Limit { count: suspensions, percent: 0.0 });
    Settings { limits, ..Settings::default() }
}

async fn hire_many(world: &World, count: usize) -> Vec<ProfileId> {
    let mut people = Vec::new();
    for n in 0..count {
        let fields = json!({ "first_name": "P", "last_name": format!("N{n}"), "department": "Sales",
            "job_title": "Analyst", "work_email": format!("p{n}@example.com") });
        let person = world.hire(fields).await;
        world.run(&person).await;
        people.push(person);
    }
    people
}

async fn departments(world: &World, people: &[ProfileId], name: &str) -> usize {
    let mut count = 0;
    for person in people {
        count += usize::from(world.account_of(person).await["department"] == name);
    }
    count
}

#[tokio::test]
async fn an_attribute_of_many_waits_as_one_item_and_the_rest_goes_on() {
    let world = World::with(Setup { settings: room(2, 3), ..Setup::default() }).await;
    let people = hire_many(&world, 5).await;
    for person in &people {
        world.change(person, json!({ "department": "Research" })).await;
    }
    world.change(&people[4], json!({ "job_title": "Director" })).await;
    for person in &people {
        world.run(person).await;
    }
    assert_eq!(departments(&world, &people, "Research").await, 2);
    assert_eq!(world.account_of(&people[4]).await["jobTitle"], "Director", "the other attribute is written");
    let holds = open(&world).await;
    assert_eq!(holds.len(), 1, "{holds:?}");
    let item = &holds[0];
    let wide = item.wide.as_ref().unwrap();
    assert_eq!((item.kind, wide.attribute.as_str(), wide.people), (HoldKind::AttributeWide, "department", 3));
    let table = world.reconciler.holds().table(&item.id, 2).await.unwrap();
    assert_eq!((table.people, table.rows.len(), table.transitions.len(), table.others), (3, 2, 1, 0));
    let only = &table.transitions[0];
    assert_eq!((only.before.as_deref(), only.after.as_str(), only.people), (Some("Sales"), "Research", 3));

    // Looked at again, whatever room there is: still held, and still one item.
    world.make_room("attribute:department", &people[0]).await;
    assert_eq!(world.run(&people[3]).await.outcome, Outcome::Held);
    let planned = world.reconciler.plan_person(&people[3]).await.unwrap();
    assert!(planned.held.iter().any(|held| held.id == item.id && held.on_record));
    assert_eq!(open(&world).await.len(), 1);

    // One of the listed changes again before the decision: the item lists the new values.
    world.change(&people[3], json!({ "department": "Legal" })).await;
    world.run(&people[3]).await;
    let approved = world.reconciler.holds().approve(&item.id, "op", None).await.unwrap();
    assert_eq!(approved.wide.unwrap().people, 3);
    // And once more after it: what nobody has seen is not let through.
    world.change(&people[4], json!({ "department": "Finance" })).await;
    for person in &people {
        world.run(person).await;
    }
    assert_eq!(departments(&world, &people, "Research").await, 3);
    assert_eq!(world.account_of(&people[3]).await["department"], "Legal");
    assert_eq!(world.account_of(&people[4]).await["department"], "Finance", "one place had been given back");
    let item = world.reconciler.holds().show(&item.id).await.unwrap();
    assert_eq!(item.status, HoldStatus::Settled, "everybody listed was seen to");
    assert!(open(&world).await.is_empty());
}

#[tokio::test]
async fn a_rejected_item_stays_rejected_for_whom_it_lists() {
    let world = World::with(Setup { settings: room(1, 3), ..Setup::default() }).await;
    let people = hire_many(&world, 3).await;
    for person in &people {
        world.change(person, json!({ "department": "Research" })).await;
        world.run(person).await;
    }
    let item = open(&world).await.remove(0);
    world.reconciler.holds().reject(&item.id, "op", Some("a mistake in Deel")).await.unwrap();
    world.make_room("attribute:department", &people[0]).await;
    for person in &people {
        world.run(person).await;
    }
    assert_eq!(departments(&world, &people, "Research").await, 1);
    assert!(open(&world).await.is_empty(), "it is not asked again");
    // Deel is mended for two of them: nothing is left to reject.
    for person in &people[1..] {
        world.change(person, json!({ "department": "Sales" })).await;
        world.run(person).await;
    }
    assert_eq!(world.reconciler.holds().show(&item.id).await.unwrap().status, HoldStatus::Obsolete);
}

#[tokio::test]
async fn two_workers_at_once_share_the_limits() {
    let settings = room(2, 3);
    let world = World::with(Setup { settings: settings.clone(), ..Setup::default() }).await;
    let people = hire_many(&world, 10).await;
    for person in &people[..6] {
        world.terminate(person, json!({ "at_once": true })).await;
    }
    for person in &people[6..] {
        world.change(person, json!({ "department": "Research" })).await;
    }
    let other = world.another(settings, true);
    let runs = people.iter().enumerate().map(|(n, person)| {
        let reconciler = if n % 2 == 0 { &world.reconciler } else { &other };
        run_with(reconciler, &world.queue, person, None)
    });
    futures::future::join_all(runs).await;
    let suspended = world.accounts().await.iter().filter(|account| account["state"] == "SUSPENDED").count();
    assert_eq!(suspended, 3);
    assert_eq!(departments(&world, &people[6..], "Research").await, 2);
    let holds = open(&world).await;
    assert_eq!(holds.iter().filter(|hold| hold.leaver).count(), 3);
    assert_eq!(holds.iter().filter(|hold| hold.wide.is_some()).count(), 1);
}

#[tokio::test]
async fn room_is_no_yes_to_a_held_suspension_whose_last_day_is_corrected() {
    let world = World::with(Setup { settings: room(10, 1), ..Setup::default() }).await;
    let people = hire_many(&world, 2).await;
    for person in &people {
        world.terminate(person, json!({ "last_day": "2026-10-01" })).await;
        world.run(person).await;
    }
    let held = &people[1];
    assert_eq!(world.account_of(held).await["state"], "STAGED", "{:?}", open(&world).await);
    world.make_room("suspension", &people[0]).await;
    world.terminate(held, json!({ "last_day": "2026-10-02" })).await;
    world.run(held).await;
    sync(&world).await;
    assert_eq!(world.account_of(held).await["state"], "STAGED", "nobody has said yes");
    let holds = open(&world).await;
    assert_eq!((holds.len(), holds[0].kind, holds[0].leaver), (1, HoldKind::Limit, true), "{holds:?}");
    world.reconciler.holds().approve(&holds[0].id, "op", None).await.unwrap();
    world.run(held).await;
    assert_eq!(world.account_of(held).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn a_redis_that_lost_its_data_does_not_make_room_for_more_suspensions() {
    let world = World::with(Setup { settings: room(10, 3), ..Setup::default() }).await;
    let people = hire_many(&world, 6).await;
    for person in &people {
        world.terminate(person, json!({ "at_once": true })).await;
        world.run(person).await;
    }
    let suspended =
        async || world.accounts().await.iter().filter(|account| account["state"] == "SUSPENDED").count();
    assert_eq!(suspended().await, 3);
    flush(&world).await;
    for person in &people {
        world.run(person).await;
    }
    assert_eq!(suspended().await, 3, "today's three have their places again");
    assert_eq!(open(&world).await.iter().filter(|hold| hold.leaver).count(), 3);
}

/// How often the fake `JumpCloud` was asked for a list of users.
async fn listed(world: &World) -> u64 {
    let report = world.jumpcloud.call("GET", "/_sim/requests", None).await;
    let routes = report["by_route"].as_object().unwrap();
    routes
        .iter()
        .filter(|(route, _)| route.ends_with("/systemusers") && route.starts_with("GET"))
        .map(|(_, n)| n.as_u64().unwrap())
        .sum()
}

#[tokio::test]
async fn the_first_leaver_on_a_new_redis_waits_for_the_suspended_accounts_and_not_for_all() {
    let world = World::with(Setup { settings: room(10, 3), ..Setup::default() }).await;
    let ada_id = world.hire(ada()).await;
    world.run(&ada_id).await;
    // Eight hundred others, five of whom are suspended.
    for n in 0..800 {
        let state = if n % 160 == 0 { "SUSPENDED" } else { "ACTIVATED" };
        world
            .seed(
                json!({ "username": format!("u{n}"), "email": format!("u{n}@example.com"), "state": state }),
            )
            .await;
    }
    flush(&world).await;
    world.terminate(&ada_id, json!({ "at_once": true })).await;
    let before = listed(&world).await;
    assert_eq!(world.run(&ada_id).await.outcome, Outcome::Applied);
    assert_eq!(world.account_of(&ada_id).await["state"], "SUSPENDED");
    assert_eq!(listed(&world).await - before, 4, "the suspended, and the numbers of the others");
    assert!(world.queue.windows_known().await.unwrap());
}

#[tokio::test]
async fn who_waits_for_another_ones_count_of_accounts_gets_the_room_that_it_shows() {
    let mut settings = room(10, 1);
    settings.limits.kinds.insert(ChangeKind::Suspension, Limit { count: 1, percent: 50.0 });
    let world = World::with(Setup { settings, ..Setup::default() }).await;
    let people = hire_many(&world, 6).await;
    flush(&world).await;
    for person in &people[..3] {
        world.terminate(person, json!({ "at_once": true })).await;
    }
    // Three at once of whom Redis knows nothing: one fits, and the others find out that three do.
    let runs = people[..3].iter().map(|person| run_with(&world.reconciler, &world.queue, person, None));
    futures::future::join_all(runs).await;
    let suspended = world.accounts().await.iter().filter(|account| account["state"] == "SUSPENDED").count();
    assert_eq!(suspended, 3, "{:?}", open(&world).await);
}

#[tokio::test]
async fn a_run_of_everyone_tells_who_is_linked_even_where_deels_list_never_ends() {
    let mut settings = room(10, 3);
    settings.patience = std::time::Duration::from_secs(2);
    let world = World::with(Setup { settings, ..Setup::default() }).await;
    let ada_id = world.hire(ada()).await;
    world.run(&ada_id).await;
    flush(&world).await;
    world.deel.faults(json!({ "list": { "fail_from": 0 } })).await;
    let trigger = queue::Trigger::new("operator:sync");
    let synced = world.reconciler.sync_everyone("test", &trigger, &reconciler::full::silent).await.unwrap();
    assert!(matches!(synced.report().ended, reconciler::FullEnd::Failed(_)), "{synced:?}");
    let queue = &world.queue;
    assert!(queue.links_known().await.unwrap() && queue.windows_known().await.unwrap());
    assert_eq!(queue.link(ada_id.as_str()).await.unwrap(), Some(link_to(&world.account_of(&ada_id).await)));
}

async fn flush(world: &World) {
    let client = redis::Client::open(world.redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL").query_async::<()>(&mut connection).await.unwrap();
}

#[tokio::test]
async fn a_value_that_somebody_put_back_is_contested_and_not_rewritten() {
    let world = World::start().await;
    let ada_id = world.hire(ada()).await;
    world.run(&ada_id).await;
    world.change(&ada_id, json!({ "job_title": "Director" })).await;
    world.run(&ada_id).await;
    let account = world.account_of(&ada_id).await;
    world.edit(&account, json!({ "jobTitle": "Analyst" })).await;
    assert_eq!(world.run(&ada_id).await.outcome, Outcome::Held);
    assert_eq!(world.account_of(&ada_id).await["jobTitle"], "Analyst");
    let hold = open(&world).await.remove(0);
    assert_eq!(hold.kind, HoldKind::Contested);
    // A day later it is still somebody's decision.
    forward(&world, 25);
    assert_eq!(world.run(&ada_id).await.outcome, Outcome::Held);
    world.reconciler.holds().approve(&hold.id, "op", None).await.unwrap();
    assert_eq!(world.run(&ada_id).await.outcome, Outcome::Applied);
    assert_eq!(world.account_of(&ada_id).await["jobTitle"], "Director");
    assert_eq!(world.reconciler.holds().show(&hold.id).await.unwrap().status, HoldStatus::Settled);
}

fn forward(world: &World, hours: i64) {
    let mut now = world.now.lock().unwrap();
    *now += jiff::SignedDuration::from_hours(hours);
}

#[tokio::test]
async fn what_deel_itself_changed_in_between_and_what_merely_drifts_is_not_contested() {
    let world = World::start().await;
    let ada_id = world.hire(ada()).await;
    world.run(&ada_id).await;
    for title in ["Director", "Analyst", "Director"] {
        world.change(&ada_id, json!({ "job_title": title })).await;
        assert_eq!(world.run(&ada_id).await.outcome, Outcome::Applied);
    }
    // Put back by hand, and Deel agrees for a while.
    let account = world.account_of(&ada_id).await;
    world.edit(&account, json!({ "jobTitle": "Analyst" })).await;
    world.change(&ada_id, json!({ "job_title": "Analyst" })).await;
    assert_eq!(world.run(&ada_id).await.outcome, Outcome::InSync);
    world.change(&ada_id, json!({ "job_title": "Director" })).await;
    assert_eq!(world.run(&ada_id).await.outcome, Outcome::Applied);
    // A third value is drift.
    world.edit(&account, json!({ "jobTitle": "Typist" })).await;
    assert_eq!(world.run(&ada_id).await.outcome, Outcome::Applied);
    // So is one that came back after more than a day.
    forward(&world, 25);
    world.edit(&account, json!({ "jobTitle": "Typist" })).await;
    assert_eq!(world.run(&ada_id).await.outcome, Outcome::Applied);
}

#[tokio::test]
async fn a_suspension_that_was_undone_by_hand_is_contested_and_stays_an_alarm() {
    let world = World::start().await;
    let ada_id = world.hire(ada()).await;
    world.run(&ada_id).await;
    world.terminate(&ada_id, json!({ "at_once": true })).await;
    assert_eq!(world.run(&ada_id).await.outcome, Outcome::Applied);
    let account = world.account_of(&ada_id).await;
    world.edit(&account, json!({ "state": "ACTIVATED" })).await;
    assert_eq!(world.run(&ada_id).await.outcome, Outcome::Held);
    assert_eq!(world.account_of(&ada_id).await["state"], "ACTIVATED");
    let holds = open(&world).await;
    let hold = holds.iter().find(|hold| hold.change() == ChangeKind::Suspension).expect("it is held");
    assert!(hold.kind == HoldKind::Contested && hold.leaver, "{holds:?}");
    // An operator's order goes past it.
    let patience = std::time::Duration::from_secs(5);
    world.reconciler.suspend(&ada_id, "left", "op", "test", patience).await.unwrap();
    assert_eq!(world.account_of(&ada_id).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn a_reactivation_that_was_undone_is_not_repeated() {
    let world = World::start().await;
    let ada_id = world.hire(ada()).await;
    world.run(&ada_id).await;
    world.terminate(&ada_id, json!({ "at_once": true })).await;
    world.run(&ada_id).await;
    world.rehire(&ada_id).await;
    assert_eq!(world.run(&ada_id).await.outcome, Outcome::Applied);
    let account = world.account_of(&ada_id).await;
    world.edit(&account, json!({ "state": "SUSPENDED" })).await;
    assert_eq!(world.run(&ada_id).await.outcome, Outcome::Held);
    assert_eq!(world.account_of(&ada_id).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn a_share_is_of_the_accounts_that_there_are() {
    let mut limits = Limits::default();
    limits.kinds.insert(ChangeKind::Suspension, Limit { count: 0, percent: 50.0 });
    let world =
        World::with(Setup { settings: Settings { limits, ..Settings::default() }, ..Setup::default() }).await;
    let people = hire_many(&world, 4).await;
    for (n, person) in people.iter().enumerate() {
        let account = world.account_of(person).await;
        world.terminate(person, json!({})).await;
        if n < 2 {
            let path = format!("/api/systemusers/{}", account["_id"].as_str().unwrap());
            world.jumpcloud.call_as_admin("DELETE", &path, json!(null)).await;
            world.run(person).await;
        } else {
            world.edit(&account, json!({ "state": "ACTIVATED" })).await;
        }
    }
    assert_eq!(world.run(&people[2]).await.outcome, Outcome::Applied);
    assert_eq!(world.run(&people[3]).await.outcome, Outcome::Held, "half of two is one");
}
