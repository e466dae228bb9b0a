//! Held changes: opaque documents with an id, listed by page, by person; closed ones have a retention.

use std::slice;

use redis::{Cmd, FromRedisValue, Value};

use crate::{control::ms, error::QueueError, inspect::Page, queue::Queue, scripts};

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

impl Hold {
    /// Of an answer of `holds.lua`; an empty one is no hold.
    fn read(value: Value) -> Result<Option<Self>, QueueError> {
        if matches!(&value, Value::Array(fields) if fields.is_empty()) {
            return Ok(None);
        }
        let (id, person, open, at_ms, json) =
            FromRedisValue::from_redis_value(value).map_err(redis::RedisError::from)?;
        Ok(Some(Self { id, person, open, at_ms, json }))
    }
}

impl Queue {
    async fn read_holds(&self, fill: impl FnOnce(&mut Cmd)) -> Result<(u64, Vec<Option<Hold>>), QueueError> {
        let (total, holds): (u64, Vec<Value>) = self.run(&scripts::HOLDS, fill).await?;
        Ok((total, holds.into_iter().map(Hold::read).collect::<Result<_, _>>()?))
    }

    /// Stores an open hold if there is none of this id, open or closed. `false`, and nothing changed, if there is.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn hold_open(&self, hold: &NewHold) -> Result<bool, QueueError> {
        Ok(self.holds_open(slice::from_ref(hold)).await? == [true])
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
        self.hold_write(id, expected, json, open, "", "").await
    }

    pub(crate) async fn hold_write(
        &self,
        id: &str,
        expected: &str,
        json: &str,
        open: bool,
        attribute: &str,
        only: &str,
    ) -> Result<bool, QueueError> {
        let (most, keep) = (self.config().dead_max, ms(self.config().retention));
        self.run(&scripts::HOLD_REPLACE, |s| {
            s.arg(id).arg(expected).arg(json).arg(if open { "open" } else { "closed" }).arg(most).arg(keep);
            s.arg(attribute).arg(only);
        })
        .await
    }

    /// One hold.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn hold(&self, id: &str) -> Result<Option<Hold>, QueueError> {
        Ok(self.holds_by_id(&[id.to_owned()]).await?.into_iter().next().flatten())
    }

    /// Several holds in one call, in the order of the ids; `None` where there is none. At most 256.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn holds_by_id(&self, ids: &[String]) -> Result<Vec<Option<Hold>>, QueueError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (_, holds) = self
            .read_holds(|s| {
                s.arg("ids").arg(ids);
            })
            .await?;
        Ok(holds)
    }

    /// All holds of one person, open and closed, the newest first; at most 256.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn holds_of_person(&self, person: &str) -> Result<Vec<Hold>, QueueError> {
        let (_, holds) = self
            .read_holds(|s| {
                s.arg("person").arg(person);
            })
            .await?;
        Ok(holds.into_iter().flatten().collect())
    }

    /// A page of the open (the oldest first) or closed (the newest first) holds. At most 1,000 at once.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn holds(&self, open: bool, offset: usize, limit: usize) -> Result<Page<Hold>, QueueError> {
        let (total, holds) = self
            .read_holds(|s| {
                s.arg(if open { "open" } else { "closed" }).arg(offset).arg(limit.clamp(1, 1000));
            })
            .await?;
        Ok(Page { total, items: holds.into_iter().flatten().collect() })
    }

    /// Removes a hold altogether. `false` if there was none.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn hold_remove(&self, id: &str) -> Result<bool, QueueError> {
        self.run(&scripts::HOLD_REMOVE, |s| {
            s.arg(id);
        })
        .await
    }
}
