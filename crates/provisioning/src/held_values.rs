//! The values that an account has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::attributes::Attribute;
use crate::shared::{Pool, Text};

/// An account's attributes with their values, in order. A few at most, so that a list is searched as fast as a tree, and of
/// a hundred thousand accounts it is half of the memory. `Debug` hides the values.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "BTreeMap<Attribute, Text>", into = "BTreeMap<Attribute, Text>")]
pub struct Values(Vec<(Attribute, Text)>);

impl Values {
    /// The value of an attribute.
    #[must_use]
    pub fn get(&self, attribute: &Attribute) -> Option<&str> {
        self.place(attribute).ok().map(|place| self.0[place].1.as_str())
    }

    /// Sets a value, in place of the one before.
    pub fn insert(&mut self, attribute: Attribute, value: impl Into<Text>) {
        let value = value.into();
        // They mostly come in order.
        if self.0.last().is_none_or(|(last, _)| *last < attribute) {
            return self.0.push((attribute, value));
        }
        match self.place(&attribute) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (attribute, value)),
        }
    }

    /// Takes a value away.
    pub fn remove(&mut self, attribute: &Attribute) {
        if let Ok(place) = self.place(attribute) {
            self.0.remove(place);
        }
    }

    /// Lets the values that accounts tend to have in common share their memory.
    pub(crate) fn share(&mut self, pool: &mut Pool) {
        for (attribute, value) in &mut self.0 {
            if attribute.is_shared() {
                pool.share(value);
            }
        }
        self.0.shrink_to_fit();
    }

    fn place(&self, attribute: &Attribute) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(attribute))
    }
}

impl<T: Into<Text>> Extend<(Attribute, T)> for Values {
    fn extend<I: IntoIterator<Item = (Attribute, T)>>(&mut self, values: I) {
        for (attribute, value) in values {
            self.insert(attribute, value);
        }
    }
}

impl<T: Into<Text>> FromIterator<(Attribute, T)> for Values {
    fn from_iter<I: IntoIterator<Item = (Attribute, T)>>(values: I) -> Self {
        let mut all = Self::default();
        all.extend(values);
        all
    }
}

impl From<BTreeMap<Attribute, Text>> for Values {
    fn from(values: BTreeMap<Attribute, Text>) -> Self {
        Self(values.into_iter().collect())
    }
}

impl From<Values> for BTreeMap<Attribute, Text> {
    fn from(values: Values) -> Self {
        values.0.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_an_attribute_counts_in_whatever_order_they_come() {
        let mut values: Values = [
            (Attribute::Location, "Rome"),
            (Attribute::Firstname, "Ada"),
            (Attribute::Location, "Oslo"),
            (Attribute::Company, "Acme"),
        ]
        .into_iter()
        .collect();
        assert_eq!(values.get(&Attribute::Location), Some("Oslo"));
        assert_eq!(values.get(&Attribute::Firstname), Some("Ada"));
        values.remove(&Attribute::Location);
        values.remove(&Attribute::Manager);
        assert_eq!(values.get(&Attribute::Location), None);
        let json = serde_json::to_string(&values).unwrap();
        assert_eq!(json, r#"{"firstname":"Ada","company":"Acme"}"#);
        assert_eq!(serde_json::from_str::<Values>(&json).unwrap(), values);
    }
}
