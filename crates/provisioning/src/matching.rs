//! Which account is the person's: by the link, else by the email.

use crate::account::Account;
use crate::ids::{AccountId, ProfileId, WorkEmail};

/// Which account is the person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Match<'a> {
    /// The link names the person.
    Linked(&'a Account),
    /// No link names the person; exactly this account has their email, and it has no link.
    Adopt(&'a Account),
    /// As [`Match::Adopt`], but the link field holds something else.
    Relink(&'a Account),
    /// More than one account could be theirs; in order of id.
    Several(Vec<&'a Account>),
    /// No account.
    None,
}

impl<'a> Match<'a> {
    /// The account, if it is exactly one.
    pub(crate) fn single(&self) -> Option<&'a Account> {
        match self {
            Self::Linked(account) | Self::Adopt(account) | Self::Relink(account) => Some(account),
            Self::Several(_) | Self::None => None,
        }
    }
}

/// Finds the person's account among these, in which one may occur twice. Link and email are looked at again here, whatever the
/// shell meant by its lists, so that an account in the wrong list or in both cannot change the answer.
pub(crate) fn match_account<'a>(
    subject: &ProfileId,
    email: Option<&WorkEmail>,
    accounts: &[&'a Account],
) -> Match<'a> {
    let linked = distinct(accounts, |account| account.is_linked_to(subject));
    match linked[..] {
        [] => {}
        [account] => return Match::Linked(account),
        _ => return Match::Several(linked),
    }
    let Some(email) = email else { return Match::None };
    let same_email = distinct(accounts, |account| email.is_same(&account.email));
    match same_email[..] {
        [] => Match::None,
        [account] if account.link_value().is_none() => Match::Adopt(account),
        [account] => Match::Relink(account),
        _ => Match::Several(same_email),
    }
}

/// The accounts that fit, each once, in order of id.
fn distinct<'a>(accounts: &[&'a Account], fits: impl Fn(&Account) -> bool) -> Vec<&'a Account> {
    let mut found: Vec<_> = accounts.iter().copied().filter(|account| fits(account)).collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found.dedup_by(|a, b| a.id == b.id);
    found
}

/// The accounts other than this one that have the email, in order of id.
pub(crate) fn others_with(email: &WorkEmail, account: &Account, accounts: &[&Account]) -> Vec<AccountId> {
    let others = distinct(accounts, |other| other.id != account.id && email.is_same(&other.email));
    others.into_iter().map(|other| other.id.clone()).collect()
}
