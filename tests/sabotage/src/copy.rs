//! The copy that is edited.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

const TREE: &str = "target/sabotage/tree";
const BUILD: &str = "target/sabotage/build";

/// The last commit in a folder of its own, and where it is built.
pub(crate) struct Copy {
    origin: PathBuf,
    /// The files.
    pub(crate) tree: PathBuf,
    /// Its build folder.
    pub(crate) build: PathBuf,
}

impl Copy {
    pub(crate) fn of(origin: &Path) -> Result<Self> {
        let copy = Self { origin: origin.to_owned(), tree: origin.join(TREE), build: origin.join(BUILD) };
        if copy.tree.exists() {
            copy.remove()?;
        }
        git(origin, &["worktree", "add", "--detach", "--force", TREE, "HEAD"])?;
        Ok(copy)
    }

    /// Takes the files away; what was built of dependencies is of use the next time.
    pub(crate) fn remove(&self) -> Result<()> {
        git(&self.origin, &["worktree", "remove", "--force", TREE])
    }
}

fn git(tree: &Path, words: &[&str]) -> Result<()> {
    let mut git = Command::new("git");
    git.current_dir(tree).args(words).stdout(Stdio::null()).stderr(Stdio::null());
    if !git.status().context("git")?.success() {
        bail!("git {} failed", words.join(" "));
    }
    Ok(())
}
