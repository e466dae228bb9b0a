//! Holds in Redis, and the decisions operators make about them.

use super::{Hold, HoldFilter, HoldId, HoldStatus};
use crate::clock::Clock;
use crate::orders;
use crate::trail::{DecisionRecord, OrderRecord, Record, Trail};
use jiff::Timestamp;
use provisioning::{ChangeKind, HoldKind, ProfileId};
use queue::{Add, JobKey, Line, NewHold, Queue, QueueError, Trigger};
use std::sync::Arc;

/// Holds per call when all are listed.
const PAGE: usize = 500;

/// Why a decision about a hold was not taken.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// There is no such hold.
    #[error("there is no hold {0}")]
    NotFound(HoldId),
    /// The hold was decided before, or is no longer planned.
    #[error("hold {id} is {status}; only an open, approved or rejected one can be decided")]
    Closed {
        /// The hold.
        id: HoldId,
        /// Where it stands.
        status: HoldStatus,
    },
    /// The hold proposes nothing that could be done: its cause has to be mended in Deel or `JumpCloud`.
    #[error("hold {0} cannot be approved: its cause has to be mended in Deel or JumpCloud")]
    NotApprovable(HoldId),
    /// Only an operator's order is released; others are approved or rejected.
    #[error("hold {0} is not an operator's order; approve or reject it")]
    NotAnOrder(HoldId),
    /// An operator's order is released, neither approved nor rejected.
    #[error("hold {0} is an operator's order; release it")]
    AnOrder(HoldId),
    /// Somebody else decided at the same moment; look again.
    #[error("hold {0} was changed by somebody else meanwhile")]
    Raced(HoldId),
    /// Redis did not answer.
    #[error("the holds cannot be read or written")]
    Queue(#[from] QueueError),
}

/// The holds on record. Needs Redis only.
#[derive(Clone)]
pub struct Holds {
    pub(super) queue: Queue,
    trail: Trail,
    pub(super) clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Holds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holds").finish_non_exhaustive()
    }
}

impl Holds {
    /// The holds in this Redis. Decided ones are kept for the queue's retention.
    #[must_use]
    pub fn new(queue: Queue, trail: Trail, clock: Arc<dyn Clock>) -> Self {
        Self { queue, trail, clock }
    }

    /// Lists holds, oldest first.
    ///
    /// # Errors
    /// [`HoldError::Queue`].
    pub async fn list(&self, filter: &HoldFilter) -> Result<Vec<Hold>, HoldError> {
        let mut found = Vec::new();
        if let Some(person) = &filter.person {
            found.extend(self.of_person(person).await?.into_iter().map(|(hold, _)| hold));
            found.extend(self.wide_of(person).await?.into_iter().map(|listed| listed.hold));
        } else {
            found = self.collect(true, |(hold, _)| hold).await?;
            if filter.statuses.iter().any(|status| !status.is_live()) {
                found.extend(self.collect(false, |(hold, _)| hold).await?);
            }
        }
        found.retain(|hold| filter.matches(hold));
        for hold in &mut found {
            self.count(hold).await?;
        }
        found.sort_by(|a, b| a.created_at.cmp(&b.created_at).then_with(|| a.id.cmp(&b.id)));
        Ok(found)
    }

    /// One hold.
    ///
    /// # Errors
    /// [`HoldError::NotFound`], [`HoldError::Queue`].
    pub async fn show(&self, id: &HoldId) -> Result<Hold, HoldError> {
        let (mut hold, _) = self.read(id).await?;
        self.count(&mut hold).await?;
        Ok(hold)
    }

    /// Says yes: the change is made by the next run, which is asked for at once, beyond any limit. A yes to the suspension
    /// of a leaver's account that is to be adopted is one to the link it needs.
    ///
    /// # Errors
    /// [`HoldError`]; nothing has changed then, except that Redis may have failed between the decision and asking for
    /// the run, in which case approving again helps.
    pub async fn approve(&self, id: &HoldId, by: &str, note: Option<&str>) -> Result<Hold, HoldError> {
        let (hold, json) = self.live(id).await?;
        if hold.is_order() {
            return Err(HoldError::AnOrder(id.clone()));
        }
        if !hold.approvable() {
            return Err(HoldError::NotApprovable(id.clone()));
        }
        self.approve_needed(&hold, by, note).await?;
        let hold = self.decide(hold, &json, HoldStatus::Approved, Some(by), note).await?;
        match &hold.wide {
            Some(_) => self.ask_listed(&hold, "operator:approve").await?,
            None => self.ask(&hold, "operator:approve").await?,
        }
        Ok(hold)
    }

