//! A hold: one change of one person that waits for somebody's decision.

use crate::fields::field;
use crate::trail::FieldRecord;
use jiff::Timestamp;
use provisioning::{AccountId, ChangeKind, Drift, HoldKind, Plan, ProfileId, RunId, Step};
use sha2::{Digest, Sha256};

/// Names one hold: twelve hexadecimal digits, the same whenever the same change of the same person is planned again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct HoldId(String);

impl HoldId {
    /// The id of this change of this person, from the values on both sides of it.
    #[must_use]
    pub fn of(person: &ProfileId, step: &Step) -> Self {
        let mut hash = Sha256::new();
        hash.update(person.as_str());
        hash.update([0]);
        hash.update(step.fingerprint(person));
        Self(hex::encode(&hash.finalize()[..6]))
    }

    /// The id of an operator's order about this person, given at `at`.
    #[must_use]
    pub fn of_order(person: &ProfileId, at: Timestamp) -> Self {
        let mut hash = Sha256::new();
        hash.update(person.as_str());
        hash.update([0]);
        hash.update(format!("order {at}"));
        Self(hex::encode(&hash.finalize()[..6]))
    }

    /// The id of the item about an attribute that follows `number` earlier ones about it.
    #[must_use]
    pub fn of_wide(attribute: &str, number: u64) -> Self {
        let mut hash = Sha256::new();
        hash.update(attribute);
        hash.update([0]);
        hash.update(format!("attribute {number}"));
        Self(hex::encode(&hash.finalize()[..6]))
    }

    /// Reads an id as an operator typed it; `None` if it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let ok = text.len() == 12 && text.bytes().all(|b| b.is_ascii_hexdigit());
        ok.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for HoldId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a hold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldStatus {
    /// Waits for a decision. It waits for ever: nothing expires into being applied.
    Open,
    /// Somebody said yes; the next run applies it.
    Approved,
    /// Somebody said no. It stays rejected until a value on either side changes.
    Rejected,
    /// An operator's order that was taken back.
    Released,
    /// The change was made.
    Settled,
    /// A later run no longer plans it.
    Obsolete,
}

impl HoldStatus {
    /// Every status.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Approved, Self::Rejected, Self::Released, Self::Settled, Self::Obsolete];

    /// The status as it is printed and stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Released => "released",
            Self::Settled => "settled",
            Self::Obsolete => "obsolete",
        }
    }

    /// Still has a say in what the next run does.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Approved | Self::Rejected)
    }
}

impl std::fmt::Display for HoldStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A change that waits for a decision, with its diff. Holds and the audit trail are the only places with field values.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Hold {
    /// Its name.
    pub id: HoldId,
    /// Why it is not done by itself.
    pub kind: HoldKind,
    /// The person in Deel; none for an item about an attribute, which lists many.
    pub person: Option<ProfileId>,
    /// What an item about an attribute covers; none for a change of one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wide: Option<Wide>,
    /// The person's name in Deel when the change was held, for whoever decides. Not logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_name: Option<String>,
    /// The account in `JumpCloud`, if there is one.
    pub account: Option<AccountId>,
    /// The account's username when the change was held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_username: Option<String>,
    /// The account's email when the change was held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_email: Option<String>,
    /// The change, with both values, and the reason it was planned. None for an operator's order, which stands until
    /// it is released, whatever is planned.
    pub step: Option<Step>,
    /// What else the account would get once it is linked, field by field with both values, and what would only be reported.
    #[serde(default, skip_serializing_if = "WithIt::is_empty")]
    pub with_it: WithIt,
    /// The person has left, and the account stays in use because of this hold.
    pub leaver: bool,
    /// Where it stands.
    pub status: HoldStatus,
    /// The run that held it.
    pub run: RunId,
    /// The full run that it was part of, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<RunId>,
    /// When it was held.
    pub created_at: Timestamp,
    /// When its status last changed, if it did.
    pub decided_at: Option<Timestamp>,
    /// Who decided, as the operator named themselves.
    pub decided_by: Option<String>,
    /// What they said.
    pub note: Option<String>,
}

