//! Reading both sides of one person, as far as the plan needs them.

mod claimants;
mod groups;

pub(crate) use claimants::claimants_in;

use crate::convert;
use crate::emails::Emails;
use crate::holds::Holds;
use crate::linked::Remembered;
use crate::orders::{self, Order};
use crate::reconciler::Parts;
use crate::schedules;
use crate::session::Session;
use crate::stop::Stop;
use crate::vendor::{deel_stop, found_stop, jumpcloud_stop};
use deel::PersonRecord;
use jumpcloud::{Key, UserRecord};
use provisioning::{
    Account, AccountId, Actual, Change, Desired, LinkField, OperatorOrder, Person, PersonNames, Plan,
    ProfileId, Stamp, Standing, Username, candidates, lifecycle, plan,
};
use queue::{Line, Vendor};
use std::collections::BTreeSet;
use std::time::Instant;

/// How many taken usernames are probed before the run gives up; each probe is a request.
const MOST_PROBES: usize = 50;

/// Both sides of one person, and the plan.
pub(crate) struct Observed {
    pub(crate) desired: Desired,
    pub(crate) actual: Actual,
    pub(crate) plan: Plan,
    /// The operator's order on record, in force or released.
    pub(crate) order: Option<Order>,
    /// Why Deel could not be read, where an order went on without it.
    pub(crate) without_deel: Option<Stop>,
    /// When the oldest of the reads that a suspension rests on was asked for.
    pub(crate) read_at: Instant,
}

impl Observed {
    /// The account that the plan is about.
    pub(crate) fn account(&self, id: &AccountId) -> Option<&Account> {
        self.actual.accounts().find(|account| account.id == *id)
    }
}

/// One person's observation: the parts, the session, whom, and with what stamp plans are made.
pub(crate) struct Observer<'a> {
    pub(crate) parts: &'a Parts,
    pub(crate) session: &'a mut Session,
    pub(crate) subject: &'a ProfileId,
    pub(crate) stamp: &'a Stamp,
    pub(crate) emails: &'a Emails,
    /// Usernames that a creation found taken although no search showed them.
    pub(crate) known_taken: &'a BTreeSet<String>,
    /// What is held for the person names others who may have the account's email.
    pub(crate) holds: &'a Holds,
    /// Who has that email by a list of everyone.
    pub(crate) listed: &'a [ProfileId],
}

