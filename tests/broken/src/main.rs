//! `make broken`: breaks one promise at a time, on purpose, and demands that a test notices.
//!
//! Works on a copy of the last commit under `target/broken`, with the build folder of the tree itself. Exits 1 if an edit
//! went unnoticed. Needs git and cargo-nextest. `broken check` only looks whether every edit can still be made, and runs
//! nothing; words narrow either to the promises or files that contain one of them.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people at a terminal

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

const PROMISES: &str = include_str!("../promises.toml");
const COPY: &str = "target/broken";

#[derive(Deserialize)]
struct Promises {
    broken: Vec<Broken>,
}

/// A promise, and how to break it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Broken {
    promise: String,
    how: String,
    file: PathBuf,
    find: String,
    put: String,
    tests: String,
}

fn main() -> Result<ExitCode> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let only_check = words.first().is_some_and(|word| word == "check");
    let words = &words[usize::from(only_check)..];
    let mut promises = promises()?;
    promises.retain(|broken| words.is_empty() || words.iter().any(|word| broken.names(word)));
    ensure!(!promises.is_empty(), "no promise has these words");
    let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?;
    for broken in &promises {
        broken.edited(&tree)?;
    }
    if only_check {
        println!("{} promises can be broken", promises.len());
        return Ok(ExitCode::SUCCESS);
    }
    let copy = copied(&tree)?;
    let mut unnoticed = 0;
    for broken in &promises {
        let noticed = broken.is_noticed(&tree, &copy).with_context(|| broken.promise.clone())?;
        unnoticed += usize::from(!noticed);
        println!("{}\t{}: {}", if noticed { "noticed" } else { "UNNOTICED" }, broken.promise, broken.how);
    }
    git(&tree, &["worktree", "remove", "--force", COPY])?;
    println!("{} of {} noticed", promises.len() - unnoticed, promises.len());
    Ok(if unnoticed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn promises() -> Result<Vec<Broken>> {
    let Promises { broken } = toml::from_str(PROMISES).context("promises.toml")?;
    Ok(broken)
}

impl Broken {
    fn names(&self, word: &str) -> bool {
        self.promise.contains(word) || self.file.to_string_lossy().contains(word)
    }

    /// The file's text with the promise broken.
    fn edited(&self, tree: &Path) -> Result<String> {
        let text =
            fs::read_to_string(tree.join(&self.file)).with_context(|| self.file.display().to_string())?;
        let found = text.matches(&self.find).count();
        ensure!(found == 1, "{}: `{}` stands {found} times in it, not once", self.file.display(), self.find);
        Ok(text.replace(&self.find, &self.put))
    }

    /// Whether its tests pass without the edit and fail with it.
    fn is_noticed(&self, tree: &Path, copy: &Path) -> Result<bool> {
        ensure!(self.passes(tree, copy, &[])?, "its tests fail without the edit: `{}`", self.tests);
        let (path, broken) = (copy.join(&self.file), self.edited(copy)?);
        let whole = fs::read_to_string(&path)?;
        fs::write(&path, broken)?;
        let noticed = match self.passes(tree, copy, &["--no-run"])? {
            // An edit that does not compile breaks nothing.
            false => Err(anyhow::anyhow!("the edit does not compile")),
            true => self.passes(tree, copy, &[]).map(|passes| !passes),
        };
        fs::write(&path, whole)?;
        noticed
    }

    fn passes(&self, tree: &Path, copy: &Path, more: &[&str]) -> Result<bool> {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["nextest", "run", "--locked", "--workspace", "--no-tests=fail", "-E", &self.tests])
            .args(more);
        // Dependencies are built once, for the tree and for its copy.
        #[allow(clippy::disallowed_methods)] // a tool for developers, configured like cargo itself
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| tree.join("target"), PathBuf::from);
        cargo.current_dir(copy).env("CARGO_TARGET_DIR", target).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(cargo.status().context("cargo nextest")?.success())
    }
}

/// The last commit in a folder of its own.
fn copied(tree: &Path) -> Result<PathBuf> {
    let copy = tree.join(COPY);
    if copy.exists() {
        git(tree, &["worktree", "remove", "--force", COPY])?;
    }
    git(tree, &["worktree", "add", "--detach", "--force", COPY, "HEAD"])?;
    Ok(copy)
}

fn git(tree: &Path, words: &[&str]) -> Result<()> {
    let mut git = Command::new("git");
    git.current_dir(tree).args(words).stdout(Stdio::null()).stderr(Stdio::null());
    if !git.status().context("git")?.success() {
        bail!("git {} failed", words.join(" "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_promise_can_still_be_broken() {
        let tree = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for broken in promises().unwrap() {
            broken.edited(&tree).unwrap();
            assert_ne!(broken.find, broken.put, "{}", broken.promise);
        }
    }
}
