//! What the reconciler keeps in Redis: holds, audit trail, indices, windows, orders; and the server's own state.

use std::time::Duration;

use crate::common::{Fixture, eventually, person, stays};
use queue::{Config, Link, NewHold, Place, Queue, QueueError, Role};
use test_redis::{Persistence, TestRedis};

fn hold(id: &str, person: &str) -> NewHold {
    NewHold { id: id.to_owned(), person: person.to_owned(), json: format!("{{\"n\":\"{id}\"}}") }
}

#[tokio::test]
async fn holds_are_opened_once_changed_by_whoever_is_first_and_listed() {
    let f = Fixture::start().await;
    assert!(f.queue.hold_open(&hold("h1", "a")).await.unwrap());
    assert!(!f.queue.hold_open(&hold("h1", "b")).await.unwrap());
    assert!(f.queue.hold_open(&hold("h2", "a")).await.unwrap());
    assert!(f.queue.hold_open(&hold("h3", "b")).await.unwrap());
    assert!(matches!(f.queue.hold_open(&hold("no id", "b")).await, Err(QueueError::Data(_))));
    let before = f.queue.hold("h1").await.unwrap().unwrap();
    assert!(before.open && before.person == "a" && before.at_ms > 0);
    assert!(f.queue.hold_replace("h1", &before.json, "approved", false).await.unwrap());
    assert!(!f.queue.hold_replace("h1", &before.json, "rejected", false).await.unwrap(), "too late");
    let ids = ["h2".to_owned(), "nothing".to_owned(), "h1".to_owned()];
    let found = f.queue.holds_by_id(&ids).await.unwrap();
    assert!(found[0].as_ref().unwrap().open && found[1].is_none() && !found[2].as_ref().unwrap().open);
    let open = f.queue.holds(true, 0, 10).await.unwrap();
    assert_eq!(
        (open.total, open.items.iter().map(|h| h.id.as_str()).collect::<Vec<_>>()),
        (2, vec!["h2", "h3"])
    );
    assert_eq!(f.queue.holds(false, 0, 10).await.unwrap().items[0].json, "approved");
    assert_eq!(f.queue.holds_of_person("a").await.unwrap().len(), 2);
    assert_eq!(f.queue.status().await.unwrap().holds, 2);
    for id in ["h1", "h2", "h3"] {
        assert!(f.queue.hold_remove(id).await.unwrap());
    }
    assert!(!f.queue.hold_remove("h1").await.unwrap());
    assert!(f.keys().await.is_empty(), "no index stays behind");
}

#[tokio::test]
async fn closed_holds_are_bounded() {
    let f = Fixture::tuned(|c| c.dead_max = 3).await;
    for i in 0..8 {
        let new = hold(&format!("h{i}"), "a");
        f.queue.hold_open(&new).await.unwrap();
        assert!(f.queue.hold_replace(&new.id, &new.json, "closed", false).await.unwrap());
    }
    assert_eq!(f.queue.holds(false, 0, 10).await.unwrap().total, 3);
    assert_eq!(f.queue.holds_of_person("a").await.unwrap().len(), 3);
}

#[tokio::test]
async fn the_audit_trail_is_read_by_person_and_by_page_and_is_bounded() {
    let f = Fixture::tuned(|c| c.audit_max = 300).await;
    for i in 0..1000 {
        let person = if i % 10 == 0 { None } else { Some(if i % 2 == 0 { "a" } else { "b" }) };
        f.queue.audit_append(person, &format!("{{\"i\":{i}}}")).await.unwrap();
    }
    let of_b = f.queue.audit_of_person("b", 3).await.unwrap();
    assert_eq!(
        of_b.iter().map(|e| e.json.as_str()).collect::<Vec<_>>(),
        ["{\"i\":999}", "{\"i\":997}", "{\"i\":995}"]
    );
    assert!(of_b.iter().all(|e| e.person == "b"));
    let first = f.queue.audit_page(None, 2).await.unwrap();
    let second = f.queue.audit_page(Some(&first[1].id), 2).await.unwrap();
    assert_eq!(second[0].json, "{\"i\":997}");
    assert_eq!(f.raw::<u64>("LLEN P:audit:of:b").await, 200);
    let kept = f.raw::<u64>("XLEN P:audit").await;
    assert!((300..=500).contains(&kept), "{kept}");
}

