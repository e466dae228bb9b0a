//! `deelsync-sim` as a process.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

fn start(arguments: &[&str]) -> (Child, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_deelsync-sim"))
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").expect(&line).to_owned();
    (child, url)
}

async fn ends_well(mut child: Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            assert_eq!(status.code(), Some(0), "{signal}");
            return;
        }
        assert!(Instant::now() < deadline, "{signal}: still running");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn it_prints_where_it_listens_and_ends_on_a_signal() {
    let (deel, url) = start(&["deel", "--listen", "127.0.0.1:0", "--people", "3", "--token", "t"]);
    let people =
        reqwest::Client::new().get(format!("{url}/rest/v2/people")).bearer_auth("t").send().await.unwrap();
    assert_eq!(people.status(), 200);
    ends_well(deel, "-TERM").await;
    let (jumpcloud, url) =
        start(&["jumpcloud", "--listen", "127.0.0.1:0", "--accounts", "3", "--rate", "off"]);
    let users = reqwest::Client::new().get(format!("{url}/api/systemusers")).header("x-api-key", "sim-key");
    assert_eq!(users.send().await.unwrap().status(), 200);
    ends_well(jumpcloud, "-INT").await;
}

#[test]
fn wrong_usage_exits_64() {
    for arguments in [&["deal"][..], &["deel", "--rate", "fast"], &["jumpcloud", "--client-id", "x"], &[]] {
        let output = Command::new(env!("CARGO_BIN_EXE_deelsync-sim")).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
    }
    let help = Command::new(env!("CARGO_BIN_EXE_deelsync-sim")).arg("--help").output().unwrap();
    assert_eq!(help.status.code(), Some(0));
}
