//! What has to be known of all accounts before limits can be trusted: how many are linked, which a limit in percent is a
//! share of, and whom we suspended lately, in case Redis does not know.

use crate::convert;
use crate::reconciler::Parts;
use crate::stop::Stop;
use crate::vendor::found_stop;
use jiff::{SignedDuration, Timestamp};
use jumpcloud::{Complete, ListError, UserRecord};
use provisioning::{Account, AccountId, ChangeKind, MarkedBy, ProfileId};
use queue::{Line, Link, Queue, QueueError};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::{Mutex, MutexGuard};

/// How far back a window goes.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What Redis remembers of a person's account, so that it is found without a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Remembered {
    /// This is it.
    Account(AccountId),
    /// This was it; `JumpCloud` has no such account any more.
    Deleted(AccountId),
}

impl Remembered {
    /// `None` for what cannot be an account's id.
    pub(crate) fn of(link: &Link) -> Option<Self> {
        match link {
            Link::Account(id) => AccountId::parse(id).ok().map(Self::Account),
            Link::Deleted(id) => AccountId::parse(id).ok().map(Self::Deleted),
        }
    }
}

/// What was learned from listings of accounts. Redis remembers the link of everybody who was looked at, which is too few
/// while it is new or has lost its data; so before anything is held for a limit, all accounts are listed once. And before
/// anything with a limit is done, the suspended ones are listed if Redis does not know what was done today.
#[derive(Debug, Default)]
pub struct LinkedAccounts {
    /// All accounts were listed, and their links remembered, as far as this process has heard.
    learned: AtomicBool,
    learning: Mutex<()>,
    restoring: Mutex<()>,
    /// How many wait for a listing, by line: one that nobody waited for becomes urgent with the first leaver who does.
    waiting: [AtomicUsize; Line::ALL.len()],
}

/// What a listing is for. Once that is known from elsewhere, it ends.
#[derive(Clone, Copy)]
enum For {
    Links,
    Windows,
}

/// Why a listing ends before its end.
enum Enough {
    /// Somebody else has found out meanwhile.
    Known,
    Queue(QueueError),
}

impl LinkedAccounts {
    /// All accounts were listed, and their links remembered: no process has to do so again.
    ///
    /// # Errors
    /// As Redis says.
    async fn learned(&self, queue: &Queue) -> Result<(), QueueError> {
        queue.links_listed().await?;
        self.learned.store(true, Ordering::Release);
        Ok(())
    }

    fn is_learned(&self) -> bool {
        self.learned.load(Ordering::Acquire)
    }

    /// Lists all accounts and remembers their links, once in the life of Redis's data. `false` if this process knew that to be
    /// done before.
    ///
    /// # Errors
    /// As `JumpCloud` or Redis says; the next call lists again.
    pub(crate) async fn learn(&self, parts: &Parts, class: Line) -> Result<bool, Stop> {
        let _waiting = self.waiting(class);
        let _one = self.learning.lock().await;
        if self.is_learned() {
            return Ok(false);
        }
        if parts.queue.links_known().await? {
            // By another process, perhaps since the links were counted here.
            self.learned.store(true, Ordering::Release);
            return Ok(true);
        }
        self.list(parts, For::Links).await?;
        Ok(true)
    }

    /// Sees to it that the windows know of today's suspensions: after a loss of Redis's data they take their places again,
    /// from the dated marks in `JumpCloud`. Cheap when nothing was lost, and then `false`. A suspension waits for this, so
    /// only suspended accounts are listed, if `JumpCloud` proves that these are all there are.
    ///
    /// # Errors
    /// As `JumpCloud` or Redis says; then nothing with a limit may be done.
    pub(crate) async fn restore(&self, parts: &Parts, class: Line) -> Result<bool, Stop> {
        if parts.queue.windows_known().await? {
            return Ok(false);
        }
        let _waiting = self.waiting(class);
        let _one = self.restoring.lock().await;
        if parts.queue.windows_known().await? {
            return Ok(false);
        }
        // The links went with the windows, whatever was learned before.
        self.learned.store(false, Ordering::Release);
        let suspended = match parts.jumpcloud.suspended(|| self.slot(parts, For::Windows)).await {
            Ok(suspended) => suspended,
            Err(error) => return ended_early(error).map(|()| true),
        };
        match suspended {
            Some(records) => {
                let accounts = converted(parts, records);
                restore_from(&parts.queue, &accounts, parts.clock.now()).await?;
            }
            None => self.list(parts, For::Windows).await?,
        }
        Ok(true)
    }

