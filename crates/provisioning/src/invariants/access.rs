//! Who loses access, and who gets it back. The evidence is read again from the person itself, not from the plan.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::account::{Account, AccountState};
use crate::change::Change;
use crate::evidence::Evidence;
use crate::hold::HoldKind;
use crate::lifecycle::Standing;
use crate::mark::{Mark, MarkedBy, PriorState};
use crate::person::{Employment, Person, Status};
use crate::plan::Step;
use crate::policy::Activation;

use super::{Reading, Violation};

impl Reading<'_> {
    pub(super) fn suspension(
        &mut self,
        step: &Step,
        account: Option<&Account>,
        mark: &Mark,
        evidence: &Evidence,
    ) {
        if let Some(account) = account {
            self.must(!account.is_suspended(), Violation::AlreadySuspended);
            let was_staged = account.state == AccountState::Staged;
            self.must((mark.was == PriorState::Staged) == was_staged, Violation::WrongMark);
        }
        if let Some(order) = &self.desired.order {
            let ordered = Evidence::Order { hold: order.hold.clone(), at: order.at };
            self.must(*evidence == ordered, Violation::EvidenceDiffers);
            self.must(mark.by == MarkedBy::Operator, Violation::WrongMark);
            return;
        }
        self.must(mark.by == MarkedBy::Deel, Violation::WrongMark);
        match self.person() {
            None => {
                self.must(*evidence == Evidence::Gone, Violation::EvidenceDiffers);
                self.must(step.hold.is_some(), Violation::NoEvidence);
            }
            Some(person) => {
                let says = matches!(evidence, Evidence::Deel { status, .. } if *status == person.status);
                self.must(says, Violation::EvidenceDiffers);
                let enough = speaks_for_leaving(person, mark.at);
                self.must(enough || step.hold.is_some(), Violation::NoEvidence);
                let graced = comes_back(person, mark.at, self.policy.grace_days);
                self.must(!graced, Violation::InGrace);
                let known =
                    !matches!(person.status, Status::Unknown(_) | Status::Missing | Status::Onboarding);
                self.must(known, Violation::NoEvidence);
            }
        }
        match &self.desired.email_claimants {
            None => self.must(false, Violation::ClaimantsNotLooked),
            Some(claimants) => {
                let claimed = claimants.iter().any(|other| other.active && other.id != self.desired.subject);
                self.must(!claimed || step.hold == Some(HoldKind::SharedEmail), Violation::SharedEmail);
            }
        }
    }

    pub(super) fn reactivation(
        &mut self,
        step: &Step,
        account: Option<&Account>,
        to: &AccountState,
        mark: Option<&Mark>,
    ) {
        self.must(*to == AccountState::Activated, Violation::WrongState);
        self.must(self.may_have_access(), Violation::AccessWithoutStanding);
        let Some(account) = account else { return };
        self.must(account.is_suspended(), Violation::WrongState);
        let ours = mark.is_some() && account.mark.as_ref() == mark && !account.raw_mark;
        let released = mark.is_none_or(|mark| mark.by == MarkedBy::Deel) || self.desired.operator_released;
        self.must((ours && released) || step.hold.is_some(), Violation::NotOurs);
    }

    pub(super) fn activation(&mut self, account: Option<&Account>, linked_now: bool) {
        let existed = linked_now || account.is_some_and(|account| account.adopted);
        self.must(!existed, Violation::AdoptedActivated);
        let started = self.person().is_some_and(has_started) && self.desired.order.is_none();
        self.must(self.may_have_access() || started, Violation::AccessWithoutStanding);
        self.must(account.is_none_or(|a| a.state == AccountState::Staged), Violation::WrongState);
        let by_policy = self.policy.activation != Activation::Manual;
        self.must(by_policy, Violation::AccessWithoutStanding);
    }

    /// A schedule is for somebody who works here or will, and by policy, or moves one that there is.
    pub(super) fn scheduling(&mut self, account: Option<&Account>) {
        let coming = self.person().is_some_and(|person| {
            matches!(person.status, Status::Active | Status::Onboarding | Status::Offboarding)
        });
        self.must(coming && self.desired.order.is_none(), Violation::AccessWithoutStanding);
        self.must(account.is_none_or(|a| a.state == AccountState::Staged), Violation::WrongState);
        let existed = account.is_some_and(|account| account.adopted);
        let by_policy = self.policy.activation == Activation::Scheduled && !existed;
        let asked = by_policy || self.actual.scheduled.is_some();
        self.must(asked, Violation::AccessWithoutStanding);
    }

    /// Nothing that speaks against access: no order, and a status that is known and is neither of somebody who left for good
    /// nor of somebody who is yet to come. (An inactive person may work until a later last day.)
    fn may_have_access(&self) -> bool {
        let Some(person) = self.person() else { return false };
        let employed = match person.status {
            Status::Active | Status::Offboarding => true,
            Status::Inactive => person.last_day.is_some(),
            Status::Onboarding | Status::Unknown(_) | Status::Missing => false,
        };
        employed && self.desired.order.is_none()
    }

    /// Whether a step says that a leaver's account stays in use.
    pub(super) fn is_leaver_left_in(&self) -> bool {
        let Some(person) = self.person() else { return false };
        let in_use =
            |step: &Step| self.accounts().any(|a| Some(&a.id) == step.account.as_ref() && !a.is_suspended());
        let leaver = matches!(person.status, Status::Inactive | Status::Offboarding);
        let certain = matches!(
            self.plan.standing.as_ref().map(|lifecycle| &lifecycle.standing),
            Some(Standing::Left { .. })
        );
        let stays = |step: &Step| {
            let suspends = matches!(step.change, Change::Suspend { .. });
            let blocked = matches!(
                step.hold,
                Some(
                    HoldKind::Administrator
                        | HoldKind::ExternallyManaged
                        | HoldKind::Restricted
                        | HoldKind::ManualHold
                )
            ) && step.change == Change::Nothing;
            in_use(step) && ((suspends && step.hold.is_some()) || blocked)
        };
        let suspended = self.plan.unheld().any(|step| matches!(step.change, Change::Suspend { .. }));
        leaver && certain && !suspended && self.plan.steps.iter().any(stays)
    }
}

