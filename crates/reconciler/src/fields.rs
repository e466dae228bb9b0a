//! A step as fields with both values, for the trail and for people.

use crate::trail::FieldRecord;
use jiff::Timestamp;
use provisioning::{Account, AccountState, Change, GroupId, LinkField, MARK_ATTRIBUTE, NewAccount, Step};

/// Every field the step writes, with what it held and what it will hold.
pub(crate) fn fields(step: &Step, account: Option<&Account>, link: &LinkField) -> Vec<FieldRecord> {
    match &step.change {
        Change::Create(new) => creation(new, link),
        Change::Link { before, after } => {
            vec![field(link.name(), before.as_ref().map(|before| before.0.as_str()), Some(after.as_str()))]
        }
        Change::Update(changes) => {
            let row = |(attribute, change): (&provisioning::Attribute, &provisioning::FieldChange)| {
                field(attribute.as_str(), change.before.as_deref(), Some(&change.after))
            };
            changes.iter().map(row).collect()
        }
        Change::ChangeEmail { before, after } => vec![field("email", Some(&before.0), Some(after.to_send()))],
        Change::Suspend { mark, .. } => vec![
            field("state", Some(mark.was.as_str()), Some(AccountState::Suspended.as_str())),
            field(MARK_ATTRIBUTE, mark_of(account).as_deref(), Some(&mark.render())),
        ],
        Change::Reactivate { to, mark } => {
            let mut rows = vec![field("state", Some(AccountState::Suspended.as_str()), Some(to.as_str()))];
            rows.extend(mark.as_ref().map(|mark| field(MARK_ATTRIBUTE, Some(&mark.render()), None)));
            rows
        }
        Change::Activate => {
            vec![field("state", Some(AccountState::Staged.as_str()), Some(AccountState::Activated.as_str()))]
        }
        Change::ScheduleActivation { at, replaces } => {
            vec![time_field(SCHEDULE, replaces.as_ref(), Some(at))]
        }
        Change::CancelActivation { at } => vec![time_field(SCHEDULE, Some(at), None)],
        Change::ClearMark => vec![field(MARK_ATTRIBUTE, mark_of(account).as_deref(), None)],
        Change::GroupAdd(groups) => groups.iter().map(|(id, name)| membership(id, name, true)).collect(),
        Change::GroupRemove(groups) => groups.iter().map(|(id, name)| membership(id, name, false)).collect(),
        Change::Nothing => Vec::new(),
    }
}

/// Every field a planned step writes, with what it holds and what it will hold: for a plan that people read. What only the
/// account tells is left out.
#[must_use]
pub fn fields_of(step: &Step, link: &LinkField) -> Vec<FieldRecord> {
    fields(step, None, link)
}

/// How the trail calls an activation that `JumpCloud` does at a time.
pub(crate) const SCHEDULE: &str = "scheduledActivation";

/// How the trail calls the address that mail about an activation goes to.
pub(crate) const MAIL: &str = "mail";

fn time_field(name: &str, before: Option<&Timestamp>, after: Option<&Timestamp>) -> FieldRecord {
    let text = |at: Option<&Timestamp>| at.map(ToString::to_string);
    field(name, text(before).as_deref(), text(after).as_deref())
}

/// What stands before a group's id in a field's name.
pub(crate) const GROUP: &str = "group.";

/// A membership that begins or ends; its value is the group's name.
pub(crate) fn membership(group: &GroupId, name: &str, begins: bool) -> FieldRecord {
    let (before, after) = if begins { (None, Some(name)) } else { (Some(name), None) };
    field(&format!("{GROUP}{group}"), before, after)
}

fn creation(new: &NewAccount, link: &LinkField) -> Vec<FieldRecord> {
    let mut rows = vec![
        field("username", None, Some(new.username.as_str())),
        field("email", None, Some(new.email.to_send())),
        field("state", None, Some(new.state.as_str())),
        field(link.name(), None, Some(new.link.as_str())),
    ];
    rows.extend(new.values.iter().map(|(attribute, value)| field(attribute.as_str(), None, Some(value))));
    rows
}

fn mark_of(account: Option<&Account>) -> Option<String> {
    account.and_then(|account| account.mark.as_ref()).map(provisioning::Mark::render)
}

pub(crate) fn field(name: &str, before: Option<&str>, after: Option<&str>) -> FieldRecord {
    let filled = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_owned);
    FieldRecord { field: name.to_owned(), before: filled(before), after: filled(after) }
}
