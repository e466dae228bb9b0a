//! Many at once: the same as one by one.

use std::time::Duration;

use queue::{JobKey, JobState, Line, Link, NewHold, Trigger, Verdict, When};

use crate::common::{Fixture, add, person};

#[tokio::test]
async fn many_keys_are_added_as_one_by_one() {
    let f = Fixture::start().await;
    let q = &f.queue;
    let claim = q.claim_one(&person("p7"), "w", &"t".into()).await.unwrap().unwrap();
    let adds: Vec<_> = (0..600).map(|n| add(&format!("p{n}"), Line::Bulk)).collect();
    q.add_many(&adds).await.unwrap();
    q.add_many(&adds).await.unwrap();
    let status = q.status().await.unwrap();
    assert_eq!((status.waiting, status.leased), ([0, 0, 599], 1));
    claim.finish(Verdict::done()).await.unwrap();
    assert_eq!(q.status().await.unwrap().waiting, [0, 0, 600], "who was being worked on is run once more");
}

#[tokio::test]
async fn many_times_are_arranged_as_one_by_one() {
    let f = Fixture::start().await;
    let hour = Duration::from_secs(3600);
    let later: Vec<_> = (0..300).map(|n| (add(&format!("p{n}"), Line::Urgent), When::After(hour))).collect();
    f.queue.delay_many(&later).await.unwrap();
    assert_eq!(f.queue.status().await.unwrap().delayed, 300);
    f.queue.delay_many(&[(add("p1", Line::Urgent), When::At(1))]).await.unwrap();
    assert_eq!(f.state("person:p1").await, Some(JobState::Waiting), "a time that has passed is now");
}

#[tokio::test]
async fn links_contracts_and_orders_are_read_and_written_whole() {
    let f = Fixture::start().await;
    let pairs: Vec<_> = (0..2500).map(|n| (format!("p{n}"), format!("a{n}"))).collect();
    f.queue.links_set(&pairs).await.unwrap();
    let links = f.queue.links().await.unwrap();
    assert_eq!((links.len(), &links["p2499"]), (2500, &Link::Account("a2499".to_owned())));
    f.queue.learn_contracts_of(&[("c1".to_owned(), "p1".to_owned())]).await.unwrap();
    assert_eq!(f.queue.person_of_contract("c1").await.unwrap().as_deref(), Some("p1"));
    assert!(f.queue.orders().await.unwrap().is_empty());
    f.queue.order_set("p1", "{}").await.unwrap();
    assert_eq!(f.queue.orders().await.unwrap()["p1"], "{}");
}

#[tokio::test]
async fn many_holds_are_opened_once() {
    let f = Fixture::start().await;
    let hold = |n: usize| NewHold { id: format!("h{n}"), person: format!("p{n}"), json: "{}".to_owned() };
    f.queue.hold_open(&hold(3)).await.unwrap();
    let holds: Vec<_> = (0..300).map(hold).collect();
    let new = f.queue.holds_open(&holds).await.unwrap();
    assert_eq!(new.iter().filter(|new| !**new).count(), 1);
    assert!(!new[3]);
    assert_eq!(f.queue.holds(true, 0, 1000).await.unwrap().total, 300);
    assert_eq!(f.queue.holds_of_person("p299").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_claim_for_a_crowd_keeps_the_more_urgent_line() {
    let f = Fixture::start().await;
    let bulk = Trigger::new("nightly");
    let claim = f.queue.claim_one_in(&person("p1"), "w", &bulk, Line::Bulk).await.unwrap().unwrap();
    assert_eq!((claim.line, claim.trigger.as_str()), (Line::Bulk, "nightly"));
    f.queue.add(&add("p2", Line::Urgent)).await.unwrap();
    let claim = f.queue.claim_one_in(&person("p2"), "w", &bulk, Line::Bulk).await.unwrap().unwrap();
    assert_eq!((claim.line, claim.trigger.as_str()), (Line::Urgent, "test:urgent"));
    let reconcile = JobKey::Reconcile;
    let claim = f.queue.claim_one_in(&reconcile, "w", &bulk, Line::Bulk).await.unwrap().unwrap();
    assert!(f.queue.claim_one_in(&reconcile, "v", &bulk, Line::Bulk).await.unwrap().is_none());
    claim.finish(Verdict::done()).await.unwrap();
}

#[tokio::test]
async fn progress_is_forgotten_unless_it_is_renewed_and_the_last_word_is_kept() {
    let f = Fixture::start().await;
    let q = &f.queue;
    q.progress_set("1", Duration::from_millis(1)).await.unwrap();
    crate::common::eventually("the word is forgotten", || async { q.progress().await.unwrap().is_none() })
        .await;
    q.progress_set("2", Duration::from_secs(60)).await.unwrap();
    assert_eq!(q.progress().await.unwrap().as_deref(), Some("2"));
    q.progress_end("3").await.unwrap();
    assert_eq!((q.progress().await.unwrap(), q.progress_last().await.unwrap()), (None, Some("3".to_owned())));
}
