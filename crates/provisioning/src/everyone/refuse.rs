//! Whether a plan of everyone makes sense at all. A list can be complete and still be wrong: a token that sees half the
//! company, an import that emptied a column, an organization that was reset.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::change::{Change, ChangeKind};
use crate::evidence::Evidence;
use crate::guard::{Limit, Limits};

use super::Everyone;

/// How many linked people may be missing, or have lost their email, before nothing at all is done: the larger of both.
const TOLERATED: Limit = Limit { count: 10, percent: 10.0 };

/// The fewest accounts of which "all at once" says anything.
const FEWEST: u64 = 4;

/// Why nothing of a plan is done. The directory stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// Deel lists nobody while accounts are linked.
    NobodyListed {
        /// How many accounts are linked.
        linked: u64,
    },
    /// Too many linked people are missing from Deel's list, although their accounts are in use.
    TooManyGone {
        /// How many are missing.
        gone: u64,
        /// How many linked accounts are in use.
        in_use: u64,
        /// How many missing ones are tolerated.
        allowed: u64,
    },
    /// Too many linked people have no work email any more.
    EmailsVanished {
        /// How many have none.
        vanished: u64,
        /// How many accounts are linked.
        linked: u64,
        /// How many are tolerated.
        allowed: u64,
    },
    /// Too many accounts that people were linked to are missing from JumpCloud's list.
    AccountsVanished {
        /// How many are missing.
        vanished: u64,
        /// How many links are remembered.
        remembered: u64,
        /// How many missing ones are tolerated.
        allowed: u64,
    },
    /// Every linked account in use would be suspended at once.
    EveryoneLeaves {
        /// How many accounts.
        leaving: u64,
        /// How many suspensions the limit allows.
        allowed: u64,
    },
}

impl Refusal {
    /// The name in metrics and JSON.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NobodyListed { .. } => "nobody_listed",
            Self::TooManyGone { .. } => "too_many_gone",
            Self::EmailsVanished { .. } => "emails_vanished",
            Self::AccountsVanished { .. } => "accounts_vanished",
            Self::EveryoneLeaves { .. } => "everyone_leaves",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NobodyListed { linked } => write!(
                f,
                "Deel lists nobody, while {linked} accounts are linked; check that the token belongs to this organization \
                 and may read people"
            ),
            Self::TooManyGone { gone, in_use, allowed } => write!(
                f,
                "{gone} of {in_use} people with linked accounts in use are missing from Deel's list, more than the {allowed} that can be; check \
                 that the token sees every entity and group"
            ),
            Self::EmailsVanished { vanished, linked, allowed } => write!(
                f,
                "{vanished} of {linked} linked people have no work email in Deel any more, more than the {allowed} that can \
                 be; check the work emails in Deel, and that the token may read them"
            ),
            Self::AccountsVanished { vanished, remembered, allowed } => write!(
                f,
                "{vanished} of {remembered} accounts that people were linked to are missing from JumpCloud's list, more than \
                 the {allowed} that can be; check that the key belongs to this organization and sees every user"
            ),
            Self::EveryoneLeaves { leaving, allowed } => write!(
                f,
                "all {leaving} linked accounts in use would be suspended at once, and the limit is {allowed}; check the \
                 hiring statuses in Deel, or, if everybody really left, raise limits.suspension"
            ),
        }
    }
}

/// Whether the whole is so unlikely that nothing of it is to be done, before anything is guarded. The first reason found.
#[must_use]
pub fn refuse(everyone: &Everyone, limits: &Limits) -> Option<Refusal> {
    let linked = everyone.linked;
    if everyone.people == 0 && linked > 0 {
        return Some(Refusal::NobodyListed { linked });
    }
    // Whoever left long ago, and is erased in Deel, keeps a suspended account for ever.
    let gone = everyone.gone.iter().filter(|gone| !gone.suspended).count() as u64;
    let in_use = everyone.linked_active + gone;
    let allowed = TOLERATED.allowed(in_use);
    if gone > allowed {
        return Some(Refusal::TooManyGone { gone, in_use, allowed });
    }
    let allowed = TOLERATED.allowed(linked);
    let vanished = everyone.emails_vanished;
    if vanished > allowed {
        return Some(Refusal::EmailsVanished { vanished, linked, allowed });
    }
    let leaving = leaving(everyone);
    let allowed = limits.allowed(ChangeKind::Suspension, linked)?;
    (leaving >= FEWEST && leaving > allowed && leaving >= everyone.linked_active)
        .then_some(Refusal::EveryoneLeaves { leaving, allowed })
}

/// The same for JumpCloud's side: of `remembered` accounts that people were linked to, `vanished` are not listed any more.
/// Creating them all again would give everybody a second account.
#[must_use]
pub fn refuse_accounts(vanished: u64, remembered: u64) -> Option<Refusal> {
    let allowed = TOLERATED.allowed(remembered);
    (vanished > allowed).then_some(Refusal::AccountsVanished { vanished, remembered, allowed })
}

/// How many linked accounts Deel's data, and nobody's order, would suspend.
fn leaving(everyone: &Everyone) -> u64 {
    let suspends = |step: &&crate::plan::Step| {
        matches!(&step.change, Change::Suspend { evidence: Evidence::Deel { .. }, .. })
            && step.needs.is_none()
    };
    everyone.plans.iter().filter(|person| person.plan.steps.iter().any(|step| suspends(&step))).count() as u64
}
