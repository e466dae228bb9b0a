//! Planning everybody.

use std::collections::{BTreeSet, HashSet};

use crate::account::Account;
use crate::attributes::Attribute;
use crate::change::Change;
use crate::groups::Membership;
use crate::hold::HoldKind;
use crate::ids::{AccountId, ProfileId, WorkEmail};
use crate::lifecycle::{Standing, claims_email, lifecycle};
use crate::observed::{Claimant, Seen, Stamp, Wanted};
use crate::person::{EmailState, Person};
use crate::plan::Plan;
use crate::planner::plan_one;
use crate::policy::Policy;
use crate::reason::{Note, SkipReason};
use crate::values::PersonNames;

use super::index::Index;
use super::{Census, Everyone, Gone, KeptBy, LeaverActive, PersonPlan, Unowned};

/// Plans everybody: for each person what [`crate::plan`] gives with what one person's observation finds, with nobody who
/// shares an email adopted or created, and with names of their own for namesakes of the same run, in order of id. The same
/// whatever the order of the lists.
#[must_use]
pub fn plan_all<'a>(census: &'a Census, policy: &'a Policy, stamp: &'a Stamp) -> Everyone {
    let index = Index::of(census);
    let part = |people: &'a [Person]| {
        let mut part = All::new(census, policy, stamp, &index);
        part.people(people);
        part
    };
    let mut all = std::thread::scope(|scope| {
        let mut shares = shares(&census.people);
        let first = shares.next().unwrap_or_default();
        let others: Vec<_> = shares.map(|people| scope.spawn(move || part(people))).collect();
        let mut all = part(first);
        for other in others {
            all.join(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        all
    });
    all.create();
    all.accounts();
    let mut everyone = all.everyone;
    everyone.plans.sort_by(|a, b| a.plan.subject.cmp(&b.plan.subject));
    everyone.gone.sort_by(|a, b| a.person.cmp(&b.person).then_with(|| a.account.cmp(&b.account)));
    everyone.unowned.sort_by(|a, b| a.username.cmp(&b.username).then_with(|| a.account.cmp(&b.account)));
    let day = |leaver: &LeaverActive| (leaver.last_day.is_none(), leaver.last_day);
    let by_day = |a: &LeaverActive, b: &LeaverActive| {
        day(a).cmp(&day(b)).then_with(|| a.person.cmp(&b.person)).then_with(|| a.account.cmp(&b.account))
    };
    everyone.leavers_active.sort_by(by_day);
    everyone
}

/// A thread has at least so many people; fewer are planned sooner than it begins.
const SHARE: usize = 10_000;
/// More threads than this would wait for memory.
const THREADS: usize = 4;

/// The people by thread. Nobody's plan depends on another's until names are given, so neither does the result on this.
fn shares(people: &[Person]) -> std::slice::Chunks<'_, Person> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(THREADS);
    people.chunks(people.len().div_ceil(threads).max(SHARE))
}

/// Whose an account is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Owned {
    /// Nobody's in Deel.
    Nobody,
    /// It has the work email of somebody in Deel.
    Email,
    /// Its link names somebody in Deel.
    Linked,
}

struct All<'a> {
    census: &'a Census,
    policy: &'a Policy,
    stamp: &'a Stamp,
    index: &'a Index<'a>,
    /// By place of the account.
    owned: Vec<Owned>,
    everyone: Everyone,
    /// Who gets a new account; names are given once everybody is known.
    creating: Vec<(&'a Person, Plan)>,
}

/// One person's plan.
struct Planned<'a> {
    plan: Plan,
    /// The account that is linked to them, if it is exactly one.
    linked: Option<&'a Account>,
    /// The account that the plan is about.
    about: Option<&'a Account>,
}

impl<'a> All<'a> {
    fn new(census: &'a Census, policy: &'a Policy, stamp: &'a Stamp, index: &'a Index<'a>) -> Self {
        let everyone = Everyone {
            people: census.people.len() as u64,
            accounts: census.accounts.len() as u64,
            ..Everyone::default()
        };
        let owned = vec![Owned::Nobody; census.accounts.len()];
        Self { census, policy, stamp, index, owned, everyone, creating: Vec::new() }
    }

