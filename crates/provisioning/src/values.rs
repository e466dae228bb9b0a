//! What Deel's values are, once it is settled which of them count.

use std::collections::BTreeMap;
use std::fmt;

use crate::attributes::{Attribute, AttributePolicy};
use crate::ids::ProfileId;
use crate::observed::{Desired, Wanted};
use crate::person::{Employment, Person};
use crate::policy::{Names, Policy};
use crate::shared::Text;
use crate::template::{TemplateProblem, TemplateValues};
use crate::text::{clean, cleaned, trim};

/// The names a person goes by under a policy, cleaned. `Debug` hides them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PersonNames {
    /// First name; the whole full name when Deel has neither a first nor a last name.
    pub first: Option<String>,
    /// Last name.
    pub last: Option<String>,
    /// Full name as Deel has it, else first and last name joined.
    pub full: Option<String>,
}

impl fmt::Debug for PersonNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonNames([redacted])")
    }
}

impl PersonNames {
    /// Chooses among Deel's names. With [`Names::Preferred`], a missing preferred name leaves the legal one.
    #[must_use]
    pub fn of(person: &Person, names: Names) -> Self {
        let choose = |preferred: &Option<String>, legal: &Option<String>| match names {
            Names::Legal => cleaned(legal.as_deref()),
            Names::Preferred => cleaned(preferred.as_deref()).or_else(|| cleaned(legal.as_deref())),
        };
        let full = cleaned(person.full_name.as_deref());
        let first = choose(&person.preferred_first_name, &person.first_name);
        let last = choose(&person.preferred_last_name, &person.last_name);
        match (first, last) {
            // Where a full name would be split is a guess, and wrong for half the world: it stays whole.
            (None, None) => Self { first: full.clone(), last: None, full },
            (first, last) => {
                let joined = || {
                    [first.as_deref(), last.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
                };
                let full = full.or_else(|| clean(&joined()));
                Self { first, last, full }
            }
        }
    }
}

/// A person's own values, with those of the running employment where the person has none.
#[derive(Clone, Copy)]
pub struct Effective<'a> {
    person: &'a Person,
    employment: Option<&'a Employment>,
}

impl fmt::Debug for Effective<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Effective({})", self.person.id)
    }
}

/// Where a value stands.
pub(crate) type Field<T> = fn(&T) -> &Option<Text>;

/// The attributes that an employment may carry, with their place on either side.
const CARRIED: [(Attribute, Field<Person>, Field<Employment>); 6] = [
    (Attribute::JobTitle, |p| &p.job_title, |e| &e.job_title),
    (Attribute::Department, |p| &p.department, |e| &e.department),
    (Attribute::Location, |p| &p.location, |e| &e.location),
    (Attribute::CostCenter, |p| &p.team, |e| &e.team),
    (Attribute::EmployeeType, |p| &p.worker_type, |e| &e.worker_type),
    (Attribute::Company, |p| &p.entity, |e| &e.entity),
];

/// The same by the names that templates use.
pub(crate) const CARRIED_NAMES: [(&str, Attribute); 6] = [
    ("job_title", Attribute::JobTitle),
    ("department", Attribute::Department),
    ("location", Attribute::Location),
    ("team", Attribute::CostCenter),
    ("worker_type", Attribute::EmployeeType),
    ("entity", Attribute::Company),
];

impl<'a> Effective<'a> {
    /// The person with their running employment (the latest start, then the lowest id).
    #[must_use]
    pub fn of(person: &'a Person) -> Self {
        Self { person, employment: person.running_employment() }
    }

    /// The running employment, if there is one.
    #[must_use]
    pub fn employment(&self) -> Option<&'a Employment> {
        self.employment
    }

    /// The time zone as Deel has it.
    #[must_use]
    pub fn timezone(&self) -> Option<&'a str> {
        self.pick(|p| &p.timezone, |e| &e.timezone)
    }

    /// The country as Deel has it.
    #[must_use]
    pub fn country(&self) -> Option<&'a str> {
        self.pick(|p| &p.country, |e| &e.country)
    }

    /// Deel's value of an attribute that employments carry as well; `None` for any other attribute.
    #[must_use]
    pub fn value(&self, attribute: Attribute) -> Option<&'a str> {
        let (_, own, theirs) = CARRIED.iter().find(|(carried, ..)| *carried == attribute)?;
        self.pick(*own, *theirs)
    }

    /// The attributes whose value only the employment carries.
    #[must_use]
    pub fn from_employment(&self) -> Vec<Attribute> {
        let Some(employment) = self.employment else { return Vec::new() };
        let only = |(_, own, theirs): &&(_, Field<Person>, Field<Employment>)| {
            filled(own(self.person)).is_none() && filled(theirs(employment)).is_some()
        };
        CARRIED.iter().filter(only).map(|(attribute, ..)| *attribute).collect()
    }

    /// The person's own value, else that of the running employment; white space around it is cut off, and what is empty is none.
    pub(crate) fn pick(&self, own: Field<Person>, theirs: Field<Employment>) -> Option<&'a str> {
        filled(own(self.person)).or_else(|| self.employment.and_then(|e| filled(theirs(e))))
    }
}

pub(crate) fn filled(value: &Option<Text>) -> Option<&str> {
    value.as_deref().map(trim).filter(|text| !text.is_empty())
}

