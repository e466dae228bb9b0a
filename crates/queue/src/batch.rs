//! Many at once, for a run over everyone: one call per few hundred instead of one each.

use std::collections::HashMap;

use crate::{
    control::look_arg,
    error::QueueError,
    holds::NewHold,
    job::{Add, When},
    key::is_id,
    queue::Queue,
    scripts,
};

/// How many are put into one call: large enough that the round trip no longer counts, small enough that nobody else waits
/// noticeably.
pub(crate) const BATCH: usize = 256;

impl Queue {
    /// [`Queue::add`] for many, 256 in one call. If Redis fails in between, the first ones are added.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn add_many(&self, adds: &[Add]) -> Result<(), QueueError> {
        for batch in adds.chunks(BATCH) {
            self.put_many(batch.iter().map(|add| (add, None))).await?;
        }
        Ok(())
    }

    /// [`Queue::delay`] for many, 256 in one call. If Redis fails in between, the first ones are arranged.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn delay_many(&self, adds: &[(Add, When)]) -> Result<(), QueueError> {
        for batch in adds.chunks(BATCH) {
            self.put_many(batch.iter().map(|(add, when)| (add, Some(*when)))).await?;
        }
        Ok(())
    }

    pub(crate) async fn put_many(
        &self,
        adds: impl IntoIterator<Item = (&Add, Option<When>)>,
    ) -> Result<(), QueueError> {
        self.run::<()>(&scripts::ADD_MANY, |s| {
            for (add, when) in adds {
                let (kind, ms) = when.map_or(("now", 0), When::parts);
                s.arg(add.key.to_string()).arg(add.line.as_str()).arg(add.trigger.as_str());
                s.arg(look_arg(add.look)).arg(kind).arg(ms);
            }
        })
        .await
    }

    /// [`Queue::hold_open`] for many, 256 in one call; says of each whether it is new. If Redis fails in between, the first
    /// ones are stored.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn holds_open(&self, holds: &[NewHold]) -> Result<Vec<bool>, QueueError> {
        if !holds.iter().all(|hold| is_id(&hold.id)) {
            return Err(QueueError::Data("a hold's id has to be 1 to 128 of A-Z a-z 0-9 _ -"));
        }
        let mut opened = Vec::with_capacity(holds.len());
        for batch in holds.chunks(BATCH) {
            let new: Vec<bool> = self
                .run(&scripts::HOLD_OPEN_MANY, |s| {
                    for hold in batch {
                        s.arg(&hold.id).arg(&hold.person).arg(&hold.json);
                    }
                })
                .await?;
            opened.extend(new);
        }
        Ok(opened)
    }

    /// [`Queue::learn_contracts`] for many: pairs of contract and person.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn learn_contracts_of(&self, pairs: &[(String, String)]) -> Result<(), QueueError> {
        self.set_pairs("contracts", pairs).await
    }

    /// Every order by the person it is about. Read in steps, as [`Queue::links`].
    ///
    /// # Errors
    /// As Redis says.
    pub async fn orders(&self) -> Result<HashMap<String, String>, QueueError> {
        self.pairs("orders").await
    }

    async fn set_pairs(&self, name: &str, pairs: &[(String, String)]) -> Result<(), QueueError> {
        for batch in pairs.chunks(BATCH) {
            let mut command = redis::cmd("HSET");
            command.arg(self.key(name));
            for (field, value) in batch {
                command.arg(field).arg(value);
            }
            self.command::<()>(&command).await?;
        }
        Ok(())
    }

    pub(crate) async fn pairs(&self, name: &str) -> Result<HashMap<String, String>, QueueError> {
        let (mut all, mut cursor) = (HashMap::new(), 0_u64);
        loop {
            let mut command = redis::cmd("HSCAN");
            command.arg(self.key(name)).arg(cursor).arg("COUNT").arg(1000);
            let (next, some): (u64, Vec<(String, String)>) = self.command(&command).await?;
            all.extend(some);
            cursor = next;
            if cursor == 0 {
                return Ok(all);
            }
        }
    }
}
