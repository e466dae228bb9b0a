//! The audit trail: a stream with a retention, and a bounded index per person.

use crate::{error::QueueError, queue::Queue};

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

impl Queue {
    /// Appends a document and returns its id. What is older than the retention, or beyond the configured number of
    /// entries, goes at the same time.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn audit_append(&self, person: Option<&str>, json: &str) -> Result<String, QueueError> {
        let _ = (person, json);
        todo!()
    }

    /// The latest entries about one person, the newest first. At most 200 per person are kept.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn audit_of_person(&self, person: &str, limit: usize) -> Result<Vec<AuditEntry>, QueueError> {
        let _ = (person, limit);
        todo!()
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
        let _ = (before, limit);
        todo!()
    }
}
