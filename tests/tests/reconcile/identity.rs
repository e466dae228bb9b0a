//! Who is who, when everyone is looked at at once.

use e2e::{World, id_of, somebody, unlinked_account};
use serde_json::{Value, json};

async fn seed_like(world: &World, person: &str, edit: Value) -> String {
    let mut account = unlinked_account(&world.people_of(&[person.to_owned()]).await[0]);
    for (name, value) in edit.as_object().into_iter().flatten() {
        account[name] = value.clone();
    }
    id_of(&world.jumpcloud.seed(account).await)
}

#[tokio::test]
async fn two_people_with_one_address_are_both_left_alone() {
    let world = World::empty().await;
    let mut twin = somebody("Double", "Entry");
    let one = world.hired_silently(twin.clone()).await;
    twin["first_name"] = json!("Doubled");
    let two = world.hired_silently(twin).await;
    let (other, _) = (world.hired_silently(somebody("Single", "Entry")).await, ());
    let planned = world.cli(&["plan"]).await.expect_code(2).stdout;
    for person in [&one, &two] {
        assert!(planned.contains(person.as_str()), "{planned}");
    }
    world.json(&["sync"], 0).await;
    let linked = world.linked().await;
    assert_eq!(linked.keys().collect::<Vec<_>>(), [&other]);
}

