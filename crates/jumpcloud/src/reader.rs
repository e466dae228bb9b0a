//! Everything that only reads.

use reqwest::Method;
use serde_json::Value;

use crate::Error;
use crate::connection::Connection;
use crate::http::{Call, checked_id};
use crate::lenient;
use crate::listing::{Complete, ListError, Page, Pages};
use crate::organization::{Organization, OrganizationSettings};
use crate::record::UserRecord;
use crate::schedule::ScheduledState;
use crate::status::Scope;

/// Rows asked for at once. The documents limit other lists to 100 and name no limit for users; rows received count,
/// not rows asked for.
pub const PAGE: u64 = 100;

/// Reads, and cannot write.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(crate) connection: Connection,
}

impl Reader {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// One user by id.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none; [`Error::WrongOrganization`] if it is of another organization than the
    /// configured one; others as [`Error`] says.
    pub async fn account(&self, id: &str) -> Result<UserRecord, Error> {
        let call = Call::new(Method::GET, "/systemusers/{}", &[id], Scope::Record)?;
        let answer = self.connection.inner.send(call).await?;
        self.own(record(&answer, Some(id))?)
    }

    /// One page of users in the order of `_id`, without which JumpCloud misses or repeats rows while paging. `limit`
    /// is cut to 1..=100.
    ///
    /// # Errors
    /// As [`Error`] says; [`Error::Unexpected`] if a row cannot be read.
    pub async fn users_page(&self, skip: u64, limit: u64) -> Result<Page, Error> {
        let call = Call::new(Method::GET, "/systemusers", &[], Scope::Listing)?
            .query("limit", &limit.clamp(1, PAGE))
            .query("skip", &skip)
            .query("sort", &"_id");
        page(&self.connection.inner.send(call).await?)
    }

    /// All users, proven complete. `pace` is awaited before every request, one per 100 users.
    ///
    /// # Errors
    /// [`ListError`]: a page failed, `pace` refused, or the pages do not add up.
    pub async fn users<E, F: Future<Output = Result<(), E>>>(
        &self,
        mut pace: impl FnMut() -> F,
    ) -> Result<Complete<UserRecord>, ListError<E>> {
        pace().await.map_err(ListError::Pace)?;
        self.users_after_first(&mut pace).await
    }

    /// [`Reader::users`] whose first request is already paid for.
    pub(crate) async fn users_after_first<E, F: Future<Output = Result<(), E>>>(
        &self,
        pace: &mut impl FnMut() -> F,
    ) -> Result<Complete<UserRecord>, ListError<E>> {
        let mut pages = Pages::new(self.connection.organization());
        loop {
            let page = self.users_page(pages.received(), PAGE).await?;
            if pages.add(page)? {
                return Ok(pages.complete()?);
            }
            pace().await.map_err(ListError::Pace)?;
        }
    }

    /// The organizations that the credentials can see, the first 100. JumpCloud answers `{"results": […]}`, to keys of
    /// one organization also a bare array; both are read.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn organizations(&self) -> Result<Vec<Organization>, Error> {
        let call = Call::new(Method::GET, "/organizations", &[], Scope::Listing)?.query("limit", &PAGE);
        let answer = self.connection.inner.send(call).await?;
        read_all(&answer, Organization::from_wire)
            .ok_or(Error::unexpected("the list of organizations cannot be read"))
    }

    /// One organization's settings.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn organization(&self, id: &str) -> Result<OrganizationSettings, Error> {
        let call = Call::new(Method::GET, "/organizations/{}", &[id], Scope::Record)?;
        let answer = self.connection.inner.send(call).await?;
        OrganizationSettings::from_wire(&answer).ok_or(Error::unexpected("the organization cannot be read"))
    }

    /// The next scheduled activation and the next scheduled suspension of a user. JumpCloud returns at most one of each
    /// (API 2.0, bulk/userstates/eventlist/next): after cancelling one, read again for the one behind it.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn scheduled_states(&self, user_id: &str) -> Result<Vec<ScheduledState>, Error> {
        let user_id = checked_id(user_id)?;
        let call = Call::new(Method::GET, "/v2/bulk/userstates/eventlist/next", &[], Scope::Body)?
            .query("users", &user_id)
            .query("limit", &PAGE);
        let answer = self.connection.inner.send(call).await?;
        let mut scheduled = read_all(&answer, ScheduledState::from_wire)
            .ok_or(Error::unexpected("the list of scheduled states cannot be read"))?;
        scheduled.retain(|state| state.user_id == user_id);
        Ok(scheduled)
    }

    /// The organization that is configured, if one is.
    #[must_use]
    pub fn configured_organization(&self) -> Option<&str> {
        self.connection.organization()
    }

    fn own(&self, user: UserRecord) -> Result<UserRecord, Error> {
        match (self.connection.organization(), user.organization.as_deref()) {
            (Some(ours), Some(theirs)) if ours != theirs => Err(Error::WrongOrganization { status: None }),
            _ => Ok(user),
        }
    }
}

/// The record in an answer; with `id`, only the one asked for.
pub(crate) fn record(answer: &Value, id: Option<&str>) -> Result<UserRecord, Error> {
    let user = UserRecord::from_json(answer).ok_or(Error::unexpected("a user without a readable id"))?;
    match id {
        Some(id) if id != user.id => Err(Error::unexpected("another user than the one asked for")),
        _ => Ok(user),
    }
}

/// A page in an answer. One unreadable row makes the page unusable: leaving it out would count it as absent.
pub(crate) fn page(answer: &Value) -> Result<Page, Error> {
    let users =
        read_all(answer, UserRecord::from_json).ok_or(Error::unexpected("a page of users cannot be read"))?;
    Ok(Page { users, total: lenient::count(answer.get("totalCount")) })
}

/// Every entry of `{"results": […]}` or of a bare array; `None` if it is neither or an entry cannot be read.
fn read_all<T>(answer: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    let entries = answer.get("results").unwrap_or(answer).as_array()?;
    entries.iter().map(read).collect()
}
