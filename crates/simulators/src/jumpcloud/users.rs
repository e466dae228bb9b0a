//! Reading users: list, single, search.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Bytes, Data, Path, Query},
};
use serde_json::{Value, json};

use super::{
    Shared, State,
    auth::admit,
    errors,
    filter::{self, Filter},
    store::Account,
};
use crate::{faults::ListFaults, gate::lock};

/// Rows unless `limit` says otherwise.
const USUAL: usize = 10;
/// "Limited to 100" in the document of lists.
const MOST: usize = 100;
/// JumpCloud's own PowerShell module asks the search for 1000.
const MOST_FOUND: usize = 1000;

/// What to show of which accounts.
#[derive(Debug)]
struct Ask {
    filter: Filter,
    fields: Option<Vec<String>>,
    sort: Vec<(String, bool)>,
    limit: usize,
    skip: usize,
}

/// Field names separated by spaces. A list with commas is not understood, and everything is shown.
fn names(text: &str) -> Option<Vec<String>> {
    let names: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    (!names.is_empty() && !text.contains(',')).then_some(names)
}

fn sort(text: &str) -> Vec<(String, bool)> {
    let key = |word: &str| match word.strip_prefix('-') {
        Some(field) => (field.to_owned(), true),
        None => (word.to_owned(), false),
    };
    text.split_whitespace().map(key).collect()
}

pub(super) async fn list(
    request: HttpRequest,
    shared: Data<Shared>,
    query: Query<Vec<(String, String)>>,
) -> HttpResponse {
    if let Err(refusal) = admit(&request, &shared) {
        return *refusal;
    }
    match from_query(&query) {
        Ok(ask) => found(&shared, &ask),
        Err(message) => errors::answer(400, &message),
    }
}

fn from_query(query: &[(String, String)]) -> Result<Ask, String> {
    let mut ask =
        Ask { filter: Filter::All(Vec::new()), fields: None, sort: Vec::new(), limit: USUAL, skip: 0 };
    let (mut all, mut any, mut words, mut searched) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (key, value) in query {
        match key.as_str() {
            "limit" => ask.limit = number("limit", value)?.clamp(1, MOST),
            "skip" => ask.skip = number("skip", value)?,
            "fields" => ask.fields = names(value),
            "sort" | "sortIgnoreCase" => ask.sort = sort(value),
            key if key.starts_with("filter[or]") => any.push(filter::text(value)?),
            key if key.starts_with("filter") => all.push(filter::text(value)?),
            key if key.starts_with("search[searchTerm]") => words.push(value.to_lowercase()),
            key if key.starts_with("search[fields]") => searched.push(value.clone()),
            "search" => {
                let search: Value = serde_json::from_str(value).map_err(|_| "invalid search".to_owned())?;
                all.push(contains(&search)?);
            }
            _ => {}
        }
    }
    if !any.is_empty() {
        all.push(Filter::Any(any));
    }
    if !words.is_empty() {
        all.push(Filter::Contains { words, fields: searched });
    }
    ask.filter = Filter::All(all);
    Ok(ask)
}

fn number(name: &str, text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{name} must be a number"))
}

