//! When everyone is looked at without anybody asking, and what is arranged for later.

use std::time::Duration;

use e2e::{SOON, World};
use harness::{eventually, holds_for};
use serde_json::{Value, json};

#[tokio::test]
async fn a_night_that_was_missed_is_made_up_once_over_two_workers() {
    let mut world = World::empty().await;
    let mut first = world.run().await;
    eventually("the first start is recorded", SOON, async || world.tick("nightly").await).await;
    assert_eq!(first.stop().await, Some(0));
    assert_eq!(world.runs_of("nightly").await, 0, "a program that never ran has missed none");

    let hire = world.hired_many(1, json!({})).await.remove(0);
    world.two_days_down().await;
    let _one = world.run().await;
    world.settings.other_ports();
    let _two = world.settings.start("work").await;
    world.account(&hire, "whoever came while nothing ran has an account", |_| true).await;
    world.settled().await;
    assert_eq!(world.runs_of("nightly").await, 1, "one night is enough, and one worker");
}

#[tokio::test]
async fn an_interval_serves_those_without_a_webhook_address() {
    let mut world = World::empty().await;
    let mut first = world.run().await;
    assert_eq!(first.stop().await, Some(0));
    world.settings.file("[sync]\nevery = \"15m\"\n");
    let mut second = world.run().await;
    let (name, served) = eventually("the interval is on record", SOON, async || {
        world.ticks().await.into_iter().find(|(name, _)| name != "nightly")
    })
    .await;
    assert_eq!(second.stop().await, Some(0));
    let hire = world.hired_many(1, json!({})).await.remove(0);
    world.set_tick(&name, served - 3_600_000).await;
    let _third = world.run().await;
    world.account(&hire, "nobody told, and nobody asked", |_| true).await;
}

#[tokio::test]
async fn last_days_and_start_dates_are_arranged_for_each_ones_midnight() {
    let mut world = World::empty().await;
    world.settings.file("[sync]\nactivation = \"on-start-date\"\n");
    let people = world.staff(20).await;
    let leaving = |zone: &str| json!({"last_day": "2999-12-31", "timezone": zone});
    world.terminated_silently(&people[0], leaving("Pacific/Kiritimati")).await;
    world.terminated_silently(&people[1], leaving("Pacific/Pago_Pago")).await;
    let future = json!({"hiring_status": "onboarding", "start_date": "2999-06-01", "timezone": "Asia/Tokyo"});
    let hire = world.hired_many(1, future).await.remove(0);
    world.json(&["sync"], 0).await;
    let due = async |world: &World| {
        let mut due = Vec::new();
        for job in world.jobs("delayed").await {
            due.push((
                job["key"].as_str().unwrap_or_default().replace("person:", ""),
                job["at"].as_str().unwrap_or_default().to_owned(),
            ));
        }
        due.sort_by(|a, b| a.1.cmp(&b.1));
        due
    };
    let expected = [
        (hire.clone(), "2999-05-31T15:00:00Z"),
        (people[0].clone(), "2999-12-31T10:00:00Z"),
        (people[1].clone(), "3000-01-01T11:00:00Z"),
    ]
    .map(|(person, at)| (person, at.to_owned()));
    assert_eq!(due(&world).await, expected);

    // Redis forgets one; the next run arranges it again. HR moves another, and takes the third back.
    let _ = world.cli(&["queue", "discard", &people[0]]).await.expect_code(0);
    world.terminated_silently(&people[1], json!({"last_day": "2999-11-30", "timezone": "UTC"})).await;
    world.json(&["sync"], 0).await;
    let again = due(&world).await;
    assert!(again.contains(&(people[0].clone(), "2999-12-31T10:00:00Z".to_owned())), "{again:?}");
    assert!(again.contains(&(people[1].clone(), "2999-12-01T00:00:00Z".to_owned())), "{again:?}");
}

#[tokio::test]
async fn hr_takes_a_termination_back() {
    let world = World::empty().await;
    let people = world.staff(20).await;
    // One before it took effect, one after.
    world.terminated_silently(&people[0], json!({"last_day": "2999-12-31", "timezone": "UTC"})).await;
    world.end(&people[1..2], "2026-05-01").await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.suspended(&people).await, &people[1..2]);

    world.bulk(json!({"action": "withdraw", "who": {"ids": &people[..1]}})).await;
    world.bulk(json!({"action": "rehire", "who": {"ids": &people[1..2]}})).await;
    world.json(&["sync"], 0).await;
    assert_eq!(world.suspended(&people).await, Vec::<String>::new());
    assert_eq!(world.state(&people[1]).await, "ACTIVATED", "whom we suspended returns");
    // The job of the last day, should it still come, finds nothing to do.
    let _running = world.run().await;
    let _ = world.cli(&["queue", "retry", &people[0]]).await;
    world.settled().await;
    assert_eq!(world.state(&people[0]).await, "ACTIVATED");
    assert_eq!(world.holds().await, Vec::<Value>::new());
}

#[tokio::test]
async fn nobody_is_looked_at_twice_in_a_row_without_need() {
    let world = World::empty().await;
    world.staff(30).await;
    world.json(&["sync"], 0).await;
    world.deel.call("DELETE", "/_sim/requests", None).await;
    world.json(&["sync"], 0).await;
    let seen = world.deel.call("GET", "/_sim/requests", None).await;
    assert!(seen["total"].as_u64() < Some(6), "in step, a run costs the lists: {seen:#}");
    holds_for("nothing is written", Duration::from_millis(200), async || {
        world.jumpcloud.journal().await.is_empty()
    })
    .await;
}
