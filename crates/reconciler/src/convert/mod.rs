//! From the vendors' wire records to the planner's words.
//!
//! Errors name the record by its id and the field; never a value.

mod account;
mod person;

pub use account::link_of;
pub(crate) use account::{account, field as profile_field, key};
pub(crate) use person::person;

use provisioning::InvalidId;

/// A record that must not be planned on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConvertError {
    /// A person's record has no usable id.
    #[error("a person's id is not usable")]
    PersonId(#[source] InvalidId),
    /// The last day of work is there and cannot be read: deciding without it could suspend too early.
    #[error("person {person}: {field} cannot be read; correct it in Deel")]
    LastDay {
        /// The person.
        person: String,
        /// Deel's name of the field.
        field: &'static str,
    },
    /// An account's record has no usable id.
    #[error("an account's id is not usable")]
    AccountId(#[source] InvalidId),
}
