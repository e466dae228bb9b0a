//! A person's way through a company: hired, changed, gone, back.

use crate::support::{Setup, World, ada, link_to, mark, run_with};
use queue::{Line, Verdict, When};
use reconciler::Outcome;
use reconciler::trail::{ChangeResult, Record};
use serde_json::json;

#[tokio::test]
async fn hire_change_terminate_rehire() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;

    let hired = world.run(&ada).await;
    assert_eq!(hired.outcome, Outcome::Applied, "{:?}", hired.record.problem);
    let account = world.account_of(&ada).await;
    assert_eq!(account["username"], "ada.lovelace");
    assert_eq!(account["email"], "ada@example.com");
    assert_eq!(account["state"], "STAGED");
    assert_eq!(account["jobTitle"], "Analyst");
    assert_eq!(world.run(&ada).await.outcome, Outcome::InSync);

    world.change(&ada, json!({ "job_title": "Countess" })).await;
    let changed = world.run(&ada).await;
    assert_eq!(changed.outcome, Outcome::Applied);
    assert_eq!(world.account_of(&ada).await["jobTitle"], "Countess");
    let fields = &changed.record.changes[0].fields;
    assert_eq!((fields[0].field.as_str(), fields[0].before.as_deref()), ("jobTitle", Some("Analyst")));

    world
        .edit(&account, json!({ "state": "ACTIVATED", "attributes": [{ "name": "badge", "value": "17" }] }))
        .await;
    world.terminate(&ada, json!({})).await;
    let left = world.run(&ada).await;
    assert_eq!(left.outcome, Outcome::Applied, "{:?}", left.record.problem);
    let account = world.account_of(&ada).await;
    assert_eq!(account["state"], "SUSPENDED");
    assert!(mark(&account).is_some_and(|mark| mark.contains("was=ACTIVATED") && mark.contains("by=deel")));
    assert!(account["attributes"].as_array().unwrap().iter().any(|entry| entry["name"] == "badge"));
    assert!(left.record.accepted_to_write_ms.is_some());
    assert_eq!(world.run(&ada).await.outcome, Outcome::InSync);

    world.rehire(&ada).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    let account = world.account_of(&ada).await;
    assert_eq!((account["state"].as_str(), mark(&account)), (Some("ACTIVATED"), None));
    assert!(account["attributes"].as_array().unwrap().iter().any(|entry| entry["name"] == "badge"));
    assert_eq!(world.accounts().await.len(), 1);
    world.assert_careful().await;

    let story = world.reconciler.trail().why(&ada, 50).await.unwrap();
    let written: Vec<_> = story
        .entries
        .iter()
        .filter_map(|entry| match &entry.record {
            Record::Run(run) => Some(run.changes.iter().filter(|change| change.result == ChangeResult::Done)),
            _ => None,
        })
        .flatten()
        .map(|change| change.kind.as_str())
        .collect();
    assert_eq!(written, ["creation", "update", "suspension", "reactivation"]);
    let text = story.to_string();
    assert!(text.contains("jobTitle: \"Analyst\" → \"Countess\""), "{text}");
}

#[tokio::test]
async fn an_activation_scheduled_at_jumpcloud_is_cancelled_before_the_suspension() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    let id = world.account_of(&ada).await["_id"].clone();
    let schedule = json!({ "user_ids": [id], "state": "ACTIVATED", "start_date": "2999-01-01T00:00:00Z" });
    world.jumpcloud.call_as_admin("POST", "/api/v2/bulk/userstates", schedule).await;
    world.terminate(&ada, json!({})).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    let writes: Vec<_> = world.journal().await.iter().map(|write| write["method"].clone()).collect();
    assert_eq!(writes, ["POST", "POST", "DELETE", "PUT"]);
    assert_eq!(world.account_of(&ada).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn a_profile_id_in_capitals_is_the_same_person() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    let key = queue::JobKey::person(ada.as_str().to_uppercase()).unwrap();
    let claim = world.queue.claim_one(&key, "test", &"webhook:x".into()).await.unwrap().unwrap();
    assert_eq!(world.reconciler.handle((*claim).clone()).await, Verdict::done());
    assert!(world.journal().await.is_empty(), "no work under the other name");
    let job = world.queue.show(&format!("person:{ada}")).await.unwrap().unwrap();
    assert_eq!(job.state, queue::JobState::Waiting);
}

