//! `/v2/bulk/userstates`: states that users will have at a given time (JumpCloud API 2.0).

use std::collections::BTreeSet;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Query},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    Shared, State,
    auth::admit,
    errors,
    fields::{Doc, Invalid, email},
    journal::{Written, diff},
    write::greeting,
};
use crate::{clock, gate::lock};

/// A change to come.
#[derive(Debug, Clone)]
pub(super) struct Scheduled {
    id: String,
    user: String,
    at: Timestamp,
    state: String,
    /// Whether to mail, and where to.
    mail: Option<Option<String>>,
}

impl Scheduled {
    fn shown(&self) -> Value {
        json!({
            "scheduledJobId": self.id,
            "systemUserId": self.user,
            "scheduledDate": clock::stamp(self.at),
            "state": self.state,
        })
    }
}

/// `POST`.
pub(super) fn create(state: &mut State, body: &[u8]) -> Written {
    match scheduled(state, body) {
        Ok(written) => written,
        Err(invalid) => errors::invalid(&invalid),
    }
}

fn scheduled(state: &mut State, body: &[u8]) -> Result<Written, Invalid> {
    let body: Doc =
        serde_json::from_slice(body).map_err(|_| Invalid::new("body", "the body must be a JSON object"))?;
    let users: Vec<&str> = body
        .get("user_ids")
        .and_then(Value::as_array)
        .map(|ids| ids.iter().filter_map(Value::as_str).collect())
        .filter(|ids: &Vec<&str>| !ids.is_empty())
        .ok_or_else(|| Invalid::new("user_ids", "user_ids is required"))?;
    let target = body.get("state").and_then(Value::as_str).unwrap_or_default();
    if !matches!(target, "ACTIVATED" | "SUSPENDED") {
        return Err(Invalid::new("state", "state must be one of ACTIVATED, SUSPENDED"));
    }
    let at: Timestamp = body
        .get("start_date")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Invalid::new("start_date", "start_date must be a date and time"))?;
    // JumpCloud's guide to scheduled activation asks for an hour.
    let lead = SignedDuration::from_secs(state.settings.schedule_lead_s);
    if at < clock::now() + lead {
        return Err(Invalid::new("start_date", "start_date must be at least one hour ahead"));
    }
    if let Some(unknown) = users.iter().find(|id| state.store.get(id).is_none()) {
        return Err(Invalid::new("user_ids", format!("user {unknown} not found")));
    }
    let wants = body.get("send_activation_emails").and_then(Value::as_bool);
    let to = body.get("activation_email_override").and_then(Value::as_str).map(str::to_owned);
    if target == "SUSPENDED" && (wants.is_some() || to.is_some()) {
        return Err(Invalid::new("send_activation_emails", "mails go with activations only"));
    }
    if to.is_some() && users.len() > 1 {
        return Err(Invalid::new("activation_email_override", "an override goes with one user only"));
    }
    if let Some(to) = &to {
        email("activation_email_override", to)?;
    }
    let mail = (target == "ACTIVATED" && wants != Some(false)).then_some(to);
    let ids: Vec<String> = users.iter().map(|id| (*id).to_owned()).collect();
    let target = target.to_owned();
    let mut answer = Vec::new();
    for user in &ids {
        let job = Scheduled {
            id: state.store.mint(),
            user: user.clone(),
            at,
            state: target.clone(),
            mail: mail.clone(),
        };
        answer.push(job.shown());
        state.scheduled.push(job);
    }
    state.scheduled.sort_by_key(|job| job.at);
    let account = if ids.len() == 1 { ids.into_iter().next() } else { None };
    Ok(Written { status: 201, answer: Value::Array(answer), account, ..Written::default() })
}

/// `DELETE …/{id}`.
pub(super) fn cancel(state: &mut State, id: &str) -> Written {
    let Some(position) = state.scheduled.iter().position(|job| job.id == id) else {
        return errors::refused(404, "scheduled job not found");
    };
    let job = state.scheduled.remove(position);
    Written { status: 204, account: Some(job.user), ..Written::default() }
}

fn parameter<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

/// `limit` (usually 10, at most 100) and `skip`.
pub(super) fn window(query: &[(String, String)]) -> (usize, usize) {
    let number = |name: &str| parameter(query, name).and_then(|text| text.parse().ok());
    (number("limit").unwrap_or(10).clamp(1, 100), number("skip").unwrap_or(0))
}

/// `GET`.
pub(super) async fn list(
    request: HttpRequest,
    shared: Data<Shared>,
    query: Query<Vec<(String, String)>>,
) -> HttpResponse {
    if let Err(refusal) = admit(&request, &shared) {
        return *refusal;
    }
    let (limit, skip) = window(&query);
    let user = parameter(&query, "userid").filter(|id| !id.is_empty());
    let state = lock(&shared.state);
    let jobs = state.scheduled.iter().filter(|job| user.is_none_or(|user| job.user == user));
    let all: Vec<Value> = jobs.map(Scheduled::shown).collect();
    let count = all.len().to_string();
    let some: Vec<Value> = all.into_iter().skip(skip).take(limit).collect();
    HttpResponse::Ok().insert_header(("x-total-count", count)).json(some)
}

/// `GET …/eventlist/next`: the next change of each kind for each of up to 100 users.
pub(super) async fn next(
    request: HttpRequest,
    shared: Data<Shared>,
    query: Query<Vec<(String, String)>>,
) -> HttpResponse {
    if let Err(refusal) = admit(&request, &shared) {
        return *refusal;
    }
    let given = query.iter().filter(|(key, _)| key == "users").flat_map(|(_, value)| value.split(','));
    let users: Vec<&str> = given.filter(|id| !id.is_empty()).collect();
    if users.is_empty() || users.len() > 100 {
        return errors::answer(400, "users must hold 1 to 100 ids");
    }
    let (limit, skip) = window(&query);
    let state = lock(&shared.state);
    let mut seen = BTreeSet::new();
    let jobs = state.scheduled.iter().filter(|job| users.contains(&job.user.as_str()));
    let events: Vec<Value> =
        jobs.filter(|job| seen.insert((&job.user, &job.state))).map(Scheduled::shown).collect();
    let some: Vec<&Value> = events.iter().skip(skip).take(limit).collect();
    HttpResponse::Ok().json(json!({ "events_count": events.len(), "results": some }))
}

/// Everything that is scheduled, by time.
pub(super) fn to_come(state: &State) -> Vec<Value> {
    state.scheduled.iter().map(Scheduled::shown).collect()
}

/// Does what is due by `now`, as JumpCloud itself; says how many.
pub(super) fn run_due(state: &mut State, now: Timestamp) -> usize {
    let due = state.scheduled.partition_point(|job| job.at <= now);
    let jobs: Vec<Scheduled> = state.scheduled.drain(..due).collect();
    for job in &jobs {
        let Some(before) = state.store.get(&job.user).cloned() else { continue };
        let mut after = before.clone();
        after.set_state(&job.state);
        let fresh = before.state() == "STAGED" && job.state == "ACTIVATED";
        let mail = job.mail.clone().filter(|_| fresh).map(|to| greeting(&after, to));
        let written = Written {
            status: 200,
            account: Some(job.user.clone()),
            changes: diff(Some(&before), Some(&after)),
            mail: mail.into_iter().collect(),
            ..Written::default()
        };
        state.store.put(after);
        let path = format!("/api/v2/bulk/userstates/{}", job.id);
        state.journal.add("jumpcloud", "SCHEDULED", &path, b"null", &written);
    }
    jobs.len()
}
