//! Deel: the token, its scopes, the sensitive data, the webhook.

use super::{Findings, slot};
use crate::backend;
use crate::config::Config;
use crate::out;
use crate::telemetry::Chain;
use crate::webhook::{self, Found, Record, State};
use deel::{Client, Error, PersonRecord};
use queue::{Budget, Queue};
use secrecy::ExposeSecret;

const ABOUT: &str = "Deel";
const WEBHOOK: &str = "Webhook";

pub(super) async fn check(
    config: &Config,
    queue: Option<&Queue>,
    budget: Option<&Budget>,
    findings: &mut Findings,
) {
    let client = match backend::deel(config) {
        Ok(client) => client,
        Err(error) => {
            findings.missing(
                ABOUT,
                format!("{error:#}"),
                "Deel: More, Developer, Access tokens, Generate new token; an Organization token with the scopes \
                 people:read, organizations:read, contracts:read, webhooks:read and webhooks:write, and access to sensitive data",
            );
            signing_keys(config, findings);
            return;
        }
    };
    if organization(&client, budget, findings).await {
        people(&client, budget, findings).await;
        signing_keys(config, findings);
        subscriptions(config, &client, queue, budget, findings).await;
    } else {
        signing_keys(config, findings);
    }
}

/// Whether it is worth asking on.
async fn organization(client: &Client, budget: Option<&Budget>, findings: &mut Findings) -> bool {
    slot(budget).await;
    match client.organizations().await {
        Ok(organizations) => {
            let names: Vec<String> = organizations
                .iter()
                .map(|organization| match &organization.name {
                    Some(name) => format!("{name} ({})", organization.id),
                    None => organization.id.clone(),
                })
                .collect();
            findings.ok(ABOUT, format!("the token works, for {}", names.join(", ")));
            true
        }
        Err(error) => {
            let go_on = matches!(error, Error::MissingScope { .. } | Error::NotFound { .. });
            failed(&error, "organizations:read", findings);
            go_on
        }
    }
}

async fn people(client: &Client, budget: Option<&Budget>, findings: &mut Findings) {
    slot(budget).await;
    let page = match client.people_page(0, 100).await {
        Ok(page) => page,
        Err(error) => return failed(&error, "people:read", findings),
    };
    let total = page.total_rows.unwrap_or(u64::try_from(page.rows.len()).unwrap_or(u64::MAX));
    if page.rows.is_empty() {
        findings.warn(
            ABOUT,
            "people can be read, and there is nobody yet: whether names and emails are visible remains to be seen",
            "run this check again once there is a person in Deel",
        );
        return;
    }
    if page.rows.iter().any(|person| person.sensitive_withheld) {
        findings.missing(
            ABOUT,
            "people can be read, but names and emails are withheld from this token; nobody is changed",
            "make a new token and tick the box for sensitive data (personal information) while creating it",
        );
        return;
    }
    let count = |test: &dyn Fn(&PersonRecord) -> bool| page.rows.iter().filter(|person| test(person)).count();
    let shown = page.rows.len();
    findings.ok(
        ABOUT,
        format!(
            "people can be read: {total} in all; of the first {shown}, {} have a work email and {} a contract",
            count(&|person| person.work_email().is_some()),
            count(&|person| !person.employments.is_empty()),
        ),
    );
    if count(&|person| !person.employments.is_empty()) == 0 {
        findings.warn(
            ABOUT,
            "nobody's contracts are visible: whether somebody has left cannot be told from an ended contract",
            "give the token the scope contracts:read",
        );
    }
    if page.bad_rows > 0 {
        findings.warn(
            ABOUT,
            format!("{} of {shown} records cannot be read", page.bad_rows),
            "report it with the time of this check; the others are synced",
        );
    }
}

fn signing_keys(config: &Config, findings: &mut Findings) {
    let keys = config.deel.signing_keys.as_ref();
    match keys.map(|keys| deel::signature::SigningKeys::parse(keys.expose_secret())) {
        Some(Ok(keys)) => findings.ok(
            WEBHOOK,
            match keys.count() {
                1 => "a signing key is set".to_owned(),
                keys => format!("{keys} signing keys are set"),
            },
        ),
        _ => findings.missing(
            WEBHOOK,
            "DEEL_SIGNING_KEYS is not set: webhooks cannot be verified",
            "a long random text (openssl rand -hex 32), which `deelsync webhook register` tells Deel; or the key of a subscription that is there",
        ),
    }
}

