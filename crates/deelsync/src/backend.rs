//! From the configuration to live objects: Redis (embedded or not), the vendors' clients, the reconciler.

use crate::commands::startup::Env;
use crate::config::{Config, JumpCloudCredentials, Rate};
use crate::embedded::Embedded;
use crate::exit::Exit;
use crate::{clock, out, service};
use anyhow::{Context as _, anyhow, bail};
use queue::{Queue, Vendor};
use reconciler::{Apply, Groups, Holds, LinkedAccounts, Mode, Parts, Reconciler, Settings, Trail};
use secrecy::ExposeSecret;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Variables that `run` needs and that are not set.
pub(crate) fn missing(config: &Config) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if config.deel.token.is_none() {
        missing.push("DEEL_API_TOKEN");
    }
    if config.deel.signing_keys.is_none() {
        missing.push("DEEL_SIGNING_KEYS");
    }
    if config.jumpcloud.credentials.is_none() {
        missing.push("JUMPCLOUD_API_KEY (or JUMPCLOUD_CLIENT_ID with JUMPCLOUD_CLIENT_SECRET)");
    }
    missing
}

/// Where the embedded Redis would be, if it is used and nothing is there yet: as an absolute path, since a wrong
/// directory to start in is the commonest reason.
pub(crate) fn no_data_in(config: &Config) -> Option<PathBuf> {
    if config.redis.url.is_some() {
        return None;
    }
    // What may not be looked at is reported by the attempt to use it.
    let absent = matches!(config.data_dir.join("redis").try_exists(), Ok(false));
    absent.then(|| std::path::absolute(&config.data_dir).unwrap_or_else(|_| config.data_dir.clone()))
}

/// What to do about it.
pub(crate) const NO_DATA: &str = "set DEELSYNC_DATA_DIR (or --data-dir) to the data directory of `deelsync run`, or use \
                                  the directory in which that was started";

/// Starts, or finds, the embedded Redis if no other is configured.
pub(crate) async fn embedded(config: &Config, env: &Env) -> anyhow::Result<Option<Embedded>> {
    if config.redis.url.is_some() {
        return Ok(None);
    }
    let runtime_dir = env.get("XDG_RUNTIME_DIR").map(Path::new).filter(|path| path.is_absolute());
    Ok(Some(Embedded::start(&config.data_dir, &config.redis.server_program, runtime_dir).await?))
}

/// The queue's configuration, for the embedded Redis or the configured one.
pub(crate) fn queue_config(config: &Config, embedded: Option<&Embedded>) -> anyhow::Result<queue::Config> {
    let url = match (&config.redis.url, embedded) {
        (Some(url), _) => url.expose_secret().to_owned(),
        (None, Some(embedded)) => embedded.url(),
        (None, None) => bail!("REDIS_URL is not set, and there is no embedded Redis"),
    };
    let mut queue = queue::Config::new(&url)?;
    queue.prefix.clone_from(&config.redis.prefix);
    queue.max_attempts = config.queue.max_attempts;
    queue.probe_every = config.queue.probe_every;
    queue.retention = config.audit.retention;
    Ok(queue)
}

/// Runs one command against Redis, and leaves Redis as it was found, also after Ctrl-C.
pub(crate) async fn with_queue<F>(
    config: &Config,
    env: &Env,
    command: impl FnOnce(Queue) -> F,
) -> anyhow::Result<Exit>
where
    F: Future<Output = anyhow::Result<Exit>>,
{
    // A command mostly looks at what a service keeps; in a directory of its own it finds nothing, so that has to be said.
    if let Some(path) = no_data_in(config) {
        out::note(format!(
            "starting with no data in {}; if `deelsync run` runs elsewhere, {NO_DATA}",
            path.display()
        ));
    }
    let embedded = embedded(config, env).await?;
    let outcome = tokio::select! {
        outcome = async { Box::pin(command(connect(config, embedded.as_ref()).await?)).await } => outcome,
        () = service::signal() => Err(anyhow!("interrupted")),
    };
    if let Some(embedded) = embedded {
        embedded.close().await;
    }
    outcome
}

async fn connect(config: &Config, embedded: Option<&Embedded>) -> anyhow::Result<Queue> {
    let queue = queue_config(config, embedded)?;
    Queue::connect(&queue).await.with_context(|| {
        format!("Redis at {} cannot be used; check REDIS_URL and that the server runs", queue.address)
    })
}

