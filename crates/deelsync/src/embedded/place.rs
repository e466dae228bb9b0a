//! Where the embedded Redis lives: `<data dir>/redis`, mode 0700.

use super::EmbeddedError;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The longest path of a Unix socket on Linux (`sun_path` has 108 bytes, one ends it; unix(7)).
const SOCKET_PATH_MAX: usize = 107;

/// The directory, prepared.
#[derive(Clone, Debug)]
pub(super) struct Place {
    dir: PathBuf,
    runtime_dir: Option<PathBuf>,
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> EmbeddedError {
    let path = path.to_owned();
    move |source| EmbeddedError::Io { path, source }
}

impl Place {
    /// Creates what is missing and closes it to other users.
    pub(super) fn prepare(data_dir: &Path, runtime_dir: Option<&Path>) -> Result<Self, EmbeddedError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(data_dir).map_err(io_error(data_dir))?;
        let data_dir = data_dir.canonicalize().map_err(io_error(data_dir))?;
        let dir = data_dir.join("redis");
        builder.create(&dir).map_err(io_error(&dir))?;
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).map_err(io_error(&dir))?;
        Ok(Self { dir, runtime_dir: runtime_dir.map(Path::to_owned) })
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn log(&self) -> PathBuf {
        self.dir.join("redis.log")
    }

    pub(super) fn users_path(&self) -> PathBuf {
        self.dir.join("users")
    }

    pub(super) fn users(&self) -> Result<File, EmbeddedError> {
        open(&self.users_path())
    }

    /// A new description of the file that a living server keeps locked.
    pub(super) fn server_lock(&self) -> Result<File, EmbeddedError> {
        open(&self.dir.join("server.lock"))
    }

    /// The last lines of the server's log.
    pub(super) fn log_tail(&self) -> String {
        let text = fs::read(self.log()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }

    /// Where the present server listens, as whoever started it wrote down. The choice may depend on that process's
    /// environment, so it is never computed twice.
    pub(super) fn recorded_socket(&self) -> Option<PathBuf> {
        let text = fs::read(self.dir.join("socket")).ok()?;
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(&text));
        path.is_absolute().then_some(path)
    }

    /// Chooses the socket of a server about to start. Only for whoever holds the server lock.
    pub(super) fn choose_socket(&self) -> Result<PathBuf, EmbeddedError> {
        let near = self.dir.join("redis.sock");
        let socket = if near.as_os_str().len() <= SOCKET_PATH_MAX { near } else { self.distant_socket()? };
        let record = self.dir.join("socket");
        let fresh = self.dir.join("socket.new");
        fs::write(&fresh, socket.as_os_str().as_bytes()).map_err(io_error(&fresh))?;
        fs::rename(&fresh, &record).map_err(io_error(&record))?;
        Ok(socket)
    }

    /// In a private directory with a short path, named for the user and the data directory.
    fn distant_socket(&self) -> Result<PathBuf, EmbeddedError> {
        let uid = rustix::process::getuid().as_raw();
        let name = format!("deelsync-{uid}-{:016x}", fnv(self.dir.as_os_str().as_bytes()));
        let parents = self.runtime_dir.iter().cloned().chain([PathBuf::from("/tmp")]);
        let socket = |parent: PathBuf| parent.join(&name).join("redis.sock");
        let Some(socket) = parents.map(socket).find(|path| path.as_os_str().len() <= SOCKET_PATH_MAX) else {
            let what = "no directory with a path short enough for a socket".to_owned();
            return Err(EmbeddedError::Directory { path: self.dir.clone(), what });
        };
        let dir = socket.parent().unwrap_or(&self.dir);
        match DirBuilder::new().mode(0o700).create(dir) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io_error(dir)(error)),
        }
        // Others may write to /tmp: what stands there under our name need not be ours.
        let found = fs::symlink_metadata(dir).map_err(io_error(dir))?;
        if !found.is_dir() || found.uid() != uid || found.mode() & 0o077 != 0 {
            let what = "it must be a directory of this user with mode 0700; remove it".to_owned();
            return Err(EmbeddedError::Directory { path: dir.to_owned(), what });
        }
        tracing::info!(
            socket = %socket.display(),
            "the data directory's path is too long for a Unix socket; the embedded Redis listens elsewhere"
        );
        Ok(socket)
    }

    /// Removes what a server that is gone leaves outside the data directory.
    pub(super) fn tidy(&self, socket: &Path) {
        if !socket.starts_with(&self.dir) {
            let _ = fs::remove_file(socket);
            if let Some(dir) = socket.parent() {
                let _ = fs::remove_dir(dir);
            }
        }
    }
}

fn open(path: &Path) -> Result<File, EmbeddedError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(io_error(path))
}

/// FNV-1a: the same in every version of this program, unlike the standard library's hash.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_gets_a_short_private_socket() {
        let temp = tempfile::tempdir().unwrap();
        let long = temp.path().join("x".repeat(100));
        let place = Place::prepare(&long, Some(temp.path())).unwrap();
        let socket = place.choose_socket().unwrap();
        assert!(socket.starts_with(temp.path()) && !socket.starts_with(&long));
        assert!(socket.as_os_str().len() <= SOCKET_PATH_MAX);
        assert_eq!(place.recorded_socket().as_ref(), Some(&socket));
        assert_eq!(fs::metadata(socket.parent().unwrap()).unwrap().mode() & 0o777, 0o700);
        place.tidy(&socket);
        assert!(!socket.parent().unwrap().exists());
    }

    #[test]
    fn a_foreign_directory_in_the_way_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let place = Place::prepare(&temp.path().join("y".repeat(100)), Some(temp.path())).unwrap();
        let socket = place.choose_socket().unwrap();
        fs::set_permissions(socket.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(place.choose_socket(), Err(EmbeddedError::Directory { .. })));
    }

    #[test]
    fn directories_are_private() {
        let temp = tempfile::tempdir().unwrap();
        let place = Place::prepare(&temp.path().join("a/b"), None).unwrap();
        assert_eq!(fs::metadata(place.dir()).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(temp.path().join("a/b")).unwrap().mode() & 0o777, 0o700);
    }
}
