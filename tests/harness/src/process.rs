use std::collections::BTreeSet;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::eventually;

/// What this process was given by [`free_port`]: the system may offer a port again before anybody listens there.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// A port on which nothing listens just now, another one each time.
///
/// # Panics
/// If the machine has no free loopback port.
#[must_use]
pub fn free_port() -> u16 {
    let offered = || {
        let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        listener.expect("a free loopback port").port()
    };
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    std::iter::repeat_with(offered).find(|port| given.insert(*port)).expect("offers do not end")
}

/// A child process that writes both its outputs to one file, and is killed when dropped.
pub struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with its output in `folder`.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(name: &'static str, command: &mut Command, folder: &Path) -> Self {
        let log = folder.join(format!("{name}-{}.log", free_port()));
        let out = File::create(&log).expect("a log file can be made");
        let err = out.try_clone().expect("a file can be cloned");
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        Self { name, child: child.unwrap_or_else(|error| panic!("{name} does not start: {error}")), log }
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where its output goes.
    #[must_use]
    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// What it has written so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits for a line that starts with `start` and gives what follows.
    ///
    /// # Panics
    /// If it ends, or writes no such line within 20 seconds.
    pub async fn line_after(&mut self, start: &str) -> String {
        let started = Instant::now();
        loop {
            let log = self.log();
            if let Some(rest) = log.lines().find_map(|line| line.strip_prefix(start)) {
                return rest.trim().to_owned();
            }
            self.assert_running();
            assert!(started.elapsed() < Duration::from_secs(20), "{} is silent:\n{log}", self.name);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// # Panics
    /// If it has ended, with its output.
    pub fn assert_running(&mut self) {
        if let Some(status) = self.has_ended() {
            panic!("{} ended ({status}):\n{}", self.name, self.log());
        }
    }

    /// How it ended, if it has.
    ///
    /// # Panics
    /// Never: our own child can be asked.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("our own child can be asked")
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends SIGINT.
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Sends SIGSTOP.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Sends SIGCONT.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// `kill -9`, and waits for its end.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Waits for it to end by itself.
    ///
    /// # Panics
    /// If it still runs after `deadline`.
    pub async fn ended(&mut self, deadline: Duration) -> ExitStatus {
        let name = self.name;
        eventually(&format!("{name} ends"), deadline, async || self.has_ended()).await
    }

    /// Resident memory in bytes, from `/proc`.
    ///
    /// # Panics
    /// If it has ended, or this is not Linux.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        self.status_bytes("VmRSS").expect("it runs, and the kernel reports VmRSS")
    }

    /// A size in bytes from `/proc/PID/status` (proc(5)), such as `VmHWM`; `None` if it has ended, or this is not Linux.
    #[must_use]
    pub fn status_bytes(&self, field: &str) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let size = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
        Some(size.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? * 1024)
    }

    /// Lets it run on when this value is dropped.
    pub fn leave_running(self) {
        // The child is neither killed nor waited for; only the handle goes.
        std::mem::forget(self);
    }

    fn signal(&self, signal: Signal) {
        // It may have ended by itself: then there is nobody to signal.
        let _ = kill_process(Pid::from_child(&self.child), signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
