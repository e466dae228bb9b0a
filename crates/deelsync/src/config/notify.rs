//! Who is told of what cannot wait, and how.

use super::build::is_loopback;
use super::read::{Read, Unfit, printable};
use super::show::without_password;
use super::types::{MailConfig, NotifyConfig};
use std::time::Duration;

const WEBHOOK: &str = "NOTIFY_WEBHOOK_URL";
const PASSWORD: &str = "NOTIFY_SMTP_PASSWORD";

pub(super) fn notify(read: &mut Read<'_>) -> NotifyConfig {
    let webhook = read.secret(WEBHOOK).and_then(|(url, origin)| {
        use secrecy::ExposeSecret as _;
        match url::Url::parse(url.expose_secret()) {
            Ok(parsed)
                if parsed.scheme() == "https" || (parsed.scheme() == "http" && is_loopback(&parsed)) =>
            {
                Some(url)
            }
            _ => {
                let hint = "an incoming webhook's address, which starts with https://";
                read.problem(origin, format!("{WEBHOOK} is not an https URL"), hint);
                None
            }
        }
    });
    NotifyConfig { repeat: repeat(read), webhook, mail: mail(read) }
}

fn repeat(read: &mut Read<'_>) -> Duration {
    const BOUNDS: std::ops::RangeInclusive<Duration> =
        Duration::from_secs(60)..=Duration::from_secs(7 * 86_400);
    let repeat = read.parse("notify.repeat", |text| {
        match crate::clock::length(text).and_then(|length| Duration::try_from(length).ok()) {
            Some(every) if BOUNDS.contains(&every) => Ok(every),
            _ => Err(Unfit::new(
                format!("\"{}\" is not possible", printable(text)),
                "1m to 7d, for example 30m or 4h",
            )),
        }
    });
    repeat.unwrap_or(Duration::from_secs(4 * 3600))
}

fn mail(read: &mut Read<'_>) -> Option<MailConfig> {
    let address = |text: &str| {
        let what =
            || Unfit::new(format!("\"{}\" is not an address", printable(text)), "for example it@example.com");
        text.parse::<lettre::message::Mailbox>().map_err(|_| what())
    };
    let mut to = Vec::new();
    for text in read.list("notify.mail.to") {
        match address(&text) {
            Ok(mailbox) => to.push(mailbox),
            Err(unfit) => {
                read.problem_at("notify.mail.to", format!("notify.mail.to: {}", unfit.what), unfit.hint);
            }
        }
    }
    let from = read.parse("notify.mail.from", address);
    let smtp = read.parse("notify.mail.smtp_url", smtp);
    let password = read.secret(PASSWORD);
    match (to.is_empty(), from, smtp) {
        (false, Some(from), Some(smtp_url)) => {
            Some(MailConfig { to, from, smtp_url, password: password.map(|(secret, _)| secret) })
        }
        (true, None, None) => {
            if let Some((_, origin)) = password {
                let hint = "set to, from and smtp_url under [notify.mail]";
                read.problem(origin, format!("{PASSWORD} without a server to send mail through"), hint);
            }
            None
        }
        _ => {
            // What does not fit is on record already; what is missing is not.
            let keys = ["notify.mail.to", "notify.mail.from", "notify.mail.smtp_url"];
            if let Some(missing) = keys.into_iter().find(|key| read.text(key).is_none()) {
                let set = keys.into_iter().find(|key| read.text(key).is_some()).unwrap_or(missing);
                read.problem_at(set, format!("{missing} is not set"), "mail needs to, from and smtp_url");
            }
            None
        }
    }
}

/// `smtps://user@host` (TLS from the start), or `smtp://user@host?tls=required` (STARTTLS); in the clear only on loopback.
fn smtp(text: &str) -> Result<url::Url, Unfit> {
    const HINT: &str = "smtps://user@mail.example.com, or smtp://user@mail.example.com:587?tls=required";
    let shown = printable(&without_password(text));
    let url = url::Url::parse(text).ok().filter(|url| url.host_str().is_some_and(|host| !host.is_empty()));
    let Some(url) = url else { return Err(Unfit::new(format!("\"{shown}\" is not a URL"), HINT)) };
    let starttls = url.query() == Some("tls=required");
    if url.password().is_some() {
        let hint = format!("leave the user, and set {PASSWORD} in the environment");
        return Err(Unfit::new(format!("\"{shown}\" holds a password"), hint));
    }
    match url.scheme() {
        "smtps" => Ok(url),
        "smtp" if starttls || is_loopback(&url) => Ok(url),
        "smtp" => Err(Unfit::new(format!("\"{shown}\" would send in the clear"), HINT)),
        _ => Err(Unfit::new(format!("\"{shown}\" is not a mail server"), HINT)),
    }
}
