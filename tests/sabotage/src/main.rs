//! `make sabotage`: breaks one promise at a time, on purpose, and demands that a test notices.
//!
//! Works on a copy of the last commit, `target/sabotage/tree`, with a build folder of its own, `target/sabotage/build`, which is
//! kept for the next time: no sabotaged program is ever among those of the tree itself. The tests have to pass as they are,
//! then each edit is made, its tests are run until one fails, and the edit is taken back. Exits 1 if an edit went unnoticed.
//! Needs git and cargo-nextest. `sabotage check` only looks whether every edit can still be made, and runs nothing; words
//! narrow either to the promises or files that contain one of them.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people at a terminal

mod copy;
mod promises;
mod run;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};

use copy::Copy;
use promises::{Broken, promises};
use run::Verdict;

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
    let copy = Copy::of(&tree)?;
    eprintln!("the tests of {} promises, as they are …", promises.len());
    match run::tests(&copy, &promises)? {
        Verdict::Pass => {}
        Verdict::Fail(failed, words) => {
            bail!("without any edit these fail: {}\n{words}", failed.join(", "))
        }
        Verdict::Unbuilt(words) => bail!("the copy does not build:\n{words}"),
    }
    let mut table = "| promise | broken by | noticed by |\n| --- | --- | --- |\n".to_owned();
    let mut unnoticed = 0;
    for broken in &promises {
        let start = Instant::now();
        let noticed = is_noticed(&copy, broken).with_context(|| broken.promise.clone())?;
        unnoticed += usize::from(noticed.is_none());
        let by = noticed.map_or("NOBODY".to_owned(), |by| format!("`{by}`"));
        println!(
            "promise “{}” ({}) noticed by {by}, {} s",
            broken.promise,
            broken.how,
            start.elapsed().as_secs()
        );
        table += &format!("| {} | {} | {by} |\n", broken.promise, broken.how);
    }
    copy.remove()?;
    println!("\n{table}\n{} of {} noticed", promises.len() - unnoticed, promises.len());
    Ok(if unnoticed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The first test that fails with the edit; none if none does.
fn is_noticed(copy: &Copy, broken: &Broken) -> Result<Option<String>> {
    let (path, edited) = (copy.tree.join(&broken.file), broken.edited(&copy.tree)?);
    let whole = std::fs::read_to_string(&path)?;
    std::fs::write(&path, edited)?;
    let verdict = run::tests(copy, std::slice::from_ref(broken));
    std::fs::write(&path, whole)?;
    match verdict? {
        Verdict::Pass => Ok(None),
        Verdict::Fail(failed, _) => {
            Ok(Some(failed.into_iter().next().unwrap_or_else(|| "a test without a name".to_owned())))
        }
        // An edit that does not compile breaks nothing.
        Verdict::Unbuilt(words) => bail!("the edit does not compile:\n{words}"),
    }
}
