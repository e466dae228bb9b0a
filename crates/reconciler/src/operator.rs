//! What operators ask for by hand: a plan, a sync, a suspension, whom they mean.

use crate::convert;
use crate::holds::{Hold, HoldId};
use crate::observe::{Observed, Observer};
use crate::orders::{self, Order};
use crate::reconciler::{
    Ordered, Planned, PlannedHold, Reconciler, Report, RequestError, waits_for_a_decision,
};
use crate::run::{Reservations, Ruled, rule};
use crate::settings::Mode;
use crate::trail::{OrderRecord, Outcome, Record};
use crate::vendor::{found_stop, jumpcloud_stop};
use jumpcloud::{Key, UserRecord};
use provisioning::{HoldKind, ProfileId, Stamp, Step, check};
use queue::{Add, Claim, JobKey, Line, Trigger, Vendor};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How often a lease that somebody else has is asked for again.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// What asks for an order to be carried out. The queue lets it go on while Deel is away.
pub(crate) const ORDERED: &str = "operator:suspend";

impl Reconciler {
    /// Says what a sync of this person would do now, and why. Records and writes nothing, and needs no writer.
    ///
    /// # Errors
    /// [`RequestError::Stopped`] if a vendor did not answer or refused; [`RequestError::Unsafe`];
    /// [`RequestError::Queue`].
    pub async fn plan_person(&self, person: &ProfileId) -> Result<Planned, RequestError> {
        let parts = self.parts();
        let now = parts.clock.now();
        let stamp = Stamp { now, run: crate::clock::run_id(now) };
        let mut session = parts.session(Line::Urgent);
        let nothing_known = BTreeSet::new();
        let mut observer = Observer {
            parts,
            session: &mut session,
            subject: person,
            stamp: &stamp,
            emails: self.emails(),
            known_taken: &nothing_known,
            holds: self.holds_ref(),
            listed: &[],
        };
        let observed: Observed = Box::pin(observer.observe()).await?;
        check(&observed.plan, &observed.desired, &observed.actual, &parts.settings.policy, stamp.now)
            .map_err(|violations| {
                RequestError::Unsafe(
                    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
                )
            })?;
        let known = self.holds_ref().of_person(person).await?;
        let look = Reservations::LookOnly;
        let mut ruled =
            rule(parts, self.holds_ref(), person, &observed, (&known, &[]), look, Line::Urgent).await?;
        let held = std::mem::take(&mut ruled.guarded.hold);
        let held = held
            .into_iter()
            .map(|(step, kind)| planned_hold(&observed, &ruled, &known, step, kind))
            .collect();
        let guarded = ruled.guarded;
        Ok(Planned {
            found: observed.desired.person.is_some(),
            linked: !observed.actual.linked.is_empty(),
            order: observed.order.as_ref().filter(|order| order.in_force()).map(|order| order.hold.clone()),
            plan: observed.plan,
            apply: guarded.apply,
            held,
            rejected: guarded.rejected,
        })
    }

    /// Syncs one person now, under the same lease and path as a job. Waits at most `patience` for a lease that another
    /// worker has. What a vendor kept from being done stays in the queue as a job.
    ///
    /// # Errors
    /// [`RequestError::Busy`], [`RequestError::Queue`]. A run that failed is not an error: see the report.
    pub async fn sync_person(
        &self,
        person: &ProfileId,
        worker: &str,
        patience: Duration,
    ) -> Result<Report, RequestError> {
        let Some(claim) = self.claim(person, worker, &Trigger::new("operator:sync"), patience).await? else {
            return Err(RequestError::Busy(person.clone()));
        };
        self.run_claimed(person, claim).await
    }

    /// Suspends a person's account at once, past the guard, and keeps it suspended until the hold is released. Works
    /// while Deel is down or does not know the person: the order is the evidence, the link finds the account.
    ///
    /// # Errors
    /// [`RequestError::ObserveMode`] and [`RequestError::Nobody`], and nothing is on record; [`RequestError::OrderWaits`]: the order is on record
    /// and is carried out on `resume`; [`RequestError::Queue`].
    pub async fn suspend(
        &self,
        person: &ProfileId,
        reason: &str,
        by: &str,
        worker: &str,
        patience: Duration,
    ) -> Result<Ordered, RequestError> {
        if self.mode() == Mode::Observe {
            return Err(RequestError::ObserveMode);
        }
        if !self.is_anybody(person).await? {
            return Err(RequestError::Nobody(person.clone()));
        }
        let hold = self.order(person, reason, by).await?;
        // Should this process die here, the job carries the order out all the same.
        let trigger = Trigger::new(ORDERED);
        let key = JobKey::Person(person.to_string());
        let Some(claim) = self.claim(person, worker, &trigger, patience).await? else {
            let add = Add { key, line: Line::Urgent, trigger, look: None };
            self.parts().queue.add(&add).await?;
            return Ok(Ordered { hold, report: None });
        };
        let report = self.run_claimed(person, claim).await?;
        if report.outcome == Outcome::Interrupted && self.parts().queue.paused().await?.is_some() {
            return Err(RequestError::OrderWaits { person: person.clone(), hold });
        }
        Ok(Ordered { hold, report: Some(report) })
    }

