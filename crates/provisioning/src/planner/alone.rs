//! Whom a manual hold or the scope leaves alone.

use crate::hold::HoldKind;
use crate::matching::Match;
use crate::reason::{SkipReason, Why};

use super::access::{self, Want};
use super::draft::Draft;
use super::{protection, schedule};

/// Whether the person is left alone, and what is to be said and, on an operator's order, done all the same. An order names
/// the person: neither a hold by hand nor the scope stands against it.
pub(super) fn left_alone(draft: &mut Draft<'_>, found: &Match<'_>, want: &Want) -> bool {
    let account = found.single();
    let hold =
        account.and_then(|account| account.hold.as_ref()).filter(|hold| hold.in_force(draft.stamp.now));
    let outside = || draft.desired.person.is_some_and(|person| !draft.policy.scope.includes(person));
    let reason = match hold {
        Some(hold) => SkipReason::ManualHold { until: hold.until },
        None if outside() => SkipReason::OutOfScope,
        None => return false,
    };
    let in_use = account.filter(|account| !account.is_suspended());
    let theirs = matches!(found, Match::Linked(_) | Match::Adopt(_));
    if let Want::Suspended(case) = want
        && let Some(account) = in_use
    {
        match &reason {
            _ if case.is_order() && theirs => {
                match protection(account) {
                    Some((hold, why)) => {
                        draft.hold_only(Some(account), hold, why);
                        draft.alarm_if(true, hold);
                    }
                    None => access::suspend(draft, account, case, None),
                }
                return true;
            }
            _ if case.is_order() => draft.alarm_if(true, HoldKind::Operator),
            SkipReason::ManualHold { until } if theirs && case.is_certain() => {
                draft.hold_only(Some(account), HoldKind::ManualHold, Why::ManualHold { until: *until });
                draft.alarm_if(true, HoldKind::ManualHold);
            }
            _ => {}
        }
    }
    if let Some(account) = account {
        match reason {
            SkipReason::ManualHold { until } if theirs && protection(account).is_none() => {
                schedule::held(draft, account, until);
            }
            _ => schedule::tell(draft, account),
        }
    }
    draft.plan.skipped = Some(reason);
    true
}
