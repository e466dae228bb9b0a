//! Names of custom attributes. An attribute is copied about a great deal, so that its name is a reference; the names come
//! from the configuration and are few, and each is kept once for the life of the process.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::mark::MARK_ATTRIBUTE;

/// How many different names one process takes.
const MOST: usize = 1024;

/// The name of a custom attribute that may be written: letters and digits, under 32 (JumpCloud help, "Custom attributes"),
/// and none of ours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomName(&'static str);

/// Why a text is no name of a custom attribute that may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCustomName {
    /// Empty, 32 characters or more, or other characters than letters and digits.
    #[error("a custom attribute's name has 1 to 31 letters and digits")]
    Form,
    /// Names that begin with `deelsync` are this program's own.
    #[error("custom attributes whose names begin with {MARK_ATTRIBUTE} are this program's own")]
    Ours,
    /// More names than any organization has.
    #[error("more than {MOST} custom attributes")]
    TooMany,
}

impl CustomName {
    /// What stands before the name in [`CustomName::dotted`].
    pub const PREFIX: &str = "custom.";

    /// Parses a name as JumpCloud spells it.
    ///
    /// # Errors
    /// [`InvalidCustomName`].
    pub fn parse(name: &str) -> Result<Self, InvalidCustomName> {
        if !(1..=31).contains(&name.len()) || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(InvalidCustomName::Form);
        }
        if name.to_ascii_lowercase().starts_with(MARK_ATTRIBUTE) {
            return Err(InvalidCustomName::Ours);
        }
        intern(format!("{}{name}", Self::PREFIX)).map(Self).ok_or(InvalidCustomName::TooMany)
    }

    /// The name, if this process has parsed it before, as it has all that its configuration names: an account may carry any
    /// number of others, which are nobody's business here.
    #[must_use]
    pub fn known(name: &str) -> Option<Self> {
        let names = NAMES.read().unwrap_or_else(PoisonError::into_inner);
        if names.is_empty() {
            return None;
        }
        names.get(format!("{}{name}", Self::PREFIX).as_str()).map(|dotted| Self(dotted))
    }

    /// The name as JumpCloud spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0.strip_prefix(Self::PREFIX).unwrap_or(self.0)
    }

    /// `custom.NAME`, which no field of JumpCloud's own is called.
    #[must_use]
    pub fn dotted(self) -> &'static str {
        self.0
    }
}

/// Every name that this process has parsed, dotted.
static NAMES: RwLock<BTreeSet<&'static str>> = RwLock::new(BTreeSet::new());

fn intern(name: String) -> Option<&'static str> {
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name.as_str()) {
        return Some(known);
    }
    if names.len() >= MOST {
        return None;
    }
    let kept: &'static str = name.leak();
    names.insert(kept);
    Some(kept)
}

impl Serialize for CustomName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
impl<'de> Deserialize<'de> for CustomName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).map_err(serde::de::Error::custom)
    }
}
impl fmt::Display for CustomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl fmt::Debug for CustomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CustomName({})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_letters_and_digits_and_not_one_of_ours() {
        let name = CustomName::parse("shirtSize2").unwrap();
        assert_eq!((name.as_str(), name.dotted()), ("shirtSize2", "custom.shirtSize2"));
        assert_eq!(name, CustomName::parse("shirtSize2").unwrap());
        assert_eq!(CustomName::known("shirtSize2"), Some(name));
        assert_eq!(CustomName::known("neverParsed"), None);
        for bad in ["", "shirt size", "größe", &"a".repeat(32)] {
            assert_eq!(CustomName::parse(bad), Err(InvalidCustomName::Form), "{bad}");
        }
        assert_eq!(CustomName::parse("deelsync"), Err(InvalidCustomName::Ours));
        assert_eq!(CustomName::parse("DeelsyncHold"), Err(InvalidCustomName::Ours));
    }
}
