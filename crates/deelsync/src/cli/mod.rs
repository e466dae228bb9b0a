//! The command line. The help is the map of the program: a command that is not finished is not in it.

mod subcommands;
mod values;

pub(crate) use subcommands::{
    ConfigCommand, Decision, HoldsCommand, Keys, QueueCommand, Register, Release, Rotate, Ruling,
    RunsCommand, State, WebhookCommand,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;
use provisioning::RunId;
use reconciler::At;
use std::path::PathBuf;
use values::{address, admin_listen, at, key_value, listen, max_age, mode, not_empty, run_id};

/// Keeps JumpCloud users in step with Deel.
#[derive(Debug, Parser)]
#[command(
    name = "deelsync",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "Secrets come from the environment: DEEL_API_TOKEN, DEEL_SIGNING_KEYS, and JUMPCLOUD_API_KEY or \
                  JUMPCLOUD_CLIENT_ID with JUMPCLOUD_CLIENT_SECRET; or from the file that NAME_FILE names.\n\
                  Start with `deelsync check`.\n\n\
                  Exit codes: 0 done, 1 failed or refused, 2 changes pending (plan), 64 wrong usage."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Configuration file [env: DEELSYNC_CONFIG] [default: ./deelsync.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Configuration")]
    pub(crate) config: Option<PathBuf>,
    /// Set one setting, for example --set sync.mode=enforce (repeatable)
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_value, help_heading = "Configuration")]
    pub(crate) set: Vec<(String, String)>,
    /// Directory of the embedded Redis [env: DEELSYNC_DATA_DIR]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Configuration")]
    pub(crate) data_dir: Option<String>,
    /// Log level or filter [env: DEELSYNC_LOG]
    #[arg(long, global = true, value_name = "FILTER", help_heading = "Configuration")]
    pub(crate) log: Option<String>,
    /// auto, human or json [env: DEELSYNC_LOG_FORMAT]
    #[arg(long, global = true, value_name = "FORMAT", help_heading = "Configuration")]
    pub(crate) log_format: Option<String>,
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// One JSON document on stdout.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Receive webhooks, work, and keep the schedule, in one process
    Run(ServiceArgs),
    /// Receive webhooks only
    Serve(ServiceArgs),
    /// Work and keep the schedule only
    Work(ServiceArgs),
    /// Ask the process on this machine whether it is ready: for health checks of containers
    #[command(hide = true)]
    Health(FormatArg),
    /// Try every connection, and say what works, what is missing, and how to mend it
    Check {
        /// Also send a test message to everybody who is to be notified
        #[arg(long)]
        notify: bool,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Say what a sync would do, and why; writes nothing (exit 2: changes pending)
    Plan {
        /// Only this person: Deel profile id; or the JumpCloud account's id, username or email
        #[arg(long, value_name = "ID", value_parser = not_empty)]
        person: Option<String>,
        /// Save the plan for `apply`; holds names and addresses, readable by its owner alone
        #[arg(long, value_name = "FILE", conflicts_with = "person")]
        out: Option<PathBuf>,
        /// Replace a file that is there
        #[arg(long, requires = "out")]
        force: bool,
        /// Every row of the table
        #[arg(long, conflicts_with = "person")]
        all: bool,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Apply exactly a saved plan; whoever changed since is refused and listed
    Apply {
        /// What `plan --out` saved
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The oldest that the plan may be, for example 30m or 2d [default: 24h]
        #[arg(long, value_name = "TIME", value_parser = max_age)]
        max_age: Option<SignedDuration>,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Plan and apply now, for everyone or one person; what exceeds a limit is held
    Sync {
        /// Only this person: Deel profile id; or the JumpCloud account's id, username or email
        #[arg(long, value_name = "ID", value_parser = not_empty)]
        person: Option<String>,
        /// Only ask a running worker for it
        #[arg(long, conflicts_with = "person")]
        no_wait: bool,
        #[command(flatten)]
        format: FormatArg,
    },
    /// How the latest syncs of everyone ended
    #[command(args_conflicts_with_subcommands = true)]
    Runs {
        #[command(subcommand)]
        command: Option<RunsCommand>,
        /// At most so many, the latest
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Suspend a person at once, past all limits and manual holds, until `holds release`
    Suspend {
        /// Deel profile id; or the JumpCloud account's id, username or email
        #[arg(value_name = "PERSON", value_parser = not_empty)]
        person: String,
        /// Why; goes on the audit trail
        #[arg(long, value_name = "TEXT", value_parser = not_empty)]
        reason: String,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Activate a staged account now, or have JumpCloud do it at a time; nobody gets mail unless asked
    Activate {
        /// Deel profile id; or the JumpCloud account's id, username or email
        #[arg(value_name = "PERSON", value_parser = not_empty)]
        person: String,
        /// At least an hour ahead, done by JumpCloud itself: 2026-12-01T09:00:00+01:00, or without the offset (a date alone is its
        /// midnight) where the person is
        #[arg(long, value_name = "TIME", value_parser = at)]
        at: Option<At>,
        /// Have JumpCloud send its mail about the activation to this address
        #[arg(long, value_name = "ADDR", value_parser = address)]
        send_email_to: Option<String>,
        /// Delete the activation that deelsync scheduled
        #[arg(long, conflicts_with_all = ["at", "send_email_to"])]
        cancel: bool,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Take back what a run did, where nobody changed it since; shows its plan first and asks
    Undo {
        /// The run, as `why` and `runs` name it
        #[arg(value_name = "RUN", value_parser = run_id)]
        run: RunId,
        /// Show everybody, however many they are
        #[arg(long)]
        all: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Stop all writes of all processes; work waits
    Pause {
        /// Why
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Let writes go on
    Resume(FormatArg),
    /// Changes that wait for a decision
    #[command(subcommand)]
    Holds(HoldsCommand),
    /// Tell one person's story from the audit trail; or, without PERSON, what was changed or held lately
    Why {
        /// Deel profile id; the JumpCloud account's id, username or email; or the name, username or email on the trail or in a hold
        #[arg(value_name = "PERSON", value_parser = not_empty)]
        person: Option<String>,
        /// At most so many entries, the latest [default: 50; 20 without PERSON]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: Option<u16>,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Jobs: what waits, runs, is delayed, is dead, and why
    #[command(subcommand)]
    Queue(QueueCommand),
    /// The webhook subscription in Deel: how it is, making it, a new key
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Delete our subscription in Deel, end our schedules, pause all writes, and list what is left in JumpCloud
    Disconnect {
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        format: FormatArg,
    },
    /// The configuration: an example, its errors, the effective one
    #[command(subcommand)]
    Config(ConfigCommand),
}

impl Command {
    /// How its answer is wanted; the long-running ones give none.
    pub(crate) fn format(&self) -> Format {
        match self {
            Self::Run(_) | Self::Serve(_) | Self::Work(_) => Format::Table,
            Self::Health(format) | Self::Resume(format) => format.format,
            Self::Check { format, .. }
            | Self::Plan { format, .. }
            | Self::Apply { format, .. }
            | Self::Sync { format, .. }
            | Self::Suspend { format, .. }
            | Self::Activate { format, .. }
            | Self::Undo { format, .. }
            | Self::Pause { format, .. }
            | Self::Why { format, .. }
            | Self::Disconnect { format, .. } => format.format,
            Self::Runs { command, format, .. } => command.as_ref().map_or(format.format, RunsCommand::format),
            Self::Holds(command) => command.format(),
            Self::Queue(command) => command.format(),
            Self::Webhook(command) => command.format(),
            Self::Config(command) => command.format(),
        }
    }
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct FormatArg {
    /// How to print the answer
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
}

/// What the long-running commands take.
#[derive(Debug, Args)]
pub(crate) struct ServiceArgs {
    /// observe or enforce [env: DEELSYNC_MODE]
    #[arg(long, value_name = "MODE", value_parser = mode)]
    pub(crate) mode: Option<String>,
    /// Address of the webhook listener [env: DEELSYNC_LISTEN]
    #[arg(long, value_name = "ADDR", value_parser = listen)]
    pub(crate) listen: Option<String>,
    /// Address for metrics and health [env: DEELSYNC_ADMIN_LISTEN]
    #[arg(long, value_name = "ADDR", value_parser = admin_listen)]
    pub(crate) admin_listen: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
