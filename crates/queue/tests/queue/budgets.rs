//! Rates over all processes: no second above the limit, urgent first, dead waiters in nobody's way.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use crate::common::{Fixture, eventually, person, trigger};
use queue::{Budget, Line, Queue, Vendor};

/// Two connections, as two processes have them.
async fn two(f: &Fixture, vendor: Vendor, limit: f64) -> [Budget; 2] {
    let other = Queue::connect(&f.config).await.unwrap();
    [f.queue.budget(vendor, Some(limit)), other.budget(vendor, Some(limit))]
}

fn most_in_a_second(mut times: Vec<Instant>) -> usize {
    times.sort();
    let second = Duration::from_secs(1);
    let from = |first: &Instant| times.iter().filter(|t| *t >= first && **t - *first < second).count();
    times.iter().map(from).max().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_second_sees_more_than_the_limit_over_two_processes() {
    for (limit, requests) in [(5.0, 18), (20.0, 60), (2.5, 6)] {
        let f = Fixture::start().await;
        let budgets = two(&f, Vendor::JumpCloud, limit).await;
        let times = Arc::new(Mutex::new(Vec::new()));
        let started = Instant::now();
        let tasks: Vec<_> = (0..requests)
            .map(|i| {
                let (budget, times) = (budgets[i % 2].clone(), times.clone());
                tokio::spawn(async move {
                    budget.acquire(Line::ALL[i % 3]).await.unwrap();
                    times.lock().unwrap().push(Instant::now());
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let most = most_in_a_second(times.lock().unwrap().clone());
        assert!(most as f64 <= limit, "{most} in one second at a limit of {limit}");
        let ideal = Duration::from_secs_f64((requests as f64 / limit.floor() - 1.0) * 1.1);
        let took = started.elapsed();
        assert!(
            took < ideal + Duration::from_millis(900),
            "{took:?} for {requests} at {limit}: capacity is wasted"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_urgent_get_the_next_slot_then_the_ordinary_and_bulk_the_rest() {
    let f = Fixture::start().await;
    let budgets = two(&f, Vendor::Deel, 4.0).await;
    for _ in 0..4 {
        budgets[0].acquire(Line::Bulk).await.unwrap();
    }
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for line in [Line::Bulk, Line::Bulk, Line::Bulk, Line::Events, Line::Events, Line::Urgent, Line::Urgent] {
        let (budget, order) = (budgets[tasks.len() % 2].clone(), order.clone());
        tasks.push(tokio::spawn(async move {
            budget.acquire(line).await.unwrap();
            order.lock().unwrap().push(line);
        }));
        // In this order, the crowd first.
        let waiting = tasks.len() as u64;
        eventually("it waits", || async {
            budgets[0].state().await.unwrap().waiting.iter().sum::<u64>() == waiting
        })
        .await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    let order = order.lock().unwrap().clone();
    // Those granted together may note it in any order.
    assert!(order[..4].iter().all(|line| *line != Line::Bulk), "{order:?}");
    assert!(order[4..].iter().all(|line| *line == Line::Bulk), "{order:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bulk_leaves_room_for_the_requests_of_a_leaver_and_loses_no_capacity() {
    let f = Fixture::start().await;
    let budgets = two(&f, Vendor::JumpCloud, 20.0).await;
    let started = Instant::now();
    let crowd: Vec<_> = (0..60)
        .map(|i| {
            let budget = budgets[i % 2].clone();
            tokio::spawn(async move { budget.acquire(Line::Bulk).await })
        })
        .collect();
    // Five requests one after the other, as a run makes them, and that three times.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let asked = Instant::now();
        for _ in 0..5 {
            budgets[0].acquire(Line::Urgent).await.unwrap();
        }
        let took = asked.elapsed();
        assert!(took < Duration::from_millis(850), "{took:?} for five requests of a leaver");
    }
    for task in crowd {
        task.await.unwrap().unwrap();
    }
    // 75 requests at 20 in 1.1 s.
    let took = started.elapsed();
    assert!(took < Duration::from_millis(4800), "{took:?}: capacity is wasted");
}

/// A request that leaves long after it was granted would meet those that are granted a second later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_that_comes_late_is_not_used() {
    let f = Fixture::private().await;
    let budget = f.queue.budget(Vendor::Deel, Some(5.0));
    budget.acquire(Line::Urgent).await.unwrap();
    assert_eq!(budget.state().await.unwrap().granted, 1);
    f.raw::<()>("CLIENT PAUSE 200 ALL").await;
    let asked = Instant::now();
    budget.acquire(Line::Urgent).await.unwrap();
    let took = asked.elapsed();
    assert_eq!(budget.state().await.unwrap().granted, 3, "one more was granted, after {took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_run_began_first_is_served_first_however_late_it_asks() {
    let f = Fixture::start().await;
    let claim = async |id| f.queue.claim_one(&person(id), "w", &trigger()).await.unwrap().unwrap();
    let (old, new) = (claim("old").await, claim("new").await);
    let budget = f.queue.budget(Vendor::Deel, Some(1.0));
    budget.acquire(Line::Events).await.unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    // The newer run asks twice before the older one asks again.
    for (name, budget) in
        [("new", budget.of_run(&new)), ("new", budget.of_run(&new)), ("old", budget.of_run(&old))]
    {
        let order = order.clone();
        tasks.push(tokio::spawn(async move {
            budget.acquire(Line::Urgent).await.unwrap();
            order.lock().unwrap().push(name);
        }));
        let waiting = tasks.len() as u64;
        eventually("it waits", || async { budget_waits(&f).await == waiting }).await;
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), ["old", "new", "new"]);
}

async fn budget_waits(f: &Fixture) -> u64 {
    f.queue.budget(Vendor::Deel, Some(1.0)).state().await.unwrap().waiting.iter().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiter_that_died_blocks_nobody_for_long_and_one_that_gave_up_not_at_all() {
    let f = Fixture::start().await;
    let budget = f.queue.budget(Vendor::Deel, Some(1.0));
    budget.acquire(Line::Events).await.unwrap();
    let waiting = |n| {
        let budget = budget.clone();
        move || {
            let budget = budget.clone();
            async move { budget.state().await.unwrap().waiting == [n, 0, 0] }
        }
    };
    let gave_up = tokio::spawn({
        let budget = budget.clone();
        async move { budget.acquire(Line::Urgent).await }
    });
    eventually("it waits", waiting(1)).await;
    gave_up.abort();
    eventually("its place is given up", waiting(0)).await;

    // A process that was killed: its place is there, and nobody asks for it.
    let now = f.queue.now_ms().await.unwrap();
    f.raw::<()>("ZADD P:budget:deel:waiting:urgent 1 ghost").await;
    f.raw::<()>(&format!("HSET P:budget:deel:alive ghost {}", now + 1500)).await;
    let started = Instant::now();
    budget.acquire(Line::Bulk).await.unwrap();
    let took = started.elapsed();
    assert!(took > Duration::from_millis(1000) && took < Duration::from_millis(3500), "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_after_holds_for_every_process() {
    let f = Fixture::start().await;
    let budgets = two(&f, Vendor::Deel, 50.0).await;
    budgets[0].acquire(Line::Urgent).await.unwrap();
    // Longer than the second that would be waited without one.
    budgets[0].limited(Some(Duration::from_millis(1700))).await.unwrap();
    let started = Instant::now();
    assert!(budgets[1].state().await.unwrap().blocked_for.unwrap() > Duration::from_millis(1200));
    budgets[1].acquire(Line::Urgent).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(1600), "{:?}", started.elapsed());
    assert_eq!(budgets[1].state().await.unwrap().effective_per_second, Some(50.0), "Deel's limit is fixed");

    let off = f.queue.budget(Vendor::Deel, None);
    off.limited(Some(Duration::from_millis(300))).await.unwrap();
    let started = Instant::now();
    off.acquire(Line::Urgent).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(250), "also where there is no limit");
    assert_eq!(off.state().await.unwrap().limit_per_second, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jumpclouds_rate_is_halved_by_a_429_and_raised_again_by_quiet_time() {
    let f = Fixture::start().await;
    let budgets = two(&f, Vendor::JumpCloud, 20.0).await;
    let rate = || async { budgets[1].state().await.unwrap().effective_per_second.unwrap() };
    let quiet = |seconds: u64| {
        let f = &f;
        async move {
            let then = f.queue.now_ms().await.unwrap() - seconds * 1000;
            f.raw::<()>(&format!("HSET P:budget:jumpcloud:state changed {then} halved {then} blocked 0"))
                .await;
        }
    };
    for expected in [10.0, 5.0, 2.5, 1.25, 1.0, 1.0] {
        budgets[0].limited(Some(Duration::ZERO)).await.unwrap();
        budgets[1].limited(Some(Duration::ZERO)).await.unwrap();
        assert_eq!(rate().await, expected, "answers to one burst count once");
        quiet(5).await;
    }
    for (seconds, expected) in [(11, 3.0), (20, 7.0), (300, 20.0)] {
        quiet(seconds).await;
        assert_eq!(rate().await, expected);
    }
    budgets[0].ok().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limited_vendor_without_retry_after_is_left_alone_for_longer_each_time() {
    let f = Fixture::start().await;
    let budget = f.queue.budget(Vendor::Deel, Some(5.0));
    let mut blocked = Vec::new();
    for _ in 0..7 {
        budget.limited(None).await.unwrap();
        blocked.push(budget.state().await.unwrap().blocked_for.unwrap().as_millis() as u64);
        let then = f.queue.now_ms().await.unwrap() - 2000;
        f.raw::<()>(&format!("HSET P:budget:deel:state last {then} blocked 0")).await;
    }
    for (i, ms) in blocked.iter().enumerate() {
        let expected = (1000 << i).min(30_000);
        assert!(expected - ms <= 100, "{blocked:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_waiters_does_not_melt_redis() {
    let f = Fixture::private().await;
    let budgets = two(&f, Vendor::Deel, 5.0).await;
    let tasks: Vec<_> = (0..200)
        .map(|i| {
            let budget = budgets[i % 2].clone();
            tokio::spawn(async move { budget.acquire(Line::Bulk).await })
        })
        .collect();
    eventually("they wait", || async { budgets[0].state().await.unwrap().waiting[2] > 190 }).await;
    let calls = || async {
        let info: String = f.raw("INFO commandstats").await;
        let line = info.lines().find(|line| line.starts_with("cmdstat_evalsha:")).unwrap();
        line.split(['=', ',']).nth(1).unwrap().parse::<u64>().unwrap()
    };
    let before = calls().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let per_second = (calls().await - before) / 2;
    assert!(per_second < 400, "{per_second} calls a second for 200 waiters");
    for task in tasks {
        task.abort();
    }
}
