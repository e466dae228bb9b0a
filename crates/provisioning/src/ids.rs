//! Identifiers and addresses, parsed once. What is behind one of these types is valid for as long as it lives.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};

/// Why a text is not an identifier. Never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum InvalidId {
    /// Nothing is left after trimming.
    #[error("is empty")]
    Empty,
    /// More characters than any identifier of this kind has.
    #[error("is longer than {max} characters")]
    TooLong {
        /// The most characters allowed.
        max: usize,
    },
    /// A character no identifier of this kind contains.
    #[error("contains a character that such an id never has")]
    Character,
}

/// Why a text is not a work email address. Never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum InvalidEmail {
    /// Nothing is left after trimming.
    #[error("is empty")]
    Empty,
    /// Over 1024 characters, JumpCloud's limit for an email (JumpCloud API 1.0, systemusers).
    #[error("is longer than 1024 characters, JumpCloud's limit")]
    TooLong,
    /// Not exactly one `@` with something on both sides.
    #[error("is not of the form local@domain")]
    Shape,
    /// White space or a control character inside.
    #[error("contains a space or a control character")]
    Character,
}

/// Why a text is not a username that this program would give. Never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum InvalidUsername {
    /// Empty text.
    #[error("is empty")]
    Empty,
    /// Over 64 characters.
    #[error("is longer than 64 characters")]
    TooLong,
    /// The first character is not one of `a` to `z`.
    #[error("does not start with a letter")]
    Start,
    /// A character other than `a`-`z`, `0`-`9`, `.`, `_`, `-`.
    #[error("contains a character other than a-z, 0-9, '.', '_', '-'")]
    Character,
}

macro_rules! string_serde {
    ($name:ident, $error:ty) => {
        impl TryFrom<String> for $name {
            type Error = $error;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }
        impl std::str::FromStr for $name {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }
    };
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $max:expr, $extra:expr, $normal:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses, trimming white space around the id.
            ///
            /// # Errors
            /// [`InvalidId`] when the text is empty, too long, or has a character such an id never has.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let text = text.trim();
                if text.is_empty() {
                    return Err(InvalidId::Empty);
                }
                if text.len() > $max {
                    return Err(InvalidId::TooLong { max: $max });
                }
                if !text.bytes().all(|b| b.is_ascii_alphanumeric() || $extra.contains(&b)) {
                    return Err(InvalidId::Character);
                }
                let normal: fn(&str) -> String = $normal;
                Ok(Self(normal(text)))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
        string_serde!($name, InvalidId);
    };
}

id! {
    /// A Deel HRIS profile id (`people[].id`): 1 to 128 characters of `[A-Za-z0-9_-]`. A UUID is kept in lower case, since
    /// UUIDs compare without case (RFC 9562, section 4).
    ProfileId, 128, b"_-", |text| if is_uuid(text) { text.to_ascii_lowercase() } else { text.to_owned() }
}
id! {
    /// A JumpCloud user id (`_id`, JumpCloud API 1.0): 1 to 64 characters of `[A-Za-z0-9]`.
    AccountId, 64, b"", str::to_owned
}
id! {
    /// A JumpCloud user group's id (JumpCloud API 2.0, `UserGroup`): 1 to 64 characters of `[A-Za-z0-9]`.
    GroupId, 64, b"", str::to_owned
}
id! {
    /// The run that makes a change; opaque here. 1 to 64 characters of `[A-Za-z0-9_-]`, so that it fits in a [`crate::Mark`].
    RunId, 64, b"_-", str::to_owned
}

impl ProfileId {
    /// Whether this text, parsed, is this id.
    #[must_use]
    pub fn is_named_by(&self, text: &str) -> bool {
        let text = text.trim();
        text == self.0 || (is_uuid(text) && text.eq_ignore_ascii_case(&self.0))
    }

    /// Whether the id is a UUID, as all of Deel's are that we have seen.
    #[must_use]
    pub fn is_uuid(&self) -> bool {
        is_uuid(&self.0)
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// A work email address. Keeps its spelling; equality, order and hash ignore case, since whether JumpCloud folds case is
/// undocumented and two spellings of one address are one mailbox in practice.
///
/// There is no `Display`: an address gets into a text only where someone wrote `as_str`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WorkEmail {
    spelled: String,
    folded: String,
}

impl WorkEmail {
    /// Parses, trimming white space around the address.
    ///
    /// # Errors
    /// [`InvalidEmail`] when it is empty, over 1024 characters, not `local@domain`, or has a space or control character.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidEmail::Empty);
        }
        if text.chars().nth(1024).is_some() {
            return Err(InvalidEmail::TooLong);
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(InvalidEmail::Character);
        }
        match text.split_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !domain.contains('@') => {}
            _ => return Err(InvalidEmail::Shape),
        }
        Ok(Self { spelled: text.to_owned(), folded: text.to_lowercase() })
    }

    /// The address as Deel spells it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelled
    }

    /// The address as it is sent to JumpCloud: in lower case.
    #[must_use]
    pub fn to_send(&self) -> &str {
        &self.folded
    }

    /// Whether another system's spelling means the same address: equal but for case and surrounding white space.
    #[must_use]
    pub fn is_same(&self, other: &str) -> bool {
        let other = other.trim();
        other == self.folded || other.to_lowercase() == self.folded
    }
}

