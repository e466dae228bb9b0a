//! The commands that have commands of their own.

use super::values::{not_empty, until};
use super::{Format, FormatArg};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum HoldsCommand {
    /// List what waits for a decision, and what informs; manual holds (`holds put`) stand in JumpCloud, and `plan` lists them
    List {
        /// Decided ones too
        #[arg(long)]
        all: bool,
        /// Only this person's (Deel profile id)
        #[arg(long, value_name = "ID", value_parser = not_empty)]
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
        /// Everybody whom an item about an attribute lists
        #[arg(long)]
        all: bool,
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
        #[arg(value_name = "PERSON", value_parser = not_empty)]
        person: String,
        /// Why; stands on the account in JumpCloud
        #[arg(long, value_name = "TEXT", value_parser = not_empty)]
        reason: String,
        /// When it is over: 2026-12-01T09:00:00+01:00; or 2026-12-01, the end of that day in UTC, wherever the person is;
        /// without it, when lifted
        #[arg(long, value_name = "TIME", value_parser = until)]
        until: Option<Timestamp>,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Lift a manual hold; an ordinary look at the person follows
    Lift {
        /// Deel profile id; or the JumpCloud account's id, username or email
        #[arg(value_name = "PERSON", value_parser = not_empty)]
        person: String,
        #[command(flatten)]
        format: FormatArg,
    },
    /// Take a `suspend` order back: a run that may reactivate the account is asked for at once
    ///
    /// JumpCloud has no way back to STAGED: an account that was STAGED when it was suspended is ACTIVATED then. You are asked
    /// first, or say `--yes`.
    Release(Release),
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

/// What taking orders back takes.
#[derive(Debug, Args)]
pub(crate) struct Release {
    #[command(flatten)]
    pub(crate) decision: Decision,
    /// Do not ask, even if an account that was STAGED becomes ACTIVATED
    #[arg(long)]
    pub(crate) yes: bool,
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
pub(crate) enum WebhookCommand {
    /// Whether Deel delivers to us, when it last did, and what the watchdog did (exit 1: something is amiss)
    Status(FormatArg),
    /// Make the subscription, or mend the one that is there; does nothing where all is well
    Register(Register),
    /// Give Deel the first of DEEL_SIGNING_KEYS; the others are still accepted
    Rotate(Rotate),
}

#[derive(Debug, Args)]
pub(crate) struct Register {
    /// The public address of this program [env: DEELSYNC_WEBHOOK_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Where to write the signing key, if Deel makes it because DEEL_SIGNING_KEYS is not set; never over another file
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// Print that key
    #[arg(long, conflicts_with = "key_file")]
    pub(crate) show_key: bool,
    /// Delete this other subscription afterwards, for example the one to the address before
    #[arg(long, value_name = "ID")]
    pub(crate) replace: Option<String>,
    #[command(flatten)]
    pub(crate) format: FormatArg,
}

#[derive(Debug, Args)]
pub(crate) struct Rotate {
    /// Go on although the address cannot be asked from here whether it takes the new key
    #[arg(long)]
    pub(crate) unseen: bool,
    #[command(flatten)]
    pub(crate) format: FormatArg,
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

impl HoldsCommand {
    pub(super) fn format(&self) -> Format {
        match self {
            Self::List { format, .. }
            | Self::Show { format, .. }
            | Self::Put { format, .. }
            | Self::Lift { format, .. } => format.format,
            Self::Approve(ruling) | Self::Reject(ruling) => ruling.format.format,
            Self::Release(release) => release.decision.format.format,
        }
    }
}

impl RunsCommand {
    pub(super) fn format(&self) -> Format {
        match self {
            Self::List { format, .. } | Self::Show { format, .. } => format.format,
        }
    }
}

impl QueueCommand {
    pub(super) fn format(&self) -> Format {
        match self {
            Self::List { format, .. } | Self::Show { format, .. } | Self::Status(format) => format.format,
            Self::Retry(keys) | Self::Discard(keys) => keys.format.format,
        }
    }
}

impl WebhookCommand {
    pub(super) fn format(&self) -> Format {
        match self {
            Self::Status(format) => format.format,
            Self::Register(register) => register.format.format,
            Self::Rotate(rotate) => rotate.format.format,
        }
    }
}

impl ConfigCommand {
    pub(super) fn format(&self) -> Format {
        match self {
            Self::Example => Format::Table,
            Self::Check(format) | Self::Show(format) => format.format,
        }
    }
}