/// Deel's client.
pub(crate) fn deel(config: &Config) -> anyhow::Result<deel::Client> {
    let token =
        config.deel.token.clone().context("DEEL_API_TOKEN is not set; see docs/setup.md, \"Deel\"")?;
    let base_url = deel::BaseUrl::parse(&config.deel.base_url)?;
    let mut deel = deel::Config::new(base_url, token);
    deel.timeout = config.deel.timeout;
    deel.api_version.clone_from(&config.deel.api_version);
    deel.custom_fields = config.policy.reads_custom_fields();
    Ok(deel::Client::new(deel)?)
}

/// JumpCloud's connection. A writer is made from it only in enforce mode.
pub(crate) fn jumpcloud(config: &Config) -> anyhow::Result<jumpcloud::Connection> {
    let credentials = match &config.jumpcloud.credentials {
        Some(JumpCloudCredentials::ApiKey(key)) => jumpcloud::Credentials::ApiKey(key.clone()),
        Some(JumpCloudCredentials::ServiceAccount { client_id, client_secret }) => {
            jumpcloud::Credentials::ServiceAccount {
                client_id: client_id.clone(),
                client_secret: client_secret.clone(),
                oauth_url: config.jumpcloud.oauth_url.clone(),
            }
        }
        None => bail!(
            "JUMPCLOUD_API_KEY is not set, nor JUMPCLOUD_CLIENT_ID with JUMPCLOUD_CLIENT_SECRET; see docs/setup.md, \
             \"JumpCloud\""
        ),
    };
    let mut jumpcloud = jumpcloud::Config::new(config.jumpcloud.base_url.clone(), credentials);
    jumpcloud.timeout = config.jumpcloud.timeout;
    jumpcloud.organization.clone_from(&config.jumpcloud.organization);
    Ok(jumpcloud::Connection::new(jumpcloud)?)
}

/// A vendor's shared budget.
pub(crate) fn budget(config: &Config, queue: &Queue, vendor: Vendor) -> queue::Budget {
    let rate = match vendor {
        Vendor::Deel => config.deel.rate,
        Vendor::JumpCloud => config.jumpcloud.rate,
    };
    let limit = match rate {
        Rate::PerSecond(limit) => Some(limit),
        Rate::Off => None,
    };
    queue.budget(vendor, limit)
}

/// The reconciler over all of them.
pub(crate) fn reconciler(config: &Config, queue: &Queue) -> anyhow::Result<Reconciler> {
    let connection = jumpcloud(config)?;
    let apply = match config.mode {
        Mode::Observe => Apply::Observe,
        Mode::Enforce => Apply::Enforce(connection.writer()),
    };
    Ok(Reconciler::new(Parts {
        deel: deel(config)?,
        jumpcloud: connection.reader(),
        apply,
        queue: queue.clone(),
        deel_budget: budget(config, queue, Vendor::Deel),
        jumpcloud_budget: budget(config, queue, Vendor::JumpCloud),
        settings: Settings {
            policy: config.policy.clone(),
            limits: config.limits.clone(),
            excluded: config.excluded.clone(),
            trail: config.audit.enabled,
            ..Settings::default()
        },
        linked: LinkedAccounts::default(),
        groups: Groups::default(),
        clock: Arc::new(clock::now),
    }))
}

/// The audit trail; needs Redis only.
pub(crate) fn trail(config: &Config, queue: &Queue) -> Trail {
    Trail::new(queue.clone(), config.audit.enabled)
}

/// The holds; need Redis only.
pub(crate) fn holds(config: &Config, queue: &Queue) -> Holds {
    Holds::new(queue.clone(), trail(config, queue), Arc::new(clock::now))
}

/// Who acts at this terminal, for the trail: `user@host`, or what the environment says of it.
pub(crate) fn operator(env: &Env) -> String {
    let user = ["SUDO_USER", "USER", "LOGNAME"]
        .iter()
        .find_map(|name| env.get(*name).filter(|user| !user.is_empty()));
    let user = user.cloned().unwrap_or_else(|| {
        let uid = rustix::process::getuid().as_raw();
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        user_of(uid, &users).map_or_else(|| format!("uid {uid}"), str::to_owned)
    });
    format!("{user}@{}", host())
}

/// The name of a user in the format of passwd(5).
fn user_of(uid: u32, users: &str) -> Option<&str> {
    let uid = uid.to_string();
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)? == uid).then_some(name)
    })
}

/// This process's name in leases and in `queue status`: unique among those that live.
pub(crate) fn worker_name() -> String {
    format!("{}:{}", host(), std::process::id())
}

fn host() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_named_as_the_system_names_it() {
        let users = "root:x:0:0:root:/root:/bin/sh\nodd\nop:x:1000:1000::/home/op:/bin/sh\n";
        assert_eq!(user_of(1000, users), Some("op"));
        assert_eq!(user_of(100, users), None);
    }
}
