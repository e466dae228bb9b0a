//! `/metrics`.

use serde_json::json;

use crate::rig::{PERSON, Rig, event, until, updated};

#[tokio::test]
async fn the_queue_is_shown_by_state() {
    let rig = Rig::start().await;
    assert_eq!(rig.metric("deelsync_redis_up").await, 1.0);
    assert_eq!(rig.metric("deelsync_queue_oldest_age_seconds").await, 0.0);
    rig.deliver(updated("one", 1)).await;
    rig.deliver(updated("two", 2)).await;
    rig.deliver(event("worker.v2.deleted", &json!({ "id": "three" }), 3).to_string()).await;
    rig.queue.pause("test", "to see it").await.unwrap();
    until("the numbers are read again", async || {
        rig.metric(r#"deelsync_queue_jobs{state="waiting_events"}"#).await == 2.0
    })
    .await;
    assert_eq!(rig.metric(r#"deelsync_queue_jobs{state="waiting_urgent"}"#).await, 1.0);
    for state in ["waiting_bulk", "running", "delayed", "dead"] {
        assert_eq!(rig.metric(&format!("deelsync_queue_jobs{{state=\"{state}\"}}")).await, 0.0, "{state}");
    }
    assert_eq!(rig.metric("deelsync_queue_paused").await, 1.0);
    assert!(rig.metric("deelsync_queue_oldest_age_seconds").await > 0.0);
}

#[tokio::test]
async fn every_metric_says_what_it_is_and_none_names_anybody() {
    let rig = Rig::start().await;
    rig.deliver(updated(PERSON, 1)).await;
    rig.deliver(event("odd.event", &json!({ "id": PERSON }), 1).to_string()).await;
    let page = rig.get(rig.admin, "/metrics").await;
    assert_eq!(page.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    for line in page.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let family =
            ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        assert!(family.starts_with("deelsync_"), "{line}");
        assert!(page.text.contains(&format!("# HELP {family} ")), "{family} has no help");
    }
    assert!(page.text.contains("# TYPE deelsync_webhook_duration_seconds histogram"));
    assert!(page.text.contains("deelsync_webhook_duration_seconds_bucket{le=\"0.0005\"}"));
    assert!(!page.text.contains(PERSON) && !page.text.contains("odd.event"));
    assert_eq!(rig.metric("deelsync_webhook_duration_seconds_count").await, 2.0);
}
