//! `promises.toml`, read.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

const PROMISES: &str = include_str!("../promises.toml");
/// Tests that start the programs.
const WITH_PROGRAMS: [&str; 2] = ["e2e", "chaos"];

#[derive(Deserialize)]
struct Promises {
    broken: Vec<Broken>,
}

/// A promise, and how to break it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Broken {
    pub(crate) promise: String,
    pub(crate) how: String,
    pub(crate) file: PathBuf,
    find: String,
    put: String,
    pub(crate) tests: String,
}

pub(crate) fn promises() -> Result<Vec<Broken>> {
    let Promises { broken } = toml::from_str(PROMISES).context("promises.toml")?;
    Ok(broken)
}

impl Broken {
    pub(crate) fn names(&self, word: &str) -> bool {
        self.promise.contains(word) || self.file.to_string_lossy().contains(word)
    }

    /// The file's text with the promise broken.
    pub(crate) fn edited(&self, tree: &Path) -> Result<String> {
        let text =
            fs::read_to_string(tree.join(&self.file)).with_context(|| self.file.display().to_string())?;
        let found = text.matches(&self.find).count();
        ensure!(found == 1, "{}: `{}` stands {found} times in it, not once", self.file.display(), self.find);
        Ok(text.replace(&self.find, &self.put))
    }

    /// The packages whose tests have to notice: nothing else is built.
    pub(crate) fn packages(&self) -> BTreeSet<&str> {
        let after = self.tests.split("package(").skip(1);
        after.filter_map(|rest| rest.split_once(')')).map(|(name, _)| name).collect()
    }

    /// Whether its tests start the programs.
    pub(crate) fn needs_programs(&self) -> bool {
        self.packages().iter().any(|name| WITH_PROGRAMS.contains(name))
    }
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
            assert!(!broken.packages().is_empty(), "{}: its tests name no package", broken.promise);
        }
    }
}
