//! Held changes of one attribute on many accounts: one item, with a row per person.

use redis::{FromRedisValue, RedisError, Value};

use crate::{error::QueueError, queue::Queue, scripts};

/// Rows per call.
const PAGE: usize = 500;

/// What became of rows that were to join an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WideJoined {
    /// The item that lists them.
    pub id: String,
    /// Whether it was opened for them.
    pub opened: bool,
    /// How many rows are new, or other than before.
    pub added: u64,
}

/// A row about one person in an item that still has a say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WideRow {
    /// The item.
    pub id: String,
    /// The item's document.
    pub json: String,
    /// The row.
    pub row: String,
}

/// Some of an item's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WidePage {
    /// Where to go on; `None` at the end.
    pub next: Option<u64>,
    /// Persons and rows, in no order. A row may come twice while others join.
    pub rows: Vec<(String, String)>,
}

impl Queue {
    /// Adds rows (person, row) to the open item about an attribute; without one, opens it with this id and document.
    /// `None` if that id belongs to another hold: [`Queue::wide_number`] is another then.
    ///
    /// # Errors
    /// As Redis says. Rows that were added before stay.
    pub async fn wide_join(
        &self,
        attribute: &str,
        id: &str,
        json: &str,
        rows: &[(String, String)],
    ) -> Result<Option<WideJoined>, QueueError> {
        let mut joined = WideJoined { id: id.to_owned(), opened: false, added: 0 };
        for page in rows.chunks(PAGE) {
            let (id, opened, added): (String, bool, u64) = self
                .run(&scripts::WIDE_JOIN, |s| {
                    s.arg(attribute).arg(id).arg(json);
                    for (person, row) in page {
                        s.arg(person).arg(row);
                    }
                })
                .await?;
            if id.is_empty() {
                return Ok(None);
            }
            joined = WideJoined { id, opened: joined.opened || opened, added: joined.added + added };
        }
        Ok(Some(joined))
    }

    /// How many items about an attribute there have been: what the next one's id may be made of.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn wide_number(&self, attribute: &str) -> Result<u64, QueueError> {
        let number: Option<u64> =
            self.command(redis::cmd("HGET").arg(self.key("holds:wide:number")).arg(attribute)).await?;
        Ok(number.unwrap_or_default())
    }

    /// The item about an attribute that rows may join, if there is one.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn wide_open(&self, attribute: &str) -> Result<Option<String>, QueueError> {
        self.command(redis::cmd("HGET").arg(self.key("holds:wide")).arg(attribute)).await
    }

    /// The items that still have a say, with their attributes.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn wide_live(&self) -> Result<Vec<(String, String)>, QueueError> {
        self.command(redis::cmd("HGETALL").arg(self.key("holds:wide:live"))).await
    }

    /// The rows about one person in items that still have a say.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn wide_of(&self, person: &str) -> Result<Vec<WideRow>, QueueError> {
        let rows: Vec<Value> = self
            .run(&scripts::WIDE_OF, |s| {
                s.arg(person);
            })
            .await?;
        let read = |value| {
            let (id, json, row) = FromRedisValue::from_redis_value(value).map_err(RedisError::from)?;
            Ok(WideRow { id, json, row })
        };
        rows.into_iter().map(read).collect()
    }

    /// How many people an item lists.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn wide_count(&self, id: &str) -> Result<u64, QueueError> {
        self.command(redis::cmd("HLEN").arg(self.key(&format!("holds:wide:{id}")))).await
    }

    /// Some rows of an item: begin with `from` 0 and go on with what [`WidePage::next`] says.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn wide_rows(&self, id: &str, from: u64) -> Result<WidePage, QueueError> {
        let mut command = redis::cmd("HSCAN");
        command.arg(self.key(&format!("holds:wide:{id}"))).arg(from).arg("COUNT").arg(PAGE);
        let (next, rows): (u64, Vec<(String, String)>) = self.command(&command).await?;
        Ok(WidePage { next: (next != 0).then_some(next), rows })
    }

    /// Takes people off an item; says how many it still lists.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn wide_drop(&self, id: &str, persons: &[String]) -> Result<u64, QueueError> {
        for page in persons.chunks(PAGE) {
            let mut command = redis::cmd("HDEL");
            command.arg(self.key(&format!("holds:wide:{id}"))).arg(page);
            self.command::<u64>(&command).await?;
        }
        self.wide_count(id).await
    }

    /// As [`Queue::hold_replace`], and nobody joins the item any more.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn wide_seal(
        &self,
        id: &str,
        attribute: &str,
        expected: &str,
        json: &str,
    ) -> Result<bool, QueueError> {
        self.hold_write(id, expected, json, true, attribute, "").await
    }

    /// Closes an item that lists nobody. `false`, and nothing changed, if it lists somebody, or its document is another.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn wide_close(
        &self,
        id: &str,
        attribute: &str,
        expected: &str,
        json: &str,
    ) -> Result<bool, QueueError> {
        self.hold_write(id, expected, json, false, attribute, "empty").await
    }
}