    fn waiting(&self, class: Line) -> Waiting<'_> {
        let count = &self.waiting[class as usize];
        count.fetch_add(1, Ordering::AcqRel);
        Waiting(count)
    }

    /// Reserves the listing of all accounts for a run of everyone, if nobody has listed them: whoever needs their links waits
    /// for that list then, and does not read a second one beside it at the same rate. Released by dropping it.
    pub(crate) async fn reserve(&self) -> Option<MutexGuard<'_, ()>> {
        if self.is_learned() {
            return None;
        }
        Some(self.learning.lock().await)
    }

    /// The line of the most urgent who waits for a listing.
    pub(crate) fn awaited_in(&self) -> Option<Line> {
        Line::ALL.into_iter().find(|class| self.waiting[*class as usize].load(Ordering::Acquire) > 0)
    }

    /// Remembers what all accounts tell, as soon as they are listed. Returns the links that were on record before.
    ///
    /// # Errors
    /// As Redis says.
    pub(crate) async fn remember(
        &self,
        queue: &Queue,
        accounts: &[Account],
        now: Timestamp,
    ) -> Result<HashMap<String, Link>, QueueError> {
        let on_record = queue.links().await?;
        remember_links(queue, &on_record, accounts).await?;
        restore_windows(queue, accounts, now).await?;
        self.learned(queue).await?;
        Ok(on_record)
    }

    /// A slot for one page, in the line of the most urgent who waits for it.
    async fn slot(&self, parts: &Parts, purpose: For) -> Result<(), Enough> {
        let known = match purpose {
            For::Links => parts.queue.links_known().await.map_err(Enough::Queue)?,
            For::Windows => parts.queue.windows_known().await.map_err(Enough::Queue)?,
        };
        if known {
            return Err(Enough::Known);
        }
        let class = self.awaited_in().unwrap_or(Line::Bulk);
        parts.jumpcloud_budget.acquire(class).await.map_err(Enough::Queue)
    }

    async fn list(&self, parts: &Parts, purpose: For) -> Result<(), Stop> {
        let records = match parts.jumpcloud.users(|| self.slot(parts, purpose)).await {
            Ok(records) => records,
            Err(error) => return ended_early(error),
        };
        self.remember(&parts.queue, &converted(parts, records), parts.clock.now()).await?;
        Ok(())
    }
}

/// Somebody waits for a listing until this is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A listing that was not needed any more is none that failed.
fn ended_early(error: ListError<Enough>) -> Result<(), Stop> {
    let error = match error {
        ListError::Pace(Enough::Known) => return Ok(()),
        ListError::Pace(Enough::Queue(error)) => ListError::Pace(error),
        ListError::Client(error) => ListError::Client(error),
        ListError::Incomplete(gap) => ListError::Incomplete(gap),
    };
    Err(found_stop(error))
}

/// An account that cannot be read is nobody's yet; its own run will say so.
fn converted(parts: &Parts, records: Complete<UserRecord>) -> Vec<Account> {
    let link = &parts.settings.policy.link;
    records.into_iter().filter_map(|record| convert::account(&record, link).ok()).collect()
}

/// Remembers the links of these accounts, as far as they are not `on_record` already.
///
/// # Errors
/// As Redis says.
async fn remember_links(
    queue: &Queue,
    on_record: &HashMap<String, Link>,
    accounts: &[Account],
) -> Result<(), QueueError> {
    // By person: of two accounts with one link it is the later that stays, as if each had been written.
    let links: HashMap<ProfileId, &AccountId> = accounts
        .iter()
        .filter_map(|account| Some((ProfileId::parse(account.link.as_deref()?).ok()?, &account.id)))
        .collect();
    let new = |(person, account): (ProfileId, &AccountId)| {
        let known =
            matches!(on_record.get(person.as_str()), Some(Link::Account(id)) if id == account.as_str());
        (!known).then(|| (person.to_string(), account.to_string()))
    };
    let new: Vec<_> = links.into_iter().filter_map(new).collect();
    queue.links_set(&new).await
}

/// As [`restore_from`], if the windows are not known already.
///
/// # Errors
/// As Redis says; then nothing with a limit may be done.
pub(crate) async fn restore_windows(
    queue: &Queue,
    accounts: &[Account],
    now: Timestamp,
) -> Result<(), QueueError> {
    if !queue.windows_known().await? {
        restore_from(queue, accounts, now).await?;
    }
    Ok(())
}

/// Takes the places of all suspensions of the last 24 hours that these accounts tell of, and remembers that the windows are
/// known now. They must be all accounts.
///
/// # Errors
/// As Redis says; then nothing with a limit may be done.
async fn restore_from<'a>(
    queue: &Queue,
    accounts: impl IntoIterator<Item = &'a Account>,
    now: Timestamp,
) -> Result<(), QueueError> {
    let suspended: Vec<_> = accounts
        .into_iter()
        .filter_map(|account| {
            let person = ProfileId::parse(account.link.as_deref()?).ok()?;
            suspension(account, person, now)
        })
        .collect();
    take(queue, &suspended).await
}

/// When we suspended this person's account, if that was within a day and nobody but Deel wanted it.
fn suspension(account: &Account, person: ProfileId, now: Timestamp) -> Option<(ProfileId, u64)> {
    let mark = account.mark.as_ref().filter(|mark| account.is_suspended() && mark.by == MarkedBy::Deel)?;
    let at = u64::try_from(mark.at.as_millisecond()).ok()?;
    (now.duration_since(mark.at) < DAY).then_some((person, at))
}

async fn take(queue: &Queue, suspended: &[(ProfileId, u64)]) -> Result<(), QueueError> {
    for (person, at) in suspended {
        queue.window_record(ChangeKind::Suspension.as_str(), person.as_str(), Some(*at)).await?;
    }
    queue.windows_restored().await
}