#[tokio::test]
async fn windows_admit_as_many_as_allowed_in_a_day_each_once() {
    let f = Fixture::start().await;
    let q = &f.queue;
    let all = ["a", "b", "c", "a"].map(|member| q.window_take("suspension", member, 2));
    let [a, b, c, a2] = all;
    let (a, b, c, a2) = (a.await.unwrap(), b.await.unwrap(), c.await.unwrap(), a2.await.unwrap());
    assert!(matches!((a, b, c, a2), (Place::Taken(_), Place::Taken(_), Place::Full, Place::Had)));
    let Place::Taken(b) = b else { panic!("{b:?}") };
    assert!(q.window_release("suspension", "b", b).await.unwrap());
    assert!(!q.window_release("suspension", "b", b).await.unwrap());
    assert!(matches!(q.window_take("suspension", "c", 2).await.unwrap(), Place::Taken(_)));
    q.window_record("suspension", "approved", None).await.unwrap();
    assert_eq!(q.window_used("suspension").await.unwrap(), 3, "beyond the limit, and counted");
    let now = q.now_ms().await.unwrap();
    q.window_record("suspension", "yesterday", Some(now - 86_400_001)).await.unwrap();
    q.window_record("suspension", "today", Some(now - 86_000_000)).await.unwrap();
    assert_eq!(q.window_used("suspension").await.unwrap(), 4);
    assert_eq!(q.window_take("creation", "x", 0).await.unwrap(), Place::Full);
}

#[tokio::test]
async fn a_place_that_was_there_before_is_told_from_a_new_one() {
    let f = Fixture::start().await;
    let q = &f.queue;
    assert!(matches!(q.window_take("suspension", "a", 1).await.unwrap(), Place::Taken(_)));
    assert_eq!(q.window_take("suspension", "a", 1).await.unwrap(), Place::Had);
    assert_eq!(q.window_take("suspension", "b", 1).await.unwrap(), Place::Full);
    assert_eq!(q.window_members("suspension").await.unwrap(), ["a"]);
    assert!(!q.windows_known().await.unwrap());
    q.windows_restored().await.unwrap();
    assert!(q.windows_known().await.unwrap());
}

/// A run that took a place and did not need it must not forget the change that another made in it.
#[tokio::test]
async fn a_place_that_another_run_came_upon_is_not_given_back() {
    let f = Fixture::start().await;
    let q = &f.queue;
    for kind in ["suspension", "reactivation", "attribute:department"] {
        let Place::Taken(first) = q.window_take(kind, "a", 1).await.unwrap() else { panic!("there is room") };
        assert_eq!(q.window_take(kind, "a", 1).await.unwrap(), Place::Had);
        assert!(!q.window_release(kind, "a", first).await.unwrap());
        assert_eq!(q.window_take(kind, "b", 1).await.unwrap(), Place::Full);
    }
    // What is known of from elsewhere, as of an earlier time, counts as well.
    let Place::Taken(taken) = q.window_take("suspension", "r", 9).await.unwrap() else { panic!("room") };
    let now = q.now_ms().await.unwrap();
    q.window_record("suspension", "r", Some(now - 3_600_000)).await.unwrap();
    assert!(!q.window_release("suspension", "r", taken).await.unwrap());
}

#[tokio::test]
async fn of_many_who_want_a_place_at_once_as_many_as_allowed_get_one() {
    let f = Fixture::start().await;
    let take = |i: usize| {
        let q = f.queue.clone();
        async move { matches!(q.window_take("suspension", &format!("p{i}"), 3).await.unwrap(), Place::Taken(_)) }
    };
    let got = futures::future::join_all((0..40).map(take)).await;
    assert_eq!(got.into_iter().filter(|got| *got).count(), 3);
}

