//! Running tests, and finding out which failed.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::copy::Copy;
use crate::promises::Broken;

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    /// The first test that failed, and those that were running then; what was printed.
    Fail(Vec<String>, String),
    /// It does not compile; what the compiler says.
    Unbuilt(String),
}

/// Runs the tests of these promises, until one fails.
pub(crate) fn tests(copy: &Copy, promises: &[Broken]) -> Result<Verdict> {
    if promises.iter().any(Broken::needs_programs) {
        let built = cargo(copy, &["build", "--locked", "-p", "deelsync", "-p", "simulators", "--bins"])
            .output()
            .context("cargo build")?;
        if !built.status.success() {
            return Ok(Verdict::Unbuilt(String::from_utf8_lossy(&built.stderr).into_owned()));
        }
    }
    let packages: BTreeSet<&str> = promises.iter().flat_map(Broken::packages).collect();
    let filter: Vec<String> = promises.iter().map(|broken| format!("({})", broken.tests)).collect();
    let mut nextest = cargo(copy, &["nextest", "run", "--locked", "--no-tests=fail", "--color=never"]);
    nextest.args(["--status-level=fail", "--final-status-level=none", "--failure-output=immediate"]);
    nextest.args(packages.iter().flat_map(|name| ["-p", name])).args(["-E", &filter.join(" | ")]);
    let ran = nextest.output().context("cargo nextest")?;
    let words = String::from_utf8_lossy(&ran.stderr).into_owned();
    match ran.status.code() {
        Some(0) => Ok(Verdict::Pass),
        // cargo-nextest's codes for failed tests, and for a failed build.
        Some(100) => Ok(Verdict::Fail(failed(&words), words)),
        Some(101) => Ok(Verdict::Unbuilt(words)),
        code => bail!("cargo nextest ended with {code:?}:\n{words}"),
    }
}

fn cargo(copy: &Copy, words: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&copy.tree).env("CARGO_TARGET_DIR", &copy.build).args(words);
    // Nobody debugs them; without, the folder is a fraction of its size, and each edit is linked in a fraction of the time.
    cargo.env("CARGO_PROFILE_DEV_DEBUG", "none");
    cargo
}

/// The tests that failed, as `package::binary test`, in the order of the output.
fn failed(words: &str) -> Vec<String> {
    let mut failed = Vec::new();
    for line in words.lines() {
        let Some((status, rest)) = line.split_once('[') else { continue };
        let status = status.trim();
        let bad = ["FAIL", "TIMEOUT", "ABORT", "LEAK-FAIL"].contains(&status) || status.starts_with("SIG");
        let test = rest.split_once(']').map(|(_, test)| test.trim()).filter(|_| bad);
        // How many have run by now may stand before the name.
        let name = test.map(|test| test.rsplit_once(") ").map_or(test, |(_, name)| name));
        failed.extend(name.map(str::to_owned));
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_failed_is_read_from_the_output() {
        let words = "   Compiling queue v0.1.0\n    Starting 2 tests across 1 binary (3 tests skipped)\n        \
            FAIL [   0.005s] ( 1/18) queue::queue jobs::two\n     TIMEOUT [ 240.011s] (2/18) e2e::outages due::a\n        \
            SIGKILL [   1.1s] chaos plan::b\n  Cancelling due to test failure: 1 test still running\n\
            ────────────\n     Summary [   0.1s] 2 tests run: 1 passed, 1 failed, 16 skipped\n";
        assert_eq!(failed(words), ["queue::queue jobs::two", "e2e::outages due::a", "chaos plan::b"]);
    }
}
