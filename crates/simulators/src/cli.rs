//! The command line.

use std::{net::SocketAddr, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use simulators::{deel, jumpcloud};

/// A fake Deel and a fake JumpCloud, to try deelsync without either. Everybody in them is invented.
///
/// `GET /_sim/` on a running one lists what it can be told: hire, terminate, faults, and more.
#[derive(Debug, Parser)]
#[command(name = "deelsync-sim", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A fake Deel: /rest/v2, and signed webhooks.
    Deel(Deel),
    /// A fake JumpCloud: /api and /api/v2.
    Jumpcloud(Jumpcloud),
}

/// Requests per second, or `off`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate(Option<u32>);

fn rate(text: &str) -> Result<Rate, String> {
    match text {
        "off" => Ok(Rate(None)),
        number => match number.parse::<u32>() {
            Ok(rate) if rate > 0 => Ok(Rate(Some(rate))),
            _ => Err("a number above 0, or off".to_owned()),
        },
    }
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "a number".to_owned())?;
    if speed.is_finite() && speed >= 0.0 { Ok(speed) } else { Err("a number of at least 0".to_owned()) }
}

fn percent(text: &str) -> Result<f64, String> {
    let percent: f64 = text.parse().map_err(|_| "a number".to_owned())?;
    if (0.0..=100.0).contains(&percent) { Ok(percent) } else { Err("a number from 0 to 100".to_owned()) }
}

#[derive(Debug, Args)]
pub(crate) struct Deel {
    /// Address and port; port 0 takes a free one, printed on stdout
    #[arg(long, default_value = "127.0.0.1:7080")]
    listen: SocketAddr,
    /// How many people there are at the start
    #[arg(long, default_value_t = 20)]
    people: usize,
    /// Who they are: the same seed gives the same people
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The API token that is accepted
    #[arg(long, default_value = "sim-token")]
    token: String,
    /// The key webhooks are signed with
    #[arg(long, default_value = "sim-key")]
    signing_key: String,
    /// Subscribe this address to all webhooks from the start
    #[arg(long, value_name = "URL")]
    deliver_to: Option<String>,
    /// Retry webhooks so many times faster than Deel's minutes and hours; 0: only on POST /_sim/retry
    #[arg(long, default_value = "1", value_parser = speed)]
    clock_speed: f64,
    /// Requests per second before 429, or off
    #[arg(long, default_value = "5", value_parser = rate)]
    rate: Rate,
    /// The organization's id; derived from the seed if not given
    #[arg(long, value_name = "ID")]
    organization: Option<String>,
    /// Act as for a token made without the sensitive-data box: names and emails are missing
    #[arg(long)]
    withhold_sensitive: bool,
    /// A scope the token lacks, such as people:read; may be repeated
    #[arg(long, value_name = "SCOPE")]
    missing_scope: Vec<String>,
}

impl From<Deel> for deel::Options {
    fn from(given: Deel) -> Self {
        Self {
            listen: given.listen,
            people: given.people,
            seed: given.seed,
            token: given.token,
            signing_key: given.signing_key,
            deliver_to: given.deliver_to,
            clock_speed: given.clock_speed,
            rate: given.rate.0,
            organization: given.organization,
            withhold_sensitive: given.withhold_sensitive,
            missing_scopes: given.missing_scope,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Population {
    /// Accounts kept by hand, none linked, some with other values
    Existing,
    /// Accounts linked to the fake Deel's people of the same seed, with their values
    Linked,
}

#[derive(Debug, Args)]
pub(crate) struct Jumpcloud {
    /// Address and port; port 0 takes a free one, printed on stdout
    #[arg(long, default_value = "127.0.0.1:7081")]
    listen: SocketAddr,
    /// How many accounts there are at the start
    #[arg(long, default_value_t = 0)]
    accounts: usize,
    /// Who they are: the fake Deel of the same seed has the same people
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The API key that is accepted
    #[arg(long, default_value = "sim-key")]
    key: String,
    /// Requests per second before 429, or off
    #[arg(long, default_value = "off", value_parser = rate)]
    rate: Rate,
    /// What the accounts look like
    #[arg(long, value_enum, default_value = "existing")]
    population: Population,
    /// Percentage of the linked accounts whose job title differs from Deel's
    #[arg(long, default_value = "0", value_parser = percent)]
    drift: f64,
    /// A service account, for POST /oauth2/token
    #[arg(long, value_name = "ID", requires = "client_secret")]
    client_id: Option<String>,
    /// Its secret
    #[arg(long, value_name = "SECRET", requires = "client_id")]
    client_secret: Option<String>,
    /// Seconds a service account's token lives
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    token_ttl: u64,
    /// Refuse requests without x-org-id, as for a multi-tenant administrator
    #[arg(long)]
    require_organization: bool,
}

impl From<Jumpcloud> for jumpcloud::Options {
    fn from(given: Jumpcloud) -> Self {
        Self {
            listen: given.listen,
            accounts: given.accounts,
            seed: given.seed,
            key: given.key,
            rate: given.rate.0,
            population: match given.population {
                Population::Existing => jumpcloud::Population::Existing,
                Population::Linked => jumpcloud::Population::Linked,
            },
            drift_percent: given.drift,
            service_account: given.client_id.zip(given.client_secret),
            token_ttl: Duration::from_secs(given.token_ttl),
            organization_required: given.require_organization,
        }
    }
}
