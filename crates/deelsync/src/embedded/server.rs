//! The server process: starting it, asking it, ending it.

use super::EmbeddedError;
use super::place::Place;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

/// What came back for a PING.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Pong,
    /// Alive, reading its file.
    Loading,
    None,
}

/// For the Redis client; the path percent-encoded.
pub(super) fn url(socket: &Path) -> String {
    url::Url::from_file_path(socket).map_or_else(
        |()| format!("unix://{}", socket.display()),
        |url| format!("unix{}", &url.as_str()["file".len()..]),
    )
}

/// Starts a server that holds `lock` until it ends.
pub(super) fn spawn(place: &Place, program: &str, lock: File) -> Result<Child, EmbeddedError> {
    let socket = place.choose_socket()?;
    let log = place.log();
    let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(&log);
    let output = opened.map_err(|source| EmbeddedError::Io { path: log.clone(), source })?;
    let errors = output.try_clone().map_err(|source| EmbeddedError::Io { path: log.clone(), source })?;
    let mut command = Command::new(program);
    command
        .args(["--port", "0", "--daemonize", "no", "--databases", "1"])
        .arg("--unixsocket")
        .arg(&socket)
        .args(["--unixsocketperm", "700", "--dir"])
        .arg(place.dir())
        // Stored means on disk; the append-only file is all there is, so no snapshots.
        .args(["--appendonly", "yes", "--appendfsync", "always", "--save", ""])
        .args(["--maxmemory-policy", "noeviction", "--loglevel", "warning", "--logfile"])
        .arg(&log)
        .current_dir(place.dir())
        .stdin(Stdio::from(lock))
        .stdout(Stdio::from(output))
        .stderr(Stdio::from(errors))
        // Ctrl-C is for us: the server must outlive the drain.
        .process_group(0)
        .kill_on_drop(false);
    command.spawn().map_err(|source| {
        if source.kind() == io::ErrorKind::NotFound {
            EmbeddedError::NotInstalled { program: program.to_owned() }
        } else {
            EmbeddedError::Io { path: program.into(), source }
        }
    })
}

/// Asks whether a server answers, for at most a second.
pub(super) async fn ping(socket: &Path) -> Answer {
    let ask = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(b"PING\r\n").await?;
        let mut answer = [0_u8; 64];
        let length = stream.read(&mut answer).await?;
        io::Result::Ok(match &answer[..length] {
            [b'+', b'P', b'O', b'N', b'G', ..] => Answer::Pong,
            [b'-', b'L', b'O', b'A', b'D', ..] => Answer::Loading,
            _ => Answer::None,
        })
    };
    match tokio::time::timeout(Duration::from_secs(1), ask).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) | Err(_) => Answer::None,
    }
}

/// Tells the server to write what is left and end. Without snapshots configured it saves nothing but its append-only
/// file, which is complete.
pub(super) async fn shutdown(socket: &Path) {
    let tell = async {
        let mut stream = UnixStream::connect(socket).await?;
        stream.write_all(b"SHUTDOWN\r\n").await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        io::Result::Ok(String::from_utf8_lossy(&answer).trim().to_owned())
    };
    match tokio::time::timeout(super::STOP_LIMIT, tell).await {
        Ok(Ok(answer)) if answer.is_empty() => {}
        Ok(Ok(answer)) => tracing::warn!(answer, "the embedded Redis refuses to shut down"),
        Ok(Err(_)) | Err(_) => tracing::debug!("the embedded Redis was gone already"),
    }
}
