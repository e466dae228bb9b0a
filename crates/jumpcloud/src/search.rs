//! Exact search for one value, whatever its case.

use std::convert::Infallible;
use std::future::ready;

use reqwest::Method;
use serde_json::{Value, json};

use crate::http::Call;
use crate::listing::{Gap, ListError, Pages};
use crate::reader::{PAGE, Reader, page};
use crate::record::UserRecord;
use crate::status::Scope;
use crate::{Error, ProfileField};

/// An exact match has none or a few results; a search that goes on longer than this is not being narrowed.
const MOST_PAGES: u32 = 10;

/// What to search by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key<'a> {
    /// The primary address. Alternate addresses are unique in all of JumpCloud too, but cannot be searched.
    Email,
    /// The login name.
    Username,
    /// `employeeIdentifier`.
    EmployeeIdentifier,
    /// A custom attribute.
    CustomAttribute {
        /// Its name, compared exactly.
        name: &'a str,
    },
}

impl Key<'_> {
    fn path(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
            Self::EmployeeIdentifier => "employeeIdentifier",
            Self::CustomAttribute { .. } => "attributes.value",
        }
    }

    fn value_of(self, user: &UserRecord) -> Option<&str> {
        match self {
            Self::Email => Some(&user.email),
            Self::Username => Some(&user.username),
            Self::EmployeeIdentifier => user.get(ProfileField::EmployeeIdentifier),
            Self::CustomAttribute { name } => user.attribute(name),
        }
    }

    fn matches(self, user: &UserRecord, value: &str) -> bool {
        self.value_of(user).is_some_and(|found| found.trim().to_lowercase() == value.to_lowercase())
    }
}

impl Reader {
    /// The users whose `key` is `value`, exactly but for case; empty if there is none. One request, unless JumpCloud
    /// finds more than 100.
    ///
    /// The search is the form that JumpCloud's PowerShell module uses for exact matches, `{"$regex":"(?i)^…$"}` with
    /// the value escaped; what comes back is compared again here, since a search that matched too much would
    /// otherwise hand out the wrong account.
    ///
    /// Where that search is refused or not served (400, 404), `filter=<field>:$eq:<value>` on the list is asked instead
    /// (JumpCloud API 1.0, systemusers_list); since it is case-sensitive, all users are listed if it shows nobody.
    ///
    /// For a custom attribute no filter is documented. The same form on `attributes.value` is tried; if it finds
    /// nothing or is refused, all users are listed (one request per 100 users), since a creation may follow from
    /// "nobody". Use [`Reader::find_paced`] there if a rate budget applies.
    ///
    /// # Errors
    /// As [`Error`] says; also [`Error::Unexpected`] for a value that is empty or holds control characters, and for a
    /// search that ends before its reported total.
    pub async fn find(&self, key: Key<'_>, value: &str) -> Result<Vec<UserRecord>, Error> {
        let found = self.find_paced(key, value, || ready(Ok::<(), Infallible>(()))).await;
        found.map_err(|error| match error {
            ListError::Client(error) => error,
            ListError::Pace(never) => match never {},
            ListError::Incomplete(Gap::ForeignOrganization) => Error::WrongOrganization { status: None },
            ListError::Incomplete(_) => Error::unexpected("the pages of a search do not add up"),
        })
    }

    /// [`Reader::find`] that awaits `pace` before every request after the first: the caller has already paid for that
    /// one.
    ///
    /// # Errors
    /// As [`Reader::find`], and what `pace` returns.
    pub async fn find_paced<E, F: Future<Output = Result<(), E>>>(
        &self,
        key: Key<'_>,
        value: &str,
        mut pace: impl FnMut() -> F,
    ) -> Result<Vec<UserRecord>, ListError<E>> {
        let value = value.trim();
        if value.is_empty() || value.chars().any(char::is_control) {
            return Err(Error::unexpected("a search value that is empty or holds control characters").into());
        }
        let custom = matches!(key, Key::CustomAttribute { .. });
        match self.search(key, value, &mut pace).await {
            Ok(users) if !users.is_empty() || !custom => return Ok(users),
            Ok(_) | Err(ListError::Incomplete(_) | ListError::Client(Error::Unexpected { .. })) if custom => {
            }
            Err(ListError::Client(error)) if is_refused(&error) => {
                tracing::debug!(
                    field = key.path(),
                    "JumpCloud does not serve the search; its list is asked instead"
                );
                if !custom {
                    pace().await.map_err(ListError::Pace)?;
                    let users = self.filter(key, value).await?;
                    if !users.is_empty() {
                        return Ok(users);
                    }
                }
            }
            other => return other,
        }
        pace().await.map_err(ListError::Pace)?;
        let all = self.users_after_first(&mut pace).await?;
        Ok(all.into_iter().filter(|user| key.matches(user, value)).collect())
    }

    /// The list with a filter, which may show too much and, since the case counts, too little. A refusal is no answer.
    async fn filter(&self, key: Key<'_>, value: &str) -> Result<Vec<UserRecord>, Error> {
        let call = Call::new(Method::GET, "/systemusers", &[], Scope::Body)?
            .query("filter", &format!("{}:$eq:{value}", key.path()))
            .query("limit", &PAGE)
            .query("sort", &"_id");
        match self.connection.inner.send(call).await.map_err(Error::from) {
            Ok(answer) => {
                let users = page(&answer)?.users;
                Ok(users.into_iter().filter(|user| key.matches(user, value)).collect())
            }
            Err(error) if is_refused(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    async fn search<E, F: Future<Output = Result<(), E>>>(
        &self,
        key: Key<'_>,
        value: &str,
        pace: &mut impl FnMut() -> F,
    ) -> Result<Vec<UserRecord>, ListError<E>> {
        let mut pages = Pages::new(self.connection.organization());
        for number in 0..MOST_PAGES {
            if number > 0 {
                pace().await.map_err(ListError::Pace)?;
            }
            let body = body(key.path(), value, pages.received());
            let call =
                Call::new(Method::POST, "/search/systemusers", &[], Scope::Body)?.json(&body).consistent();
            let answer = self.connection.inner.send(call).await.map_err(Error::from)?;
            let mut found = page(&answer)?;
            // Some answers leave the total out; then a page that is not full is the last.
            let rows = found.users.len() as u64;
            if found.total.is_none() && rows < PAGE {
                found.total = Some(pages.received() + rows);
            }
            if pages.add(found)? {
                let all = pages.complete()?;
                return Ok(all.into_iter().filter(|user| key.matches(user, value)).collect());
            }
        }
        Err(Error::unexpected("a search for one value that finds a thousand users").into())
    }
}

/// Whether the form of a request is what is refused, so that another form may be served. A 404 may be about the
/// organization instead; then the other form is refused as well.
pub(crate) fn is_refused(error: &Error) -> bool {
    matches!(
        error,
        Error::Rejected { .. }
            | Error::NotTheApi { status: 404 }
            | Error::WrongOrganization { status: Some(404) }
    )
}

fn body(path: &str, value: &str, skip: u64) -> Value {
    json!({"filter": {"and": [{path: {"$regex": pattern(value)}}]}, "limit": PAGE, "skip": skip})
}

/// A regular expression that matches `value` and nothing else, whatever the case.
fn pattern(value: &str) -> String {
    let mut pattern = String::with_capacity(value.len() + 8);
    pattern.push_str("(?i)^");
    for c in value.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('$');
    pattern
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
