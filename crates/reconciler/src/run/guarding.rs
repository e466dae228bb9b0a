//! The guard's questions, answered from Redis: what people ruled, whether the windows have room, what somebody put back.

use super::attributes::{self, Say, Split, split};
use crate::contested::Written;
use crate::holds::{Hold, HoldId, HoldStatus, Holds, Listed};
use crate::observe::Observed;
use crate::reconciler::Parts;
use crate::stop::Stop;
use provisioning::{
    Attribute, ChangeKind, Guarded, HoldKind, LeaverAlarm, Limit, Plan, ProfileId, Ruling, Standing, Step,
    guard,
};
use queue::{Line, Place, Taken};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Whether places in the windows are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reservations {
    /// The run may write: take what it needs.
    Take,
    /// Nothing will be written: only look.
    LookOnly,
}

/// A plan after the guard.
pub(crate) struct Ruled {
    pub(crate) guarded: Guarded,
    /// Windows in which this run took a place, with the kind of change it is for.
    pub(crate) reserved: BTreeMap<String, (ChangeKind, Taken)>,
    /// What waits in, or was approved with, an item about an attribute.
    pub(crate) split: Split,
    /// This person's rows in items that have a say.
    pub(crate) listed: Vec<Listed>,
    subject: ProfileId,
    approved: BTreeSet<HoldId>,
}

impl Ruled {
    /// The hold whose approval let this step through.
    pub(crate) fn approval(&self, step: &Step) -> Option<HoldId> {
        let id = HoldId::of(&self.subject, step);
        if self.approved.contains(&id) {
            return Some(id);
        }
        attributes::attributes(step).find_map(|(attribute, _)| self.split.approved.get(attribute).cloned())
    }

    /// The id under which a held step is on record, or would be: its own, or that of the item that lists it.
    pub(crate) fn hold_id(&self, step: &Step, kind: HoldKind) -> HoldId {
        self.split.hold_id(&self.subject, step, kind)
    }
}

/// The window of an attribute. Kinds of changes have no colon in their names.
pub(crate) fn window_of(attribute: &Attribute) -> String {
    format!("attribute:{}", attribute.as_str())
}

/// What a ruling on record means for the step it is about.
pub(crate) fn ruling_of(hold: &Hold) -> Option<Ruling> {
    match hold.status {
        // Room in a later window does not release what exceeded a limit, nor does time what somebody put back. Any other
        // reason to hold is found again by the plan, or has gone.
        HoldStatus::Open if matches!(hold.kind, HoldKind::Limit | HoldKind::Contested) => Some(Ruling::Open),
        HoldStatus::Approved => Some(Ruling::Approved),
        HoldStatus::Rejected => Some(Ruling::Rejected),
        _ => None,
    }
}

/// A suspension that is held for the limit stays so when Deel's reason for it changes, such as the last day: it is another
/// hold then, and room is no more a yes to it than it was to the first.
pub(crate) fn still_limited(known: &[(Hold, String)], step: &Step) -> Option<Ruling> {
    let suspends = |step: &Step| step.change.kind() == ChangeKind::Suspension;
    let held = known.iter().any(|(hold, _)| {
        hold.status == HoldStatus::Open
            && hold.kind == HoldKind::Limit
            && hold.account == step.account
            && hold.step.as_ref().is_some_and(suspends)
    });
    (held && suspends(step)).then_some(Ruling::Open)
}

/// One person's questions.
struct Asking<'a> {
    parts: &'a Parts,
    subject: &'a ProfileId,
    reservations: Reservations,
    class: Line,
    /// How many accounts are linked, if that was asked already: the windows of one plan share the answer.
    linked: Option<u64>,
    reserved: BTreeMap<String, (ChangeKind, Taken)>,
}

