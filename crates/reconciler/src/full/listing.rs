//! Both lists, whole, or the reason why not. Rows are converted while pages arrive, so that no list is in memory twice.

use super::report::Organizations;
use super::watch::Watch;
use crate::convert;
use crate::linked::restore_windows;
use crate::reconciler::{Parts, RequestError};
use crate::session::{Failure, Session};
use crate::stop::{Stop, chain};
use crate::vendor::{deel_stop, found_stop, jumpcloud_stop, listing_stop};
use provisioning::{Account, CensusGroups, Person, Pool, ProfileId};
use queue::{Line, Link, Vendor};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How often one list is read, if it keeps changing while it is read.
const MOST_READS: u32 = 4;
/// The first wait before a page is asked for again, doubled for each further one.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// For each vendor, how many requests a second it takes at most where no limit is configured: for estimates only.
const UNLIMITED: f64 = 50.0;

/// Both sides, whole.
pub(super) struct Lists {
    pub(super) people: Vec<Person>,
    /// Who is listed, and cannot be planned from their row: their own run says why.
    pub(super) unreadable: Vec<ProfileId>,
    pub(super) accounts: Vec<Account>,
    pub(super) groups: Option<CensusGroups>,
    /// The links that were on record before the accounts were listed.
    pub(super) on_record: HashMap<String, Link>,
    pub(super) organizations: Organizations,
    /// Why something is not known that would be good to know.
    pub(super) notes: Vec<String>,
}

/// Why there are no lists: what becomes of the job, and the words for people.
#[derive(Debug)]
pub(super) struct Unlisted {
    pub(super) stop: Stop,
    pub(super) words: String,
}

impl Unlisted {
    pub(super) fn of(stop: Stop) -> Self {
        Self { words: chain(&stop), stop }
    }

    fn at(place: &str, stop: Stop) -> Self {
        Self { words: format!("{place}: {}", chain(&stop)), stop }
    }
}

impl From<queue::QueueError> for Unlisted {
    fn from(error: queue::QueueError) -> Self {
        Self::of(Stop::Queue(error))
    }
}

impl From<Unlisted> for RequestError {
    fn from(failed: Unlisted) -> Self {
        match failed.stop {
            Stop::Queue(error) => Self::Queue(error),
            _ => Self::Stopped(failed.words),
        }
    }
}

/// All accounts, their organization, and the links that were on record before.
type Listed = (Vec<Account>, Option<String>, HashMap<String, Link>);

/// Whose lists, for whom, and whether what is seen on the way is remembered.
pub(super) struct Lister<'a> {
    pub(super) parts: &'a Parts,
    pub(super) watch: &'a Watch<'a>,
    pub(super) remember: bool,
}

