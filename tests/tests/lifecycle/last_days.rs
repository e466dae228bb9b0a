//! A last day of work, and where on earth it ends.

use e2e::{World, somebody};
use jiff::civil::Date;
use serde_json::json;

/// The date in that zone at this moment, and the day before.
fn today_in(zone: &str) -> Date {
    // The test is the outermost layer.
    #[allow(clippy::disallowed_methods)]
    let now = jiff::Timestamp::now();
    now.in_tz(zone).expect("a zone of tzdb").date()
}

#[tokio::test]
async fn a_last_day_to_come_suspends_nobody_and_leaves_a_job_for_the_instant() {
    let world = World::empty().await;
    let (person, _) = world.active(somebody("Edsger", "Dijkstra")).await;

    // Silently: an event is looked at again after a minute, which comes first and finds the same instant.
    let how = json!({"last_day": "2999-12-31", "timezone": "Europe/Amsterdam"});
    world.terminated_silently(&person, how).await;
    let _ = world.settings.cli(&["sync", "--person", &person]).await.expect_code(0);
    // 2999-12-31 ends in Amsterdam at 23:00 UTC.
    let job = world.settings.cli(&["queue", "show", &person, "--format", "json"]).await.expect_code(0).json();
    assert_eq!(job["state"], "delayed", "{job:#}");
    assert_eq!(job["at"], "2999-12-31T23:00:00Z", "{job:#}");
    assert_eq!(job["trigger"], "timer", "{job:#}");
    assert_eq!(job["line"], "urgent", "{job:#}");
    let account = world.jumpcloud.account_of(&person).await.expect("the account");
    assert_eq!(account["state"], "ACTIVATED");
}

/// One day, two people: in Kiritimati (UTC+14) it is over, in Pago Pago (UTC-11) it is not, at whatever hour this runs.
#[tokio::test]
async fn a_last_day_ends_in_the_persons_own_zone() {
    let world = World::empty().await;
    let day = today_in("Pacific/Kiritimati").yesterday().expect("a day before");
    let (east, _) = world.active(somebody("Far", "East")).await;
    let (west, _) = world.active(somebody("Far", "West")).await;
    for (person, zone) in [(&east, "Pacific/Kiritimati"), (&west, "Pacific/Pago_Pago")] {
        let leaving = json!({
            "hiring_status": "offboarding", "termination_last_day": day.to_string(), "timezone": zone,
            "employments": [{"id": "c1", "is_ended": false, "hiring_status": "offboarding"}],
        });
        world.changed_silently(person, leaving).await;
        let planned = world.cli(&["plan", "--person", person]).await.stdout;
        assert!(planned.contains(zone), "the plan says which zone: {planned}");
        world.synced(person).await;
    }
    assert_eq!(world.state(&east).await, "SUSPENDED");
    assert_eq!(world.state(&west).await, "ACTIVATED");
    // … and will not forget: midnight in Pago Pago is 11:00 UTC.
    let job = world.json(&["queue", "show", &west], 0).await;
    let ends = format!("{}T11:00:00Z", day.tomorrow().expect("a day after"));
    assert_eq!(
        (&job["state"], &job["at"], &job["line"]),
        (&json!("delayed"), &json!(ends), &json!("urgent")),
        "{job:#}"
    );
}

#[tokio::test]
async fn whose_zone_nobody_knows_has_left_when_the_day_is_over_everywhere() {
    let mut world = World::empty().await;
    let day = today_in("Pacific/Kiritimati").yesterday().expect("a day before");
    let (person, _) = world.active(somebody("Zone", "Less")).await;
    let leaving = json!({
        "hiring_status": "offboarding", "termination_last_day": day.to_string(), "timezone": null, "country": null,
        "employments": [{"id": "c1", "is_ended": false, "timezone": null, "country": null}],
    });
    world.changed_silently(&person, leaving).await;
    world.synced(&person).await;
    assert_eq!(world.state(&person).await, "ACTIVATED");
    // An organization's zone, where one is configured, goes before that.
    world.settings.file("[sync]\norganization_zone = \"Pacific/Kiritimati\"\n");
    world.synced(&person).await;
    assert_eq!(world.state(&person).await, "SUSPENDED");
}

#[tokio::test]
async fn a_termination_that_is_taken_back_leaves_nothing_behind() {
    let world = World::empty().await;
    let (person, _) = world.active(somebody("Change", "Ofmind")).await;
    let how = json!({"last_day": "2999-12-31", "timezone": "UTC"});
    world.terminated_silently(&person, how).await;
    world.synced(&person).await;
    assert_eq!(world.job_keys("delayed").await, [format!("person:{person}")]);

    world.deel.call("POST", &format!("/_sim/people/{person}/withdraw"), Some(json!({"silent": true}))).await;
    // The job of the last day comes, and finds nothing to do.
    let _ = world.cli(&["queue", "retry", &person]).await.expect_code(0);
    let _running = world.run().await;
    world.settled().await;
    assert_eq!(world.job_keys("delayed").await, Vec::<String>::new());
    assert_eq!(world.state(&person).await, "ACTIVATED");
    assert!(world.cli(&["plan", "--person", &person]).await.expect_code(0).stdout.contains("In sync"));
}
