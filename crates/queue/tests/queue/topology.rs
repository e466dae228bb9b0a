//! Redis Cluster, Sentinel with a failover, and a Unix socket.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use queue::{Config, Line, Queue, Vendor, Verdict, WorkerConfig};
use tempfile::TempDir;
use test_redis::free_port;

use crate::common::{Seen, Worker, add, eventually};

pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(dir: &TempDir, arguments: &[&str]) -> Self {
        let child = Command::new("redis-server")
            .args(arguments)
            .current_dir(dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("these tests need redis-server (Debian, Ubuntu: apt-get install redis-server)");
        Self(child)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn tell(port: u16, line: &str) -> redis::RedisResult<redis::Value> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}"))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let mut command = redis::Cmd::new();
    for word in line.split(' ') {
        command.arg(word);
    }
    command.query_async(&mut connection).await
}

async fn answers(port: u16, line: &str, wanted: &str) {
    eventually(&format!("{line} says {wanted}"), || async {
        tell(port, line).await.is_ok_and(|answer| format!("{answer:?}").contains(wanted))
    })
    .await;
}

pub(crate) fn config(url: &str) -> Config {
    let mut config = Config::new(url).unwrap();
    config.response_timeout = Duration::from_secs(2);
    config.lease = Duration::from_secs(2);
    config
}

fn worker(queue: &Queue, seen: &Seen) -> Worker {
    let seen = seen.clone();
    Worker::start(queue.clone(), WorkerConfig::new("test", 4), move |lease| {
        seen.add(&lease);
        async move { lease.check().await.map_or(Verdict::Release, |()| Verdict::done()) }
    })
}

/// Adding, claiming, waking and budgets: every script and every blocking read.
pub(crate) async fn works(queue: &Queue) {
    let seen = Seen::default();
    let worker = worker(queue, &seen);
    for i in 0..30 {
        queue.add(&add(&format!("p{i}"), Line::ALL[i % 3])).await.unwrap();
        if i % 10 == 0 {
            seen.reaches(i).await;
        }
    }
    seen.reaches(30).await;
    queue.budget(Vendor::JumpCloud, Some(20.0)).acquire(Line::Bulk).await.unwrap();
    queue.audit_append(Some("p1"), "{}").await.unwrap();
    assert_eq!(queue.audit_of_person("p1", 9).await.unwrap().len(), 1);
    eventually("it is drained", || async { queue.status().await.unwrap().leased == 0 }).await;
    queue.persistence().await.unwrap();
    queue.now_ms().await.unwrap();
    worker.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_serves_everything() {
    let dir = tempfile::tempdir().unwrap();
    let mut nodes = Vec::new();
    let ports = [free_port(), free_port(), free_port()];
    for port in ports {
        let (text, bus) = (port.to_string(), free_port().to_string());
        let file = format!("nodes-{port}.conf");
        let arguments = ["--port", &text, "--cluster-port", &bus, "--cluster-enabled", "yes", "--save", ""];
        nodes.push(Process::start(&dir, &[&arguments[..], &["--cluster-config-file", &file]].concat()));
    }
    for (port, slots) in ports.iter().zip(["0 5460", "5461 10922", "10923 16383"]) {
        answers(*port, "PING", "PONG").await;
        tell(*port, &format!("CLUSTER ADDSLOTSRANGE {slots}")).await.unwrap();
    }
    for port in &ports[1..] {
        let bus = format!("{:?}", tell(*port, "CONFIG GET cluster-port").await.unwrap());
        let bus: String = bus.chars().filter(char::is_ascii_digit).collect();
        tell(ports[0], &format!("CLUSTER MEET 127.0.0.1 {port} {bus}")).await.unwrap();
    }
    for port in ports {
        answers(port, "CLUSTER INFO", "cluster_state:ok").await;
        answers(port, "CLUSTER INFO", "cluster_known_nodes:3").await;
    }
    let url = format!("redis-cluster://127.0.0.1:{},127.0.0.1:{}", ports[0], ports[2]);
    works(&Queue::connect(&config(&url)).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failover_the_new_master_is_found_and_work_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b, s) = (free_port(), free_port(), free_port());
    let (a_text, b_text) = (a.to_string(), b.to_string());
    let master = Process::start(&dir, &["--port", &a_text, "--save", ""]);
    let replica = ["--port", &b_text, "--save", "", "--replicaof", "127.0.0.1", &a_text];
    let _replica = Process::start(&dir, &[&replica[..], &["--repl-diskless-sync-delay", "0"]].concat());
    answers(b, "INFO replication", "master_link_status:up").await;
    let conf = format!(
        "port {s}\nsentinel monitor main 127.0.0.1 {a} 1\nsentinel down-after-milliseconds main 500\n\
         sentinel failover-timeout main 3000\n"
    );
    std::fs::write(dir.path().join("sentinel.conf"), conf).unwrap();
    let _sentinel = Process::start(&dir, &["sentinel.conf", "--sentinel"]);
    answers(s, "SENTINEL REPLICAS main", &b_text).await;

    let queue = Queue::connect(&config(&format!("redis-sentinel://127.0.0.1:{s}/main"))).await.unwrap();
    works(&queue).await;
    let seen = Seen::default();
    let worker = worker(&queue, &seen);
    queue.add(&add("before", Line::Events)).await.unwrap();
    seen.reaches(1).await;
    let (before, _) = queue.epoch().await.unwrap().replication.expect("Redis tells");
    assert!(!queue.epoch().await.unwrap().failed_over_since(Some(&before)));
    drop(master);
    let started = Instant::now();
    eventually("the new master takes writes", || async {
        queue.add(&add("after", Line::Events)).await.is_ok()
    })
    .await;
    seen.reaches(2).await;
    assert!(started.elapsed() < Duration::from_secs(20));
    let after = queue.epoch().await.unwrap();
    assert!(after.failed_over_since(Some(&before)), "{after:?} took over from {before}");
    assert!(!after.created, "its data are the old ones");
    worker.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unix_socket_serves_everything() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("redis.sock");
    let path = socket.display().to_string();
    let _server = Process::start(&dir, &["--port", "0", "--unixsocket", &path, "--save", ""]);
    let url = format!("unix://{path}");
    let queue = Queue::connect_when_available(&config(&url), std::future::pending()).await.unwrap();
    works(&queue).await;
}
