//! `chaos --seed N`: one storm, and whether every law held. `chaos --minutes M`: as many as fit.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a program for people at a terminal

use std::process::ExitCode;

use anyhow::Result;
use chaos::{Plan, Size};
use clap::Parser;

/// Storms of events and faults over the real programs, and the laws that must hold afterwards
#[derive(Debug, Parser)]
struct Arguments {
    /// What decides everything
    #[arg(long)]
    seed: u64,
    /// The small storm of `make test` instead of the large one
    #[arg(long)]
    short: bool,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let size = if arguments.short { Size::SHORT } else { Size::LONG };
    let outcome = chaos::run(&Plan::new(arguments.seed, size)).await?;
    print!("{outcome}");
    Ok(if outcome.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
