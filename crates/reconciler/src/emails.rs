//! Who has which work email in Deel, remembered for a few minutes: several leavers then cost one listing.

use crate::stop::Stop;
use crate::vendor::means;
use deel::{Complete, ListError, PersonRecord};
use provisioning::ProfileId;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// The largest company that is listed for one address: ten requests.
pub(crate) const MOST_PEOPLE: u64 = 1000;
/// How long a listing is believed. Whoever is found in it is read again, so an old one can only miss a newcomer.
const KEEP: Duration = Duration::from_secs(600);
/// How long a listing that failed is not tried again: long enough for the run that needs it to get on without.
const KEEP_FAILED: Duration = Duration::from_secs(60);

type Hash = [u8; 32];

/// Why there is no listing to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unlisted {
    /// More people than [`MOST_PEOPLE`].
    TooMany,
    /// Deel's listing did not prove complete, or was refused; the word says how.
    Failed(&'static str),
}

/// The work emails of everyone, as hashes.
#[derive(Default)]
pub(crate) struct Emails {
    // Held while listing: who comes meanwhile waits for that listing instead of making another.
    listed: Mutex<Option<Listed>>,
}

struct Listed {
    at: Instant,
    people: Result<HashMap<Hash, Vec<ProfileId>>, Unlisted>,
}

impl Emails {
    /// Whose work email this is, by a listing that is at most ten minutes old; `list` is polled if there is none.
    ///
    /// # Errors
    /// [`Stop`] for what another try may mend; nothing is remembered then.
    pub(crate) async fn holders(
        &self,
        email: &str,
        list: impl Future<Output = Result<Complete<PersonRecord>, ListError>>,
    ) -> Result<Result<Vec<ProfileId>, Unlisted>, Stop> {
        let mut listed = self.listed.lock().await;
        if !listed.as_ref().is_some_and(Listed::is_fresh) {
            let at = Instant::now();
            let people = match list.await {
                Ok(people) => Ok(by_email(&people)),
                Err(ListError::TooMany { .. }) => Err(Unlisted::TooMany),
                Err(error) => Err(Unlisted::Failed(means(error)?)),
            };
            *listed = Some(Listed { at, people });
        }
        let people = listed.as_ref().map(|listed| listed.people.as_ref());
        let found = people.unwrap_or(Err(&Unlisted::Failed("missing")));
        Ok(found.map(|people| people.get(&hash(email)).cloned().unwrap_or_default()).map_err(|why| *why))
    }
}

impl Listed {
    fn is_fresh(&self) -> bool {
        let keep = if matches!(self.people, Err(Unlisted::Failed(_))) { KEEP_FAILED } else { KEEP };
        self.at.elapsed() < keep
    }
}

fn by_email(people: &[PersonRecord]) -> HashMap<Hash, Vec<ProfileId>> {
    let mut ids: HashMap<Hash, Vec<ProfileId>> = HashMap::new();
    for person in people {
        let id = ProfileId::parse(person.id.as_deref().unwrap_or_default());
        if let (Some(email), Ok(id)) = (person.work_email(), id) {
            ids.entry(hash(email)).or_default().push(id);
        }
    }
    ids
}

fn hash(email: &str) -> Hash {
    Sha256::digest(email.trim().to_lowercase()).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use deel::{Listing, Page};

    fn listing(emails: &[&str]) -> Result<Complete<PersonRecord>, ListError> {
        let row = |(n, email): (usize, &&str)| {
            let text =
                format!(r#"{{"id":"p{n}","first_name":"x","emails":[{{"type":"work","value":"{email}"}}]}}"#);
            PersonRecord::from_json(&text).unwrap()
        };
        let rows: Vec<_> = emails.iter().enumerate().map(row).collect();
        let mut listing = Listing::default();
        listing.push(Page { total_rows: Some(rows.len() as u64), rows, bad_rows: 0 })?;
        listing.finish()
    }

    #[tokio::test]
    async fn one_listing_serves_all() {
        let emails = Emails::default();
        let list = async { listing(&["a@x.co", "B@x.co", "b@X.co"]) };
        let found = emails.holders("b@x.co", list).await.unwrap().unwrap();
        assert_eq!(found.iter().map(ProfileId::as_str).collect::<Vec<_>>(), ["p1", "p2"]);
        let not_again = async { unreachable!("there is a listing") };
        assert_eq!(emails.holders("A@x.co", not_again).await.unwrap().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn what_failed_is_not_tried_at_once_but_what_may_be_mended_is() {
        let emails = Emails::default();
        let limited = deel::Error::RateLimited { retry_after: None };
        let limited = async { Err(ListError::Fetch { collected: 0, source: limited }) };
        assert!(matches!(emails.holders("a@x.co", limited).await, Err(Stop::Limited { .. })));
        let short = async { Err(ListError::Short { collected: 1, total: 2 }) };
        assert_eq!(emails.holders("a@x.co", short).await.unwrap(), Err(Unlisted::Failed("short")));
        let not_again = async { unreachable!("it has just failed") };
        assert_eq!(emails.holders("a@x.co", not_again).await.unwrap(), Err(Unlisted::Failed("short")));
    }
}
