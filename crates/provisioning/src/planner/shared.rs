//! Several people in Deel with one work email.

use crate::hold::HoldKind;
use crate::matching::Match;
use crate::reason::SkipReason;

use super::access::{Case, Want};
use super::draft::Draft;

/// Whether nothing can be done since nobody can tell whose account it would be: one that is to be created, for several who
/// would get one; one that is to be linked, also for several who left. Whoever is linked is not in question, and an
/// operator's order names the person.
pub(super) fn same_email(draft: &mut Draft<'_>, found: &Match<'_>, want: &Want) -> bool {
    let others = draft.desired.same_email;
    let account = match found {
        Match::None => None,
        Match::Adopt(account) => Some(account),
        Match::Linked(_) | Match::Relink(_) | Match::Several(_) => return false,
    };
    let comes = matches!(want, Want::Active | Want::AsIs);
    let left = matches!(want, Want::Suspended(Case::Left(_)));
    let active = others.iter().any(|other| other.active);
    // Who is active and has the address has the account, too; nothing is to be done for who left.
    if left && account.is_some() && active {
        return true;
    }
    let unclear = match want {
        Want::Active | Want::AsIs => active,
        Want::Suspended(Case::Left(_) | Case::Contradiction(_)) | Want::Between => {
            account.is_some() && !others.is_empty()
        }
        Want::Suspended(Case::Gone | Case::Order(_)) | Want::Unknown(_) => false,
    };
    if !unclear {
        return false;
    }
    let meant = others.iter().filter(|other| other.active || !comes);
    let others = meant.map(|other| other.id.clone()).collect();
    draft.plan.skipped = Some(SkipReason::DuplicateEmail { others });
    draft.alarm_if(left && account.is_some_and(|account| !account.is_suspended()), HoldKind::Ambiguous);
    true
}
