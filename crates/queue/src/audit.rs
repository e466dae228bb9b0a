//! The audit trail: a stream with a retention, and a bounded index per person.

use std::collections::HashMap;

use crate::{control::ms, error::QueueError, queue::Queue, scripts};

/// One entry of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// The stream id, `<ms>-<n>`; its first part is the time of writing by Redis's clock.
    pub id: String,
    /// The person's id; empty for entries about no single person.
    pub person: String,
    /// The document, as it was appended.
    pub json: String,
}

/// An entry as a stream answers it.
type RawEntry = (String, HashMap<String, String>);

impl From<RawEntry> for AuditEntry {
    fn from((id, mut fields): RawEntry) -> Self {
        let mut take = |name: &str| fields.remove(name).unwrap_or_default();
        Self { id, person: take("person"), json: take("json") }
    }
}

impl Queue {
    /// Appends a document and returns its id. What is older than the retention, or beyond the configured number of
    /// entries, goes at the same time.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn audit_append(&self, person: Option<&str>, json: &str) -> Result<String, QueueError> {
        let (most, keep) = (self.config().audit_max, ms(self.config().retention));
        self.run(&scripts::AUDIT_APPEND, |s| {
            s.arg(person.unwrap_or_default()).arg(json).arg(most).arg(keep);
        })
        .await
    }

    /// The latest entries about one person, the newest first. At most 200 per person are kept.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn audit_of_person(&self, person: &str, limit: usize) -> Result<Vec<AuditEntry>, QueueError> {
        let entries: Vec<RawEntry> = self
            .run(&scripts::AUDIT_OF, |s| {
                s.arg(person).arg(limit.min(200));
            })
            .await?;
        Ok(entries.into_iter().map(AuditEntry::from).collect())
    }

    /// The latest entries, the newest first, before (not including) the entry `before`. At most 1,000 at once.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn audit_page(
        &self,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, QueueError> {
        let mut command = redis::cmd("XREVRANGE");
        command.arg(self.key("audit"));
        match before {
            Some(id) => command.arg(format!("({id}")),
            None => command.arg("+"),
        };
        command.arg("-").arg("COUNT").arg(limit.clamp(1, 1000));
        let entries: Vec<RawEntry> = self.command(&command).await?;
        Ok(entries.into_iter().map(AuditEntry::from).collect())
    }
}