/// What each attribute should be, cleaned; an attribute for which Deel has nothing is missing. [`Attribute::Email`] is not
/// among them.
#[must_use]
pub fn desired_values(person: &Person, policy: &Policy) -> BTreeMap<Attribute, String> {
    let names = PersonNames::of(person, policy.names);
    let effective = Effective::of(person);
    let mut values = BTreeMap::new();
    let mut put = |attribute, value: Option<String>| {
        if let Some(value) = value {
            values.insert(attribute, value);
        }
    };
    put(Attribute::Firstname, names.first);
    put(Attribute::Lastname, names.last);
    put(Attribute::Displayname, names.full);
    for (attribute, own, theirs) in CARRIED {
        let mut value = cleaned(effective.pick(own, theirs));
        if attribute == Attribute::EmployeeType {
            value = value.and_then(|name| match policy.worker_type_names.get(&name) {
                Some(renamed) => clean(renamed),
                None => Some(name),
            });
        }
        put(attribute, value);
    }
    values
}

/// What each attribute of one person's account should be.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct WantedValues {
    /// Cleaned, never empty. [`Attribute::Email`] is not among them.
    pub values: BTreeMap<Attribute, String>,
    /// Attributes of which nothing can be told, so that they are left alone, neither written nor cleared.
    pub untold: BTreeMap<Attribute, Untold>,
}

/// Why nothing can be told of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Untold {
    /// Its template gives no value for this person.
    Template(TemplateProblem),
    /// No account of the manager is known.
    Manager(ProfileId),
    /// Deel names the person as their own manager.
    OwnManager,
    /// Deel did not send custom fields.
    NoCustomFields,
}

impl fmt::Debug for WantedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WantedValues([redacted])")
    }
}

/// [`desired_values`] with custom fields, the manager's account and templates, for the attributes that the policy looks at.
#[must_use]
pub fn wanted_values(desired: &Desired, policy: &Policy) -> WantedValues {
    wanted_of(desired.into(), policy)
}

/// [`wanted_values`], without owning anything.
pub(crate) fn wanted_of(desired: Wanted<'_>, policy: &Policy) -> WantedValues {
    let Some(person) = desired.person else { return WantedValues::default() };
    let mut wanted = WantedValues { values: desired_values(person, policy), untold: BTreeMap::new() };
    let looked_at = |attribute| policy.attribute(attribute) != AttributePolicy::Off;
    for (name, field) in &policy.custom {
        let attribute = Attribute::Custom(*name);
        match &person.custom {
            None => drop(wanted.untold.insert(attribute, Untold::NoCustomFields)),
            Some(fields) => {
                if let Some(value) = cleaned(fields.get(field).map(String::as_str)) {
                    wanted.values.insert(attribute, value);
                }
            }
        }
    }
    if let (Some(manager), true) = (&person.manager, looked_at(Attribute::Manager)) {
        match desired.manager {
            _ if *manager == person.id => drop(wanted.untold.insert(Attribute::Manager, Untold::OwnManager)),
            Some(account) => drop(wanted.values.insert(Attribute::Manager, account.as_str().to_owned())),
            None => drop(wanted.untold.insert(Attribute::Manager, Untold::Manager(manager.clone()))),
        }
    }
    let mut templates = policy.templates.iter().filter(|(attribute, _)| looked_at(**attribute)).peekable();
    if templates.peek().is_some() {
        let values = TemplateValues::of(person);
        for (attribute, template) in templates {
            match template.render(&values) {
                Ok(value) => {
                    wanted.untold.remove(attribute);
                    wanted.values.insert(*attribute, value);
                }
                Err(problem) => {
                    wanted.values.remove(attribute);
                    wanted.untold.insert(*attribute, Untold::Template(problem));
                }
            }
        }
    }
    wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ProfileId;

    fn named(first: &str, last: &str, full: &str) -> Person {
        let text = |t: &str| (!t.is_empty()).then(|| t.to_owned());
        let mut person = Person::new(ProfileId::parse("p").unwrap());
        (person.first_name, person.last_name, person.full_name) = (text(first), text(last), text(full));
        person
    }

    fn shown(person: &Person, names: Names) -> String {
        let names = PersonNames::of(person, names);
        format!("{:?} {:?} {:?}", names.first, names.last, names.full)
    }

    #[test]
    fn a_missing_full_name_is_built_and_a_full_name_alone_stays_whole() {
        let built = shown(&named("Alpha", "Zed", ""), Names::Legal);
        insta::assert_snapshot!(built, @r#"Some("Alpha") Some("Zed") Some("Alpha Zed")"#);
        let mononym = shown(&named("", " Cher ", ""), Names::Legal);
        insta::assert_snapshot!(mononym, @r#"None Some("Cher") Some("Cher")"#);
        let whole = shown(&named("", " ", "Tom van Hanks"), Names::Legal);
        insta::assert_snapshot!(whole, @r#"Some("Tom van Hanks") None Some("Tom van Hanks")"#);
        insta::assert_snapshot!(shown(&named("", "", ""), Names::Legal), @"None None None");
    }

    #[test]
    fn a_missing_preferred_name_leaves_the_legal_one() {
        let mut person = named("Alexandra", "Zed", "Alexandra Zed");
        person.preferred_first_name = Some("Alex".to_owned());
        let preferred = shown(&person, Names::Preferred);
        insta::assert_snapshot!(preferred, @r#"Some("Alex") Some("Zed") Some("Alexandra Zed")"#);
        let legal = shown(&person, Names::Legal);
        insta::assert_snapshot!(legal, @r#"Some("Alexandra") Some("Zed") Some("Alexandra Zed")"#);
    }
}
