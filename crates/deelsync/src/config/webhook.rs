//! The subscription in Deel: its address, and how it is looked after.

use super::build::is_loopback;
use super::read::{Read, Unfit, printable};
use super::show::without_password;
use super::types::WebhookConfig;
use std::time::Duration;

const HOUR: f64 = 3600.0;

pub(super) fn webhook(read: &mut Read<'_>) -> WebhookConfig {
    WebhookConfig {
        url: read.parse("webhook.url", |text| address(text).map(|()| text.to_owned())),
        check_every: check_every(read),
        reenable: read.choice("webhook.reenable", &[("true", true), ("false", false)], true),
        silence: silence(read),
    }
}

/// An address that Deel can be told: https, or anything on loopback, for a simulated one.
pub(crate) fn address(text: &str) -> Result<(), Unfit> {
    const HINT: &str =
        "the public address of this program, for example https://deelsync.example.com/webhooks/deel";
    let shown = printable(&without_password(text));
    let Ok(url) = url::Url::parse(text) else {
        return Err(Unfit::new(format!("\"{shown}\" is not a URL"), HINT));
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Unfit::new(format!("\"{shown}\" holds a user or password"), HINT));
    }
    match url.scheme() {
        "https" if url.host_str().is_some() => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        "http" => Err(Unfit::new(format!("\"{shown}\" would carry webhooks in the clear"), HINT)),
        _ => Err(Unfit::new(format!("\"{shown}\" is not an https URL"), HINT)),
    }
}

fn check_every(read: &mut Read<'_>) -> Option<Duration> {
    const BOUNDS: std::ops::RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(86_400);
    let every = read.parse("webhook.check_every", |text| {
        if text == "off" {
            return Ok(None);
        }
        match crate::clock::length(text).and_then(|length| Duration::try_from(length).ok()) {
            Some(every) if BOUNDS.contains(&every) => Ok(Some(every)),
            _ => Err(Unfit::new(
                format!("\"{}\" is not possible", printable(text)),
                "1s to 1d, for example 5m or 1h; or off",
            )),
        }
    });
    every.flatten()
}

fn silence(read: &mut Read<'_>) -> Option<Duration> {
    const KEY: &str = "webhook.silence_hours";
    if read.text(KEY).as_deref() == Some("off") {
        return None;
    }
    Some(Duration::from_secs_f64(HOUR * read.number(KEY, 0.001, 8760.0, 72.0)))
}
