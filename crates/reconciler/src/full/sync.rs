//! One full run under its lease, from the lists to the last person.

use super::holding::Holding;
use super::listing::Unlisted;
use super::prepare::{Prepared, prepare, remember_organizations};
use super::progress::{Phase, Progress, Tell};
use super::report::{FullCounts, FullEnd, FullReport};
use super::ruling::Ruled;
use super::watch::Watch;
use super::work::{Halt, Todo, Work, Worked};
use crate::observe::claimants_in;
use crate::reconciler::{Reconciler, Report};
use crate::run::{Part, of_stop};
use crate::session::millis;
use crate::settings::Mode;
use crate::stop::{Stop, chain};
use crate::trail::{ChangeResult, Outcome, ReconcileRecord, Record};
use provisioning::{ChangeKind, ProfileId, Stamp};
use queue::{Add, JobKey, Lease, Line, Verdict};
use std::collections::HashSet;
use std::time::Instant;

/// How a run ended, and what becomes of its job.
struct End {
    ended: FullEnd,
    verdict: Verdict,
}

impl End {
    /// Somebody has to look first; the next request tries again.
    fn refused(words: String) -> Self {
        Self { verdict: Verdict::Dead { error: words.clone() }, ended: FullEnd::Refused(words) }
    }

    fn unlisted(failed: Unlisted) -> Self {
        Self::stopped(&failed.stop, failed.words)
    }

    fn stopped(stop: &Stop, words: String) -> Self {
        let verdict = match of_stop(stop) {
            Verdict::Retry { after, counts, away, .. } => {
                Verdict::Retry { after, counts, away, error: words.clone() }
            }
            other => other,
        };
        let ended = match stop {
            Stop::Paused | Stop::LeaseLost => FullEnd::Interrupted,
            _ => FullEnd::Failed(words),
        };
        Self { ended, verdict }
    }
}

impl From<Stop> for End {
    fn from(stop: Stop) -> Self {
        Self::stopped(&stop, chain(&stop))
    }
}

impl From<queue::QueueError> for End {
    fn from(error: queue::QueueError) -> Self {
        Stop::Queue(error).into()
    }
}

/// One run.
struct Full<'a> {
    reconciler: &'a Reconciler,
    lease: &'a Lease,
    worker: &'a str,
    stamp: Stamp,
    watch: &'a Watch<'a>,
    counts: FullCounts,
    notes: Vec<String>,
}

impl Reconciler {
    /// Runs it, and puts it on the trail.
    pub(super) async fn full_run(
        &self,
        lease: &Lease,
        worker: &str,
        tell: Tell<'_>,
    ) -> (FullReport, Verdict) {
        let (started, now) = (Instant::now(), self.parts().clock.now());
        let stamp = Stamp { now, run: crate::clock::run_id(now) };
        let progress = Progress::begin(stamp.run.clone(), lease.trigger.as_str(), self.mode(), now);
        let watch = Watch::new(progress, tell).under(lease);
        watch.set(|_| {});
        let mut full = Full {
            reconciler: self,
            lease,
            worker,
            stamp: stamp.clone(),
            watch: &watch,
            counts: FullCounts::default(),
            notes: Vec::new(),
        };
        let end = tokio::select! {
            end = Box::pin(full.go()) => end,
            () = watch.publish(&self.parts().queue) => Ok(FullEnd::Interrupted),
        };
        let End { ended, verdict } = match end {
            Ok(ended) => End { ended, verdict: Verdict::done() },
            Err(end) => end,
        };
        let (counts, notes) = (full.counts, full.notes);
        let report = FullReport {
            run: stamp.run,
            started_at: now,
            duration_ms: millis(started.elapsed()),
            trigger: lease.trigger.to_string(),
            mode: self.mode(),
            ended,
            counts,
            notes,
        };
        self.close(&watch, &report).await;
        (report, verdict)
    }

    /// The run's last words: to the log, the metrics, the trail, and whoever waits.
    pub(super) async fn close(&self, watch: &Watch<'_>, report: &FullReport) {
        crate::metrics::full_run(report);
        super::say(report);
        watch.set(|progress| {
            let refused = matches!(report.ended, FullEnd::Refused(_));
            progress.phase = if refused { Phase::Refused } else { Phase::Done };
            progress.estimate_s = None;
            progress.problem = match report.ended {
                FullEnd::Interrupted => {
                    Some("it was interrupted; the next run plans what is left".to_owned())
                }
                _ => report.ended.problem().map(str::to_owned),
            };
        });
        let record = ReconcileRecord {
            run: Some(report.run.clone()),
            started_at: report.started_at,
            duration_ms: report.duration_ms,
            trigger: report.trigger.clone(),
            mode: Some(report.mode),
            ended: report.ended.as_str().to_owned(),
            people: report.counts.people,
            counts: report.counts.clone(),
            notes: report.notes.clone(),
            problem: report.ended.problem().map(str::to_owned),
        };
        if let Err(error) = self.trail().put(Record::Reconcile(record)).await {
            tracing::error!(error = %error, "the full run is missing on the trail");
        }
        if let Err(error) = self.tell_end(&watch.now(), report).await {
            tracing::warn!(error = %error, "the end of the full run was not told");
        }
    }
}