async fn subscriptions(
    config: &Config,
    client: &Client,
    queue: Option<&Queue>,
    budget: Option<&Budget>,
    findings: &mut Findings,
) {
    let record = match queue {
        Some(queue) => webhook::read(queue).await.map(|stored| stored.record).unwrap_or_default(),
        None => Record::default(),
    };
    slot(budget).await;
    match client.subscriptions().await {
        Ok(all) => {
            let url = config.webhook.url.as_deref();
            let mut found = webhook::judge(&all, record.id.as_deref(), url);
            if found.state == State::Incomplete {
                slot(budget).await;
                if let Ok(types) = client.event_types().await {
                    found.offered(&types);
                }
            }
            subscribed(config, &found, findings);
            if let Some(queue) = queue {
                heard(queue, &record, findings).await;
            }
        }
        Err(error @ Error::MissingScope { .. }) => findings.warn(
            WEBHOOK,
            format!("the subscription cannot be looked at: {}", Chain(&error)),
            "give the token the scopes webhooks:read and webhooks:write, or look in Deel that the subscription is enabled",
        ),
        Err(error) => findings.warn(
            WEBHOOK,
            format!("the subscription cannot be looked at: {}", Chain(&error)),
            error.remedy(),
        ),
    }
}

fn subscribed(config: &Config, found: &Found, findings: &mut Findings) {
    let Some(one) = &found.subscription else {
        findings.warn(
            WEBHOOK,
            format!("no subscription delivers to an address with {} yet", ingress::PATH),
            match &config.webhook.url {
                Some(_) => "deelsync webhook register".to_owned(),
                None => format!(
                    "deelsync webhook register --url URL, with the public https address of this program and {}",
                    ingress::PATH
                ),
            },
        );
        return;
    };
    let name = one.name.as_deref().unwrap_or(&one.id);
    let url = one.url.as_deref().unwrap_or_default();
    match found.state {
        State::Disabled => findings.warn(
            WEBHOOK,
            format!(
                "the subscription {name} to {url} is disabled; Deel does that after ten failed deliveries"
            ),
            "make the address reachable, then: deelsync webhook register",
        ),
        State::Elsewhere => findings.warn(
            WEBHOOK,
            format!("the subscription {name} delivers to {url}, which is not webhook.url"),
            "deelsync webhook register makes one for webhook.url; or correct webhook.url",
        ),
        State::Incomplete => findings.warn(
            WEBHOOK,
            format!("the subscription {name} to {url} lacks the events {}", found.lacking.join(", ")),
            "deelsync webhook register adds them; until then such changes wait for the nightly comparison",
        ),
        State::Enabled | State::Unknown | State::Missing => findings.ok(
            WEBHOOK,
            format!("the subscription {name} to {url} is enabled, with {} events", one.events.len()),
        ),
    }
}

/// What has come of it.
async fn heard(queue: &Queue, record: &Record, findings: &mut Findings) {
    let Ok(seen) = queue.ingress_seen().await else { return };
    if let Some(since) = record.refused_since_ms {
        findings.warn(
            WEBHOOK,
            webhook::refused_words(since),
            "set the key of the subscription in DEEL_SIGNING_KEYS, or give Deel yours: deelsync webhook rotate",
        );
    }
    match (seen.accepted_ms, record.silent_since_ms) {
        (Some(at), Some(_)) => findings.warn(
            WEBHOOK,
            format!("the last webhook came at {}, unusually long ago", out::time(at)),
            "send a simulated event in Deel (More, Developer, Webhooks) and look at its deliveries there",
        ),
        (Some(at), None) => findings.ok(WEBHOOK, format!("the last webhook came at {}", out::time(at))),
        (None, _) => {}
    }
}

fn failed(error: &Error, scope: &str, findings: &mut Findings) {
    let remedy = match error {
        Error::MissingScope { .. } => format!("make a new token that has the scope {scope} as well"),
        other => other.remedy().to_owned(),
    };
    findings.missing(ABOUT, Chain(error).to_string(), remedy);
}