    /// Plans these, but for the names of new accounts.
    fn people(&mut self, people: &'a [Person]) {
        for person in people {
            let planned = self.plan(person, &|_| false);
            if username_of(&planned.plan).is_some() {
                self.creating.push((person, planned.plan));
            } else {
                self.take(person, planned);
            }
        }
    }

    /// Adds what was planned for other people.
    fn join(&mut self, other: Self) {
        for (mine, theirs) in self.owned.iter_mut().zip(other.owned) {
            *mine = (*mine).max(theirs);
        }
        self.creating.extend(other.creating);
        let Everyone { plans, in_sync, linked_active, emails_vanished, leavers_active, .. } = other.everyone;
        let everyone = &mut self.everyone;
        everyone.plans.extend(plans);
        everyone.leavers_active.extend(leavers_active);
        everyone.in_sync += in_sync;
        everyone.linked_active += linked_active;
        everyone.emails_vanished += emails_vanished;
    }

    /// One person's plan. `given` says which usernames, in lower
    /// case, others get in this run.
    fn plan(&mut self, person: &'a Person, given: &dyn Fn(&str) -> bool) -> Planned<'a> {
        let census = self.census;
        let mut accounts: Vec<&'a Account> = Vec::new();
        for place in self.index.linked(&person.id) {
            self.owned[place] = Owned::Linked;
            accounts.push(&census.accounts[place]);
        }
        let is_linked = !accounts.is_empty();
        let linked = if accounts.len() == 1 { accounts.first().copied() } else { None };
        // Where a linked account has the address, who else has it makes no difference.
        let sought = person.work_email.present();
        let sought = sought.filter(|email| !accounts.iter().any(|account| email.is_same(&account.email)));
        if let Some(email) = sought {
            for place in self.index.with_email(email.to_send()) {
                self.owned[place] = self.owned[place].max(Owned::Email);
                accounts.push(&census.accounts[place]);
            }
        }
        let same_email = if is_linked { Vec::new() } else { self.same_email(person) };
        let remembered = if accounts.is_empty() { census.remembered.get(&person.id) } else { None };
        let taken = |name: &str| self.index.has_username(name) || given(name);
        let membership = self.membership(&accounts);
        let seen = Seen {
            accounts: &accounts,
            taken: &taken,
            scheduled: census.scheduled.get(&person.id),
            membership: membership.as_ref(),
        };
        let mut wanted = Wanted {
            subject: &person.id,
            person: Some(person),
            email_claimants: None,
            order: census.orders.get(&person.id),
            operator_released: census.released.contains(&person.id),
            excluded: census.excluded.contains(&person.id),
            remembered: remembered.filter(|account| !self.index.has_account(account.as_str())),
            manager: person.manager.as_ref().and_then(|manager| self.manager(manager)),
            same_email: &same_email,
        };
        let about = |plan: &Plan| {
            let id = plan.account.as_ref()?;
            accounts.iter().copied().find(|account| account.id == *id)
        };
        let mut plan = plan_one(wanted, seen, self.policy, self.stamp);
        if plan.needs_claimants() {
            let claimants = about(&plan).map(|account| self.claimants(person, account)).unwrap_or_default();
            wanted.email_claimants = Some(&claimants);
            plan = plan_one(wanted, seen, self.policy, self.stamp);
        }
        let about = about(&plan);
        Planned { plan, linked, about }
    }

    /// The account of a manager, if exactly one is linked to them.
    fn manager(&self, manager: &ProfileId) -> Option<&'a AccountId> {
        let mut linked = self.index.linked(manager);
        let first = linked.next()?;
        linked.next().is_none().then(|| &self.census.accounts[first].id)
    }

    /// The groups of the person's account; none for one that is yet to be created.
    fn membership(&self, accounts: &[&Account]) -> Option<Membership> {
        let groups = self.census.groups.as_ref().filter(|_| !self.policy.groups.is_empty())?;
        let member_of = match accounts {
            [] => BTreeSet::new(),
            [account, ..] => groups.members.get(&account.id).cloned().unwrap_or_default(),
        };
        Some(Membership { groups: groups.ids.clone(), member_of })
    }

