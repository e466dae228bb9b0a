//! Planning everybody.

use std::collections::HashSet;

use crate::account::Account;
use crate::change::Change;
use crate::observed::Stamp;
use crate::person::Person;
use crate::plan::Plan;
use crate::policy::Policy;

use super::index::Index;
use super::{Census, Everyone, LeaverActive};

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
    everyone.managers_awaited.sort();
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
pub(super) enum Owned {
    /// Nobody's in Deel.
    Nobody,
    /// It has the work email of somebody in Deel.
    Email,
    /// Its link names somebody in Deel.
    Linked,
}

pub(super) struct All<'a> {
    pub(super) census: &'a Census,
    pub(super) policy: &'a Policy,
    pub(super) stamp: &'a Stamp,
    pub(super) index: &'a Index<'a>,
    /// By place of the account.
    pub(super) owned: Vec<Owned>,
    pub(super) everyone: Everyone,
    /// Who gets a new account; names are given once everybody is known.
    creating: Vec<(&'a Person, Plan)>,
}

/// One person's plan.
pub(super) struct Planned<'a> {
    pub(super) plan: Plan,
    /// The account that is linked to them, if it is exactly one.
    pub(super) linked: Option<&'a Account>,
    /// The account that the plan is about.
    pub(super) about: Option<&'a Account>,
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
        let Everyone {
            plans,
            in_sync,
            linked_active,
            emails_vanished,
            leavers_active,
            managers_awaited,
            // The size of the lists, and what `accounts` counts once everybody is planned.
            people: _,
            accounts: _,
            linked: _,
            gone: _,
            unowned: _,
        } = other.everyone;
        let everyone = &mut self.everyone;
        everyone.plans.extend(plans);
        everyone.leavers_active.extend(leavers_active);
        everyone.managers_awaited.extend(managers_awaited);
        everyone.in_sync += in_sync;
        everyone.linked_active += linked_active;
        everyone.emails_vanished += emails_vanished;
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
}

/// The username that the plan gives.
pub(super) fn username_of(plan: &Plan) -> Option<&str> {
    plan.steps.iter().find_map(|step| match &step.change {
        Change::Create(new) => Some(new.username.as_str()),
        _ => None,
    })
}