    /// Puts the order and its hold on record. An order in force stays the one it is, with the new reason.
    async fn order(&self, person: &ProfileId, reason: &str, by: &str) -> Result<HoldId, RequestError> {
        let parts = self.parts();
        let now = parts.clock.now();
        let known = orders::get(&parts.queue, person).await?.filter(Order::in_force);
        let at = known.as_ref().map_or(now, |order| order.at);
        let id = known.map_or_else(|| HoldId::of_order(person, at), |order| order.hold);
        let order =
            Order { at, by: by.to_owned(), reason: reason.to_owned(), hold: id.clone(), released_at: None };
        orders::set(&parts.queue, person, &order).await?;
        let hold = Hold {
            person: Some(person.clone()),
            note: Some(reason.to_owned()),
            ..Hold::opened(id.clone(), HoldKind::Operator, crate::clock::run_id(now), at)
        };
        self.holds_ref().open(&hold, None).await?;
        let record = OrderRecord {
            at: now,
            person: person.clone(),
            hold: id.clone(),
            by: by.to_owned(),
            reason: reason.to_owned(),
            in_force: true,
        };
        self.trail().put(Record::Order(record)).await?;
        tracing::warn!(person.id = %person, hold.id = %id, "an operator ordered a suspension");
        Ok(id)
    }

    pub(crate) async fn claim(
        &self,
        person: &ProfileId,
        worker: &str,
        trigger: &Trigger,
        patience: Duration,
    ) -> Result<Option<Claim>, RequestError> {
        let key = JobKey::Person(person.to_string());
        let asked = Instant::now();
        loop {
            if let Some(claim) = self.parts().queue.claim_one(&key, worker, trigger).await? {
                return Ok(Some(claim));
            }
            if asked.elapsed() >= patience {
                return Ok(None);
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    async fn run_claimed(&self, person: &ProfileId, claim: Claim) -> Result<Report, RequestError> {
        let report = self.run(person, &claim).await;
        claim.finish(report.verdict.clone()).await?;
        Ok(report)
    }

    /// Finds the person an operator means: a Deel profile id, or a `JumpCloud` account's id, username or email, which
    /// is followed to the person it is linked to.
    ///
    /// # Errors
    /// [`RequestError::UnknownPerson`], [`RequestError::Stopped`], [`RequestError::Queue`].
    pub async fn resolve_person(&self, text: &str) -> Result<ProfileId, RequestError> {
        let text = text.trim();
        let profile = ProfileId::parse(text).ok();
        // Deel documents its profile ids as UUIDs; a username could not be told from another id.
        if let Some(id) = profile.as_ref().filter(|id| id.is_uuid()) {
            return Ok(id.clone());
        }
        let found = Box::pin(self.accounts_of(text)).await?;
        match (found.as_slice(), profile) {
            ([one], _) => self.linked_person(one),
            // Not every profile id need be a UUID.
            ([], Some(profile)) => Ok(profile),
            ([], None) => Err(RequestError::UnknownPerson(
                "no JumpCloud account has that id, username or email, and it is not a Deel profile id. The profile id is the \
                 last part of the address of the person's page in Deel, and `deelsync plan` and `holds list` show it",
            )),
            _ => Err(RequestError::UnknownPerson(
                "more than one JumpCloud account answers to that; name its id",
            )),
        }
    }

    async fn accounts_of(&self, text: &str) -> Result<Vec<UserRecord>, RequestError> {
        let parts = self.parts();
        let mut session = parts.session(Line::Urgent);
        if is_object_id(text) {
            let read = parts.jumpcloud.account(text);
            match session.call(Vendor::JumpCloud, "account", read).await? {
                Ok(record) => return Ok(vec![record]),
                Err(jumpcloud::Error::NotFound) => {}
                Err(error) => return Err(jumpcloud_stop(error).into()),
            }
        }
        let (key, operation) = if text.contains('@') {
            (Key::Email, "find_by_email")
        } else {
            (Key::Username, "find_by_username")
        };
        let pace = session.pace(Vendor::JumpCloud);
        let found =
            session.call(Vendor::JumpCloud, operation, parts.jumpcloud.find_paced(key, text, pace)).await?;
        found.map_err(|error| RequestError::from(found_stop(error)))
    }

    fn linked_person(&self, record: &UserRecord) -> Result<ProfileId, RequestError> {
        let link = convert::link_of(record, &self.parts().settings.policy.link);
        link.and_then(|link| ProfileId::parse(link).ok()).ok_or(RequestError::UnknownPerson(
            "that JumpCloud account is not linked to a person in Deel; name the Deel profile id, which `deelsync plan` and \
             `holds list` show",
        ))
    }
}

fn planned_hold(
    observed: &Observed,
    ruled: &Ruled,
    known: &[(Hold, String)],
    step: Step,
    kind: HoldKind,
) -> PlannedHold {
    let id = ruled.hold_id(&step, kind);
    let mut on_record = known.iter().map(|(hold, _)| hold).chain(ruled.listed.iter().map(|row| &row.hold));
    let on_record = on_record.any(|hold| hold.id == id && hold.status.is_live());
    let approvable = waits_for_a_decision(&observed.plan, &step, kind);
    PlannedHold { id, kind, step, on_record, approvable }
}

/// `JumpCloud`'s ids are 24 hexadecimal digits.
fn is_object_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit())
}
