//! Applying what the guard let through, step by step.

use super::{Ruled, Run, refusal};
use crate::apply::{Applier, StepEnd, Tried};
use crate::contested;
use crate::fields::fields;
use crate::metrics;
use crate::observe::Observed;
use crate::stop::Stop;
use crate::trail::{ChangeRecord, ChangeResult, FieldRecord, RunRecord};
use jumpcloud::Writer;
use provisioning::{ChangeKind, ProfileId, Step};
use std::collections::BTreeSet;

impl Run<'_> {
    /// Applies what the guard let through. `true`: something moved, observe again. One step that does not work does not
    /// keep the others from being done, unless they need it.
    pub(super) async fn apply(
        &mut self,
        writer: &Writer,
        observed: &Observed,
        ruled: &Ruled,
    ) -> Result<bool, Stop> {
        let link = &self.parts.settings.policy.link;
        let mut broken: BTreeSet<ChangeKind> = BTreeSet::new();
        let overdue = self.overdue();
        self.refused = None;
        let mut applier = Applier {
            parts: self.parts,
            writer,
            lease: self.lease,
            session: &mut self.session,
            subject: self.subject,
            person: observed.desired.person.as_ref(),
            read_at: observed.read_at,
            created: None,
            taken: &mut self.taken,
            first_write: &mut self.first_write,
            schedule_left: &mut self.schedule_left,
        };
        let mut steps = ruled.guarded.apply.iter().filter(|step| observed.may_apply(step));
        let mut stopped = None;
        for step in steps.by_ref() {
            let kind = step.change.kind();
            if step.needs.is_some_and(|needed| broken.contains(&needed)) {
                broken.insert(kind);
                continue;
            }
            let account = step.account.as_ref().and_then(|id| observed.account(id));
            let tried = applier.apply(step, account).await;
            if applier.created.is_some() {
                self.record.account.clone_from(&applier.created);
            }
            let row = change_record(step, &tried, fields(step, account, link), ruled);
            metrics::change(kind, row.result);
            let ours = matches!(
                kind,
                ChangeKind::Update
                    | ChangeKind::EmailChange
                    | ChangeKind::Suspension
                    | ChangeKind::Reactivation
            );
            if ours && row.result == ChangeResult::Done {
                contested::remember(&self.parts.queue, self.subject, &row.fields, self.parts.clock.now())
                    .await;
            }
            tell(self.subject, &self.record, &row);
            self.record.changes.push(row);
            if kind == ChangeKind::Suspension && refusal::is_refused(&tried.end, overdue) {
                self.refused = Some(step.clone());
            }
            match tried.end {
                // The account is this person's now: what else it lacks is planned from there, in this run. Once: a search
                // that does not see the link yet must not keep the run going.
                Ok(StepEnd::Done) if kind == ChangeKind::Link && self.linked.is_none() => {
                    self.linked = Some(step.clone());
                    stopped = Some(Ok(true));
                    break;
                }
                Ok(StepEnd::Done) => {}
                Ok(StepEnd::Failed(_)) => {
                    broken.insert(kind);
                }
                Ok(StepEnd::Replan) => {
                    stopped = Some(Ok(true));
                    break;
                }
                Err(Stop::Unexpected { .. }) => {
                    broken.insert(kind);
                }
                Err(stop) => {
                    stopped = Some(Err(stop));
                    break;
                }
            }
        }
        if matches!(stopped, Some(Err(_))) {
            for step in steps {
                let account = step.account.as_ref().and_then(|id| observed.account(id));
                self.record.changes.push(not_begun(step, fields(step, account, link)));
            }
        }
        stopped.unwrap_or(Ok(false))
    }

    /// Returns places in the windows that changes did not use.
    pub(super) async fn give_back(&self, ruled: &Ruled) {
        for (window, (kind, taken)) in &ruled.reserved {
            let used = self.record.changes.iter().any(|change| {
                change.kind == *kind && matches!(change.result, ChangeResult::Done | ChangeResult::Failed)
            });
            let release = self.parts.queue.window_release(window, self.subject.as_str(), *taken);
            if !used && let Err(error) = release.await {
                // The place stays taken for a day; that errs on the safe side.
                tracing::warn!(person.id = %self.subject, change.kind = %kind, error = %error, "a place is not given back");
            }
        }
    }
}

fn change_record(step: &Step, tried: &Tried, fields: Vec<FieldRecord>, ruled: &Ruled) -> ChangeRecord {
    ChangeRecord {
        kind: step.change.kind(),
        result: tried.result(),
        fields,
        why: step.why.to_string(),
        approved_by: ruled.approval(step),
        duration_ms: tried.duration_ms,
        problem: tried.problem(),
    }
}

fn not_begun(step: &Step, fields: Vec<FieldRecord>) -> ChangeRecord {
    ChangeRecord {
        kind: step.change.kind(),
        result: ChangeResult::NotBegun,
        fields,
        why: step.why.to_string(),
        approved_by: None,
        duration_ms: 0,
        problem: None,
    }
}

/// Says how a change went.
pub(super) fn tell(subject: &ProfileId, record: &RunRecord, row: &ChangeRecord) {
    let account = record.account.as_ref().map(ToString::to_string).unwrap_or_default();
    match row.result {
        ChangeResult::Done => tracing::info!(
            person.id = %subject, account.id = account, run.id = %record.run, change.kind = %row.kind,
            duration_ms = row.duration_ms, "change written"
        ),
        _ => tracing::warn!(
            person.id = %subject, account.id = account, run.id = %record.run, change.kind = %row.kind,
            problem = row.problem.as_deref().unwrap_or_default(), "change not written"
        ),
    }
}
