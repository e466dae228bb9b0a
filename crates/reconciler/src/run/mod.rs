//! One look at one person: observe → plan → check → guard → apply, and what is written down about it.

mod acts;
mod attributes;
mod exact;
mod guarding;
mod record;
mod refusal;
mod schedule;
mod settle;
mod steps;
mod verdict;
mod widely;

pub use acts::{Activate, At};
pub(crate) use acts::{Manual, NotDone};
pub(crate) use attributes::{Say, Split, alone, split};
pub(crate) use guarding::{Reservations, Ruled, rule, ruling_of, still_limited};
pub(crate) use record::worth_keeping;
pub(crate) use settle::{keeps_leaver, tell_held};
pub(crate) use verdict::{of_stop, timer_of};
pub(crate) use widely::Widely;

use crate::apply::Applier;
use crate::emails::Emails;
use crate::holds::Holds;
use crate::observe::{Observed, Observer};
use crate::orders;
use crate::reconciler::Parts;
use crate::session::Session;
use crate::settings::Apply;
use crate::stop::Stop;
use crate::trail::{ChangeResult, RunRecord};
use jumpcloud::Writer;
use provisioning::{ChangeKind, Person, ProfileId, RunId, Stamp, Step, check};
use queue::{Lease, Verdict};
use std::collections::BTreeSet;
use std::time::Instant;

/// How often one run observes again because the account or the reads changed under it.
const MOST_ROUNDS: usize = 4;

/// How a run came to its end, before that is turned into an outcome and a verdict.
pub(crate) enum Ending {
    /// The plan was carried out as far as the guard lets it.
    Finished {
        /// The last observation.
        observed: Box<Observed>,
    },
    /// Observe mode: the plan and what the guard would say are on the record.
    Planned {
        /// The observation.
        observed: Box<Observed>,
    },
    /// The plan breaks a rule that plans must keep. Nothing of it was applied.
    Unsafe(String),
    /// The run was to do certain steps exactly, and the plan made now is another one. Nothing of it was applied.
    Otherwise(String),
}

/// What a run over everyone says to the run of one person that is part of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    /// The run over everyone.
    pub(crate) of: Option<RunId>,
    /// Nothing but these steps, and these exactly.
    pub(crate) exactly: Option<std::sync::Arc<[Step]>>,
    /// Who else has the account's work email by the list of everyone.
    pub(crate) claimants: Vec<ProfileId>,
}

/// One run in progress.
pub(crate) struct Run<'a> {
    part: Part,
    parts: &'a Parts,
    holds: &'a Holds,
    emails: &'a Emails,
    subject: &'a ProfileId,
    lease: &'a Lease,
    stamp: Stamp,
    session: Session,
    record: RunRecord,
    taken: BTreeSet<String>,
    first_write: Option<jiff::Timestamp>,
    /// The suspension that did not go through in the present round.
    refused: Option<Step>,
    schedule_left: bool,
    /// The link this run has written.
    linked: Option<Step>,
    started: Instant,
}

impl<'a> Run<'a> {
    pub(crate) fn new(
        parts: &'a Parts,
        holds: &'a Holds,
        emails: &'a Emails,
        subject: &'a ProfileId,
        lease: &'a Lease,
    ) -> Self {
        let now = parts.clock.now();
        let stamp = Stamp { now, run: crate::clock::run_id(now) };
        let mut session = parts.session(lease.line).under(lease);
        session.for_order = lease.trigger.as_str() == crate::operator::ORDERED;
        let record = record::begin(parts, subject, lease, &stamp);
        Self {
            part: Part::default(),
            parts,
            holds,
            emails,
            subject,
            lease,
            stamp,
            session,
            record,
            taken: BTreeSet::new(),
            first_write: None,
            refused: None,
            schedule_left: false,
            linked: None,
            started: Instant::now(),
        }
    }

    /// As a part of a run over everyone.
    pub(crate) fn part(mut self, part: Part) -> Self {
        self.record.of.clone_from(&part.of);
        self.part = part;
        self
    }

    /// Runs to the end, and says how it went, what becomes of the job, and whether the vendors and Redis answered.
    pub(crate) async fn go(mut self) -> (RunRecord, Verdict, bool) {
        let end = self.rounds().await;
        record::finish(&mut self.record, &end, self.first_write, self.started, &mut self.session);
        let verdict = verdict::of(&end, &self.record, self.lease, self.stamp.now);
        let verdict =
            if self.part.exactly.is_some() { verdict::exactly(verdict, self.lease) } else { verdict };
        let verdict = if self.schedule_left { schedule::look_again(verdict, self.lease) } else { verdict };
        record::report(&self.record, &end);
        let answered = !matches!(&end, Err(stop) if stop.is_silence());
        (self.record, verdict, answered)
    }

