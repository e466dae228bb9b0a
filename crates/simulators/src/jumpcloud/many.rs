//! Other hands at many accounts: an edit of a list, and a writer that puts back what was changed.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    State,
    control::{Refused, put},
    fields::Doc,
    store::Account,
};

/// `PATCH /_sim/accounts`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Edit {
    who: Who,
    /// At most so many, by id.
    count: Option<usize>,
    set: Doc,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Who {
    ids: Option<BTreeSet<String>>,
    /// Fields that have these values.
    #[serde(rename = "where")]
    fields: Doc,
    /// With an `employeeIdentifier`, or without.
    linked: Option<bool>,
}

impl Who {
    fn is(&self, account: &Account) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(&account.id))
            && self.linked.is_none_or(|linked| account.text("employeeIdentifier").is_empty() != linked)
            && self.fields.iter().all(|(name, value)| account.shown(name).as_ref() == Some(value))
    }
}

/// The same fields in many accounts; none of it is in the journal. Ends at the first that cannot be.
pub(super) fn edit(state: &mut State, order: &Edit) -> Result<Value, Refused> {
    let chosen = state.store.by_id().filter(|account| order.who.is(account));
    let chosen: Vec<Account> = chosen.take(order.count.unwrap_or(usize::MAX)).cloned().collect();
    let ids: Vec<String> = chosen.iter().map(|account| account.id.clone()).collect();
    for account in chosen {
        put(state, account, Value::Object(order.set.clone()))?;
    }
    Ok(json!({ "count": ids.len(), "ids": ids }))
}

/// `POST /_sim/restore`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Restore {
    /// Writes after this number of the journal.
    since: u64,
    account: Option<String>,
    /// Only these fields; custom attributes are `attributes.NAME`.
    fields: Option<BTreeSet<String>>,
}

/// Puts back what the writes in the journal changed in accounts that were there before.
pub(super) fn restore(state: &mut State, order: &Restore) -> Result<Value, Refused> {
    let mut before: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for entry in state.journal.since(order.since) {
        let created = entry.method == "POST" && entry.path.ends_with("/systemusers");
        let Some(account) = entry.account.clone().filter(|_| !created) else { continue };
        if order.account.as_ref().is_some_and(|only| *only != account) {
            continue;
        }
        for change in &entry.changes {
            if order.fields.as_ref().is_none_or(|only| only.contains(&change.field)) {
                let fields = before.entry(account.clone()).or_default();
                fields.entry(change.field.clone()).or_insert_with(|| change.before.clone());
            }
        }
    }
    let ids: Vec<&String> = before.keys().collect();
    let answer = json!({ "count": ids.len(), "ids": ids });
    for (id, fields) in before {
        let Some(account) = state.store.get(&id).cloned() else { continue };
        let patch = patch(&account, fields);
        put(state, account, Value::Object(patch))
            .map_err(|(_, problem)| (StatusCode::CONFLICT, format!("account {id}: {problem}")))?;
    }
    Ok(answer)
}

/// As an edit: custom attributes are one list, and `suspended` follows `state`.
fn patch(account: &Account, fields: BTreeMap<String, Value>) -> Doc {
    let mut attributes: BTreeMap<String, Value> =
        account.attributes().into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    let mut patch = Doc::new();
    let mut listed = false;
    for (field, value) in fields {
        if let Some(name) = field.strip_prefix("attributes.") {
            listed = true;
            if value.is_null() {
                attributes.remove(name);
            } else {
                attributes.insert(name.to_owned(), value);
            }
        } else if field != "suspended" {
            patch.insert(field, value);
        }
    }
    if listed {
        let list = attributes.iter().map(|(name, value)| json!({ "name": name, "value": value }));
        patch.insert("attributes".to_owned(), list.collect());
    }
    patch
}
