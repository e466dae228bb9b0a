//! A `redis-server` child on a free loopback port, with its data in a directory that goes with it.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use harness::free_port;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// When the server writes its append-only file to disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// No append-only file.
    None,
    /// `appendfsync everysec`.
    EverySecond,
    /// `appendfsync always`: an answered write is on disk.
    Always,
}

/// A running `redis-server`.
pub struct Server {
    port: u16,
    directory: TempDir,
    persistence: Persistence,
    child: Child,
}

impl Server {
    pub(crate) async fn start(persistence: Persistence) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        // The port is free when it is looked for and may be taken a moment later: then another one is tried.
        for _ in 0..5 {
            let port = free_port();
            let mut child = spawn(port, &directory, persistence);
            if answers(port, &mut child).await {
                return Self { port, directory, persistence, child };
            }
            reap(&mut child);
        }
        panic!("redis-server started five times and never answered; its log is in {:?}", directory.keep());
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Stops it from answering without closing anything, as a machine that hangs would (SIGSTOP).
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it answer again (SIGCONT).
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        reap(&mut self.child);
    }

    /// Starts it again on the same port with the data it left on disk.
    ///
    /// # Panics
    /// If it does not answer.
    pub async fn restart(&mut self) {
        reap(&mut self.child);
        self.child = spawn(self.port, &self.directory, self.persistence);
        assert!(answers(self.port, &mut self.child).await, "redis-server answers again on its port");
    }

    /// Removes what it has on disk. To be called between [`Server::kill`] and [`Server::restart`].
    ///
    /// # Panics
    /// If the files cannot be removed.
    pub fn lose_data(&self) {
        for entry in std::fs::read_dir(self.directory.path()).expect("the data directory is there").flatten()
        {
            let path = entry.path();
            if path.is_dir() {
                std::fs::remove_dir_all(path).expect("the append-only files can be removed");
            } else {
                std::fs::remove_file(path).expect("the data file can be removed");
            }
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("our own child can be signalled");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        reap(&mut self.child);
    }
}

fn spawn(port: u16, directory: &TempDir, persistence: Persistence) -> Child {
    let (append_only, fsync) = match persistence {
        Persistence::None => ("no", "everysec"),
        Persistence::EverySecond => ("yes", "everysec"),
        Persistence::Always => ("yes", "always"),
    };
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", append_only, "--appendfsync", fsync])
        .args(["--port", &port.to_string(), "--logfile", "redis.log"])
        .arg("--dir")
        .arg(directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!(
                "the tests need a Redis and found none ({error}). Install one (Debian, Ubuntu: apt-get install \
                 redis-server; Fedora: dnf install redis; macOS: brew install redis), or name a server in \
                 DEELSYNC_TEST_REDIS, or start Docker with the image {}",
                crate::container::IMAGE
            )
        })
}

async fn answers(port: u16, child: &mut Child) -> bool {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).expect("a valid URL");
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if child.try_wait().expect("our own child can be asked").is_some() {
            return false;
        }
        if let Ok(mut connection) = client.get_multiplexed_async_connection().await
            && redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok()
        {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

fn reap(child: &mut Child) {
    // Both fail only if the child has already ended and been waited for.
    drop(child.kill());
    drop(child.wait());
}
