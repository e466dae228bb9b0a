//! Texts that many people and accounts have in common: of a hundred thousand of each in memory, the name of a department
//! needs to be there once.

use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is cheap to copy, and can be shared with others that are equal ([`Pool`]). `Debug` hides it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

impl Text {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Arc::from(text))
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(..)")
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// Texts that were seen before, so that equal ones share their memory. Keep it for as long as a list is read.
#[derive(Default)]
pub struct Pool(HashSet<Text>);

impl Pool {
    /// Makes `text` share the memory of an equal one that was seen before.
    pub fn share(&mut self, text: &mut Text) {
        match self.0.get(text.as_str()) {
            Some(known) => text.clone_from(known),
            None => drop(self.0.insert(text.clone())),
        }
    }

    /// [`Pool::share`], where there is a text.
    pub fn share_some(&mut self, text: &mut Option<Text>) {
        if let Some(text) = text {
            self.share(text);
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({} texts)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_of_a_pool_are_one() {
        let mut pool = Pool::default();
        let (mut one, mut other, mut third) = (Text::from("Sales"), Text::from("Sales"), Text::from("Legal"));
        for text in [&mut one, &mut other, &mut third] {
            pool.share(text);
        }
        assert!(Arc::ptr_eq(&one.0, &other.0) && !Arc::ptr_eq(&one.0, &third.0));
        assert_eq!((one.as_str(), third.as_str()), ("Sales", "Legal"));
    }

    #[test]
    fn debug_output_hides_it() {
        assert_eq!(format!("{:?}", Some(Text::from("Sales"))), "Some(Text(..))");
    }
}
