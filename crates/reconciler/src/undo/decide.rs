//! What of a run can be taken back, given how the account is now. Pure.

use super::{Back, Left};
use crate::fields::{GROUP, SCHEDULE};
use crate::settings::Settings;
use crate::trail::{ChangeRecord, ChangeResult, FieldRecord};
use jiff::Timestamp;
use provisioning::{
    Account, AccountState, Attribute, ChangeKind, FieldChange, GroupId, LinkField, MARK_ATTRIBUTE, Mark,
    PriorState, ProfileId, Redacted, RunId, WorkEmail,
};
use std::collections::{BTreeMap, BTreeSet};

/// How the account is now.
pub(crate) struct Present<'a> {
    /// The person.
    pub(crate) person: &'a ProfileId,
    /// The account; none if it is gone.
    pub(crate) account: Option<&'a Account>,
    /// The custom attribute of a manual hold.
    pub(crate) hold: Option<&'a str>,
    /// Whether nothing is to be written for this person or account: a manual hold in force, or the configuration.
    pub(crate) left_alone: Option<&'static str>,
    /// The activation that we scheduled, if it is ahead.
    pub(crate) scheduled: Option<Timestamp>,
    /// The hold of an operator's order in force.
    pub(crate) order: Option<&'a str>,
    /// Where the link is.
    pub(crate) link: &'a LinkField,
    /// The groups that the account is in; none if nobody looked.
    pub(crate) member_of: Option<&'a BTreeSet<GroupId>>,
    /// Which later run wrote a field last.
    pub(crate) since: &'a BTreeMap<String, RunId>,
}

/// The writes, in their order (what was done last goes first), what is left, and the account after the writes.
pub(crate) struct Decided {
    pub(crate) steps: Vec<Back>,
    pub(crate) left: Vec<Left>,
    pub(crate) account: Option<Account>,
}

/// Decides about each change of a run.
pub(crate) fn decide(changes: &[ChangeRecord], present: &Present<'_>) -> Decided {
    let mut decided = Decided { steps: Vec::new(), left: Vec::new(), account: present.account.cloned() };
    for change in changes.iter().rev() {
        match change.result {
            ChangeResult::Done => {}
            ChangeResult::Failed => {
                decided.leave(change, None, "it is not known whether it was written");
                continue;
            }
            _ => continue,
        }
        if let Some(why) = impossible(change.kind) {
            decided.leave(change, None, why);
            continue;
        }
        let Some(account) = decided.account.clone() else {
            decided.leave(change, None, "the account is gone");
            continue;
        };
        // A hold itself is taken back under it.
        let left_alone = present.left_alone.filter(|_| change.kind != ChangeKind::ManualHold);
        if let Some(why) = untouchable(&account, present).or(left_alone) {
            decided.leave(change, None, why);
            continue;
        }
        let change = decided.without_later(change, present);
        if !change.fields.is_empty() {
            decided.change(&change, account, present);
        }
    }
    decided
}

fn impossible(kind: ChangeKind) -> Option<&'static str> {
    match kind {
        ChangeKind::Creation => Some("an account is never deleted; it stays as it is"),
        ChangeKind::Activation => Some("JumpCloud has no way back to STAGED"),
        ChangeKind::CancelActivation => Some("schedule it again with `deelsync activate PERSON --at TIME`"),
        ChangeKind::ClearMark => Some("a mark on an account that is not suspended says nothing"),
        ChangeKind::Link
        | ChangeKind::Update
        | ChangeKind::EmailChange
        | ChangeKind::Suspension
        | ChangeKind::Reactivation
        | ChangeKind::ScheduleActivation
        | ChangeKind::GroupAdd
        | ChangeKind::GroupRemove
        | ChangeKind::ManualHold => None,
        #[allow(unreachable_patterns)]
        _ => Some("this kind of change is not taken back"),
    }
}

fn untouchable(account: &Account, present: &Present<'_>) -> Option<&'static str> {
    if account.admin {
        Some("the account is an administrator's now")
    } else if account.externally_managed {
        Some("another directory manages the account now")
    } else if !account.is_linked_to(present.person) {
        Some("the account is not linked to the person any more")
    } else {
        None
    }
}

/// Why nothing is to be written for a person, if their account is held by hand or the configuration says so.
pub(crate) fn left_alone(
    settings: &Settings,
    person: &ProfileId,
    account: Option<&Account>,
    now: Timestamp,
) -> Option<&'static str> {
    if account.and_then(|account| account.hold.as_ref()).is_some_and(|hold| hold.in_force(now)) {
        Some("the person is held by hand; `deelsync holds release PERSON` ends that")
    } else if settings.excluded.contains(person)
        || account.is_some_and(|account| settings.policy.excludes(account))
    {
        Some("the configuration excludes the person or the account")
    } else {
        None
    }
}