impl Observer<'_> {
    /// Reads, plans, reads what the plan needs beyond that, and plans again.
    pub(crate) async fn observe(&mut self) -> Result<Observed, Stop> {
        let order = orders::get(&self.parts.queue, self.subject).await?;
        let (person, without_deel, read_at) = self.person(order.as_ref()).await?;
        self.lift(person.as_ref(), order.as_ref());
        let (linked, deleted) = self.linked().await?;
        let by_email = self.by_email(person.as_ref(), &linked).await?;
        let manager = self.manager(person.as_ref()).await?;
        let in_force = order.as_ref().filter(|order| order.in_force());
        let mut desired = Desired {
            subject: self.subject.clone(),
            person,
            email_claimants: None,
            order: in_force.map(|order| OperatorOrder { at: order.at, hold: order.hold.to_string() }),
            operator_released: order.as_ref().is_some_and(|order| order.released_at.is_some()),
            excluded: self.parts.settings.excluded.contains(self.subject),
            manager,
            remembered: deleted,
            same_email: Vec::new(),
        };
        let scheduled = schedules::get(&self.parts.queue, self.subject).await?.map(|known| known.activation);
        let taken_usernames = self.known_taken.clone();
        let mut actual = Actual { linked, by_email, taken_usernames, scheduled, membership: None };
        let mut plan = self.plan(&desired, &actual);
        if plan.steps.iter().any(|step| matches!(step.change, Change::Create(_))) {
            self.probe_usernames(&desired, &mut actual).await?;
            plan = self.plan(&desired, &actual);
        }
        if self.asks_for_groups(&plan) {
            actual.membership = self.membership(&plan).await?;
            plan = self.plan(&desired, &actual);
        }
        if plan.needs_claimants() {
            desired.email_claimants = Some(match claimed_email(&plan, &actual) {
                Some(email) => self.claimants(desired.person.as_ref(), &email).await?,
                None => Vec::new(),
            });
            plan = self.plan(&desired, &actual);
        }
        Ok(Observed { desired, actual, plan, order, without_deel, read_at })
    }

    fn plan(&self, desired: &Desired, actual: &Actual) -> Plan {
        plan(desired, actual, &self.parts.settings.policy, self.stamp)
    }

    /// The person as Deel has them now; `None` for a 404.
    async fn person(
        &mut self,
        order: Option<&Order>,
    ) -> Result<(Option<Person>, Option<Stop>, Instant), Stop> {
        let id = self.subject.as_str().to_owned();
        let parts = self.parts;
        if self.session.for_order
            && order.is_some_and(Order::in_force)
            && let Some(away) = parts.queue.breaker(Vendor::Deel).await?
        {
            let stop = Stop::Unavailable { vendor: Vendor::Deel, after: None, source: away.words.into() };
            return Ok((None, Some(stop), Instant::now()));
        }
        self.session.slot(Vendor::Deel).await?;
        let asked = Instant::now();
        match self.session.made(Vendor::Deel, "person", parts.deel.person(&id)).await {
            Ok(record) => {
                self.learn(self.subject, &record).await?;
                Ok((Some(convert::person(record)?), None, asked))
            }
            Err(deel::Error::NotFound { .. }) => Ok((None, None, asked)),
            Err(error) => {
                // An operator's order is evidence enough; it does not wait for Deel.
                if order.is_some_and(Order::in_force) {
                    tracing::warn!(
                        person.id = %self.subject, error = %error,
                        "Deel does not answer; the operator's order is carried out without it"
                    );
                    return Ok((None, Some(deel_stop(error)), asked));
                }
                Err(deel_stop(error))
            }
        }
    }

    /// Remembers whose contracts these are, for events that name a contract only.
    async fn learn(&self, person: &ProfileId, record: &PersonRecord) -> Result<(), Stop> {
        let contracts: Vec<String> = record.contract_ids().map(str::to_owned).collect();
        Ok(self.parts.queue.learn_contracts(person.as_str(), &contracts).await?)
    }

    /// A leaver's remaining calls take urgent slots: nobody should wait behind a crowd to be suspended.
    fn lift(&mut self, person: Option<&Person>, order: Option<&Order>) {
        let policy = &self.parts.settings.policy;
        let leaves = person.is_some_and(|person| {
            matches!(lifecycle(person, policy, self.stamp.now).standing, Standing::Left { .. })
        });
        if leaves || order.is_some_and(Order::in_force) {
            self.session.class = Line::Urgent;
        }
    }

    /// The accounts whose link names the person: by the remembered id if that still holds, else by search. And the remembered
    /// id, if JumpCloud has no such account any more.
    pub(crate) async fn linked(&mut self) -> Result<(Vec<Account>, Option<AccountId>), Stop> {
        let parts = self.parts;
        let link = &parts.settings.policy.link;
        let stored = parts.queue.link(self.subject.as_str()).await?;
        let known = stored.as_ref().and_then(Remembered::of);
        let mut accounts = Vec::new();
        let mut deleted = None;
        match known.clone() {
            Some(Remembered::Account(id)) => match self.account(id.as_str()).await? {
                Some(account) if account.is_linked_to(self.subject) => accounts.push(account),
                Some(_) => {}
                None => deleted = Some(id),
            },
            Some(Remembered::Deleted(id)) => deleted = Some(id),
            None => {}
        }
        // JumpCloud keeps `employeeIdentifier` unique; a custom attribute can stand in two accounts.
        if accounts.is_empty() || matches!(link, LinkField::CustomAttribute(_)) {
            for record in self.find(convert::key(link), self.subject.as_str(), "find_by_link").await? {
                let account = convert::account(&record, link)?;
                if account.is_linked_to(self.subject) && accounts.iter().all(|known| known.id != account.id) {
                    accounts.push(account);
                }
            }
        }
        let now = match (accounts.as_slice(), &deleted) {
            ([one], _) => Some(Remembered::Account(one.id.clone())),
            // It stays known that there was one, until there is another.
            ([], Some(id)) => Some(Remembered::Deleted(id.clone())),
            ([], None) => None,
            _ => known.clone(),
        };
        match now {
            Some(now) if Some(&now) != known.as_ref() => match now {
                Remembered::Account(id) => parts.queue.link_set(self.subject.as_str(), id.as_str()).await?,
                Remembered::Deleted(id) => {
                    parts.queue.link_deleted(self.subject.as_str(), id.as_str()).await?;
                }
            },
            None if stored.is_some() => {
                parts.queue.link_remove(self.subject.as_str()).await?;
            }
            _ => {}
        }
        deleted = deleted.filter(|_| accounts.is_empty());
        Ok((accounts, deleted))
    }

    /// One account by its id; `None` if `JumpCloud` has none of that id.
    pub(crate) async fn account(&mut self, id: &str) -> Result<Option<Account>, Stop> {
        match self.record(id).await? {
            Some(record) => Ok(Some(convert::account(&record, &self.parts.settings.policy.link)?)),
            None => Ok(None),
        }
    }

    async fn record(&mut self, id: &str) -> Result<Option<UserRecord>, Stop> {
        let parts = self.parts;
        let read = parts.jumpcloud.account(id);
        match self.session.call(Vendor::JumpCloud, "account", read).await? {
            Ok(record) => Ok(Some(record)),
            Err(jumpcloud::Error::NotFound) => Ok(None),
            Err(error) => Err(jumpcloud_stop(error)),
        }
    }

    /// Who has the work email, unless it is the linked account that has it already.
    async fn by_email(&mut self, person: Option<&Person>, linked: &[Account]) -> Result<Vec<Account>, Stop> {
        let Some(email) = person.and_then(|person| person.work_email.present()) else {
            return Ok(Vec::new());
        };
        let email = email.to_send().to_owned();
        if linked.iter().any(|account| account.email.to_lowercase() == email) {
            return Ok(linked
                .iter()
                .filter(|account| account.email.to_lowercase() == email)
                .cloned()
                .collect());
        }
        let link = &self.parts.settings.policy.link;
        let found = self.find(Key::Email, &email, "find_by_email").await?;
        found.iter().map(|record| Ok(convert::account(record, link)?)).collect()
    }

    async fn find(
        &mut self,
        key: Key<'_>,
        value: &str,
        operation: &'static str,
    ) -> Result<Vec<UserRecord>, Stop> {
        // Where there is no search for a key, every user is listed: each further request takes its own slot.
        let pace = self.session.pace(Vendor::JumpCloud);
        let find = self.parts.jumpcloud.find_paced(key, value, pace);
        self.session.call(Vendor::JumpCloud, operation, find).await?.map_err(found_stop)
    }

    /// Asks for the candidates one by one until one is free. Suspended accounts keep their names, so they count.
    async fn probe_usernames(&mut self, desired: &Desired, actual: &mut Actual) -> Result<(), Stop> {
        let Some(person) = &desired.person else { return Ok(()) };
        let policy = &self.parts.settings.policy;
        let Ok(names) = candidates(&PersonNames::of(person, policy.names), policy) else { return Ok(()) };
        let free = |taken: &BTreeSet<String>, name: &Username| !taken.contains(name.as_str());
        for name in names.take(MOST_PROBES) {
            if !free(&actual.taken_usernames, &name) {
                continue;
            }
            if self.find(Key::Username, name.as_str(), "find_by_username").await?.is_empty() {
                return Ok(());
            }
            actual.taken_usernames.insert(name.as_str().to_owned());
        }
        Ok(())
    }
}

/// The email to look up in Deel before anybody is suspended: that of the account the plan is about.
fn claimed_email(plan: &Plan, actual: &Actual) -> Option<String> {
    let id = plan.account.as_ref()?;
    let account = actual.accounts().find(|account| account.id == *id)?;
    (!account.email.is_empty()).then(|| account.email.clone())
}