impl Asking<'_> {
    /// Whether a window has room for this person, which is taken if it may be.
    async fn place(&mut self, window: &str, kind: ChangeKind, limit: &Limit) -> Result<bool, Stop> {
        let max = limit.allowed(self.linked().await?);
        let mut free = self.try_place(window, kind, max).await?;
        if !free && limit.percent > 0.0 {
            self.parts.linked.learn(self.parts, self.class).await?;
            // Listed now, or by another run for which this one has waited: what was counted before was too few.
            self.linked = None;
            let learned = limit.allowed(self.linked().await?);
            if learned > max {
                free = self.try_place(window, kind, learned).await?;
            }
        }
        Ok(free)
    }

    /// How many accounts are linked, once the windows are known.
    async fn linked(&mut self) -> Result<u64, Stop> {
        if let Some(linked) = self.linked {
            return Ok(linked);
        }
        self.parts.linked.restore(self.parts, self.class).await?;
        let linked = self.parts.queue.link_count().await?;
        self.linked = Some(linked);
        Ok(linked)
    }

    async fn try_place(&mut self, window: &str, kind: ChangeKind, max: u64) -> Result<bool, Stop> {
        let queue = &self.parts.queue;
        Ok(match self.reservations {
            Reservations::Take => {
                let place = queue.window_take(window, self.subject.as_str(), max).await?;
                if let Place::Taken(taken) = place {
                    self.reserved.insert(window.to_owned(), (kind, taken));
                }
                place != Place::Full
            }
            Reservations::LookOnly => queue.window_used(window).await? < max,
        })
    }
}

/// Asks the guard. Approved changes and operators' orders take no place in a window: a person answers for them. `approved`:
/// what counts as approved beside the holds that are `known`, unless somebody rejected it.
pub(crate) async fn rule(
    parts: &Parts,
    holds: &Holds,
    subject: &ProfileId,
    observed: &Observed,
    (known, approved): (&[(Hold, String)], &[HoldId]),
    reservations: Reservations,
    class: Line,
) -> Result<Ruled, Stop> {
    let mut rulings: HashMap<HoldId, Ruling> =
        known.iter().filter_map(|(hold, _)| Some((hold.id.clone(), ruling_of(hold)?))).collect();
    for id in approved {
        let ruling = rulings.entry(id.clone()).or_insert(Ruling::Approved);
        if *ruling != Ruling::Rejected {
            *ruling = Ruling::Approved;
        }
    }
    let mut plan = observed.plan.clone();
    let written = written(parts, subject, observed).await?;
    contest(&mut plan, &written, observed, known);
    let listed = holds.wide_of(subject).await?;
    let mut asking = Asking { parts, subject, reservations, class, linked: None, reserved: BTreeMap::new() };
    let said = say(&mut asking, holds, &plan, &written, &listed, (known, &rulings)).await?;
    let split = split(&mut plan, |attribute, _, _| said.get(attribute).cloned().unwrap_or(Say::Write));
    let ruling =
        |step: &Step| rulings.get(&HoldId::of(subject, step)).copied().or_else(|| still_limited(known, step));
    let mut room: BTreeMap<ChangeKind, bool> = BTreeMap::new();
    for step in plan.unheld().filter(|step| !step.past_guard && ruling(step).is_none()) {
        let kind = step.change.kind();
        if room.contains_key(&kind) {
            continue;
        }
        let free = match parts.settings.limits.kinds.get(&kind) {
            Some(limit) => asking.place(kind.as_str(), kind, limit).await?,
            None => true,
        };
        room.insert(kind, free);
    }
    let mut guarded = guard(plan, ruling, |kind| room.get(&kind).copied().unwrap_or(false));
    guarded.rejected.extend(split.rejected.iter().cloned());
    let approved =
        rulings.into_iter().filter(|(_, ruling)| *ruling == Ruling::Approved).map(|(id, _)| id).collect();
    let reserved = asking.reserved;
    Ok(Ruled { guarded, reserved, split, listed, subject: subject.clone(), approved })
}

