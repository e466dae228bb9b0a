//! Working on people one by one, several at once, along the same path as a webhook's.

use super::listing::seconds;
use super::watch::Watch;
use crate::reconciler::{Reconciler, Report};
use crate::run::Part;
use crate::stop::{Stop, chain};
use crate::trail::{ChangeResult, HeldRecord, Outcome};
use futures::{StreamExt as _, stream};
use provisioning::{ChangeKind, ProfileId};
use queue::{Add, JobKey, Lease, Line, Trigger, Vendor, Verdict};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How many people are worked on at once.
const AT_ONCE: usize = 8;
/// How long a place stays empty after a vendor did not answer: the longer it is silent, the longer.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// How long a person is waited for whom another process has: a webhook's run is over by then, and so are most leases of a
/// process that died.
const CLAIM_PATIENCE: Duration = Duration::from_secs(4);
const CLAIM_AGAIN: Duration = Duration::from_millis(200);
/// Requests that one person takes, at least: for estimates only.
const READS: u64 = 1;

/// One person to be worked on.
pub(super) struct Todo {
    pub(super) person: ProfileId,
    pub(super) part: Part,
    /// The place in the window of suspensions that was taken for them beforehand; it goes back if nobody uses it.
    pub(super) reserved: Option<queue::Taken>,
}

/// What became of one person.
pub(super) enum Worked {
    /// A run came to its end, whatever that was.
    Ran(Box<Report>),
    /// Another process has the person, and looks again afterwards.
    Elsewhere,
    /// The run of everyone ended before.
    NotBegun,
}

/// Why nobody further is begun.
#[derive(Debug)]
pub(super) enum Halt {
    /// A vendor has not answered anybody for too long. The rest is in the queue.
    Vendor(String),
    /// Redis does not answer, or writes are paused, or the lease was lost.
    Stop(Stop),
}

