//! Whom the configuration speaks about at all.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::person::{Employment, Person};
use crate::values::{Effective, Field, filled};

/// Which people are kept in step; an empty list allows every value. Values are compared without case and without the white
/// space around them. Whoever is outside is left alone, never suspended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scope {
    /// Worker types, as Deel spells them.
    pub worker_types: BTreeSet<String>,
    /// Legal entities.
    pub entities: BTreeSet<String>,
    /// ISO 3166 alpha-2 country codes.
    pub countries: BTreeSet<String>,
    /// Departments.
    pub departments: BTreeSet<String>,
}

impl Scope {
    /// Whether the person is inside: by their own value, else by that of the running employment, else by that of the
    /// employment that started last, so that ending a contract takes nobody out of the scope. A value that Deel does not give
    /// is on no list.
    #[must_use]
    pub fn includes(&self, person: &Person) -> bool {
        let rows: [(&BTreeSet<String>, Field<Person>, Field<Employment>); 4] = [
            (&self.worker_types, |p| &p.worker_type, |e| &e.worker_type),
            (&self.entities, |p| &p.entity, |e| &e.entity),
            (&self.countries, |p| &p.country, |e| &e.country),
            (&self.departments, |p| &p.department, |e| &e.department),
        ];
        rows.into_iter().all(|(allowed, own, theirs)| {
            allowed.is_empty() || value(person, own, theirs).is_some_and(|value| lists(allowed, value))
        })
    }
}

fn value(person: &Person, own: Field<Person>, theirs: Field<Employment>) -> Option<&str> {
    let last = || {
        let with = person.employments.iter().filter(|e| filled(theirs(e)).is_some());
        with.max_by(|a, b| a.start_date.cmp(&b.start_date).then_with(|| b.id.cmp(&a.id)))
    };
    Effective::of(person).pick(own, theirs).or_else(|| last().and_then(|e| filled(theirs(e))))
}

/// Whether the value is on the list, without case.
fn lists(allowed: &BTreeSet<String>, value: &str) -> bool {
    allowed.iter().any(|one| {
        let one = one.trim();
        one == value || one.to_lowercase() == value.to_lowercase()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ProfileId;

    fn scope(worker_types: &[&str], countries: &[&str]) -> Scope {
        let set = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Scope { worker_types: set(worker_types), countries: set(countries), ..Scope::default() }
    }

    #[test]
    fn every_list_that_is_not_empty_must_have_the_value() {
        let mut person = Person::new(ProfileId::parse("p").unwrap());
        assert!(scope(&[], &[]).includes(&person));
        assert!(!scope(&["eor"], &[]).includes(&person), "no value is on no list");
        person.worker_type = Some(" EOR ".into());
        assert!(scope(&["eor", "direct_employee"], &[]).includes(&person));
        assert!(!scope(&["eor"], &["ES"]).includes(&person));
        person.country = Some("es".into());
        assert!(scope(&["eor"], &["ES"]).includes(&person));
    }

    #[test]
    fn an_ended_employment_still_tells_where_somebody_belonged() {
        let mut person = Person::new(ProfileId::parse("p").unwrap());
        let employment = |id: &str, kind: &str, start: &str| Employment {
            id: id.to_owned(),
            ended: Some(true),
            worker_type: Some(kind.into()),
            start_date: start.parse().ok(),
            ..Employment::default()
        };
        person.employments =
            vec![employment("c1", "contractor", "2024-01-01"), employment("c2", "eor", "2025-01-01")];
        assert!(scope(&["eor"], &[]).includes(&person));
        assert!(!scope(&["contractor"], &[]).includes(&person));
    }
}
