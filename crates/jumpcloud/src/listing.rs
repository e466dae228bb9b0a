//! Listing all users, with a proof that none is missing.

use std::collections::HashSet;
use std::ops::Deref;

use thiserror::Error;

use crate::record::UserRecord;

/// A page of a listing.
#[derive(Clone, Debug)]
pub struct Page {
    /// The users, by ascending `_id`.
    pub users: Vec<UserRecord>,
    /// `totalCount`: how many users there are in all.
    pub total: Option<u64>,
}

/// Everything there is of a kind. Only the paging that proved it makes one: as many rows as the reported total, the
/// same total on every page, no id twice, one organization.
#[derive(Clone, Debug)]
pub struct Complete<T>(Vec<T>);

impl<T> Complete<T> {
    /// The entries.
    pub fn into_inner(self) -> Vec<T> {
        self.0
    }
}

impl<T> Deref for Complete<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> IntoIterator for Complete<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Why a listing did not prove to be complete. Starting again is the only remedy; users may have been added or removed
/// while it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Gap {
    /// A page did not say how many users there are.
    #[error("a page reports no total")]
    NoTotal,
    /// The total changed between pages.
    #[error("the total changed from {from} to {to} between pages")]
    TotalChanged {
        /// As first reported.
        from: u64,
        /// As reported now.
        to: u64,
    },
    /// A user was listed twice, so another one may have been skipped.
    #[error("a user was listed twice")]
    Repeated,
    /// The pages ended before the total.
    #[error("the pages ended after {received} of {total} users")]
    Short {
        /// Rows received.
        received: u64,
        /// Rows reported.
        total: u64,
    },
    /// More rows came than there are.
    #[error("{received} users came where {total} were reported")]
    Excess {
        /// Rows received.
        received: u64,
        /// Rows reported.
        total: u64,
    },
    /// Users of more than one organization, or of another than the configured one.
    #[error("a user of another organization was listed")]
    ForeignOrganization,
}

/// Why there is no complete listing.
#[derive(Debug, Error)]
pub enum ListError<E> {
    /// A page could not be read.
    #[error("a page of users could not be read")]
    Client(#[source] crate::Error),
    /// What is awaited before each request refused.
    #[error("the listing was stopped before a request")]
    Pace(#[source] E),
    /// All pages were read and do not add up.
    #[error("the listing of users is not complete")]
    Incomplete(#[source] Gap),
}

impl<E> From<crate::Error> for ListError<E> {
    fn from(error: crate::Error) -> Self {
        Self::Client(error)
    }
}

impl<E> From<Gap> for ListError<E> {
    fn from(gap: Gap) -> Self {
        Self::Incomplete(gap)
    }
}

/// Adds up pages.
pub(crate) struct Pages {
    organization: Option<String>,
    total: Option<u64>,
    ids: HashSet<String>,
    users: Vec<UserRecord>,
}

impl Pages {
    /// `organization`: the one all users must belong to, if it is configured.
    pub(crate) fn new(organization: Option<&str>) -> Self {
        Self {
            organization: organization.map(str::to_owned),
            total: None,
            ids: HashSet::new(),
            users: Vec::new(),
        }
    }

    /// How many rows came so far: what to skip next.
    pub(crate) fn received(&self) -> u64 {
        self.users.len() as u64
    }

    /// Takes the next page; true if it was the last.
    pub(crate) fn add(&mut self, page: Page) -> Result<bool, Gap> {
        let total = page.total.ok_or(Gap::NoTotal)?;
        match self.total {
            Some(from) if from != total => return Err(Gap::TotalChanged { from, to: total }),
            _ => self.total = Some(total),
        }
        let empty = page.users.is_empty();
        for user in page.users {
            match (&self.organization, &user.organization) {
                (Some(ours), Some(theirs)) if ours != theirs => return Err(Gap::ForeignOrganization),
                (None, Some(theirs)) => self.organization = Some(theirs.clone()),
                _ => {}
            }
            if !self.ids.insert(user.id.clone()) {
                return Err(Gap::Repeated);
            }
            self.users.push(user);
        }
        let received = self.received();
        match received.cmp(&total) {
            std::cmp::Ordering::Greater => Err(Gap::Excess { received, total }),
            std::cmp::Ordering::Equal => Ok(true),
            std::cmp::Ordering::Less if empty => Err(Gap::Short { received, total }),
            std::cmp::Ordering::Less => Ok(false),
        }
    }

    /// The proof, after the page for which [`Pages::add`] returned true.
    pub(crate) fn complete(self) -> Complete<UserRecord> {
        Complete(self.users)
    }
}
