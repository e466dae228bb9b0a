//! What the guard says of everyone: what people ruled is read once, and places in the windows are counted, not taken.

use crate::holds::{Hold, HoldId, HoldStatus, Holds};
use crate::reconciler::{Parts, PlannedHold, waits_for_a_decision};
use crate::run::{Say, Split, Widely, alone, ruling_of, split, still_limited};
use crate::stop::Stop;
use provisioning::{
    Attribute, ChangeKind, Guarded, HoldKind, LeaverAlarm, Limits, PersonPlan, Plan, ProfileId, Ruling,
    Stamp, Step, guard,
};
use queue::Queue;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The holds that still have a say, by person, with the documents as they are stored; and the items about attributes.
#[derive(Default)]
pub(super) struct Known {
    people: HashMap<ProfileId, Vec<(Hold, String)>>,
    items: Vec<Hold>,
}

impl Known {
    pub(super) async fn load(holds: &Holds) -> Result<Self, Stop> {
        let mut known = Self::default();
        for (hold, json) in holds.all_live().await? {
            match hold.person.clone() {
                Some(person) => known.people.entry(person).or_default().push((hold, json)),
                None => known.items.push(hold),
            }
        }
        Ok(known)
    }

    /// Whether somebody ruled on a step of this id, or has to.
    fn is_ruled(&self, person: &ProfileId, id: &HoldId) -> bool {
        let of = self.of(person).iter();
        let mut of = of.filter(|(hold, _)| hold.id == *id);
        of.any(|(hold, _)| hold.kind == HoldKind::Contested || ruling_of(hold).is_some())
    }

    /// Whether somebody ruled on this attribute's change by itself, or has to. Most people have no hold: nothing is cloned
    /// and hashed for them.
    fn rules_on(&self, person: &ProfileId, step: &Step, attribute: &Attribute) -> bool {
        let id = || alone(step, attribute).map(|alone| HoldId::of(person, &alone));
        !self.of(person).is_empty() && id().is_some_and(|id| self.is_ruled(person, &id))
    }

    /// Whether somebody said yes to this step.
    fn is_approved(&self, person: &ProfileId, step: &Step) -> bool {
        let mut approved = self.of(person).iter().filter(|(hold, _)| hold.status == HoldStatus::Approved);
        approved.any(|(hold, _)| hold.id == HoldId::of(person, step))
    }

    /// Whether there is any.
    pub(super) fn any(&self) -> bool {
        !self.people.is_empty() || !self.items.is_empty()
    }

    /// Whether a step of this id is held as contested, whatever was decided about it.
    pub(super) fn is_contested(&self, person: &ProfileId, id: &HoldId) -> bool {
        self.of(person).iter().any(|(hold, _)| hold.kind == HoldKind::Contested && hold.id == *id)
    }

    pub(super) fn of(&self, person: &ProfileId) -> &[(Hold, String)] {
        self.people.get(person).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn people(&self) -> impl Iterator<Item = (&ProfileId, &[(Hold, String)])> {
        self.people.iter().map(|(person, holds)| (person, holds.as_slice()))
    }
}

/// The windows of all limited kinds, as they are now.
pub(super) struct Windows(BTreeMap<ChangeKind, Window>);

struct Window {
    allowed: u64,
    members: HashSet<String>,
}

impl Windows {
    pub(super) async fn load(queue: &Queue, limits: &Limits, linked: u64) -> Result<Self, Stop> {
        let mut windows = BTreeMap::new();
        for (kind, limit) in &limits.kinds {
            let members = queue.window_members(kind.as_str()).await?.into_iter().collect();
            windows.insert(*kind, Window { allowed: limit.allowed(linked), members });
        }
        Ok(Self(windows))
    }

    /// Counts a place for this person, if there is one.
    fn take(&mut self, kind: ChangeKind, person: &ProfileId) -> bool {
        let Some(window) = self.0.get_mut(&kind) else { return true };
        if window.members.contains(person.as_str()) {
            return true;
        }
        let free = (window.members.len() as u64) < window.allowed;
        if free {
            window.members.insert(person.to_string());
        }
        free
    }
}

/// One person's plan, and what the guard says of it.
pub(super) struct Ruled {
    pub(super) person: PersonPlan,
    pub(super) guarded: Guarded,
    /// Somebody approved the suspension, so that it takes no place in the window.
    pub(super) approved: bool,
    pub(super) split: Split,
}

impl Ruled {
    pub(super) fn subject(&self) -> &ProfileId {
        &self.person.plan.subject
    }

    /// Nothing is to be done, decided or said, but for differences that are only reported and later looks.
    pub(super) fn is_settled(&self) -> bool {
        let guarded = &self.guarded;
        let steps = [&guarded.apply, &guarded.rejected, &guarded.waiting].into_iter().flatten().count();
        steps == 0 && guarded.hold.is_empty() && self.person.plan.skipped.is_none()
    }

