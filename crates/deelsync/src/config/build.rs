//! From collected values to the typed configuration.

use super::problem::Origin;
use super::read::{Read, Unfit, printable};
use super::show::{holds_password, without_password};
use super::types::{
    AuditConfig, Config, DeelConfig, JumpCloudConfig, JumpCloudCredentials, LogConfig, LogFormat, Nightly,
    QueueConfig, Rate, RedisConfig, ServerConfig,
};
use crate::clock;
use jiff::tz::TimeZone;
use reconciler::Mode;
use secrecy::{ExposeSecret, SecretString};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// JumpCloud's regions: name, API, token endpoint (JumpCloud API 1.0, "Authentication"; jc-cli's regions).
const REGIONS: &[(&str, &str, &str)] = &[
    ("us", "https://console.jumpcloud.com/api", "https://admin-oauth.id.jumpcloud.com/oauth2/token"),
    ("eu", "https://console.eu.jumpcloud.com/api", "https://admin-oauth.id.eu.jumpcloud.com/oauth2/token"),
    ("in", "https://console.in.jumpcloud.com/api", "https://admin-oauth.id.in.jumpcloud.com/oauth2/token"),
];

/// Reads everything. What does not fit is on record in `read`, and stands in the result as its default.
pub(super) fn build(read: &mut Read<'_>) -> Config {
    let deel = deel(read);
    let jumpcloud = jumpcloud(read);
    let redis = redis(read);
    let server = server(read);
    let mode =
        read.choice("sync.mode", &[("observe", Mode::Observe), ("enforce", Mode::Enforce)], Mode::Observe);
    let policy = super::policy::policy(read);
    let policy = super::mapping::extended(read, policy);
    Config {
        data_dir: PathBuf::from(read.text("data_dir").unwrap_or_default()),
        deel,
        jumpcloud,
        redis,
        server,
        mode,
        policy,
        limits: super::policy::limits(read),
        excluded: super::policy::excluded(read),
        nightly: nightly(read),
        every: every(read),
        audit: AuditConfig {
            enabled: read.choice("audit.enabled", &[("true", true), ("false", false)], true),
            retention: Duration::from_secs(86_400 * read.number("audit.retention_days", 1, 3650, 365)),
        },
        notify: super::notify::notify(read),
        webhook: super::webhook::webhook(read),
        queue: QueueConfig {
            concurrency: read.number("queue.concurrency", 1, 256, 16),
            max_attempts: read.number("queue.max_attempts", 1, 100, 8),
            probe_every: Duration::from_secs(read.number("queue.probe_seconds", 1, 600, 30)),
        },
        log: log(read),
    }
}

fn deel(read: &mut Read<'_>) -> DeelConfig {
    let base_url = vendor_url(read, "deel.base_url").unwrap_or_default();
    DeelConfig {
        rate: rate(read, "deel.rate_per_second", 100.0, &base_url, 5.0),
        timeout: Duration::from_secs(read.number("deel.timeout_seconds", 1, 120, 30)),
        base_url,
        api_version: read.text("deel.api_version"),
        token: read.secret("DEEL_API_TOKEN").map(|(secret, _)| secret),
        signing_keys: read.secret("DEEL_SIGNING_KEYS").map(|(secret, _)| secret),
    }
}

fn jumpcloud(read: &mut Read<'_>) -> JumpCloudConfig {
    let regions: Vec<_> = REGIONS.iter().map(|region| (region.0, region)).collect();
    let (region, base, oauth) = *read.choice("jumpcloud.region", &regions, &REGIONS[0]);
    let base_url = vendor_url(read, "jumpcloud.base_url").unwrap_or_else(|| base.to_owned());
    let oauth_url = vendor_url(read, "jumpcloud.oauth_url").unwrap_or_else(|| oauth.to_owned());
    JumpCloudConfig {
        region,
        rate: rate(read, "jumpcloud.rate_per_second", 1000.0, &base_url, 20.0),
        timeout: Duration::from_secs(read.number("jumpcloud.timeout_seconds", 1, 120, 30)),
        base_url,
        organization: read.text("jumpcloud.organization_id"),
        credentials: credentials(read),
        oauth_url,
    }
}

