//! One person among all.

use std::collections::BTreeSet;

use crate::account::Account;
use crate::groups::Membership;
use crate::ids::{AccountId, ProfileId};
use crate::lifecycle::{Standing, claims_email, lifecycle};
use crate::observed::{Claimant, Seen, Wanted};
use crate::person::Person;
use crate::plan::Plan;
use crate::planner::plan_one;

use super::plan_all::{All, Owned, Planned};

impl<'a> All<'a> {
    /// One person's plan. `given` says which usernames, in lower case, others get in this run.
    pub(super) fn plan(&mut self, person: &'a Person, given: &dyn Fn(&str) -> bool) -> Planned<'a> {
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
}