#[tokio::test]
async fn changes_of_one_attribute_join_one_item_until_it_is_sealed() {
    let f = Fixture::start().await;
    let q = &f.queue;
    let rows =
        |from: usize, to: usize| (from..to).map(|i| (format!("p{i}"), format!("r{i}"))).collect::<Vec<_>>();
    let first = q.wide_join("department", "w0", "{}", &rows(0, 1200)).await.unwrap().unwrap();
    assert_eq!((first.id.as_str(), first.opened, first.added), ("w0", true, 1200));
    let more = q.wide_join("department", "w1", "{}", &rows(1199, 1201)).await.unwrap().unwrap();
    assert_eq!((more.id.as_str(), more.opened, more.added), ("w0", false, 1));
    assert_eq!((q.wide_count("w0").await.unwrap(), q.wide_number("department").await.unwrap()), (1201, 1));
    assert_eq!(
        q.wide_join("company", "w0", "{}", &rows(0, 1)).await.unwrap(),
        None,
        "another hold has that name"
    );
    let of = q.wide_of("p7").await.unwrap();
    assert_eq!((of.len(), of[0].id.as_str(), of[0].row.as_str()), (1, "w0", "r7"));
    let (mut seen, mut from) = (std::collections::BTreeSet::new(), 0);
    loop {
        let page = q.wide_rows("w0", from).await.unwrap();
        seen.extend(page.rows.into_iter().map(|(person, _)| person));
        match page.next {
            Some(next) => from = next,
            None => break,
        }
    }
    assert_eq!(seen.len(), 1201);
    assert!(q.wide_seal("w0", "department", "{}", "approved").await.unwrap());
    assert_eq!(q.wide_open("department").await.unwrap(), None);
    let next = q.wide_join("department", "w1", "{}", &rows(0, 1)).await.unwrap().unwrap();
    assert_eq!((next.id.as_str(), next.opened), ("w1", true));
    assert_eq!(q.wide_of("p0").await.unwrap().len(), 2);
    assert!(!q.wide_close("w0", "department", "approved", "settled").await.unwrap(), "it lists people");
    assert_eq!(q.wide_drop("w0", &seen.into_iter().collect::<Vec<_>>()).await.unwrap(), 0);
    assert!(q.wide_close("w0", "department", "approved", "settled").await.unwrap());
    assert_eq!(q.wide_live().await.unwrap(), [("w1".to_owned(), "department".to_owned())]);
    assert!(q.hold_remove("w0").await.unwrap() && q.hold_remove("w1").await.unwrap());
    assert!(q.wide_live().await.unwrap().is_empty() && q.wide_of("p0").await.unwrap().is_empty());
}

#[tokio::test]
async fn what_was_written_and_what_was_told_is_remembered_for_a_while() {
    let f = Fixture::start().await;
    let q = &f.queue;
    q.written_set("a", &[("state".to_owned(), "1".to_owned()), ("email".to_owned(), "2".to_owned())])
        .await
        .unwrap();
    q.written_forget("a", &["state".to_owned()]).await.unwrap();
    assert_eq!(q.written("a").await.unwrap(), [("email".to_owned(), "2".to_owned())]);
    assert!(f.raw::<i64>("PTTL P:written:a").await > 86_000_000);
    assert!(q.notice_turn("mail", Duration::from_millis(200)).await.unwrap());
    assert!(!q.notice_turn("mail", Duration::from_secs(30)).await.unwrap(), "one at a time");
    eventually("the turn ends by itself", async || {
        q.notice_turn("mail", Duration::from_secs(30)).await.unwrap()
    })
    .await;
    q.notices_told("mail", &["h1".to_owned(), "h2".to_owned()]).await.unwrap();
    q.notices_forget("mail", &["h2".to_owned()]).await.unwrap();
    let told = q.notices("mail").await.unwrap();
    assert!(told.len() == 1 && told["h1"] > 1_600_000_000_000);
}

#[tokio::test]
async fn what_was_written_never_lacks_its_end() {
    let f = Fixture::start().await;
    let fields = [("state".to_owned(), "1".to_owned())];
    let mut writing = std::pin::pin!(f.queue.written_set("a", &fields));
    // Whoever is killed between two steps has done the first: what is there after each?
    while futures::poll!(&mut writing).is_pending() {
        assert_ne!(f.raw::<i64>("PTTL P:written:a").await, -1, "it would stay for ever");
    }
    assert!(f.raw::<i64>("PTTL P:written:a").await > 86_000_000);
}

