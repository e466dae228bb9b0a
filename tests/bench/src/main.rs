//! `make bench`: each figure beside its own ceiling, measured in one run on one machine.
//!
//! Prints one table and writes `target/bench.json`. Exits 1 if a target was missed. Rates are medians over rounds in
//! which the candidates take turns, since what else the machine does changes from minute to minute.

#![allow(clippy::print_stdout, clippy::print_stderr, clippy::expect_used)] // a program for people at a terminal

mod end_to_end;
mod figures;
mod full_run;
mod load;
mod memory;
mod planning;
mod queue_speed;
mod webhooks;

use std::process::ExitCode;

use anyhow::{Context as _, Result};

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["ceiling", name, address] = words[..] {
        webhooks::serve_ceiling(name, address).await?;
        return Ok(ExitCode::SUCCESS);
    }
    // For whoever wants to look at one server under load: `bench load ADDRESS SECONDS PEOPLE`.
    if let ["load", address, seconds, people] = words[..] {
        let requests = load::requests(400_000, people.parse()?, "load");
        let limit = std::time::Duration::from_secs(seconds.parse()?);
        let round = load::run(address.parse()?, requests, limit).await?;
        println!("{:.0} webhooks a second", round.per_second());
        return Ok(ExitCode::SUCCESS);
    }
    let wanted = |part: &str| words.is_empty() || words.contains(&part);
    let mut all = Vec::new();
    // Parts by name, for whoever works on one: `bench planning everyone`.
    if wanted("queue") {
        eprintln!("queue …");
        all.extend(queue_speed::figures().await.context("queue")?);
    }
    if wanted("webhooks") {
        eprintln!("webhooks …");
        all.extend(webhooks::figures().await.context("webhooks")?);
    }
    if wanted("end-to-end") {
        eprintln!("end to end …");
        all.extend(end_to_end::figures().await.context("end to end")?);
    }
    if wanted("planning") {
        eprintln!("planning …");
        all.extend(planning::figures().context("planning")?);
    }
    if wanted("everyone") {
        eprintln!("everyone …");
        all.extend(full_run::figures().await.context("everyone")?);
    }
    if wanted("memory") {
        eprintln!("memory …");
        all.extend(memory::figures().await.context("memory")?);
    }
    anyhow::ensure!(!all.is_empty(), "there is no part of that name");
    figures::print(&all);
    std::fs::create_dir_all("target")?;
    std::fs::write("target/bench.json", serde_json::to_string_pretty(&all)?).context("target/bench.json")?;
    let missed = all.iter().filter(|figure| figure.met == Some(false)).count();
    if missed > 0 {
        eprintln!("{missed} target(s) missed");
    }
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
