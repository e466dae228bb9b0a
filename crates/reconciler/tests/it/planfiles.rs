//! Plans that are kept: made, read back, refused as a whole, applied exactly.

use crate::everyone::{company, settings, sync};
use crate::support::{World, ada};
use jiff::SignedDuration;
use provisioning::{ChangeKind, Limit, ProfileId};
use queue::Trigger;
use reconciler::full::{PersonResult, silent};
use reconciler::{EveryonePlanned, FullEnd, PlanFile, PlanFileError, RequestError};
use serde_json::{Value, json};

async fn planned(world: &World) -> EveryonePlanned {
    let writes = world.journal().await.len();
    // Planning needs no writer, and is never given one.
    let planned = world.another(settings(), false).plan_everyone(&silent).await.unwrap();
    assert_eq!(world.journal().await.len(), writes);
    assert_eq!(world.queue.status().await.unwrap().holds, 0);
    planned
}

fn make(planned: &EveryonePlanned) -> PlanFile {
    let settings = settings();
    PlanFile::make(planned, &settings.policy, &settings.limits).unwrap()
}

/// As it comes back from a disk.
fn kept(planned: &EveryonePlanned) -> PlanFile {
    PlanFile::parse(make(planned).to_json().as_bytes()).unwrap()
}

async fn apply(world: &World, file: &PlanFile) -> Vec<(ProfileId, PersonResult)> {
    let report = world.reconciler.apply_plan(file, "op", &silent).await.unwrap();
    assert_eq!(report.ended, FullEnd::Done);
    report.people.into_iter().map(|person| (person.person, person.result)).collect()
}

