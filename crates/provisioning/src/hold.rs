//! Why a change waits for a person.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a step waits for someone's approval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldKind {
    /// The work email of a linked account changed.
    EmailChange,
    /// The account that has the person's email is linked to someone or something else.
    Relink,
    /// The account is suspended and we did not do it.
    ForeignSuspension,
    /// An account with the person's email and no link may be theirs.
    Adoption,
    /// Deel contradicts itself about whether the person left.
    Contradiction,
    /// Deel does not know the person any more.
    Gone,
    /// More than one account could be the person's.
    Ambiguous,
    /// The account is an administrator's.
    Administrator,
    /// Another directory manages the account.
    ExternallyManaged,
    /// Another authority owns the field.
    Restricted,
    /// An active person has this account's email as their work email.
    SharedEmail,
    /// An operator suspended the account and has not released it.
    Operator,
    /// More changes of this kind than the limit allows in its window.
    Limit,
    /// One attribute would change on more accounts than the limit allows in its window; all its changes are one item.
    AttributeWide,
    /// Somebody restored the value that we replaced less than a day ago.
    Contested,
    /// A person asked that the account be left alone, and its owner left. Only informs: the hold is lifted at the account.
    ManualHold,
    /// JumpCloud refuses to suspend a leaver's account. Only informs: the suspension is tried again.
    Refused,
    /// Somebody took this very change back (`deelsync undo`); it is not made again until a value changes, or on approval.
    Undone,
}

impl HoldKind {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::EmailChange,
        Self::Relink,
        Self::ForeignSuspension,
        Self::Adoption,
        Self::Contradiction,
        Self::Gone,
        Self::Ambiguous,
        Self::Administrator,
        Self::ExternallyManaged,
        Self::Restricted,
        Self::SharedEmail,
        Self::Operator,
        Self::Limit,
        Self::AttributeWide,
        Self::Contested,
        Self::ManualHold,
        Self::Refused,
        Self::Undone,
    ];

    /// Whether an approval can let such a step happen. The others are settled in JumpCloud, and end by themselves at the
    /// next look.
    #[must_use]
    pub fn approvable(self) -> bool {
        !matches!(
            self,
            Self::Ambiguous
                | Self::Administrator
                | Self::ExternallyManaged
                | Self::Restricted
                | Self::ManualHold
                | Self::Refused
        )
    }

    /// The name in stored holds, metrics and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmailChange => "email_change",
            Self::Relink => "relink",
            Self::ForeignSuspension => "foreign_suspension",
            Self::Adoption => "adoption",
            Self::Contradiction => "contradiction",
            Self::Gone => "gone",
            Self::Ambiguous => "ambiguous",
            Self::Administrator => "administrator",
            Self::ExternallyManaged => "externally_managed",
            Self::Restricted => "restricted",
            Self::SharedEmail => "shared_email",
            Self::Operator => "operator",
            Self::Limit => "limit",
            Self::AttributeWide => "attribute_wide",
            Self::Contested => "contested",
            Self::ManualHold => "manual_hold",
            Self::Refused => "refused",
            Self::Undone => "undone",
        }
    }
}

impl fmt::Display for HoldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_informs_cannot_be_approved() {
        assert!(!HoldKind::Refused.approvable() && HoldKind::Limit.approvable());
    }

    #[test]
    fn stored_names_are_the_shown_ones() {
        for kind in HoldKind::ALL {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
    }
}
