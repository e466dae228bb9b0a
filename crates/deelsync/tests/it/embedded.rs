//! The embedded Redis and the services around it: adopted, shared, shut down, waited for.

use crate::support::{Place, eventually, free_port, kill};
use rustix::process::Signal;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(30);

fn ready(place: &Place) -> bool {
    place.status("DEELSYNC_ADMIN_LISTEN", "GET", "/readyz") == 200
}

fn workers(place: &Place) -> usize {
    let status = place.run(&["queue", "status", "--format", "json"]).expect(0).json();
    status["workers"].as_array().unwrap().len()
}

#[test]
fn run_drains_on_sigterm_and_takes_its_redis_with_it() {
    let place = Place::complete();
    let mut run = place.start(&["run"]);
    eventually("ready", SOON, || ready(&place));
    assert_eq!(place.servers().len(), 1);
    assert_eq!(place.status("DEELSYNC_LISTEN", "POST", "/webhooks/deel"), 401);
    assert_eq!(place.status("DEELSYNC_ADMIN_LISTEN", "GET", "/metrics"), 200);
    // A command beside it uses the same server and leaves it alone.
    eventually("the worker is seen", SOON, || workers(&place) == 1);
    assert_eq!(place.servers().len(), 1);
    let begun = Instant::now();
    run.signal(Signal::TERM);
    assert_eq!(run.ended(SOON), Some(0), "{}", run.log());
    assert!(begun.elapsed() < Duration::from_secs(25));
    assert!(place.servers().is_empty());
}

#[test]
fn a_server_orphaned_by_kill_9_is_adopted_and_ended_by_the_last_user() {
    let place = Place::complete();
    let mut first = place.start(&["run"]);
    eventually("ready", SOON, || ready(&place));
    let server = place.servers();
    first.signal(Signal::KILL);
    assert_eq!(first.ended(SOON), None);
    assert_eq!(place.servers(), server, "an orphan now");
    let mut second = place.start(&["run"]);
    eventually("ready again", SOON, || ready(&place));
    assert_eq!(place.servers(), server, "adopted");
    second.signal(Signal::INT);
    assert_eq!(second.ended(SOON), Some(0));
    assert!(place.servers().is_empty());
}

#[test]
fn serve_and_work_share_one_server_whoever_leaves_first() {
    let place = Place::complete();
    let mut serve = place.start(&["serve"]);
    eventually("ready", SOON, || ready(&place));
    let server = place.servers();
    // The admin address is taken: the worker says so and works.
    let mut work = place.start(&["work"]);
    eventually("the worker is seen", SOON, || workers(&place) == 1);
    assert!(work.log().contains("DEELSYNC_ADMIN_LISTEN"), "{}", work.log());
    let begun = Instant::now();
    serve.signal(Signal::TERM);
    assert_eq!(serve.ended(SOON), Some(0));
    assert!(begun.elapsed() < Duration::from_secs(10), "nothing was running");
    assert_eq!(place.servers(), server, "the worker still uses it");
    work.signal(Signal::TERM);
    assert_eq!(work.ended(SOON), Some(0));
    assert!(place.servers().is_empty());
}

#[test]
fn a_server_that_crashes_under_run_comes_back() {
    let place = Place::complete();
    let mut run = place.start(&["run"]);
    eventually("ready", SOON, || ready(&place));
    let before = place.servers();
    before.iter().copied().for_each(kill);
    eventually("another server", SOON, || {
        let now = place.servers();
        !now.is_empty() && now.is_disjoint(&before)
    });
    eventually("ready again", SOON, || ready(&place));
    assert!(run.is_running());
    run.signal(Signal::TERM);
    assert_eq!(run.ended(SOON), Some(0), "{}", run.log());
    assert!(place.servers().is_empty());
}

#[test]
fn a_second_signal_ends_at_once() {
    let place = Place::complete();
    let mut run = place.start(&["run"]);
    eventually("ready", SOON, || ready(&place));
    // Freeze Redis, so that the drain has something to wait for.
    place.servers().into_iter().for_each(|pid| crate::support::send(pid, Signal::STOP));
    run.signal(Signal::TERM);
    eventually("the first signal is heard", SOON, || run.log().contains("a second signal ends at once"));
    run.signal(Signal::TERM);
    assert_eq!(run.ended(Duration::from_secs(5)), Some(1));
    place.servers().into_iter().for_each(|pid| crate::support::send(pid, Signal::CONT));
}

