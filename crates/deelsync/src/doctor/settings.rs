//! What can be said without asking anybody.

use super::Findings;
use crate::config::Config;
use reconciler::Mode;

const ABOUT: &str = "Settings";

pub(super) fn check(config: &Config, findings: &mut Findings) {
    match config.mode {
        Mode::Observe => findings.warn(
            ABOUT,
            "observe mode: everything is received and planned, nothing is written to JumpCloud",
            "when the plans look right, set DEELSYNC_MODE=enforce (or mode = \"enforce\" under [sync])",
        ),
        Mode::Enforce => findings.ok(ABOUT, "enforce mode: JumpCloud is written"),
    }
    match &config.policy.organization_zone {
        Some(zone) => findings.ok(ABOUT, format!("last days end in {zone} for people whose own zone is not known")),
        None => findings.warn(
            ABOUT,
            "no time zone of the organization: for people whose own is not known, a last day ends when it has ended \
             everywhere on earth",
            "set organization_zone = \"Europe/Berlin\" (yours) under [sync], or DEELSYNC_SYNC_ORGANIZATION_ZONE",
        ),
    }
    match (&config.nightly, config.every) {
        (Some(nightly), _) if !nightly.zone_is_set => findings.warn(
            ABOUT,
            format!(
                "everyone is compared every night at {} UTC, since no zone is set for that time",
                nightly.at.strftime("%H:%M")
            ),
            "set nightly_zone = \"Europe/Berlin\" (yours) under [sync], or DEELSYNC_SYNC_NIGHTLY_ZONE",
        ),
        (None, None) => findings.warn(
            ABOUT,
            "the nightly comparison is off: what a webhook did not tell stays as it is",
            "set nightly_at = \"02:00\" under [sync]",
        ),
        _ => {}
    }
    let notify = &config.notify;
    let channels = [(notify.webhook.is_some(), "a webhook"), (notify.mail.is_some(), "mail")];
    let channels: Vec<&str> = channels.into_iter().filter_map(|(on, name)| on.then_some(name)).collect();
    if channels.is_empty() {
        findings.warn(
            ABOUT,
            "nobody is told when a leaver's account stays in use; only the log and the metrics say so",
            "set NOTIFY_WEBHOOK_URL (Slack's format), or to, from and smtp_url under [notify.mail]",
        );
    } else {
        findings.ok(
            ABOUT,
            format!("what cannot wait is told by {}, from `deelsync run` and `work`", channels.join(" and ")),
        );
    }
    if config.server.has_short_token() {
        findings.warn(
            ABOUT,
            "DEELSYNC_ADMIN_TOKEN is short: whoever reaches the admin listener may guess it",
            "use the output of: openssl rand -hex 32",
        );
    }
    if !config.audit.enabled {
        findings.warn(
            ABOUT,
            "the audit trail is off: `deelsync why` will know nothing",
            "set enabled = true under [audit]",
        );
    }
}
