//! The fields of a system user, and which values they take (JumpCloud API 1.0, `systemuserputpost`, `systemuserput`;
//! custom attribute names and usernames: help pages).

use serde_json::{Map, Value, json};

/// A JSON object.
pub(super) type Doc = Map<String, Value>;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text of at most so many characters, shown as `""` when empty.
    Text(usize),
    /// The same, shown as `null` when empty.
    Nullable(usize),
    Flag,
    Number,
    List,
    Object,
    State,
    Password,
    /// Only JumpCloud sets it.
    Own,
}

/// Every field by name.
const FIELDS: &[(&str, Kind)] = &[
    ("account_locked", Kind::Flag),
    ("account_locked_date", Kind::Own),
    ("activated", Kind::Flag),
    ("addresses", Kind::List),
    ("admin", Kind::Own),
    ("allow_public_key", Kind::Flag),
    ("alternateEmail", Kind::Nullable(1024)),
    ("attributes", Kind::List),
    ("badLoginAttempts", Kind::Own),
    ("company", Kind::Text(1024)),
    ("costCenter", Kind::Text(1024)),
    ("created", Kind::Own),
    ("creationSource", Kind::Own),
    ("delegatedAuthority", Kind::Object),
    ("department", Kind::Text(1024)),
    ("description", Kind::Text(1024)),
    ("disableDeviceMaxLoginAttempts", Kind::Flag),
    ("displayname", Kind::Text(1024)),
    ("email", Kind::Text(1024)),
    ("employeeIdentifier", Kind::Nullable(256)),
    ("employeeType", Kind::Text(1024)),
    ("enable_managed_uid", Kind::Flag),
    ("enable_user_portal_multifactor", Kind::Flag),
    ("external_dn", Kind::Text(1024)),
    ("external_password_expiration_date", Kind::Text(1024)),
    ("external_source_type", Kind::Text(1024)),
    ("externally_managed", Kind::Flag),
    ("firstname", Kind::Text(1024)),
    ("jobTitle", Kind::Text(1024)),
    ("lastname", Kind::Text(1024)),
    ("ldap_binding_user", Kind::Flag),
    ("location", Kind::Text(1024)),
    ("managedAppleId", Kind::Text(1024)),
    ("manager", Kind::Nullable(1024)),
    ("mfa", Kind::Object),
    ("mfaEnrollment", Kind::Own),
    ("middlename", Kind::Text(1024)),
    ("organization", Kind::Own),
    ("password", Kind::Password),
    ("password_date", Kind::Own),
    ("password_expiration_date", Kind::Own),
    ("password_expired", Kind::Own),
    ("password_never_expires", Kind::Flag),
    ("passwordless_sudo", Kind::Flag),
    ("phoneNumbers", Kind::List),
    ("public_key", Kind::Text(1_048_576)),
    ("recoveryEmail", Kind::Object),
    ("relationships", Kind::List),
    ("restrictedFields", Kind::List),
    ("samba_service_user", Kind::Flag),
    ("ssh_keys", Kind::List),
    ("state", Kind::State),
    ("sudo", Kind::Flag),
    ("suspended", Kind::Flag),
    ("tags", Kind::List),
    ("totp_enabled", Kind::Own),
    ("unix_guid", Kind::Number),
    ("unix_uid", Kind::Number),
    ("username", Kind::Text(1024)),
];

/// The field of that name.
pub(super) fn field(name: &str) -> Option<(&'static str, Kind)> {
    FIELDS.binary_search_by_key(&name, |(known, _)| known).ok().map(|index| FIELDS[index])
}

/// All fields that are shown, with what they show when empty.
pub(super) fn shown() -> impl Iterator<Item = (&'static str, Value)> {
    FIELDS.iter().filter(|(_, kind)| *kind != Kind::Password).map(|&(name, kind)| (name, empty(name, kind)))
}

/// What a field shows when nothing was ever put into it.
pub(super) fn empty(name: &str, kind: Kind) -> Value {
    match kind {
        Kind::Text(_) => json!(""),
        Kind::Flag => json!(false),
        Kind::List => json!([]),
        Kind::Nullable(_) | Kind::Number | Kind::Object | Kind::State | Kind::Password => Value::Null,
        Kind::Own => match name {
            "badLoginAttempts" => json!(0),
            "password_expired" | "totp_enabled" => json!(false),
            "creationSource" => json!("jumpcloud:api"),
            "mfaEnrollment" => json!({ "overallStatus": "NOT_ENROLLED", "totpStatus": "NOT_ENROLLED" }),
            _ => Value::Null,
        },
    }
}

/// Why a value is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Invalid {
    pub(super) field: String,
    pub(super) why: String,
}

impl Invalid {
    pub(super) fn new(field: &str, why: impl Into<String>) -> Self {
        Self { field: field.to_owned(), why: why.into() }
    }
}

