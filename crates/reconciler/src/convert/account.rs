use super::ConvertError;
use jumpcloud::{Key, ProfileField, State, UserRecord};
use provisioning::{
    ADOPTED_ATTRIBUTE, Account, AccountId, AccountState, Attribute, CustomName, HOLD_ATTRIBUTE, LinkField,
    MARK_ATTRIBUTE, ManualHold, Mark, Values,
};
use std::collections::BTreeSet;

/// Reads `JumpCloud`'s record of a user; `link` says which field ties it to a person.
pub(crate) fn account(record: &UserRecord, link: &LinkField) -> Result<Account, ConvertError> {
    let id = AccountId::parse(&record.id).map_err(ConvertError::AccountId)?;
    let raw = record.attribute(MARK_ATTRIBUTE).map(str::trim).filter(|text| !text.is_empty());
    let mark = raw.and_then(|text| Mark::parse(text).ok());
    // With the attributes unreadable nobody can tell whose suspension it is, nor write the mark without losing others'.
    let attributes_lost = !record.attributes_readable();
    Ok(Account {
        id,
        username: record.username.clone(),
        email: record.email.clone(),
        state: match &record.state {
            State::Staged => AccountState::Staged,
            State::Activated => AccountState::Activated,
            State::Suspended => AccountState::Suspended,
            State::Unknown(word) => AccountState::Unknown(word.clone()),
        },
        link: link_of(record, link).map(str::to_owned),
        values: values(record),
        raw_mark: (raw.is_some() && mark.is_none()) || attributes_lost,
        mark,
        admin: record.admin,
        externally_managed: record.externally_managed,
        restricted: restricted(record),
        hold: record.attribute(HOLD_ATTRIBUTE).and_then(ManualHold::parse),
        adopted: record.attribute(ADOPTED_ATTRIBUTE).is_some_and(|text| !text.trim().is_empty()),
    })
}

/// What the link field of a record holds, if anything.
#[must_use]
pub fn link_of<'r>(record: &'r UserRecord, link: &LinkField) -> Option<&'r str> {
    let text = match link {
        LinkField::EmployeeIdentifier => record.get(ProfileField::EmployeeIdentifier),
        LinkField::CustomAttribute(name) => record.attribute(name),
    };
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The search key of the link field.
pub(crate) fn key(link: &LinkField) -> Key<'_> {
    match link {
        LinkField::EmployeeIdentifier => Key::EmployeeIdentifier,
        LinkField::CustomAttribute(name) => Key::CustomAttribute { name: name.as_str() },
    }
}

/// `JumpCloud`'s field of an attribute; `None` for a custom one, which is an entry of `attributes`.
pub(crate) fn field(attribute: Attribute) -> Option<ProfileField> {
    Some(match attribute {
        Attribute::Email => ProfileField::Email,
        Attribute::Firstname => ProfileField::Firstname,
        Attribute::Lastname => ProfileField::Lastname,
        Attribute::Displayname => ProfileField::Displayname,
        Attribute::JobTitle => ProfileField::JobTitle,
        Attribute::Department => ProfileField::Department,
        Attribute::Location => ProfileField::Location,
        Attribute::CostCenter => ProfileField::CostCenter,
        Attribute::EmployeeType => ProfileField::EmployeeType,
        Attribute::Company => ProfileField::Company,
        Attribute::Manager => ProfileField::Manager,
        Attribute::Custom(_) => return None,
    })
}

fn values(record: &UserRecord) -> Values {
    let own = Attribute::ALL
        .into_iter()
        .filter(|attribute| *attribute != Attribute::Email)
        .filter_map(|attribute| Some((attribute, record.get(field(attribute)?)?)));
    let custom = record.attributes.iter().rev().filter_map(|entry| {
        let name = CustomName::known(entry.name())?;
        let value = entry.value().trim();
        (!value.is_empty()).then_some((Attribute::Custom(name), value))
    });
    own.chain(custom).collect()
}

/// A list of restrictions that cannot be read restricts everything: what is not known to be ours is left alone.
fn restricted(record: &UserRecord) -> BTreeSet<String> {
    if record.unreadable.contains(&"restrictedFields") {
        let profile = ProfileField::ALL.into_iter().map(ProfileField::as_str);
        return profile.chain(["state", "suspended", "attributes"]).map(str::to_owned).collect();
    }
    let mut restricted: BTreeSet<String> =
        record.restricted_fields.iter().map(|entry| entry.field.clone()).collect();
    if !record.attributes_readable() {
        restricted.insert("attributes".to_owned());
    }
    restricted
}
