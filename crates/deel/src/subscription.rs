//! Webhook subscriptions.

use crate::json::Value;

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
    pub(crate) fn read(value: Value<'_>) -> Option<Self> {
        let object = value.object()?;
        let text = |key: &str| object.get(key).and_then(Value::text);
        let events = object.get("events").and_then(Value::list).unwrap_or_default();
        Some(Self {
            id: text("id")?,
            name: text("name"),
            status: text("status"),
            url: text("url"),
            events: events.into_iter().filter_map(Value::string).collect(),
            api_version: text("api_version"),
        })
    }

    /// Whether Deel delivers.
    pub fn is_enabled(&self) -> bool {
        self.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("enabled"))
    }
}
