//! Learns which Deel organization is ours, so that the ingress can tell foreign webhooks; and finds out at the start
//! whether the credentials work at all.

use crate::telemetry::Chain;
use deel::Client;
use queue::{Budget, Line, Queue, QueueError};
use std::time::Duration;

/// After a failure, doubled up to the longest.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(600);
/// How long the start may wait for it.
const FIRST_ATTEMPT: Duration = Duration::from_secs(2);
/// After success: an organization's id does not change, a token may.
const REFRESH: Duration = Duration::from_secs(6 * 3600);

/// Asks both vendors until they answer. Nothing depends on it but the counting of foreign webhooks.
pub(super) async fn learn(
    (deel, deel_budget): (Client, Budget),
    (jumpcloud, jumpcloud_budget): (jumpcloud::Reader, Budget),
    queue: Queue,
) {
    tokio::join!(learn_deel(deel, deel_budget, queue), try_jumpcloud(jumpcloud, jumpcloud_budget));
}

/// A slot of the vendor's budget. Nobody waits for this, and it is only one request.
async fn slot(budget: &Budget) -> Result<(), QueueError> {
    let slot = budget.acquire(Line::Events).await;
    if let Err(error) = &slot {
        tracing::debug!(error = %Chain(error), "no slot to ask for the organization");
    }
    slot
}

/// The ids as they are remembered.
fn ids(organizations: &[deel::Organization]) -> String {
    let ids: Vec<&str> = organizations.iter().map(|organization| organization.id.as_str()).collect();
    ids.join(",")
}

/// One attempt, soon over, before webhooks are taken: the first ones are then told apart as well.
pub(super) async fn learn_first(deel: &Client, budget: &Budget, queue: &Queue) {
    let attempt = async {
        if !queue.organization("deel").await.ok()?.unwrap_or_default().is_empty() {
            return None;
        }
        slot(budget).await.ok()?;
        queue.organization_set("deel", &ids(&deel.organizations().await.ok()?)).await.ok()
    };
    // Whatever fails is tried again, and told, by `learn`.
    let _ = tokio::time::timeout(FIRST_ATTEMPT, attempt).await;
}

async fn learn_deel(deel: Client, budget: Budget, queue: Queue) {
    let mut pause = FIRST;
    loop {
        if slot(&budget).await.is_err() {
            tokio::time::sleep(pause).await;
            continue;
        }
        match deel.organizations().await {
            Ok(organizations) => {
                let ids = ids(&organizations);
                match queue.organization_set("deel", &ids).await {
                    Ok(()) => {
                        tracing::info!(deel.organizations = %ids, "Deel accepts the token");
                        pause = FIRST;
                        tokio::time::sleep(REFRESH).await;
                        continue;
                    }
                    Err(error) => {
                        tracing::debug!(error = %Chain(&error), "the organization was not remembered");
                    }
                }
            }
            Err(deel::Error::RateLimited { retry_after }) => {
                let _ = budget.limited(retry_after).await;
                tracing::debug!("Deel limits requests; its organization is asked for again");
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

async fn try_jumpcloud(jumpcloud: jumpcloud::Reader, budget: Budget) {
    let mut pause = FIRST;
    loop {
        if slot(&budget).await.is_err() {
            tokio::time::sleep(pause).await;
            continue;
        }
        match jumpcloud.organizations().await {
            Ok(organizations) => {
                let ids: Vec<&str> =
                    organizations.iter().map(|organization| organization.id.as_str()).collect();
                tracing::info!(jumpcloud.organizations = %ids.join(","), "JumpCloud accepts the credentials");
                return;
            }
            Err(jumpcloud::Error::RateLimited { retry_after }) => {
                let _ = budget.limited(retry_after).await;
                tracing::debug!("JumpCloud limits requests; it is asked again");
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