#[tokio::test]
async fn with_the_trail_off_there_are_no_entries_at_all() {
    let settings = reconciler::Settings { trail: false, ..reconciler::Settings::default() };
    let world = World::with(Setup { settings, ..Setup::default() }).await;
    let ada = world.hire(ada()).await;
    assert_eq!(world.run(&ada).await.outcome, Outcome::Applied);
    assert!(world.reconciler.trail().why(&ada, 10).await.unwrap().entries.is_empty());
}

#[tokio::test]
async fn a_last_day_to_come_becomes_an_urgent_job_at_that_instant() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    world.run(&ada).await;
    world.terminate(&ada, json!({ "last_day": "2999-03-01", "timezone": "Europe/Berlin" })).await;
    let report = world.run(&ada).await;
    let Verdict::Done { again: Some(again) } = &report.verdict else { panic!("{:?}", report.verdict) };
    let end: jiff::Timestamp = "2999-03-01T23:00:00Z".parse().unwrap();
    assert_eq!(again.when, When::At(end.as_millisecond().unsigned_abs()));
    assert_eq!((again.line, again.trigger.as_str(), again.look), (Line::Urgent, "timer", None));
    assert_ne!(world.account_of(&ada).await["state"], "SUSPENDED");
}

#[tokio::test]
async fn a_lifecycle_event_is_looked_at_after_one_and_after_ten_minutes() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    // Also where something was changed: what was read may have been the state between two events.
    let rounds = [(0, Outcome::Applied, 60, 1), (0, Outcome::InSync, 60, 1), (1, Outcome::InSync, 540, 2)];
    for (look, outcome, seconds, next) in rounds {
        let report = run_with(&world.reconciler, &world.queue, &ada, Some(look)).await;
        assert_eq!(report.outcome, outcome);
        let Verdict::Done { again: Some(again) } = report.verdict else { panic!("look {look}") };
        assert_eq!(again.when, When::After(std::time::Duration::from_secs(seconds)));
        assert_eq!(again.look, Some(next));
    }
    let last = run_with(&world.reconciler, &world.queue, &ada, Some(2)).await;
    assert_eq!(last.verdict, Verdict::Done { again: None });
}

#[tokio::test]
async fn a_person_deel_does_not_know_yet_is_looked_at_again() {
    let world = World::start().await;
    let nobody = provisioning::ProfileId::parse("0c0ffee0-0000-4000-8000-000000000000").unwrap();
    let report = world.run(&nobody).await;
    assert_eq!(report.outcome, Outcome::Skipped);
    assert!(matches!(report.verdict, Verdict::Done { again: Some(_) }));
    assert!(world.journal().await.is_empty());
}

#[tokio::test]
async fn namesakes_hired_at_one_moment_get_two_names() {
    let world = World::start().await;
    let twin = |n: u8| json!({ "first_name": "Alpha", "last_name": "Zed", "work_email": format!("zed{n}@example.com") });
    let mut twins = Vec::new();
    for n in 0..4 {
        twins.push(world.hire(twin(n)).await);
    }
    let runs = futures::future::join_all(twins.iter().map(|person| world.run(person))).await;
    for run in runs {
        assert_eq!(run.outcome, Outcome::Applied, "{:?}", run.record.problem);
    }
    let mut names: Vec<_> = world
        .accounts()
        .await
        .iter()
        .map(|account| account["username"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["alpha.zed", "alpha.zed1", "alpha.zed2", "alpha.zed3"]);
}

#[tokio::test]
async fn contracts_and_links_are_learned_from_every_person_read() {
    let world = World::start().await;
    let ada = world.hire(ada()).await;
    let person = world.deel.call("GET", &format!("/_sim/people/{ada}"), None).await;
    let contract = person["employments"][0]["id"].as_str().unwrap().to_owned();
    world.run(&ada).await;
    assert_eq!(world.queue.person_of_contract(&contract).await.unwrap().as_deref(), Some(ada.as_str()));
    let account = world.account_of(&ada).await;
    assert_eq!(world.queue.link(ada.as_str()).await.unwrap(), Some(link_to(&account)));
}

#[tokio::test]
async fn a_listing_that_is_not_whole_asks_for_nobody() {
    let world = World::with(Setup { people: 130, ..Setup::default() }).await;
    world.deel.faults(json!({ "list": { "total_delta": 3 } })).await;
    let key = queue::JobKey::Reconcile;
    let claim = world.queue.claim_one(&key, "test", &"nightly".into()).await.unwrap().unwrap();
    let verdict = world.reconciler.handle((*claim).clone()).await;
    assert!(matches!(&verdict, Verdict::Retry { counts: true, .. }), "{verdict:?}");
    claim.finish(verdict).await.unwrap();
    assert_eq!(world.queue.status().await.unwrap().waiting, [0, 0, 0]);
}