#[test]
fn without_redis_the_webhook_answers_503_until_it_is_there() {
    let mut place = Place::complete();
    let port = free_port();
    place.set("REDIS_URL", &format!("redis://127.0.0.1:{port}"));
    let mut run = place.start(&["run"]);
    eventually("503", SOON, || place.status("DEELSYNC_LISTEN", "POST", "/webhooks/deel") == 503);
    assert_eq!(place.status("DEELSYNC_LISTEN", "GET", "/healthz"), 200);
    assert_eq!(place.status("DEELSYNC_LISTEN", "GET", "/readyz"), 503);
    assert!(run.log().contains("Redis cannot be used yet"), "{}", run.log());
    let data = place.folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let mut redis = std::process::Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
        .current_dir(&data)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    eventually("ready", SOON, || ready(&place));
    assert_eq!(place.status("DEELSYNC_LISTEN", "POST", "/webhooks/deel"), 401);
    run.signal(Signal::TERM);
    assert_eq!(run.ended(SOON), Some(0), "{}", run.log());
    redis.kill().unwrap();
    redis.wait().unwrap();
}

#[test]
fn run_waiting_for_redis_can_be_stopped() {
    let mut place = Place::complete();
    place.set("REDIS_URL", &format!("redis://127.0.0.1:{}", free_port()));
    let mut run = place.start(&["run"]);
    eventually("it waits", SOON, || run.log().contains("Redis cannot be used yet"));
    run.signal(Signal::INT);
    assert_eq!(run.ended(Duration::from_secs(10)), Some(0), "{}", run.log());
}

#[test]
fn lost_data_are_noticed_and_everyone_is_compared() {
    let place = Place::complete();
    let mut run = place.start(&["run"]);
    let epoch = place.folder.path().join("data/epoch");
    eventually("the epoch is remembered", SOON, || crate::support::exists(&epoch));
    run.signal(Signal::TERM);
    assert_eq!(run.ended(SOON), Some(0));
    std::fs::remove_dir_all(place.folder.path().join("data/redis/appendonlydir")).unwrap();
    let mut run = place.start(&["run"]);
    eventually("the loss is noticed", SOON, || run.log().contains("Redis has lost its data"));
    // The vendors do not answer here, so the comparison stays in the queue.
    eventually("a comparison is asked for", SOON, || {
        place.run(&["queue", "show", "reconcile"]).stdout.contains("redis:data-lost")
    });
    run.signal(Signal::TERM);
    assert_eq!(run.ended(SOON), Some(0));
}

#[test]
fn a_pause_holds_until_resume_though_redis_loses_its_data() {
    let place = Place::complete();
    let remembered = place.folder.path().join("data/paused");
    let paused = || place.run(&["queue", "status", "--format", "json"]).expect(0).json()["paused"].clone();
    let mut run = place.start(&["run"]);
    let epoch = place.folder.path().join("data/epoch");
    eventually("the epoch is remembered", SOON, || crate::support::exists(&epoch));
    let mut lose_data = |times: usize| {
        run.signal(Signal::TERM);
        assert_eq!(run.ended(SOON), Some(0));
        std::fs::remove_dir_all(place.folder.path().join("data/redis/appendonlydir")).unwrap();
        run = place.start(&["run"]);
        eventually("the loss is noticed", SOON, || {
            run.log().matches("Redis has lost its data").count() == times
        });
        eventually("ready", SOON, || ready(&place));
    };
    place.run(&["pause", "--reason", "payroll"]).expect(0);
    assert!(remembered.exists());
    let before = paused();
    lose_data(1);
    assert_eq!((&paused(), &before["reason"]), (&before, &"payroll".into()));
    assert_eq!(place.run(&["resume", "--format", "json"]).expect(0).json()["resumed"], true);
    assert!(!remembered.exists());
    lose_data(2);
    assert!(paused().is_null());
}

#[test]
fn resident_memory_stays_under_40_mib() {
    let place = Place::complete();
    let run = place.start(&["run"]);
    eventually("ready", SOON, || ready(&place));
    let status = std::fs::read_to_string(format!("/proc/{}/status", run.id())).unwrap();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib < 40 * 1024, "{kib} KiB");
}
