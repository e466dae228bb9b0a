//! values
use crate::attributes::Attribute;
use crate::person::Person;
use crate::policy::Policy;
use std::collections::BTreeMap;

/// The names a person goes by under a policy, cleaned; a missing or empty part is `None`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PersonNames {
    /// First name; the whole full name when Deel has neither a first nor a last name.
    pub first: Option<String>,
    /// Last name.
    pub last: Option<String>,
    /// Full name as Deel has it, else first and last name joined.
    pub full: Option<String>,
}
/// A person's values with those of the running employment where the person has none.
pub struct Effective;
/// What each attribute should be.
pub fn desired_values(person: &Person, policy: &Policy) -> BTreeMap<Attribute, String> {
    let _ = (person, policy);
    todo!()
}
