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

/// Everything there is of a kind, or what was made of it. Only the paging that proved it makes one: as many rows as the reported total, the
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

impl Gap {
    /// Whether the rows moved while they were read, so that listing again at once may do.
    #[must_use]
    pub fn is_moved(self) -> bool {
        !matches!(self, Self::NoTotal | Self::ForeignOrganization)
    }
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

/// Adds up pages, in the order in which they were asked for ([`crate::Reader::users_page`]). `T` is what is kept of a user.
#[derive(Debug)]
pub struct Pages<T = UserRecord> {
    organization: Option<String>,
    total: Option<u64>,
    ids: HashSet<String>,
    users: Vec<T>,
}

impl<T> Pages<T> {
    /// `organization`: the one all users must belong to, if it is configured.
    #[must_use]
    pub fn new(organization: Option<&str>) -> Self {
        Self {
            organization: organization.map(str::to_owned),
            total: None,
            ids: HashSet::new(),
            users: Vec::new(),
        }
    }

    /// How many rows came so far: what to skip next.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.ids.len() as u64
    }

    /// How many rows there are, once a page has said so.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.total
    }

    /// The organization of the users, if one is configured or a user says so.
    #[must_use]
    pub fn organization(&self) -> Option<&str> {
        self.organization.as_deref()
    }

    /// Takes the next page; true if it was the last. `keep` makes of each user what is kept, at once, so that a long list
    /// need not be in memory as it came; a user of whom nothing is kept counts all the same.
    ///
    /// # Errors
    /// The [`Gap`] for which this listing cannot become complete any more.
    pub fn add_with(
        &mut self,
        page: Page,
        mut keep: impl FnMut(UserRecord) -> Option<T>,
    ) -> Result<bool, Gap> {
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
            self.users.extend(keep(user));
        }
        let received = self.received();
        match received.cmp(&total) {
            std::cmp::Ordering::Greater => Err(Gap::Excess { received, total }),
            std::cmp::Ordering::Equal => Ok(true),
            std::cmp::Ordering::Less if empty => Err(Gap::Short { received, total }),
            std::cmp::Ordering::Less => Ok(false),
        }
    }

    /// The proof, once as many users came as there are.
    ///
    /// # Errors
    /// Before that: [`Gap::NoTotal`] if no page was added, else [`Gap::Short`].
    pub fn complete(self) -> Result<Complete<T>, Gap> {
        let (received, total) = (self.received(), self.total.ok_or(Gap::NoTotal)?);
        if received == total { Ok(Complete(self.users)) } else { Err(Gap::Short { received, total }) }
    }
}

impl Pages<UserRecord> {
    /// [`Pages::add_with`], keeping the users as they are.
    pub(crate) fn add(&mut self, page: Page) -> Result<bool, Gap> {
        self.add_with(page, Some)
    }
}