impl Decided {
    fn leave(&mut self, change: &ChangeRecord, field: Option<&str>, why: impl Into<String>) {
        let field = field.map(str::to_owned);
        self.left.push(Left { change: change.kind, field, why: why.into() });
    }

    /// The change without what a later run wrote, be it the same value: that is the later run's.
    fn without_later(&mut self, change: &ChangeRecord, present: &Present<'_>) -> ChangeRecord {
        let mut ours = change.clone();
        let of_one =
            matches!(change.kind, ChangeKind::Update | ChangeKind::GroupAdd | ChangeKind::GroupRemove);
        for row in &change.fields {
            let Some(run) = present.since.get(&row.field) else { continue };
            let why = format!("run {run} wrote it since");
            if of_one {
                self.leave(change, Some(&row.field), why);
                ours.fields.retain(|kept| kept.field != row.field);
            } else {
                self.leave(change, None, why);
                ours.fields.clear();
                break;
            }
        }
        ours
    }

    fn change(&mut self, change: &ChangeRecord, mut account: Account, present: &Present<'_>) {
        let back = match change.kind {
            ChangeKind::Update => self.update(change, &mut account),
            ChangeKind::EmailChange => self.email(change, &mut account),
            ChangeKind::Link => self.link(change, &mut account, present),
            ChangeKind::Suspension => self.suspension(change, &mut account, present),
            ChangeKind::Reactivation => self.reactivation(change, &mut account),
            ChangeKind::ManualHold => self.manual(change, present),
            ChangeKind::GroupAdd | ChangeKind::GroupRemove => self.membership(change, present),
            _ => self.schedule(change, present),
        };
        if let Some(back) = back {
            self.steps.push(back);
            self.account = Some(account);
        }
    }

    fn update(&mut self, change: &ChangeRecord, account: &mut Account) -> Option<Back> {
        let mut fields = BTreeMap::new();
        for row in &change.fields {
            let Ok(attribute) = row.field.parse::<Attribute>() else {
                self.leave(change, Some(&row.field), "this field is not taken back");
                continue;
            };
            let now = account.values.get(&attribute).filter(|now| !now.is_empty()).map(str::to_owned);
            if let Some(why) = moved(now.as_deref(), row).or_else(|| owned(account, attribute.field())) {
                self.leave(change, Some(&row.field), why);
                continue;
            }
            let after = row.before.clone().unwrap_or_default();
            match after.is_empty() {
                true => account.values.remove(&attribute),
                false => account.values.insert(attribute, after.clone()),
            };
            fields.insert(attribute, FieldChange { before: now, after });
        }
        (!fields.is_empty()).then_some(Back::Update { fields })
    }

    fn email(&mut self, change: &ChangeRecord, account: &mut Account) -> Option<Back> {
        let row = row(change, "email")?;
        let same = |text: &str| WorkEmail::parse(text).is_ok_and(|email| email.is_same(&account.email));
        let after = row.before.clone().unwrap_or_default();
        let why = if !row.after.as_deref().is_some_and(same) {
            Some(CHANGED.to_owned())
        } else if after.is_empty() {
            Some("there was none before".to_owned())
        } else {
            owned(account, "email")
        };
        if let Some(why) = why {
            self.leave(change, Some("email"), why);
            return None;
        }
        let before = std::mem::replace(&mut account.email, after.clone());
        Some(Back::Email { before: Redacted(before), after: Redacted(after) })
    }

    fn link(&mut self, change: &ChangeRecord, account: &mut Account, present: &Present<'_>) -> Option<Back> {
        if account.is_suspended() {
            self.leave(change, None, "the account is suspended; without the link nobody would find it again");
            return None;
        }
        // That it is the person's was asked before.
        let row = change.fields.first()?;
        if let Some(why) = owned(account, present.link.field()) {
            self.leave(change, Some(&row.field), why);
            return None;
        }
        let before = account.link.clone().unwrap_or_default();
        account.link.clone_from(&row.before);
        Some(Back::Link { before: Redacted(before), after: row.before.clone().map(Redacted) })
    }