fn credentials(read: &mut Read<'_>) -> Option<JumpCloudCredentials> {
    let key = read.secret("JUMPCLOUD_API_KEY");
    let secret = read.secret("JUMPCLOUD_CLIENT_SECRET");
    let client_id = read.text("jumpcloud.client_id");
    match (key, client_id, secret) {
        (Some((_, origin)), Some(_), _) | (Some((_, origin)), _, Some(_)) => {
            read.problem(
                origin,
                "an API key and a service account are both set",
                "keep JUMPCLOUD_API_KEY, or JUMPCLOUD_CLIENT_ID with JUMPCLOUD_CLIENT_SECRET",
            );
            None
        }
        (Some((key, _)), None, None) => Some(JumpCloudCredentials::ApiKey(key)),
        (None, Some(client_id), Some((client_secret, _))) => {
            Some(JumpCloudCredentials::ServiceAccount { client_id, client_secret })
        }
        (None, Some(_), None) => {
            let hint = "set JUMPCLOUD_CLIENT_SECRET, or JUMPCLOUD_CLIENT_SECRET_FILE";
            read.problem_at("jumpcloud.client_id", "the service account has no secret", hint);
            None
        }
        (None, None, Some((_, origin))) => {
            read.problem(origin, "a service account's secret without its id", "set JUMPCLOUD_CLIENT_ID");
            None
        }
        (None, None, None) => None,
    }
}

fn redis(read: &mut Read<'_>) -> RedisConfig {
    let url = read.parse("redis.url", |text| {
        queue::Config::new(text).map(|_| text.to_owned()).map_err(|error| {
            Unfit::new(
                crate::telemetry::Chain(&error).to_string(),
                "for example redis://redis.internal:6379/0; unset it to use the embedded Redis",
            )
        })
    });
    let in_file = matches!(read.value("redis.url"), Some(value) if matches!(value.origin, Origin::File { .. } | Origin::Flag(_)));
    if in_file && url.as_deref().is_some_and(holds_password) {
        read.problem_at(
            "redis.url",
            "redis.url holds a password, and secrets do not belong in a file or flag",
            "remove it here, and set REDIS_URL in the environment, or REDIS_URL_FILE to the path of a file that holds it",
        );
    }
    let prefix = read.parse("redis.prefix", |text| {
        let ok = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let unfit = || {
            Unfit::new(format!("\"{}\" is not possible", printable(text)), "1 to 64 letters, digits, - and _")
        };
        ok.then(|| text.to_owned()).ok_or_else(unfit)
    });
    RedisConfig {
        url: url.map(Into::into),
        prefix: prefix.unwrap_or_default(),
        server_program: read.text("redis.server_program").unwrap_or_default(),
    }
}

fn server(read: &mut Read<'_>) -> ServerConfig {
    let listen = read.parse("server.listen", address);
    let admin = read.parse("server.admin_listen", |text| match text {
        "off" => Ok(None),
        text => address(text).map(Some),
    });
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let admin_token = admin_token(read);
    let config =
        ServerConfig { listen: listen.unwrap_or(nowhere), admin_listen: admin.flatten(), admin_token };
    if config.listen.port() != 0 && Some(config.listen) == config.admin_listen {
        let hint = "give the two listeners different ports";
        read.problem_at("server.admin_listen", "server.admin_listen is the same as server.listen", hint);
    }
    config
}

fn admin_token(read: &mut Read<'_>) -> Option<SecretString> {
    let (token, origin) = read.secret("DEELSYNC_ADMIN_TOKEN")?;
    let text = token.expose_secret();
    // What no header can carry.
    if text.chars().any(char::is_control) {
        read.problem(
            origin,
            "the token has a character that cannot be sent in a header",
            "for example the output of: openssl rand -hex 32",
        );
        return None;
    }
    Some(token)
}

fn address(text: &str) -> Result<SocketAddr, Unfit> {
    text.parse().map_err(|_| {
        let hint = match text.rsplit_once(':') {
            Some(("localhost", port)) => format!("write 127.0.0.1:{port}"),
            Some(("", port)) => format!("write 0.0.0.0:{port} for every interface, or 127.0.0.1:{port}"),
            _ => "an IP address and a port: 127.0.0.1:8080, [::1]:8080, 0.0.0.0:8080".to_owned(),
        };
        Unfit::new(format!("\"{}\" is not an address to listen on", printable(text)), hint)
    })
}

