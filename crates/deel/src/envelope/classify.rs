//! Which events are about people, and where each says about whom. The names are those of developer.deel.com, "Webhook
//! event types", and of its event reference.

/// Where the subject of an event is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// `resource.id` is the profile id.
    Profile,
    /// `resource.id` is the profile id if it is a UUID; otherwise a contract is named.
    Employee,
    /// `resource.id` is the contract id, unless a profile or contract id is spelled out.
    Contract,
    /// Only what is spelled out: a profile id, else a contract id.
    Named,
    /// About nobody's account.
    Irrelevant,
    /// Not known.
    Unknown,
}

/// The family of an event type (lower case), from a closed set, and how to read it.
pub(super) fn classify(event_type: &str) -> (&'static str, Reading) {
    let (first, rest) = event_type.split_once('.').unwrap_or((event_type, ""));
    let (family, reading) = match first {
        "worker" => ("worker", Reading::Profile),
        "employee" => ("employee", Reading::Employee),
        "contract" => ("contract", Reading::Contract),
        "onboarding" => ("onboarding", Reading::Named),
        "offboarding" => ("offboarding", Reading::Named),
        "gp" => ("gp", Reading::Named),
        "eor" => ("eor", Reading::Named),
        "time-off" | "time_off" | "timeoff" => ("time-off", Reading::Irrelevant),
        "timesheet" | "timesheets" => ("timesheet", Reading::Irrelevant),
        "invoice" | "invoices" | "invoice-adjustment" => ("invoice", Reading::Irrelevant),
        "payment" | "payments" => ("payment", Reading::Irrelevant),
        "tax" => ("tax", Reading::Irrelevant),
        "bgcheck" => ("bgcheck", Reading::Irrelevant),
        "immigration" => ("immigration", Reading::Irrelevant),
        "profile" => ("profile", Reading::Irrelevant),
        "oauth2" => ("oauth2", Reading::Irrelevant),
        "ats" => ("ats", Reading::Irrelevant),
        "engage" => ("engage", Reading::Irrelevant),
        "it-order" | "it-asset" => ("it", Reading::Irrelevant),
        _ => ("other", Reading::Unknown),
    };
    // A payday would otherwise ask for everyone to be looked at, and a quote is about nobody yet.
    let aside = rest.starts_with("payslips.") || rest.starts_with("quote.");
    match reading {
        Reading::Named if aside => (family, Reading::Irrelevant),
        // Whatever it is called: somebody is leaving.
        Reading::Unknown if is_leaving(event_type) => (family, Reading::Named),
        reading => (family, reading),
    }
}

/// Whether an event type (lower case) may take someone's access away.
pub(super) fn is_leaving(event_type: &str) -> bool {
    event_type.contains("terminat")
        || event_type.contains("offboarding")
        || (event_type.starts_with("worker.") && event_type.ends_with(".deleted"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_event_has_its_place() {
        let documented = "contract.amended contract.created contract.duplicated contract.status.updated contract.terminated \
            contract.sign.team-member-invited contract.archived employee.created.direct employee.created.contractor \
            employee.created.eor employee.updated.direct worker.v2.created worker.v2.updated worker.v2.deleted worker.created \
            onboarding.checklist.updated onboarding.status.updated gp.termination.confirmed gp.payslips.available \
            eor.quote.created eor.amendment.status.updated eor.payslips.available engage.learning.journeys.assignments.created \
            it-order.created it-asset.location-updated immigration.case.process.status.update invoice-adjustment.created \
            oauth2.token.revoked payment.statement.initiated profile.kyc.changed timesheet.created time-off.reviewed \
            bgcheck.result.available tax.document.available ats.application.created something.new termination.requested";
        let table: Vec<String> = documented
            .split_whitespace()
            .map(|name| {
                let (family, reading) = classify(name);
                format!("{name}: {family} {reading:?}{}", if is_leaving(name) { " leaving" } else { "" })
            })
            .collect();
        insta::assert_snapshot!(table.join("\n"), @r#"
    contract.amended: contract Contract
    contract.created: contract Contract
    contract.duplicated: contract Contract
    contract.status.updated: contract Contract
    contract.terminated: contract Contract leaving
    contract.sign.team-member-invited: contract Contract
    contract.archived: contract Contract
    employee.created.direct: employee Employee
    employee.created.contractor: employee Employee
    employee.created.eor: employee Employee
    employee.updated.direct: employee Employee
    worker.v2.created: worker Profile
    worker.v2.updated: worker Profile
    worker.v2.deleted: worker Profile leaving
    worker.created: worker Profile
    onboarding.checklist.updated: onboarding Named
    onboarding.status.updated: onboarding Named
    gp.termination.confirmed: gp Named leaving
    gp.payslips.available: gp Irrelevant
    eor.quote.created: eor Irrelevant
    eor.amendment.status.updated: eor Named
    eor.payslips.available: eor Irrelevant
    engage.learning.journeys.assignments.created: engage Irrelevant
    it-order.created: it Irrelevant
    it-asset.location-updated: it Irrelevant
    immigration.case.process.status.update: immigration Irrelevant
    invoice-adjustment.created: invoice Irrelevant
    oauth2.token.revoked: oauth2 Irrelevant
    payment.statement.initiated: payment Irrelevant
    profile.kyc.changed: profile Irrelevant
    timesheet.created: timesheet Irrelevant
    time-off.reviewed: time-off Irrelevant
    bgcheck.result.available: bgcheck Irrelevant
    tax.document.available: tax Irrelevant
    ats.application.created: ats Irrelevant
    something.new: other Unknown
    termination.requested: other Named leaving
    "#);
    }
}
