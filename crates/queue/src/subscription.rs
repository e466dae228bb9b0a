//! Deel's webhooks as a whole: what is known of the subscription, and what comes from it.

use std::{collections::HashMap, time::Duration};

use crate::{control::ms, error::QueueError, key::Trigger, queue::Queue, scripts};

/// What the ingresses saw, all together. Times in milliseconds since 1970, as exact as the ingresses report: a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Seen {
    /// When a genuine webhook was accepted last; `None`: never in these data.
    pub accepted_ms: Option<u64>,
    /// How many were refused for a wrong signature since then.
    pub refused: u64,
    /// The first of these.
    pub refused_first_ms: Option<u64>,
    /// The last of these.
    pub refused_last_ms: Option<u64>,
}

impl Queue {
    /// What was put on record about the subscription (opaque).
    ///
    /// # Errors
    /// As Redis says.
    pub async fn subscription(&self) -> Result<Option<String>, QueueError> {
        self.command(redis::cmd("GET").arg(self.key("subscription"))).await
    }

    /// Replaces what is on record about the subscription, if it still is what `expected` says, and in the same step asks
    /// for everyone to be compared, if `reconcile` says by what. `false`, and nothing done, if it is something else.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn subscription_set(
        &self,
        expected: Option<&str>,
        json: &str,
        reconcile: Option<&Trigger>,
    ) -> Result<bool, QueueError> {
        self.run(&scripts::SUBSCRIPTION, |s| {
            s.arg(expected.unwrap_or_default()).arg(json).arg(reconcile.map_or("", Trigger::as_str));
        })
        .await
    }

    /// Takes the turn to look at the subscription, for all replicas. It ends by itself after `during`. `false` if somebody has
    /// it.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn subscription_turn(&self, during: Duration) -> Result<bool, QueueError> {
        let mut command = redis::cmd("SET");
        command.arg(self.key("subscription:turn")).arg(1).arg("NX").arg("PX").arg(ms(during).max(1));
        let answer: Option<String> = self.command(&command).await?;
        Ok(answer.is_some())
    }

    /// Reports what an ingress saw since its last report: whether a genuine webhook was accepted, and how many were refused for
    /// a wrong signature.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn ingress_saw(&self, accepted: bool, refused: u64) -> Result<(), QueueError> {
        self.run::<u64>(&scripts::INGRESS, |s| {
            s.arg(u8::from(accepted)).arg(refused);
        })
        .await
        .map(drop)
    }

    /// What the ingresses saw.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn ingress_seen(&self) -> Result<Seen, QueueError> {
        let fields: HashMap<String, String> =
            self.command(redis::cmd("HGETALL").arg(self.key("ingress"))).await?;
        let number = |name: &str| fields.get(name).and_then(|value| value.parse().ok());
        Ok(Seen {
            accepted_ms: number("accepted"),
            refused: number("refused").unwrap_or_default(),
            refused_first_ms: number("refused_first"),
            refused_last_ms: number("refused_last"),
        })
    }

    /// Forgets which due times were served, so that no schedule that is served no more makes up for a missed one.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn ticks_forget(&self) -> Result<Vec<String>, QueueError> {
        let key = self.key("ticks");
        let names: Vec<String> = self.command(redis::cmd("HKEYS").arg(&key)).await?;
        self.command::<u64>(redis::cmd("DEL").arg(&key)).await?;
        Ok(names)
    }
}