    fn suspension(
        &mut self,
        change: &ChangeRecord,
        account: &mut Account,
        present: &Present<'_>,
    ) -> Option<Back> {
        if let Some(hold) = present.order {
            self.leave(
                change,
                None,
                format!("an operator ordered it; `deelsync holds release {hold}` takes it back"),
            );
            return None;
        }
        let written = row(change, MARK_ATTRIBUTE).and_then(|row| row.after.as_deref());
        let mark = account.mark.clone().filter(|mark| Some(mark.render().as_str()) == written);
        let why = match (&mark, &account.state) {
            (_, state) if *state != AccountState::Suspended => {
                Some("the account is not suspended any more".to_owned())
            }
            (None, _) => Some("the mark on it is not that of this run".to_owned()),
            (Some(mark), _) if mark.was == PriorState::Staged => Some(
                "the account was STAGED; JumpCloud has no way back there, and in use it never was".to_owned(),
            ),
            _ => owned_state(account),
        };
        if let Some(why) = why {
            self.leave(change, None, why);
            return None;
        }
        account.state = AccountState::Activated;
        account.mark = None;
        mark.map(|mark| Back::Reactivate { mark })
    }

    fn reactivation(&mut self, change: &ChangeRecord, account: &mut Account) -> Option<Back> {
        let why = match &account.state {
            AccountState::Activated => owned_state(account),
            state => Some(format!("the account is {state} now")),
        };
        if let Some(why) = why {
            self.leave(change, None, why);
            return None;
        }
        let was = row(change, MARK_ATTRIBUTE).and_then(|row| row.before.as_deref());
        let mark = was.and_then(|text| Mark::parse(text).ok());
        account.state = AccountState::Suspended;
        account.mark.clone_from(&mark);
        Some(Back::Suspend { mark })
    }

    fn manual(&mut self, change: &ChangeRecord, present: &Present<'_>) -> Option<Back> {
        let row = change.fields.first()?;
        if let Some(why) = moved(present.hold, row) {
            self.leave(change, Some(&row.field), why);
            return None;
        }
        let value = |text: &Option<String>| text.clone().map(Redacted);
        Some(Back::Attribute {
            name: row.field.clone(),
            before: value(&row.after),
            after: value(&row.before),
        })
    }

    fn membership(&mut self, change: &ChangeRecord, present: &Present<'_>) -> Option<Back> {
        let joined = change.kind == ChangeKind::GroupAdd;
        let mut groups = BTreeMap::new();
        for row in &change.fields {
            let group = row.field.strip_prefix(GROUP).and_then(|id| GroupId::parse(id).ok());
            let name = if joined { &row.after } else { &row.before };
            let (Some(group), Some(name), Some(member_of)) = (group, name, present.member_of) else {
                self.leave(change, Some(&row.field), "it is not known who is in this group");
                continue;
            };
            if member_of.contains(&group) != joined {
                self.leave(change, Some(&row.field), CHANGED);
                continue;
            }
            groups.insert(group, name.clone());
        }
        match (groups.is_empty(), joined) {
            (true, _) => None,
            (false, true) => Some(Back::GroupRemove { groups }),
            (false, false) => Some(Back::GroupAdd { groups }),
        }
    }

    fn schedule(&mut self, change: &ChangeRecord, present: &Present<'_>) -> Option<Back> {
        let row = row(change, SCHEDULE)?;
        let at = row.after.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        if at.is_none() || present.scheduled != at {
            self.leave(change, None, "that activation is not scheduled any more");
            return None;
        }
        at.map(|at| Back::CancelActivation { at })
    }
}

const CHANGED: &str = "it was changed since";

/// Why a field is not ours to take back: its present value is not the one that the run wrote.
fn moved(now: Option<&str>, row: &FieldRecord) -> Option<String> {
    let now = now.map(str::trim).filter(|now| !now.is_empty());
    (now != row.after.as_deref().map(str::trim)).then(|| CHANGED.to_owned())
}

fn owned(account: &Account, field: &str) -> Option<String> {
    account.restricted.contains(field).then(|| "another authority owns it now".to_owned())
}

fn owned_state(account: &Account) -> Option<String> {
    let field = account.restricts(&["state", "suspended", "attributes"])?;
    Some(format!("another authority owns the account's {field} now"))
}

fn row<'c>(change: &'c ChangeRecord, field: &str) -> Option<&'c FieldRecord> {
    change.fields.iter().find(|row| row.field == field)
}
