//! Requests about the subscription: in slots of the shared budget, and again while Deel limits or is away.

use crate::backend;
use crate::config::Config;
use crate::telemetry::Chain;
use deel::Client;
use queue::{Budget, Line, Queue, QueueError, Vendor};
use std::future::Future;
use std::time::{Duration, Instant};

/// Between two attempts, unless Deel asks for more.
const BETWEEN: Duration = Duration::from_secs(1);

/// Why Deel could not be asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// Deel gave no usable answer.
    #[error("{0}")]
    Deel(#[from] deel::Error),
    /// Without Redis nothing is asked: the vendor's limit is kept there.
    #[error("Redis cannot be asked for a slot")]
    Queue(#[from] QueueError),
}

impl AskError {
    /// What to do about it.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Deel(error) => error.remedy(),
            Self::Queue(_) => "Check REDIS_URL and that the server runs.",
        }
    }

    /// Whether Deel does not know what it was asked for.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Deel(deel::Error::NotFound { .. }))
    }
}

/// Deel's client with its budget. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Asking {
    pub(crate) deel: Client,
    budget: Budget,
    patience: Duration,
}

impl Asking {
    /// Goes on trying for `patience`, one attempt at least.
    pub(crate) fn new(config: &Config, queue: &Queue, patience: Duration) -> anyhow::Result<Self> {
        let budget = backend::budget(config, queue, Vendor::Deel);
        Ok(Self { deel: backend::deel(config)?, budget, patience })
    }

    /// Makes a call that may be made twice.
    pub(crate) async fn ask<T, F>(&self, call: impl Fn() -> F) -> Result<T, AskError>
    where
        F: Future<Output = Result<T, deel::Error>>,
    {
        let until = Instant::now() + self.patience;
        loop {
            let error = match self.once(call()).await {
                Err(AskError::Deel(error)) if error.is_transient() => error,
                result => return result,
            };
            let wait = error.retry_after().unwrap_or(BETWEEN).max(BETWEEN);
            if Instant::now() + wait > until {
                return Err(error.into());
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Makes a call once. The future must not have been polled before.
    pub(crate) async fn once<T>(
        &self,
        call: impl Future<Output = Result<T, deel::Error>>,
    ) -> Result<T, AskError> {
        self.budget.acquire(Line::Events).await?;
        let result = call.await;
        let told = match &result {
            Err(deel::Error::RateLimited { retry_after }) => self.budget.limited(*retry_after).await,
            Ok(_) => self.budget.ok().await,
            Err(_) => Ok(()),
        };
        if let Err(error) = told {
            tracing::debug!(error = %Chain(&error), "the rate budget could not be told");
        }
        Ok(result?)
    }
}
