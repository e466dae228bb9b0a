//! Plan files: private, and never over something else.

use anyhow::{Context as _, bail};
use reconciler::PlanFile;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Far more than a plan of 100,000 people takes; what is longer is something else.
const LONGEST: u64 = 2 << 30;

/// Says before the work what would fail after it.
pub(super) fn check_free(path: &Path, force: bool) -> anyhow::Result<()> {
    if !force && path.symlink_metadata().is_ok() {
        bail!("{} is there already; name another file, or use --force to replace it", path.display());
    }
    let folder = folder_of(path);
    if !folder.is_dir() {
        bail!("there is no folder {}", folder.display());
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes the plan for its owner alone. It is there whole or not at all, and replaces what is there only by `force`.
pub(super) fn write(path: &Path, text: &str, force: bool) -> anyhow::Result<()> {
    let fresh = beside(path);
    let written = create(&fresh, text).and_then(|()| match force {
        true => std::fs::rename(&fresh, path),
        // A link to a name that is taken fails, whoever took it meanwhile.
        false => std::fs::hard_link(&fresh, path),
    });
    if !force || written.is_err() {
        let _ = std::fs::remove_file(&fresh);
    }
    written.with_context(|| format!("the plan cannot be written to {}", path.display()))
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    folder_of(path).join(format!(".{name}.{}", std::process::id()))
}

fn create(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Reads a plan, and checks that nobody has changed it.
pub(super) fn read(path: &Path) -> anyhow::Result<PlanFile> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST).read_to_end(&mut bytes))
        .with_context(|| format!("the plan {} cannot be read", path.display()))?;
    PlanFile::parse(&bytes)
        .with_context(|| format!("the plan {} is refused; nothing was changed", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_plan_is_private_and_replaces_nothing_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        check_free(&path, false).unwrap();
        write(&path, "one", false).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert!(check_free(&path, false).is_err());
        assert!(write(&path, "two", false).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        check_free(&path, true).unwrap();
        write(&path, "two", true).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
        assert!(check_free(&folder.path().join("no/plan.json"), false).is_err());
    }

    #[test]
    fn what_is_no_plan_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.json");
        assert!(format!("{:#}", read(&path).unwrap_err()).contains("cannot be read"));
        std::fs::write(&path, "{}").unwrap();
        assert!(format!("{:#}", read(&path).unwrap_err()).contains("nothing was changed"));
    }
}
