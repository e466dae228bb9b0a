//! From two lists to what is to be done: everyone is planned, looked at as a whole, and put to the guard.

use super::listing::{Lister, Lists, Unlisted};
use super::progress::Phase;
use super::report::{FullCounts, Organizations};
use super::ruling::{Known, Ruled, rule_all};
use super::watch::Watch;
use crate::linked::Remembered;
use crate::orders::Order;
use crate::reconciler::{Parts, Reconciler};
use crate::schedules;
use crate::settings::Mode;
use crate::stop::Stop;
use provisioning::{
    Account, AccountId, Census, ChangeKind, Everyone, KeptBy, LeaverActive, OperatorOrder, ProfileId,
    ScheduledActivation, Stamp, Step, plan_all, refuse, refuse_accounts,
};
use queue::{Queue, QueueError};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// The names under which it is remembered whom everyone was last compared in.
const LISTED: [(&str, &str); 2] = [("Deel", "deel:listed"), ("JumpCloud", "jumpcloud:listed")];

/// Everything a full run knows before it changes anything.
pub(super) struct Prepared {
    pub(super) organizations: Organizations,
    /// The whole; its plans are in `ruled`.
    pub(super) everyone: Everyone,
    pub(super) ruled: Vec<Ruled>,
    pub(super) known: Known,
    /// Who is in Deel's list, if there are any holds.
    pub(super) listed: HashSet<ProfileId>,
    pub(super) unreadable: Vec<ProfileId>,
    pub(super) counts: FullCounts,
    pub(super) notes: Vec<String>,
    pub(super) refused: Option<String>,
}

/// Lists and plans. `remember`: what is learned on the way is kept (links, contracts).
pub(super) async fn prepare(
    reconciler: &Reconciler,
    watch: &Watch<'_>,
    stamp: &Stamp,
    remember: bool,
) -> Result<Prepared, Unlisted> {
    let parts = reconciler.parts();
    let lists = Box::pin(Lister { parts, watch, remember }.lists()).await?;
    watch.enter(Phase::Planning);
    let Lists { people, unreadable, accounts, groups, on_record, organizations, notes } = lists;
    let (orders, released) = orders(&parts.queue).await.map_err(Unlisted::of)?;
    let Links { remembered, vanished, in_use } = links(on_record, &accounts);
    let known = Known::load(reconciler.holds_ref()).await.map_err(Unlisted::of)?;
    let mut listed = HashSet::new();
    if known.any() {
        listed.extend(people.iter().map(|person| person.id.clone()));
    }
    let excluded = parts.settings.excluded.clone();
    let scheduled = scheduled(&parts.queue).await?;
    let census = Census { people, accounts, orders, released, excluded, remembered, scheduled, groups };
    let mut everyone = plan_apart(census, parts, stamp).await?;
    // Who is listed and cannot be read is not gone.
    everyone.gone.retain(|gone| !unreadable.contains(&gone.person));
    let refused = match other_organization(&parts.queue, &organizations).await? {
        Some(words) => Some(words),
        None => refuse(&everyone, &parts.settings.limits)
            .or_else(|| refuse_accounts(vanished.len() as u64, in_use))
            .map(|refusal| refusal.to_string()),
    };
    let plans = std::mem::take(&mut everyone.plans);
    let planned = everyone.people;
    // A refused run changes nothing, not even what is on record.
    let goes_on = remember && refused.is_none() && reconciler.mode() == Mode::Enforce;
    if goes_on {
        parts.queue.links_deleted(&vanished).await?;
    }
    let record = goes_on.then_some(stamp);
    let ruled = rule_all((parts, reconciler.holds_ref()), plans, everyone.linked, &known, record).await;
    let ruled = ruled.map_err(Unlisted::of)?;
    add_kept_back(&mut everyone.leavers_active, &ruled);
    let counts = count(&everyone, &ruled);
    watch.set(|progress| {
        (progress.planned, progress.held, progress.skipped) = (planned, counts.held, counts.skipped);
        progress.left_alone = counts.left_alone;
    });
    Ok(Prepared { organizations, everyone, ruled, known, listed, unreadable, counts, notes, refused })
}

/// Planning everyone is pure work for some tenths of a second: not among the tasks that wait for answers.
async fn plan_apart(census: Census, parts: &Parts, stamp: &Stamp) -> Result<Everyone, Unlisted> {
    let (policy, stamp) = (parts.settings.policy.clone(), stamp.clone());
    let planned = tokio::task::spawn_blocking(move || plan_all(&census, &policy, &stamp)).await;
    planned.map_err(|error| Unlisted {
        stop: Stop::Unexpected { vendor: queue::Vendor::Deel, source: Box::new(error) },
        words: "planning everyone failed, which is a defect of this program; please report it".to_owned(),
    })
}

