//! One installation in a folder of its own, with nothing inherited from whoever runs the tests.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) env: BTreeMap<String, String>,
}

pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", self.stdout))
    }
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, env: BTreeMap::new() }
    }

    /// With vendors that nobody listens at, and everything that `run` needs.
    pub(crate) fn complete() -> Self {
        let mut place = Self::new();
        let nobody = free_port();
        place
            .set("DEEL_BASE_URL", &format!("http://127.0.0.1:{nobody}/rest/v2"))
            .set("DEEL_API_TOKEN", "sim-token")
            .set("DEEL_SIGNING_KEYS", "sim-key")
            .set("JUMPCLOUD_BASE_URL", &format!("http://127.0.0.1:{nobody}/api"))
            .set("JUMPCLOUD_API_KEY", "sim-key")
            .set("DEELSYNC_LISTEN", &format!("127.0.0.1:{}", free_port()))
            .set("DEELSYNC_ADMIN_LISTEN", &format!("127.0.0.1:{}", free_port()));
        place.begun()
    }

    /// As after a first `run` or command.
    pub(crate) fn begun(self) -> Self {
        std::fs::create_dir_all(self.folder.path().join("data/redis")).unwrap();
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn file(&self, text: &str) {
        std::fs::write(self.folder.path().join("deelsync.toml"), text).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_deelsync"));
        command
            .args(arguments)
            .env_clear()
            .envs(&self.env)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command.env("PATH", std::env::var("PATH").unwrap());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let done = self.command(arguments).output().unwrap();
        Output {
            code: done.status.code(),
            stdout: String::from_utf8(done.stdout).unwrap(),
            stderr: String::from_utf8(done.stderr).unwrap(),
        }
    }

    /// Starts a service; its log goes to a file.
    pub(crate) fn start(&self, arguments: &[&str]) -> Service {
        let log = self.folder.path().join(format!("{}.log", arguments[0]));
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&log).unwrap();
        let child = self.command(arguments).stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Service { child, log }
    }

    /// The embedded servers of this place: processes whose working directory is in it.
    pub(crate) fn servers(&self) -> BTreeSet<u32> {
        let data = self.folder.path().canonicalize().unwrap().join("data");
        let all = std::fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        all.filter(|pid: &u32| {
            std::fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(&data))
        })
        .collect()
    }

    /// The status of a GET or POST, 0 if nobody answers.
    pub(crate) fn status(&self, listener: &str, method: &str, path: &str) -> u16 {
        use std::io::{Read, Write};
        let ask = || -> std::io::Result<u16> {
            let mut stream = std::net::TcpStream::connect(&self.env[listener])?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            write!(
                stream,
                "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}"
            )?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer.get(9..12).and_then(|code| code.parse().ok()).unwrap_or_default())
        };
        ask().unwrap_or_default()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A failed test must not leave a server behind.
        self.servers().into_iter().for_each(kill);
    }
}

pub(crate) struct Service {
    child: Child,
    log: std::path::PathBuf,
}

impl Service {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        send(self.child.id(), signal);
    }

    /// Its exit code; none if a signal ended it.
    #[track_caller]
    pub(crate) fn ended(&mut self, within: Duration) -> Option<i32> {
        eventually("the service ends", within, || !self.is_running());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
    }
}

pub(crate) fn send(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    let _ = rustix::process::kill_process(pid, signal);
}

pub(crate) fn kill(pid: u32) {
    send(pid, rustix::process::Signal::KILL);
}

#[track_caller]
pub(crate) fn eventually(what: &str, within: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + within;
    while !done() {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Another one each time: the system may offer a port again before anybody listens there.
pub(crate) fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let offered = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    std::iter::repeat_with(offered).find(|port| GIVEN.lock().unwrap().insert(*port)).unwrap()
}

pub(crate) fn exists(path: &Path) -> bool {
    path.exists()
}
