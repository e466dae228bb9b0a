//! The webhook's envelope.

use deel::envelope::{EnvelopeError, Event, EventKind, MAX_SUBJECTS, Subject, parse};
use serde_json::Value;

/// Any bytes. Whatever the plain reading of `serde_json` takes for an object is an event, and the ids in it are those of
/// the plain reading; what it takes for something else is refused. What it cannot read (deep, odd numbers, half a
/// surrogate pair) has to be sound all the same.
pub fn envelope(data: &[u8]) {
    let read = parse(data);
    if let Ok(event) = &read {
        sound(event, data);
    }
    let text = data.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(data);
    let text = String::from_utf8_lossy(text);
    match (serde_json::from_str::<Value>(&text), read) {
        (Ok(plain @ Value::Object(_)), Ok(event)) => agrees(&plain, &event),
        (Ok(Value::Object(_)), Err(error)) => panic!("an object was refused: {error}"),
        (Ok(_), read) => assert_eq!(read.err(), Some(EnvelopeError::NotAnObject)),
        // More than the plain reading can take, or no JSON.
        (Err(_), Ok(_) | Err(EnvelopeError::NotJson { .. } | EnvelopeError::NotAnObject)) => {}
    }
}

fn sound(event: &Event, data: &[u8]) {
    assert_eq!(event.kind == EventKind::Person, !event.subjects.is_empty());
    assert_eq!(event.kind == EventKind::NoMeta, event.event_type.is_none());
    assert!(event.subjects.len() <= MAX_SUBJECTS);
    for field in [&event.event_type, &event.organization_id, &event.tracking_id].into_iter().flatten() {
        assert!((1..=128).contains(&field.chars().count()) && field.len() <= data.len().max(1) * 3);
    }
    assert!(event.label().len() <= 64 && event.family().len() <= 16);
    for subject in &event.subjects {
        if let Subject::Person(id) | Subject::Contract(id) = subject {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            assert!((1..=128).contains(&id.len()) && id.bytes().all(plain), "{id:?}");
        }
    }
}

fn agrees(plain: &Value, event: &Event) {
    let data = plain.get("data").filter(|data| data.is_object());
    let part = |key: &str| data.and_then(|data| data.get(key)).or_else(|| plain.get(key));
    let meta = part("meta").filter(|meta| meta.is_object());
    for (key, found) in [
        ("event_type", &event.event_type),
        ("organization_id", &event.organization_id),
        ("tracking_id", &event.tracking_id),
    ] {
        match meta.and_then(|meta| meta.get(key)) {
            None | Some(Value::Null | Value::Array(_) | Value::Object(_)) => {
                assert_eq!(*found, None, "{key}");
            }
            Some(Value::String(text)) => {
                let text: String = text.trim().chars().take(128).collect();
                assert_eq!(found.as_deref().unwrap_or_default(), text, "{key}");
            }
            // As it is spelled, which the plain reading does not keep.
            Some(Value::Bool(_) | Value::Number(_)) => assert!(found.is_some(), "{key}"),
        }
    }
    // Nobody is named whom the resource does not name.
    let mut named = Vec::new();
    part("resource").inspect(|resource| strings(resource, &mut named));
    for subject in &event.subjects {
        if let Subject::Person(id) | Subject::Contract(id) = subject {
            assert!(
                named.iter().any(|name| name.trim().eq_ignore_ascii_case(id)),
                "{subject:?} is not in it"
            );
        }
    }
    // And whom an event about a worker names, that one it is.
    let event_type = event.event_type.as_deref().unwrap_or_default();
    let id = part("resource").and_then(|resource| resource.get("id")?.as_str()).map(str::trim);
    if let Some(id) = id.filter(|id| deel_id(id))
        && event_type.to_ascii_lowercase().starts_with("worker.v2.")
    {
        let [Subject::Person(read)] = &event.subjects[..] else { panic!("{:?}", event.subjects) };
        assert!(read.eq_ignore_ascii_case(id), "{read} for {id}");
    }
}

fn deel_id(id: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !id.is_empty() && id.len() <= 128 && id.chars().all(allowed)
}

fn strings<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(map) => map.values().for_each(|item| strings(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