/// What we wrote lately, without what Deel itself changed since.
async fn written(parts: &Parts, subject: &ProfileId, observed: &Observed) -> Result<Written, Stop> {
    let mut written = Written::of(&parts.queue, subject, parts.clock.now()).await?;
    if observed.desired.person.is_some() {
        let left = observed.plan.standing.as_ref();
        let left = left.is_some_and(|life| matches!(life.standing, Standing::Left { .. }));
        let outdated = written.outdated(&observed.desired, left, &parts.settings.policy);
        parts.queue.written_forget(subject.as_str(), &outdated).await?;
        written.forget(&outdated);
    }
    Ok(written)
}

/// Whether a step of this id is held as contested, whatever was decided about it.
fn contested(known: &[(Hold, String)], id: &HoldId) -> bool {
    known.iter().any(|(hold, _)| hold.kind == HoldKind::Contested && hold.status.is_live() && hold.id == *id)
}

/// Holds whole changes that somebody undid within a day. A suspension that was undone by hand stays an alarm.
fn contest(plan: &mut Plan, written: &Written, observed: &Observed, known: &[(Hold, String)]) {
    let subject = plan.subject.clone();
    for step in plan.steps.iter_mut().filter(|step| step.hold.is_none() && !step.past_guard) {
        let kind = step.change.kind();
        let whole =
            matches!(kind, ChangeKind::Suspension | ChangeKind::Reactivation | ChangeKind::EmailChange);
        let account = step.account.as_ref().and_then(|id| observed.account(id));
        let again = || written.repeats_change(&step.change, account);
        if whole && (contested(known, &HoldId::of(&subject, step)) || again()) {
            step.hold = Some(HoldKind::Contested);
            if kind == ChangeKind::Suspension {
                plan.alarm = Some(LeaverAlarm { reason: HoldKind::Contested });
            }
        }
    }
}

/// What is said of each attribute that the plan would update.
async fn say(
    asking: &mut Asking<'_>,
    holds: &Holds,
    plan: &Plan,
    written: &Written,
    listed: &[Listed],
    (known, rulings): (&[(Hold, String)], &HashMap<HoldId, Ruling>),
) -> Result<BTreeMap<Attribute, Say>, Stop> {
    let mut said = BTreeMap::new();
    for step in plan.unheld().filter(|step| !step.past_guard) {
        // A ruling about the update as a whole stands above what is said of its parts.
        let whole = HoldId::of(asking.subject, step);
        if rulings.contains_key(&whole) && !contested(known, &whole) {
            continue;
        }
        for (attribute, change) in attributes::attributes(step) {
            let Some(alone) = attributes::alone(step, attribute) else { continue };
            let alone = HoldId::of(asking.subject, &alone);
            let ruling = rulings.get(&alone).copied();
            let (name, before) = (attribute.as_str(), change.before.as_deref());
            let row = listed.iter().find(|row| row.is(name, before, &change.after)).or_else(|| {
                // Listed with other values: the item is not decided, so it lists these now.
                let open =
                    |row: &&Listed| row.attribute() == Some(name) && row.hold.status == HoldStatus::Open;
                listed.iter().find(open)
            });
            // What was rejected by itself, as what was taken back is, stays so, whatever an item says of others.
            let rejected = ruling == Some(Ruling::Rejected);
            let word = match row.filter(|_| !rejected).map(|row| (&row.hold.id, row.hold.status)) {
                Some((id, HoldStatus::Approved)) => Say::Approved(id.clone()),
                Some((_, HoldStatus::Rejected)) => Say::Rejected,
                Some((id, _)) => Say::Wide(id.clone()),
                // Ruled on by itself, as what was taken back is.
                None if ruling.is_some()
                    || contested(known, &alone)
                    || written.repeats(name, before, &change.after) =>
                {
                    Say::Contested
                }
                None => {
                    let limit = asking.parts.settings.limits.attribute;
                    match asking.place(&window_of(attribute), ChangeKind::Update, &limit).await? {
                        true => Say::Write,
                        false => Say::Wide(holds.wide_id(name).await?),
                    }
                }
            };
            said.insert(*attribute, word);
        }
    }
    Ok(said)
}
