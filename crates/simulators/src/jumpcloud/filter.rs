//! Filters of `GET /systemusers` and `POST /search/systemusers`.
//!
//! Text: `field:$op:value`, case-sensitive. JSON: `{"field": "v"}`, `{"field": {"$regex": "(?i)^v$"}}`, text, and `and`
//! or `or` around lists of these (JumpCloud API 1.0). Anything else is refused rather than ignored.

use regex::Regex;
use serde_json::Value;

use super::store::{Account, Store};

/// A condition on an account.
#[derive(Debug)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Compare {
        field: String,
        op: Op,
        value: Value,
    },
    Regex {
        field: String,
        regex: Regex,
        literal: Option<String>,
    },
    /// Some entry of a list meets all of these.
    Entry {
        field: String,
        parts: Vec<(String, Filter)>,
    },
    /// A word occurs in one of the fields.
    Contains {
        words: Vec<String>,
        fields: Vec<String>,
    },
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
}

impl Op {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "$eq" => Self::Eq,
            "$ne" => Self::Ne,
            "$gt" => Self::Gt,
            "$gte" => Self::Gte,
            "$lt" => Self::Lt,
            "$lte" => Self::Lte,
            "$in" => Self::In,
            _ => return None,
        })
    }
}

/// Reads `field:$op:value`.
pub(super) fn text(filter: &str) -> Result<Filter, String> {
    let mut parts = filter.splitn(3, ':');
    let (Some(field), Some(op), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("invalid filter: {filter}"));
    };
    let op = Op::parse(op).ok_or_else(|| format!("invalid operator: {op}"))?;
    Ok(Filter::Compare { field: field.to_owned(), op, value: Value::String(value.to_owned()) })
}

/// Reads the `filter` of a search body.
pub(super) fn json(filter: &Value) -> Result<Filter, String> {
    match filter {
        Value::Null => Ok(Filter::All(Vec::new())),
        Value::String(filter) => text(filter),
        Value::Array(filters) => Ok(Filter::All(filters.iter().map(json).collect::<Result<_, _>>()?)),
        Value::Object(conditions) => {
            let conditions = conditions.iter().map(|(key, value)| match key.as_str() {
                "and" | "$and" => json(value),
                "or" | "$or" => {
                    let filters = value.as_array().ok_or("\"or\" must be a list")?;
                    Ok(Filter::Any(filters.iter().map(json).collect::<Result<_, _>>()?))
                }
                field => condition(field, value),
            });
            Ok(Filter::All(conditions.collect::<Result<_, _>>()?))
        }
        Value::Bool(_) | Value::Number(_) => Err("invalid filter".to_owned()),
    }
}

fn condition(field: &str, value: &Value) -> Result<Filter, String> {
    let field = field.to_owned();
    let Some(operators) = value.as_object() else {
        return Ok(Filter::Compare { field, op: Op::Eq, value: value.clone() });
    };
    if let Some(pattern) = operators.get("$regex") {
        let pattern = pattern.as_str().ok_or("$regex must be text")?;
        let whole = match operators.get("$options").and_then(Value::as_str) {
            Some(options) if options.contains('i') => format!("(?i){pattern}"),
            _ => pattern.to_owned(),
        };
        let regex = Regex::new(&whole).map_err(|_| format!("invalid regular expression in {field}"))?;
        return Ok(Filter::Regex { field, regex, literal: literal(&whole) });
    }
    if let Some(entry) = operators.get("$elemMatch") {
        let entry = entry.as_object().ok_or("$elemMatch must be an object")?;
        let parts = entry
            .iter()
            .map(|(key, value)| Ok((key.clone(), condition(key, value)?)))
            .collect::<Result<_, String>>()?;
        return Ok(Filter::Entry { field, parts });
    }
    let comparisons = operators.iter().map(|(name, value)| {
        let op = Op::parse(name).ok_or_else(|| format!("invalid operator: {name}"))?;
        Ok(Filter::Compare { field: field.clone(), op, value: value.clone() })
    });
    Ok(Filter::All(comparisons.collect::<Result<_, String>>()?))
}

/// The text that `(?i)^text$` stands for, if that is all it is: those are looked up instead of searched for.
fn literal(pattern: &str) -> Option<String> {
    let inner = pattern.strip_prefix("(?i)^")?.strip_suffix('$')?;
    let mut text = String::with_capacity(inner.len());
    let mut letters = inner.chars();
    while let Some(c) = letters.next() {
        match c {
            '\\' => text.push(letters.next().filter(|c| !c.is_ascii_alphanumeric())?),
            '.' | '*' | '+' | '?' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '^' | '$' => return None,
            c => text.push(c),
        }
    }
    Some(text)
}

