//! `chaos --seed N`: one storm, and whether every law held. `chaos --minutes M`: one after the other for so long.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people at a terminal

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use chaos::{Figures, Plan, Size};
use clap::Parser;

/// Storms of events and faults over the real programs, and the laws that must hold afterwards
#[derive(Debug, Parser)]
struct Arguments {
    /// What decides everything; the next ones follow it. Not given: at random
    #[arg(long)]
    seed: Option<u64>,
    /// Run one seed after the other for so long; the last one is finished
    #[arg(long)]
    minutes: Option<f64>,
    /// The small storm of `make test` instead of the large one
    #[arg(long)]
    short: bool,
    /// Print what happened when, even if every law held
    #[arg(long)]
    timeline: bool,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let size = if arguments.short { Size::SHORT } else { Size::LONG };
    let first = arguments.seed.unwrap_or_else(|| u64::from(rand::random::<u32>()));
    let deadline =
        arguments.minutes.map(|minutes| Instant::now() + Duration::from_secs_f64(minutes.max(0.0) * 60.0));
    let mut all: Vec<Figures> = Vec::new();
    for seed in first.. {
        let outcome = chaos::run(&Plan::new(seed, size)).await.with_context(|| format!("seed {seed}"))?;
        let figures = Figures::of(seed, &outcome);
        println!("{figures}");
        if arguments.timeline || !outcome.broken.is_empty() {
            println!("{outcome}");
        }
        all.push(figures);
        if !outcome.broken.is_empty() || deadline.is_none_or(|deadline| Instant::now() >= deadline) {
            break;
        }
    }
    let sum = Figures::together(&all);
    if deadline.is_some() {
        println!("\n{}", sum.table(all.len()));
        std::fs::create_dir_all("target")?;
        let document = serde_json::json!({ "together": sum, "seeds": all });
        std::fs::write("target/soak.json", serde_json::to_string_pretty(&document)?)
            .context("target/soak.json")?;
    }
    let unseen = sum.unseen();
    if arguments.minutes.is_some_and(|minutes| minutes >= 10.0) && !unseen.is_empty() {
        println!("never happened, so that no law about it was judged: {}", unseen.join(", "));
        return Ok(ExitCode::FAILURE);
    }
    Ok(if sum.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
