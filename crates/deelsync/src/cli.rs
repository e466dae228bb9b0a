//! The command line. The help is the map of the program: a command that is not finished is not in it.

use crate::clock;
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use provisioning::RunId;
use reconciler::At;
use std::path::PathBuf;

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

fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
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
    /// Try every connection, and say what works, what is missing, and how to mend it
    Check(FormatArg),
    /// Say what a sync would do, and why; writes nothing (exit 2: changes pending)
    Plan {
        /// Only this person: Deel profile id; or the JumpCloud account's id, username or email
        #[arg(long, value_name = "ID")]
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
        #[arg(long, value_name = "ID")]
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
    /// Suspend a person at once, past all limits, until `holds release`
    Suspend {
        /// Deel profile id; or the JumpCloud account's id, username or email
        #[arg(value_name = "PERSON")]
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
        #[arg(value_name = "PERSON")]
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
        /// Deel profile id; or the JumpCloud account's id, username or email
        #[arg(value_name = "PERSON")]
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
    /// The configuration: an example, its errors, the effective one
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// An instant, or a local date with or without a time.
fn at(text: &str) -> Result<At, String> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(At::Instant(instant));
    }
    let date = || text.parse::<Date>().ok().map(|date| date.to_datetime(jiff::civil::Time::midnight()));
    let local = if text.contains(['T', 't', ' ']) { text.parse::<DateTime>().ok() } else { date() };
    local
        .map(At::Local)
        .ok_or_else(|| "expected 2026-12-01T09:00:00+01:00, 2026-12-01T09:00 or 2026-12-01".to_owned())
}

/// An instant, or a date, which is over with its day in UTC.
fn until(text: &str) -> Result<Timestamp, String> {
    let over = |date: Date| date.tomorrow().ok()?.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok();
    match text.trim().parse::<Timestamp>() {
        Ok(instant) => Ok(instant),
        Err(_) => text
            .trim()
            .parse::<Date>()
            .ok()
            .and_then(over)
            .map(|day| day.timestamp())
            .ok_or_else(|| "expected 2026-12-01T09:00:00+01:00 or 2026-12-01".to_owned()),
    }
}

fn address(text: &str) -> Result<String, String> {
    let text = text.trim();
    let inside = text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if inside && text.len() <= 254 && !text.contains(odd) {
        Ok(text.to_owned())
    } else {
        Err("is not an address".to_owned())
    }
}

fn run_id(text: &str) -> Result<RunId, String> {
    RunId::parse(text.trim()).map_err(|_| "is not a run's id".to_owned())
}

fn max_age(text: &str) -> Result<SignedDuration, String> {
    let age = clock::length(text).filter(SignedDuration::is_positive);
    age.ok_or_else(|| "a length of time, for example 30m, 24h or 2d".to_owned())
}

fn not_empty(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
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
    #[arg(long, value_name = "MODE")]
    pub(crate) mode: Option<String>,
    /// Address of the webhook listener [env: DEELSYNC_LISTEN]
    #[arg(long, value_name = "ADDR")]
    pub(crate) listen: Option<String>,
    /// Address for metrics and health [env: DEELSYNC_ADMIN_LISTEN]
    #[arg(long, value_name = "ADDR")]
    pub(crate) admin_listen: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HoldsCommand {
    /// List what waits for a decision
    List {
        /// Decided ones too
        #[arg(long)]
        all: bool,
        /// Only this person's (Deel profile id)
        #[arg(long, value_name = "ID")]
        person: Option<String>,
        /// Only those of this kind
        #[arg(long, value_name = "KIND")]
        kind: Option<String>,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Show one, with both values
    Show {
        /// The hold's id
        id: String,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Say yes: the change is made by the next run, which is asked for at once
    Approve(Ruling),
    /// Say no, until a value on either side changes
    Reject(Ruling),
    /// Put a person on a manual hold: no path changes anything for them, leavers included, until it is lifted or over
    Put {
        /// Deel profile id; or the JumpCloud account's id, username or email
        #[arg(value_name = "PERSON")]
        person: String,
        /// Why; stands on the account in JumpCloud
        #[arg(long, value_name = "TEXT", value_parser = not_empty)]
        reason: String,
        /// When it is over: 2026-12-01T09:00:00+01:00, or 2026-12-01 (that day included, UTC); without it, when lifted
        #[arg(long, value_name = "TIME", value_parser = until)]
        until: Option<Timestamp>,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Lift a manual hold; an ordinary look at the person follows
    Lift {
        /// Deel profile id; or the JumpCloud account's id, username or email
        #[arg(value_name = "PERSON")]
        person: String,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Take a `suspend` order back: a run that may reactivate the account is asked for at once
    Release(Decision),
}

/// What approving and rejecting take: ids, or what the open holds have in common.
#[derive(Debug, Args)]
pub(crate) struct Ruling {
    /// The holds' ids
    #[arg(required_unless_present_any = ["kind", "run"], value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Every open one of this kind, as `holds list` names it
    #[arg(long, value_name = "KIND", conflicts_with = "ids")]
    pub(crate) kind: Option<String>,
    /// Every open one that this run held, or a full run with its runs of single people
    #[arg(long, value_name = "RUN", conflicts_with = "ids")]
    pub(crate) run: Option<String>,
    /// Do not ask, however many they are
    #[arg(long)]
    pub(crate) yes: bool,
    /// A note for the audit trail
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) format: FormatArg,
}

#[derive(Debug, Args)]
pub(crate) struct Decision {
    /// The holds' ids
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// A note for the audit trail
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    #[command(flatten)]
    pub(crate) format: FormatArg,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List them, the newest first
    List {
        /// At most so many, the latest
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Show one: what it counted, and whom it changed
    Show {
        /// The run's id
        run: String,
        #[command(flatten)]
        format: FormatArg,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum QueueCommand {
    /// Depths, ages, pause, workers
    Status(FormatArg),
    /// List the jobs: those in every state, or in one
    List {
        /// Only those in this state
        #[arg(value_enum)]
        state: Option<State>,
        /// Skip so many of that state
        #[arg(long, value_name = "N", default_value_t = 0, requires = "state")]
        offset: usize,
        /// At most so many of each state
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Show one job: person:ID, or only ID, or reconcile
    Show {
        /// The job's key
        key: String,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Run dead or delayed jobs now
    Retry(Keys),
    /// Forget dead, delayed or waiting jobs
    Discard(Keys),
}

#[derive(Debug, Args)]
pub(crate) struct Keys {
    /// The jobs' keys
    #[arg(required = true)]
    pub(crate) keys: Vec<String>,
    #[command(flatten)]
    pub(crate) format: FormatArg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    Waiting,
    Delayed,
    Running,
    Dead,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print a commented configuration with every setting
    Example,
    /// List every error, with line and hint
    Check(FormatArg),
    /// Print the effective values and where each came from, secrets masked
    Show(FormatArg),
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
