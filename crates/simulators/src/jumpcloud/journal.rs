//! Every write that came in, what it changed, which mail it would have sent, and what a careful client would not do.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use super::store::Account;

/// One write.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Entry {
    pub(super) seq: u64,
    /// RFC 3339 with milliseconds.
    pub(super) at: String,
    /// `api-key`, `service-account`, or `jumpcloud` for a scheduled change.
    pub(super) actor: &'static str,
    pub(super) method: String,
    pub(super) path: String,
    /// The account's id.
    pub(super) account: Option<String>,
    /// As received; passwords are masked.
    pub(super) body: Value,
    pub(super) status: u16,
    pub(super) changes: Vec<Change>,
    pub(super) mail: Vec<Mail>,
    pub(super) violations: Vec<String>,
}

/// One field, before and after. Custom attributes are `attributes.NAME`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Change {
    pub(super) field: String,
    pub(super) before: Value,
    pub(super) after: Value,
}

/// A mail JumpCloud would have sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Mail {
    /// `activation` (no password yet) or `welcome`.
    pub(super) kind: &'static str,
    pub(super) to: String,
}

/// What a write came to.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) status: u16,
    pub(super) answer: Value,
    pub(super) account: Option<String>,
    pub(super) changes: Vec<Change>,
    pub(super) mail: Vec<Mail>,
    pub(super) violations: Vec<String>,
}

/// Entries since the last reset.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: Vec<Entry>,
    last: u64,
}

impl Journal {
    pub(super) fn add(
        &mut self,
        actor: &'static str,
        method: &str,
        path: &str,
        body: &[u8],
        written: &Written,
    ) {
        self.last += 1;
        let mut body = serde_json::from_slice(body)
            .unwrap_or_else(|_| json!(String::from_utf8_lossy(&body[..body.len().min(1000)])));
        if let Some(password) = body.get_mut("password") {
            *password = json!("[masked]");
        }
        self.entries.push(Entry {
            seq: self.last,
            at: crate::clock::now_stamp(),
            actor,
            method: method.to_owned(),
            path: path.to_owned(),
            account: written.account.clone(),
            body,
            status: written.status,
            changes: written.changes.clone(),
            mail: written.mail.clone(),
            violations: written.violations.clone(),
        });
    }

    /// Entries after number `since`.
    pub(super) fn since(&self, since: u64) -> &[Entry] {
        let from = self.entries.partition_point(|entry| entry.seq <= since);
        &self.entries[from..]
    }

    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Forgets the entries; numbers go on.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}

/// What differs between two versions of an account; nobody has no fields.
pub(super) fn diff(before: Option<&Account>, after: Option<&Account>) -> Vec<Change> {
    let both = [before, after];
    let names: BTreeSet<&str> = both.iter().flatten().flat_map(|a| a.values.keys().copied()).collect();
    let mut changes = Vec::new();
    for name in names {
        if name == "attributes" {
            let [old, new] = both.map(|a| a.map(Account::attributes).unwrap_or_default());
            let all: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
            for attribute in all {
                let value = |of: Option<&&Value>| of.map_or(Value::Null, |v| (*v).clone());
                let (before, after) = (value(old.get(attribute)), value(new.get(attribute)));
                if before != after {
                    changes.push(Change { field: format!("attributes.{attribute}"), before, after });
                }
            }
            continue;
        }
        let [before, after] = both.map(|a| a.and_then(|a| a.values.get(name)).cloned().unwrap_or_default());
        if before != after {
            changes.push(Change { field: name.to_owned(), before, after });
        }
    }
    changes
}