    /// The suspension that is to be done, if there is one.
    pub(super) fn suspension(&self) -> Option<&Step> {
        self.guarded.apply.iter().find(|step| step.change.kind() == ChangeKind::Suspension)
    }

    /// The id of the hold in which a step waits, or would.
    pub(super) fn hold_id(&self, step: &Step, kind: HoldKind) -> HoldId {
        self.split.hold_id(self.subject(), step, kind)
    }

    /// Whether something is held, and nothing of it is for anybody to decide.
    pub(super) fn is_left_alone(&self) -> bool {
        let held = &self.guarded.hold;
        !held.is_empty()
            && !held.iter().any(|(step, kind)| waits_for_a_decision(&self.person.plan, step, *kind))
    }

    /// The steps that wait, as people see them.
    pub(super) fn held(&self, known: &Known) -> Vec<PlannedHold> {
        let held = self.guarded.hold.iter().map(|(step, kind)| {
            let id = self.hold_id(step, *kind);
            let mut holds = known.of(self.subject()).iter().map(|(hold, _)| hold).chain(&known.items);
            let on_record = holds.any(|hold| hold.id == id);
            let approvable = waits_for_a_decision(&self.person.plan, step, *kind);
            PlannedHold { on_record, id, kind: *kind, step: step.clone(), approvable }
        });
        held.collect()
    }
}

/// Asks the guard about everyone: suspensions first, the earliest last day before the others, so that these get the places.
/// With `record`, the items about attributes that reach too many are put on record at once, so that none of their changes
/// trickles through when people are worked on.
pub(super) async fn rule_all(
    (parts, holds): (&Parts, &Holds),
    mut plans: Vec<PersonPlan>,
    linked: u64,
    known: &Known,
    record: Option<&Stamp>,
) -> Result<Vec<Ruled>, Stop> {
    let mut windows = Windows::load(&parts.queue, &parts.settings.limits, linked).await?;
    plans.sort_by_cached_key(|person| {
        let suspends = suspends(&person.plan, known);
        // Who left without a known last day has left already.
        (!suspends, person.last_day, person.plan.subject.clone())
    });
    let record = record.map(|stamp| (&stamp.run, stamp.now));
    let all = plans.iter().map(|person| &person.plan);
    let ruled =
        |person: &ProfileId, step: &Step, attribute: &Attribute| known.rules_on(person, step, attribute);
    let linking = |plan: &Plan| {
        let mut links = plan.steps.iter().filter(|step| step.change.kind() == ChangeKind::Link);
        links.any(|step| known.is_approved(&plan.subject, step))
    };
    let widely = Widely::decide((parts, holds), all, ruled, linking, linked, record).await?;
    Ok(plans.into_iter().map(|person| rule(person, &mut windows, &widely, known)).collect())
}

/// Whether somebody may be suspended: nothing but the limit, or a link, is in the way, or somebody said yes.
fn suspends(plan: &Plan, known: &Known) -> bool {
    let mut suspensions = plan.steps.iter().filter(|step| step.change.kind() == ChangeKind::Suspension);
    suspensions.any(|step| step.hold.is_none() || known.is_approved(&plan.subject, step))
}

fn rule(person: PersonPlan, windows: &mut Windows, widely: &Widely, known: &Known) -> Ruled {
    let subject = person.plan.subject.clone();
    let mut plan = person.plan.clone();
    contest(&mut plan, known);
    let split = split(&mut plan, |attribute, step, change| {
        // Ruled on by itself, as what somebody put back or took back is.
        if known.rules_on(&subject, step, attribute) {
            Say::Contested
        } else {
            widely.say(&subject, attribute, change)
        }
    });
    let rulings: HashMap<&HoldId, _> =
        known.of(&subject).iter().filter_map(|(hold, _)| Some((&hold.id, ruling_of(hold)?))).collect();
    let ruling = |step: &Step| {
        if rulings.is_empty() {
            return None;
        }
        let ruled = rulings.get(&HoldId::of(&subject, step)).copied();
        ruled.or_else(|| still_limited(known.of(&subject), step))
    };
    let mut guarded = guard(plan, ruling, |kind| windows.take(kind, &subject));
    guarded.rejected.extend(split.rejected.iter().cloned());
    let approved = guarded
        .apply
        .iter()
        .any(|step| step.change.kind() == ChangeKind::Suspension && ruling(step) == Some(Ruling::Approved));
    Ruled { person, guarded, approved, split }
}

/// What is held as contested stays so. What somebody put back only lately is found when the person is looked at.
fn contest(plan: &mut Plan, known: &Known) {
    if known.of(&plan.subject).is_empty() {
        return;
    }
    let subject = plan.subject.clone();
    for step in plan.steps.iter_mut().filter(|step| step.hold.is_none() && !step.past_guard) {
        if known.is_contested(&subject, &HoldId::of(&subject, step)) {
            step.hold = Some(HoldKind::Contested);
            if step.change.kind() == ChangeKind::Suspension {
                plan.alarm = Some(LeaverAlarm { reason: HoldKind::Contested });
            }
        }
    }
}
