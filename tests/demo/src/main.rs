//! `make demo`: a hire, a change, a termination and a rehire in Deel, and how each arrives in JumpCloud.
//!
//! The vendors are `deelsync-sim`; the rest is real: `deelsync run` with its embedded Redis, signed webhooks, vendor
//! limits at their defaults. Ends with exit code 0, or non-zero if a step did not arrive. `--keep` leaves everything
//! running and says where.

#![allow(clippy::print_stdout)] // a program for people at a terminal

mod show;
mod steps;

use std::process::ExitCode;

use anyhow::Result;
use harness::{DeelSim, JumpCloudSim, Settings};

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let keep = std::env::args().any(|argument| argument == "--keep");
    let deel = DeelSim::start(&["--people", "0"]).await;
    let jumpcloud = JumpCloudSim::start(&["--accounts", "0"]).await;
    let mut settings = Settings::new(&deel, &jumpcloud);
    deel.subscribe(&settings.webhook_url()).await;
    let mut deelsync = settings.start("run").await;
    show::start(&deel, &jumpcloud, &deelsync);

    let (arrived, person) = steps::all(&deel, &jumpcloud).await?;

    if keep {
        show::kept(&deel, &jumpcloud, &deelsync, &mut settings, &person);
        deel.leave_running();
        jumpcloud.leave_running();
        deelsync.process.leave_running();
    } else {
        // The embedded Redis ends with the last process that uses it.
        let code = deelsync.stop().await;
        anyhow::ensure!(code == Some(0), "deelsync did not end well: {code:?}\n{}", deelsync.process.log());
    }
    Ok(if arrived { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