#[tokio::test]
async fn small_things_are_remembered() {
    let f = Fixture::start().await;
    let q = &f.queue;
    q.link_set("a", "acc").await.unwrap();
    assert_eq!(q.link("a").await.unwrap(), Some(Link::Account("acc".to_owned())));
    assert!(q.link_remove("a").await.unwrap() && !q.link_remove("a").await.unwrap());
    q.order_set("a", "{}").await.unwrap();
    assert_eq!(q.order("a").await.unwrap().as_deref(), Some("{}"));
    assert!(q.order_remove("a").await.unwrap());
    assert_eq!(q.organization("deel").await.unwrap(), None);
    q.organization_set("deel", "org").await.unwrap();
    assert_eq!(q.organization("deel").await.unwrap().as_deref(), Some("org"));
    q.heartbeat("w", "{}").await.unwrap();
    f.raw::<()>("ZADD P:workers 1 gone").await;
    q.heartbeat("w", "{}").await.unwrap();
    assert_eq!(q.workers().await.unwrap().len(), 1);
    assert_eq!(f.raw::<u64>("ZCARD P:workers").await, 1);
}

#[tokio::test]
async fn an_account_that_was_deleted_is_known_and_not_counted() {
    let f = Fixture::start().await;
    let q = &f.queue;
    let (there, gone) = (|id: &str| Link::Account(id.to_owned()), |id: &str| Link::Deleted(id.to_owned()));
    let pairs = |ids: &[&str]| ids.iter().map(|id| (format!("p{id}"), (*id).to_owned())).collect::<Vec<_>>();
    q.links_set(&pairs(&["1", "2", "3"])).await.unwrap();
    q.links_deleted(&pairs(&["2", "3"])).await.unwrap();
    assert_eq!(q.link_count().await.unwrap(), 1);
    let all = q.links().await.unwrap();
    assert_eq!((all.len(), &all["p1"], &all["p2"]), (3, &there("1"), &gone("2")));
    // Another account takes its place, or nothing does.
    q.link_set("p2", "4").await.unwrap();
    assert_eq!((q.link("p2").await.unwrap(), q.link_count().await.unwrap()), (Some(there("4")), 2));
    q.link_deleted("p2", "4").await.unwrap();
    assert_eq!(q.link("p2").await.unwrap(), Some(gone("4")));
    assert!(q.link_remove("p2").await.unwrap());
    assert_eq!((q.link("p2").await.unwrap(), q.link_count().await.unwrap()), (None, 1));
}

#[tokio::test]
async fn lost_data_is_noticed_by_the_epoch_and_fences_still_grow() {
    let mut f = Fixture::private().await;
    let epoch = f.queue.epoch().await.unwrap();
    assert!(epoch.created);
    assert!(!f.queue.epoch().await.unwrap().created);
    let claim = f.queue.claim_one(&person("a"), "w", &"t".into()).await.unwrap().unwrap();
    let fence = claim.fence;
    f.redis.server().kill();
    f.redis.server().restart().await;
    eventually("it answers", || async { f.queue.ping().await.is_ok() }).await;
    let restarted = f.queue.epoch().await.unwrap();
    assert!(!restarted.lost_since(Some(&epoch.id)), "a restart loses nothing");
    let before = epoch.replication.map(|(own, _)| own);
    assert!(before.is_some() && !restarted.failed_over_since(before.as_deref()), "and is no failover");
    f.redis.server().kill();
    f.redis.server().lose_data();
    f.redis.server().restart().await;
    eventually("it answers", || async { f.queue.ping().await.is_ok() }).await;
    assert!(f.queue.epoch().await.unwrap().lost_since(Some(&epoch.id)));
    let claim = f.queue.claim_one(&person("a"), "w", &"t".into()).await.unwrap().unwrap();
    assert!(claim.fence > fence, "a lease of before the loss can never be taken for one of after it");
}

