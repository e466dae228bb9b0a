//! The calls about people.

use std::convert::Infallible;

use crate::client::{Endpoint, surprise};
use crate::envelope::is_plausible_id;
use crate::json::{Object, Value};
use crate::{Client, Complete, Error, ListError, Listing, PAGE_LIMIT, Page, PersonRecord, Surprise};

const SCOPE: &str = "people:read";

/// Pacing for those who need none, such as tests.
pub async fn unpaced() -> Result<(), Infallible> {
    Ok(())
}

impl Client {
    /// One person, `GET /people/{id}` (scope `people:read`); `id` is the HRIS profile id.
    ///
    /// A record that comes back is of that id and carries names and emails as keys: another person's is
    /// [`Surprise::OtherPerson`], one with sensitive data withheld [`Error::SensitiveDataWithheld`].
    pub async fn person(&self, id: &str) -> Result<PersonRecord, Error> {
        if !is_plausible_id(id) {
            return Err(surprise(Surprise::InvalidId));
        }
        let query = self.asked_with();
        let endpoint = Endpoint { route: "/people/{id}", scope: SCOPE, path: &["people", id], query: &query };
        let body = self.get(endpoint).await?;
        let data = Object::parse(&body).and_then(|top| top.get("data"));
        let person = data.and_then(PersonRecord::read).ok_or_else(|| surprise(Surprise::Shape))?;
        if !person.id.as_deref().is_some_and(|other| other.eq_ignore_ascii_case(id)) {
            return Err(surprise(Surprise::OtherPerson));
        }
        if person.sensitive_withheld { Err(Error::SensitiveDataWithheld) } else { Ok(person) }
    }

    /// One page of everyone, `GET /people`, in the order of their ids, so that a change meanwhile moves as few rows as
    /// possible. `limit` is cut to 1..=[`PAGE_LIMIT`].
    pub async fn people_page(&self, offset: u64, limit: u32) -> Result<Page<PersonRecord>, Error> {
        self.page(offset, limit, None).await
    }

    /// Everyone. `pace` is awaited before each request, to acquire what the shared rate budget asks for. Nothing is retried;
    /// who wants to go on after a 429 drives a [`Listing`] with [`people_page`](Client::people_page).
    pub async fn people<P, F, E>(&self, pace: P) -> Result<Complete<PersonRecord>, ListError>
    where
        P: FnMut() -> F,
        F: Future<Output = Result<(), E>>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.list(None, u64::MAX, pace).await
    }

    /// Everyone, unless they are more than `most`: then [`ListError::TooMany`] after the first page. Paged and paced as
    /// [`people`](Client::people).
    pub async fn people_at_most<P, F, E>(
        &self,
        most: u64,
        pace: P,
    ) -> Result<Complete<PersonRecord>, ListError>
    where
        P: FnMut() -> F,
        F: Future<Output = Result<(), E>>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.list(None, most, pace).await
    }

    /// Whom `GET /people?search=` finds for `term`, of these the ones with exactly this work email, without regard to case.
    /// [`ListError::TooMany`] after the first page if it finds more than `most`. Paged and paced as
    /// [`people`](Client::people).
    ///
    /// That the pages are complete does not prove that nobody else has the address: Deel's OpenAPI document says that `search`
    /// looks at names, and does not mention emails. Who knows of a person with this address can see whether the search finds at
    /// least that one.
    pub async fn people_by_search<P, F, E>(
        &self,
        term: &str,
        work_email: &str,
        most: u64,
        pace: P,
    ) -> Result<Complete<PersonRecord>, ListError>
    where
        P: FnMut() -> F,
        F: Future<Output = Result<(), E>>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let wanted = work_email.trim().to_lowercase();
        let found = self.list(Some(term), most, pace).await?;
        Ok(found.filter(|person| person.work_email().is_some_and(|email| email.to_lowercase() == wanted)))
    }

    async fn list<P, F, E>(
        &self,
        search: Option<&str>,
        most: u64,
        mut pace: P,
    ) -> Result<Complete<PersonRecord>, ListError>
    where
        P: FnMut() -> F,
        F: Future<Output = Result<(), E>>,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let mut listing = Listing::default();
        while !listing.is_done() {
            pace().await.map_err(|error| ListError::Pace(error.into()))?;
            let collected = listing.offset();
            let page = self.page(collected, PAGE_LIMIT, search).await;
            listing.push(page.map_err(|source| ListError::Fetch { collected, source })?)?;
            if let Some(total) = listing.total().filter(|total| *total > most) {
                return Err(ListError::TooMany { total, most });
            }
        }
        listing.finish()
    }

    /// What is asked for beyond the usual. Deel documents it for one person; whether a list heeds it is not documented.
    fn asked_with(&self) -> Vec<(&'static str, String)> {
        if self.custom_fields { vec![("include_custom_fields", "true".to_owned())] } else { Vec::new() }
    }

    async fn page(&self, offset: u64, limit: u32, search: Option<&str>) -> Result<Page<PersonRecord>, Error> {
        let mut query = vec![
            ("offset", offset.to_string()),
            ("limit", limit.clamp(1, PAGE_LIMIT).to_string()),
            ("sort_by", "id".to_owned()),
            ("sort_order", "asc".to_owned()),
        ];
        query.extend(self.asked_with());
        query.extend(search.map(|term| ("search", term.to_owned())));
        let endpoint = Endpoint { route: "/people", scope: SCOPE, path: &["people"], query: &query };
        let body = self.get(endpoint).await?;
        Page::from_json(&body).ok_or_else(|| surprise(Surprise::Shape))
    }
}

impl Page<PersonRecord> {
    /// Reads the answer to a request for a page; none if it is not an object with a list `data`.
    pub fn from_json(body: &str) -> Option<Self> {
        let top = Object::parse(body)?;
        let rows = top.get("data")?.list()?;
        let total_rows = || top.get("page")?.object()?.get("total_rows").and_then(Value::count);
        let received = rows.len();
        let rows: Vec<_> = rows.into_iter().filter_map(PersonRecord::read).collect();
        Some(Self { bad_rows: received - rows.len(), rows, total_rows: total_rows() })
    }
}
