//! What a webhook says: which kind of event, and about whom. Nothing else of it is used: the person is read again.

mod classify;
mod resource;

use classify::{Reading, classify, is_leaving};
use resource::Resource;
pub(crate) use resource::{canonical_id, is_plausible_id};

use crate::json::{self, Object, Value};

const MAX_FIELD_CHARS: usize = 128;

/// The envelope of one webhook, read tolerantly: every field of it may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `meta.event_type`, trimmed and at most 128 characters. As Deel sent it: use [`Event::label`] for logs and labels.
    pub event_type: Option<String>,
    /// `meta.organization_id`; a number in version 1 of Deel's webhooks.
    pub organization_id: Option<String>,
    /// `meta.tracking_id`, Deel's reference for support requests.
    pub tracking_id: Option<String>,
    /// Sent by "Simulate" in Deel's developer centre. The subjects are read all the same; nothing may be done for them.
    pub is_simulation: bool,
    /// Whom it is about, each once, at most [`MAX_SUBJECTS`]. Empty unless `kind` is [`EventKind::Person`].
    pub subjects: Vec<Subject>,
    /// Whether it may take someone's access away.
    pub urgency: Urgency,
    /// Whether it concerns people at all.
    pub kind: EventKind,
}

/// More subjects than this in one event become one [`Subject::Unresolved`].
pub const MAX_SUBJECTS: usize = 100;

/// Whom an event is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// An HRIS profile id: 1 to 128 of `[A-Za-z0-9_-]`, lower case if it is a UUID.
    Person(String),
    /// A contract id, same characters. Contract events carry no profile id.
    Contract(String),
    /// It is about somebody, but does not say whom.
    Unresolved,
}

/// How soon the event has to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// A deletion, termination or offboarding.
    Urgent,
    /// Everything else.
    Ordinary,
}

/// Whether an event concerns people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// About people: `subjects` has at least one entry.
    Person,
    /// Known, and of no consequence for accounts (time off, tax, invoices, …).
    Irrelevant,
    /// A type this program does not know.
    Unknown,
    /// There is no `meta.event_type`.
    NoMeta,
}

/// Why a signed body is not an event. Positions only, never content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not JSON, or JSON with something behind it.
    #[error("body is not JSON: syntax error at line {line}, column {column}")]
    NotJson {
        /// Line of the error, from 1; 0 if unknown.
        line: usize,
        /// Column of the error, from 1; 0 at a line's start.
        column: usize,
    },
    /// JSON, but an array, a string, a number, a boolean or null.
    #[error("body is JSON, but not an object")]
    NotAnObject,
}

/// Reads a webhook's body. Any JSON object gives an event, however deep, odd or empty it is, since Deel disables a
/// subscription whose deliveries are refused. Stack use does not grow with nesting.
pub fn parse(body: &[u8]) -> Result<Event, EnvelopeError> {
    let text = json::decode(body);
    let Some(top) = Object::parse(&text) else {
        return Err(match json::parse(&text) {
            Ok(_) => EnvelopeError::NotAnObject,
            Err(error) => EnvelopeError::NotJson { line: error.line(), column: error.column() },
        });
    };
    let data = top.get("data").and_then(Value::object);
    let part = |key: &str| data.as_ref().and_then(|data| data.get(key)).or_else(|| top.get(key));
    let meta = part("meta").and_then(Value::object);
    let field = |key: &str| meta.as_ref()?.get(key)?.text().map(cut);

    let event_type = field("event_type");
    let (kind, subjects, urgency) = match &event_type {
        None => (EventKind::NoMeta, Vec::new(), Urgency::Ordinary),
        Some(event_type) => read(&event_type.to_ascii_lowercase(), part("resource")),
    };
    Ok(Event {
        organization_id: field("organization_id"),
        tracking_id: field("tracking_id"),
        // Only a plain yes: an event taken for a simulation by mistake would be lost.
        is_simulation: field("is_simulation")
            .is_some_and(|flag| flag.eq_ignore_ascii_case("true") || flag == "1"),
        event_type,
        subjects,
        urgency,
        kind,
    })
}

fn read(event_type: &str, resource: Option<Value<'_>>) -> (EventKind, Vec<Subject>, Urgency) {
    match classify(event_type).1 {
        Reading::Unknown => (EventKind::Unknown, Vec::new(), Urgency::Ordinary),
        Reading::Irrelevant => (EventKind::Irrelevant, Vec::new(), Urgency::Ordinary),
        reading => {
            let resource = Resource::read(resource);
            let hints = matches!(&resource, Resource::One(object) if resource::hints_at_leaving(object));
            let leaving = is_leaving(event_type) || hints;
            let urgency = if leaving { Urgency::Urgent } else { Urgency::Ordinary };
            (EventKind::Person, resource::subjects(&resource, reading), urgency)
        }
    }
}

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_FIELD_CHARS) {
        text.truncate(end);
    }
    text
}

impl Event {
    /// The event type, if it is 1 to 64 of `[a-z0-9._-]`; else `"other"`, or `"none"` where there is none. Free of personal
    /// data, but not a closed set: for trails and logs.
    pub fn label(&self) -> &str {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        match self.event_type.as_deref() {
            None => "none",
            Some(name) if name.len() <= 64 && name.bytes().all(allowed) => name,
            Some(_) => "other",
        }
    }

    /// The event's family from a closed set (`"worker"`, `"contract"`, `"time-off"`, …, `"other"`, `"none"`): for metrics.
    pub fn family(&self) -> &'static str {
        self.event_type.as_deref().map_or("none", |name| classify(&name.to_ascii_lowercase()).0)
    }

    /// Deel revoked the OAuth token (`oauth2.token.revoked`): somebody should be told.
    pub fn is_token_revoked(&self) -> bool {
        self.event_type.as_deref() == Some("oauth2.token.revoked")
    }
}
