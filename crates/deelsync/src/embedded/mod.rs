//! The embedded Redis: a private `redis-server` on a Unix socket, for those who run none.
//!
//! Two locks carry the design. The server itself holds `server.lock` for as long as it lives (it inherits the locked
//! file as its standard input), so a second one on the same data cannot start, whoever crashed before. Every process
//! that uses it holds `users` shared, and whoever leaves last, and so gets it alone, shuts the server down.

mod place;
mod server;
mod watch;

use place::Place;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::process::Child;
use tokio::task::JoinHandle;

/// How long a starting server may keep silent. Loading a large file is not silence: it answers that it is loading.
const START_LIMIT: Duration = Duration::from_secs(15);
/// How long a server may take to write its last bytes and go.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// Between two looks at a lock or a socket.
const LOOK: Duration = Duration::from_millis(10);

/// Why there is no embedded Redis.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EmbeddedError {
    /// The program is not installed.
    #[error(
        "REDIS_URL is not set, and the program {program} for the embedded Redis is not installed; install it \
         (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), or set REDIS_URL to a Redis you run"
    )]
    NotInstalled {
        /// As configured.
        program: String,
    },
    /// A file or directory is not as it must be.
    #[error("the embedded Redis cannot use {path}: {what}")]
    Directory {
        /// Which.
        path: PathBuf,
        /// In words.
        what: String,
    },
    /// The file system refused.
    #[error("the embedded Redis cannot use {path}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It started and ended.
    #[error("the embedded Redis ended at once; the end of {log}:\n{tail}")]
    Ended {
        /// Its log.
        log: PathBuf,
        /// The last lines.
        tail: String,
    },
    /// Somebody holds the lock and does not answer.
    #[error(
        "the embedded Redis on {socket} is alive but has not answered for {seconds} s; see {log}, and end it by hand if \
         it hangs"
    )]
    Silent {
        /// Where.
        socket: PathBuf,
        /// Its log.
        log: PathBuf,
        /// How long.
        seconds: u64,
    },
}

/// A running server that this process uses.
#[derive(Debug)]
pub(crate) struct Embedded {
    place: Place,
    socket: PathBuf,
    /// Locked shared while this process uses the server.
    users: File,
    /// The server, if this process started it and does not watch it.
    child: Option<Child>,
    watch: Option<JoinHandle<()>>,
    program: String,
}

impl Embedded {
    /// Finds the server of this data directory, or starts one. `runtime_dir` is `XDG_RUNTIME_DIR`, for data
    /// directories whose path is too long for a socket.
    ///
    /// # Errors
    /// See [`EmbeddedError`].
    pub(crate) async fn start(
        data_dir: &Path,
        program: &str,
        runtime_dir: Option<&Path>,
    ) -> Result<Self, EmbeddedError> {
        let place = Place::prepare(data_dir, runtime_dir)?;
        let users = join(&place).await?;
        let (socket, child) = ensure(&place, program).await?;
        Ok(Self { place, socket, users, child, watch: None, program: program.to_owned() })
    }

    /// For the Redis client.
    pub(crate) fn url(&self) -> String {
        server::url(&self.socket)
    }

    /// Starts it again whenever it ends, until [`Self::close`]. For processes that stay.
    pub(crate) fn watch(&mut self) {
        let child = self.child.take();
        self.watch = Some(tokio::spawn(watch::watch(self.place.clone(), self.program.clone(), child)));
    }

    /// Leaves; the last to leave shuts the server down and waits until it is gone.
    pub(crate) async fn close(mut self) {
        if let Some(watch) = self.watch.take() {
            watch.abort();
            let _ = watch.await;
        }
        if self.users.try_lock().is_err() {
            tracing::debug!("the embedded Redis stays for the other processes that use it");
            return;
        }
        let socket = self.place.recorded_socket().unwrap_or(self.socket);
        server::shutdown(&socket).await;
        let deadline = Instant::now() + STOP_LIMIT;
        loop {
            if let Some(child) = &mut self.child {
                let _ = child.try_wait();
            }
            if self.place.server_lock().is_ok_and(|lock| lock.try_lock().is_ok()) {
                break;
            }
            if Instant::now() > deadline {
                tracing::error!(log = %self.place.log().display(), "the embedded Redis does not end");
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
        if let Some(child) = &mut self.child {
            let _ = child.wait().await;
        }
        self.place.tidy(&socket);
        tracing::debug!("the embedded Redis is shut down");
    }
}

/// Takes the shared lock; waits while the last user shuts the server down.
async fn join(place: &Place) -> Result<File, EmbeddedError> {
    let users = place.users()?;
    let deadline = Instant::now() + STOP_LIMIT + STOP_LIMIT;
    loop {
        match users.try_lock_shared() {
            Ok(()) => return Ok(users),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => tokio::time::sleep(LOOK).await,
            Err(TryLockError::WouldBlock) => {
                let what = "another process holds it alone for too long".to_owned();
                return Err(EmbeddedError::Directory { path: place.users_path(), what });
            }
            Err(TryLockError::Error(source)) => {
                return Err(EmbeddedError::Io { path: place.users_path(), source });
            }
        }
    }
}

/// Returns once a server answers: one that was there, or one that this call started.
async fn ensure(place: &Place, program: &str) -> Result<(PathBuf, Option<Child>), EmbeddedError> {
    let mut child: Option<Child> = None;
    let mut silent_since = Instant::now();
    let mut told = false;
    loop {
        let socket = place.recorded_socket();
        let answer = match &socket {
            Some(socket) => server::ping(socket).await,
            None => server::Answer::None,
        };
        match (answer, socket) {
            (server::Answer::Pong, Some(socket)) => {
                if child.is_none() {
                    tracing::debug!("using the embedded Redis that already runs");
                }
                return Ok((socket, child));
            }
            (server::Answer::Loading, _) => {
                silent_since = Instant::now();
                if !told {
                    tracing::info!("the embedded Redis is loading its data");
                    told = true;
                }
            }
            _ => {}
        }
        match &mut child {
            Some(started) => {
                if let Ok(Some(_)) = started.try_wait() {
                    return Err(EmbeddedError::Ended { log: place.log(), tail: place.log_tail() });
                }
            }
            None => {
                let lock = place.server_lock()?;
                if lock.try_lock().is_ok() {
                    child = Some(server::spawn(place, program, lock)?);
                    silent_since = Instant::now();
                }
            }
        }
        if silent_since.elapsed() > START_LIMIT {
            return Err(EmbeddedError::Silent {
                socket: place.recorded_socket().unwrap_or_default(),
                log: place.log(),
                seconds: START_LIMIT.as_secs(),
            });
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests;
