use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::simulators::{DeelSim, JumpCloudSim, KEY, SIGNING_KEY, TOKEN};
use crate::{Process, binary, eventually, free_port};

/// An environment for `deelsync`: nothing is inherited but `PATH`, so that a test means what it says.
pub struct Settings {
    folder: TempDir,
    variables: BTreeMap<String, String>,
    listen: u16,
    admin: u16,
}

impl Settings {
    /// Writes are allowed (`enforce`), Redis is the embedded one, and the vendors are these two simulators.
    ///
    /// # Panics
    /// If no temporary folder can be made.
    #[must_use]
    pub fn new(deel: &DeelSim, jumpcloud: &JumpCloudSim) -> Self {
        Self::with_vendors(&format!("{}/rest/v2", deel.url()), &format!("{}/api", jumpcloud.url()))
    }

    /// The same, with the vendors at these base URLs.
    ///
    /// # Panics
    /// If no temporary folder can be made.
    #[must_use]
    pub fn with_vendors(deel: &str, jumpcloud: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (listen, admin) = (free_port(), free_port());
        let mut settings = Self { folder, variables: BTreeMap::new(), listen, admin };
        let data = settings.folder.path().join("data").display().to_string();
        settings
            .set("DEEL_BASE_URL", deel)
            .set("DEEL_API_TOKEN", TOKEN)
            .set("DEEL_SIGNING_KEYS", SIGNING_KEY)
            .set("JUMPCLOUD_BASE_URL", jumpcloud)
            .set("JUMPCLOUD_API_KEY", KEY)
            .set("DEELSYNC_MODE", "enforce")
            .set("DEELSYNC_LISTEN", &format!("127.0.0.1:{listen}"))
            .set("DEELSYNC_ADMIN_LISTEN", &format!("127.0.0.1:{admin}"))
            .set("DEELSYNC_DATA_DIR", &data);
        settings
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Removes a variable.
    pub fn unset(&mut self, name: &str) -> &mut Self {
        self.variables.remove(name);
        self
    }

    /// Uses this Redis, with keys under `prefix`.
    pub fn redis(&mut self, url: &str, prefix: &str) -> &mut Self {
        self.set("REDIS_URL", url).set("DEELSYNC_REDIS_PREFIX", prefix)
    }

    /// Writes `text` to `deelsync.toml` and names it in the environment.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn file(&mut self, text: &str) -> &mut Self {
        let path = self.folder.path().join("deelsync.toml");
        std::fs::write(&path, text).expect("the configuration can be written");
        self.set("DEELSYNC_CONFIG", &path.display().to_string())
    }

    /// Takes new ports: for a second process beside the first.
    pub fn other_ports(&mut self) -> &mut Self {
        (self.listen, self.admin) = (free_port(), free_port());
        let (listen, admin) = (self.listen, self.admin);
        self.set("DEELSYNC_LISTEN", &format!("127.0.0.1:{listen}"))
            .set("DEELSYNC_ADMIN_LISTEN", &format!("127.0.0.1:{admin}"))
    }

    /// Where logs and data go; removed with this value.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The webhook address.
    #[must_use]
    pub fn webhook_url(&self) -> String {
        format!("http://127.0.0.1:{}/webhooks/deel", self.listen)
    }

    /// The environment, for showing how to repeat something by hand.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Keeps the folder when this value is dropped, and says where it is.
    pub fn keep_folder(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }

    /// Starts `deelsync ROLE` (`run`, `serve` or `work`) without waiting for anything.
    #[must_use]
    pub fn start_only(&self, role: &'static str) -> Deelsync {
        let process = Process::start(role, &mut self.command(&[role]), self.folder.path());
        Deelsync {
            process,
            public: format!("http://127.0.0.1:{}", self.listen),
            admin: format!("http://127.0.0.1:{}", self.admin),
        }
    }

    /// Starts `deelsync ROLE` and waits until it is ready.
    ///
    /// # Panics
    /// If it is not ready within 20 seconds.
    pub async fn start(&self, role: &'static str) -> Deelsync {
        let mut started = self.start_only(role);
        started.ready().await;
        started
    }

    /// Runs a command to its end. The blocking wait is moved off the runtime.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn cli(&self, arguments: &[&str]) -> Output {
        self.answering(arguments, "").await
    }

    /// The same with this on its standard input, which ends then.
    ///
    /// # Panics
    /// If it cannot be started.
    pub async fn answering(&self, arguments: &[&str], answer: &'static str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let done = tokio::task::spawn_blocking(move || {
            let mut child = command.spawn()?;
            // Whoever reads no input has closed it.
            drop(child.stdin.take().map(|mut stdin| stdin.write_all(answer.as_bytes())));
            child.wait_with_output()
        });
        let done = done.await.expect("the wait does not panic").expect("deelsync can be started");
        Output {
            code: done.status.code(),
            stdout: String::from_utf8_lossy(&done.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&done.stderr).into_owned(),
        }
    }

    /// `deelsync` with these arguments in this environment, not yet started.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("deelsync"));
        command.args(arguments).env_clear().envs(&self.variables).current_dir(self.folder.path());
        // Read here because a child with a cleared environment still has to find `redis-server`.
        #[allow(clippy::disallowed_methods)]
        if let Ok(path) = std::env::var("PATH") {
            command.env("PATH", path);
        }
        command
    }
}

/// What a command left behind.
#[derive(Debug)]
pub struct Output {
    /// Exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Output {
    /// Its exit code was this one.
    ///
    /// # Panics
    /// If it was not, with all it wrote.
    #[must_use]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Its standard output as the one JSON document that `--format json` promises.
    ///
    /// # Panics
    /// If it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            panic!("not one JSON document ({error}):\n{}\n{}", self.stdout, self.stderr)
        })
    }
}

/// A running `deelsync`.
pub struct Deelsync {
    /// The process.
    pub process: Process,
    public: String,
    admin: String,
}

impl Deelsync {
    /// The public address, without a path.
    #[must_use]
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The admin address, without a path.
    #[must_use]
    pub fn admin(&self) -> &str {
        &self.admin
    }

    /// Waits until `/readyz` on the admin listener says so.
    ///
    /// # Panics
    /// If it does not within 20 seconds, or the process ends.
    pub async fn ready(&mut self) {
        let url = format!("{}/readyz", self.admin);
        let process = &mut self.process;
        eventually("deelsync is ready", Duration::from_secs(20), async || {
            process.assert_running();
            reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()).then_some(())
        })
        .await;
    }

    /// The metrics page.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn metrics(&self) -> String {
        let answer = reqwest::get(format!("{}/metrics", self.admin)).await.expect("metrics answer");
        answer.text().await.expect("metrics are text")
    }

    /// The value of the first sample that starts with `sample` (name and, if wanted, labels); `None` if there is none.
    pub async fn metric(&self, sample: &str) -> Option<f64> {
        let page = self.metrics().await;
        page.lines().find(|line| line.starts_with(sample))?.rsplit(' ').next()?.parse().ok()
    }

    /// SIGTERM, and its exit code.
    ///
    /// # Panics
    /// If it does not end within 30 seconds.
    pub async fn stop(&mut self) -> Option<i32> {
        self.process.terminate();
        self.process.ended(Duration::from_secs(30)).await.code()
    }
}
