//! One action on many people: what a mistake in HR, or a reorganization, looks like.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Shared,
    actions::{self, Done, Problem, Terminate},
    events::Event,
    render::Doc,
    world::{World, work_email},
};
use crate::gate::lock;

/// `POST /_sim/bulk`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Bulk {
    /// As in `POST /_sim/people/{id}/{action}`, or `hire`.
    action: String,
    /// Who, in the order in which they came; everybody, if nothing is said.
    who: Who,
    /// At most so many; `hire`: exactly.
    count: Option<usize>,
    /// The body of the action. `{n}` in its texts becomes the number of the person, from 1.
    with: Doc,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Who {
    ids: Option<Vec<String>>,
    status: Option<String>,
    department: Option<String>,
    /// With an address at work, or without.
    work_email: Option<bool>,
    /// So many of the others are passed over first.
    skip: usize,
}

impl Who {
    fn chosen(&self, world: &mut World, count: usize) -> Vec<String> {
        let wanted = |doc: &Doc| {
            let is = |field: &Value, value: &Option<String>| {
                value.as_ref().is_none_or(|value| field.as_str() == Some(value))
            };
            let department = doc.get("department").map_or(&Value::Null, |department| &department["name"]);
            is(doc.get("hiring_status").unwrap_or(&Value::Null), &self.status)
                && is(department, &self.department)
                && self.work_email.is_none_or(|with| work_email(doc).is_some() == with)
        };
        let order = world.order(None, false);
        let docs = order.iter().filter_map(|&index| world.doc(index, Duration::ZERO));
        let ids = docs.filter(wanted).filter_map(|doc| Some(doc.get("id")?.as_str()?.to_owned()));
        let named = |id: &String| self.ids.as_ref().is_none_or(|ids| ids.contains(id));
        ids.filter(named).skip(self.skip).take(count).collect()
    }
}

/// Does it; ends at the first that is refused. The answer names everybody who was changed.
pub(super) fn run(shared: &Shared, bulk: &Bulk) -> Result<Done, Problem> {
    let mut ids = Vec::new();
    let mut events: Vec<Event> = Vec::new();
    let mut take = |(doc, new): Done| {
        ids.push(doc.get("id").cloned().unwrap_or_default());
        events.extend(new);
    };
    if bulk.action == "hire" {
        for number in 1..=bulk.count.unwrap_or(1) {
            take(actions::hire(shared, numbered(&bulk.with, number))?);
        }
    } else {
        let chosen = bulk.who.chosen(&mut lock(&shared.world), bulk.count.unwrap_or(usize::MAX));
        for (index, id) in chosen.iter().enumerate() {
            take(act(shared, &bulk.action, id, numbered(&bulk.with, index + 1))?);
        }
    }
    let mut doc = Doc::new();
    doc.insert("count".to_owned(), json!(ids.len()));
    doc.insert("ids".to_owned(), Value::Array(ids));
    Ok((doc, events))
}

/// One action on one person.
pub(super) fn act(shared: &Shared, action: &str, id: &str, with: Doc) -> Result<Done, Problem> {
    match action {
        "change" => actions::change(shared, id, with),
        "terminate" => serde_json::from_value::<Terminate>(Value::Object(with))
            .map_err(|error| (400, error.to_string()))
            .and_then(|how| actions::terminate(shared, id, how)),
        "withdraw" => actions::withdraw(shared, id),
        "rehire" => actions::rehire(shared, id, with),
        "remove" => actions::remove(shared, id),
        other => Err((404, format!("no action {other}"))),
    }
}

fn numbered(with: &Doc, number: usize) -> Doc {
    let fill = |value: &Value| match value {
        Value::String(text) => json!(text.replace("{n}", &number.to_string())),
        other => other.clone(),
    };
    with.iter().map(|(name, value)| (name.clone(), fill(value))).collect()
}
