//! `/webhooks`: subscriptions, and the types that can be subscribed to.

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Bytes, Data, Path},
};
use serde_json::{Value, json};

use super::{
    Shared, events,
    outbox::Subscription,
    wire::{Refusal, admit, refuse, reply},
};
use crate::{clock, gate::lock, invented::uuid};

/// Shortest signing key a client may choose.
const SHORTEST_KEY: usize = 32;

pub(super) async fn list(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let result = admit(&request, &shared, "webhooks:read").map(|()| {
        let outbox = lock(&shared.outbox);
        json!({ "data": outbox.subscriptions.iter().map(|s| s.shown(false)).collect::<Vec<_>>() })
    });
    reply(&request, result)
}

pub(super) async fn one(request: HttpRequest, shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    let result = admit(&request, &shared, "webhooks:read").and_then(|()| {
        let mut outbox = lock(&shared.outbox);
        let found = outbox.subscription(&id).ok_or_else(|| Refusal::not_found("Webhook"))?;
        Ok(json!({ "data": found.shown(false) }))
    });
    reply(&request, result)
}

pub(super) async fn create(request: HttpRequest, shared: Data<Shared>, body: Bytes) -> HttpResponse {
    let result = admit(&request, &shared, "webhooks:write").and_then(|()| {
        let body = fields(&body)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let url = text("url").ok_or_else(|| Refusal::invalid("url", "\"url\" is required"))?;
        if !url.starts_with("https://") && !url.starts_with("http://") {
            return Err(Refusal::invalid("url", "\"url\" must be a valid uri"));
        }
        let events = chosen(body.get("events").unwrap_or(&Value::Null))?;
        let api_version = version(body.get("api_version"))?.unwrap_or_else(|| "v2".to_owned());
        let key = key(body.get("signing_key"))?;
        let enabled = status(body.get("status"))?.unwrap_or(true);
        let now = clock::now_stamp();
        let mut world = lock(&shared.world);
        let id = uuid(&mut world.random);
        let made = hex::encode([uuid(&mut world.random), uuid(&mut world.random)].concat());
        drop(world);
        let subscription = Subscription {
            id,
            name: text("name"),
            description: text("description"),
            enabled,
            url,
            signing_key: key.unwrap_or(made),
            api_version,
            events,
            created_at: now.clone(),
            updated_at: now,
        };
        let shown = json!({ "data": subscription.shown(true) });
        lock(&shared.outbox).subscriptions.push(subscription);
        Ok(shown)
    });
    match result {
        Ok(body) => HttpResponse::Created().json(body),
        Err(refusal) => refuse(&request, &refusal),
    }
}

pub(super) async fn change(
    request: HttpRequest,
    shared: Data<Shared>,
    id: Path<String>,
    body: Bytes,
) -> HttpResponse {
    let result = admit(&request, &shared, "webhooks:write").and_then(|()| {
        let body = fields(&body)?;
        let mut outbox = lock(&shared.outbox);
        let subscription = outbox.subscription(&id).ok_or_else(|| Refusal::not_found("Webhook"))?;
        // The guide: the address cannot be edited, make a new subscription.
        if body.get("url").and_then(Value::as_str).is_some_and(|url| url != subscription.url) {
            return Err(Refusal::invalid("url", "\"url\" cannot be changed"));
        }
        let events = body.get("events").map(chosen).transpose()?;
        let api_version = version(body.get("api_version"))?;
        let key = key(body.get("signing_key"))?;
        let enabled = status(body.get("status"))?;
        for (name, field) in
            [("name", &mut subscription.name), ("description", &mut subscription.description)]
        {
            if let Some(value) = body.get(name) {
                *field = value.as_str().map(str::to_owned);
            }
        }
        subscription.events = events.unwrap_or_else(|| std::mem::take(&mut subscription.events));
        subscription.api_version = api_version.unwrap_or_else(|| subscription.api_version.clone());
        let with_key = key.is_some();
        subscription.signing_key = key.unwrap_or_else(|| subscription.signing_key.clone());
        subscription.enabled = enabled.unwrap_or(subscription.enabled);
        subscription.updated_at = clock::now_stamp();
        let shown = json!({ "data": subscription.shown(with_key) });
        if enabled == Some(false) {
            outbox.abandon(&id);
        }
        Ok(shown)
    });
    reply(&request, result)
}

pub(super) async fn remove(request: HttpRequest, shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    let result = admit(&request, &shared, "webhooks:write").and_then(|()| {
        let mut outbox = lock(&shared.outbox);
        outbox.subscription(&id).ok_or_else(|| Refusal::not_found("Webhook"))?;
        outbox.subscriptions.retain(|subscription| subscription.id != *id);
        outbox.abandon(&id);
        Ok(json!({ "data": { "deleted": true } }))
    });
    reply(&request, result)
}

pub(super) async fn types(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let result = admit(&request, &shared, "webhooks:read").map(|()| {
        let of = |&(name, module, description): &(&str, &str, &str)| {
            json!({
                "id": events::type_id(name),
                "module_name": module.replace(' ', "-"),
                "module_label": module,
                "name": name,
                "description": description,
                "payload_example": null,
                "created_at": "2024-08-28T10:51:50.868Z",
                "updated_at": "2024-08-28T10:51:50.868Z",
            })
        };
        json!({ "data": events::TYPES.iter().map(of).collect::<Vec<_>>() })
    });
    reply(&request, result)
}

/// The body's fields, bare as in Deel's curl sample or wrapped in `data` as on another page of its documents.
fn fields(body: &[u8]) -> Result<Value, Refusal> {
    let mut body: Value = serde_json::from_slice(body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "The body must be a JSON object"))?;
    Ok(match body.get_mut("data") {
        Some(inner) if inner.is_object() => inner.take(),
        _ => body,
    })
}

fn chosen(value: &Value) -> Result<Vec<String>, Refusal> {
    let wrong = |why: &str| Refusal::invalid("events", why);
    let list = value.as_array().ok_or_else(|| wrong("\"events\" must be an array"))?;
    if list.is_empty() {
        return Err(wrong("\"events\" must contain at least 1 item"));
    }
    list.iter()
        .map(|name| {
            let name = name.as_str().ok_or_else(|| wrong("\"events\" must contain strings"))?;
            let known = events::TYPES.iter().any(|(known, _, _)| *known == name);
            known.then(|| name.to_owned()).ok_or_else(|| wrong("\"events\" contains an unknown event type"))
        })
        .collect()
}

fn version(value: Option<&Value>) -> Result<Option<String>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text == "v1" || text == "v2" => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::invalid("api_version", "\"api_version\" must be one of v1, v2")),
    }
}

fn key(value: Option<&Value>) -> Result<Option<String>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() >= SHORTEST_KEY => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::invalid("signing_key", "\"signing_key\" must have at least 32 characters")),
    }
}

fn status(value: Option<&Value>) -> Result<Option<bool>, Refusal> {
    match value.map(Value::as_str) {
        None => Ok(None),
        Some(Some("enabled")) => Ok(Some(true)),
        Some(Some("disabled")) => Ok(Some(false)),
        Some(_) => Err(Refusal::invalid("status", "\"status\" must be one of enabled, disabled")),
    }
}
