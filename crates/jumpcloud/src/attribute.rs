//! Custom attributes: an array of `{name, value}` that JumpCloud replaces as a whole.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

/// One custom attribute of a user. A foreign value is kept as it was read, so writing it back changes nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomAttribute {
    name: String,
    text: String,
    raw: Value,
}

impl CustomAttribute {
    /// An attribute to write. JumpCloud's names are letters and digits, fewer than 32; values have at most 1024
    /// characters (JumpCloud API 1.0, systemuserput). Neither is checked here.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        let text = value.into();
        Self { name: name.into(), raw: Value::String(text.clone()), text }
    }

    /// The entry as JumpCloud sent it; `None` if it has no readable name. The extra `id` that JumpCloud adds to array
    /// entries is dropped, since it is not part of what a PUT takes.
    pub(crate) fn from_wire(entry: &Value) -> Option<Self> {
        let entry = entry.as_object()?;
        let name = entry.get("name")?.as_str()?.to_owned();
        let raw = entry.get("value").cloned().unwrap_or(Value::Null);
        let text = match &raw {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some(Self { name, text, raw })
    }

    /// The name, exactly as spelled in JumpCloud.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value as text; numbers and booleans as JSON writes them, a missing value as `""`.
    pub fn value(&self) -> &str {
        &self.text
    }
}

impl Serialize for CustomAttribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("value", &self.raw)?;
        map.end()
    }
}

/// The name only: values may be personal data.
impl fmt::Debug for CustomAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomAttribute({:?})", self.name)
    }
}

/// The array to write so that `name` has `value` (`None` removes it) and every other entry stays, in its order. Names
/// are compared exactly. If the name occurs more than once, the first place is kept and the others go.
pub fn merge_attribute(
    existing: &[CustomAttribute],
    name: &str,
    value: Option<&str>,
) -> Vec<CustomAttribute> {
    let mut ours = value.map(|value| CustomAttribute::new(name, value));
    let mut merged = Vec::with_capacity(existing.len() + 1);
    for entry in existing {
        if entry.name != name {
            merged.push(entry.clone());
        } else if let Some(ours) = ours.take() {
            merged.push(ours);
        }
    }
    merged.extend(ours);
    merged
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wire(entries: &Value) -> Vec<CustomAttribute> {
        entries.as_array().unwrap().iter().filter_map(CustomAttribute::from_wire).collect()
    }

    #[test]
    fn foreign_entries_stay_as_they_were_and_ids_go() {
        let existing = wire(&json!([
            {"id": "x1", "_id": "x2", "name": "badge", "value": 17},
            {"name": "deelsync", "value": "old"},
            {"name": "Deelsync", "value": "another name"},
            {"name": "empty"},
        ]));
        let merged = merge_attribute(&existing, "deelsync", Some("new"));
        assert_eq!(
            serde_json::to_value(&merged).unwrap(),
            json!([
                {"name": "badge", "value": 17},
                {"name": "deelsync", "value": "new"},
                {"name": "Deelsync", "value": "another name"},
                {"name": "empty", "value": null},
            ])
        );
    }

    #[test]
    fn none_removes_only_the_named_entry() {
        let existing = wire(
            &json!([{"name": "a", "value": "1"}, {"name": "b", "value": "2"}, {"name": "a", "value": "3"}]),
        );
        let merged = merge_attribute(&existing, "a", None);
        assert_eq!(serde_json::to_value(&merged).unwrap(), json!([{"name": "b", "value": "2"}]));
        assert_eq!(merge_attribute(&merged, "missing", None), merged);
    }

    #[test]
    fn a_doubled_name_becomes_one() {
        let existing = wire(&json!([{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]));
        assert_eq!(
            serde_json::to_value(merge_attribute(&existing, "a", Some("3"))).unwrap(),
            json!([{"name": "a", "value": "3"}])
        );
    }

    #[test]
    fn debug_shows_no_value() {
        assert_eq!(format!("{:?}", CustomAttribute::new("n", "secret")), "CustomAttribute(\"n\")");
    }
}