impl PartialEq for WorkEmail {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}
impl Eq for WorkEmail {}
impl Hash for WorkEmail {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded.hash(state);
    }
}
impl PartialOrd for WorkEmail {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for WorkEmail {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded.cmp(&other.folded)
    }
}
impl fmt::Debug for WorkEmail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorkEmail([redacted])")
    }
}
string_serde!(WorkEmail, InvalidEmail);

/// A username that this program gives: 1 to 64 characters, `a`-`z` first, then `a`-`z`, `0`-`9`, `.`, `_`, `-`; safe on
/// every system JumpCloud manages (JumpCloud help, "Naming convention for users").
///
/// There is no `Display`: a name gets into a text only where someone wrote `as_str`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl Username {
    /// Parses, changing nothing.
    ///
    /// # Errors
    /// [`InvalidUsername`] when it is empty, too long, or has a character the rule does not allow at its place.
    pub fn parse(text: &str) -> Result<Self, InvalidUsername> {
        if text.is_empty() {
            return Err(InvalidUsername::Empty);
        }
        if text.len() > 64 {
            return Err(InvalidUsername::TooLong);
        }
        if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err(InvalidUsername::Start);
        }
        if !text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b)) {
            return Err(InvalidUsername::Character);
        }
        Ok(Self(text.to_owned()))
    }

    /// The username as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Debug for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Username([redacted])")
    }
}
string_serde!(Username, InvalidUsername);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_lower_cased_and_another_id_is_not() {
        let upper = "DFD65727-E0F2-4E2E-94E3-91A19962D446";
        assert_eq!(ProfileId::parse(upper).unwrap().as_str(), upper.to_ascii_lowercase());
        assert_eq!(ProfileId::parse(" Ab_1 ").unwrap().as_str(), "Ab_1");
    }

    #[test]
    fn an_id_is_named_by_what_parses_to_it() {
        for text in ["DFD65727-E0F2-4E2E-94E3-91A19962D446", " Ab_1 ", "ab_1", "", "a b"] {
            for id in ["dfd65727-e0f2-4e2e-94e3-91a19962d446", "Ab_1"].map(|id| ProfileId::parse(id).unwrap())
            {
                assert_eq!(
                    id.is_named_by(text),
                    ProfileId::parse(text).is_ok_and(|other| other == id),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn ids_refuse_what_is_none() {
        assert_eq!(ProfileId::parse("  "), Err(InvalidId::Empty));
        assert_eq!(ProfileId::parse("a/b"), Err(InvalidId::Character));
        assert_eq!(ProfileId::parse("é"), Err(InvalidId::Character));
        assert_eq!(ProfileId::parse(&"a".repeat(129)), Err(InvalidId::TooLong { max: 128 }));
        assert_eq!(AccountId::parse("a-b"), Err(InvalidId::Character));
        assert!(serde_json::from_str::<ProfileId>("\"a b\"").is_err());
    }

    #[test]
    fn an_email_keeps_its_spelling_and_compares_without_case() {
        let a = WorkEmail::parse(" Zoë.Ÿ@Example.COM ").unwrap();
        assert_eq!(a.as_str(), "Zoë.Ÿ@Example.COM");
        assert_eq!(a.to_send(), "zoë.ÿ@example.com");
        assert_eq!(a, WorkEmail::parse("ZOË.ÿ@example.com").unwrap());
        assert!(a.is_same(" zoë.ÿ@EXAMPLE.com"));
        assert_eq!(format!("{a:?}"), "WorkEmail([redacted])");
    }

    #[test]
    fn an_email_has_at_most_1024_characters_not_bytes() {
        let domain = "@x.example";
        let fits = format!("{}{domain}", "ü".repeat(1024 - domain.len()));
        assert!(WorkEmail::parse(&fits).is_ok());
        assert_eq!(WorkEmail::parse(&format!("ü{fits}")), Err(InvalidEmail::TooLong));
    }

    #[test]
    fn an_email_refuses_what_is_none() {
        for bad in ["a", "@b", "a@", "a@b@c"] {
            assert_eq!(WorkEmail::parse(bad), Err(InvalidEmail::Shape), "{bad}");
        }
        for bad in ["a b@c", "a\u{0}@c", "a@b\tc"] {
            assert_eq!(WorkEmail::parse(bad), Err(InvalidEmail::Character), "{bad}");
        }
        assert_eq!(WorkEmail::parse(" \n"), Err(InvalidEmail::Empty));
    }
}
