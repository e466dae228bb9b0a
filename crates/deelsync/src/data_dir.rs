//! Small files in the data directory.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Puts a text in a file, whole or not at all, and makes the directory if there is none.
///
/// # Errors
/// As the file system says.
pub(crate) fn replace(file: &Path, text: &str) -> io::Result<()> {
    if let Some(dir) = file.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    }
    // Several processes may share the directory.
    let fresh = file.with_extension(format!("new-{}", std::process::id()));
    std::fs::write(&fresh, format!("{}\n", text.trim_end()))?;
    std::fs::rename(&fresh, file)
}