/// The shared state of those who work at once.
pub(super) struct Work<'a> {
    pub(super) reconciler: &'a Reconciler,
    pub(super) watch: &'a Watch<'a>,
    pub(super) lease: &'a Lease,
    pub(super) worker: &'a str,
    pub(super) trigger: &'a Trigger,
    halt: Mutex<Option<Halt>>,
    /// Which vendor was away for the latest one.
    away: Mutex<Option<Vendor>>,
    /// When somebody was last worked on without a vendor being away.
    answered: Mutex<Instant>,
    began: Instant,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        reconciler: &'a Reconciler,
        watch: &'a Watch<'a>,
        lease: &'a Lease,
        worker: &'a str,
        trigger: &'a Trigger,
    ) -> Self {
        let answered = Mutex::new(Instant::now());
        Self {
            reconciler,
            watch,
            lease,
            worker,
            trigger,
            halt: Mutex::default(),
            away: Mutex::default(),
            answered,
            began: Instant::now(),
        }
    }

    /// Works on everybody, `at_once` at most at the same time; tells each end in the order in which they come.
    pub(super) async fn all(&self, todo: Vec<Todo>, mut tell: impl FnMut(ProfileId, &Worked)) {
        self.some(todo, AT_ONCE, &mut tell).await;
    }

    /// As [`Work::all`], one after the other.
    pub(super) async fn in_order(&self, todo: Vec<Todo>, mut tell: impl FnMut(ProfileId, &Worked)) {
        self.some(todo, 1, &mut tell).await;
    }

    /// Works once more on people who were worked on before, and are counted by whoever is told.
    pub(super) async fn again(&self, todo: Vec<Todo>, mut tell: impl FnMut(ProfileId, &Worked)) {
        let mut ends =
            std::pin::pin!(stream::iter(todo).map(|one| self.named(one)).buffer_unordered(AT_ONCE));
        while let Some((person, worked)) = ends.next().await {
            self.watch.set(|progress| progress.finished += 1);
            tell(person, &worked);
        }
    }

    async fn named(&self, one: Todo) -> (ProfileId, Worked) {
        let person = one.person.clone();
        let worked = self.one(one).await;
        (person, worked)
    }

    async fn some(&self, todo: Vec<Todo>, at_once: usize, tell: &mut impl FnMut(ProfileId, &Worked)) {
        let mut ends =
            std::pin::pin!(stream::iter(todo).map(|one| self.named(one)).buffer_unordered(at_once));
        while let Some((person, worked)) = ends.next().await {
            self.count(&worked);
            tell(person, &worked);
        }
    }

    /// Why it ended early, if it did.
    pub(super) fn halted(self) -> Option<Halt> {
        self.halt.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn halt(&self, halt: Halt) {
        self.halt.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(halt);
    }

    pub(super) fn is_halted(&self) -> bool {
        if self.lease.is_lost() {
            self.halt(Halt::Stop(Stop::LeaseLost));
        }
        self.halt.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    async fn one(&self, todo: Todo) -> Worked {
        if self.is_halted() {
            return self.give_back(&todo, Worked::NotBegun).await;
        }
        let worked = match Box::pin(self.try_one(&todo)).await {
            Ok(worked) => worked,
            Err(error) => {
                self.halt(Halt::Stop(Stop::Queue(error)));
                Worked::NotBegun
            }
        };
        self.give_back(&todo, worked).await
    }

    async fn try_one(&self, todo: &Todo) -> Result<Worked, queue::QueueError> {
        let queue = &self.reconciler.parts().queue;
        if !self.vendors_answer().await? {
            return Ok(Worked::NotBegun);
        }
        let key = JobKey::Person(todo.person.to_string());
        let until = Instant::now() + CLAIM_PATIENCE;
        let claim = loop {
            match queue.claim_one_in(&key, self.worker, self.trigger, Line::Bulk).await? {
                Some(claim) => break Some(claim),
                None if Instant::now() >= until || self.is_halted() => break None,
                None => tokio::time::sleep(CLAIM_AGAIN).await,
            }
        };
        let Some(claim) = claim else {
            // Their run may have read before we listed.
            let add = Add { key, line: Line::Bulk, trigger: self.trigger.clone(), look: None };
            queue.add(&add).await?;
            return Ok(Worked::Elsewhere);
        };
        let report = self.reconciler.run_part(&todo.person, &claim, todo.part.clone()).await;
        claim.finish(report.verdict.clone()).await?;
        self.judge(&report).await?;
        Ok(Worked::Ran(Box::new(report)))
    }

    /// Whether the others may go on after this one.
    async fn judge(&self, report: &Report) -> Result<(), queue::QueueError> {
        if report.outcome == Outcome::Interrupted && self.reconciler.parts().queue.paused().await?.is_some() {
            self.halt(Halt::Stop(Stop::Paused));
        }
        if report.answered {
            *self.answered() = Instant::now();
            *self.away() = None;
            return Ok(());
        }
        let away = match &report.verdict {
            Verdict::Retry { away, .. } => *away,
            _ => None,
        };
        *self.away() = away;
        let silent = self.answered().elapsed();
        if silent >= self.reconciler.parts().settings.patience {
            self.nobody_answers(&report.record.problem.clone().unwrap_or_default());
        } else {
            // A vendor that stumbles for a moment is not asked about everybody in that moment.
            tokio::time::sleep(silent.clamp(FIRST_WAIT, LONGEST_WAIT)).await;
        }
        Ok(())
    }

    fn nobody_answers(&self, problem: &str) {
        let seconds = self.answered().elapsed().as_secs();
        self.halt(Halt::Vendor(format!("nobody could be worked on for {seconds} s: {problem}")));
    }

    /// Waits while a vendor is away, so that it is not asked about everybody. False if that takes too long.
    async fn vendors_answer(&self) -> Result<bool, queue::QueueError> {
        let Some(vendor) = *self.away() else { return Ok(true) };
        let parts = self.reconciler.parts();
        let left = parts.settings.patience.saturating_sub(self.answered().elapsed());
        if self.watch.may_ask(&parts.queue, vendor, left).await? {
            return Ok(!self.is_halted());
        }
        let words = parts.queue.breaker(vendor).await?.map(|away| away.words).unwrap_or_default();
        self.nobody_answers(&words);
        Ok(false)
    }

    fn away(&self) -> MutexGuard<'_, Option<Vendor>> {
        self.away.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered(&self) -> MutexGuard<'_, Instant> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the place in the window that was taken beforehand, if it was not used.
    async fn give_back(&self, todo: &Todo, worked: Worked) -> Worked {
        let used = match &worked {
            Worked::Ran(report) => report.record.changes.iter().any(|change| {
                change.kind == ChangeKind::Suspension
                    && matches!(change.result, ChangeResult::Done | ChangeResult::Failed)
            }),
            // Whoever has them may need it.
            Worked::Elsewhere => true,
            Worked::NotBegun => false,
        };
        if let Some(taken) = todo.reserved.filter(|_| !used) {
            let (queue, kind) = (&self.reconciler.parts().queue, ChangeKind::Suspension.as_str());
            let released = queue.window_release(kind, todo.person.as_str(), taken).await;
            if let Err(error) = released {
                tracing::warn!(person.id = %todo.person, error = %chain(&error), "a place is not given back");
            }
        }
        worked
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)] // an estimate
    fn count(&self, worked: &Worked) {
        let parts = self.reconciler.parts();
        let rate = parts.deel_budget.limit_per_second();
        self.watch.set(|progress| {
            progress.finished += 1;
            let left = progress.to_do.saturating_sub(progress.finished);
            // As fast as until now, if that is slower than Deel's rate: a change takes several calls to JumpCloud.
            let paced = self.began.elapsed().as_secs_f64() / progress.finished as f64 * left as f64;
            let paced = paced.ceil() as u64;
            progress.estimate_s = Some(seconds(left * READS, rate).max(paced));
            let Worked::Ran(report) = worked else { return };
            match report.outcome {
                Outcome::Applied | Outcome::Observed => progress.applied += 1,
                Outcome::Failed => progress.failed += 1,
                Outcome::Skipped => progress.skipped += 1,
                Outcome::InSync | Outcome::Held | Outcome::Interrupted => {}
            }
            let held = &report.record.held;
            progress.held += u64::from(!held.is_empty());
            progress.left_alone += u64::from(!held.is_empty() && !held.iter().any(HeldRecord::approvable));
        });
    }
}
