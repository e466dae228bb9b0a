//! Learns which Deel organization is ours, so that the ingress can tell foreign webhooks; and finds out at the start
//! whether the credentials work at all.

use crate::telemetry::Chain;
use deel::Client;
use queue::Queue;
use std::time::Duration;

/// After a failure, doubled up to the longest.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(600);
/// After success: an organization's id does not change, a token may.
const REFRESH: Duration = Duration::from_secs(6 * 3600);

/// Asks both vendors until they answer. Nothing depends on it but the counting of foreign webhooks.
pub(super) async fn learn(deel: Client, jumpcloud: jumpcloud::Reader, queue: Queue) {
    tokio::join!(learn_deel(deel, queue), try_jumpcloud(jumpcloud));
}

async fn learn_deel(deel: Client, queue: Queue) {
    let mut pause = FIRST;
    loop {
        match deel.organizations().await {
            Ok(organizations) => {
                let ids: Vec<&str> =
                    organizations.iter().map(|organization| organization.id.as_str()).collect();
                match queue.organization_set("deel", &ids.join(",")).await {
                    Ok(()) => {
                        tracing::info!(deel.organizations = %ids.join(","), "Deel accepts the token");
                        pause = FIRST;
                        tokio::time::sleep(REFRESH).await;
                        continue;
                    }
                    Err(error) => {
                        tracing::debug!(error = %Chain(&error), "the organization was not remembered");
                    }
                }
            }
            Err(error) => tracing::error!(
                error = %Chain(&error),
                remedy = error.remedy(),
                "Deel cannot be asked; `deelsync check` says more"
            ),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

async fn try_jumpcloud(jumpcloud: jumpcloud::Reader) {
    let mut pause = FIRST;
    loop {
        match jumpcloud.organizations().await {
            Ok(organizations) => {
                let ids: Vec<&str> =
                    organizations.iter().map(|organization| organization.id.as_str()).collect();
                tracing::info!(jumpcloud.organizations = %ids.join(","), "JumpCloud accepts the credentials");
                return;
            }
            Err(error) => tracing::error!(
                error = %Chain(&error),
                remedy = error.remedy(),
                "JumpCloud cannot be asked; `deelsync check` says more"
            ),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}