    /// Who else has the account's email as their work email.
    fn claimants(&self, person: &Person, account: &Account) -> Vec<Claimant> {
        let others = self.index.people_with(&account.email).filter(|other| other.id != person.id);
        others
            .map(|other| Claimant {
                id: other.id.clone(),
                active: claims_email(other, self.policy, self.stamp.now),
            })
            .collect()
    }

    /// Who else could be meant by an account with the person's work email, in order of id.
    fn same_email(&self, person: &Person) -> Vec<Claimant> {
        let Some(email) = person.work_email.present() else { return Vec::new() };
        let counts = |other: &&Person| {
            other.id != person.id
                && !self.census.excluded.contains(&other.id)
                && self.policy.scope.includes(other)
        };
        let claim = |other: &Person| {
            // An operator's order takes the one account with the address, whatever Deel says of the person.
            if self.census.orders.contains_key(&other.id) {
                return Some(Claimant { id: other.id.clone(), active: true });
            }
            let active = match lifecycle(other, self.policy, self.stamp.now).standing {
                Standing::Active { .. } | Standing::NotStarted { .. } => true,
                Standing::Left { .. } | Standing::Contradiction { .. } | Standing::Between { .. } => false,
                Standing::Undecided(_) => return None,
            };
            Some(Claimant { id: other.id.clone(), active })
        };
        let mut others: Vec<_> =
            self.index.people_with(email.to_send()).filter(counts).filter_map(claim).collect();
        others.sort();
        others
    }

    /// Gives usernames, in order of id, so that the result does not depend on the order of the lists.
    fn create(&mut self) {
        let mut creating = std::mem::take(&mut self.creating);
        creating.sort_by(|(a, _), (b, _)| a.id.cmp(&b.id));
        let mut given: HashSet<String> = HashSet::new();
        for (person, mut plan) in creating {
            if username_of(&plan).is_some_and(|name| given.contains(name)) {
                plan = self.plan(person, &|name| given.contains(name)).plan;
            }
            given.extend(username_of(&plan).map(str::to_owned));
            self.take(person, Planned { plan, linked: None, about: None });
        }
    }

    /// Counts a plan, and keeps it if it says anything.
    fn take(&mut self, person: &'a Person, Planned { plan, linked, about }: Planned<'a>) {
        if let Some(account) = linked {
            self.count_linked(person, account, &plan);
        }
        self.leaver(person, &plan);
        let awaited = plan.notes.iter().filter_map(|note| match note {
            Note::ManagerWithoutAccount { manager } => Some((person.id.clone(), manager.clone())),
            _ => None,
        });
        self.everyone.managers_awaited.extend(awaited);
        let quiet = plan.steps.is_empty()
            && plan.skipped.is_none()
            && plan.alarm.is_none()
            && plan.drift.is_empty()
            && plan.next_look.is_none();
        if quiet {
            self.everyone.in_sync += 1;
            return;
        }
        let account = linked.or(about);
        let username = account.map(|account| account.username.as_str()).or_else(|| username_of(&plan));
        let email = person.work_email.present().map(WorkEmail::as_str);
        let email = email.or_else(|| account.map(|account| account.email.as_str()));
        let last_day = plan.standing.as_ref().and_then(|life| life.last_day.as_ref()).map(|day| day.date);
        self.everyone.plans.push(PersonPlan {
            name: PersonNames::of(person, self.policy.names).full,
            username: username.map(str::to_owned),
            email: email.filter(|email| !email.is_empty()).map(str::to_owned),
            last_day,
            plan,
        });
    }

    fn count_linked(&mut self, person: &Person, account: &Account, plan: &Plan) {
        let alone = matches!(
            plan.skipped,
            Some(
                SkipReason::Excluded
                    | SkipReason::ExcludedAccount
                    | SkipReason::OutOfScope
                    | SkipReason::ManualHold { .. }
            )
        );
        if alone {
            return;
        }
        if !account.is_suspended() && !account.admin && !account.externally_managed {
            self.everyone.linked_active += 1;
        }
        let left = matches!(plan.standing.as_ref().map(|life| &life.standing), Some(Standing::Left { .. }));
        if person.work_email == EmailState::Absent && !account.email.is_empty() && !left {
            self.everyone.emails_vanished += 1;
        }
    }

