//! Webhook subscriptions.

/// One entry of `GET /webhooks`. The signing key is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Deel's id of it.
    pub id: String,
    /// Its name, which is also the label of its signing key.
    pub name: Option<String>,
    /// `enabled` or `disabled`. Deel disables a subscription after its tenth failed delivery.
    pub status: Option<String>,
    /// Where Deel delivers to.
    pub url: Option<String>,
    /// The subscribed event types.
    pub events: Vec<String>,
    /// `v1` or `v2`.
    pub api_version: Option<String>,
}

impl Subscription {
    /// Whether Deel delivers.
    pub fn is_enabled(&self) -> bool {
        self.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("enabled"))
    }
}
