//! The trail in Redis: a stream whose retention is the queue's.

use super::{Entry, Record, Story};
use provisioning::ProfileId;
use queue::{AuditEntry, Queue, QueueError};

/// Entries per call, and calls at most, when the trail is searched.
const PAGE: usize = 500;
const MOST_PAGES: usize = 40;

/// The audit trail. Needs Redis only.
#[derive(Clone)]
pub struct Trail {
    queue: Queue,
    on: bool,
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

    /// One person's story, oldest entry first, at most the latest `limit` entries (the queue keeps 200 per person).
    ///
    /// # Errors
    /// As Redis says.
    pub async fn why(&self, person: &ProfileId, limit: usize) -> Result<Story, QueueError> {
        let entries = self.queue.audit_of_person(person.as_str(), limit).await?;
        Ok(Story { person: person.clone(), entries: oldest_first(entries) })
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
