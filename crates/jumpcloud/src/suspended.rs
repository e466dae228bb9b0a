//! Everybody who is suspended, without a list of everybody.

use reqwest::Method;

use crate::http::Call;
use crate::listing::{Complete, Gap, ListError, Page, Pages};
use crate::reader::{PAGE, Reader, page};
use crate::record::{State, UserRecord};
use crate::search::is_refused;
use crate::status::Scope;
use crate::{Error, lenient};

const SUSPENDED: &str = "SUSPENDED";
/// The states that `JumpCloud` documents beside it (API 1.0, systemusers).
const OTHERS: [&str; 2] = ["ACTIVATED", "STAGED"];

impl Reader {
    /// All suspended users, proven complete: one request per 100 of them, and three. `pace` is awaited before each.
    ///
    /// The list is asked with `filter=state:$eq:SUSPENDED`, a form that the document describes and whose fields it does not
    /// name. So nothing is believed that the service does not prove: every row is suspended, as many came as were announced,
    /// and the same filter for each of the other states, together with these, accounts for everybody.
    ///
    /// `None`: this service does not prove it (it refuses or ignores the filter, knows other states, or users changed while
    /// it was asked). Then [`Reader::users`] tells.
    ///
    /// # Errors
    /// [`ListError`]: a request failed, `pace` refused, or users of another organization came.
    pub async fn suspended<E, F: Future<Output = Result<(), E>>>(
        &self,
        mut pace: impl FnMut() -> F,
    ) -> Result<Option<Complete<UserRecord>>, ListError<E>> {
        let mut pages = Pages::new(self.connection.organization());
        loop {
            pace().await.map_err(ListError::Pace)?;
            let page = match self.in_state(Some(SUSPENDED), pages.received(), PAGE).await {
                Ok(page) => page,
                Err(error) if is_refused(&error) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            if page.users.iter().any(|user| user.state != State::Suspended) {
                return Ok(None);
            }
            match pages.add(page) {
                Ok(true) => break,
                Ok(false) => {}
                Err(Gap::ForeignOrganization) => return Err(Gap::ForeignOrganization.into()),
                Err(_) => return Ok(None),
            }
        }
        let mut accounted = pages.received();
        for state in OTHERS {
            pace().await.map_err(ListError::Pace)?;
            let Some(total) = self.how_many(Some(state)).await? else { return Ok(None) };
            accounted += total;
        }
        pace().await.map_err(ListError::Pace)?;
        if self.how_many(None).await? != Some(accounted) {
            tracing::debug!("JumpCloud's list by state does not account for everybody");
            return Ok(None);
        }
        Ok(Some(pages.complete()?))
    }

    async fn how_many(&self, state: Option<&str>) -> Result<Option<u64>, Error> {
        match self.in_state(state, 0, 1).await {
            Ok(page) => Ok(page.total),
            Err(error) if is_refused(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn in_state(&self, state: Option<&str>, skip: u64, limit: u64) -> Result<Page, Error> {
        // As for a search: a refused form is an answer here, and no sign of a wrong organization.
        let mut call = Call::new(Method::GET, "/systemusers", &[], Scope::Body)?
            .query("limit", &limit)
            .query("skip", &skip)
            .query("sort", &"_id")
            .consistent();
        if let Some(state) = state {
            call = call.query("filter", &format!("state:$eq:{state}"));
        }
        let answer = self.connection.inner.send(call).await?;
        // Of the others only the number is wanted, whatever their rows are like.
        if limit == 1 {
            return Ok(Page { users: Vec::new(), total: lenient::count(answer.get("totalCount")) });
        }
        page(&answer)
    }
}
