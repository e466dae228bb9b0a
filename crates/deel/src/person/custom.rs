//! Custom fields, in both of the shapes that Deel's OpenAPI document has: `custom_fields[]{name, value}`, and
//! `custom_field_values[]{name, type, data{value, text, option, options, amount, currency}}`.

use std::collections::BTreeMap;

use crate::json::{Object, Value};

/// The fields that have a value, by name; `None` if the record has neither list. The plain list wins where both name one.
pub(super) fn fields(object: &Object<'_>) -> Option<BTreeMap<String, String>> {
    let list = |key: &str| object.get(key).and_then(Value::list);
    let (plain, typed) = (list("custom_fields"), list("custom_field_values"));
    if plain.is_none() && typed.is_none() {
        return None;
    }
    let mut fields = BTreeMap::new();
    for row in typed.into_iter().flatten().filter_map(Value::object) {
        let value =
            row.get("data").and_then(|data| data.object().map_or_else(|| data.text(), |d| typed_value(&d)));
        put(&mut fields, &row, value);
    }
    for row in plain.into_iter().flatten().filter_map(Value::object) {
        put(&mut fields, &row, row.get("value").and_then(Value::text));
    }
    Some(fields)
}

fn put(fields: &mut BTreeMap<String, String>, row: &Object<'_>, value: Option<String>) {
    if let (Some(name), Some(value)) = (row.get("name").and_then(Value::text), value) {
        fields.insert(name, value);
    }
}

/// One of the places that a typed value can stand in; several options are joined, and an amount has its currency.
fn typed_value(data: &Object<'_>) -> Option<String> {
    let text = |key: &str| data.get(key).and_then(Value::text);
    let options = || {
        let options: Vec<String> = data.get("options")?.list()?.into_iter().filter_map(Value::text).collect();
        (!options.is_empty()).then(|| options.join(", "))
    };
    let amount = || {
        let amount = text("amount")?;
        Some(text("currency").map_or_else(|| amount.clone(), |currency| format!("{amount} {currency}")))
    };
    ["value", "text", "option"].into_iter().find_map(text).or_else(options).or_else(amount)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let fields = fields(&Object::parse(text).unwrap())?;
        Some(fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn both_shapes_are_read_and_the_plain_one_wins() {
        let plain = r#"{"custom_fields":[{"name":"Size","value":"M"},{"name":"Empty","value":""},{"name":"No","value":7},3]}"#;
        assert_eq!(read(plain).as_deref(), Some("No=7 Size=M"));
        let typed = r#"{"custom_field_values":[
            {"name":"A","type":"text","data":{"text":"10%"}}, {"name":"B","data":{"option":"x"}},
            {"name":"C","data":{"options":["x","y"]}}, {"name":"D","data":{"amount":9.5,"currency":"USD"}},
            {"name":"E","data":{}}, {"name":"F","data":"bare"}]}"#;
        assert_eq!(read(typed).as_deref(), Some("A=10% B=x C=x, y D=9.5 USD F=bare"));
        let both = r#"{"custom_fields":[{"name":"A","value":"1"}],"custom_field_values":[{"name":"A","data":{"value":"2"}}]}"#;
        assert_eq!(read(both).as_deref(), Some("A=1"));
    }

    #[test]
    fn no_list_is_not_an_empty_one() {
        assert_eq!(read("{}"), None);
        assert_eq!(read(r#"{"custom_fields":null}"#), None);
        assert_eq!(read(r#"{"custom_fields":[]}"#).as_deref(), Some(""));
    }
}
