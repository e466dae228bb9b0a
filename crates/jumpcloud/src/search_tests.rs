use proptest::prelude::*;
use regex::Regex;

use super::*;

#[test]
fn the_official_form() {
    assert_eq!(
        body("email", "a@b.co", 0),
        json!({"filter": {"and": [{"email": {"$regex": "(?i)^a@b\\.co$"}}]}, "limit": 100, "skip": 0})
    );
}

#[test]
fn a_match_is_exact_but_for_case() {
    let user = UserRecord::from_json(&json!({
        "_id": "a", "email": "Ada+x@x.co", "username": "Ada", "attributes": [{"name": "deelId", "value": "P-1"}],
    }))
    .unwrap();
    assert!(Key::Email.matches(&user, "ada+X@X.CO"));
    assert!(!Key::Email.matches(&user, "ada+x@x.com"));
    assert!(!Key::Email.matches(&user, "da+x@x.co"));
    assert!(!Key::EmployeeIdentifier.matches(&user, "p-1"));
    assert!(Key::CustomAttribute { name: "deelId" }.matches(&user, "p-1"));
    assert!(!Key::CustomAttribute { name: "deelid" }.matches(&user, "p-1"));
}

proptest! {
    #[test]
    fn an_escaped_value_matches_itself(value in r"[^\p{C}]{1,40}") {
        let pattern = Regex::new(&pattern(&value)).unwrap();
        prop_assert!(pattern.is_match(&value));
        if value.is_ascii() {
            prop_assert!(pattern.is_match(&value.to_ascii_uppercase()));
        }
    }

    #[test]
    fn an_escaped_value_matches_nothing_else(value in r"[!-~]{1,12}", other in r"[!-~]{1,12}") {
        let pattern = Regex::new(&pattern(&value)).unwrap();
        prop_assert_eq!(pattern.is_match(&other), value.eq_ignore_ascii_case(&other));
        let longer = [format!("x{value}"), format!("{value}x")];
        prop_assert!(longer.iter().all(|longer| !pattern.is_match(longer)));
    }

    /// Of few characters, most of them special, so that an unescaped one would be noticed.
    #[test]
    fn special_characters_are_plain(value in r"[a.*+?|()\[\]{}^$\\]{1,4}", other in r"[a.*+?|()\[\]{}^$\\]{0,4}") {
        let pattern = Regex::new(&pattern(&value)).unwrap();
        prop_assert_eq!(pattern.is_match(&other), value == other);
    }
}