    /// Only the link of an adoption goes with the step that needs it: whose account a relink takes is a question of its own.
    async fn approve_needed(&self, hold: &Hold, by: &str, note: Option<&str>) -> Result<(), HoldError> {
        let (Some(step), Some(person)) = (&hold.step, &hold.person) else { return Ok(()) };
        if step.needs != Some(ChangeKind::Link) {
            return Ok(());
        }
        for (needed, json) in self.of_person(person).await? {
            let goes_with = needed.kind == HoldKind::Adoption && needed.change() == ChangeKind::Link;
            if goes_with && needed.status == HoldStatus::Open && needed.account == hold.account {
                self.decide(needed, &json, HoldStatus::Approved, Some(by), note).await?;
            }
        }
        Ok(())
    }

    /// Says no, until a value on either side changes.
    ///
    /// # Errors
    /// [`HoldError`]; nothing has changed then.
    pub async fn reject(&self, id: &HoldId, by: &str, note: Option<&str>) -> Result<Hold, HoldError> {
        let (hold, json) = self.live(id).await?;
        if hold.is_order() {
            return Err(HoldError::AnOrder(id.clone()));
        }
        self.decide(hold, &json, HoldStatus::Rejected, Some(by), note).await
    }

    /// Takes an operator's order back, and asks for a run that may reactivate the account. Where Redis lost the order and
    /// only the mark on the account is left, this approves the reactivation.
    ///
    /// # Errors
    /// [`HoldError`].
    pub async fn release(&self, id: &HoldId, by: &str, note: Option<&str>) -> Result<Hold, HoldError> {
        let (hold, json) = self.live(id).await?;
        if hold.kind != HoldKind::Operator {
            return Err(HoldError::NotAnOrder(id.clone()));
        }
        if hold.step.is_some() {
            return self.approve(id, by, note).await;
        }
        let now = self.clock.now();
        // The order first: if Redis fails in between, releasing again finds the hold still open.
        let Some(person) = hold.person.clone() else { return Err(HoldError::NotAnOrder(id.clone())) };
        orders::release(&self.queue, &person, now).await?;
        let hold = self.decide(hold, &json, HoldStatus::Released, Some(by), note).await?;
        self.trail
            .put(Record::Order(OrderRecord {
                at: now,
                person,
                hold: hold.id.clone(),
                by: by.to_owned(),
                reason: note.unwrap_or_default().to_owned(),
                in_force: false,
            }))
            .await?;
        self.ask(&hold, "operator:release").await?;
        Ok(hold)
    }

    /// The hold of an operator's order to suspend this person, while the order is in force.
    ///
    /// # Errors
    /// [`HoldError::Queue`].
    pub async fn order_in_force(&self, person: &ProfileId) -> Result<Option<HoldId>, HoldError> {
        let order = orders::get(&self.queue, person).await?;
        Ok(order.filter(orders::Order::in_force).map(|order| order.hold))
    }

    /// Everything on record about one person, with the documents as they are stored.
    pub(crate) async fn of_person(&self, person: &ProfileId) -> Result<Vec<(Hold, String)>, QueueError> {
        let stored = self.queue.holds_of_person(person.as_str()).await?;
        Ok(stored.into_iter().filter_map(read).collect())
    }

    /// Puts a new hold on record, or opens a closed one of the same id again. `true` if it was not open before.
    pub(crate) async fn open(&self, hold: &Hold, before: Option<&str>) -> Result<bool, QueueError> {
        let new = new_hold(hold)?;
        match before {
            Some(before) => self.queue.hold_replace(&new.id, before, &new.json, true).await,
            None => self.queue.hold_open(&new).await,
        }
    }

    /// Everything that still has a say, with the documents as they are stored.
    pub(crate) async fn all_live(&self) -> Result<Vec<(Hold, String)>, QueueError> {
        self.collect(true, |known| known).await
    }

    /// Puts new holds on record, opening closed ones of the same id again; says of each whether it was not open before.
    pub(crate) async fn open_all(&self, holds: &[Hold]) -> Result<Vec<bool>, QueueError> {
        let new = holds.iter().map(new_hold).collect::<Result<Vec<_>, _>>()?;
        let mut opened = self.queue.holds_open(&new).await?;
        for (hold, opened) in holds.iter().zip(&mut opened).filter(|(_, opened)| !**opened) {
            let before = self.queue.hold(hold.id.as_str()).await?.filter(|before| !before.open);
            if let Some(before) = before {
                *opened = self.open(hold, Some(&before.json)).await?;
            }
        }
        Ok(opened)
    }

    /// Closes a hold that a run settled or no longer plans, unless somebody decided about it meanwhile.
    pub(crate) async fn close(&self, hold: Hold, json: &str, status: HoldStatus) -> Result<(), QueueError> {
        match self.decide(hold, json, status, None, None).await {
            Ok(_) | Err(HoldError::Raced(_)) => Ok(()),
            Err(HoldError::Queue(error)) => Err(error),
            Err(_) => Err(QueueError::Data("a hold that cannot be closed")),
        }
    }

