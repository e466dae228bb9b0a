//! Redis: does it answer, and does it keep what it has accepted?

use super::Findings;
use crate::backend;
use crate::config::Config;
use crate::embedded::{Embedded, EmbeddedError};
use crate::telemetry::Chain;
use queue::{Persistence, Queue, Role};
use std::path::Path;

const ABOUT: &str = "Redis";
/// What a round trip and two clocks that are kept right may differ.
const CLOCKS_APART_MS: u64 = 2000;

/// The embedded one, before the first `run`.
pub(super) fn not_begun(config: &Config, path: &Path, findings: &mut Findings) {
    let program = &config.redis.server_program;
    match std::process::Command::new(program).arg("--version").output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let program = program.clone();
            findings.missing(
                ABOUT,
                EmbeddedError::NotInstalled { program }.to_string(),
                "the embedded Redis needs redis-server, or set REDIS_URL",
            );
        }
        _ => findings.warn(
            ABOUT,
            format!("REDIS_URL is not set, and there are no data in {} yet", path.display()),
            backend::NO_DATA,
        ),
    }
}

/// The queue, if there is one.
pub(super) async fn check(
    config: &Config,
    embedded: Option<&Embedded>,
    findings: &mut Findings,
) -> Option<Queue> {
    if config.redis.url.is_none() && embedded.is_none() {
        // Said already, with what to do.
        return None;
    }
    let configured = match backend::queue_config(config, embedded) {
        Ok(configured) => configured,
        Err(error) => {
            findings.missing(ABOUT, format!("{error:#}"), "correct REDIS_URL");
            return None;
        }
    };
    let queue = match Queue::connect(&configured).await {
        Ok(queue) => queue,
        Err(error) => {
            findings.missing(
                ABOUT,
                format!("{} cannot be used: {}", configured.address, Chain(&error)),
                "check REDIS_URL (host, port, password, TLS) and that the server runs; unset it to use the embedded Redis",
            );
            return None;
        }
    };
    match queue.persistence().await {
        Ok(persistence) => kept(&persistence, embedded.is_some(), findings),
        Err(error) => findings.warn(
            ABOUT,
            format!("answers, but does not say how it keeps data: {}", Chain(&error)),
            "see docs/redis.md for the settings it should have",
        ),
    }
    match queue.paused().await {
        Ok(Some(pause)) => findings.warn(
            ABOUT,
            format!("writes are paused since {} by {}", crate::out::time(pause.at_ms), pause.by),
            "`deelsync resume` lets them go on",
        ),
        Ok(None) => {}
        Err(error) => findings.missing(
            ABOUT,
            format!("cannot be read: {}", Chain(&error)),
            "the user of REDIS_URL needs all commands on keys that start with the prefix, and scripts",
        ),
    }
    let now = queue.now_ms().await;
    if let Ok(theirs) = now {
        clocks(theirs, crate::clock::now().as_millisecond(), findings);
    }
    if let (Ok(breakers), Ok(now)) = (queue.breakers().await, now) {
        for away in breakers {
            findings.warn(
                away.vendor.name(),
                format!("{}; work waits in line", crate::commands::away::words(&away, now)),
                "nothing is lost: one job tries it every half minute or so, and all go on once it answers",
            );
        }
    }
    Some(queue)
}

/// Times of jobs are Redis's, last days of work are this machine's: they have to agree. Both in milliseconds since 1970.
fn clocks(theirs: u64, ours: i64, findings: &mut Findings) {
    let ahead = i64::try_from(theirs).unwrap_or(i64::MAX).saturating_sub(ours);
    if ahead.unsigned_abs() > CLOCKS_APART_MS {
        let (seconds, side) = (ahead.unsigned_abs() / 1000, if ahead > 0 { "behind" } else { "ahead of" });
        findings.warn(
            ABOUT,
            format!("this machine's clock is {seconds} s {side} that of Redis"),
            "let both take their time from the network (NTP): last days and start dates are acted on by these clocks",
        );
    }
}

fn kept(found: &Persistence, embedded: bool, findings: &mut Findings) {
    let version = found.version.as_deref().map_or_else(String::new, |version| format!(" {version}"));
    let whose = if embedded { "embedded, in the data directory" } else { "as configured" };
    let before = findings.list.len();
    if found.role == Role::Replica {
        findings.missing(
            ABOUT,
            "the server is a replica and takes no writes",
            "point REDIS_URL at the master, or use redis-sentinel://host,host/master",
        );
    }
    match found.aof {
        Some(false) => findings.warn(
            ABOUT,
            "no append-only file: a restart of Redis forgets accepted webhooks (noticed, and answered with a full comparison)",
            "set appendonly yes and appendfsync always (redis.conf, or CONFIG SET)",
        ),
        None => findings.warn(
            ABOUT,
            "the server does not say whether it writes an append-only file",
            "make sure that persistence is on (managed services: AOF, or Multi-AZ with durability)",
        ),
        Some(true) => match found.appendfsync.as_deref() {
            Some("always") => {}
            Some(mode) => findings.warn(
                ABOUT,
                format!("appendfsync is {mode}: a power failure may lose the latest moments of accepted webhooks"),
                "set appendfsync always, so that a webhook is answered only when it is on disk",
            ),
            None => findings.warn(
                ABOUT,
                "the server does not say when it writes to disk",
                "make sure that appendfsync is always, or live with losing the latest second",
            ),
        },
    }
    if found.aof_last_write_ok == Some(false) {
        findings.missing(
            ABOUT,
            "the last write to its append-only file failed",
            "look at the server's log; its disk may be full",
        );
    }
    if found.replicas > 0 {
        findings.warn(
            ABOUT,
            format!(
                "{} replica(s): a failover may lose the latest moments, since replication is asynchronous",
                found.replicas
            ),
            "accepted: a failover is noticed while deelsync runs, and everyone is compared then; at the latest by night",
        );
    }
    if let Some(policy) = found.maxmemory_policy.as_deref().filter(|policy| *policy != "noeviction") {
        findings.warn(
            ABOUT,
            format!("maxmemory-policy is {policy}: when memory is short Redis throws jobs away"),
            "set maxmemory-policy noeviction",
        );
    }
    if findings.list.len() == before {
        findings.ok(ABOUT, format!("answers{version} ({whose}); what it accepts is on disk"));
    } else {
        findings.ok(ABOUT, format!("answers{version} ({whose})"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_are_told() {
        let told = |theirs, ours| {
            let mut findings = Findings { list: Vec::new(), print: false };
            clocks(theirs, ours, &mut findings);
            findings.list.iter().map(|finding| finding.text.clone()).collect::<Vec<_>>()
        };
        assert!(told(100_000, 99_000).is_empty());
        assert_eq!(told(100_000, 91_000), ["this machine's clock is 9 s behind that of Redis"]);
        assert_eq!(told(100_000, 103_500), ["this machine's clock is 3 s ahead of that of Redis"]);
    }
}
