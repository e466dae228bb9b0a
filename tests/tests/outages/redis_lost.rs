//! Redis comes back without its data: that is noticed by the epoch, everyone is compared, and what can be known from both
//! vendors is known again.

use std::time::{Duration, Instant};

use e2e::{SOON, World, deliver, event, id_of, somebody};
use harness::eventually;
use serde_json::json;
use test_redis::{Persistence, TestRedis};

const RECOVERY: Duration = Duration::from_secs(40);

#[tokio::test]
async fn all_of_redis_is_lost_while_everything_runs() {
    let mut world = World::on(TestRedis::private(Persistence::Always).await, &[], &[]).await;
    let mut ingress = world.settings.start("serve").await;
    let (public, mut worker) = (world.settings.webhook_url(), {
        world.settings.other_ports();
        world.settings.start("work").await
    });
    let (leaver, account) = world.hired(somebody("Lea", "Left")).await;
    world.jumpcloud.edit(&id_of(&account), json!({"state": "ACTIVATED"})).await;
    let (held, account) = world.hired(somebody("Hal", "Held")).await;
    world.jumpcloud.edit(&id_of(&account), json!({"state": "ACTIVATED"})).await;
    let (ordered, _) = world.hired(somebody("Ora", "Ordered")).await;
    world.deel.terminate(&leaver, json!({})).await;
    world.account(&leaver, "a leaver", |account| account["state"] == "SUSPENDED").await;
    world.deel.change(&held, json!({"work_email": "other.address@example.com"})).await;
    eventually("a hold", SOON, async || (!world.holds().await.is_empty()).then_some(())).await;
    let hold = world.holds().await[0]["id"].clone();
    let _ = world.cli(&["suspend", &ordered, "--reason", "lost laptop"]).await.expect_code(0);
    world.settled().await;
    let suspensions = suspended(&world).await;
    assert_eq!(suspensions.len(), 2);

    // Accepted while nobody works, and lost with everything else.
    assert_eq!(worker.stop().await, Some(0));
    let late = world.hired_silently(somebody("Nina", "Newcomer")).await;
    let body = event("worker.v2.created", &json!({"id": late}), "is lost with Redis");
    assert_eq!(deliver(&public, body).await.0, 200);
    let mut worker = world.settings.start("work").await;
    world.account(&late, "her account", |_| true).await;
    let lost = world.hired_silently(somebody("Lou", "Lost")).await;
    worker.process.freeze();
    let body = event("worker.v2.created", &json!({"id": lost}), "is lost as well");
    assert_eq!(deliver(&public, body).await.0, 200);
    world.redis.server().kill();
    world.redis.server().lose_data();
    world.redis.server().restart().await;
    let began = Instant::now();
    worker.process.thaw();

    eventually("the loss is noticed", RECOVERY, async || {
        worker.process.log().contains("Redis has lost its data").then_some(())
    })
    .await;
    let noticed = began.elapsed();
    eventually("the lost webhook has its effect", RECOVERY, async || world.jumpcloud.account_of(&lost).await)
        .await;
    eventually("the hold is found again", RECOVERY, async || {
        world.holds().await.iter().any(|one| one["id"] == hold).then_some(())
    })
    .await;
    let done = began.elapsed();
    println!("Redis lost with all its data: noticed in {noticed:.1?}, everything known again in {done:.1?}");
    world.settled().await;
    assert_eq!(world.state(&ordered).await, "SUSPENDED", "our mark says that an operator wanted it");
    assert_eq!(suspended(&world).await, suspensions, "nobody is suspended twice");
    assert_eq!(world.jumpcloud.accounts().await.len(), 5, "one account each");
    let mut redis = world.redis.connection().await;
    let links: u64 = redis::cmd("HLEN")
        .arg(format!("{{{}}}:links", world.redis.prefix()))
        .query_async(&mut redis)
        .await
        .unwrap();
    assert_eq!(links, 5, "the links");
    let window: u64 = redis::cmd("ZCARD")
        .arg(format!("{{{}}}:window:suspension", world.redis.prefix()))
        .query_async(&mut redis)
        .await
        .unwrap();
    assert!(window >= 1, "today's suspension counts again");
    // And the next webhook is as quick as ever.
    let (_, _) = world.hired(somebody("After", "Wards")).await;
    assert_eq!(worker.stop().await, Some(0));
    assert_eq!(ingress.stop().await, Some(0));
}

/// The accounts that writes have suspended, one entry per write, as the journal tells it.
async fn suspended(world: &World) -> Vec<String> {
    let journal = world.jumpcloud.journal().await;
    let suspending = journal.iter().filter(|entry| entry["body"]["state"] == "SUSPENDED");
    suspending.map(|entry| entry["path"].to_string()).collect()
}

#[tokio::test]
async fn the_embedded_redis_loses_its_directory() {
    let mut world = World::empty().await;
    world.settings.unset("REDIS_URL").unset("DEELSYNC_REDIS_PREFIX");
    let mut running = world.run().await;
    let (person, account) = world.hired(somebody("Eve", "Embedded")).await;
    eventually("the epoch is remembered", SOON, async || {
        world.settings.folder().join("data/epoch").exists().then_some(())
    })
    .await;
    assert_eq!(running.stop().await, Some(0));
    let lost = world.hired_silently(somebody("Sam", "Silent")).await;
    let redis = world.settings.folder().join("data/redis");
    std::fs::remove_dir_all(&redis).unwrap();
    let began = Instant::now();
    let mut running = world.run().await;
    eventually("everyone is compared", RECOVERY, async || world.jumpcloud.account_of(&lost).await).await;
    println!(
        "the embedded Redis's directory removed: everyone compared {:.1?} after the start",
        began.elapsed()
    );
    world.settled().await;
    assert_eq!(world.jumpcloud.accounts().await.len(), 2);
    assert_eq!(id_of(&world.account_now(&person).await), id_of(&account), "she keeps the account she had");
    assert_eq!(running.stop().await, Some(0));
}
