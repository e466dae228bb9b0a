//! Which account is the person's.
use crate::account::Account;
use crate::ids::{AccountId, ProfileId, WorkEmail};
use crate::observed::Actual;

/// Which account is the person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match<'a> {
    /// The link names the person.
    Linked(&'a Account),
    /// No link names the person, and exactly this account has their email and no link.
    Adopt(&'a Account),
    /// As [`Match::Adopt`], but the link field holds something else.
    Relink(&'a Account),
    /// More than one account could be theirs; in order of id.
    Several(Vec<AccountId>),
    /// No account.
    None,
}

/// Finds the person's account.
#[must_use]
pub fn match_account<'a>(subject: &ProfileId, email: Option<&WorkEmail>, actual: &'a Actual) -> Match<'a> {
    let _ = (subject, email, actual);
    todo!()
}