fn nightly(read: &mut Read<'_>) -> Option<Nightly> {
    let at = read.parse("sync.nightly_at", |text| {
        if text == "off" {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| {
            let what = format!("\"{}\" is not a time of day", printable(text));
            Unfit::new(what, "HH:MM, for example 02:00, or off")
        })
    });
    let zone = read.parse("sync.nightly_zone", zone);
    let zone_is_set = zone.is_some();
    Some(Nightly { at: at.flatten()?, zone: zone.unwrap_or(TimeZone::UTC), zone_is_set })
}

/// Between two comparisons: not so short that one meets the next, not so long that the nightly one is the rule.
fn every(read: &mut Read<'_>) -> Option<Duration> {
    const BOUNDS: std::ops::RangeInclusive<Duration> =
        Duration::from_secs(15 * 60)..=Duration::from_secs(7 * 86_400);
    let every = read.parse("sync.every", |text| {
        const HINT: &str = "15m to 7d, for example 30m, 4h or 1d; or off";
        if text == "off" {
            return Ok(None);
        }
        let span = clock::length(text).map(|length| Duration::try_from(length).unwrap_or_default());
        let shown = printable(text);
        match span {
            Some(every) if BOUNDS.contains(&every) => Ok(Some(every)),
            Some(_) => Err(Unfit::new(format!("\"{shown}\" is out of range"), HINT)),
            None => Err(Unfit::new(format!("\"{shown}\" is not a length of time"), HINT)),
        }
    });
    every.flatten()
}

/// A zone of the IANA database, which is compiled in.
fn zone(text: &str) -> Result<TimeZone, Unfit> {
    // The planner's reading of names, so that both settings take the same ones.
    let name = provisioning::TimeZoneName::parse(text).map_err(|_| no_zone(text))?;
    TimeZone::get(name.as_str()).map_err(|_| no_zone(text))
}

pub(super) fn no_zone(text: &str) -> Unfit {
    let what = format!("\"{}\" is not a time zone", printable(text));
    Unfit::new(what, "an IANA name such as Europe/Berlin, America/New_York or UTC")
}

fn log(read: &mut Read<'_>) -> LogConfig {
    let formats = [("auto", LogFormat::Auto), ("human", LogFormat::Human), ("json", LogFormat::Json)];
    let format = read.choice("log.format", &formats, LogFormat::Auto);
    let filter = read.parse("log.filter", |text| {
        EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|_| {
            let what = format!("\"{}\" is not a log filter", printable(text));
            Unfit::new(
                what,
                "a level (error, warn, info, debug, trace), or directives such as info,queue=debug",
            )
        })
    });
    LogConfig { format, filter }
}

/// A vendor's address: https, or anything on loopback.
fn vendor_url(read: &mut Read<'_>, key: &'static str) -> Option<String> {
    read.parse(key, |text| {
        let shown = printable(&without_password(text));
        let Ok(url) = url::Url::parse(text) else {
            return Err(Unfit::new(format!("\"{shown}\" is not a URL"), "it starts with https://"));
        };
        if !url.username().is_empty() || url.password().is_some() {
            let what = format!("\"{shown}\" holds a user or password");
            return Err(Unfit::new(
                what,
                "credentials have variables of their own; see `deelsync config example`",
            ));
        }
        match (url.scheme(), url.host_str()) {
            ("https", Some(_)) => {}
            ("http", Some(_)) if is_loopback(&url) => {}
            ("http", Some(_)) => {
                let what = format!("\"{shown}\" would send credentials in the clear");
                return Err(Unfit::new(
                    what,
                    "use https; http is possible only on loopback (127.0.0.1, ::1, localhost)",
                ));
            }
            _ => {
                return Err(Unfit::new(
                    format!("\"{shown}\" is not an https URL"),
                    "it starts with https://",
                ));
            }
        }
        Ok(text.trim_end_matches('/').to_owned())
    })
}

pub(super) fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        // Of schemes that the URL standard does not know, an address is a name, too.
        Some(url::Host::Domain(name)) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        None => false,
    }
}

fn rate(read: &mut Read<'_>, key: &'static str, max: f64, base_url: &str, fallback: f64) -> Rate {
    if read.text(key).as_deref() == Some("off") {
        if url::Url::parse(base_url).is_ok_and(|url| is_loopback(&url)) {
            return Rate::Off;
        }
        read.problem_at(
            key,
            format!("{key} may be off only for an address on loopback"),
            "the vendors enforce their limits; give a number of requests per second",
        );
        return Rate::PerSecond(fallback);
    }
    Rate::PerSecond(read.number(key, 0.1, max, fallback))
}
