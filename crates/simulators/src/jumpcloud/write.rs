//! Creating, changing, deleting and activating users.

use serde_json::{Value, json};

use super::{
    State, errors,
    fields::{self, Doc, Invalid, Kind, field},
    journal::{Mail, Written, diff},
    store::{Account, Taken},
};

/// Which of the two ways to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Post,
    Put,
}

/// `POST /systemusers`.
pub(super) fn create(state: &mut State, body: &[u8]) -> Written {
    let body = match object(body) {
        Ok(body) => body,
        Err(written) => return *written,
    };
    for required in ["username", "email"] {
        if body.get(required).and_then(Value::as_str).is_none_or(str::is_empty) {
            return errors::invalid(&Invalid::new(required, format!("{required} is required")));
        }
    }
    let mut account = Account { id: state.store.mint(), ..Account::default() };
    account.set("created", Some(json!(crate::clock::now_stamp())));
    account.set("organization", Some(json!(super::ORGANIZATION)));
    let mut violations = Vec::new();
    if let Err(invalid) = apply(&mut account, &body, Verb::Post, &mut violations) {
        return Written { violations, ..errors::invalid(&invalid) };
    }
    if account.state().is_empty() {
        let default = if account.flag("suspended") {
            "SUSPENDED".to_owned()
        } else {
            state.settings.default_state.clone()
        };
        account.set_state(&default);
    }
    if let Err(Taken(_)) = state.store.conflict(&account) {
        // One answer for all fields: which one it was is for the client to find out.
        return Written {
            violations,
            ..errors::refused(state.settings.duplicate_status, "User already exists")
        };
    }
    let mail = if account.state() == "ACTIVATED" { vec![greeting(&account, None)] } else { Vec::new() };
    let written = Written {
        status: 200,
        answer: Value::Object(account.doc()),
        account: Some(account.id.clone()),
        changes: diff(None, Some(&account)),
        mail,
        violations,
    };
    state.store.put(account);
    written
}

/// `PUT /systemusers/{id}`: what is not named stays, lists are replaced whole.
pub(super) fn update(state: &mut State, id: &str, body: &[u8]) -> Written {
    let Some(before) = state.store.get(id).cloned() else { return errors::refused(404, "user not found") };
    let mut written = change(state, &before, body);
    written.account = Some(id.to_owned());
    written
}

fn change(state: &mut State, before: &Account, body: &[u8]) -> Written {
    let body = match object(body) {
        Ok(body) => body,
        Err(written) => return *written,
    };
    let mut violations = Vec::new();
    if before.values.contains_key("admin") {
        violations.push("administrator".to_owned());
    }
    if before.flag("externally_managed") {
        violations.push("externally_managed".to_owned());
    }
    if let Some(name) = body.get("username") {
        violations.push("username_in_put".to_owned());
        if before.bound && name.as_str() != Some(before.text("username")) {
            let invalid =
                Invalid::new("username", "username cannot be changed while the user is bound to resources");
            return Written { violations, ..errors::invalid(&invalid) };
        }
    }
    if let Some(restricted) = restricted(before, &body) {
        violations.push(format!("restricted_field:{restricted}"));
        let invalid = Invalid::new(&restricted, format!("{restricted} is restricted by another authority"));
        return Written { violations, ..errors::invalid(&invalid) };
    }
    let mut account = before.clone();
    if let Err(invalid) = apply(&mut account, &body, Verb::Put, &mut violations) {
        return Written { violations, ..errors::invalid(&invalid) };
    }
    for required in ["username", "email"] {
        if account.text(required).is_empty() {
            return Written {
                violations,
                ..errors::invalid(&Invalid::new(required, format!("{required} is required")))
            };
        }
    }
    if state.store.conflict(&account).is_err() {
        return Written {
            violations,
            ..errors::refused(state.settings.duplicate_status, "User already exists")
        };
    }
    // Whether JumpCloud mails somebody who is activated this way is not documented; here it does, so that it is seen.
    let mail = if before.state() == "STAGED" && account.state() == "ACTIVATED" {
        vec![greeting(&account, None)]
    } else {
        Vec::new()
    };
    let changes = diff(Some(before), Some(&account));
    let answer = Value::Object(account.doc());
    state.store.put(account);
    Written { status: 200, answer, account: None, changes, mail, violations }
}

/// `DELETE /systemusers/{id}`: works, and is written down as something that should not have happened.
pub(super) fn delete(state: &mut State, id: &str) -> Written {
    let Some(account) = state.store.remove(id) else { return errors::refused(404, "user not found") };
    for group in &mut state.groups {
        group.members.retain(|member| member != id);
    }
    Written {
        status: 200,
        answer: Value::Object(account.doc()),
        account: Some(id.to_owned()),
        changes: diff(Some(&account), None),
        violations: vec!["delete".to_owned()],
        mail: Vec::new(),
    }
}

