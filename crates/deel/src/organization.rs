//! The organization a token belongs to.

use crate::json::Value;

/// One entry of `GET /organizations`: the token's own organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// A UUID, or a number in digits.
    pub id: String,
    /// The organization's name.
    pub name: Option<String>,
}

impl Organization {
    pub(crate) fn read(value: Value<'_>) -> Option<Self> {
        let object = value.object()?;
        let text = |key: &str| object.get(key).and_then(Value::text);
        Some(Self { id: text("id")?, name: text("name") })
    }
}