/// Onboarding still, but with a first day: whether it has come is the planner's to say, who knows the time and the zone.
fn has_started(person: &Person) -> bool {
    let running = person.employments.iter().filter(|e| e.ended == Some(false)).filter_map(|e| e.start_date);
    person.status == Status::Onboarding && person.start_date.into_iter().chain(running).next().is_some()
}

/// A status that says so, and an ended employment or a last day that is past. By whose clock is the planner's to say; here it
/// must at least be past somewhere on earth, which is first in UTC+14.
fn speaks_for_leaving(person: &Person, now: Timestamp) -> bool {
    let earliest = TimeZone::fixed(jiff::tz::offset(14));
    let today = now.to_zoned_datetime(earliest).date();
    let past = |day: Option<Date>| day.is_some_and(|day| day < today);
    let running = || person.employments.iter().filter(|e| e.ended == Some(false));
    // Where the day begins last, in UTC-12, a contract may be still to come.
    let latest = now.to_zoned_datetime(TimeZone::fixed(jiff::tz::offset(-12))).date();
    let to_come = |e: &Employment| e.ended == Some(false) && e.start_date.is_some_and(|day| day > latest);
    let known = || person.employments.iter().filter(|e| !to_come(e));
    let ended = known().next().is_some() && known().all(|e| e.ended == Some(true));
    match person.status {
        Status::Inactive => !known().any(|e| e.ended == Some(false)) && (ended || past(person.last_day)),
        Status::Offboarding => past(person.last_day) || running().any(|e| past(e.last_day)),
        Status::Active | Status::Onboarding | Status::Unknown(_) | Status::Missing => false,
    }
}

/// Whether, whatever the zone, an employment begins within the days of grace after the last known end, and nothing runs.
fn comes_back(person: &Person, now: Timestamp, grace_days: u32) -> bool {
    let date = |hours| now.to_zoned_datetime(TimeZone::fixed(jiff::tz::offset(hours))).date();
    let (first, last) = (date(-12), date(14));
    let runs = person.employments.iter().any(|e| {
        e.ended == Some(false)
            && e.start_date.is_none_or(|day| day <= last)
            && e.last_day.is_none_or(|day| day >= first)
    });
    let starts = person.employments.iter().filter(|e| e.ended != Some(true)).filter_map(|e| e.start_date);
    let ends = person.employments.iter().filter(|e| e.ended.is_some()).filter_map(|e| e.last_day);
    let known: Vec<_> = ends.chain(person.last_day).collect();
    // Where it depends on the zone which end is the last, nothing can be said.
    let clear = !known.iter().any(|day| *day > first && *day <= last);
    let end = known.into_iter().filter(|day| *day <= first).max().unwrap_or(first);
    // The nearest one decides; one that has begun somewhere is not told apart here.
    let next = starts.filter(|day| *day > first).min();
    let near = next.is_some_and(|day| {
        day > last
            && end.until(day).is_ok_and(|gap| u32::try_from(gap.get_days()).is_ok_and(|n| n <= grace_days))
    });
    grace_days > 0 && clear && near && !runs
}