/// A value as it is stored; `None` empties the field.
pub(super) fn accept(name: &'static str, kind: Kind, value: &Value) -> Result<Option<Value>, Invalid> {
    if value.is_null() {
        return Ok(None);
    }
    let wrong = |what: &str| Invalid::new(name, format!("{name} must be {what}"));
    match kind {
        Kind::Text(most) | Kind::Nullable(most) => {
            let text = value.as_str().ok_or_else(|| wrong("a string"))?;
            if text.chars().count() > most {
                return Err(Invalid::new(name, format!("{name} is longer than {most} characters")));
            }
            Ok((!text.is_empty()).then(|| value.clone()))
        }
        Kind::Flag => match value {
            Value::Bool(true) => Ok(Some(json!(true))),
            Value::Bool(false) => Ok(None),
            _ => Err(wrong("a boolean")),
        },
        Kind::Number => {
            value.as_u64().filter(|&n| n > 0).ok_or_else(|| wrong("a positive integer"))?;
            Ok(Some(value.clone()))
        }
        Kind::Object => value.is_object().then(|| Some(value.clone())).ok_or_else(|| wrong("an object")),
        Kind::State | Kind::Password => {
            value.as_str().ok_or_else(|| wrong("a string"))?;
            Ok(Some(value.clone()))
        }
        Kind::List => {
            let entries = value.as_array().ok_or_else(|| wrong("an array"))?;
            match name {
                "attributes" => attributes(entries)?,
                "addresses" | "phoneNumbers" if !entries.iter().all(Value::is_object) => {
                    return Err(wrong("an array of objects"));
                }
                _ => {}
            }
            Ok((!entries.is_empty()).then(|| value.clone()))
        }
        Kind::Own => Ok(None),
    }
}

/// Names have letters and digits, fewer than 32, and are unique; values have at most 1024 characters.
fn attributes(entries: &[Value]) -> Result<(), Invalid> {
    let mut names = std::collections::BTreeSet::new();
    for entry in entries {
        let name = entry["name"].as_str().unwrap_or_default();
        if name.is_empty() || name.len() >= 32 || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Invalid::new(
                "attributes",
                "attribute names must be letters and digits, fewer than 32",
            ));
        }
        if !names.insert(name) {
            return Err(Invalid::new("attributes", "attribute names must be unique"));
        }
        if entry["value"].as_str().is_none_or(|value| value.chars().count() > 1024) {
            return Err(Invalid::new(
                "attributes",
                "attribute values must be strings of at most 1024 characters",
            ));
        }
    }
    Ok(())
}

/// Starts with a letter; then letters, digits, `.`, `_`, `-`; no space, no `@`.
pub(super) fn username(name: &str) -> Result<(), Invalid> {
    let mut letters = name.chars();
    let good = letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    good.then_some(()).ok_or_else(|| {
        Invalid::new(
            "username",
            "username must start with a letter and hold letters, digits, '.', '_' and '-' only",
        )
    })
}

/// One `@` with something on both sides, and no space.
pub(super) fn email(field: &str, address: &str) -> Result<(), Invalid> {
    let parts: Vec<&str> = address.split('@').collect();
    let good = parts.len() == 2
        && parts.iter().all(|part| !part.is_empty())
        && !address.chars().any(|c| c.is_whitespace() || c.is_control());
    good.then_some(()).ok_or_else(|| Invalid::new(field, format!("{field} is not an email address")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_sorted_for_the_search() {
        assert!(FIELDS.is_sorted_by_key(|(name, _)| name));
        assert_eq!(field("jobTitle"), Some(("jobTitle", Kind::Text(1024))));
        assert_eq!(field("jobtitle"), None);
    }

    #[test]
    fn lengths_are_in_characters() {
        let text = |n| json!("ж".repeat(n));
        assert!(accept("lastname", Kind::Text(1024), &text(1024)).is_ok());
        assert!(accept("lastname", Kind::Text(1024), &text(1025)).is_err());
        assert!(accept("employeeIdentifier", Kind::Nullable(256), &text(257)).is_err());
    }

    #[test]
    fn attribute_names_and_values() {
        let one = |name: &str, value: &str| {
            accept("attributes", Kind::List, &json!([{ "name": name, "value": value }]))
        };
        assert!(one("deelsync", "x").is_ok());
        assert!(one("deel_sync", "x").is_err());
        assert!(one(&"a".repeat(32), "x").is_err());
        assert!(one("a", &"v".repeat(1025)).is_err());
        let twice = json!([{ "name": "a", "value": "1" }, { "name": "a", "value": "2" }]);
        assert!(accept("attributes", Kind::List, &twice).is_err());
    }

    #[test]
    fn usernames() {
        for good in ["ada.l", "A-b_c", "z9"] {
            assert!(username(good).is_ok(), "{good}");
        }
        for bad in ["", "9a", ".a", "a b", "a@b", "åsa"] {
            assert!(username(bad).is_err(), "{bad}");
        }
    }
}
