use serde_json::json;

use super::*;

fn read(value: &Value) -> UserRecord {
    UserRecord::from_json(value).unwrap()
}

#[test]
fn a_whole_record() {
    let user = read(&json!({
        "_id": "5be9fb4ddb01290001e85109", "id": "5be9fb4ddb01290001e85109", "organization": "5a",
        "username": "ada.l", "email": "Ada@x.co", "firstname": " Ada ", "lastname": "", "displayname": "Ada L",
        "jobTitle": "Eng", "costCenter": "T", "employeeIdentifier": "p-1", "state": "ACTIVATED", "suspended": false,
        "activated": true, "admin": null, "externally_managed": false, "totp_enabled": true, "future": {"x": []},
        "attributes": [{"_id": "q", "name": "badge", "value": 17}, {"name": "deelsync", "value": "m"}],
        "restrictedFields": [{"field": "department", "type": "scim", "id": "r1"}],
    }));
    assert_eq!(user.id, "5be9fb4ddb01290001e85109");
    assert_eq!((user.username.as_str(), user.email.as_str()), ("ada.l", "Ada@x.co"));
    assert_eq!(user.state, State::Activated);
    assert_eq!(user.organization.as_deref(), Some("5a"));
    assert_eq!(user.get(ProfileField::Firstname), Some("Ada"));
    assert_eq!(user.get(ProfileField::Lastname), None);
    assert_eq!(user.get(ProfileField::Email), Some("Ada@x.co"));
    assert_eq!(user.attribute("badge"), Some("17"));
    assert_eq!(user.attribute("Badge"), None);
    assert!(!user.admin && !user.externally_managed);
    assert_eq!(
        user.restricted_fields,
        [RestrictedField { field: "department".into(), kind: Some("scim".into()), id: Some("r1".into()) }]
    );
    assert!(user.unreadable.is_empty() && user.attributes_readable());
}

#[test]
fn one_wrong_type_spoils_one_field() {
    let user = read(&json!({
        "id": 42, "username": 7, "email": {"address": "a@x.co"}, "department": ["R&D"], "firstname": null,
        "state": {"name": "x"}, "attributes": [{"value": "no name"}, {"name": "a", "value": true}, "x"],
        "restrictedFields": {"field": "email"},
    }));
    assert_eq!((user.id.as_str(), user.username.as_str(), user.email.as_str()), ("42", "7", ""));
    assert_eq!(user.state, State::Unknown(String::new()));
    assert_eq!(user.attribute("a"), Some("true"));
    assert_eq!(user.unreadable, ["state", "email", "department", "attributes", "restrictedFields"]);
    assert!(!user.attributes_readable());
}

#[test]
fn a_record_without_an_id_is_no_record() {
    for value in
        [json!({}), json!({"_id": null}), json!({"_id": ""}), json!([]), json!("x"), json!({"_id": "a/b"})]
    {
        assert!(UserRecord::from_json(&value).is_none(), "{value}");
    }
}

#[test]
fn a_missing_state_follows_from_the_old_flags() {
    let state = |value: &Value| read(value).state;
    assert_eq!(state(&json!({"_id": "a", "suspended": true, "activated": true})), State::Suspended);
    assert_eq!(state(&json!({"_id": "a", "suspended": "true"})), State::Suspended);
    assert_eq!(state(&json!({"_id": "a", "suspended": false, "activated": true})), State::Activated);
    assert_eq!(state(&json!({"_id": "a", "suspended": false, "activated": false})), State::Staged);
    assert_eq!(state(&json!({"_id": "a", "suspended": false})), State::Unknown(String::new()));
    assert_eq!(state(&json!({"_id": "a", "state": "suspended", "suspended": false})), State::Suspended);
    assert_eq!(state(&json!({"_id": "a", "state": "FROZEN"})), State::Unknown("FROZEN".into()));
}

#[test]
fn administrators_and_managed_users_are_told_even_from_odd_values() {
    for admin in [json!({"id": "1", "roleName": "Admin"}), json!("x"), json!(true), json!([])] {
        assert!(read(&json!({"_id": "a", "admin": admin})).admin);
    }
    for managed in [json!(true), json!("true"), json!(1)] {
        assert!(read(&json!({"_id": "a", "externally_managed": managed})).externally_managed);
    }
    let bare = read(&json!({"_id": "a", "restrictedFields": ["email"]}));
    assert_eq!(bare.restricted_fields[0].field, "email");
}

#[test]
fn debug_shows_ids_only() {
    let user = read(&json!({
        "_id": "a1", "username": "secretname", "email": "secret@x.co", "firstname": "Secretfirst",
        "attributes": [{"name": "n", "value": "secretvalue"}], "employeeIdentifier": "secretlink",
    }));
    let shown = format!("{user:?}");
    assert!(shown.contains("a1") && !shown.to_lowercase().contains("secret"), "{shown}");
}
