//! `deelsync`: keeps JumpCloud users in step with Deel.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod backend;
mod cli;
mod clock;
mod commands;
mod config;
mod data_dir;
mod doctor;
mod embedded;
mod exit;
mod notify;
mod out;
mod pause;
mod service;
mod telemetry;
mod webhook;

use clap::Parser;
use cli::{Cli, Command, Format};
use commands::startup;
use exit::Exit;
use std::process::ExitCode;

/// Enough for one machine's share of the vendors' rates; the ingress has threads of its own.
const WORKER_THREADS: usize = 2;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not errors.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Success };
            let _ = error.print();
            return exit.into();
        }
    };
    let format = cli.command.format();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .max_blocking_threads(8)
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            let outcome = runtime.block_on(Box::pin(dispatch(cli)));
            // A thread that waits for a lock must not keep the process alive.
            runtime.shutdown_background();
            outcome
        });
    match outcome {
        Ok(exit) => exit.into(),
        Err(error) => {
            out::note(format!("deelsync: {error:#}"));
            if format == Format::Json {
                out::json_error(&error);
            }
            Exit::Failure.into()
        }
    }
}

async fn dispatch(cli: Cli) -> anyhow::Result<Exit> {
    if let Command::Config(command) = &cli.command {
        return commands::config::run(command, &cli);
    }
    let (config, env) = startup::configuration(&cli)?;
    let service = matches!(cli.command, Command::Run(_) | Command::Serve(_) | Command::Work(_));
    telemetry::install_logs(&config.log, service);
    match cli.command {
        Command::Run(_) => service::run(config, env, service::Parts { ingress: true, worker: true }).await,
        Command::Serve(_) => service::run(config, env, service::Parts { ingress: true, worker: false }).await,
        Command::Work(_) => service::run(config, env, service::Parts { ingress: false, worker: true }).await,
        Command::Health(format) => commands::health::run(&config, format.format).await,
        Command::Check { notify, format } => doctor::run(&config, &env, notify, format.format).await,
        Command::Plan { person: Some(person), format, .. } => {
            commands::person::plan(&config, &env, &person, format.format).await
        }
        Command::Plan { person: None, out, force, all, format } => {
            let wanted = commands::everyone::Wanted { out: out.as_deref(), force, all };
            commands::everyone::plan(&config, &env, wanted, format.format).await
        }
        Command::Apply { file, max_age, format } => {
            commands::everyone::apply(&config, &env, &file, max_age, format.format).await
        }
        Command::Sync { person: Some(person), format, .. } => {
            commands::person::sync(&config, &env, &person, format.format).await
        }
        Command::Sync { person: None, no_wait: false, format } => {
            commands::everyone::sync(&config, &env, format.format).await
        }
        Command::Sync { person: None, no_wait: true, format } => {
            commands::everyone::ask(&config, &env, format.format).await
        }
        Command::Runs { command, limit, format } => {
            let command = command.unwrap_or(cli::RunsCommand::List { limit, format });
            commands::everyone::runs(&config, &env, command).await
        }
        Command::Suspend { person, reason, format } => {
            commands::person::suspend(&config, &env, &person, &reason, format.format).await
        }
        Command::Why { person: Some(person), limit, format } => {
            let limit = usize::from(limit.unwrap_or(50));
            commands::why::person(&config, &env, &person, limit, format.format).await
        }
        Command::Why { person: None, limit, format } => {
            commands::why::lately(&config, &env, usize::from(limit.unwrap_or(20)), format.format).await
        }
        Command::Activate { person, at, send_email_to, cancel, format } => {
            let how = commands::by_hand::how(at, send_email_to, cancel);
            commands::by_hand::activate(&config, &env, &person, &how, format.format).await
        }
        Command::Undo { run, all, yes, format } => {
            commands::undo::run(&config, &env, &run, all, yes, format.format).await
        }
        Command::Pause { reason, format } => {
            commands::control::pause(&config, &env, &reason, format.format).await
        }
        Command::Resume(format) => commands::control::resume(&config, &env, format.format).await,
        Command::Holds(command) => commands::holds::run(&config, &env, command).await,
        Command::Queue(command) => commands::queue::run(&config, &env, command).await,
        Command::Webhook(command) => commands::webhook::run(&config, &env, command).await,
        Command::Disconnect { yes, format } => {
            commands::disconnect::run(&config, &env, yes, format.format).await
        }
        // Answered above.
        Command::Config(_) => Ok(Exit::Success),
    }
}