    pub(super) async fn decide(
        &self,
        mut hold: Hold,
        json: &str,
        status: HoldStatus,
        by: Option<&str>,
        note: Option<&str>,
    ) -> Result<Hold, HoldError> {
        let now = self.clock.now();
        hold.status = status;
        hold.decided_at = Some(now);
        hold.decided_by = by.map(str::to_owned).or(hold.decided_by);
        hold.note = note.map(str::to_owned).or(hold.note);
        if !self.replace(&mut hold, json).await? {
            return Err(HoldError::Raced(hold.id));
        }
        let person = hold.person.as_ref().map(ToString::to_string).unwrap_or_default();
        tracing::info!(
            hold.id = %hold.id, hold.kind = %hold.kind, hold.status = %status, person.id = person, "hold decided"
        );
        let record = decision(&hold, status, now, by, note);
        self.trail.put(Record::Decision(record)).await?;
        Ok(hold)
    }

    /// Writes a hold's new status, if it is still as it was read.
    async fn replace(&self, hold: &mut Hold, json: &str) -> Result<bool, QueueError> {
        let (queue, id, live) = (&self.queue, hold.id.clone(), hold.status.is_live());
        let Some(wide) = &mut hold.wide else {
            return queue.hold_replace(id.as_str(), json, &write(hold)?, live).await;
        };
        let attribute = wide.attribute.clone();
        if live {
            wide.left = queue.wide_count(id.as_str()).await?;
            wide.people = wide.people.max(wide.left);
            queue.wide_seal(id.as_str(), &attribute, json, &write(hold)?).await
        } else {
            wide.left = 0;
            queue.wide_close(id.as_str(), &attribute, json, &write(hold)?).await
        }
    }

    async fn ask(&self, hold: &Hold, trigger: &str) -> Result<(), QueueError> {
        let Some(person) = &hold.person else { return Ok(()) };
        let key = JobKey::Person(person.to_string());
        // Hundreds of approved links must not keep a leaver waiting.
        let urgent = hold.leaver || hold.change() == ChangeKind::Suspension;
        let line = if urgent { Line::Urgent } else { Line::Events };
        self.queue.add(&Add { key, line, trigger: Trigger::new(trigger), look: None }).await?;
        Ok(())
    }

    pub(super) async fn live(&self, id: &HoldId) -> Result<(Hold, String), HoldError> {
        let (hold, json) = self.read(id).await?;
        if hold.status.is_live() {
            Ok((hold, json))
        } else {
            Err(HoldError::Closed { id: id.clone(), status: hold.status })
        }
    }

    pub(super) async fn read(&self, id: &HoldId) -> Result<(Hold, String), HoldError> {
        let stored = self.queue.hold(id.as_str()).await?.ok_or_else(|| HoldError::NotFound(id.clone()))?;
        read(stored).ok_or(HoldError::Queue(QueueError::Data("a hold that cannot be read")))
    }

    /// Reads all that are open, or all that are not, page by page, and keeps of each what is asked for.
    async fn collect<T>(&self, open: bool, keep: fn((Hold, String)) -> T) -> Result<Vec<T>, QueueError> {
        let (mut found, mut offset) = (Vec::new(), 0);
        loop {
            let page = self.queue.holds(open, offset, PAGE).await?;
            let rows = page.items.len();
            found.extend(page.items.into_iter().filter_map(read).map(keep));
            offset += rows;
            if rows < PAGE {
                return Ok(found);
            }
        }
    }
}

fn decision(
    hold: &Hold,
    status: HoldStatus,
    at: Timestamp,
    by: Option<&str>,
    note: Option<&str>,
) -> DecisionRecord {
    DecisionRecord {
        at,
        hold: hold.id.clone(),
        kind: hold.kind,
        person: hold.person.clone(),
        decision: status.as_str().to_owned(),
        by: by.map(str::to_owned),
        note: note.map(str::to_owned),
    }
}

fn new_hold(hold: &Hold) -> Result<NewHold, QueueError> {
    let person = hold.person.as_ref().map(ToString::to_string).unwrap_or_default();
    Ok(NewHold { id: hold.id.to_string(), person, json: write(hold)? })
}

pub(super) fn write(hold: &Hold) -> Result<String, QueueError> {
    serde_json::to_string(hold).map_err(|_| QueueError::Data("a hold that cannot be written"))
}

/// A document of another version or edited by hand is passed over, loudly: it must not stop the others.
pub(super) fn read(stored: queue::Hold) -> Option<(Hold, String)> {
    match serde_json::from_str(&stored.json) {
        Ok(hold) => Some((hold, stored.json)),
        Err(error) => {
            tracing::error!(hold.id = %stored.id, line = error.line(), "a hold in Redis cannot be read");
            None
        }
    }
}
