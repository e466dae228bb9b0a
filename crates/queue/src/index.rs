//! What was learned from reads: contract → person, person → account. Both can be rebuilt by a reconcile.

use std::collections::HashMap;

use crate::{batch::BATCH, error::QueueError, queue::Queue, scripts};

/// More of one person's contracts than this are not remembered.
const MAX_CONTRACTS: usize = 1000;

/// The accounts that there are. Their number is what a limit in percent is a share of.
const LINKS: &str = "links";
/// Those that there were.
const DELETED: &str = "links:deleted";

/// Since when they are all here.
const LISTED: &str = "links:listed";

/// What is known of a person's account: its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// This is it.
    Account(String),
    /// This was it; `JumpCloud` has no such account any more.
    Deleted(String),
}

impl Queue {
    /// Remembers that these contracts are this person's. Called for every person read. At most 1,000 of one person.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn learn_contracts(&self, person: &str, contracts: &[String]) -> Result<(), QueueError> {
        if contracts.is_empty() {
            return Ok(());
        }
        let mut command = redis::cmd("HSET");
        command.arg(self.key("contracts"));
        for contract in contracts.iter().take(MAX_CONTRACTS) {
            command.arg(contract).arg(person);
        }
        self.command(&command).await
    }

    /// The person of a contract, if it is known.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn person_of_contract(&self, contract: &str) -> Result<Option<String>, QueueError> {
        self.command(redis::cmd("HGET").arg(self.key("contracts")).arg(contract)).await
    }

    /// Remembers a person's account.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link_set(&self, person: &str, account: &str) -> Result<(), QueueError> {
        self.links_put(LINKS, &[(person.to_owned(), account.to_owned())]).await
    }

    /// Remembers that a person's account was this one, and is no longer there.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link_deleted(&self, person: &str, account: &str) -> Result<(), QueueError> {
        self.links_put(DELETED, &[(person.to_owned(), account.to_owned())]).await
    }

    /// [`Queue::link_set`] for many, 256 in one call: pairs of person and account.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn links_set(&self, pairs: &[(String, String)]) -> Result<(), QueueError> {
        self.links_put(LINKS, pairs).await
    }

    /// [`Queue::link_deleted`] for many, 256 in one call: pairs of person and account.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn links_deleted(&self, pairs: &[(String, String)]) -> Result<(), QueueError> {
        self.links_put(DELETED, pairs).await
    }

    async fn links_put(&self, into: &str, pairs: &[(String, String)]) -> Result<(), QueueError> {
        for batch in pairs.chunks(BATCH) {
            self.run::<()>(&scripts::LINKS, |s| {
                s.arg(into);
                for (person, account) in batch {
                    s.arg(person).arg(account);
                }
            })
            .await?;
        }
        Ok(())
    }

    /// Whether all accounts were listed once, and their links remembered, since Redis was new or had lost its data.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn links_known(&self) -> Result<bool, QueueError> {
        self.command(redis::cmd("EXISTS").arg(self.key(LISTED))).await
    }

    /// Remembers that: the links of all accounts are here.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn links_listed(&self) -> Result<(), QueueError> {
        let now = self.now_ms().await?;
        self.command(redis::cmd("SET").arg(self.key(LISTED)).arg(now)).await
    }

    /// Forgets a person's account, deleted or not. `false` if none was known.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link_remove(&self, person: &str) -> Result<bool, QueueError> {
        for name in [LINKS, DELETED] {
            if self.command(redis::cmd("HDEL").arg(self.key(name)).arg(person)).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A person's account, if it is known.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link(&self, person: &str) -> Result<Option<Link>, QueueError> {
        let of = async |name: &str| -> Result<Option<String>, QueueError> {
            self.command(redis::cmd("HGET").arg(self.key(name)).arg(person)).await
        };
        Ok(match of(LINKS).await? {
            Some(account) => Some(Link::Account(account)),
            None => of(DELETED).await?.map(Link::Deleted),
        })
    }

    /// Every known account by its person. Read in steps, so that a change meanwhile may or may not be seen.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn links(&self) -> Result<HashMap<String, Link>, QueueError> {
        let there = self.pairs(LINKS).await?.into_iter();
        let mut links: HashMap<_, _> = there.map(|(person, id)| (person, Link::Account(id))).collect();
        let deleted = self.pairs(DELETED).await?.into_iter();
        links.extend(deleted.map(|(person, id)| (person, Link::Deleted(id))));
        Ok(links)
    }

    /// How many persons have a known account that is not deleted.
    ///
    /// # Errors
    /// As Redis says.
    pub async fn link_count(&self) -> Result<u64, QueueError> {
        self.command(redis::cmd("HLEN").arg(self.key(LINKS))).await
    }
}
