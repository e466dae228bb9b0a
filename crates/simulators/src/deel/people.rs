//! `GET /people` and `GET /people/{id}`.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    web::{Data, Path, Query},
};
use serde_json::{Value, json};

use super::{
    Shared,
    render::{self, Doc},
    wire::{Refusal, admit, reply},
};
use crate::gate::lock;

/// Most rows on a page. The guide says 100, the reference document 200: the smaller one is what can be relied on.
const MOST: usize = 100;
const SORTABLE: &[&str] = &[
    "id",
    "first_name",
    "last_name",
    "full_name",
    "email",
    "country",
    "birth_date",
    "hiring_type",
    "start_date",
    "team",
    "job_title",
    "hiring_status",
    "completion_date",
    "direct_manager",
    "direct_reports_count",
];

/// Query parameters, repeated ones included.
pub(super) type Parameters = Query<Vec<(String, String)>>;

/// The last value given for a parameter.
pub(super) fn parameter<'a>(query: &'a Parameters, name: &str) -> Option<&'a str> {
    query.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn number(query: &Parameters, name: &str, least: usize) -> Result<Option<usize>, Refusal> {
    let Some(text) = parameter(query, name) else { return Ok(None) };
    let value = text.parse::<usize>().ok().filter(|&value| value >= least);
    value
        .map(Some)
        .ok_or_else(|| Refusal::invalid(name, &format!("\"{name}\" must be a number of at least {least}")))
}

pub(super) async fn list(request: HttpRequest, shared: Data<Shared>, query: Parameters) -> HttpResponse {
    reply(&request, admit(&request, &shared, "people:read").and_then(|()| page(&shared, &query)))
}

fn page(shared: &Shared, query: &Parameters) -> Result<Value, Refusal> {
    let offset = number(query, "offset", 0)?.unwrap_or(0);
    let limit = number(query, "limit", 1)?.unwrap_or(MOST).min(MOST);
    let sort = parameter(query, "sort_by");
    if sort.is_some_and(|field| !SORTABLE.contains(&field)) {
        return Err(Refusal::invalid("sort_by", "\"sort_by\" must be one of the sortable fields"));
    }
    let descending = match parameter(query, "sort_order") {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(Refusal::invalid("sort_order", "\"sort_order\" must be one of asc, desc")),
    };
    let faults = shared.gate.faults();
    let lies = &faults.list;
    if lies.fail_from.is_some_and(|from| offset >= from) {
        return Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error"));
    }
    let stale = Duration::from_millis(faults.stale_reads_ms);
    let statuses: Vec<&str> = query
        .iter()
        .filter(|(key, _)| key.trim_end_matches("[]") == "hiring_statuses")
        .map(|(_, v)| v.as_str())
        .collect();
    let term = parameter(query, "search").map(str::to_lowercase).filter(|term| !term.is_empty());
    let mut world = lock(&shared.world);
    let order = world.order(sort, descending);
    let plain = statuses.is_empty() && term.is_none() && stale.is_zero();
    let filtered: Option<Vec<usize>> = (!plain).then(|| {
        let wanted = |index: usize| {
            term.as_ref().is_none_or(|term| world.matches(index, term))
                && ((statuses.is_empty() && stale.is_zero())
                    || world.doc(index, stale).is_some_and(|doc| {
                        statuses.is_empty()
                            || doc["hiring_status"].as_str().is_some_and(|s| statuses.contains(&s))
                    }))
        };
        order.iter().copied().filter(|&index| wanted(index)).collect()
    });
    let everybody: &[usize] = filtered.as_deref().unwrap_or(&order);
    let visible: Option<Vec<usize>> = match (lies.empty, lies.visible_every) {
        (true, _) => Some(Vec::new()),
        (false, Some(_)) => Some(everybody.iter().copied().filter(|&index| lies.sees(index)).collect()),
        (false, None) => None,
    };
    let everybody = visible.as_deref().unwrap_or(everybody);
    let everybody = &everybody[lies.present(offset, everybody.len())];
    let mut rows: Vec<usize> = everybody.iter().copied().skip(offset).take(limit).collect();
    rows.truncate(rows.len().saturating_sub(lies.drop_rows));
    if lies.repeat_rows && offset > 0 && !rows.is_empty() {
        rows[0] = everybody[offset - 1];
    }
    let withhold = shared.options.withhold_sensitive || faults.withhold_sensitive;
    let people: Vec<Value> = rows
        .into_iter()
        .filter_map(|index| {
            let mut doc = render::listed(world.doc(index, stale)?);
            custom_fields(&mut doc, query);
            if lies.hides_email(index) {
                doc.insert("emails".to_owned(), json!([]));
            }
            if withhold {
                render::withhold(&mut doc);
            }
            Some(Value::Object(doc))
        })
        .collect();
    let total = i64::try_from(everybody.len()).unwrap_or(i64::MAX).saturating_add(lies.total_delta);
    world.note_page(offset, total, &people);
    // Deel repeats the offset as it was given: text from a query, a number of its own.
    let shown = parameter(query, "offset").map_or_else(|| json!(0), |text| json!(text));
    Ok(json!({ "data": people, "page": { "offset": shown, "total_rows": total, "items_per_page": limit } }))
}

/// Custom fields are there only where they were asked for.
fn custom_fields(doc: &mut Doc, query: &Parameters) {
    if parameter(query, "include_custom_fields") == Some("true") {
        doc.entry("custom_fields").or_insert_with(|| json!([]));
    } else {
        doc.remove("custom_fields");
    }
}

pub(super) async fn one(
    request: HttpRequest,
    shared: Data<Shared>,
    id: Path<String>,
    query: Parameters,
) -> HttpResponse {
    let result = admit(&request, &shared, "people:read").and_then(|()| {
        let faults = shared.gate.faults();
        let mut world = lock(&shared.world);
        let stale = Duration::from_millis(faults.stale_reads_ms);
        let lies = &faults.list;
        let index = world.position(&id).filter(|&index| lies.sees(index));
        let found = index.and_then(|index| world.doc(index, stale));
        world.note_read(&id, found.as_ref());
        drop(world);
        let mut doc: Doc = found.ok_or_else(|| Refusal::not_found("Person"))?;
        custom_fields(&mut doc, &query);
        if index.is_some_and(|index| lies.hides_email(index)) {
            doc.insert("emails".to_owned(), json!([]));
        }
        if shared.options.withhold_sensitive || faults.withhold_sensitive {
            render::withhold(&mut doc);
        }
        Ok(json!({ "data": doc }))
    });
    reply(&request, result)
}
