//! Reading JSON whose types are not always those of the documents.

use serde_json::Value;

/// A string, number or boolean as text, trimmed; `None` for anything else, and for nothing but space.
pub(crate) fn text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Whether a guard flag is set. What cannot be read counts as set: each of these flags keeps us off an account.
pub(crate) fn guard(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => false,
        Some(Value::String(text)) => {
            !matches!(text.trim().to_ascii_lowercase().as_str(), "" | "false" | "0" | "no")
        }
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::Bool(true) | Value::Array(_) | Value::Object(_)) => true,
    }
}

/// A boolean, also written as a string; `None` if missing or unreadable.
pub(crate) fn flag(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// A count, also written as a string.
pub(crate) fn count(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The record's id, from `_id` or `id`; only one that can be part of a path.
pub(crate) fn id(record: &Value) -> Option<String> {
    ["_id", "id"].into_iter().find_map(|key| text(record.get(key)).filter(|id| crate::http::is_id(id)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn guards_err_on_the_careful_side() {
        for off in [json!(null), json!(false), json!(""), json!("false"), json!(0)] {
            assert!(!guard(Some(&off)), "{off}");
        }
        for on in [json!(true), json!({}), json!([]), json!("yes"), json!(1), json!({"id": "x"})] {
            assert!(guard(Some(&on)), "{on}");
        }
        assert!(!guard(None));
    }

    #[test]
    fn ids_are_only_taken_when_they_fit_into_a_path() {
        assert_eq!(id(&json!({"_id": "a1", "id": "b2"})).as_deref(), Some("a1"));
        assert_eq!(id(&json!({"id": 17})).as_deref(), Some("17"));
        assert_eq!(id(&json!({"_id": "../x", "id": "b2"})).as_deref(), Some("b2"));
        assert_eq!(id(&json!({"_id": ""})), None);
        assert_eq!(id(&json!("a1")), None);
    }
}
