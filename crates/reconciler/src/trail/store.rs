//! The trail in Redis: a stream whose retention is the queue's.

use super::{ChangeResult, Entry, ReconcileRecord, Record, RunRecord, Story};
use provisioning::{ProfileId, RunId};
use queue::{AuditEntry, Queue, QueueError};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Entries per call, and calls at most, when the trail is searched.
const PAGE: usize = 500;
const MOST_PAGES: usize = 40;
/// How far the clocks of Redis and of a worker may be apart, in milliseconds.
const CLOCKS_MS: u64 = 3_600_000;

/// The audit trail. Needs Redis only.
#[derive(Clone)]
pub struct Trail {
    queue: Queue,
    on: bool,
}

/// What is on record of one run.
#[derive(Debug, Clone, Default)]
pub struct OfRun {
    /// The runs of people that are this run or a part of it, oldest first.
    pub people: Vec<RunRecord>,
    /// Whether it was a run over everyone.
    pub everyone: bool,
    /// The run over everyone itself, once it has ended.
    pub whole: Option<ReconcileRecord>,
    /// Which later run wrote each field of these people last.
    pub written_since: HashMap<ProfileId, BTreeMap<String, RunId>>,
    seen: HashSet<ProfileId>,
}

impl OfRun {
    /// Takes in what a run wrote; the latest come first.
    fn since(&mut self, record: &RunRecord) {
        // What comes after the run's own entry is older than it.
        if self.seen.contains(&record.person) {
            return;
        }
        let done = record.changes.iter().filter(|change| change.result == ChangeResult::Done);
        for field in done.flat_map(|change| &change.fields) {
            let fields = self.written_since.entry(record.person.clone()).or_default();
            fields.entry(field.field.clone()).or_insert_with(|| record.run.clone());
        }
    }
}

impl std::fmt::Debug for Trail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trail").field("on", &self.on).finish_non_exhaustive()
    }
}

impl Trail {
    /// The trail in this Redis. With `on` false no entry is ever written, not even one without values; reading shows
    /// what is left from before.
    #[must_use]
    pub fn new(queue: Queue, on: bool) -> Self {
        Self { queue, on }
    }

    /// One person's story in the order in which it happened, at most the latest `limit` entries (the queue keeps 200 per person).
    ///
    /// # Errors
    /// As Redis says.
    pub async fn why(&self, person: &ProfileId, limit: usize) -> Result<Story, QueueError> {
        let entries = self.queue.audit_of_person(person.as_str(), limit).await?;
        let mut entries = oldest_first(entries);
        // A run is written when it ends, and what was decided meanwhile before that.
        entries.sort_by_key(|entry| entry.record.at());
        Ok(Story { person: person.clone(), entries })
    }

    /// The latest `limit` entries of everyone, oldest first.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn latest(&self, limit: usize) -> Result<Vec<Entry>, QueueError> {
        Ok(oldest_first(self.queue.audit_page(None, limit).await?))
    }

    /// The latest `limit` entries that `wanted` takes, oldest first; looks at the latest 20,000 at most.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn latest_of(
        &self,
        limit: usize,
        wanted: impl Fn(&Record) -> bool,
    ) -> Result<Vec<Entry>, QueueError> {
        let (mut found, mut before) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let page = self.queue.audit_page(before.as_deref(), PAGE).await?;
            let (rows, last) = (page.len(), page.last().map(|entry| entry.id.clone()));
            found.extend(oldest_first(page).into_iter().rev().filter(|entry| wanted(&entry.record)));
            if rows < PAGE || found.len() >= limit {
                break;
            }
            before = last;
        }
        found.truncate(limit);
        found.reverse();
        Ok(found)
    }

    /// The latest `limit` runs over everyone, oldest first; looks as far back as [`Trail::latest_of`].
    ///
    /// # Errors
    /// As Redis says.
    pub async fn full_runs(&self, limit: usize) -> Result<Vec<ReconcileRecord>, QueueError> {
        let entries = self.latest_of(limit, |record| matches!(record, Record::Reconcile(_))).await?;
        let full = entries.into_iter().filter_map(|entry| match entry.record {
            Record::Reconcile(record) => Some(record),
            _ => None,
        });
        Ok(full.collect())
    }

    /// What is on record of this run, and of what later runs wrote to the same people.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn of_run(&self, run: &RunId) -> Result<OfRun, QueueError> {
        let began_ms = ulid::Ulid::from_string(run.as_str()).map_or(0, |id| id.timestamp_ms());
        let (mut found, mut before) = (OfRun::default(), None);
        loop {
            let page = self.queue.audit_page(before.as_deref(), PAGE).await?;
            let (rows, last) = (page.len(), page.last().map(|entry| entry.id.clone()));
            for entry in oldest_first(page).into_iter().rev() {
                match entry.record {
                    Record::Run(record) if record.run == *run || record.of.as_ref() == Some(run) => {
                        found.everyone |= record.of.as_ref() == Some(run);
                        found.seen.insert(record.person.clone());
                        found.people.push(*record);
                    }
                    Record::Run(record) => found.since(&record),
                    Record::Reconcile(record) if record.run.as_ref() == Some(run) => {
                        found.whole = Some(record);
                    }
                    _ => {}
                }
            }
            // Entries are written after their run began, by Redis's clock, which may be another than ours.
            let written_ms = |id: &String| id.split('-').next().and_then(|ms| ms.parse::<u64>().ok());
            let older = last.as_ref().and_then(written_ms).is_some_and(|ms| ms + CLOCKS_MS < began_ms);
            if rows < PAGE || older {
                break;
            }
            before = last;
        }
        found.people.reverse();
        let seen = std::mem::take(&mut found.seen);
        found.written_since.retain(|person, _| seen.contains(person));
        Ok(found)
    }

    /// Writes one entry.
    pub(crate) async fn put(&self, record: Record) -> Result<(), QueueError> {
        if !self.on {
            return Ok(());
        }
        let json = serde_json::to_string(&record)
            .map_err(|_| QueueError::Data("a trail entry that cannot be written"))?;
        self.queue.audit_append(record.person().map(ProfileId::as_str), &json).await?;
        Ok(())
    }
}

/// Entries of another version or edited by hand are passed over: the others still tell the story.
fn oldest_first(entries: Vec<AuditEntry>) -> Vec<Entry> {
    let read = |entry: AuditEntry| match serde_json::from_str(&entry.json) {
        Ok(record) => Some(Entry { id: entry.id, record }),
        Err(error) => {
            tracing::warn!(entry.id = %entry.id, line = error.line(), "an entry of the trail cannot be read");
            None
        }
    };
    entries.into_iter().rev().filter_map(read).collect()
}
