//! What taking back comes down to.

use crate::fields::{SCHEDULE, field, membership};
use crate::trail::FieldRecord;
use jiff::Timestamp;
use provisioning::{Attribute, ChangeKind, FieldChange, GroupId, MARK_ATTRIBUTE, Mark, Redacted};
use std::collections::BTreeMap;

/// One write that takes something back. `Debug` hides values.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Back {
    /// Attributes get their values from before; an empty one is cleared.
    Update {
        /// Each with what it holds now.
        fields: BTreeMap<Attribute, FieldChange>,
    },
    /// The email from before.
    Email {
        /// As it is now.
        before: Redacted,
        /// As it was.
        after: Redacted,
    },
    /// The link field's value from before; none if it was empty.
    Link {
        /// As it is now.
        before: Redacted,
        /// As it was.
        after: Option<Redacted>,
    },
    /// The account that the run suspended is in use again.
    Reactivate {
        /// The mark that is there.
        mark: Mark,
    },
    /// The account that the run reactivated is suspended again.
    Suspend {
        /// The mark it had; none if the suspension was not ours.
        mark: Option<Mark>,
    },
    /// A custom attribute of ours has its value from before.
    Attribute {
        /// Its name.
        name: String,
        /// As it is now.
        before: Option<Redacted>,
        /// As it was.
        after: Option<Redacted>,
    },
    /// The account is a member again of a group that the run took it out of.
    GroupAdd {
        /// By id with their names.
        groups: BTreeMap<GroupId, String>,
    },
    /// The account leaves a group that the run put it in.
    GroupRemove {
        /// By id with their names.
        groups: BTreeMap<GroupId, String>,
    },
    /// An activation that the run scheduled is deleted.
    CancelActivation {
        /// When it was to be.
        at: Timestamp,
    },
}

/// Something that is not taken back.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Left {
    /// What the run did.
    pub change: ChangeKind,
    /// Which field, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Why it is left; no values.
    pub why: String,
}

impl Back {
    /// What kind of change it is.
    #[must_use]
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::Update { .. } => ChangeKind::Update,
            Self::Email { .. } => ChangeKind::EmailChange,
            Self::Link { .. } => ChangeKind::Link,
            Self::Reactivate { .. } => ChangeKind::Reactivation,
            Self::Suspend { .. } => ChangeKind::Suspension,
            Self::Attribute { .. } => ChangeKind::ManualHold,
            Self::GroupAdd { .. } => ChangeKind::GroupAdd,
            Self::GroupRemove { .. } => ChangeKind::GroupRemove,
            Self::CancelActivation { .. } => ChangeKind::CancelActivation,
        }
    }

    /// Every field with both values. `link` is the name of the link field.
    #[must_use]
    pub fn fields(&self, link: &str) -> Vec<FieldRecord> {
        match self {
            Self::Update { fields } => fields
                .iter()
                .map(|(attribute, change)| {
                    field(attribute.as_str(), change.before.as_deref(), Some(&change.after))
                })
                .collect(),
            Self::Email { before, after } => vec![field("email", Some(&before.0), Some(&after.0))],
            Self::Link { before, after } => {
                vec![field(link, Some(&before.0), after.as_ref().map(|after| after.0.as_str()))]
            }
            Self::Reactivate { mark } => vec![
                field("state", Some("SUSPENDED"), Some("ACTIVATED")),
                field(MARK_ATTRIBUTE, Some(&mark.render()), None),
            ],
            Self::Suspend { mark } => {
                let mut rows = vec![field("state", Some("ACTIVATED"), Some("SUSPENDED"))];
                rows.extend(mark.as_ref().map(|mark| field(MARK_ATTRIBUTE, None, Some(&mark.render()))));
                rows
            }
            Self::Attribute { name, before, after } => {
                let text = |value: &Option<Redacted>| value.as_ref().map(|value| value.0.clone());
                vec![field(name, text(before).as_deref(), text(after).as_deref())]
            }
            Self::GroupAdd { groups } => groups.iter().map(|(id, name)| membership(id, name, true)).collect(),
            Self::GroupRemove { groups } => {
                groups.iter().map(|(id, name)| membership(id, name, false)).collect()
            }
            Self::CancelActivation { at } => vec![field(SCHEDULE, Some(&at.to_string()), None)],
        }
    }
}
