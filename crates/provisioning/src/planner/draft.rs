//! A plan being written.

use crate::account::Account;
use crate::change::{Change, ChangeKind};
use crate::hold::HoldKind;
use crate::observed::{Seen, Stamp, Wanted};
use crate::plan::{LeaverAlarm, Plan, Step};
use crate::policy::Policy;
use crate::reason::Why;

pub(super) struct Draft<'a> {
    pub(super) desired: Wanted<'a>,
    pub(super) actual: Seen<'a>,
    pub(super) policy: &'a Policy,
    pub(super) stamp: &'a Stamp,
    pub(super) plan: Plan,
    /// The account existed before it was linked.
    pub(super) adopted: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn new(desired: Wanted<'a>, actual: Seen<'a>, policy: &'a Policy, stamp: &'a Stamp) -> Self {
        let plan = Plan {
            subject: desired.subject.clone(),
            account: None,
            standing: None,
            steps: Vec::new(),
            skipped: None,
            drift: Vec::new(),
            with_link: None,
            notes: Vec::new(),
            alarm: None,
            next_look: None,
            needs_claimants: false,
        };
        Self { desired, actual, policy, stamp, plan, adopted: false }
    }

    /// A step that may be done, unless `hold` says otherwise.
    pub(super) fn step(
        &mut self,
        account: &Account,
        change: Change,
        hold: Option<HoldKind>,
        needs: Option<ChangeKind>,
        why: Why,
    ) {
        self.push(Some(account), change, hold, needs, why);
    }

    /// [`Draft::step`], for an account that may not be there yet.
    pub(super) fn push(
        &mut self,
        account: Option<&Account>,
        change: Change,
        hold: Option<HoldKind>,
        needs: Option<ChangeKind>,
        why: Why,
    ) {
        let account = account.map(|account| account.id.clone());
        self.plan.steps.push(Step { account, change, hold, needs, past_guard: false, why });
    }

    /// A hold that proposes nothing, because nothing can be done from here.
    pub(super) fn hold_only(&mut self, account: Option<&Account>, hold: HoldKind, why: Why) {
        self.push(account, Change::Nothing, Some(hold), None, why);
    }

    /// A leaver's account stays in use.
    pub(super) fn alarm_if(&mut self, leaver: bool, reason: HoldKind) {
        if leaver {
            self.plan.alarm = Some(LeaverAlarm { reason });
        }
    }
}