/// What goes with the link of an account that is to be adopted. `Debug` hides values.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct WithIt {
    /// Would be overwritten.
    pub written: Vec<FieldRecord>,
    /// Differs, and is only reported.
    pub differs: Vec<FieldRecord>,
}

impl WithIt {
    fn is_empty(&self) -> bool {
        self.written.is_empty() && self.differs.is_empty()
    }
}

/// What goes with this step of the plan: something only for the link of an account.
pub(crate) fn with_it(plan: &Plan, step: &Step) -> WithIt {
    if step.change.kind() != ChangeKind::Link {
        return WithIt::default();
    }
    let rows = |drift: &[Drift]| {
        let row = |one: &Drift| {
            field(one.attribute.as_str(), one.change.before.as_deref(), Some(&one.change.after))
        };
        drift.iter().map(row).collect()
    };
    plan.with_link.as_ref().map_or_else(WithIt::default, |with| WithIt {
        written: rows(&with.written),
        differs: rows(&with.reported),
    })
}

impl Hold {
    /// An open hold of which nothing else is known yet.
    pub(crate) fn opened(id: HoldId, kind: HoldKind, run: RunId, at: Timestamp) -> Self {
        Self {
            id,
            kind,
            person: None,
            wide: None,
            person_name: None,
            account: None,
            account_username: None,
            account_email: None,
            step: None,
            with_it: WithIt::default(),
            leaver: false,
            status: HoldStatus::Open,
            run,
            of: None,
            created_at: at,
            decided_at: None,
            decided_by: None,
            note: None,
        }
    }

    /// What kind of change it is.
    #[must_use]
    pub fn change(&self) -> ChangeKind {
        match (&self.step, &self.wide) {
            (Some(step), _) => step.change.kind(),
            (None, Some(_)) => ChangeKind::Update,
            (None, None) => ChangeKind::None,
        }
    }

    /// Whether a yes would be carried out. The others inform: somebody has to mend the cause in Deel or `JumpCloud`.
    #[must_use]
    pub fn approvable(&self) -> bool {
        self.kind.approvable() && self.change() != ChangeKind::None
    }

    /// Whether it is an operator's order to suspend, which is released, neither approved nor rejected.
    #[must_use]
    pub fn is_order(&self) -> bool {
        self.step.is_none() && self.wide.is_none()
    }

    /// Whether this run, or a run that was part of it, held it.
    #[must_use]
    pub fn is_of_run(&self, run: &RunId) -> bool {
        self.run == *run || self.of.as_ref() == Some(run)
    }
}

/// One attribute that would change on more accounts than the limit allows: decided as one, for exactly the people listed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Wide {
    /// `JumpCloud`'s name of the attribute.
    pub attribute: String,
    /// How many people it listed when it was decided; while it is open, how many it lists.
    #[serde(default)]
    pub people: u64,
    /// How many of them it still lists: their change is neither made nor unwanted.
    #[serde(default)]
    pub left: u64,
}

impl std::fmt::Debug for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hold")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("person", &self.person)
            .field("wide", &self.wide)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// Which holds to list. The default is all that are open.
#[derive(Debug, Clone, Default)]
pub struct HoldFilter {
    /// Only these; empty means [`HoldStatus::Open`].
    pub statuses: Vec<HoldStatus>,
    /// Only of this kind.
    pub kind: Option<HoldKind>,
    /// Only of this person. Items about an attribute that list them are among them.
    pub person: Option<ProfileId>,
    /// Only those that this run held, or a run that was part of it.
    pub run: Option<RunId>,
}

impl HoldFilter {
    pub(super) fn matches(&self, hold: &Hold) -> bool {
        let status = if self.statuses.is_empty() {
            hold.status == HoldStatus::Open
        } else {
            self.statuses.contains(&hold.status)
        };
        status
            && self.kind.is_none_or(|kind| kind == hold.kind)
            && self.run.as_ref().is_none_or(|run| hold.is_of_run(run))
    }
}
