//! What an organization chose.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::attributes::{Attribute, AttributePolicy};
use crate::custom::CustomName;
use crate::groups::GroupRule;
use crate::manual::{ADOPTED_ATTRIBUTE, HOLD_ATTRIBUTE};
use crate::mark::MARK_ATTRIBUTE;
use crate::quoted::Quoted;
use crate::scope::Scope;
use crate::template::Template;
use crate::zone::TimeZoneName;

/// Which of Deel's names are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Names {
    /// First and last name.
    #[default]
    Legal,
    /// Preferred first and last name, each with the legal one where it is missing.
    Preferred,
}

/// The state of a new account of a person who has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreateState {
    /// `STAGED`: no access and no mail until somebody activates it.
    #[default]
    Staged,
    /// `ACTIVATED`: JumpCloud sends its activation mail.
    Activated,
}

/// Who activates staged accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// A person.
    #[default]
    Manual,
    /// This program, on the start date, without mail.
    OnStartDate,
    /// JumpCloud, at the start of the first day, without mail: scheduled there at least an hour ahead, so that it happens
    /// even if this program is down. Nearer than that, this program as with [`Activation::OnStartDate`].
    Scheduled,
}

/// What happens to an account that has the person's email and no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adopt {
    /// Held for a person to decide.
    #[default]
    Review,
    /// Linked.
    Automatic,
}

/// What happens when the work email of a linked account changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmailChange {
    /// Held for a person to decide: it travels on to mail systems.
    #[default]
    Hold,
    /// Written.
    Apply,
}

/// Where in JumpCloud the person's id is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkField {
    /// `employeeIdentifier`: 256 characters, unique per user (JumpCloud API 1.0).
    #[default]
    EmployeeIdentifier,
    /// A custom attribute of this name.
    CustomAttribute(String),
}

impl LinkField {
    /// What people call it: JumpCloud's name of the field, or of the custom attribute.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::EmployeeIdentifier => "employeeIdentifier",
            Self::CustomAttribute(name) => name,
        }
    }

    /// JumpCloud's name of the field that a write of the link touches.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::EmployeeIdentifier => "employeeIdentifier",
            Self::CustomAttribute(_) => "attributes",
        }
    }
}

/// What an organization chose. The default is the map that Deel and JumpCloud document for their own connection, and asks
/// before everything that is hard to take back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Per attribute; for one that is not listed see [`Policy::attribute`].
    pub attributes: BTreeMap<Attribute, AttributePolicy>,
    /// Attributes whose value is composed. Never [`Attribute::Email`] or [`Attribute::Manager`].
    pub templates: BTreeMap<Attribute, Template>,
    /// Custom attributes, each with the name of the custom field in Deel that it comes from.
    pub custom: BTreeMap<CustomName, String>,
    /// Who belongs to which user group. Groups that no rule names are not touched.
    pub groups: Vec<GroupRule>,
    /// Which names are used.
    pub names: Names,
    /// New names for Deel's worker types; what is not listed stays as Deel spells it.
    pub worker_type_names: BTreeMap<String, String>,
    /// The state of new accounts.
    pub create_state: CreateState,
    /// Who activates staged accounts.
    pub activation: Activation,
    /// What happens to unlinked accounts with the person's email.
    pub adopt: Adopt,
    /// What happens to a changed work email.
    pub email_change: EmailChange,
    /// The most characters of a username, 8 to 64. 30 suits macOS and Linux, Windows allows 20 (JumpCloud help).
    pub username_max: usize,
    /// The zone for people whose own cannot be told.
    pub organization_zone: Option<TimeZoneName>,
    /// Where the person's id is kept.
    pub link: LinkField,
    /// Which people are kept in step.
    pub scope: Scope,
    /// How many days may lie between the end of one employment and the start of the next without making a leaver.
    pub grace_days: u32,
    /// Accounts that are left alone, by JumpCloud's id or by username (without case).
    pub excluded_accounts: BTreeSet<String>,
}

/// What is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPolicy {
    /// Outside 8 to 64.
    #[error("username_max is {0}, but must be between 8 and 64")]
    UsernameMax(usize),
    /// Not a name JumpCloud accepts: letters and digits, under 32 (JumpCloud help, "Custom attributes").
    #[error("the link's custom attribute must be 1 to 31 letters and digits")]
    LinkName,
    /// One of our own signs lives there.
    #[error(
        "the link's custom attribute cannot be '{MARK_ATTRIBUTE}', '{HOLD_ATTRIBUTE}' or '{ADOPTED_ATTRIBUTE}'"
    )]
    LinkIsMark,
    /// The link lives there.
    #[error("the custom attribute {0} holds the link")]
    CustomIsLink(CustomName),
    /// Emails and managers are not composed.
    #[error("{0} cannot have a template")]
    Template(Attribute),
    /// A rule without a condition would take in everybody.
    #[error("the rule of group {} has no condition", Quoted(.0))]
    GroupWithoutCondition(String),
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            attributes: BTreeMap::new(),
            templates: BTreeMap::new(),
            custom: BTreeMap::new(),
            groups: Vec::new(),
            names: Names::default(),
            worker_type_names: BTreeMap::new(),
            create_state: CreateState::default(),
            activation: Activation::default(),
            adopt: Adopt::default(),
            email_change: EmailChange::default(),
            username_max: 30,
            organization_zone: None,
            link: LinkField::default(),
            scope: Scope::default(),
            grace_days: 0,
            excluded_accounts: BTreeSet::new(),
        }
    }
}

