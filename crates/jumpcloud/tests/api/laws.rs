//! No value, however chosen, lets a write carry what must never be written.

use jumpcloud::{CustomAttribute, Link, NewState, NewUser, Patch, ProfileField, merge_attribute};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

const PATCH_KEYS: [&str; 13] = [
    "email",
    "firstname",
    "lastname",
    "displayname",
    "jobTitle",
    "department",
    "location",
    "costCenter",
    "employeeType",
    "company",
    "employeeIdentifier",
    "manager",
    "attributes",
];

fn fields() -> impl Strategy<Value = Vec<(ProfileField, String)>> {
    vec((select(&ProfileField::ALL[..]), any::<String>()), 0..15)
}

fn attributes() -> impl Strategy<Value = Vec<CustomAttribute>> {
    let name = prop_oneof![
        select(&["deelsync", "password", "state", "badge"][..]).prop_map(String::from),
        any::<String>()
    ];
    vec((name, any::<String>()).prop_map(|(name, value)| CustomAttribute::new(name, value)), 0..6)
}

fn patch(fields: &[(ProfileField, String)], attributes: Option<&[CustomAttribute]>) -> Patch {
    let patch = fields.iter().fold(Patch::new(), |patch, (field, value)| patch.set(*field, value));
    match attributes {
        Some(attributes) => patch.attributes(attributes.to_vec()),
        None => patch,
    }
}

fn only_names_and_values(attributes: &Value) -> bool {
    attributes.as_array().unwrap().iter().all(|entry| {
        let keys: Vec<_> = entry.as_object().unwrap().keys().map(String::as_str).collect();
        keys == ["name", "value"]
    })
}

proptest! {
    #[test]
    fn a_patch_carries_profile_keys_only(fields in fields(), attributes in proptest::option::of(attributes())) {
        let patch = patch(&fields, attributes.as_deref());
        let written = serde_json::to_value(&patch).unwrap();
        let object = written.as_object().unwrap();
        for key in object.keys() {
            prop_assert!(PATCH_KEYS.contains(&key.as_str()), "{key}");
        }
        prop_assert_eq!(patch.is_empty(), object.is_empty());
        prop_assert_eq!(patch.keys().count(), object.len());
        if let Some(attributes) = object.get("attributes") {
            prop_assert!(only_names_and_values(attributes));
        }
    }

    #[test]
    fn a_new_user_carries_no_more_than_that(
        username in any::<String>(),
        email in any::<String>(),
        fields in fields(),
        attributes in attributes(),
        custom in proptest::option::of(any::<String>()),
    ) {
        let link = match custom {
            Some(name) => Link::CustomAttribute { name, value: "p-1".into() },
            None => Link::EmployeeIdentifier("p-1".into()),
        };
        let mut user = NewUser::new(&username, &email, NewState::Staged, link);
        for (field, value) in &fields {
            user = user.set(*field, value);
        }
        for attribute in attributes {
            user = user.attribute(attribute);
        }
        // The text, not the parsed value, since a key written twice would hide there.
        let text = serde_json::to_string(&user).unwrap();
        let written: Value = serde_json::from_str(&text).unwrap();
        let object = written.as_object().unwrap();
        for key in object.keys() {
            prop_assert!(PATCH_KEYS.contains(&key.as_str()) || ["username", "state"].contains(&key.as_str()), "{key}");
        }
        prop_assert_eq!(&object["username"], &Value::String(username));
        prop_assert_eq!(&object["email"], &Value::String(email));
        prop_assert_eq!(serde_json::to_string(&written).unwrap().len(), text.len());
    }

    #[test]
    fn merging_touches_one_name(existing in attributes(), name in "[a-z]{1,8}", value in proptest::option::of(".{0,20}")) {
        let merged = merge_attribute(&existing, &name, value.as_deref());
        let foreign = |list: &[CustomAttribute]| list.iter().filter(|entry| entry.name() != name).cloned().collect::<Vec<_>>();
        prop_assert_eq!(foreign(&merged), foreign(&existing));
        let ours: Vec<_> = merged.iter().filter(|entry| entry.name() == name).map(CustomAttribute::value).collect();
        prop_assert_eq!(ours, value.iter().map(String::as_str).collect::<Vec<_>>());
        prop_assert_eq!(&merge_attribute(&merged, &name, value.as_deref()), &merged);
    }
}
