//! What there is around people: the organization, departments, teams, entities, places, contracts.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde_json::{Value, json};

use super::{
    Shared,
    people::{Parameters, parameter},
    render::entity_id,
    wire::{Refusal, admit, reply},
};
use crate::{
    gate::lock,
    invented::{DEPARTMENTS, ENTITIES, PLACES, TEAMS},
};

pub(super) async fn organizations(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let result = admit(&request, &shared, "organizations:read").map(|()| {
        let world = lock(&shared.world);
        json!({ "data": [{ "id": world.organization_id, "name": world.organization_name }] })
    });
    reply(&request, result)
}

fn listing(request: &HttpRequest, shared: &Shared, rows: impl Iterator<Item = Value>) -> HttpResponse {
    let result =
        admit(request, shared, "organizations:read").map(|()| json!({ "data": rows.collect::<Vec<_>>() }));
    reply(request, result)
}

pub(super) async fn departments(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let rows = DEPARTMENTS.iter().enumerate();
    listing(&request, &shared, rows.map(|(id, name)| json!({ "id": id, "name": name, "parent": null })))
}

pub(super) async fn teams(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let rows = TEAMS.iter().enumerate();
    listing(
        &request,
        &shared,
        rows.map(|(id, name)| json!({ "id": (384_149 + id).to_string(), "name": name })),
    )
}

pub(super) async fn legal_entities(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let rows = ENTITIES.iter().enumerate().map(|(index, name)| {
        json!({ "id": entity_id(index), "name": name, "country": "DE", "entity_type": "company" })
    });
    listing(&request, &shared, rows)
}

pub(super) async fn working_locations(request: HttpRequest, shared: Data<Shared>) -> HttpResponse {
    let offices = PLACES.iter().filter_map(|place| place.office);
    let rows = offices.enumerate().map(|(id, name)| json!({ "id": id.to_string(), "name": name }));
    listing(&request, &shared, rows)
}

/// `GET /contracts`: pages by a cursor, which here is the position of the next person.
pub(super) async fn contracts(request: HttpRequest, shared: Data<Shared>, query: Parameters) -> HttpResponse {
    let result = admit(&request, &shared, "contracts:read").and_then(|()| {
        let wrong = |name: &str| Refusal::invalid(name, &format!("\"{name}\" is not valid"));
        let limit: usize =
            parameter(&query, "limit").map_or(Ok(20), str::parse).map_err(|_| wrong("limit"))?;
        let after: usize = parameter(&query, "after_cursor")
            .filter(|text| !text.is_empty())
            .map_or(Ok(0), str::parse)
            .map_err(|_| wrong("after_cursor"))?;
        let mut world = lock(&shared.world);
        let order = world.order(None, false);
        let mut rows = Vec::new();
        let mut next = after;
        for &index in order.iter().skip(after) {
            if rows.len() >= limit.clamp(1, 100) {
                break;
            }
            next += 1;
            rows.extend(world.doc(index, Duration::ZERO).iter().flat_map(contracts_of));
        }
        let cursor = (next < order.len()).then(|| next.to_string());
        Ok(json!({ "data": rows, "page": { "cursor": cursor, "total_rows": order.len() } }))
    });
    reply(&request, result)
}

fn contracts_of(doc: &super::render::Doc) -> Vec<Value> {
    let employments = doc.get("employments").and_then(Value::as_array).into_iter().flatten();
    let contract = |employment: &Value| {
        json!({
            "id": employment["id"],
            "title": employment["job_title"],
            "name": employment["name"],
            "type": "ongoing_time_based",
            "status": employment["contract_status"],
            "start_date": employment["start_date"],
            "termination_date": employment["completion_date"],
            "is_archived": false,
            "team": employment["team"],
            "client": { "legal_entity": employment["client_legal_entity"] },
            "worker": {
                "id": doc.get("worker_id"),
                "first_name": doc.get("first_name"),
                "last_name": doc.get("last_name"),
                "full_name": doc.get("full_name"),
                "email": employment["email"],
            },
        })
    };
    employments.map(contract).collect()
}
