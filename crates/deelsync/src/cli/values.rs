//! How values on the command line are read.

use crate::clock;
use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp};
use provisioning::RunId;
use reconciler::At;
use std::net::SocketAddr;

pub(super) fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

/// An instant, or a local date with or without a time.
pub(super) fn at(text: &str) -> Result<At, String> {
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
pub(super) fn until(text: &str) -> Result<Timestamp, String> {
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

pub(super) fn mode(text: &str) -> Result<String, String> {
    let word = text.trim();
    if matches!(word, "observe" | "enforce") {
        Ok(word.to_owned())
    } else {
        Err("observe or enforce".to_owned())
    }
}

/// Where to listen; read once more with the configuration, which it goes into.
pub(super) fn listen(text: &str) -> Result<String, String> {
    let wanted = || "an IP address and a port: 127.0.0.1:8080, [::1]:8080, 0.0.0.0:8080".to_owned();
    text.trim().parse::<SocketAddr>().map(|_| text.trim().to_owned()).map_err(|_| wanted())
}

pub(super) fn admin_listen(text: &str) -> Result<String, String> {
    if text.trim() == "off" { Ok("off".to_owned()) } else { listen(text) }
}

pub(super) fn address(text: &str) -> Result<String, String> {
    let text = text.trim();
    let inside = text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    let odd = |c: char| c.is_whitespace() || c.is_control();
    if inside && text.len() <= 254 && !text.contains(odd) {
        Ok(text.to_owned())
    } else {
        Err("is not an address".to_owned())
    }
}

pub(super) fn run_id(text: &str) -> Result<RunId, String> {
    RunId::parse(text.trim()).map_err(|_| "is not a run's id".to_owned())
}

pub(super) fn max_age(text: &str) -> Result<SignedDuration, String> {
    let age = clock::length(text).filter(SignedDuration::is_positive);
    age.ok_or_else(|| "a length of time, for example 30m, 24h or 2d".to_owned())
}

pub(super) fn not_empty(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text.to_owned()) }
}
