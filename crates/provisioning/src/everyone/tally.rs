//! What everybody's plans come to.

use crate::account::Account;
use crate::attributes::Attribute;
use crate::change::Change;
use crate::hold::HoldKind;
use crate::ids::{ProfileId, WorkEmail};
use crate::lifecycle::{Standing, lifecycle};
use crate::person::{EmailState, Person};
use crate::plan::{Plan, Step};
use crate::reason::{Note, SkipReason};
use crate::values::PersonNames;

use super::plan_all::{All, Owned, Planned, username_of};
use super::{Gone, KeptBy, LeaverActive, PersonPlan, Unowned};

impl<'a> All<'a> {
    /// Counts a plan, and keeps it if it says anything.
    pub(super) fn take(&mut self, person: &'a Person, Planned { plan, linked, about }: Planned<'a>) {
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
        let suspends = |step: &Step| matches!(step.change, Change::Suspend { .. });
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
    pub(super) fn accounts(&mut self) {
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
