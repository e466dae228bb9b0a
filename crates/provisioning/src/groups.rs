//! Who belongs to which user group, by rules over what Deel says.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::attributes::Attribute;
use crate::ids::GroupId;
use crate::person::Person;
use crate::values::Effective;

/// A rule: whoever meets all of its conditions belongs to the group. Several rules may name one group; one of them is
/// enough.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupRule {
    /// The group's name in JumpCloud, exactly.
    pub name: String,
    /// The group's id, where its name alone does not tell.
    pub id: Option<GroupId>,
    /// Deel's department.
    pub department: Option<String>,
    /// Deel's legal entity.
    pub entity: Option<String>,
    /// Deel's worker type, as Deel spells it.
    pub worker_type: Option<String>,
    /// Deel's country.
    pub country: Option<String>,
}

/// What a rule says of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Belongs {
    /// A condition is not met.
    No,
    /// Deel has no value for a condition, and no other one fails: nothing to add or remove anybody for.
    Unknown,
    /// Every condition is met.
    Yes,
}

impl GroupRule {
    /// The conditions with what Deel has for each. Case and white space around a value do not matter.
    fn conditions<'a>(&'a self, effective: Effective<'a>) -> [(Option<&'a str>, Option<&'a str>); 4] {
        [
            (self.department.as_deref(), effective.value(Attribute::Department)),
            (self.entity.as_deref(), effective.value(Attribute::Company)),
            (self.worker_type.as_deref(), effective.value(Attribute::EmployeeType)),
            (self.country.as_deref(), effective.country()),
        ]
    }

    /// Whether the rule has a condition: a rule without one would take in everybody.
    #[must_use]
    pub fn has_condition(&self) -> bool {
        [&self.department, &self.entity, &self.worker_type, &self.country].iter().any(|c| c.is_some())
    }

    /// What the rule says of a person; one without a condition says nothing of anybody.
    #[must_use]
    pub fn of(&self, person: &Person) -> Belongs {
        let asked = self.conditions(Effective::of(person)).into_iter();
        let met = asked.filter_map(|(wanted, found)| {
            let wanted = wanted?.trim().to_lowercase();
            Some(match found {
                None => Belongs::Unknown,
                Some(found) if found.trim().to_lowercase() == wanted => Belongs::Yes,
                Some(_) => Belongs::No,
            })
        });
        met.min().unwrap_or(Belongs::Unknown)
    }
}

/// The groups that the configuration names, as JumpCloud has them, and which of them the account is in.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Membership {
    /// By configured name. One that is not there, is dynamic, or cannot be told from another of its name is missing here.
    pub groups: BTreeMap<String, GroupId>,
    /// The groups that the account is in; others than the configured ones do not matter.
    pub member_of: BTreeSet<GroupId>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ProfileId;

    #[test]
    fn a_failed_condition_outweighs_a_missing_value_and_no_condition_takes_in_nobody() {
        let text = |text: &str| Some(text.to_owned());
        let mut person = Person::new(ProfileId::parse("p").unwrap());
        person.department = Some(" engineering ".into());
        let rule = |department: &str, country: Option<&str>| GroupRule {
            name: "G".to_owned(),
            department: text(department),
            country: country.map(str::to_owned),
            ..GroupRule::default()
        };
        assert_eq!(rule("Engineering", None).of(&person), Belongs::Yes);
        assert_eq!(rule("Engineering", Some("DE")).of(&person), Belongs::Unknown);
        assert_eq!(rule("Sales", Some("DE")).of(&person), Belongs::No);
        person.country = Some("de".into());
        assert_eq!(rule("Engineering", Some("DE")).of(&person), Belongs::Yes);
        assert_eq!(GroupRule::default().of(&person), Belongs::Unknown);
    }
}