/// The leavers whom not their plan but the guard, or somebody's no, leaves in.
fn add_kept_back(leavers: &mut Vec<LeaverActive>, ruled: &[Ruled]) {
    let known: HashSet<ProfileId> = leavers.iter().map(|leaver| leaver.person.clone()).collect();
    for one in ruled.iter().filter(|one| !known.contains(one.subject())) {
        let suspends = |step: &&Step| step.change.kind() == ChangeKind::Suspension;
        let held = one.guarded.hold.iter().find(|(step, _)| suspends(&step));
        let because = match held {
            Some((_, kind)) => KeptBy::Hold(*kind),
            None if one.guarded.rejected.iter().any(|step| suspends(&step)) => KeptBy::Rejected,
            None => continue,
        };
        let Some(account) = one.person.plan.account.clone() else { continue };
        leavers.push(LeaverActive {
            person: one.subject().clone(),
            account,
            username: one.person.username.clone().unwrap_or_default(),
            last_day: one.person.last_day,
            because,
        });
    }
}

/// People; nothing is applied yet, so that is who would be changed.
fn count(everyone: &Everyone, ruled: &[Ruled]) -> FullCounts {
    let people = |has: fn(&Ruled) -> bool| ruled.iter().filter(|one| has(one)).count() as u64;
    FullCounts {
        people: everyone.people,
        accounts: everyone.accounts,
        linked: everyone.linked,
        in_sync: everyone.in_sync + people(Ruled::is_settled),
        applied: people(|one| !one.guarded.apply.is_empty()),
        held: people(|one| !one.guarded.hold.is_empty()),
        left_alone: people(Ruled::is_left_alone),
        rejected: people(|one| !one.guarded.rejected.is_empty()),
        skipped: people(|one| one.person.plan.skipped.is_some()),
        gone: everyone.gone.len() as u64,
        unowned: everyone.unowned.len() as u64,
        looks: people(|one| one.person.plan.next_look.is_some()),
        ..FullCounts::default()
    }
}

type Orders = (BTreeMap<ProfileId, OperatorOrder>, BTreeSet<ProfileId>);

/// Operators' orders: in force, and released. One that cannot be read counts as an error, not as none.
async fn orders(queue: &Queue) -> Result<Orders, Stop> {
    let (mut in_force, mut released) = (BTreeMap::new(), BTreeSet::new());
    for (person, json) in queue.orders().await? {
        let unreadable = || Stop::Queue(QueueError::Data("an operator's order that cannot be read"));
        let person = ProfileId::parse(&person).map_err(|_| unreadable())?;
        let order: Order = serde_json::from_str(&json).map_err(|_| unreadable())?;
        if order.released_at.is_some() {
            released.insert(person);
        } else {
            in_force.insert(person, OperatorOrder { at: order.at, hold: order.hold.to_string() });
        }
    }
    Ok((in_force, released))
}

/// The links on record, beside the accounts that there are.
struct Links {
    /// As far as the lists do not say it; deleted accounts too.
    remembered: BTreeMap<ProfileId, AccountId>,
    /// Whose account is not listed any more: person and account.
    vanished: Vec<(String, String)>,
    /// How many links there were to accounts that were not known to be deleted.
    in_use: u64,
}

fn links(on_record: HashMap<String, queue::Link>, accounts: &[Account]) -> Links {
    let listed: HashSet<&AccountId> = accounts.iter().map(|account| &account.id).collect();
    let mut links = Links { remembered: BTreeMap::new(), vanished: Vec::new(), in_use: 0 };
    for (person, link) in on_record {
        let (Ok(id), Some(known)) = (ProfileId::parse(&person), Remembered::of(&link)) else {
            continue;
        };
        let account = match known {
            Remembered::Deleted(account) => account,
            Remembered::Account(account) => {
                links.in_use += 1;
                if !listed.contains(&account) {
                    links.vanished.push((person, account.to_string()));
                }
                account
            }
        };
        // Who is listed needs no memory, but for ids that could be values of the organization's own.
        if !listed.contains(&account) || !id.is_uuid() {
            links.remembered.insert(id, account);
        }
    }
    links
}

/// The activations that we scheduled. One that cannot be read counts as none, as for one person.
async fn scheduled(queue: &Queue) -> Result<BTreeMap<ProfileId, ScheduledActivation>, Unlisted> {
    let read = |(person, json): (String, String)| {
        Some((ProfileId::parse(&person).ok()?, schedules::parse(&json)?.activation))
    };
    Ok(queue.schedules().await?.into_iter().filter_map(read).collect())
}

/// Says so if either list is of another organization than the one everyone was last compared in.
async fn other_organization(queue: &Queue, now: &Organizations) -> Result<Option<String>, Unlisted> {
    for ((vendor, name), now) in LISTED.into_iter().zip([&now.deel, &now.jumpcloud]) {
        let (before, Some(now)) = (queue.organization(name).await?, now) else { continue };
        if let Some(before) = before.filter(|before| before != now) {
            return Ok(Some(format!(
                "{vendor} answers for organization {now}, and everyone was last compared in organization {before}. Check the \
                 credentials; if the change is meant, `redis-cli HDEL '{{{prefix}}}:organization' {name}` forgets the old one",
                prefix = queue.config().prefix,
            )));
        }
    }
    Ok(None)
}

/// Remembers in which organizations everyone was compared.
pub(super) async fn remember_organizations(queue: &Queue, now: &Organizations) -> Result<(), QueueError> {
    for ((_, name), now) in LISTED.into_iter().zip([&now.deel, &now.jumpcloud]) {
        if let Some(now) = now {
            queue.organization_set(name, now).await?;
        }
    }
    Ok(())
}