/// Part of a text, in any of some fields.
fn contains(search: &Value) -> Result<Filter, String> {
    let list = |value: &Value| -> Vec<String> {
        match value {
            Value::String(text) => vec![text.clone()],
            Value::Array(texts) => texts.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    };
    let words: Vec<String> = list(&search["searchTerm"]).iter().map(|word| word.to_lowercase()).collect();
    if words.is_empty() {
        return Err("searchTerm is required".to_owned());
    }
    let mut fields = list(&search["fields"]);
    if fields.is_empty() {
        fields = ["username", "email", "firstname", "lastname"].map(str::to_owned).to_vec();
    }
    Ok(Filter::Contains { words, fields })
}

pub(super) async fn search(
    request: HttpRequest,
    shared: Data<Shared>,
    query: Query<Vec<(String, String)>>,
    body: Bytes,
) -> HttpResponse {
    if let Err(refusal) = admit(&request, &shared) {
        return *refusal;
    }
    let body: Value = match serde_json::from_slice(&body) {
        Ok(body @ Value::Object(_)) => body,
        _ => return errors::answer(400, "the body must be a JSON object"),
    };
    match from_body(&query, &body) {
        Ok(ask) => found(&shared, &ask),
        Err(message) => errors::answer(400, &message),
    }
}

fn from_body(query: &[(String, String)], body: &Value) -> Result<Ask, String> {
    let mut ask = from_query(query)?;
    let number = |name: &str| match &body[name] {
        Value::Null => Ok(None),
        Value::String(text) => number(name, text).map(Some),
        value => {
            let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
            number.map(Some).ok_or_else(|| format!("{name} must be a number"))
        }
    };
    if let Some(limit) = number("limit")? {
        ask.limit = limit.clamp(1, MOST_FOUND);
    }
    if let Some(skip) = number("skip")? {
        ask.skip = skip;
    }
    if let Some(fields) = body["fields"].as_str() {
        ask.fields = names(fields);
    }
    if let Some(order) = body["sort"].as_str() {
        ask.sort = sort(order);
    }
    let mut all = vec![filter::json(&body["filter"])?, ask.filter];
    if body.get("searchFilter").is_some_and(|search| !search.is_null()) {
        all.push(contains(&body["searchFilter"])?);
    }
    ask.filter = Filter::All(all);
    Ok(ask)
}

fn found(shared: &Shared, ask: &Ask) -> HttpResponse {
    let faults = shared.gate.faults();
    let stale = Duration::from_millis(faults.stale_reads_ms);
    let state = lock(&shared.state);
    if faults.list.fail_from.is_some_and(|from| ask.skip >= from) {
        return errors::answer(500, "Internal Server Error");
    }
    let unfiltered = matches!(&ask.filter, Filter::All(parts) if parts.is_empty());
    let plain = unfiltered && stale.is_zero() && faults.list == ListFaults::default();
    let by_id = matches!(ask.sort.as_slice(), [(field, _)] if field == "_id" || field == "id");
    // The path of a full listing: no need to look at everybody for each page.
    if plain && by_id {
        let rows: Vec<&Account> = if ask.sort[0].1 {
            state.store.by_id().rev().skip(ask.skip).take(ask.limit).collect()
        } else {
            state.store.by_id().skip(ask.skip).take(ask.limit).collect()
        };
        return page(&rows, i64::try_from(state.store.len()).unwrap_or(i64::MAX), ask);
    }
    let mut rows = candidates(&state, ask, stale, by_id);
    if faults.list.empty {
        rows.clear();
    }
    if let Some(every) = faults.list.visible_every {
        rows = rows.into_iter().step_by(every.max(1)).collect();
    }
    let rows = &rows[faults.list.present(ask.skip, rows.len())];
    let total = i64::try_from(rows.len()).unwrap_or(i64::MAX).saturating_add(faults.list.total_delta);
    let last_before = ask.skip.checked_sub(1).and_then(|index| rows.get(index).copied());
    let mut some: Vec<&Account> = rows.iter().copied().skip(ask.skip).take(ask.limit).collect();
    some.truncate(some.len().saturating_sub(faults.list.drop_rows));
    if let (true, Some(before), Some(first)) = (faults.list.repeat_rows, last_before, some.first_mut()) {
        *first = before;
    }
    page(&some, total, ask)
}

fn candidates<'a>(state: &'a State, ask: &Ask, stale: Duration, by_id: bool) -> Vec<&'a Account> {
    if stale.is_zero()
        && let Some(only) = ask.filter.only_candidate(&state.store)
    {
        return only.into_iter().filter(|account| ask.filter.matches(account)).collect();
    }
    let fresh: Box<dyn Iterator<Item = &Account>> =
        if by_id { Box::new(state.store.by_id()) } else { Box::new(state.store.by_write()) };
    let mut rows: Vec<&Account> = fresh
        .filter_map(|account| state.store.view(&account.id, stale))
        .filter(|account| ask.filter.matches(account))
        .collect();
    if by_id && ask.sort[0].1 {
        rows.reverse();
    } else if !by_id && !ask.sort.is_empty() {
        let key = |account: &Account, field: &str| match account.shown(field) {
            Some(Value::String(text)) => text,
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        rows.sort_by(|a, b| {
            let order = ask.sort.iter().map(|(field, descending)| {
                let order = key(a, field).cmp(&key(b, field));
                if *descending { order.reverse() } else { order }
            });
            order.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
    }
    rows
}

fn page(rows: &[&Account], total: i64, ask: &Ask) -> HttpResponse {
    let results: Vec<Value> = rows
        .iter()
        .map(|account| match &ask.fields {
            None => Value::Object(account.doc()),
            Some(fields) => {
                let mut doc = serde_json::Map::new();
                doc.insert("_id".to_owned(), json!(account.id));
                doc.extend(fields.iter().filter_map(|name| Some((name.clone(), account.shown(name)?))));
                Value::Object(doc)
            }
        })
        .collect();
    HttpResponse::Ok().json(json!({ "totalCount": total, "results": results }))
}

pub(super) async fn one(request: HttpRequest, shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    if let Err(refusal) = admit(&request, &shared) {
        return *refusal;
    }
    let stale = Duration::from_millis(shared.gate.faults().stale_reads_ms);
    match lock(&shared.state).store.view(&id, stale) {
        Some(account) => HttpResponse::Ok().json(account.doc()),
        None => errors::answer(404, "user not found"),
    }
}
