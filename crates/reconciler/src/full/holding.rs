//! Holds of a full run, put on record straight from the plans: nobody is asked about again, and no request is made.

use super::prepare::Prepared;
use super::ruling::Ruled;
use crate::fields::fields;
use crate::holds::{Hold, HoldId, HoldStatus, with_it};
use crate::metrics;
use crate::reconciler::Reconciler;
use crate::run::{keeps_leaver, timer_of};
use crate::settings::Mode;
use crate::stop::Stop;
use crate::trail::{ChangeRecord, ChangeResult, HeldRecord, Outcome, Record, RunRecord};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use provisioning::{HoldKind, ProfileId, Redacted, RunId, Stamp, Step};
use queue::{Add, JobKey, When};
use std::collections::{HashMap, HashSet};

/// How many entries are written to the trail at once; each is one short call to Redis.
const AT_ONCE: usize = 32;

/// A full run, as far as what it writes down is concerned.
pub(super) struct Holding<'a> {
    pub(super) reconciler: &'a Reconciler,
    pub(super) stamp: &'a Stamp,
    pub(super) trigger: &'a str,
}

impl Holding<'_> {
    /// Puts the holds of those on record who have nothing else to be done; says how many are new.
    pub(super) async fn hold(&self, prepared: &Prepared, people: &[&Ruled]) -> Result<u64, Stop> {
        let (mut fresh, mut of) = (Vec::new(), HashMap::new());
        for (place, ruled) in people.iter().enumerate() {
            for (step, kind) in &ruled.guarded.hold {
                // Listed in its item already.
                if *kind == HoldKind::AttributeWide {
                    continue;
                }
                // The order's own hold stands for it.
                let ordered = *kind == HoldKind::Operator && prepared.has_order(ruled.subject());
                if ordered || self.is_known(prepared, ruled, step, *kind).await? {
                    continue;
                }
                let hold = self.hold_of(ruled, step, *kind);
                of.insert(hold.id.clone(), place);
                fresh.push(hold);
            }
        }
        let opened = self.reconciler.holds_ref().open_all(&fresh).await?;
        let (mut tell, mut leavers): (HashSet<usize>, HashSet<Option<ProfileId>>) = Default::default();
        for hold in fresh.iter().zip(&opened).filter_map(|(hold, opened)| opened.then_some(hold)) {
            // A leaver once, however much of theirs waits; who is no leaver is counted below.
            if hold.leaver && leavers.insert(hold.person.clone()) {
                crate::run::tell_held(hold);
            }
            tell.extend(of.get(&hold.id));
        }
        if !tell.is_empty() {
            tracing::warn!(
                run.id = %self.stamp.run, people = tell.len(), leavers = leavers.len(),
                "changes wait for a decision; `deelsync holds list` shows them"
            );
        }
        let records = tell.into_iter().map(|place| self.record(people[place], Outcome::Held));
        self.write(records.collect()).await?;
        Ok(opened.into_iter().filter(|opened| *opened).count() as u64)
    }

    /// Whether this change is on record already, and whether the leaver's alarm on it is still right.
    async fn is_known(
        &self,
        prepared: &Prepared,
        ruled: &Ruled,
        step: &Step,
        kind: HoldKind,
    ) -> Result<bool, Stop> {
        let id = HoldId::of(ruled.subject(), step);
        let known = prepared.known.of(ruled.subject());
        let Some((hold, json)) = known.iter().find(|(hold, _)| hold.id == id) else { return Ok(false) };
        let leaver = keeps_leaver(&ruled.person.plan, step, kind);
        if hold.leaver != leaver {
            let updated = Hold { leaver, ..hold.clone() };
            self.reconciler.holds_ref().open(&updated, Some(json)).await?;
        }
        Ok(true)
    }

    fn hold_of(&self, ruled: &Ruled, step: &Step, kind: HoldKind) -> Hold {
        let person = &ruled.person;
        let of_account = |value: &Option<String>| step.account.as_ref().and(value.clone());
        Hold {
            person: Some(ruled.subject().clone()),
            person_name: person.name.clone(),
            account: step.account.clone(),
            account_username: of_account(&person.username),
            account_email: of_account(&person.email),
            step: Some(step.clone()),
            leaver: keeps_leaver(&person.plan, step, kind),
            with_it: with_it(&person.plan, step),
            ..Hold::opened(HoldId::of(ruled.subject(), step), kind, self.stamp.run.clone(), self.stamp.now)
        }
    }

    /// Closes the holds that nobody plans any more. `others`: who is worked on one by one, and settles their own.
    pub(super) async fn close_obsolete(
        &self,
        prepared: &Prepared,
        people: &[&Ruled],
        others: &HashSet<ProfileId>,
    ) -> Result<(), Stop> {
        let mut planned: HashMap<&ProfileId, &Ruled> = HashMap::new();
        planned.extend(people.iter().map(|ruled| (ruled.subject(), *ruled)));
        let holds = self.reconciler.holds_ref();
        for (person, known) in prepared.known.people().filter(|(person, _)| !others.contains(*person)) {
            let ruled = planned.get(person).copied();
            for (hold, json) in known {
                let here = prepared.listed.contains(person);
                // While Deel does not know the person, or they are left alone, a no is not forgotten.
                let quiet = !here || ruled.is_some_and(|ruled| ruled.person.plan.skipped.is_some());
                let kept = hold.is_order() || (hold.status == HoldStatus::Rejected && quiet);
                if !kept && !ruled.is_some_and(|ruled| still_planned(ruled, hold)) {
                    holds.close(hold.clone(), json, HoldStatus::Obsolete).await?;
                }
            }
        }
        Ok(())
    }

    /// Arranges the later looks: last days and start dates.
    pub(super) async fn arrange(&self, people: &[&Ruled]) -> Result<u64, Stop> {
        let looks: Vec<(Add, When)> = people
            .iter()
            .filter_map(|ruled| {
                let again = timer_of(&ruled.person.plan)?;
                let key = JobKey::Person(ruled.subject().to_string());
                Some((Add { key, line: again.line, trigger: again.trigger, look: None }, again.when))
            })
            .collect();
        self.reconciler.parts().queue.delay_many(&looks).await?;
        Ok(looks.len() as u64)
    }

    /// Observe mode: what would be done and held, on the trail.
    pub(super) async fn would(&self, ruled: &[Ruled]) -> Result<(), Stop> {
        let something = |one: &&Ruled| !one.guarded.apply.is_empty() || !one.guarded.hold.is_empty();
        let records = ruled.iter().filter(something).map(|one| self.record(one, Outcome::Observed));
        self.write(records.collect()).await
    }

    async fn write(&self, records: Vec<RunRecord>) -> Result<(), Stop> {
        let trail = self.reconciler.trail();
        stream::iter(records)
            .map(|record| trail.put(Record::Run(Box::new(record))))
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<()>>()
            .await?;
        Ok(())
    }

    /// A person's entry on the trail, from the lists alone.
    fn record(&self, ruled: &Ruled, outcome: Outcome) -> RunRecord {
        let link = &self.reconciler.parts().settings.policy.link;
        let observed = outcome == Outcome::Observed;
        let would = ruled.guarded.apply.iter().filter(|_| observed).map(|step| {
            metrics::change(step.change.kind(), ChangeResult::WouldBeDone);
            ChangeRecord {
                kind: step.change.kind(),
                result: ChangeResult::WouldBeDone,
                fields: fields(step, None, link),
                why: step.why.to_string(),
                approved_by: None,
                duration_ms: 0,
                problem: None,
            }
        });
        let held = ruled.guarded.hold.iter().map(|(step, kind)| HeldRecord {
            id: (!observed).then(|| ruled.hold_id(step, *kind)),
            kind: *kind,
            change: step.change.kind(),
            why: step.why.to_string(),
            fields: fields(step, None, link),
        });
        RunRecord {
            run: crate::clock::run_id(self.stamp.now),
            of: Some(self.full_run().clone()),
            started_at: self.stamp.now,
            duration_ms: 0,
            person: ruled.subject().clone(),
            name: ruled.person.name.clone().map(Redacted),
            account: ruled.person.plan.account.clone(),
            username: ruled.person.username.clone().map(Redacted),
            trigger: self.trigger.to_owned(),
            by: None,
            undoes: None,
            line: queue::Line::Bulk.as_str().to_owned(),
            mode: if observed { Mode::Observe } else { self.reconciler.mode() },
            attempt: 1,
            accepted_at: None,
            accepted_to_write_ms: None,
            outcome,
            evidence: None,
            changes: would.collect(),
            held: held.collect(),
            plan: Some(ruled.person.plan.clone()),
            calls: Vec::new(),
            notes: vec!["decided from the lists of everyone".to_owned()],
            problem: None,
        }
    }

    fn full_run(&self) -> &RunId {
        &self.stamp.run
    }
}

/// Whether the hold still stands for something that is planned: held, rejected, or waiting for another step.
fn still_planned(ruled: &Ruled, hold: &Hold) -> bool {
    let is = |step: &Step| HoldId::of(ruled.subject(), step) == hold.id;
    let guarded = &ruled.guarded;
    guarded.hold.iter().any(|(step, _)| is(step))
        || guarded.rejected.iter().any(is)
        || guarded.waiting.iter().any(is)
        // It informs about a suspension that is still wanted.
        || (hold.kind == HoldKind::Refused
            && ruled.person.plan.unheld().any(|step| step.change.kind() == provisioning::ChangeKind::Suspension))
}

impl Prepared {
    /// Whether an operator's order about this person is on record.
    fn has_order(&self, person: &ProfileId) -> bool {
        self.known.of(person).iter().any(|(hold, _)| hold.is_order())
    }
}
