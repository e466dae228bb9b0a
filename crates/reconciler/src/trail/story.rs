//! One person's story, told as text.

use super::{ChangeResult, Entry, Evidence, FieldRecord, Record, RunRecord};
use crate::settings::Mode;
use provisioning::{ProfileId, Quoted};
use std::fmt::{Display, Formatter, Result};

/// One person's entries, oldest first. `Display` tells them as a readable text, values included.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Story {
    /// The person.
    pub person: ProfileId,
    /// What happened.
    pub entries: Vec<Entry>,
}

impl Display for Story {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.entries.is_empty() {
            return writeln!(f, "Nothing is on record about person {}.", self.person);
        }
        writeln!(f, "Person {}", self.person)?;
        for entry in &self.entries {
            writeln!(f)?;
            match &entry.record {
                Record::Run(run) => tell_run(f, run)?,
                Record::Decision(decision) => {
                    let by = decision.by.as_deref().unwrap_or("a run");
                    writeln!(
                        f,
                        "{:.3}  hold {} ({}) {} by {by}",
                        decision.at, decision.hold, decision.kind, decision.decision
                    )?;
                    if let Some(note) = &decision.note {
                        writeln!(f, "    note: {note}")?;
                    }
                }
                Record::Order(order) => {
                    let what = if order.in_force { "ordered a suspension" } else { "took the order back" };
                    writeln!(f, "{:.3}  {} {what} (hold {})", order.at, order.by, order.hold)?;
                    writeln!(f, "    reason: {}", order.reason)?;
                }
                Record::Reconcile(reconcile) => {
                    writeln!(
                        f,
                        "{:.3}  {}: {} {} listed, {} worked on",
                        reconcile.started_at,
                        reconcile.trigger,
                        reconcile.people,
                        if reconcile.people == 1 { "person" } else { "people" },
                        reconcile.counts.to_do
                    )?;
                }
            }
        }
        Ok(())
    }
}

fn tell_run(f: &mut Formatter<'_>, run: &RunRecord) -> Result {
    writeln!(
        f,
        "{:.3}  {} → {} in {} ms ({} mode, line {}, run {})",
        run.started_at, run.trigger, run.outcome, run.duration_ms, run.mode, run.line, run.run
    )?;
    if let Some(by) = &run.by {
        write!(f, "    by {by}")?;
        match &run.undoes {
            Some(undone) => writeln!(f, ", taking back run {undone}")?,
            None => writeln!(f)?,
        }
    }
    if run.attempt > 1 {
        writeln!(f, "    attempt {}", run.attempt)?;
    }
    if let Some(evidence) = &run.evidence {
        tell_evidence(f, evidence)?;
    }
    match &run.account {
        Some(account) => writeln!(f, "    JumpCloud account {account}")?,
        None => writeln!(f, "    no JumpCloud account")?,
    }
    if let Some(skipped) = run.plan.as_ref().and_then(|plan| plan.skipped.as_ref()) {
        writeln!(f, "    skipped: {skipped}")?;
    }
    for change in &run.changes {
        write!(f, "    {} {}", change.kind, change.result.words())?;
        if matches!(change.result, ChangeResult::Done | ChangeResult::Failed) {
            write!(f, " in {} ms", change.duration_ms)?;
        }
        writeln!(f, ": {}", change.why)?;
        tell_fields(f, &change.fields)?;
        if let Some(hold) = &change.approved_by {
            writeln!(f, "        approved with hold {hold}")?;
        }
        if let Some(problem) = &change.problem {
            writeln!(f, "        problem: {problem}")?;
        }
    }
    for held in &run.held {
        let would = if run.mode == Mode::Observe { "would be " } else { "" };
        write!(f, "    {} {would}held as {}", held.change, held.kind)?;
        if let Some(id) = &held.id {
            write!(f, " ({id})")?;
        }
        writeln!(f, ": {}", held.why)?;
        tell_fields(f, &held.fields)?;
    }
    for note in &run.notes {
        writeln!(f, "    note: {note}")?;
    }
    if let Some(latency) = run.accepted_to_write_ms {
        writeln!(f, "    {latency} ms from acceptance to the JumpCloud write")?;
    }
    if let Some(problem) = &run.problem {
        writeln!(f, "    problem: {problem}")?;
    }
    Ok(())
}

fn tell_evidence(f: &mut Formatter<'_>, evidence: &Evidence) -> Result {
    if evidence.order {
        writeln!(f, "    an operator's order to suspend is in force")?;
    }
    if !evidence.found {
        return writeln!(f, "    Deel: does not know this person");
    }
    write!(f, "    Deel: status {}", evidence.status.as_deref().unwrap_or("missing"))?;
    if let Some(day) = &evidence.last_day {
        write!(f, ", last day {day}")?;
    }
    if let Some(zone) = &evidence.zone {
        write!(f, ", zone {zone}")?;
    }
    for employment in &evidence.employments {
        let ended = match employment.ended {
            Some(true) => "ended",
            Some(false) => "running",
            None => "unclear",
        };
        write!(f, ", contract {} {ended}", employment.id)?;
        if let Some(day) = &employment.last_day {
            write!(f, " with last day {day}")?;
        }
    }
    writeln!(f)
}

fn tell_fields(f: &mut Formatter<'_>, fields: &[FieldRecord]) -> Result {
    for field in fields {
        let show = |value: &Option<String>| {
            value.as_deref().map_or_else(|| "(none)".to_owned(), |v| Quoted(v).to_string())
        };
        writeln!(f, "        {}: {} → {}", field.field, show(&field.before), show(&field.after))?;
    }
    Ok(())
}
