//! Organizations and the settings that matter here.

use serde_json::Value;

use crate::lenient;

/// An organization the credentials can see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Organization {
    /// Its `_id`.
    pub id: String,
    /// Its display name, empty if it has none.
    pub name: String,
}

/// One organization's settings (JumpCloud API 1.0, organizations_get).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationSettings {
    /// Its `_id`.
    pub id: String,
    /// Its display name, empty if it has none.
    pub name: String,
    /// The state users created by hand or by the API get if none is sent:
    /// `settings.newSystemUserStateDefaults.manualEntry`.
    pub manual_entry_state: Option<String>,
}

impl Organization {
    pub(crate) fn from_wire(value: &Value) -> Option<Self> {
        let id = lenient::id(value)?;
        let settings = value.get("settings");
        let name = lenient::text(value.get("displayName"))
            .or_else(|| lenient::text(settings.and_then(|settings| settings.get("name"))));
        Some(Self { id, name: name.unwrap_or_default() })
    }
}

impl OrganizationSettings {
    pub(crate) fn from_wire(value: &Value) -> Option<Self> {
        let Organization { id, name } = Organization::from_wire(value)?;
        let manual_entry_state = value
            .pointer("/settings/newSystemUserStateDefaults/manualEntry")
            .and_then(|state| lenient::text(Some(state)));
        Some(Self { id, name, manual_entry_state })
    }
}