    /// Notes a leaver who keeps access after this plan.
    fn leaver(&mut self, person: &'a Person, plan: &Plan) {
        let excluded = matches!(plan.skipped, Some(SkipReason::Excluded | SkipReason::ExcludedAccount));
        let own;
        let life = match &plan.standing {
            None if excluded => {
                own = lifecycle(person, self.policy, self.stamp.now);
                &own
            }
            None => return,
            Some(life) => life,
        };
        let suspends = |step: &crate::plan::Step| matches!(step.change, Change::Suspend { .. });
        if !matches!(life.standing, Standing::Left { .. }) || plan.unheld().any(suspends) {
            return;
        }
        let held = plan.steps.iter().find(|step| suspends(step)).and_then(|step| step.hold);
        let because = match (&plan.alarm, &plan.skipped, held) {
            (Some(alarm), _, _) => KeptBy::Hold(alarm.reason),
            (None, Some(reason), _) => KeptBy::Skip(reason.clone()),
            (None, None, Some(hold)) => KeptBy::Hold(hold),
            (None, None, None) if plan.account.is_none() => KeptBy::Hold(HoldKind::Ambiguous),
            (None, None, None) => return,
        };
        let linked: Vec<_> = self.index.linked(&person.id).collect();
        let by_email = || {
            let email = person.work_email.present();
            email.map(|email| self.index.with_email(email.to_send()).collect()).unwrap_or_default()
        };
        let places: Vec<usize> = if linked.is_empty() { by_email() } else { linked };
        for account in places.into_iter().map(|place| &self.census.accounts[place]) {
            // An account that is somebody else's by its link is not this leaver's.
            let theirs = account.link_value().is_none() || account.is_linked_to(&person.id);
            if account.is_suspended() || !theirs {
                continue;
            }
            self.everyone.leavers_active.push(LeaverActive {
                person: person.id.clone(),
                account: account.id.clone(),
                username: account.username.clone(),
                last_day: life.last_day.as_ref().map(|day| day.date),
                because: because.clone(),
            });
        }
    }

    /// What the accounts say that no person's plan does.
    fn accounts(&mut self) {
        // Where every id is a UUID, a link that is none is a value of the organization's own, such as a payroll number.
        let uuids =
            !self.index.people.is_empty() && self.index.people.iter().all(|person| person.id.is_uuid());
        for (place, account) in self.index.accounts.iter().enumerate() {
            if self.owned[place] == Owned::Linked {
                self.everyone.linked += 1;
                continue;
            }
            let person = account.link_value().and_then(|link| ProfileId::parse(link).ok());
            let person = person.filter(|person| {
                !uuids || person.is_uuid() || self.census.remembered.get(person) == Some(&account.id)
            });
            if self.policy.excludes(account)
                || person.as_ref().is_some_and(|p| self.census.excluded.contains(p))
            {
                continue;
            }
            if let Some(person) = person {
                self.everyone.linked += 1;
                self.everyone.gone.push(Gone {
                    person,
                    account: account.id.clone(),
                    username: account.username.clone(),
                    suspended: account.is_suspended(),
                });
            } else if self.owned[place] == Owned::Nobody {
                self.everyone.unowned.push(Unowned {
                    account: account.id.clone(),
                    username: account.username.clone(),
                    name: name_of(account),
                    state: account.state.clone(),
                    admin: account.admin,
                });
            }
        }
    }
}

/// The name on an account.
fn name_of(account: &Account) -> Option<String> {
    let value =
        |attribute| account.values.get(&attribute).map(crate::text::trim).filter(|value| !value.is_empty());
    let both = [Attribute::Firstname, Attribute::Lastname].into_iter().filter_map(value).collect::<Vec<_>>();
    if both.is_empty() { value(Attribute::Displayname).map(str::to_owned) } else { Some(both.join(" ")) }
}

/// The username that the plan gives.
pub(super) fn username_of(plan: &Plan) -> Option<&str> {
    plan.steps.iter().find_map(|step| match &step.change {
        Change::Create(new) => Some(new.username.as_str()),
        _ => None,
    })
}
