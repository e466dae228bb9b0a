//! `/v2/usergroups`: groups and their members, as far as membership goes.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Path, Query},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Shared, State, auth::admit, errors, journal::Written, states::window};
use crate::gate::lock;

/// A user group.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    #[serde(default)]
    pub(super) id: String,
    pub(super) name: String,
    /// `STATIC`, or `DYNAMIC_AUTOMATED`: then JumpCloud decides who is in it.
    #[serde(default = "fixed")]
    pub(super) method: String,
    #[serde(default)]
    pub(super) query: Value,
    #[serde(default)]
    pub(super) members: Vec<String>,
}

fn fixed() -> String {
    "STATIC".to_owned()
}

impl Group {
    fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "type": "user_group",
            "description": "",
            "email": "",
            "attributes": null,
            "membershipMethod": self.method,
            "membershipAutomated": self.method == "DYNAMIC_AUTOMATED",
            "memberQuery": self.query,
            "memberQueryExemptions": [],
            "memberSuggestionsNotify": false,
        })
    }

    pub(super) fn is_dynamic(&self) -> bool {
        self.method.starts_with("DYNAMIC")
    }
}

type Pairs = Query<Vec<(String, String)>>;

fn rows(all: &[Value], query: &[(String, String)]) -> HttpResponse {
    let (limit, skip) = window(query);
    let some: Vec<&Value> = all.iter().skip(skip).take(limit).collect();
    HttpResponse::Ok().insert_header(("x-total-count", all.len().to_string())).json(some)
}

/// `GET /usergroups`: operators of API 2.0 have no `$`, and groups cannot be sorted by id.
pub(super) async fn list(request: HttpRequest, shared: Data<Shared>, query: Pairs) -> HttpResponse {
    if let Err(refusal) = admit(&request, &shared) {
        return *refusal;
    }
    let mut wanted = Vec::new();
    for (key, value) in query.iter() {
        match key.as_str() {
            "sort" if value.trim_start_matches('-') == "id" => {
                return errors::answer(400, "invalid sort field: id");
            }
            "filter" => match value.splitn(3, ':').collect::<Vec<_>>().as_slice() {
                ["name", "eq", name] => wanted.push((*name).to_owned()),
                _ => return errors::answer(400, "invalid filter"),
            },
            _ => {}
        }
    }
    let state = lock(&shared.state);
    let groups = state.groups.iter().filter(|group| wanted.iter().all(|name| group.name == *name));
    rows(&groups.map(Group::shown).collect::<Vec<_>>(), &query)
}

pub(super) async fn one(request: HttpRequest, shared: Data<Shared>, id: Path<String>) -> HttpResponse {
    if let Err(refusal) = admit(&request, &shared) {
        return *refusal;
    }
    match lock(&shared.state).groups.iter().find(|group| group.id == *id) {
        Some(group) => HttpResponse::Ok().json(group.shown()),
        None => errors::answer(404, "group not found"),
    }
}

/// `GET /usergroups/{id}/members`.
pub(super) async fn members(
    request: HttpRequest,
    shared: Data<Shared>,
    id: Path<String>,
    query: Pairs,
) -> HttpResponse {
    if let Err(refusal) = admit(&request, &shared) {
        return *refusal;
    }
    let state = lock(&shared.state);
    let Some(group) = state.groups.iter().find(|group| group.id == *id) else {
        return errors::answer(404, "group not found");
    };
    let all: Vec<Value> = group
        .members
        .iter()
        .map(|id| json!({ "to": { "id": id, "type": "user" }, "attributes": null }))
        .collect();
    rows(&all, &query)
}

/// `GET /users/{id}/memberof`.
pub(super) async fn member_of(
    request: HttpRequest,
    shared: Data<Shared>,
    id: Path<String>,
    query: Pairs,
) -> HttpResponse {
    if let Err(refusal) = admit(&request, &shared) {
        return *refusal;
    }
    let state = lock(&shared.state);
    if state.store.get(&id).is_none() {
        return errors::answer(404, "user not found");
    }
    let groups = state.groups.iter().filter(|group| group.members.contains(&id));
    let all: Vec<Value> = groups
        .map(|group| json!({ "id": group.id, "type": "user_group", "compiledAttributes": null, "paths": [] }))
        .collect();
    rows(&all, &query)
}

#[derive(Debug, Deserialize)]
struct Operation {
    op: String,
    #[serde(rename = "type")]
    kind: String,
    id: String,
}

/// `POST /usergroups/{id}/members`.
pub(super) fn change(state: &mut State, group: &str, body: &[u8]) -> Written {
    let Ok(operation) = serde_json::from_slice::<Operation>(body) else {
        return errors::refused(400, "op, type and id are required");
    };
    let account = Some(operation.id.clone());
    if operation.kind != "user" || state.store.get(&operation.id).is_none() {
        return errors::refused(400, "no such user");
    }
    let Some(group) = state.groups.iter_mut().find(|other| other.id == group) else {
        return errors::refused(404, "group not found");
    };
    let violations = if group.is_dynamic() { vec!["dynamic_group".to_owned()] } else { Vec::new() };
    let there = group.members.iter().position(|member| *member == operation.id);
    let done = Written { status: 204, account: account.clone(), violations, ..Written::default() };
    match (operation.op.as_str(), there) {
        ("add", None) => group.members.push(operation.id),
        ("add", Some(_)) => return Written { account, ..errors::refused(409, "Already Exists") },
        ("remove", Some(position)) => {
            group.members.remove(position);
        }
        ("remove", None) => return Written { account, ..errors::refused(404, "not a member") },
        ("update", Some(_)) => {}
        _ => return Written { account, ..errors::refused(400, "op must be one of add, remove, update") },
    }
    done
}