impl Filter {
    /// Whether the account meets it.
    pub(super) fn matches(&self, account: &Account) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.matches(account)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(account)),
            Self::Compare { .. } | Self::Regex { .. } => {
                let (Self::Compare { field, .. } | Self::Regex { field, .. }) = self else { return false };
                let values = values(account, field);
                // "Not equal" must hold for all values, the others for one.
                if matches!(self, Self::Compare { op: Op::Ne, .. }) {
                    values.iter().all(|value| self.holds(value))
                } else {
                    values.iter().any(|value| self.holds(value))
                }
            }
            Self::Entry { field, parts } => account
                .shown(field)
                .as_ref()
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .any(|entry| parts.iter().all(|(key, part)| part.holds(&entry[key.as_str()]))),
            Self::Contains { words, fields } => fields.iter().any(|field| {
                values(account, field).iter().any(|value| {
                    let value = plain(value).to_lowercase();
                    words.iter().any(|word| value.contains(word.as_str()))
                })
            }),
        }
    }

    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Compare { op, value: wanted, .. } => match op {
                Op::Eq => same(value, wanted),
                Op::Ne => !same(value, wanted),
                Op::Gt => plain(value) > plain(wanted),
                Op::Gte => plain(value) >= plain(wanted),
                Op::Lt => plain(value) < plain(wanted),
                Op::Lte => plain(value) <= plain(wanted),
                Op::In => wanted.as_array().is_some_and(|list| list.iter().any(|wanted| same(value, wanted))),
            },
            Self::Regex { regex, .. } => value.as_str().is_some_and(|text| regex.is_match(text)),
            Self::All(filters) => filters.iter().all(|filter| filter.holds(value)),
            Self::Any(_) | Self::Entry { .. } | Self::Contains { .. } => false,
        }
    }

    /// An account that is the only one which can match, if that is certain without looking at all.
    pub(super) fn only_candidate<'a>(&self, store: &'a Store) -> Option<Option<&'a Account>> {
        match self {
            Self::All(filters) => filters.iter().find_map(|filter| filter.only_candidate(store)),
            Self::Any(filters) if filters.len() == 1 => filters[0].only_candidate(store),
            Self::Compare { field, op: Op::Eq, value: Value::String(text) } if !text.is_empty() => {
                store.lookup(field, text)
            }
            Self::Regex { field, literal: Some(text), .. } if !text.is_empty() => store.lookup(field, text),
            _ => None,
        }
    }
}

/// The values a path leads to: several for a list.
fn values(account: &Account, path: &str) -> Vec<Value> {
    let (field, rest) = path.split_once('.').map_or((path, None), |(field, rest)| (field, Some(rest)));
    let Some(value) = account.shown(field) else { return vec![Value::Null] };
    match (value, rest) {
        (Value::Array(entries), Some(key)) => {
            entries.into_iter().map(|mut entry| entry[key].take()).collect()
        }
        (mut value, Some(key)) => vec![value.get_mut(key).map(Value::take).unwrap_or_default()],
        (Value::Array(entries), None) => entries,
        (value, None) => vec![value],
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn same(value: &Value, wanted: &Value) -> bool {
    value == wanted || (!value.is_null() && !wanted.is_null() && plain(value) == plain(wanted))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn account() -> Account {
        let mut account = Account { id: "0".repeat(24), ..Account::default() };
        account.set("email", Some(json!("Ada.L+x@Example.com")));
        account.set("department", Some(json!("R&D")));
        account
            .set("attributes", Some(json!([{ "name": "a", "value": "1" }, { "name": "b", "value": "2" }])));
        account
    }

    fn holds(filter: &Value) -> bool {
        json(filter).unwrap().matches(&account())
    }

    #[test]
    fn text_filters_are_case_sensitive() {
        assert!(holds(&json!("department:$eq:R&D")));
        assert!(!holds(&json!("department:$eq:r&d")));
        assert!(holds(&json!("department:$ne:IT")));
        assert!(holds(&json!("email:$gt:Ada")));
        assert!(text("department:eq:IT").is_err());
        assert!(text("department").is_err());
    }

    #[test]
    fn json_filters() {
        assert!(holds(&json!({ "and": [{ "department": "R&D" }, "suspended:$eq:false"] })));
        assert!(holds(&json!({ "or": [{ "department": "IT" }, { "department": "R&D" }] })));
        assert!(holds(&json!([{ "department": "R&D" }])));
        assert!(!holds(&json!({ "and": [{ "department": "R&D" }, { "email": "ada.l+x@example.com" }] })));
        assert!(holds(&json!({ "email": { "$regex": r"(?i)^ada\.l\+x@example\.com$" } })));
        assert!(!holds(&json!({ "email": { "$regex": r"(?i)^ada\.l\+x@example\.co$" } })));
        assert!(json(&json!({ "email": { "$regex": "(" } })).is_err());
        assert!(json(&json!({ "email": { "$near": "x" } })).is_err());
    }

    #[test]
    fn attributes_are_searched_entry_by_entry() {
        assert!(holds(&json!({ "attributes": { "$elemMatch": { "name": "b", "value": "2" } } })));
        assert!(!holds(&json!({ "attributes": { "$elemMatch": { "name": "b", "value": "1" } } })));
        assert!(holds(
            &json!({ "and": [{ "attributes.name": "b" }, { "attributes.value": { "$regex": "(?i)^1$" } }] })
        ));
        assert!(holds(&json!("attributes.value:$eq:2")));
    }

    #[test]
    fn only_plain_patterns_are_looked_up() {
        assert_eq!(literal(r"(?i)^a\.b\+c@x\.co$").as_deref(), Some("a.b+c@x.co"));
        assert_eq!(literal(r"(?i)^a.*$"), None);
        assert_eq!(literal(r"(?i)^a\d$"), None);
        assert_eq!(literal(r"^a$"), None);
    }
}
