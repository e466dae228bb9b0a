//! Redis that wants to be spoken to with TLS and passwords: a single node, Sentinel, Cluster.
//!
//! The certificate is checked against the system's roots, which `SSL_CERT_FILE` replaces. The environment belongs to the
//! whole process, so each test runs itself again as a child that has it.

use std::{path::Path, process::Command};

use queue::Queue;
use tempfile::TempDir;
use test_redis::free_port;

use crate::{
    common::eventually,
    topology::{Process, config, works},
};

const PASSWORD: &str = "s3cret/with@signs";
const ENCODED: &str = "s3cret%2Fwith%40signs";
const SENTINELS: &str = "another-s3cret";

/// A certificate for 127.0.0.1 that signs itself, with its key.
fn certificate(dir: &TempDir) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-subj", "/CN=deelsync test", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(dir.path())
        .output()
        .expect("these tests need openssl (Debian, Ubuntu: apt-get install openssl)");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

const TLS: &[&str] = &[
    "--port",
    "0",
    "--tls-cert-file",
    "cert.pem",
    "--tls-key-file",
    "key.pem",
    "--tls-ca-cert-file",
    "cert.pem",
    "--tls-auth-clients",
    "no",
    "--save",
    "",
];

/// Asks with `redis-cli`, so that what is tested is not what waits for it.
fn tell(dir: &Path, port: &str, password: &str, line: &str) -> String {
    let out = Command::new("redis-cli")
        .args(["--tls", "--cacert", "cert.pem", "-h", "127.0.0.1", "-p", port, "--no-auth-warning"])
        .args(["-a", password])
        .args(line.split(' '))
        .current_dir(dir)
        .output()
        .expect("redis-cli comes with redis-server");
    String::from_utf8_lossy(&out.stdout).into_owned()
}

async fn answers(dir: &TempDir, port: &str, password: &str, line: &str, wanted: &str) {
    eventually(&format!("{line} says {wanted}"), || async {
        tell(dir.path(), port, password, line).contains(wanted)
    })
    .await;
}

/// Runs the test of that name in a child whose roots are `cert.pem`; `true` in the child.
fn in_child(name: &str) -> bool {
    #[allow(clippy::disallowed_methods)]
    let child = std::env::var_os("DEELSYNC_TEST_CHILD").is_some();
    child || {
        let dir = tempfile::tempdir().unwrap();
        certificate(&dir);
        let out = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("secured::{name}"), "--nocapture"])
            .env("DEELSYNC_TEST_CHILD", dir.path())
            .env("SSL_CERT_FILE", dir.path().join("cert.pem"))
            .output()
            .unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(out.status.success() && text.contains("1 passed"), "{text}");
        false
    }
}

/// A directory of its own with the certificate that the child was started with.
fn folder() -> TempDir {
    #[allow(clippy::disallowed_methods)]
    let from = std::path::PathBuf::from(std::env::var_os("DEELSYNC_TEST_CHILD").unwrap());
    let dir = tempfile::tempdir().unwrap();
    for file in ["cert.pem", "key.pem"] {
        std::fs::copy(from.join(file), dir.path().join(file)).unwrap();
    }
    dir
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_tls_and_a_password_serves_everything() {
    if !in_child("a_server_with_tls_and_a_password_serves_everything") {
        return;
    }
    let dir = folder();
    let port = free_port().to_string();
    let own = ["--tls-port", &port, "--requirepass", PASSWORD];
    let _server = Process::start(&dir, &[TLS, &own].concat());
    answers(&dir, &port, PASSWORD, "PING", "PONG").await;
    works(&Queue::connect(&config(&format!("rediss://:{ENCODED}@127.0.0.1:{port}"))).await.unwrap()).await;

    for wrong in [
        format!("rediss://:wrong@127.0.0.1:{port}"),
        format!("rediss://127.0.0.1:{port}"),
        format!("redis://:{ENCODED}@127.0.0.1:{port}"),
    ] {
        let Err(error) = Queue::connect(&config(&wrong)).await else { panic!("{wrong} was let in") };
        let text = format!("{error} {error:?}");
        assert!(!text.contains(PASSWORD) && !text.contains(ENCODED), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_the_system_does_not_know_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    certificate(&dir);
    let port = free_port().to_string();
    let _server = Process::start(&dir, &[TLS, &["--tls-port", &port]].concat());
    answers(&dir, &port, "", "PING", "PONG").await;
    let error = Queue::connect(&config(&format!("rediss://127.0.0.1:{port}"))).await.err().unwrap();
    assert!(format!("{error:?}").to_lowercase().contains("certificate"), "{error:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_with_tls_and_a_password_of_their_own_are_asked_with_it() {
    if !in_child("sentinels_with_tls_and_a_password_of_their_own_are_asked_with_it") {
        return;
    }
    let dir = folder();
    let (port, sentinel) = (free_port().to_string(), free_port().to_string());
    let own = ["--tls-port", &port, "--requirepass", PASSWORD, "--tls-replication", "yes"];
    let _master = Process::start(&dir, &[TLS, &own].concat());
    answers(&dir, &port, PASSWORD, "PING", "PONG").await;
    let conf = format!(
        "port 0\ntls-port {sentinel}\ntls-cert-file cert.pem\ntls-key-file key.pem\ntls-ca-cert-file cert.pem\n\
         tls-auth-clients no\ntls-replication yes\nrequirepass {SENTINELS}\n\
         sentinel monitor main 127.0.0.1 {port} 1\nsentinel auth-pass main {PASSWORD}\n"
    );
    std::fs::write(dir.path().join("sentinel.conf"), conf).unwrap();
    let _sentinel = Process::start(&dir, &["sentinel.conf", "--sentinel"]);
    answers(&dir, &sentinel, SENTINELS, "SENTINEL GET-MASTER-ADDR-BY-NAME main", &port).await;

    let url = format!("rediss-sentinel://:{ENCODED}@127.0.0.1:{sentinel}/main");
    let good = format!("{url}?sentinel_password={SENTINELS}");
    works(&Queue::connect(&config(&good)).await.unwrap()).await;
    for wrong in [url.clone(), format!("{url}?sentinel_password=wrong")] {
        assert!(Queue::connect(&config(&wrong)).await.is_err(), "{wrong} was let in");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_with_tls_and_a_password_serves_everything() {
    if !in_child("a_cluster_with_tls_and_a_password_serves_everything") {
        return;
    }
    let dir = folder();
    let (port, bus) = (free_port().to_string(), free_port().to_string());
    let own = ["--tls-port", &port, "--requirepass", PASSWORD, "--tls-cluster", "yes"];
    let cluster = ["--cluster-enabled", "yes", "--cluster-port", &bus];
    let _node = Process::start(&dir, &[TLS, &own, &cluster].concat());
    answers(&dir, &port, PASSWORD, "PING", "PONG").await;
    answers(&dir, &port, PASSWORD, "CLUSTER ADDSLOTSRANGE 0 16383", "OK").await;
    // What a node knows of its own address it learns from others, or is told.
    answers(&dir, &port, PASSWORD, "CONFIG SET cluster-announce-ip 127.0.0.1", "OK").await;
    answers(&dir, &port, PASSWORD, "CLUSTER INFO", "cluster_state:ok").await;
    let url = format!("rediss-cluster://:{ENCODED}@127.0.0.1:{port}");
    works(&Queue::connect(&config(&url)).await.unwrap()).await;
}