async fn some_active(world: &World, count: usize) -> Vec<ProfileId> {
    let people = world.deel.call("GET", "/_sim/people", None).await;
    let active =
        people["people"].as_array().unwrap().iter().filter(|person| person["hiring_status"] == "active");
    active.take(count).map(|person| ProfileId::parse(person["id"].as_str().unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn a_plan_is_applied_exactly_and_its_suspensions_count_as_approved() {
    let world = company(60).await;
    let leavers = some_active(&world, 12).await;
    for leaver in &leavers {
        world.terminate(leaver, json!({})).await;
    }
    let hires =
        [world.hire(ada()).await, world.hire(json!({ "first_name": "Ada", "last_name": "Lovelace" })).await];
    let planned = planned(&world).await;
    assert!(planned.refused.is_none());
    let file = kept(&planned);
    // What happens after somebody has read the plan is not part of it.
    let late = some_active(&world, 1).await;
    world.change(&late[0], json!({ "job_title": "Somebody else" })).await;
    let results = apply(&world, &file).await;
    assert_eq!(results.len(), 14, "{results:?}");
    assert!(results.iter().all(|(_, result)| *result == PersonResult::Applied), "{results:?}");
    for leaver in &leavers {
        assert_eq!(world.account_of(leaver).await["state"], "SUSPENDED");
    }
    for hire in &hires {
        world.account_of(hire).await;
    }
    assert_ne!(world.account_of(&late[0]).await["jobTitle"], "Somebody else");
    let again = apply(&world, &file).await;
    assert!(again.iter().all(|(_, result)| matches!(result, PersonResult::Refused(_))), "{again:?}");
    world.assert_careful().await;
}

#[tokio::test]
async fn who_has_changed_since_is_refused_and_left_alone() {
    let world = company(60).await;
    let people = some_active(&world, 3).await;
    let [back, other, same] = &people[..] else { panic!("three people") };
    world.terminate(back, json!({})).await;
    world.change(other, json!({ "job_title": "Baker" })).await;
    world.change(same, json!({ "job_title": "Cook" })).await;
    let file = kept(&planned(&world).await);
    world.rehire(back).await;
    world.change(other, json!({ "job_title": "Smith" })).await;
    let results = apply(&world, &file).await;
    for (person, result) in &results {
        if person == same {
            assert_eq!(*result, PersonResult::Applied);
        } else {
            let words = if person == back { "nothing of this is left to do" } else { "plan again" };
            assert!(matches!(result, PersonResult::Refused(said) if said.contains(words)), "{result:?}");
        }
    }
    assert_eq!(world.account_of(same).await["jobTitle"], "Cook");
    assert_ne!(world.account_of(back).await["state"], "SUSPENDED");
    let title = world.account_of(other).await["jobTitle"].clone();
    assert!(title != "Baker" && title != "Smith", "{title}");
}

#[tokio::test]
async fn a_file_that_is_not_as_it_was_made_is_refused_as_a_whole() {
    let world = company(20).await;
    world.hire(ada()).await;
    let planned = planned(&world).await;
    let file = make(&planned);
    let text = file.to_json();
    let edited = text.replace("ada@example.com", "eve@example.com");
    assert_ne!(edited, text);
    assert_eq!(PlanFile::parse(edited.as_bytes()), Err(PlanFileError::Changed));
    let mut added: Value = serde_json::from_str(&text).unwrap();
    added["people"][0]["extra"] = json!(1);
    assert!(matches!(PlanFile::parse(added.to_string().as_bytes()), Err(PlanFileError::NotAPlan { .. })));
    assert!(matches!(PlanFile::parse(b"hello"), Err(PlanFileError::NotAPlan { .. })));
    let future = text.replacen("\"version\": 1", "\"version\": 2", 1);
    assert_eq!(PlanFile::parse(future.as_bytes()), Err(PlanFileError::Version(2)));

    let week = planned.made_at + SignedDuration::from_hours(7 * 24);
    let old = file.check_age(week, PlanFile::MAX_AGE).unwrap_err();
    assert_eq!(old.to_string(), "the plan was made 7 days ago, and at most 24 h are allowed; plan again");
    assert_eq!(file.check_age(planned.made_at, PlanFile::MAX_AGE), Ok(()));

    let mut other = settings();
    other.limits.kinds.insert(ChangeKind::Suspension, Limit { count: 9, percent: 9.0 });
    let refused = world.another(other, true).apply_plan(&file, "op", &silent).await;
    assert!(matches!(refused, Err(RequestError::PlanFile(PlanFileError::OtherPolicy))));
    let refused = world.another(settings(), false).apply_plan(&file, "op", &silent).await;
    assert!(matches!(refused, Err(RequestError::ObserveMode)));

    let elsewhere = company(20).await;
    let writes = elsewhere.journal().await.len();
    let foreign = elsewhere.between(elsewhere.deel.url(), elsewhere.jumpcloud.url(), settings());
    let mut planned = planned;
    planned.organizations.deel = Some("another".to_owned());
    let refused = foreign.apply_plan(&make(&planned), "op", &silent).await;
    let expected = PlanFileError::OtherOrganization("Deel");
    assert!(matches!(refused, Err(RequestError::PlanFile(error)) if error == expected));
    assert_eq!(elsewhere.journal().await.len(), writes);
    assert!(elsewhere.queue.show("reconcile").await.unwrap().is_none(), "nobody is kept from syncing");
}

#[tokio::test]
async fn a_refused_plan_cannot_be_kept() {
    let world = company(20).await;
    world.deel.faults(json!({ "list": { "empty": true } })).await;
    let planned = planned(&world).await;
    assert!(planned.refused.is_some());
    let settings = settings();
    let made = PlanFile::make(&planned, &settings.policy, &settings.limits);
    assert!(matches!(made, Err(PlanFileError::Refused(_))));
    world.deel.no_faults().await;
    assert_eq!(sync(&world).await.counts.to_do, 0);
}

/// What waits for a person is no part of a file, and is not answered by applying it: an event, and the end of a last day.
#[tokio::test]
async fn what_waits_for_a_person_still_waits_after_a_file_was_applied() {
    let world = company(60).await;
    let people = some_active(&world, 3).await;
    let [refused, same, timed] = &people[..] else { panic!("three people") };
    for person in &people {
        world.change(person, json!({ "job_title": "Baker" })).await;
    }
    let file = kept(&planned(&world).await);
    world.change(refused, json!({ "job_title": "Smith" })).await;
    world.change(timed, json!({ "job_title": "Smith" })).await;
    let key = |person: &ProfileId| queue::JobKey::person(person.as_str()).unwrap();
    for person in [refused, same] {
        world.terminate(person, json!({ "at_once": true })).await;
        let trigger = Trigger::new("webhook:contract.terminated");
        let add = queue::Add { key: key(person), line: queue::Line::Urgent, trigger, look: Some(0) };
        world.queue.add(&add).await.unwrap();
    }
    let claim = world.queue.claim_one(&key(timed), "w", &Trigger::new("test")).await.unwrap().unwrap();
    let at = world.queue.now_ms().await.unwrap() + 86_400_000;
    let again = queue::Again {
        when: queue::When::At(at),
        line: queue::Line::Urgent,
        trigger: Trigger::new("timer"),
        look: None,
    };
    claim.finish(queue::Verdict::Done { again: Some(again) }).await.unwrap();

    let results = apply(&world, &file).await;
    let applied = results.iter().filter(|(_, result)| *result == PersonResult::Applied).count();
    assert_eq!(applied, 1, "{results:?}");
    for person in [refused, same] {
        let job = world.queue.show(&key(person).to_string()).await.unwrap().expect("the event still waits");
        assert_eq!((job.state, job.attempts), (queue::JobState::Waiting, 0), "{job:?}");
        assert_ne!(world.account_of(person).await["state"], "SUSPENDED", "no part of the file");
        world.run_event(person).await;
        assert_eq!(world.account_of(person).await["state"], "SUSPENDED");
    }
    // An ordinary run follows, which arranges the time anew.
    let job = world.queue.show(&key(timed).to_string()).await.unwrap().expect("the timer is not lost");
    assert_eq!(job.state, queue::JobState::Waiting);
}
