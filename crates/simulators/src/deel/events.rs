//! What Deel's webhooks say. Names and payloads: developer.deel.com, "Webhook event types" and the event reference; for
//! the employee and onboarding events the fields are not published, so these carry the least that is described.

use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::render::Doc;
use crate::invented::uuid;

/// Name, module, what it means.
pub(super) const TYPES: &[(&str, &str, &str)] = &[
    ("worker.v2.created", "workers", "A worker profile was created"),
    ("worker.v2.updated", "workers", "A worker's profile, contract or position changed"),
    ("worker.v2.deleted", "workers", "A worker profile was deleted"),
    ("worker.created", "workers", "A worker was created"),
    ("employee.created.direct", "employees", "A direct employee was created"),
    ("employee.updated.direct", "employees", "A direct employee changed"),
    ("employee.created.contractor", "employees", "A contractor was created"),
    ("employee.created.eor", "employees", "An EOR employee was created"),
    ("contract.created", "contracts", "A contract was created"),
    ("contract.amended", "contracts", "A contract was amended"),
    ("contract.status.updated", "contracts", "A contract's status changed"),
    ("contract.duplicated", "contracts", "A contract was duplicated"),
    ("contract.archived", "contracts", "A contract was archived"),
    ("contract.terminated", "contracts", "A contract's termination was completed"),
    ("gp.termination.confirmed", "global payroll", "A termination was confirmed"),
    ("eor.amendment.status.updated", "eor", "An amendment changed its status"),
    ("onboarding.status.updated", "onboarding", "An onboarding changed its status"),
    ("onboarding.checklist.updated", "onboarding", "A step of an onboarding changed"),
    ("time-off.created", "time off", "A time off was created"),
    ("time-off.reviewed", "time off", "A time off was reviewed"),
    ("time-off.updated", "time off", "A time off was updated"),
    ("time-off.deleted", "time off", "A time off was deleted"),
    ("oauth2.token.revoked", "oauth2", "A token was revoked"),
];

/// One thing that happened.
#[derive(Debug, Clone)]
pub(super) struct Event {
    pub(super) kind: String,
    pub(super) resource: Value,
    pub(super) simulation: bool,
}

impl Event {
    fn new(kind: impl Into<String>, resource: Value) -> Self {
        Self { kind: kind.into(), resource, simulation: false }
    }

    /// A `worker.v2.*` event: only the profile's id.
    pub(super) fn worker(what: &str, id: &Value) -> Self {
        Self::new(format!("worker.v2.{what}"), json!({ "id": id }))
    }

    /// The termination of a contract is complete.
    pub(super) fn terminated(contract: &Value, completion_date: &str) -> Self {
        Self::new("contract.terminated", json!({ "id": contract, "completion_date": completion_date }))
    }

    /// An onboarding went on. Deel's description names no id of a person.
    pub(super) fn onboarding(old: &str, new: &str, hiring_type: &Value) -> Self {
        Self::new(
            "onboarding.status.updated",
            json!({ "old_status": old, "status": new, "hiring_type": hiring_type }),
        )
    }

    /// A contract was made. It names the person by address and name only; empty text stands for nothing.
    pub(super) fn contract_created(doc: &Doc, contract: &Value, at: &str) -> Self {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let resource = json!({
            "id": contract["id"],
            "title": contract["job_title"],
            "type": "ongoing_time_based",
            "status": "waiting_for_client_sign",
            "created_at": at,
            "start_date": format!("{}T00:00:00.000Z", text(contract.get("start_date"))),
            "termination_date": "",
            "notice_period": 10,
            "special_clause": "",
            "is_archived": false,
            "worker": {
                "expected_email": text(contract.get("email")),
                "first_name": text(doc.get("first_name")),
                "last_name": text(doc.get("last_name")),
            },
            "client": { "legal_entity": { "email": "", "name": "", "registration_number": "", "subtype": "", "type": "company", "vat_number": "" } },
            "employment_details": { "days_per_week": 0, "hours_per_day": 0, "paid_vacation_days": 0, "probation_period": 0, "type": "ongoing_time_based" },
            "compensation_details": { "currency_code": "USD", "first_payment": "", "first_payment_date": "", "frequency": "", "gross_annual_salary": "", "gross_signing_bonus": "", "gross_variable_bonus": "", "scale": "" },
            "invitations": { "client_email": "", "worker_email": "" },
            "signatures": { "client_signature": "", "client_signed_at": "", "signed_at": "", "worker_signature": "", "worker_signed_at": "" },
        });
        Self::new("contract.created", resource)
    }

    /// The event about a new employee or contractor, by the type of hire.
    pub(super) fn employee_created(doc: &Doc, contract: &Value) -> Self {
        let id = doc.get("id").cloned().unwrap_or_default();
        let person = json!({
            "name": doc.get("full_name"),
            "email": contract["email"],
            "country": doc.get("country"),
            "contract_id": contract["id"],
        });
        match doc.get("hiring_type").and_then(Value::as_str) {
            Some("contractor") => Self::new("employee.created.contractor", person),
            Some("eor") => Self::new("employee.created.eor", person),
            _ => Self::new("employee.created.direct", json!({ "id": id })),
        }
    }

    /// The body to send.
    pub(super) fn body(&self, organization: (&str, &str), random: &mut StdRng, at: &str) -> Value {
        let mut meta = json!({
            "event_type": self.kind,
            "event_type_id": type_id(&self.kind),
            "organization_id": organization.0,
            "organization_name": organization.1,
            "tracking_id": uuid(random),
        });
        if self.simulation {
            meta["is_simulation"] = json!(true);
        }
        json!({ "data": { "meta": meta, "resource": self.resource }, "timestamp": at })
    }
}

/// The id of an event's type: always the same for a type.
pub(super) fn type_id(kind: &str) -> String {
    use sha2::{Digest as _, Sha256};
    let hash = hex::encode(Sha256::digest(kind.as_bytes()));
    format!("{}-{}-4{}-8{}-{}", &hash[..8], &hash[8..12], &hash[13..16], &hash[17..20], &hash[20..32])
}

/// The names of all types.
pub(super) fn names() -> Vec<String> {
    TYPES.iter().map(|(name, _, _)| (*name).to_owned()).collect()
}
