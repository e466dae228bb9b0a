//! Held changes: opaque documents with an id, listed by page, by person; closed ones have a retention.

use crate::{error::QueueError, inspect::Page, queue::Queue};

/// A hold to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHold {
    /// Opaque; 1 to 128 of `A-Z a-z 0-9 _ -`.
    pub id: String,
    /// The person's id.
    pub person: String,
    /// The document.
    pub json: String,
}

/// A stored hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: String,
    /// The person's id.
    pub person: String,
    /// Whether it is open. Closed ones are kept for the retention, 10,000 at most.
    pub open: bool,
    /// When it was first stored (open) or closed, in milliseconds since 1970.
    pub at_ms: u64,
    /// The document.
    pub json: String,
}

impl Queue {
    /// Stores an open hold if there is none of this id, open or closed. `false`, and nothing changed, if there is.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn hold_open(&self, hold: &NewHold) -> Result<bool, QueueError> {
        let _ = hold;
        todo!()
    }

    /// Replaces a hold's document, and whether it is open, if the document is still `expected`. `false`, and nothing
    /// changed, if somebody else was first or it is gone. Reopening is possible.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn hold_replace(
        &self,
        id: &str,
        expected: &str,
        json: &str,
        open: bool,
    ) -> Result<bool, QueueError> {
        let _ = (id, expected, json, open);
        todo!()
    }

    /// One hold.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn hold(&self, id: &str) -> Result<Option<Hold>, QueueError> {
        let _ = id;
        todo!()
    }

    /// Several holds in one call, in the order of the ids; `None` where there is none. At most 256.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn holds_by_id(&self, ids: &[String]) -> Result<Vec<Option<Hold>>, QueueError> {
        let _ = ids;
        todo!()
    }

    /// All holds of one person, open and closed, the newest first; at most 256.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn holds_of_person(&self, person: &str) -> Result<Vec<Hold>, QueueError> {
        let _ = person;
        todo!()
    }

    /// A page of the open (the oldest first) or closed (the newest first) holds. At most 1,000 at once.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn holds(&self, open: bool, offset: usize, limit: usize) -> Result<Page<Hold>, QueueError> {
        let _ = (open, offset, limit);
        todo!()
    }

    /// Removes a hold altogether. `false` if there was none.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn hold_remove(&self, id: &str) -> Result<bool, QueueError> {
        let _ = id;
        todo!()
    }
}
