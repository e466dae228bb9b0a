//! JumpCloud: the credentials, the region, the organization.

use super::{Findings, slot};
use crate::backend;
use crate::config::{Config, JumpCloudCredentials};
use crate::telemetry::Chain;
use jumpcloud::{Error, Organization, Reader};
use queue::Budget;
use reconciler::Mode;

const ABOUT: &str = "JumpCloud";

/// The reader that was tried, if there can be one.
pub(super) async fn check(
    config: &Config,
    budget: Option<&Budget>,
    findings: &mut Findings,
) -> Option<Reader> {
    let reader = match backend::jumpcloud(config) {
        Ok(connection) => connection.reader(),
        Err(error) => {
            findings.missing(
                ABOUT,
                format!("{error:#}"),
                "JumpCloud: Settings, Service accounts (recommended), or the API key of an administrator made for this \
                 purpose",
            );
            return None;
        }
    };
    let how = match config.jumpcloud.credentials {
        Some(JumpCloudCredentials::ServiceAccount { .. }) => "the service account",
        _ => "the API key",
    };
    slot(budget).await;
    match reader.organizations().await {
        Ok(organizations) => {
            findings.ok(ABOUT, format!("{how} works in region {}", config.jumpcloud.region));
            organization(config, &reader, &organizations, budget, findings).await;
        }
        Err(error) => {
            let go_on = matches!(error, Error::Forbidden | Error::NotFound);
            let remedy = remedy(&error, config);
            if go_on {
                findings.warn(ABOUT, format!("the organizations cannot be read: {}", Chain(&error)), remedy);
            } else {
                findings.missing(ABOUT, Chain(&error).to_string(), remedy);
                return Some(reader);
            }
        }
    }
    users(config, &reader, budget, findings).await;
    super::groups::check(config, &reader, budget, findings).await;
    Some(reader)
}

async fn organization(
    config: &Config,
    reader: &Reader,
    organizations: &[Organization],
    budget: Option<&Budget>,
    findings: &mut Findings,
) {
    let one = match (&config.jumpcloud.organization, organizations) {
        (Some(id), _) => match organizations.iter().find(|organization| organization.id == *id) {
            Some(one) => one,
            None => {
                findings.missing(
                    ABOUT,
                    format!("the organization {id} of JUMPCLOUD_ORG_ID is not one that these credentials see"),
                    "JumpCloud: Settings, Organization profile, shows the id; leave the variable out if there is only one",
                );
                return;
            }
        },
        (None, [one]) => one,
        (None, []) => return,
        (None, several) => {
            let ids: Vec<&str> = several.iter().map(|organization| organization.id.as_str()).collect();
            findings.missing(
                ABOUT,
                format!("these credentials see {} organizations: {}", several.len(), ids.join(", ")),
                "set JUMPCLOUD_ORG_ID to the one that is meant",
            );
            return;
        }
    };
    findings.ok(ABOUT, format!("organization {} ({})", one.name, one.id));
    slot(budget).await;
    if let Ok(settings) = reader.organization(&one.id).await
        && let Some(state) = settings.manual_entry_state
    {
        findings.ok(
            ABOUT,
            format!("new users made by hand start as {state} there; ours get the state configured here"),
        );
    }
}

async fn users(config: &Config, reader: &Reader, budget: Option<&Budget>, findings: &mut Findings) {
    slot(budget).await;
    match reader.users_page(0, 1).await {
        Ok(page) => {
            let total = page.total.map_or_else(String::new, |total| format!(": {total} in all"));
            findings.ok(ABOUT, format!("users can be read{total}"));
            if config.mode == Mode::Enforce {
                findings.ok(
                    ABOUT,
                    "whether users can be written is not tried: it shows at the first change (roles: Manager, \
                     Administrator or Admin with Billing)",
                );
            }
        }
        Err(error) => findings.missing(
            ABOUT,
            format!("users cannot be read: {}", Chain(&error)),
            remedy(&error, config),
        ),
    }
}

fn remedy(error: &Error, config: &Config) -> String {
    match error {
        Error::Unauthorized => {
            format!("{} The region is {} now (JUMPCLOUD_REGION).", error.remedy(), config.jumpcloud.region)
        }
        other => other.remedy().to_owned(),
    }
}