/// `POST /systemusers/{id}/state/activate`: only from `STAGED`; `email` is false, true, or an address.
pub(super) fn activate(state: &mut State, id: &str, body: &[u8]) -> Written {
    let Some(before) = state.store.get(id).cloned() else { return errors::refused(404, "user not found") };
    let account = Some(id.to_owned());
    let body = if body.iter().all(u8::is_ascii_whitespace) {
        Doc::new()
    } else {
        match object(body) {
            Ok(body) => body,
            Err(written) => return Written { account, ..*written },
        }
    };
    let to = match body.get("email") {
        None | Some(Value::Bool(true) | Value::Null) => Some(None),
        Some(Value::Bool(false)) => None,
        Some(Value::Object(empty)) if empty.is_empty() => Some(None),
        Some(Value::String(address)) if fields::email("email", address).is_ok() => {
            Some(Some(address.clone()))
        }
        Some(_) => {
            return Written {
                account,
                ..errors::invalid(&Invalid::new("email", "email must be a boolean or an address"))
            };
        }
    };
    if before.state() != "STAGED" {
        return Written { account, ..errors::refused(409, "user is not staged") };
    }
    let mut after = before.clone();
    after.set_state("ACTIVATED");
    let mail = to.map(|to| greeting(&after, to)).into_iter().collect();
    let changes = diff(Some(&before), Some(&after));
    state.store.put(after);
    Written { status: 200, answer: json!("OK"), account, changes, mail, violations: Vec::new() }
}

/// The mail to somebody who is activated: with a password a welcome to the primary address, without one an activation
/// to the alternate address, else the primary (API 1.0, state/activate).
pub(super) fn greeting(account: &Account, to: Option<String>) -> Mail {
    let primary = account.text("email").to_owned();
    if account.has_password {
        return Mail { kind: "welcome", to: to.unwrap_or(primary) };
    }
    let alternate = Some(account.text("alternateEmail").to_owned()).filter(|address| !address.is_empty());
    Mail { kind: "activation", to: to.or(alternate).unwrap_or(primary) }
}

fn object(body: &[u8]) -> Result<Doc, Box<Written>> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(body)) => Ok(body),
        _ => Err(Box::new(errors::refused(400, "the body must be a JSON object"))),
    }
}

/// The first field in the body that another authority owns.
fn restricted(account: &Account, body: &Doc) -> Option<String> {
    let entries = account.values.get("restrictedFields")?.as_array()?;
    let owned = entries.iter().filter_map(|entry| entry["field"].as_str());
    owned.filter(|field| body.contains_key(*field)).map(str::to_owned).next()
}

/// Puts the body's fields into the account.
fn apply(account: &mut Account, body: &Doc, verb: Verb, violations: &mut Vec<String>) -> Result<(), Invalid> {
    for (name, value) in body {
        let Some((name, kind)) = field(name) else {
            // Unknown fields are passed over, and remembered.
            violations.push(format!("unknown_field:{name}"));
            continue;
        };
        if let Some(harm) = harm(name) {
            violations.push(harm.to_owned());
        }
        let value = fields::accept(name, kind, value)?;
        match (name, &value) {
            ("username", Some(Value::String(text))) => fields::username(text)?,
            ("email" | "alternateEmail", Some(Value::String(text))) => fields::email(name, text)?,
            ("manager", Some(Value::String(text))) if !is_object_id(text) => {
                return Err(Invalid::new("manager", "Cast to ObjectId failed"));
            }
            ("activated", _) if verb == Verb::Put => continue,
            _ => {}
        }
        match kind {
            Kind::State | Kind::Own => {}
            Kind::Password => account.has_password = value.is_some(),
            _ if name == "suspended" => {}
            _ => account.set(name, value.map(|value| tidy(name, value))),
        }
    }
    states(account, body, verb)
}

/// `state` and `suspended` are two names for one thing; a PUT cannot stage.
fn states(account: &mut Account, body: &Doc, verb: Verb) -> Result<(), Invalid> {
    let state = body.get("state").filter(|state| !state.is_null()).and_then(Value::as_str);
    let suspended = body.get("suspended").and_then(Value::as_bool);
    if body.get("state").is_some_and(|state| !state.is_string()) {
        return Err(Invalid::new("state", "state must be one of ACTIVATED, SUSPENDED"));
    }
    let allowed: &[&str] = match verb {
        Verb::Post => &["STAGED", "ACTIVATED", "SUSPENDED"],
        Verb::Put => &["ACTIVATED", "SUSPENDED"],
    };
    if let Some(state) = state
        && !allowed.contains(&state)
    {
        return Err(Invalid::new("state", format!("state must be one of {}", allowed.join(", "))));
    }
    match (state, suspended) {
        (Some(state), Some(suspended)) if (state == "SUSPENDED") != suspended => Err(Invalid::new(
            "state",
            format!(
                "Cannot save conflicting state and suspended fields. (state={state} suspended={suspended})"
            ),
        )),
        (Some(state), _) => {
            account.set_state(state);
            Ok(())
        }
        (None, Some(true)) => {
            account.set_state("SUSPENDED");
            Ok(())
        }
        (None, Some(false)) if account.state() == "SUSPENDED" => {
            account.set_state("ACTIVATED");
            Ok(())
        }
        (None, _) => Ok(()),
    }
}

/// List entries are kept without the ids they are shown with.
fn tidy(name: &str, mut value: Value) -> Value {
    if matches!(name, "addresses" | "phoneNumbers") {
        for entry in value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            entry.remove("id");
        }
    }
    value
}

/// What a client that syncs people has no business with.
fn harm(name: &str) -> Option<&'static str> {
    Some(match name {
        "password" => "password",
        "sudo" | "passwordless_sudo" => "sudo",
        "mfa" | "enable_user_portal_multifactor" => "mfa",
        "unix_uid" | "unix_guid" | "enable_managed_uid" => "unix",
        "public_key" | "ssh_keys" | "allow_public_key" => "ssh_keys",
        "account_locked" => "account_locked",
        "restrictedFields" | "delegatedAuthority" => "authority",
        _ => return None,
    })
}

fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit())
}
