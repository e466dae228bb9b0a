//! Webhook subscriptions: `/webhooks` of Deel's published OpenAPI document 2.1, and the webhook guide on
//! developer.deel.com.
//!
//! Bodies are bare, as in the guide's samples; what comes back is read under `data`, and bare as well.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::client::{Client, Endpoint, surprise};
use crate::json::{Object, Value};
use crate::{Error, Surprise};

const READ: &str = "webhooks:read";
const WRITE: &str = "webhooks:write";

/// One webhook subscription. The signing key is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Deel's id of it.
    pub id: String,
    /// Its name, which is also the label of its signing key.
    pub name: Option<String>,
    /// What somebody wrote about it.
    pub description: Option<String>,
    /// `enabled` or `disabled`. Deel disables a subscription after its tenth failed delivery.
    pub status: Option<String>,
    /// Where Deel delivers to.
    pub url: Option<String>,
    /// The subscribed event types.
    pub events: Vec<String>,
    /// `v1` or `v2`.
    pub api_version: Option<String>,
}

/// A subscription to be made: enabled, and of API version `v2`.
#[derive(Debug, Clone)]
pub struct NewSubscription {
    /// Its name.
    pub name: String,
    /// What it is for; Deel requires one.
    pub description: String,
    /// Where Deel is to deliver to.
    pub url: String,
    /// The event types; Deel refuses those that it does not offer ([`Client::event_types`]).
    pub events: Vec<String>,
    /// The key to sign with, 32 characters or more. Without one Deel makes one.
    pub signing_key: Option<SecretString>,
}

/// A subscription that was made.
#[derive(Debug)]
pub struct Created {
    /// As Deel has it.
    pub subscription: Subscription,
    /// The key it signs with, if the answer has it. It may be shown this once.
    pub signing_key: Option<SecretString>,
}

/// What is to change of a subscription. The address cannot be changed (developer.deel.com, webhooks).
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Whether Deel delivers.
    pub enabled: Option<bool>,
    /// The event types, all of them.
    pub events: Option<Vec<String>>,
    /// The key to sign with from now on. No overlap with the one before is documented.
    pub signing_key: Option<SecretString>,
}

impl Subscription {
    fn read(value: Value<'_>) -> Option<Self> {
        let object = value.object()?;
        let text = |key: &str| object.get(key).and_then(Value::text);
        let events = object.get("events").and_then(Value::list).unwrap_or_default();
        Some(Self {
            id: text("id")?,
            name: text("name"),
            description: text("description"),
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

impl Change {
    /// The document that PATCH is documented to take: everything, changed or not. But for the key: no answer shows it, and
    /// a null might take it away.
    fn whole(&self, of: &Subscription) -> String {
        let mut body = json!({
            "name": of.name, "description": of.description, "url": of.url, "status": of.status, "events": of.events,
        });
        self.put(&mut body);
        body.to_string()
    }

    /// Only what changes.
    fn alone(&self) -> String {
        let mut body = json!({});
        self.put(&mut body);
        body.to_string()
    }

    fn put(&self, body: &mut serde_json::Value) {
        if let Some(enabled) = self.enabled {
            body["status"] = if enabled { "enabled" } else { "disabled" }.into();
        }
        if let Some(events) = &self.events {
            body["events"] = events.clone().into();
        }
        if let Some(key) = &self.signing_key {
            body["signing_key"] = key.expose_secret().into();
        }
    }
}

impl Client {
    /// The webhook subscriptions, `GET /webhooks` (scope `webhooks:read`), without those that are deleted. The list has no
    /// pages.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, Error> {
        let endpoint = Endpoint { route: "/webhooks", scope: READ, path: &["webhooks"], query: &[] };
        let read = |value: Value<'_>| {
            let deleted = value.object()?.get("deleted_at").and_then(Value::text).is_some();
            Some((Subscription::read(value)?, deleted))
        };
        let all = self.get_list(endpoint, read).await?;
        Ok(all.into_iter().filter(|(_, deleted)| !deleted).map(|(one, _)| one).collect())
    }

    /// One subscription, `GET /webhooks/{id}` (scope `webhooks:read`).
    pub async fn subscription(&self, id: &str) -> Result<Subscription, Error> {
        one(&self.call(Method::GET, at(&["webhooks", id], READ), None).await?)
    }

    /// The names of the event types that can be subscribed to, `GET /webhooks/events/types` (scope `webhooks:read`).
    pub async fn event_types(&self) -> Result<Vec<String>, Error> {
        let path = &["webhooks", "events", "types"];
        let endpoint = Endpoint { route: "/webhooks/events/types", scope: READ, path, query: &[] };
        self.get_list(endpoint, |value| value.object()?.get("name")?.string()).await
    }

    /// Makes a subscription, `POST /webhooks` (scope `webhooks:write`). Deel takes a second one for the same address: whoever
    /// gets no answer has to look at the list before trying again.
    pub async fn create_subscription(&self, new: &NewSubscription) -> Result<Created, Error> {
        let mut body = json!({
            "name": new.name, "description": new.description, "status": "enabled", "url": new.url,
            "api_version": "v2", "events": new.events,
        });
        if let Some(key) = &new.signing_key {
            body["signing_key"] = key.expose_secret().into();
        }
        let endpoint = Endpoint { route: "/webhooks", scope: WRITE, path: &["webhooks"], query: &[] };
        let answer = self.call(Method::POST, endpoint, Some(body.to_string())).await?;
        let subscription = one(&answer)?;
        let shown = record(&answer).and_then(|object| object.get("signing_key"));
        let signing_key = shown.and_then(Value::string).map(SecretString::from);
        Ok(Created { subscription, signing_key })
    }

    /// Changes a subscription, `PATCH /webhooks/{id}` (scope `webhooks:write`). The documents require the whole of it; if
    /// that is answered 400, only what changes is sent.
    pub async fn change_subscription(
        &self,
        subscription: &Subscription,
        change: &Change,
    ) -> Result<Subscription, Error> {
        let path = ["webhooks", subscription.id.as_str()];
        let patch = async |body| one(&self.call(Method::PATCH, at(&path, WRITE), Some(body)).await?);
        match patch(change.whole(subscription)).await {
            Err(Error::Unexpected { what: Surprise::Status, status: Some(400), .. }) => {
                patch(change.alone()).await
            }
            result => result,
        }
    }

    /// Deletes a subscription, `DELETE /webhooks/{id}` (scope `webhooks:write`). One that is not there is
    /// [`Error::NotFound`].
    pub async fn delete_subscription(&self, id: &str) -> Result<(), Error> {
        self.call(Method::DELETE, at(&["webhooks", id], WRITE), None).await.map(drop)
    }
}

fn at<'a>(path: &'a [&'a str], scope: &'static str) -> Endpoint<'a> {
    Endpoint { route: "/webhooks/{id}", scope, path, query: &[] }
}

/// The record in an answer: under `data`, or bare.
fn record(body: &str) -> Option<Object<'_>> {
    let top = Object::parse(body)?;
    match top.get("data").and_then(Value::object) {
        Some(data) => Some(data),
        None => Some(top),
    }
}

fn one(body: &str) -> Result<Subscription, Error> {
    let inner = Object::parse(body).and_then(|top| top.get("data"));
    let bare = || crate::json::parse(body).ok();
    inner.or_else(bare).and_then(Subscription::read).ok_or_else(|| surprise(Surprise::Shape))
}
