//! One server for one directory, whoever comes and goes.

use super::*;
use std::collections::BTreeSet;
use std::sync::Arc;

const PROGRAM: &str = "redis-server";

async fn start(dir: &Path) -> Embedded {
    Embedded::start(dir, PROGRAM, Some(dir)).await.unwrap_or_else(|error| panic!("{error}"))
}

/// The process ids of the servers whose data are under `dir`, by what they have as their working directory.
fn servers(dir: &Path) -> BTreeSet<u32> {
    let dir = dir.canonicalize().unwrap();
    let processes = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    processes
        .filter(|pid: &u32| {
            std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(&dir))
        })
        .collect()
}

async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done().await {
        assert!(Instant::now() < deadline, "not within 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn kill(pid: u32) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

async fn command(embedded: &Embedded, line: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::UnixStream::connect(&embedded.socket).await.unwrap();
    stream.write_all(format!("{line}\r\nQUIT\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn it_keeps_what_it_has_stored_and_leaves_nothing_running() {
    let dir = tempfile::tempdir().unwrap();
    let redis = start(dir.path()).await;
    assert!(redis.url().starts_with("unix:///"));
    assert!(command(&redis, "SET a 1").await.starts_with("+OK"));
    assert!(command(&redis, "CONFIG GET appendfsync").await.contains("always"));
    assert!(command(&redis, "CONFIG GET maxmemory-policy").await.contains("noeviction"));
    redis.close().await;
    assert!(servers(dir.path()).is_empty());
    let redis = start(dir.path()).await;
    assert!(command(&redis, "GET a").await.contains('1'));
    redis.close().await;
    assert!(servers(dir.path()).is_empty());
}

#[tokio::test]
async fn an_orphan_is_adopted_and_a_second_one_is_never_started() {
    let dir = tempfile::tempdir().unwrap();
    let first = start(dir.path()).await;
    let before = servers(dir.path());
    assert_eq!(before.len(), 1);
    // What kill -9 does: the locks go, the server stays.
    drop(first);
    let second = start(dir.path()).await;
    assert_eq!(servers(dir.path()), before);
    let third = start(dir.path()).await;
    second.close().await;
    assert_eq!(servers(dir.path()), before, "the third still uses it");
    assert!(command(&third, "PING").await.starts_with("+PONG"));
    third.close().await;
    assert!(servers(dir.path()).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_start_one_and_the_last_one_ends_it() {
    let dir = Arc::new(tempfile::tempdir().unwrap());
    for _ in 0..3 {
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                let dir = Arc::clone(&dir);
                tokio::spawn(async move {
                    let redis = start(dir.path()).await;
                    assert_eq!(servers(dir.path()).len(), 1);
                    assert!(command(&redis, "PING").await.starts_with("+PONG"));
                    redis.close().await;
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert!(servers(dir.path()).is_empty());
    }
}

#[tokio::test]
async fn a_crashed_server_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut owner = start(dir.path()).await;
    owner.watch();
    // Somebody else watches too, without being its parent.
    let mut other = start(dir.path()).await;
    other.watch();
    assert!(command(&owner, "SET a 1").await.starts_with("+OK"));
    for _ in 0..3 {
        let before = servers(dir.path());
        assert_eq!(before.len(), 1);
        before.iter().copied().for_each(kill);
        until("the server is back", async || {
            servers(dir.path()).is_disjoint(&before)
                && server::ping(&owner.socket).await == server::Answer::Pong
        })
        .await;
    }
    assert!(command(&other, "GET a").await.contains('1'));
    owner.close().await;
    assert_eq!(servers(dir.path()).len(), 1);
    other.close().await;
    assert!(servers(dir.path()).is_empty());
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named_with_what_to_install() {
    let dir = tempfile::tempdir().unwrap();
    let error = Embedded::start(dir.path(), "no-such-redis-server", None).await.unwrap_err();
    assert!(matches!(error, EmbeddedError::NotInstalled { .. }));
    assert!(error.to_string().contains("apt-get install redis-server"));
    assert!(error.to_string().contains("REDIS_URL"));
}

#[tokio::test]
async fn a_program_that_ends_at_once_is_told_with_its_last_words() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("broken");
    std::fs::write(&program, "#!/bin/sh\necho it broke >&2\nexit 3\n").unwrap();
    let mut permissions = std::fs::metadata(&program).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(&program, permissions).unwrap();
    let error = Embedded::start(dir.path(), program.to_str().unwrap(), None).await.unwrap_err();
    assert!(error.to_string().contains("it broke"), "{error}");
}