impl Full<'_> {
    async fn go(&mut self) -> Result<FullEnd, End> {
        let prepared = Box::pin(prepare(self.reconciler, self.watch, &self.stamp, true)).await;
        let prepared = prepared.map_err(End::unlisted)?;
        self.counts = prepared.counts.clone();
        // What would be changed is no count of what was.
        self.counts.applied = 0;
        self.notes.clone_from(&prepared.notes);
        if let Some(words) = &prepared.refused {
            // Nor is anything held or skipped by a run that was refused.
            let FullCounts { people, accounts, linked, gone, unowned, .. } = prepared.counts;
            self.counts = FullCounts { people, accounts, linked, gone, unowned, ..FullCounts::default() };
            self.watch.set(|progress| {
                (progress.held, progress.left_alone, progress.skipped) = (0, 0, 0);
            });
            return Err(End::refused(words.clone()));
        }
        let queue = &self.reconciler.parts().queue;
        remember_organizations(queue, &prepared.organizations).await?;
        match self.reconciler.mode() {
            Mode::Observe => self.observe(&prepared).await,
            Mode::Enforce => self.enforce(&prepared).await,
        }
    }

    /// Puts everything on the trail as what would be done; who is gone is looked at as in enforce mode.
    async fn observe(&mut self, prepared: &Prepared) -> Result<FullEnd, End> {
        self.holding().would(&prepared.ruled).await?;
        let would = prepared.counts.applied;
        self.counts.applied = would;
        self.watch.set(|progress| progress.applied = would);
        let todo = self.strangers(prepared);
        self.work(todo, &[]).await?;
        Ok(FullEnd::Planned)
    }

    async fn enforce(&mut self, prepared: &Prepared) -> Result<FullEnd, End> {
        self.lease.check().await.map_err(Stop::from)?;
        let (busy, rest): (Vec<&Ruled>, Vec<&Ruled>) =
            prepared.ruled.iter().partition(|ruled| !ruled.guarded.apply.is_empty());
        let mut todo = self.reserve(&busy).await?;
        todo.extend(self.strangers(prepared));
        let others: HashSet<ProfileId> = todo.iter().map(|one| one.person.clone()).collect();
        let holding = self.holding();
        let new_holds = holding.hold(prepared, &rest).await?;
        holding.close_obsolete(prepared, &rest, &others).await?;
        let looks = holding.arrange(&rest).await?;
        // Those who are worked on one by one count themselves.
        let held = rest.iter().filter(|ruled| !ruled.guarded.hold.is_empty()).count() as u64;
        let alone = rest.iter().filter(|ruled| ruled.is_left_alone()).count() as u64;
        let skipped = rest.iter().filter(|ruled| ruled.person.plan.skipped.is_some()).count() as u64;
        (self.counts.new_holds, self.counts.looks) = (new_holds, looks);
        self.watch.set(|progress| {
            (progress.held, progress.left_alone, progress.skipped) = (held, alone, skipped);
        });
        self.work(todo, &prepared.everyone.managers_awaited).await?;
        Ok(FullEnd::Done)
    }

    /// Takes places for the suspensions, one after the other in their order, so that it is the earliest leavers who get
    /// them however their runs overtake each other.
    async fn reserve(&self, busy: &[&Ruled]) -> Result<Vec<Todo>, End> {
        let parts = self.reconciler.parts();
        let linked = parts.queue.link_count().await?;
        let allowed = parts.settings.limits.allowed(ChangeKind::Suspension, linked);
        let mut todo = Vec::with_capacity(busy.len());
        for ruled in busy {
            let known = ruled.suspension().filter(|step| !step.past_guard);
            let reserved = match (known, allowed) {
                (Some(_), Some(allowed)) if !ruled.approved => {
                    let kind = ChangeKind::Suspension.as_str();
                    match parts.queue.window_take(kind, ruled.subject().as_str(), allowed).await? {
                        queue::Place::Taken(taken) => Some(taken),
                        queue::Place::Had | queue::Place::Full => None,
                    }
                }
                _ => None,
            };
            let held = ruled.guarded.hold.iter();
            let claimants = held.flat_map(|(step, _)| claimants_in(step)).cloned().collect();
            let part = Part { claimants, ..self.part() };
            todo.push(Todo { person: ruled.subject().clone(), part, reserved });
        }
        Ok(todo)
    }

    /// Who cannot be planned from the lists: linked people who are missing in Deel's, and unreadable rows. An account that
    /// is suspended already needs no look, unless a hold of theirs is to be settled.
    fn strangers(&self, prepared: &Prepared) -> Vec<Todo> {
        let gone = prepared.everyone.gone.iter();
        let gone = gone.filter(|gone| !gone.suspended || !prepared.known.of(&gone.person).is_empty());
        let people = gone.map(|gone| &gone.person).chain(&prepared.unreadable);
        people.map(|person| self.todo(person)).collect()
    }

    fn todo(&self, person: &ProfileId) -> Todo {
        Todo { person: person.clone(), part: self.part(), reserved: None }
    }

    fn part(&self) -> Part {
        Part { of: Some(self.stamp.run.clone()), ..Part::default() }
    }

    fn holding(&self) -> Holding<'_> {
        Holding { reconciler: self.reconciler, stamp: &self.stamp, trigger: self.lease.trigger.as_str() }
    }

    /// Works on people one by one; what cannot be begun because a vendor is away waits in the queue. Then those once more
    /// whose manager, `awaited`, has got an account by this.
    async fn work(&mut self, todo: Vec<Todo>, awaited: &[(ProfileId, ProfileId)]) -> Result<(), End> {
        self.counts.to_do = todo.len() as u64;
        let to_do = self.counts.to_do;
        self.watch.enter(Phase::Applying);
        self.watch.set(|progress| progress.to_do = to_do);
        let trigger = &self.lease.trigger;
        let work = Work::new(self.reconciler, self.watch, self.lease, self.worker, trigger);
        let (mut left, mut elsewhere) = (Vec::new(), 0);
        let (mut linked, mut changed) = (HashSet::new(), HashSet::new());
        work.all(todo, |person, worked| match worked {
            Worked::NotBegun => left.push(person),
            Worked::Elsewhere => elsewhere += 1,
            Worked::Ran(report) => {
                if is_linked_now(report) {
                    linked.insert(person.clone());
                }
                if report.outcome == Outcome::Applied {
                    changed.insert(person);
                }
            }
        })
        .await;
        let managed = awaited.iter().filter(|(_, manager)| linked.contains(manager));
        let managed: Vec<Todo> = managed.map(|(person, _)| self.todo(person)).collect();
        if !managed.is_empty() && !work.is_halted() {
            self.watch.set(|progress| progress.to_do += managed.len() as u64);
            work.again(managed, |person, worked| match worked {
                Worked::NotBegun => left.push(person),
                Worked::Elsewhere => {}
                // Who was changed before is counted.
                Worked::Ran(report) => self.watch.set(|progress| match report.outcome {
                    Outcome::Applied => progress.applied += u64::from(changed.insert(person)),
                    Outcome::Failed => progress.failed += 1,
                    _ => {}
                }),
            })
            .await;
        }
        let halted = work.halted();
        let progress = self.watch.now();
        self.counts.elsewhere = elsewhere;
        self.counts.held = progress.held;
        self.counts.left_alone = progress.left_alone;
        self.counts.skipped = progress.skipped;
        self.counts.failed = progress.failed;
        if self.reconciler.mode() == Mode::Enforce {
            self.counts.applied = progress.applied;
        }
        match halted {
            None => Ok(()),
            Some(Halt::Stop(stop)) => Err(stop.into()),
            Some(Halt::Vendor(words)) => {
                let adds: Vec<Add> = left
                    .into_iter()
                    .map(|person| Add {
                        key: JobKey::Person(person.to_string()),
                        line: Line::Bulk,
                        trigger: trigger.clone(),
                        look: None,
                    })
                    .collect();
                self.reconciler.parts().queue.add_many(&adds).await?;
                let words = match adds.len() {
                    1 => format!("{words}. 1 person was not begun, and is in the queue"),
                    n => format!("{words}. {n} people were not begun; they are in the queue"),
                };
                Err(End { ended: FullEnd::Failed(words), verdict: Verdict::done() })
            }
        }
    }
}

/// Whether the person has an account since this run.
fn is_linked_now(report: &Report) -> bool {
    let links = |kind| matches!(kind, ChangeKind::Creation | ChangeKind::Link);
    report.record.changes.iter().any(|change| links(change.kind) && change.result == ChangeResult::Done)
}
