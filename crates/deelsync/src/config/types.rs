//! The configuration as the rest of the program sees it.

use jiff::civil::Time;
use jiff::tz::TimeZone;
use secrecy::{ExposeSecret as _, SecretString};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Everything, checked.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) deel: DeelConfig,
    pub(crate) jumpcloud: JumpCloudConfig,
    pub(crate) redis: RedisConfig,
    pub(crate) server: ServerConfig,
    pub(crate) mode: reconciler::Mode,
    pub(crate) policy: provisioning::Policy,
    pub(crate) limits: provisioning::Limits,
    /// People that are left alone.
    pub(crate) excluded: BTreeSet<provisioning::ProfileId>,
    /// When everything is compared once a day; none: never by itself.
    pub(crate) nightly: Option<Nightly>,
    /// How often everything is compared besides.
    pub(crate) every: Option<Duration>,
    pub(crate) audit: AuditConfig,
    pub(crate) notify: NotifyConfig,
    pub(crate) webhook: WebhookConfig,
    pub(crate) queue: QueueConfig,
    pub(crate) log: LogConfig,
}

/// Requests per second, or no limit (loopback only).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rate {
    PerSecond(f64),
    Off,
}

#[derive(Clone, Debug)]
pub(crate) struct DeelConfig {
    pub(crate) base_url: String,
    pub(crate) api_version: Option<String>,
    pub(crate) rate: Rate,
    /// For a whole request.
    pub(crate) timeout: Duration,
    /// Needed by everything that asks Deel.
    pub(crate) token: Option<SecretString>,
    /// Needed by the webhook listener. Comma-separated.
    pub(crate) signing_keys: Option<SecretString>,
}

#[derive(Clone, Debug)]
pub(crate) struct JumpCloudConfig {
    /// `us`, `eu` or `in`.
    pub(crate) region: &'static str,
    pub(crate) base_url: String,
    /// Where a service account gets its tokens.
    pub(crate) oauth_url: String,
    pub(crate) organization: Option<String>,
    pub(crate) rate: Rate,
    /// For a whole request.
    pub(crate) timeout: Duration,
    /// Needed by everything that asks JumpCloud.
    pub(crate) credentials: Option<JumpCloudCredentials>,
}

#[derive(Clone, Debug)]
pub(crate) enum JumpCloudCredentials {
    ApiKey(SecretString),
    ServiceAccount { client_id: String, client_secret: SecretString },
}

#[derive(Clone, Debug)]
pub(crate) struct RedisConfig {
    /// None: the embedded one. May hold a password.
    pub(crate) url: Option<SecretString>,
    pub(crate) prefix: String,
    pub(crate) server_program: String,
}

#[derive(Clone, Debug)]
pub(crate) struct ServerConfig {
    pub(crate) listen: SocketAddr,
    /// None: off.
    pub(crate) admin_listen: Option<SocketAddr>,
    /// Opens the operator API. None: the API is off.
    pub(crate) admin_token: Option<SecretString>,
}

impl ServerConfig {
    /// Whether the operator API's token could be guessed over the network.
    pub(crate) fn has_short_token(&self) -> bool {
        self.admin_token.as_ref().is_some_and(|token| token.expose_secret().len() < 16)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Nightly {
    pub(crate) at: Time,
    pub(crate) zone: TimeZone,
    /// False: nobody said which zone, so it is UTC.
    pub(crate) zone_is_set: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct AuditConfig {
    pub(crate) enabled: bool,
    pub(crate) retention: Duration,
}

/// Who is told of what cannot wait.
#[derive(Clone, Debug)]
pub(crate) struct NotifyConfig {
    /// How long until what still holds is told again.
    pub(crate) repeat: Duration,
    /// An incoming webhook that takes `{"text": …}`. Whoever knows the address may post there.
    pub(crate) webhook: Option<SecretString>,
    pub(crate) mail: Option<MailConfig>,
}

/// The subscription in Deel.
#[derive(Clone, Debug)]
pub(crate) struct WebhookConfig {
    /// Where Deel is to deliver to.
    pub(crate) url: Option<String>,
    /// How often the subscription is looked at. None: never by itself.
    pub(crate) check_every: Option<Duration>,
    /// Whether one that Deel disabled is enabled again.
    pub(crate) reenable: bool,
    /// How long no webhook may come. None: for ever.
    pub(crate) silence: Option<Duration>,
}

#[derive(Clone, Debug)]
pub(crate) struct MailConfig {
    /// At least one.
    pub(crate) to: Vec<lettre::message::Mailbox>,
    pub(crate) from: lettre::message::Mailbox,
    /// `smtps://`, or `smtp://` with `?tls=required`, or on loopback; without a password.
    pub(crate) smtp_url: url::Url,
    pub(crate) password: Option<SecretString>,
}

#[derive(Clone, Debug)]
pub(crate) struct QueueConfig {
    pub(crate) concurrency: usize,
    pub(crate) max_attempts: u32,
    /// How often a vendor that is away is tried.
    pub(crate) probe_every: Duration,
}

#[derive(Clone, Debug)]
pub(crate) struct LogConfig {
    pub(crate) format: LogFormat,
    /// None: whatever suits the command.
    pub(crate) filter: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Human on a terminal, otherwise JSON.
    Auto,
    Human,
    Json,
}
