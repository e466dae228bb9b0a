//! What operators do by hand to one person: not what a plan asks for, but under the same lease, budget and trail.

mod activate;
mod manual;
mod undo;

pub use activate::{Activate, At};
pub(crate) use manual::Manual;

use super::{Run, record};
use crate::apply::{Applier, StepEnd, Tried};
use crate::metrics;
use crate::session::millis;
use crate::stop::{Stop, chain};
use crate::trail::{ChangeRecord, ChangeResult, FieldRecord, Outcome, RunRecord};
use jumpcloud::Writer;
use provisioning::ChangeKind;
use std::time::Instant;

/// Why something was not done.
#[derive(Debug)]
pub(crate) enum NotDone {
    /// It may not be done; the words say why, with ids only.
    Refused(String),
    /// A vendor, Redis, the lease or a pause.
    Stopped(Stop),
}

impl From<Stop> for NotDone {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<queue::QueueError> for NotDone {
    fn from(error: queue::QueueError) -> Self {
        Self::Stopped(Stop::Queue(error))
    }
}

pub(super) fn refused<T>(words: impl Into<String>) -> Result<T, NotDone> {
    Err(NotDone::Refused(words.into()))
}

impl<'a> Run<'a> {
    /// Marks the run as somebody's own doing.
    pub(crate) fn by(mut self, who: &str) -> Self {
        self.record.by = Some(who.to_owned());
        self
    }

    /// Both sides as they are now. What a sync would do about it is no part of this run.
    async fn look(&mut self) -> Result<crate::observe::Observed, NotDone> {
        let observed = self.observe().await?;
        record::observed(&mut self.record, &observed);
        self.record.plan = None;
        Ok(observed)
    }

    /// What writes, for this run.
    fn hand<'b>(&'b mut self, writer: &'b Writer) -> Applier<'b> {
        self.applier(writer, None, Instant::now())
    }

    /// Writes down what became of one change; a change that did not work ends the act.
    fn note_change(
        &mut self,
        kind: ChangeKind,
        fields: Vec<FieldRecord>,
        why: &str,
        began: Instant,
        end: Result<StepEnd, Stop>,
    ) -> Result<(), NotDone> {
        let tried = Tried { end, duration_ms: millis(began.elapsed()) };
        let result = tried.result();
        let problem = match &tried.end {
            // Nothing is planned anew here.
            Ok(StepEnd::Replan) => Some(
                "the account changed, or the reads grew old, before it was written; try again".to_owned(),
            ),
            _ => tried.problem(),
        };
        metrics::change(kind, result);
        let row = ChangeRecord {
            kind,
            result,
            fields,
            why: why.to_owned(),
            approved_by: None,
            duration_ms: tried.duration_ms,
            problem: problem.clone(),
        };
        super::steps::tell(self.subject, &self.record, &row);
        self.record.changes.push(row);
        match (tried.end, problem) {
            (Ok(StepEnd::Done), _) => Ok(()),
            (Err(stop), _) => Err(stop.into()),
            (Ok(_), problem) => refused(problem.unwrap_or_default()),
        }
    }

    /// Closes the entry for the trail.
    pub(crate) fn close(mut self, end: &Result<(), NotDone>) -> RunRecord {
        self.record.calls = std::mem::take(&mut self.session.calls);
        self.record.notes.append(&mut self.session.notes);
        self.record.duration_ms = millis(self.started.elapsed());
        let any = |result| self.record.changes.iter().any(|change| change.result == result);
        self.record.outcome = match end {
            Err(NotDone::Stopped(Stop::Paused | Stop::LeaseLost)) => Outcome::Interrupted,
            Err(NotDone::Refused(_)) if self.record.changes.is_empty() => Outcome::Skipped,
            Err(_) => Outcome::Failed,
            Ok(()) if any(ChangeResult::Failed) => Outcome::Failed,
            Ok(()) if any(ChangeResult::Done) => Outcome::Applied,
            Ok(()) => Outcome::InSync,
        };
        self.record.problem = match end {
            Ok(()) => None,
            Err(NotDone::Refused(words)) => Some(words.clone()),
            Err(NotDone::Stopped(stop)) => Some(chain(stop)),
        };
        self.record
    }
}