impl Lister<'_> {
    fn session(&self) -> Session {
        // Bulk, whoever asked for it: it must not keep a leaver waiting.
        self.parts.session(Line::Bulk).of(&queue::JobKey::Reconcile)
    }

    /// Lists both sides, and sees that Deel's organization is the same before and after.
    pub(super) async fn lists(&self) -> Result<Lists, Unlisted> {
        let mut notes = Vec::new();
        let before = self.deel_organization(&mut notes).await?;
        let (people, accounts, groups) = futures::try_join!(self.people(), self.accounts(), self.groups())?;
        let after = if before.is_some() { self.deel_organization(&mut notes).await? } else { None };
        if before != after {
            return Err(Unlisted {
                stop: Stop::Moved,
                words: "Deel's token changed its organization while people were listed".to_owned(),
            });
        }
        notes.extend(self.parts.groups.left_alone());
        let (people, unreadable) = people;
        let (accounts, jumpcloud, on_record) = accounts;
        let organizations = Organizations { deel: before, jumpcloud };
        Ok(Lists { people, unreadable, accounts, groups, on_record, organizations, notes })
    }

    /// The organizations of Deel's token; none if it may not ask.
    pub(super) async fn deel_organization(
        &self,
        notes: &mut Vec<String>,
    ) -> Result<Option<String>, Unlisted> {
        let mut session = self.session();
        let client = &self.parts.deel;
        let asked =
            self.patiently(&mut session, Vendor::Deel, "organizations", || client.organizations()).await?;
        match asked {
            Ok(organizations) => {
                let mut ids: Vec<String> = organizations.into_iter().map(|one| one.id).collect();
                ids.sort_unstable();
                Ok(Some(ids.join(",")).filter(|ids| !ids.is_empty()))
            }
            Err(deel::Error::MissingScope { .. }) => {
                notes
                    .push("Deel's token may not tell its organization (scope organizations:read)".to_owned());
                Ok(None)
            }
            // Deel's document has the endpoint; what stands between may not. The other side still proves its own.
            Err(deel::Error::NotFound { .. }) => {
                notes.push("Deel does not tell its organization (404), so it is not compared".to_owned());
                Ok(None)
            }
            Err(error) => Err(Unlisted::at("Deel's organization cannot be read", deel_stop(error))),
        }
    }

    async fn people(&self) -> Result<(Vec<Person>, Vec<ProfileId>), Unlisted> {
        at_rest("Deel's list of people", || self.people_once(), listing_stop).await
    }

    /// One reading of everyone. The inner error: the rows moved meanwhile.
    async fn people_once(&self) -> Result<Result<(Vec<Person>, Vec<ProfileId>), deel::ListError>, Unlisted> {
        let (mut session, client) = (self.session(), &self.parts.deel);
        let (mut listing, mut unreadable) = (deel::Listing::<Person>::default(), Vec::new());
        let mut pool = Pool::default();
        while !listing.is_done() {
            let offset = listing.offset();
            let page = || client.people_page(offset, deel::PAGE_LIMIT);
            let place =
                || page_of("Deel's list of people", offset, u64::from(deel::PAGE_LIMIT), listing.total());
            let page = self.patiently(&mut session, Vendor::Deel, "people", page).await;
            let page = page.map_err(|failed| Unlisted::at(&place(), failed.stop))?;
            let page = page.map_err(|error| Unlisted::at(&place(), deel_stop(error)))?;
            let mut contracts = Vec::new();
            let keep = |record: deel::PersonRecord| {
                let Ok(id) = ProfileId::parse(record.id.as_deref().unwrap_or_default()) else {
                    tracing::error!("Deel lists a person whose id cannot be used; they are left alone");
                    return None;
                };
                contracts.extend(record.contract_ids().map(|contract| (contract.to_owned(), id.to_string())));
                match convert::person(record) {
                    Ok(mut person) => {
                        person.drop_repeats();
                        person.share(&mut pool);
                        Some(person)
                    }
                    Err(error) => {
                        tracing::error!(person.id = %id, error = %error, "a person in Deel's list cannot be read");
                        unreadable.push(id);
                        None
                    }
                }
            };
            match listing.push_with(page, keep) {
                Ok(()) => {}
                Err(error) if error.is_moved() => return Ok(Err(error)),
                Err(error) => return Err(Unlisted::of(listing_stop(error))),
            }
            if self.remember {
                self.parts.queue.learn_contracts_of(&contracts).await?;
            }
            let (people, total) = (listing.offset(), listing.total());
            self.watch.set(|progress| {
                (progress.people, progress.people_total) = (people, total);
                progress.estimate_s = self.estimate(progress);
            });
        }
        match listing.finish() {
            Ok(people) => Ok(Ok((people.into_inner(), unreadable))),
            Err(error) if error.is_moved() => Ok(Err(error)),
            Err(error) => Err(Unlisted::of(listing_stop(error))),
        }
    }

    async fn accounts(&self) -> Result<Listed, Unlisted> {
        let stop = |gap| found_stop(jumpcloud::ListError::Incomplete(gap));
        at_rest("JumpCloud's list of users", || self.accounts_once(), stop).await
    }

    /// One reading of all accounts. What they tell of links and windows is remembered before Deel's list is there, which takes
    /// longer: a leaver may wait for it.
    async fn accounts_once(&self) -> Result<Result<Listed, jumpcloud::Gap>, Unlisted> {
        let Parts { linked, queue, clock, .. } = self.parts;
        let _reserved = if self.remember { linked.reserve().await } else { None };
        let (accounts, organization) = match self.account_pages().await? {
            Ok(listed) => listed,
            Err(gap) => return Ok(Err(gap)),
        };
        let now = clock.now();
        let on_record = if self.remember {
            linked.remember(queue, &accounts, now).await?
        } else {
            restore_windows(queue, &accounts, now).await?;
            queue.links().await?
        };
        Ok(Ok((accounts, organization, on_record)))
    }

    async fn account_pages(
        &self,
    ) -> Result<Result<(Vec<Account>, Option<String>), jumpcloud::Gap>, Unlisted> {
        let (mut session, reader) = (self.session(), &self.parts.jumpcloud);
        let link = &self.parts.settings.policy.link;
        let mut pages = jumpcloud::Pages::<Account>::new(reader.configured_organization());
        let (mut bad, mut pool) = (None, Pool::default());
        loop {
            let skip = pages.received();
            let place = || page_of("JumpCloud's list of users", skip, jumpcloud::PAGE, pages.total());
            let page = || reader.users_page(skip, jumpcloud::PAGE);
            session.class = self.parts.linked.awaited_in().unwrap_or(Line::Bulk);
            let page = self.patiently(&mut session, Vendor::JumpCloud, "users", page).await;
            let page = page.map_err(|failed| Unlisted::at(&place(), failed.stop))?;
            let page = page.map_err(|error| Unlisted::at(&place(), jumpcloud_stop(error)))?;
            let keep = |record: jumpcloud::UserRecord| match convert::account(&record, link) {
                Ok(mut account) => {
                    account.share(&mut pool);
                    Some(account)
                }
                Err(error) => {
                    bad = Some(error);
                    None
                }
            };
            let last = match pages.add_with(page, keep) {
                Ok(last) => last,
                Err(gap) if gap.is_moved() => return Ok(Err(gap)),
                Err(gap) => return Err(Unlisted::of(found_stop(jumpcloud::ListError::Incomplete(gap)))),
            };
            if let Some(error) = bad.take() {
                return Err(Unlisted::of(Stop::Unreadable(error)));
            }
            let (accounts, total) = (pages.received(), pages.total());
            self.watch.set(|progress| {
                (progress.accounts, progress.accounts_total) = (accounts, total);
                progress.estimate_s = self.estimate(progress);
            });
            if last {
                let organization = pages.organization().map(str::to_owned);
                return Ok(pages.complete().map(|all| (all.into_inner(), organization)));
            }
        }
    }

    /// Makes a call, and makes it again for as long as the vendor only has no time. The outer error is about the budget.
    async fn patiently<T, E, F>(
        &self,
        session: &mut Session,
        vendor: Vendor,
        operation: &'static str,
        call: impl Fn() -> F,
    ) -> Result<Result<T, E>, Unlisted>
    where
        E: Failure + Transient,
        F: Future<Output = Result<T, E>>,
    {
        self.again_and_again(session, (vendor, true), operation, call).await
    }

    /// As [`Lister::patiently`] with `slot`; without, the call takes its slots itself.
    pub(super) async fn again_and_again<T, E, F>(
        &self,
        session: &mut Session,
        (vendor, slot): (Vendor, bool),
        operation: &'static str,
        call: impl Fn() -> F,
    ) -> Result<Result<T, E>, Unlisted>
    where
        E: Failure + Transient,
        F: Future<Output = Result<T, E>>,
    {
        let (mut failing, mut wait) = (None::<Instant>, FIRST_WAIT);
        loop {
            if slot {
                session.slot(vendor).await.map_err(Unlisted::of)?;
            }
            // A vendor that hangs is silent from the first call on, not from when that was given up.
            let asked = Instant::now();
            let answer = session.made(vendor, operation, call()).await;
            // The calls of a list are counted, not kept.
            session.calls.clear();
            let Some(error) = answer.as_ref().err().filter(|error| error.passes()) else { return Ok(answer) };
            let since = *failing.get_or_insert(asked);
            if since.elapsed() + wait > self.parts.settings.patience {
                return Ok(answer);
            }
            tracing::debug!(vendor = vendor.as_str(), operation, outcome = error.label(), "asking again");
            tokio::time::sleep(wait).await;
            let left = self.parts.settings.patience.saturating_sub(since.elapsed());
            if !self.watch.may_ask(&self.parts.queue, vendor, left).await? {
                return Ok(answer);
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// How long the rest of both lists takes at the vendors' rates.
    fn estimate(&self, progress: &super::Progress) -> Option<u64> {
        let rest = |received: u64, total: Option<u64>, limit: Option<f64>| {
            let pages = total?.saturating_sub(received).div_ceil(100);
            Some(seconds(pages, limit))
        };
        let people = rest(progress.people, progress.people_total, self.parts.deel_budget.limit_per_second());
        let accounts =
            rest(progress.accounts, progress.accounts_total, self.parts.jumpcloud_budget.limit_per_second());
        people.max(accounts)
    }
}

/// Reads a list again for as long as its rows move while it is read, which is the inner error.
async fn at_rest<T, E: std::fmt::Display, F: Future<Output = Result<Result<T, E>, Unlisted>>>(
    what: &str,
    once: impl Fn() -> F,
    stop: impl FnOnce(E) -> Stop,
) -> Result<T, Unlisted> {
    let mut moved = 0;
    loop {
        let error = match once().await? {
            Ok(list) => return Ok(list),
            Err(error) => error,
        };
        moved += 1;
        tracing::warn!(attempt = moved, error = %error, "{what} changed while it was read");
        if moved >= MOST_READS {
            return Err(Unlisted::at(
                &format!("{what} changed each of the {moved} times it was read"),
                stop(error),
            ));
        }
    }
}

/// How long so many requests take at a rate.
pub(super) fn seconds(requests: u64, limit: Option<f64>) -> u64 {
    // A float becomes an integer by saturating.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let seconds = (requests as f64 / limit.unwrap_or(UNLIMITED)).ceil() as u64;
    seconds
}

fn page_of(what: &str, offset: u64, rows: u64, total: Option<u64>) -> String {
    let page = offset / rows + 1;
    match total {
        Some(total) => format!("{what} cannot be read: page {page} of {}", total.div_ceil(rows).max(page)),
        None => format!("{what} cannot be read: page {page}"),
    }
}

/// Whether asking again may help without anybody's doing.
pub(super) trait Transient {
    fn passes(&self) -> bool;
}

impl Transient for jumpcloud::ListError<queue::QueueError> {
    fn passes(&self) -> bool {
        match self {
            Self::Client(error) => error.passes(),
            Self::Incomplete(gap) => gap.is_moved(),
            Self::Pace(_) => false,
        }
    }
}

impl Transient for deel::Error {
    fn passes(&self) -> bool {
        self.is_transient()
    }
}

impl Transient for jumpcloud::Error {
    fn passes(&self) -> bool {
        matches!(
            self,
            Self::RateLimited { .. }
                | Self::Blocked { .. }
                | Self::Unavailable { .. }
                | Self::NotTheApi { .. }
        )
    }
}