#[tokio::test]
async fn persistence_is_told_as_it_is() {
    let redis = TestRedis::private(Persistence::Always).await;
    let f = Fixture::with(redis, |_| {}).await;
    let p = f.queue.persistence().await.unwrap();
    assert_eq!((p.aof, p.appendfsync.as_deref(), p.role), (Some(true), Some("always"), Role::Master));
    assert_eq!((p.maxmemory_policy.as_deref(), p.config_refused), (Some("noeviction"), false));
    assert!(p.version.is_some() && p.replicas == 0);
    f.raw::<()>("ACL SETUSER default -config").await;
    let p = f.queue.persistence().await.unwrap();
    assert_eq!((p.aof, p.appendfsync, p.config_refused), (Some(true), None, true));
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_said_and_waited_for() {
    let mut redis = TestRedis::private(Persistence::EverySecond).await;
    redis.server().kill();
    let mut config = Config::new(redis.url()).unwrap();
    config.connect_timeout = Duration::from_millis(500);
    let error = Queue::connect(&config).await.unwrap_err();
    assert!(error.is_temporary(), "{error:?}");
    let waiting = tokio::spawn({
        let config = config.clone();
        async move { Queue::connect_when_available(&config, std::future::pending()).await }
    });
    stays("it waits", Duration::from_millis(300), || async { !waiting.is_finished() }).await;
    redis.server().restart().await;
    let queue = tokio::time::timeout(Duration::from_secs(15), waiting).await.unwrap().unwrap().unwrap();
    queue.ping().await.unwrap();
    assert!(
        Queue::connect_when_available(&Config::new("redis://127.0.0.1:1").unwrap(), async {}).await.is_none()
    );
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_waited_for_silently() {
    let f = Fixture::private().await;
    f.raw::<()>("CONFIG SET requirepass secret").await;
    let url = f.redis.url().replace("redis://", "redis://:wrong@");
    let error = Queue::connect(&Config::new(&url).unwrap()).await.unwrap_err();
    assert!(matches!(error, QueueError::Refused(_)), "{error:?}");
    assert!(!format!("{error:?} {error}").contains("wrong"));
    let url = f.redis.url().replace("redis://", "redis://:secret@");
    Queue::connect(&Config::new(&url).unwrap()).await.unwrap();
}

#[tokio::test]
async fn the_end_of_a_gap_asks_for_everyone_once_whoever_sees_it() {
    let f = Fixture::start().await;
    let q = &f.queue;
    assert_eq!(q.subscription().await.unwrap(), None);
    assert!(q.subscription_set(None, "gap", None).await.unwrap());
    assert_eq!(q.status().await.unwrap().waiting, [0, 0, 0]);
    let trigger = "subscription".into();
    let ends = (0..8).map(|_| q.subscription_set(Some("gap"), "none", Some(&trigger)));
    let served = futures::future::join_all(ends).await;
    assert_eq!(served.into_iter().filter(|done| *done.as_ref().unwrap()).count(), 1);
    assert_eq!(q.subscription().await.unwrap().as_deref(), Some("none"));
    let job = q.show("reconcile").await.unwrap().unwrap();
    assert_eq!((job.trigger.as_str(), job.line), ("subscription", queue::Line::Events));
    assert!(q.subscription_turn(Duration::from_secs(60)).await.unwrap());
    assert!(!q.subscription_turn(Duration::from_secs(60)).await.unwrap());
}

#[tokio::test]
async fn what_ingresses_see_is_summed_up_since_the_last_good_one() {
    let f = Fixture::start().await;
    let q = &f.queue;
    assert_eq!(q.ingress_seen().await.unwrap(), queue::Seen::default());
    q.ingress_saw(false, 2).await.unwrap();
    q.ingress_saw(false, 3).await.unwrap();
    let seen = q.ingress_seen().await.unwrap();
    assert_eq!((seen.accepted_ms, seen.refused), (None, 5));
    assert!(seen.refused_first_ms <= seen.refused_last_ms);
    q.ingress_saw(true, 1).await.unwrap();
    let seen = q.ingress_seen().await.unwrap();
    assert!(seen.accepted_ms.is_some());
    assert_eq!((seen.refused, seen.refused_first_ms), (0, None), "among good ones a bad one says nothing");
    // What is a day old is not the beginning of what is now.
    q.ingress_saw(false, 2).await.unwrap();
    f.raw::<u64>("HSET P:ingress refused_first 1 refused_last 2").await;
    q.ingress_saw(false, 1).await.unwrap();
    let seen = q.ingress_seen().await.unwrap();
    assert_eq!(seen.refused, 1);
    assert!(seen.refused_first_ms > Some(2));
}

#[tokio::test]
async fn forgotten_ticks_are_begun_anew() {
    let f = Fixture::start().await;
    let q = &f.queue;
    let add = queue::Add { key: queue::JobKey::Reconcile, ..crate::common::add("x", queue::Line::Bulk) };
    assert!(!q.tick("nightly", 1, &add).await.unwrap());
    assert!(q.tick("nightly", 2, &add).await.unwrap());
    assert_eq!(q.ticks_forget().await.unwrap(), ["nightly"]);
    assert!(!q.tick("nightly", 3, &add).await.unwrap(), "the first one only records");
}
