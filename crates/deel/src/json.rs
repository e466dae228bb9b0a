//! JSON read as it comes. serde's derived readers refuse what Deel may well send: a key that comes twice, half a surrogate
//! pair, a number too large for a double, a value of another type, or nesting beyond 128 levels. Here a document is cut into
//! pieces that stay text until they are asked for, one level at a time; `serde_json` checks the syntax of what is not
//! looked into, without recursion. So neither an odd value nor depth can hide the fields that matter.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// One value, as text.
#[derive(Clone, Copy)]
pub(crate) struct Value<'a>(&'a str);

/// One object, its values still text.
pub(crate) struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// Text from a body: invalid UTF-8 becomes U+FFFD, a byte order mark is dropped.
pub(crate) fn decode(body: &[u8]) -> Cow<'_, str> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    // Nearly always valid, and found to be so several times faster than by looking for what to replace.
    std::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed)
}

/// Checks the syntax of a whole document.
pub(crate) fn parse(text: &str) -> serde_json::Result<Value<'_>> {
    serde_json::from_str::<&RawValue>(text).map(|raw| Value(raw.get()))
}

impl<'a> Object<'a> {
    /// Reads a document that is an object; `None` if it is something else, or not JSON.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The value of `key`; the last one if it comes twice, as JavaScript has it.
    pub(crate) fn get(&self, key: &str) -> Option<Value<'a>> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|(_, raw)| Value(raw.get()))
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.iter().any(|(name, _)| name == key)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, Value<'a>)> {
        self.0.iter().map(|(name, raw)| (name.as_ref(), Value(raw.get())))
    }
}

impl<'a> Value<'a> {
    fn starts_with(self, bytes: &[u8]) -> bool {
        self.0.bytes().next().is_some_and(|first| bytes.contains(&first))
    }

    pub(crate) fn is_null(self) -> bool {
        self.0 == "null"
    }

    pub(crate) fn is_scalar(self) -> bool {
        !self.starts_with(b"{[")
    }

    pub(crate) fn object(self) -> Option<Object<'a>> {
        if self.starts_with(b"{") { Object::parse(self.0) } else { None }
    }

    pub(crate) fn list(self) -> Option<Vec<Value<'a>>> {
        if !self.starts_with(b"[") {
            return None;
        }
        let raw: Vec<&RawValue> = serde_json::from_str(self.0).ok()?;
        Some(raw.into_iter().map(|raw| Value(raw.get())).collect())
    }

    /// A string, trimmed; `None` if it is blank or no string.
    pub(crate) fn string(self) -> Option<String> {
        if !self.starts_with(b"\"") {
            return None;
        }
        let text = serde_json::from_str::<Lossy<'_>>(self.0).ok()?.0;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A string, or a number or boolean as it is spelled. Deel writes an empty string where it means null.
    pub(crate) fn text(self) -> Option<String> {
        if self.starts_with(b"\"") {
            self.string()
        } else {
            (self.is_scalar() && !self.is_null()).then(|| self.0.to_owned())
        }
    }

    /// A count, as a number or in digits.
    pub(crate) fn count(self) -> Option<u64> {
        self.text()?.parse().ok()
    }

    /// `true`, `false`, or one of these as a string.
    pub(crate) fn flag(self) -> Option<bool> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::with_capacity(8);
        while let Some((Lossy(key), raw)) = map.next_entry()? {
            entries.push((key, raw));
        }
        Ok(Object(entries))
    }
}

/// A string of which unpaired surrogates become U+FFFD. `serde_json` refuses those in a `str`, but not in bytes.
struct Lossy<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Lossy<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(LossyVisitor)
    }
}

struct LossyVisitor;

impl<'de> Visitor<'de> for LossyVisitor {
    type Value = Lossy<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        // Nearly always valid, see [`decode`].
        Ok(Lossy(std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Lossy(Cow::Owned(String::from_utf8_lossy(bytes).into_owned())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serde_would_refuse_is_read() {
        let text = r#"{"a":"x\ud800y","a":" second ","big":1e999,"neg":-0.0,"k\ud800":true,"id":12345678901234567890123}"#;
        let object = Object::parse(text).unwrap();
        assert_eq!(object.get("a").unwrap().text().as_deref(), Some("second"));
        assert_eq!(object.get("big").unwrap().text().as_deref(), Some("1e999"));
        assert_eq!(object.get("id").unwrap().text().as_deref(), Some("12345678901234567890123"));
        assert_eq!(object.get("id").unwrap().count(), None);
        let lone = Object::parse(r#"{"a":"x\ud800y"}"#).unwrap();
        assert!(lone.get("a").unwrap().text().unwrap().starts_with("x\u{fffd}"));
    }

    #[test]
    fn depth_costs_no_stack() {
        let depth = 1_000_000;
        let text = format!("{{\"deep\":{}{},\"id\":\"x\"}}", "[".repeat(depth), "]".repeat(depth));
        let object = Object::parse(&text).unwrap();
        assert_eq!(object.get("id").unwrap().text().as_deref(), Some("x"));
        // One level down, no further.
        assert_eq!(object.get("deep").unwrap().list().unwrap().len(), 1);
        assert!(parse(&"[".repeat(depth)).is_err());
    }

    #[test]
    fn flags_and_counts_come_as_strings_too() {
        let object =
            Object::parse(r#"{"t":"True","f":false,"n":null,"no":"No","c":"25","d":25,"e":2.5}"#).unwrap();
        let flag = |key: &str| object.get(key).unwrap().flag();
        assert_eq!((flag("t"), flag("f"), flag("n"), flag("no")), (Some(true), Some(false), None, None));
        let count = |key: &str| object.get(key).unwrap().count();
        assert_eq!((count("c"), count("d"), count("e"), count("n")), (Some(25), Some(25), None, None));
    }
}