    async fn rounds(&mut self) -> Result<Ending, Stop> {
        for round in 1..=MOST_ROUNDS {
            let observed = self.observe().await?;
            record::observed(&mut self.record, &observed);
            let policy = &self.parts.settings.policy;
            if let Err(violations) =
                check(&observed.plan, &observed.desired, &observed.actual, policy, self.stamp.now)
            {
                let words: Vec<_> = violations.iter().map(ToString::to_string).collect();
                self.refuse_due(&observed).await?;
                return Ok(Ending::Unsafe(words.join("; ")));
            }
            let known = self.holds.of_person(self.subject).await?;
            match &self.parts.apply {
                Apply::Observe => {
                    let ruled = rule(
                        self.parts,
                        self.holds,
                        self.subject,
                        &observed,
                        (&known, &[]),
                        Reservations::LookOnly,
                        self.session.class,
                    )
                    .await?;
                    record::would(&mut self.record, &observed, &ruled, policy);
                    return Ok(Ending::Planned { observed: Box::new(observed) });
                }
                Apply::Enforce(writer) => {
                    let exactly = self.exactly();
                    let otherwise =
                        exactly.as_ref().and_then(|exactly| exact::otherwise(&observed.plan, exactly));
                    if let Some(words) = otherwise {
                        return Ok(Ending::Otherwise(words));
                    }
                    let approved = exactly.as_ref().map(|exactly| self.approving(exactly));
                    let mut ruled = rule(
                        self.parts,
                        self.holds,
                        self.subject,
                        &observed,
                        (&known, approved.as_deref().unwrap_or_default()),
                        Reservations::Take,
                        self.session.class,
                    )
                    .await?;
                    if let Some(exactly) = &exactly {
                        exact::only(&mut ruled, self.subject, exactly);
                    }
                    let again = self.apply(writer, &observed, &ruled).await;
                    self.give_back(&ruled).await;
                    let finished = matches!(again, Ok(false));
                    self.settle_refusal(&observed, &known, finished).await?;
                    if again? {
                        let late = round == MOST_ROUNDS && self.overdue();
                        if late && self.tried_in_vain(ChangeKind::Suspension) {
                            self.refuse_due(&observed).await?;
                        }
                        self.settle_link(known).await?;
                        continue;
                    }
                    self.settle_holds(&observed, &ruled, known).await?;
                    self.cancel_leftovers(writer, &observed).await?;
                    self.settle_order(&observed).await?;
                    return Ok(Ending::Finished { observed: Box::new(observed) });
                }
            }
        }
        Err(Stop::Moved)
    }

    async fn observe(&mut self) -> Result<Observed, Stop> {
        self.observer().observe().await
    }

    fn observer(&mut self) -> Observer<'_> {
        Observer {
            parts: self.parts,
            session: &mut self.session,
            subject: self.subject,
            stamp: &self.stamp,
            emails: self.emails,
            known_taken: &self.taken,
            holds: self.holds,
            listed: &self.part.claimants,
        }
    }

    fn applier<'b>(
        &'b mut self,
        writer: &'b Writer,
        person: Option<&'b Person>,
        read_at: Instant,
    ) -> Applier<'b> {
        Applier {
            parts: self.parts,
            writer,
            lease: self.lease,
            session: &mut self.session,
            subject: self.subject,
            person,
            read_at,
            created: None,
            taken: &mut self.taken,
            first_write: &mut self.first_write,
            schedule_left: &mut self.schedule_left,
        }
    }

    /// Once a released person's account carries no operator's mark any more, the order is history.
    async fn settle_order(&self, observed: &Observed) -> Result<(), Stop> {
        let released = observed.order.as_ref().is_some_and(|order| order.released_at.is_some());
        if !released || observed.desired.person.is_none() {
            return Ok(());
        }
        let reactivated = self.done(ChangeKind::Reactivation);
        let marked = observed.actual.linked.iter().any(|account| {
            account.is_suspended()
                && account.mark.as_ref().is_some_and(|mark| mark.by == provisioning::MarkedBy::Operator)
        });
        // Read again: a new order may have come meanwhile, and must stay.
        if (reactivated || !marked)
            && orders::get(&self.parts.queue, self.subject)
                .await?
                .is_some_and(|order| order.released_at.is_some())
        {
            self.parts.queue.order_remove(self.subject.as_str()).await?;
        }
        Ok(())
    }

    /// Whether a change was due, and what it rests on did not hold until it could be written.
    fn tried_in_vain(&self, kind: ChangeKind) -> bool {
        let last = self.record.changes.iter().rev().find(|change| change.kind == kind);
        last.is_some_and(|change| change.result == ChangeResult::NotBegun)
    }

    fn done(&self, kind: ChangeKind) -> bool {
        self.record.changes.iter().any(|change| change.kind == kind && change.result == ChangeResult::Done)
    }
}

impl Observed {
    /// Without Deel only an operator's order is carried out.
    pub(crate) fn may_apply(&self, step: &Step) -> bool {
        self.without_deel.is_none() || step.past_guard
    }
}