#[tokio::test]
async fn namesakes_hired_in_one_night_get_two_names() {
    let world = World::empty().await;
    let hires = world
        .hired_many(4, json!({"first_name": "Jan", "last_name": "Novak", "work_email": "jan{n}@example.com"}))
        .await;
    world.json(&["sync"], 0).await;
    let linked = world.linked().await;
    let mut names: Vec<&str> = hires.iter().filter_map(|hire| linked[hire]["username"].as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(names.contains(&"jan.novak"));
}

#[tokio::test]
async fn an_account_that_somebody_deleted_is_made_again_for_whoever_works_here() {
    let world = World::empty().await;
    let people = world.staff(20).await;
    world.json(&["sync"], 0).await;
    for person in &people[..2] {
        let account = id_of(&world.account_now(person).await);
        world.jumpcloud.call("DELETE", &format!("/_sim/accounts/{account}"), None).await;
    }
    world.end(&people[1..2], "2026-05-01").await;
    let planned = world.cli(&["plan"]).await.expect_code(2).stdout;
    assert!(planned.contains("deleted"), "it is said in the plan:\n{planned}");
    world.json(&["sync"], 0).await;
    let linked = world.linked().await;
    assert!(linked.contains_key(&people[0]) && !linked.contains_key(&people[1]));
}

#[tokio::test]
async fn an_adopted_account_keeps_its_names_and_its_state() {
    let world = World::empty().await;
    let person = world.hired_silently(somebody("Robert", "Smith")).await;
    let by_hand = json!({"username": "bob", "firstname": "Bob", "displayname": "Bob S.", "state": "STAGED",
        "jobTitle": "By hand"});
    let account = seed_like(&world, &person, by_hand).await;
    let fresh = world.hired_silently(somebody("Brand", "New")).await;
    world.json(&["sync"], 0).await;
    assert!(world.linked().await.contains_key(&fresh), "the review blocks nobody else");
    let hold = world.hold().await;
    assert_eq!((&hold["kind"], &hold["account"]), (&json!("adoption"), &json!(account)), "{hold:#}");

    let _ = world.cli(&["holds", "approve", "--kind", "adoption", "--yes"]).await.expect_code(0);
    world.json(&["sync"], 0).await;
    world.json(&["sync"], 0).await;
    let adopted = world.account_now(&person).await;
    assert_eq!(adopted["_id"], account.as_str());
    let kept = ["username", "firstname", "displayname", "state"].map(|field| adopted[field].clone());
    assert_eq!(kept, [json!("bob"), json!("Bob"), json!("Bob S."), json!("STAGED")]);
    assert_eq!(adopted["jobTitle"], "Engineer");
    assert!(adopted["attributes"].to_string().contains("deelsyncAdopted"), "{adopted:#}");
}

#[tokio::test]
async fn a_forgotten_leavers_account_is_linked_and_suspended_in_one_step() {
    let world = World::empty().await;
    let people = world.staff(20).await;
    let leaver = world.hired_silently(somebody("For", "Gotten")).await;
    let account = seed_like(&world, &leaver, json!({})).await;
    world.end(std::slice::from_ref(&leaver), "2026-05-01").await;
    world.json(&["sync"], 0).await;
    // The link, and the suspension that needs it.
    let holds = world.held("adoption").await;
    assert!(holds.len() == 2 && holds.iter().all(|hold| hold["account"] == account.as_str()), "{holds:#?}");
    for hold in &holds {
        let said = world.cli(&["holds", "show", &id_of(hold)]).await.expect_code(0).stdout;
        assert!(said.contains("suspend"), "what a yes to it brings: {said}");
    }
    let _ = world.cli(&["holds", "approve", "--kind", "adoption", "--yes"]).await.expect_code(0);
    world.json(&["sync"], 0).await;
    assert_eq!(world.suspended(std::slice::from_ref(&leaver)).await.len(), 1, "linked and suspended");
    assert_eq!(world.suspended(&people).await, Vec::<String>::new());
}

#[tokio::test]
async fn days_of_grace_between_two_contracts() {
    let mut world = World::empty().await;
    let people = world.staff(20).await;
    world.json(&["sync"], 0).await;
    // Ended, and the next contract begins next week.
    #[allow(clippy::disallowed_methods)] // the test is the outermost layer
    let today = jiff::Timestamp::now().to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
    let ended = today.yesterday().expect("a day before");
    let next = today.checked_add(jiff::Span::new().days(6)).expect("a day after");
    let between = json!({
        "hiring_status": "inactive", "timezone": "UTC", "termination_last_day": ended.to_string(),
        "employments": [
            {"id": "c1", "is_ended": true, "hiring_status": "inactive", "termination_last_day": ended.to_string()},
            {"id": "c2", "is_ended": false, "hiring_status": "onboarding", "start_date": next.to_string()},
        ],
    });
    for person in &people[..2] {
        world.changed_silently(person, between.clone()).await;
    }
    world.settings.file("[sync]\ngrace_days = 10\n");
    world.json(&["sync"], 0).await;
    assert_eq!(world.suspended(&people).await, Vec::<String>::new());
    assert_eq!(world.holds().await, Vec::<Value>::new());
}

#[tokio::test]
async fn whoever_is_out_of_scope_is_left_alone_and_never_suspended() {
    let mut world = World::empty().await;
    let people = world.staff(20).await;
    world.json(&["sync"], 0).await;
    world.bulk(json!({"action": "change", "who": {"ids": &people[..5]}, "with": {"hiring_type": "contractor", "job_title": "New"}})).await;
    world.end(&people[4..5], "2026-05-01").await;
    world.settings.file("[sync.scope]\nworker_types = [\"Direct_Employee\", \"eor\", \"global_payroll\"]\n");
    world.json(&["sync"], 0).await;
    for person in &people[..5] {
        let account = world.account_now(person).await;
        assert_eq!(account["state"], "ACTIVATED");
        assert_ne!(account["jobTitle"], "New");
    }
    assert_eq!(world.holds().await, Vec::<Value>::new());
}

#[tokio::test]
async fn excluded_people_and_accounts_are_left_alone() {
    let mut world = World::empty().await;
    let people = world.staff(6).await;
    world.json(&["sync"], 0).await;
    let username = world.account_now(&people[1]).await["username"].as_str().expect("a username").to_owned();
    let id = id_of(&world.account_now(&people[2]).await);
    world.settings.file(&format!(
        "[sync]\nexcluded = [\"{}\"]\nexcluded_accounts = [\"{username}\", \"{id}\"]\n",
        people[0]
    ));
    world.end(&people[..2], "2026-05-01").await;
    world
        .bulk(json!({"action": "change", "who": {"ids": &people[2..4]}, "with": {"job_title": "New"}}))
        .await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.suspended(&people).await, Vec::<String>::new());
    assert_ne!(world.account_now(&people[2]).await["jobTitle"], "New");
    assert_eq!(world.account_now(&people[3]).await["jobTitle"], "New");
}