impl Policy {
    /// What may be done with an attribute of an account that existed before it was linked: names and display name are only
    /// shown there, unless the configuration names the attribute itself.
    #[must_use]
    pub fn attribute_of(&self, attribute: Attribute, adopted: bool) -> AttributePolicy {
        let named = self.attributes.contains_key(&attribute) || self.templates.contains_key(&attribute);
        match attribute {
            Attribute::Firstname | Attribute::Lastname | Attribute::Displayname if adopted && !named => {
                AttributePolicy::Report
            }
            _ => self.attribute(attribute),
        }
    }

    /// Whether the configuration says to leave this account alone.
    #[must_use]
    pub fn excludes(&self, account: &Account) -> bool {
        !self.excluded_accounts.is_empty()
            && self.excluded_accounts.iter().any(|name| {
                name == account.id.as_str() || name.to_lowercase() == account.username.to_lowercase()
            })
    }

    /// What may be done with an attribute. One that is not listed is [`AttributePolicy::Enforce`], but for the manager, and for
    /// custom attributes that come from nowhere: those are [`AttributePolicy::Off`].
    #[must_use]
    pub fn attribute(&self, attribute: Attribute) -> AttributePolicy {
        let unlisted = match attribute {
            Attribute::Manager => AttributePolicy::Off,
            Attribute::Custom(name)
                if !self.custom.contains_key(&name) && !self.templates.contains_key(&attribute) =>
            {
                return AttributePolicy::Off;
            }
            _ => AttributePolicy::Enforce,
        };
        self.attributes.get(&attribute).copied().unwrap_or(unlisted)
    }

    /// Every attribute that may be compared or written, custom ones last.
    pub fn written(&self) -> impl Iterator<Item = Attribute> {
        let composed = self.templates.keys().filter_map(|attribute| match attribute {
            Attribute::Custom(name) => Some(*name),
            _ => None,
        });
        let custom: BTreeSet<CustomName> = self.custom.keys().copied().chain(composed).collect();
        Attribute::ALL.into_iter().chain(custom.into_iter().map(Attribute::Custom))
    }

    /// Whether Deel has to be asked for custom fields.
    #[must_use]
    pub fn reads_custom_fields(&self) -> bool {
        !self.custom.is_empty()
            || self.templates.values().any(|template| template.variables().contains("custom"))
    }

    /// Checks what the types cannot.
    ///
    /// # Errors
    /// [`InvalidPolicy`], the first thing that is wrong.
    pub fn validate(&self) -> Result<(), InvalidPolicy> {
        if !(8..=64).contains(&self.username_max) {
            return Err(InvalidPolicy::UsernameMax(self.username_max));
        }
        if let LinkField::CustomAttribute(name) = &self.link {
            if name.is_empty() || name.len() > 31 || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
                return Err(InvalidPolicy::LinkName);
            }
            if [MARK_ATTRIBUTE, HOLD_ATTRIBUTE, ADOPTED_ATTRIBUTE]
                .iter()
                .any(|ours| name.eq_ignore_ascii_case(ours))
            {
                return Err(InvalidPolicy::LinkIsMark);
            }
            let same = |attribute: &Attribute| match attribute {
                Attribute::Custom(custom) if custom.as_str().eq_ignore_ascii_case(name) => Some(*custom),
                _ => None,
            };
            if let Some(custom) = self.written().find_map(|attribute| same(&attribute)) {
                return Err(InvalidPolicy::CustomIsLink(custom));
            }
        }
        let composed = |attribute: &&Attribute| matches!(attribute, Attribute::Email | Attribute::Manager);
        if let Some(attribute) = self.templates.keys().find(composed) {
            return Err(InvalidPolicy::Template(*attribute));
        }
        match self.groups.iter().find(|rule| !rule.has_condition()) {
            Some(rule) => Err(InvalidPolicy::GroupWithoutCondition(rule.name.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_policy_is_the_default_and_unknown_keys_are_refused() {
        assert_eq!(serde_json::from_str::<Policy>("{}").unwrap(), Policy::default());
        assert!(serde_json::from_str::<Policy>("{\"nmaes\": \"legal\"}").is_err());
        let text =
            r#"{"attributes": {"jobTitle": "enforce-and-clear"}, "link": {"custom-attribute": "deelId"}}"#;
        let policy: Policy = serde_json::from_str(text).unwrap();
        assert_eq!(policy.attribute(Attribute::JobTitle), AttributePolicy::EnforceAndClear);
        assert_eq!(policy.attribute(Attribute::Company), AttributePolicy::Enforce);
        assert_eq!(policy.link, LinkField::CustomAttribute("deelId".to_owned()));
    }

    #[test]
    fn validation_names_what_is_wrong() {
        let with =
            |link: &str| Policy { link: LinkField::CustomAttribute(link.to_owned()), ..Policy::default() };
        assert_eq!(Policy::default().validate(), Ok(()));
        assert_eq!(
            Policy { username_max: 7, ..Policy::default() }.validate(),
            Err(InvalidPolicy::UsernameMax(7))
        );
        assert_eq!(with("deelId").validate(), Ok(()));
        assert_eq!(with("deel id").validate(), Err(InvalidPolicy::LinkName));
        assert_eq!(with("DeelSync").validate(), Err(InvalidPolicy::LinkIsMark));
    }
}
