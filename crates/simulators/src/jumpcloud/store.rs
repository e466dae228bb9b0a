//! The accounts, by id and by everything that is unique.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::fields::{self, Doc, field};

const REMEMBERED: Duration = Duration::from_secs(900);

/// A system user. Only what is not empty is kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) values: BTreeMap<&'static str, Value>,
    /// Bound to a device or an application: the username cannot change.
    pub(super) bound: bool,
    pub(super) has_password: bool,
    /// When it was written last, as a number.
    pub(super) written: u64,
}

impl Account {
    pub(super) fn text(&self, name: &str) -> &str {
        self.values.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn state(&self) -> &str {
        self.text("state")
    }

    pub(super) fn set(&mut self, name: &'static str, value: Option<Value>) {
        match value {
            Some(value) => self.values.insert(name, value),
            None => self.values.remove(name),
        };
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.values.get(name) == Some(&json!(true))
    }

    /// State and `suspended` always say the same.
    pub(super) fn set_state(&mut self, state: &str) {
        self.set("state", Some(json!(state)));
        self.set("suspended", (state == "SUSPENDED").then_some(Value::Bool(true)));
    }

    /// Custom attributes by name.
    pub(super) fn attributes(&self) -> BTreeMap<&str, &Value> {
        let entries = self.values.get("attributes").and_then(Value::as_array).into_iter().flatten();
        entries.filter_map(|entry| Some((entry["name"].as_str()?, &entry["value"]))).collect()
    }

    /// One field as it is shown.
    pub(super) fn shown(&self, name: &str) -> Option<Value> {
        if name == "_id" || name == "id" {
            return Some(json!(self.id));
        }
        let (name, kind) = field(name).filter(|(name, _)| *name != "password")?;
        let value = self.values.get(name).cloned().unwrap_or_else(|| fields::empty(name, kind));
        Some(match name {
            "addresses" | "phoneNumbers" => with_ids(&self.id, value),
            _ => value,
        })
    }

    /// The whole account as the API returns it.
    pub(super) fn doc(&self) -> Doc {
        let mut doc: Doc = fields::shown()
            .map(|(name, empty)| {
                let value = self.values.get(name).cloned().unwrap_or(empty);
                let value = if matches!(name, "addresses" | "phoneNumbers") {
                    with_ids(&self.id, value)
                } else {
                    value
                };
                (name.to_owned(), value)
            })
            .collect();
        doc.insert("_id".to_owned(), json!(self.id));
        doc.insert("id".to_owned(), json!(self.id));
        doc
    }
}

/// Entries of these lists come back with an id of their own.
fn with_ids(account: &str, mut list: Value) -> Value {
    for (index, entry) in list.as_array_mut().into_iter().flatten().enumerate() {
        entry["id"] = json!(format!("{}{index:06x}", &account[..account.len().min(18)]));
    }
    list
}

/// Which field another account already has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken(pub(super) &'static str);

/// All accounts.
#[derive(Debug, Default)]
pub(super) struct Store {
    accounts: BTreeMap<String, Account>,
    usernames: HashMap<String, String>,
    /// Primary and alternate addresses, in lower case.
    addresses: HashMap<String, String>,
    identifiers: HashMap<String, String>,
    by_write: BTreeMap<u64, String>,
    past: HashMap<String, Vec<(Instant, Option<Account>)>>,
    minted: u64,
    writes: u64,
}

impl Store {
    /// A new id: like an `ObjectId`, ascending.
    pub(super) fn mint(&mut self) -> String {
        self.minted += 1;
        format!("65a0c0de5eed{:012x}", self.minted)
    }

    pub(super) fn len(&self) -> usize {
        self.accounts.len()
    }

    pub(super) fn get(&self, id: &str) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// The account as it was `stale` ago.
    pub(super) fn view(&self, id: &str, stale: Duration) -> Option<&Account> {
        if !stale.is_zero()
            && let Some(past) = self.past.get(id)
        {
            let now = Instant::now();
            if let Some((_, old)) = past.iter().find(|(until, _)| now.duration_since(*until) < stale) {
                return old.as_ref();
            }
        }
        self.accounts.get(id)
    }

    /// Everybody in order of id.
    pub(super) fn by_id(&self) -> impl DoubleEndedIterator<Item = &Account> {
        self.accounts.values()
    }

    /// Everybody in the order of their last writes: what an unsorted list shows. It moves under a reader's feet.
    pub(super) fn by_write(&self) -> impl Iterator<Item = &Account> {
        self.by_write.values().filter_map(|id| self.accounts.get(id))
    }

    /// Who has this value in a field that is indexed; `None` if the field is not.
    pub(super) fn lookup(&self, name: &str, value: &str) -> Option<Option<&Account>> {
        let id = match name {
            "_id" | "id" => return Some(self.accounts.get(value)),
            "username" => self.usernames.get(&value.to_lowercase()),
            "email" => self.addresses.get(&value.to_lowercase()),
            "employeeIdentifier" => self.identifiers.get(&value.to_lowercase()),
            _ => return None,
        };
        Some(id.and_then(|id| self.accounts.get(id)))
    }

    /// Whether another account stands in the way of this one.
    pub(super) fn conflict(&self, account: &Account) -> Result<(), Taken> {
        let other = |owner: Option<&String>| owner.is_some_and(|owner| *owner != account.id);
        for name in ["username", "email", "alternateEmail", "employeeIdentifier"] {
            let value = account.text(name).to_lowercase();
            let index = match name {
                "username" => &self.usernames,
                "employeeIdentifier" => &self.identifiers,
                _ => &self.addresses,
            };
            if !value.is_empty() && other(index.get(&value)) {
                return Err(Taken(name));
            }
        }
        Ok(())
    }

    /// Stores an account, new or changed.
    pub(super) fn put(&mut self, mut account: Account) {
        let id = account.id.clone();
        self.writes += 1;
        account.written = self.writes;
        let old = self.take(&id);
        self.remember(&id, old);
        for (name, index) in [
            ("username", &mut self.usernames),
            ("email", &mut self.addresses),
            ("employeeIdentifier", &mut self.identifiers),
        ] {
            let value = account.text(name);
            if !value.is_empty() {
                index.insert(value.to_lowercase(), id.clone());
            }
        }
        let alternate = account.text("alternateEmail");
        if !alternate.is_empty() {
            self.addresses.insert(alternate.to_lowercase(), id.clone());
        }
        self.by_write.insert(account.written, id.clone());
        self.accounts.insert(id, account);
    }

    /// Removes an account.
    pub(super) fn remove(&mut self, id: &str) -> Option<Account> {
        let old = self.take(id)?;
        self.remember(id, Some(old.clone()));
        Some(old)
    }

    fn remember(&mut self, id: &str, old: Option<Account>) {
        let now = Instant::now();
        let past = self.past.entry(id.to_owned()).or_default();
        past.retain(|(until, _)| now.duration_since(*until) < REMEMBERED);
        past.push((now, old));
    }

    /// Invented accounts have no past.
    pub(super) fn forget_past(&mut self) {
        self.past = HashMap::new();
    }

    fn take(&mut self, id: &str) -> Option<Account> {
        let old = self.accounts.remove(id)?;
        self.by_write.remove(&old.written);
        for name in ["username", "email", "alternateEmail", "employeeIdentifier"] {
            let value = old.text(name).to_lowercase();
            let index = match name {
                "username" => &mut self.usernames,
                "employeeIdentifier" => &mut self.identifiers,
                _ => &mut self.addresses,
            };
            if index.get(&value).is_some_and(|owner| *owner == id) {
                index.remove(&value);
            }
        }
        Some(old)
    }
}
